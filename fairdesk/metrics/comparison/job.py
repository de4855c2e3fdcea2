"""The job that compares two models over the same list, with intervals of the differences by subjects."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context
from fairdesk.jobs.read_and_written import need_apart
from fairdesk.metrics.comparison.paired_figures import PairedFigures
from fairdesk.metrics.comparison.results import WRITTEN, CompareScoresResult, Normalised, PairedDifference
from fairdesk.metrics.evaluation import evaluate, evaluate_whole
from fairdesk.metrics.fairness.figure_notes import smaller_is_fairer
from fairdesk.metrics.pairs_behind.corrections import read_known_of
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.results import EvaluateResult
from fairdesk.metrics.scores.group_normalisation import apply, divide_people, learn
from fairdesk.metrics.scores.grouped_scores import group_comparisons, regrouped
from fairdesk.metrics.scores.polarity import as_similarities
from fairdesk.metrics.scores.score_columns import columns_of, columns_of_second
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.scores.score_matching import match_comparisons
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.scores.subjects import strangers_line, why_unknown
from fairdesk.project.recipes import named_encoder
from fairdesk.words import tr, tr_n


def compare_scores(params: CompareScoresParams, context: Context, *, needed: bool = True) -> CompareScoresResult:
    """Job: compare the scores of two models; with `out` also write the tables.

    Without `needed`, scores that name no image of the project `labels_of` are compared as they are, and what a file says
    of its polarity wins over what was asked for.
    """
    with speaking_report(params.language if params.out is not None else None):  # rules and reasons are in the report
        return _compare(params, context, needed)


def _compare(params: CompareScoresParams, context: Context, needed: bool) -> CompareScoresResult:
    need_apart(params.out, WRITTEN, (params.first, params.second))
    context.progress(0, 4, tr("steps"))
    named = columns_of(params.first, params.columns)
    other = columns_of(params.second, params.second_columns) or columns_of_second(
        params.second, columns_of(params.second, params.columns)
    )
    sets = [read_scores(path, paths=True, columns=one) for path, one in ((params.first, named), (params.second, other))]
    first = as_similarities(sets[0], params.distance, params.first if needed else None)
    second = as_similarities(sets[1], params.second_distance, params.second if needed else None, "--second-distance")
    params = params.model_copy(update={"distance": first, "second_distance": second})
    context.check()
    known = None if params.labels_of is None else read_known_of(params.labels_of)
    matched = match_comparisons(sets[0], sets[1], (params.first, params.second), known, needed=needed)
    context.progress(1, 4, tr("steps"))
    result = compare_matched(matched.first, matched.second, params, context.check)
    result.matched_by, result.corrections = matched.by, matched.corrections
    if matched.in_order:
        result.cautions.append(
            tr("The files do not both name the images of each comparison: each row is taken for the same row of the other. "
               "If the rows are in another order, all differences are wrong. Columns path1 and path2 in both tell which is which.")
        )  # fmt: skip
    if matched.other_groups:
        result.cautions.append(
            tr_n(
                "{n:,} comparison has other groups in {second}; those of {first} count.",
                "{n:,} comparisons have other groups in {second}; those of {first} count.",
                matched.other_groups,
                first=result.first,
                second=result.second,
            )
        )
    result.only_in_first, result.only_in_second, result.unscored = matched.left_out
    if any(matched.repeated):
        result.repeated_first, result.repeated_second = matched.repeated
    context.progress(3, 4, tr("steps"))
    if params.out is not None:
        from fairdesk.metrics.comparison.written import write_comparison

        result.report_language = params.language
        page = write_comparison(params.out, result, params, (matched.first, matched.second), context.check)
        context.artifact(page)
        result.report = str(page)
    context.progress(4, 4, tr("steps"))
    return result


def compare_matched(
    one: ScoreSet, two: ScoreSet, params: CompareScoresParams, check: Callable[[], None] = lambda: None
) -> CompareScoresResult:
    """Compare two models whose comparisons are the same, row by row (similarities)."""
    named = one.grouped and bool(one.group1 is not None and (one.group1 != "").any())
    grouped = named if params.by == "group" else params.by != "none"
    if not grouped:
        _need_no_groups(params)
    options = params.evaluation(grouped=grouped)
    if options.bootstrap != 0 and (one.subject1 is None or one.subject2 is None):
        options = options.model_copy(update={"bootstrap": 0})  # draws of pairs would not be those of both models
    found = []
    for scores, path, distance in (
        (one, params.first, params.distance), (two, params.second, params.second_distance),
    ):  # fmt: skip
        found.append(evaluate_whole(scores, options.model_copy(update={"scores": path, "distance": distance}), check))
    first, second = found
    undrawn = tr("no draws were asked for") if params.bootstrap == 0 else first.result.no_draws_why or why_unknown(one)
    made = PairedFigures(one, two, first, second, options, undrawn or tr("the subjects are not known"))
    rows = [*made.own_figures(check), *made.rates(check), *made.fairness(check)]
    assert one.score is not None and two.score is not None
    alike = np.array_equal(one.score, two.score)
    if alike:  # the same scores differ in nothing, whatever is drawn
        rows = [(*row[:4], row[4] if row[4] is None else (0.0, 0.0), row[5]) for row in rows]
    differences = [
        PairedDifference(
            figure=name, group=group, first=a, second=b, difference=_apart(a, b), ci=ci, ci_why=why, better=_better(name, a, b, ci)
        )
        for name, group, a, b, ci, why in rows
    ]  # fmt: skip
    answers = {"second": "yes", "first": "no", "cannot tell": "cannot tell"}
    names = _names(params)
    result = CompareScoresResult(
        first=names[0],
        second=names[1],
        encoder_first=_encoder(first.result),
        encoder_second=_encoder(second.result),
        distances_first=params.distance,
        distances_second=params.second_distance,
        by=options.by,
        comparisons=len(one.score) if one.score is not None else 0,
        matched_by="",
        only_in_first=0,
        only_in_second=0,
        unscored=0,
        less_biased={
            row.figure: answers[row.better]
            for row in differences
            if row.group is None and smaller_is_fairer(row.figure) is not None
        },
        differences=differences,
        subjects=first.result.subjects,
        draws=first.result.draws,
        seed=params.seed,
        cautions=[
            tr("{name}: {warning}", name=name, warning=one_found.result.warning)
            for name, one_found in zip(names, found, strict=True)
            if one_found.result.warning
        ]
        + ([tr("Both files give every comparison the same score: no figure differs. Is one a copy of the other?")] if alike else []),
        interval=tr("95 % by subjects, {draws:,} draws of both models at once, seed {seed}", draws=first.result.draws, seed=params.seed)
        if first.drawn is not None
        else tr("none: {why}", why=undrawn)
        if undrawn
        else tr("none: the scores do not name their subjects"),
    )  # fmt: skip
    if first.result.groups is not None:
        result.cautions += first.result.groups.fairness.parts_lines(values=False)
    if first.drawn is not None and (strange := strangers_line(first.drawn.subjects, first.grouped)):
        result.interval += "; " + strange
    if first.drawn is not None and not any(row.ci for row in differences):
        why = next((row.ci_why for row in differences if row.ci_why), None) or tr("no figure is defined")
        result.interval = tr("none: {why}", why=why)
    at = first.result.at_threshold, second.result.at_threshold
    if at[0] is not None and at[1] is not None:
        result.threshold_first, result.threshold_second, result.rule = at[0].threshold, at[1].threshold, at[0].rule
    if first.result.groups is not None and second.result.groups is not None:
        result.in_no_group = first.result.in_no_group()
        result.normalised_first = _normalised(one, options, check)
        result.normalised_second = _normalised(two, options, check)
    return result


def _need_no_groups(params: CompareScoresParams) -> None:
    """Refuse what means something only between groups, where the scores name none."""
    for name in ("threshold_from", "alpha"):
        if getattr(params, name) != type(params).model_fields[name].default:
            raise RequestError(
                tr("{option} is of groups, and the scores of {file} name none. Leave it out, or give scores that name groups.",
                   option=params.option(name), file=params.first.name)
            )  # fmt: skip


def _encoder(result: EvaluateResult) -> str | None:
    return result.encoder and named_encoder(result.encoder, result.precision, result.mirrored, result.scaling)


def _names(params: CompareScoresParams) -> tuple[str, str]:
    """Return the files' names; where these are the same, with as many of their folders as tell them apart."""
    one, two = params.first, params.second
    if one.stem != two.stem:
        return one.stem, two.stem
    for parts in range(1, max(len(one.parts), len(two.parts))):
        names = "/".join(one.parts[-parts:]), "/".join(two.parts[-parts:])
        if names[0] != names[1]:
            return names
    return str(one), str(two)


