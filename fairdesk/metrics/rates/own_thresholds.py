"""The second view: what each group would show at a threshold of its own."""

from __future__ import annotations

from collections.abc import Callable

from fairdesk.metrics.fairness.figures import fairness_figures
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_rates import Scores, at_threshold, equal_error_rate, threshold_at_fmr
from fairdesk.metrics.results import OwnRates, OwnThresholds
from fairdesk.words import tr

SHOWN = ("fmr_max_over_min", "fmr_max_minus_min", "fnmr_max_over_min", "fnmr_max_minus_min", "FDR", "IR", "GARBE")


def own_thresholds(
    own: dict[str, Scores], params: EvaluateParams, check: Callable[[], None] = lambda: None
) -> OwnThresholds | None:
    """Return each group's rates where its own comparisons set its threshold by the same rule; None for a typed one.

    The rates are of the very scores that set the thresholds, so they are a little too good.
    """
    if params.at.startswith("threshold="):
        return None
    sign = -1 if params.distance else 1
    rows: dict[str, OwnRates] = {}
    for name, scores in own.items():
        check()
        why = scores.missing()
        if why is not None:
            why = tr("{why} in this group", why=why)
            rows[name] = OwnRates(threshold=None, threshold_why=why, fmr=None, fmr_why=why, fnmr=None, fnmr_why=why)
            continue
        if params.at == "eer":
            equal = equal_error_rate(scores)
            point = at_threshold(scores, equal.threshold, reject_all=equal.reject_all)
        else:
            point = threshold_at_fmr(scores, params.at.partition("=")[2])
        rows[name] = OwnRates(threshold=sign * point.threshold, fmr=point.fmr, fnmr=point.fnmr)
    found = fairness_figures(
        {name: row.fmr for name, row in rows.items()}, {name: row.fnmr for name, row in rows.items()}, params.alpha
    )
    return OwnThresholds(
        rule=params.at, per_group=rows, fairness={name: found[name] for name in SHOWN if found[name] is not None}
    )
