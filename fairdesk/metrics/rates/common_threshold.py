"""The one threshold at which all groups are judged."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_rates import (
    Floats,
    Scores,
    equal_error_rate,
    resolvable,
    sort_scores,
    threshold_at_fmr,
)
from fairdesk.metrics.rates.threshold_rates import AS_GIVEN, ThresholdRates
from fairdesk.metrics.scores.grouped_scores import Grouped, per_group_scores
from fairdesk.words import tr, tr_n


@dataclass(frozen=True)
class CommonThreshold:
    """A threshold as similarity, and how it came about.

    Scores of 32 bits are compared as the numbers that they are, in 64: 0.7 stored in 32 bits is 0.699999988, and below
    a threshold of 0.7. `reject_all` stands above infinite scores too. `below_resolution`: it is to allow less than one
    false match, so that it stands above all impostor scores; how far above the next study's would, these do not show.
    """

    value: float
    rule: str
    reject_all: bool = False
    typed: float | None = None
    below_resolution: bool = False

    @property
    def from_data(self) -> bool:
        """Whether other scores would have given another."""
        return self.typed is None

    def no_interval(self, rate: str) -> str | None:
        """Say why a rate has no interval at this threshold, or None: an FNMR, where it allows less than one false match.

        Draws of the scores put the threshold no higher than the highest impostor score that was seen, whatever lies
        beyond. An FMR keeps its interval: that of no error holds for whichever scores the threshold is above.
        """
        return tr("below resolution") if rate == "fnmr" and self.below_resolution else None

    def accepts(self, score: Floats) -> npt.NDArray[np.bool_]:
        """Tell which scores are matches."""
        return np.zeros(len(score), dtype=bool) if self.reject_all else np.asarray(score >= np.float64(self.value))

    def shown(self, *, distance: bool) -> float:
        """Return it as the file has its scores: a distance where those are distances."""
        if self.typed is not None:
            return self.typed
        return -self.value if distance else self.value


def takes_no_threshold(scores: Scores, at: str) -> bool:
    """Return whether a rule takes no threshold from scores: an FMR is of the impostors alone, an EER of both kinds."""
    return not at.startswith("threshold=") and scores.missing() is not None and (at == "eer" or not scores.ni)


def choose_threshold(grouped: Grouped | None, everything: Scores, params: EvaluateParams) -> CommonThreshold:
    """Return the one threshold for all groups, or of comparisons without groups, and the rule in words.

    Where scores are infinite, so may be a threshold: one that accepts them, or one above every score. The rule says which.

    Raises
    ------
    RequestError
        If the named group is not there, or the pairs to take it from are missing.
    """
    found = _chosen(grouped, everything, params)
    ends = [float(values[-1]) for values in (everything.genuine, everything.impostor) if len(values)]
    if found.value != np.inf or np.inf not in ends:
        return found
    said = tr("above infinite scores too: none is accepted") if found.reject_all else tr("infinite scores are accepted")
    return replace(found, rule=f"{found.rule}; {said}")


def rejects_all(threshold: float, whole: ThresholdRates | None, *, distance: bool) -> bool:
    """Tell whether an infinite threshold is the one above every score, by the rates of all comparisons there."""
    beyond = threshold == (-np.inf if distance else np.inf)
    return beyond and (whole is None or (whole.false_matches == 0 and whole.fnmr in (None, 1.0)))


def _chosen(grouped: Grouped | None, everything: Scores, params: EvaluateParams) -> CommonThreshold:
    if grouped is None and params.threshold_from != "all":
        raise RequestError(
            tr("A threshold from {source} is one of groups. Give --by group too, or --threshold-from all.",
               source=params.threshold_from)
        )  # fmt: skip
    if params.at.startswith("threshold="):
        if params.threshold_from != "all":
            raise RequestError(
                tr("A threshold that is given is taken from no pairs; those that were asked for do not count. Leave them out.")
            )  # fmt: skip
        typed = float(params.at.partition("=")[2])
        value = np.float64(
            -typed if params.distance else typed
        )  # a float of Python's would be rounded to the scores' precision
        return CommonThreshold(value, tr(AS_GIVEN), typed=typed)
    source, words = everything, tr("all pairs")
    if grouped is not None and params.threshold_from == "within-group":
        same = grouped.within_groups()
        source = sort_scores(grouped.score[same & grouped.label], grouped.score[same & ~grouped.label])
        words = tr("pairs within groups")
    elif grouped is not None and params.threshold_from.startswith("group:"):
        name = params.threshold_from[6:]
        if name not in grouped.names:
            raise RequestError(
                tr("There is no group {name!r}. The scores have: {names}", name=name, names=", ".join(grouped.names))
            )
        source, words = per_group_scores(grouped)[name], tr("the group {name}", name=name)
        if params.at != "eer":  # its impostors set the FMR; the threshold lies among everyone's genuine scores
            source = Scores(everything.genuine, source.impostor)
    if takes_no_threshold(source, params.at):
        raise RequestError(tr("No threshold can be taken from {pairs}: {why}.", pairs=words, why=source.missing()))
    if params.at == "eer":
        equal = equal_error_rate(source)
        return CommonThreshold(equal.threshold, tr("EER of {pairs}", pairs=words), reject_all=equal.reject_all)
    target = params.at.partition("=")[2]
    rule = tr("FMR at most {target} on {pairs}", target=f"{100 * float(target):g} %", pairs=words)
    if params.threshold_from.startswith("group:"):
        rule += tr(": the lowest score that keeps to it, genuine of any group or impostor of this one")
    below = not resolvable(target, source.ni)
    if below:
        rule += " " + tr_n(
            "(below resolution: only {n:,} impostor score)",
            "(below resolution: only {n:,} impostor scores)",
            source.ni,
        )
    point = threshold_at_fmr(source, target)
    return CommonThreshold(point.threshold, rule, reject_all=point.reject_all, below_resolution=below)