def _apart(first: float, second: float) -> float:
    """Return second less first: nothing where they differ by what numbers are rounded to."""
    return 0.0 if math.isclose(first, second, rel_tol=1e-12, abs_tol=1e-15) else second - first


def _better(name: str, first: float, second: float, ci: tuple[float, float] | None) -> str:
    if ci is None or ci[0] <= 0 <= ci[1]:
        return "cannot tell"
    smaller = smaller_is_fairer(name)
    if smaller is None:
        smaller = not name.startswith("tar_at_far")
    return "second" if (ci[1] < 0) == smaller else "first"


_GAINS = ("fmr_max_over_min", "fmr_max_minus_min", "fnmr_max_minus_min", "gini_fmr", "gini_fnmr", "GARBE", "FDR")


def _normalised(scores: ScoreSet, params: EvaluateParams, check: Callable[[], None]) -> Normalised:
    """Learn per-group thresholds on half of the people and apply them to the others, or say why that cannot be tried."""
    check()
    why = None
    if not params.target_fmr:
        why = tr("it is learned at an FMR. Compare at one: {option}", option="--at fmr=0.01")
    elif scores.subject1 is None or scores.subject2 is None:
        why = tr("the scores do not name subjects, so the people to learn from cannot be told from the others")
    if why is not None:
        return Normalised(comparisons=0, before={}, after={}, why=why)
    try:
        return _normalised_at(scores, params, check)
    except RequestError as error:
        return Normalised(comparisons=0, before={}, after={}, why=str(error))


def _normalised_at(scores: ScoreSet, params: EvaluateParams, check: Callable[[], None]) -> Normalised:
    learned, applied, _, _ = divide_people(scores, 0.5, params.seed)
    fmr = params.at.partition("=")[2]
    rules = learn(group_comparisons(regrouped(scores.part(learned), params.by)), "threshold", fmr, "--at fmr=")
    target, moved = scores.part(applied), scores.part(applied)
    moved.score = apply(group_comparisons(regrouped(target, params.by)), rules)
    check()
    how = params.model_copy(update={"bootstrap": 0, "threshold_from": "within-group"})
    out: list[dict[str, Any]] = []
    for one in (target, moved):
        groups = evaluate(one, how, check)[0].groups
        assert groups is not None
        values = {name: getattr(groups.fairness, name) for name in _GAINS}
        out.append({name: float(value) for name, value in values.items() if value is not None})
        check()
    assert target.score is not None
    return Normalised(comparisons=len(target.score), before=out[0], after=out[1])
