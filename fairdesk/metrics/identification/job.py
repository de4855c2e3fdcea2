"""The job that evaluates a one-to-many search."""

from __future__ import annotations

from typing import Any

import numpy as np

from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context
from fairdesk.jobs.read_and_written import need_apart
from fairdesk.metrics.identification.files import SearchScores, read_search
from fairdesk.metrics.identification.rates import Mask, Searches, allowed_at, match_rates, search, threshold_at_fpir
from fairdesk.metrics.identification.results import (
    WRITTEN,
    DroppedProbes,
    IdentifyResult,
    MatchCurves,
    SearchFigures,
    SearchPoint,
    UnscoredEntries,
)
from fairdesk.metrics.identification.spread import ProbeDraws
from fairdesk.metrics.params import IdentifyParams
from fairdesk.metrics.rates.error_rates import resolvable
from fairdesk.metrics.report.language import speaking_report
from fairdesk.shares import Interval, wilson
from fairdesk.words import tr

TARGETS = ("0.001", "0.01", "0.1")
RANKS = (1, 5, 10, 20)
"""Ranks that have an interval."""
DRAWS = 1000


def identify_probes(params: IdentifyParams, context: Context) -> IdentifyResult:
    """Job: rank the gallery for each probe; with `out` also write the report."""
    with speaking_report(params.language if params.out is not None else None):  # reasons are in the report
        return _identify(params, context)


def _identify(params: IdentifyParams, context: Context) -> IdentifyResult:
    need_apart(params.out, WRITTEN, (params.scores,))
    context.progress(0, 3, tr("steps"))
    found = read_search(params.scores)
    if params.distance:
        np.negative(found.scores, out=found.scores)
    context.check()
    context.progress(1, 3, tr("steps"))
    result, _ = evaluate_search(found, params, context)
    context.progress(2, 3, tr("steps"))
    if result.warning:
        context.message(result.warning)
    if params.out is not None:
        from fairdesk.metrics.identification.written import write_search_report

        result.report_language = params.language
        page = write_search_report(params.out, result, params, context.check)
        context.artifact(page)
        result.report = str(page)
    context.progress(3, 3, tr("steps"))
    return result


def evaluate_search(found: SearchScores, params: IdentifyParams, context: Context) -> tuple[IdentifyResult, Searches]:
    """Return the figures of a search (similarities), and each probe's ranks.

    Raises
    ------
    RequestError
        If groups are asked for and the probes do not name theirs.
    """
    if params.by == "group" and (found.probe_group is None or not (found.probe_group != "").any()):
        raise RequestError(tr("These scores do not name the groups of the probes: they need probe_group."))
    searches = search(found.scores, found.probe_subject, found.gallery_subject)
    context.check()
    everyone = np.ones(len(found.probe_subject), dtype=bool)
    made = _Figures(found, searches, params, context)
    overall = made.of(everyone)
    groups = without = None
    if params.by == "group" and found.probe_group is not None:
        names = sorted(set(found.probe_group.tolist()) - {""})
        groups = {name: SearchFigures(**made.of_group(found.probe_group == name)) for name in names}
        unnamed = found.probe_group == ""
        without = DroppedProbes(
            mated=int((searches.mated & unnamed).sum()), nonmated=int((~searches.mated & unnamed).sum())
        )
    draws = DRAWS if params.bootstrap is None else params.bootstrap
    result = IdentifyResult(
        **overall,
        n_gallery=len(found.gallery_subject),
        gallery_subjects=len(np.unique(found.gallery_subject)),
        groups=groups,
        without_group=without,
        measure=found.measure or None,
        draws=draws,
        seed=params.seed,
        interval=tr(
            "95 % by probes' subjects, {draws:,} draws, seed {seed}; the gallery is fixed",
            draws=draws,
            seed=params.seed,
        )
        if draws
        else tr("Wilson 95 %, as if probes were independent: too narrow"),
    )
    if (why := result.no_interval()) is not None:
        result.interval = tr("none: {why}", why=why)
    ranks = searches.optimistic[searches.mated & ~searches.failed]
    if len(ranks) and np.median(ranks) > (result.n_gallery + 1) / 2:
        if params.distance:
            result.warning = tr(
                "Most probes rank their mate in the lower half of the gallery: these may be similarities, "
                "though they are taken for distances. If large means alike, leave --distance out."
            )
        else:
            result.warning = tr(
                "Most probes rank their mate in the lower half of the gallery: these may be distances. "
                "If small means alike, use --distance."
            )
    return result, searches


class _Figures:
    """The figures of parts of the probes, at the thresholds of all."""

    def __init__(self, found: SearchScores, searches: Searches, params: IdentifyParams, context: Context) -> None:
        self.searches, self.params, self.context = searches, params, context
        self.entries = found.scores.shape[1]
        self.sign = -1 if params.distance else 1
        scored = ~searches.failed
        self.mated, self.nonmated = searches.mated & scored, ~searches.mated & scored
        highest = np.sort(searches.highest[self.nonmated])
        self.thresholds: dict[str, float | None] = {}
        self.rejects: set[str] = set()  # targets whose threshold is above infinite scores too
        for target in TARGETS:
            context.check()
            self.thresholds[target] = at = threshold_at_fpir(highest, found.scores, target) if len(highest) else None
            if at == np.inf and int((highest == np.inf).sum()) > allowed_at(target, len(highest)):
                self.rejects.add(target)
        _, self.subject = np.unique(found.probe_subject, return_inverse=True)
        draws = DRAWS if params.bootstrap is None else params.bootstrap
        group = np.zeros(len(self.subject), dtype=np.int64)
        if params.by == "group" and found.probe_group is not None:
            _, group = np.unique(found.probe_group, return_inverse=True)
        # a subject whose images name two groups is drawn with the last of them
        strata = (searches.mated.astype(np.int64), group * 2 + searches.mated)
        self.whole, self.by_group = (
            ProbeDraws(self.subject, one, draws, params.seed, context.check) if draws else None for one in strata
        )
        self.draws = self.whole

    def of_group(self, part: Mask) -> dict[str, Any]:
        """Return the fields of `SearchFigures` of a group: subjects are drawn within groups."""
        self.draws = self.by_group
        return self.of(part)

    def of(self, part: Mask) -> dict[str, Any]:
        """Return the fields of `SearchFigures`."""
        found, scored = self.searches, ~self.searches.failed
        mated, nonmated = self.mated & part, self.nonmated & part
        out: dict[str, Any] = {
            "n_mated": int((found.mated & part).sum()),
            "n_nonmated": int((~found.mated & part).sum()),
            "dropped": DroppedProbes(
                mated=int((found.mated & part & ~scored).sum()), nonmated=int((~found.mated & part & ~scored).sum())
            ),
            "subjects": len(np.unique(self.subject[part])),
        }
        if (gaps := found.missing[part]).any():
            out["unscored"] = UnscoredEntries(
                scores=int(gaps.sum()), probes=int((gaps > 0).sum()), mates=int((found.unmatched & part).sum())
            )
        if mated.any():
            curves = [match_rates(ranks[mated], self.entries) for ranks in (found.pessimistic, found.optimistic)]
            out["cmc"] = MatchCurves(pessimistic=curves[0].tolist(), optimistic=curves[1].tolist())
            within = [min(rank, len(curves[0])) for rank in RANKS]  # of a small gallery its last rank
            found_at = [(float(curves[0][rank - 1]), found.pessimistic <= rank) for rank in within]
            intervals, out["rank1_ci_why"] = self._fixed(mated, found_at)
            out["rank1_ci"], *others = intervals
            out["rank_ci"] = {str(rank): one for rank, one in zip(RANKS[1:], others, strict=True)}
        else:
            why = tr("no mated probes")
            out["cmc"] = MatchCurves(pessimistic=None, pessimistic_why=why, optimistic=None, optimistic_why=why)
        out["fnir_at_fpir"] = {target: self._point(target, mated, nonmated) for target in TARGETS}
        return out

    def _fixed(self, use: Mask, rates: list[tuple[float, Mask]]) -> tuple[list[Interval | None], str | None]:
        """Return the intervals of rates that rest on no threshold from the data, and why there are none."""
        if self.draws is None:
            return [wilson(int((use & event).sum()), int(use.sum())) for _, event in rates], None
        drawn = self.draws.rates([(use, event, None) for _, event in rates], None)
        made = [
            _or_why(self.draws.interval(rate, values, use, event))
            for (rate, event), values in zip(rates, drawn, strict=True)
        ]
        return [interval for interval, _ in made], made[0][1]

    def _point(self, target: str, mated: Mask, nonmated: Mask) -> SearchPoint:
        threshold, found = self.thresholds[target], self.searches
        if threshold is None:
            why = tr("no non-mated probes, so no threshold")
            return SearchPoint(
                fnir_rank1=None, fnir_rank1_why=why, fpir=None, fpir_why=why, threshold=None, threshold_why=why,
                resolvable=False,
            )  # fmt: skip
        out: dict[str, Any] = {
            "threshold": self.sign * threshold,
            "resolvable": resolvable(target, int(self.nonmated.sum())),
        }
        limit = (self.nonmated, found.highest, target)
        first = found.pessimistic == 1
        some = target not in self.rejects
        miss = ~(first & (found.mate >= threshold) & some)
        positive = (found.highest >= threshold) & some
        if not some:
            out["reject_all"] = True
        for name, use, event, hit, value in (
            ("fnir_rank1", mated, miss, first, found.mate),
            ("fpir", nonmated, positive, np.ones(len(first), dtype=bool), found.highest),
        ):
            count, total = int((use & event).sum()), int(use.sum())
            out["misses" if name == "fnir_rank1" else "false_positives"] = count
            if not total:
                why = tr("no mated probes") if name == "fnir_rank1" else tr("no non-mated probes")
                out |= {name: None, f"{name}_why": why}
                continue
            rate = out[name] = count / total
            if self.draws is not None and name == "fpir" and total == int(self.nonmated.sum()):
                out["fpir_ci_why"] = tr("the threshold is set by this rate")
                continue
            if not out["resolvable"] and (name == "fnir_rank1" or count):  # no false positive has its bound
                out[f"{name}_ci_why"] = tr("below resolution")
                continue
            if self.draws is None:
                out[f"{name}_ci"] = wilson(count, total)
                continue
            (values,) = self.draws.rates([(use, hit, value)], limit)
            shown = 1 - values if name == "fnir_rank1" else values
            out[f"{name}_ci"], out[f"{name}_ci_why"] = _or_why(self.draws.interval(rate, shown, use, event))
        return SearchPoint(**out)


def _or_why(interval: tuple[float, float] | None) -> tuple[tuple[float, float] | None, str | None]:
    return interval, None if interval is not None else tr("fewer than {n} subjects", n=4)
