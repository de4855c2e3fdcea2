"""Post-hoc mitigation: scores normalised by group, learned on some people and applied to others.

`threshold` moves each group's scores so that the group reaches the target FMR at the threshold of all (per-group
thresholds; Robinson et al., "Face recognition: too bias, or not too bias?", CVPRW 2020). `zscore` gives the impostor
scores of each group mean 0 and deviation 1 (after Linghu et al., "Score normalization for demographic fairness in
face recognition", IJCB 2024). A comparison across groups takes the mean of what both groups' rules say.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context
from fairdesk.jobs.wording import rate
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.pairs_behind.corrections import Known, correct, read_known_of
from fairdesk.metrics.params import EvaluateParams, NormaliseParams
from fairdesk.metrics.rates.error_rates import resolvable, sort_scores, threshold_at_fmr
from fairdesk.metrics.results import Corrections, EvaluateResult
from fairdesk.metrics.scores.grouped_scores import Grouped, group_comparisons
from fairdesk.metrics.scores.normalisation_results import ErrorRates, GroupRule, NormaliseResult
from fairdesk.metrics.scores.polarity import as_similarities, holds_distances
from fairdesk.metrics.scores.score_columns import columns_of
from fairdesk.metrics.scores.score_files import read_scores, write_scores
from fairdesk.metrics.scores.score_set import NORMALISED, ScoreSet
from fairdesk.metrics.store import ScoreOrigin, ScoreSummary, add_score_set, origin_of
from fairdesk.project import Project
from fairdesk.project.recipes import named_encoder_of
from fairdesk.words import tr, tr_n

Mask = npt.NDArray[np.bool_]
_UNIT = "\x1f"  # parts a group from a subject (the unit separator; numpy would drop a final NUL)


@dataclass(frozen=True)
class Rule:
    """What is done to a group's scores: (score - centre) / width."""

    centre: float
    width: float
    impostors: int  # it was learned from


def learn(grouped: Grouped, method: str, fmr: str, option: str = "--fmr") -> dict[str, Rule]:
    """Learn the rule of each group from its own comparisons; `option` is where the FMR was given.

    Raises
    ------
    RequestError
        If a group has too few impostor comparisons: for the FMR, or two for a mean and a deviation, which no FMR is of.
    """
    good = np.isfinite(grouped.score)
    parts: dict[str, npt.NDArray[Any]] = {}
    for number, name in enumerate(grouped.names):
        scores = grouped.score[grouped.within(number) & ~grouped.label & good]
        if method == "zscore" and len(scores) < 2:
            raise RequestError(
                tr_n(
                    "The group {group} has {n:,} impostor comparison to learn from; a mean and a deviation need at least 2. "
                    "Give more.",
                    "The group {group} has {n:,} impostor comparisons to learn from; a mean and a deviation need at least 2. "
                    "Give more.",
                    len(scores),
                    group=name,
                )
            )
        if method != "zscore" and (not resolvable(fmr, len(scores)) or len(scores) < 2):
            raise RequestError(
                tr_n(
                    "The group {group} has {n:,} impostor comparison to learn from; an FMR of {fmr} needs at least "
                    "{least:,}. Give more, or a larger {option}.",
                    "The group {group} has {n:,} impostor comparisons to learn from; an FMR of {fmr} needs at least "
                    "{least:,}. Give more, or a larger {option}.",
                    len(scores),
                    group=name,
                    fmr=fmr,
                    least=max(2, int(np.ceil(1 / float(fmr)))),
                    option=option,
                )
            )
        parts[name] = np.asarray(scores, dtype=np.float64)
    if method == "zscore":
        return {name: Rule(float(s.mean()), float(s.std()) or 1.0, len(s)) for name, s in parts.items()}
    genuine = grouped.score[grouped.label & good]
    everything = threshold_at_fmr(sort_scores(genuine, np.concatenate(list(parts.values()))), fmr).threshold
    rules = {}
    for name, scores in parts.items():
        own = threshold_at_fmr(sort_scores(genuine, scores), fmr).threshold
        if not np.isfinite(own) or not np.isfinite(everything):
            raise RequestError(
                tr(
                    "No threshold gives the group {name} an FMR of {fmr}: its impostor scores reach above all others.",
                    name=name,
                    fmr=fmr,
                )
            )
        rules[name] = Rule(own - everything, 1.0, len(scores))
    return rules


def apply(grouped: Grouped, rules: dict[str, Rule]) -> npt.NDArray[np.float64]:
    """Return normalised scores, NaN where a group has no rule. Shape (n,)."""
    # The last entry, NaN, is for a comparison without a group: its code is -1.
    centres, widths = (np.array([getattr(rules[name], field) if name in rules else np.nan for name in grouped.names] + [np.nan])
                       for field in ("centre", "width"))  # fmt: skip
    sides = [
        (np.asarray(grouped.score, dtype=np.float64) - centres[codes]) / widths[codes]
        for codes in (grouped.code1, grouped.code2)
    ]
    return np.asarray((sides[0] + sides[1]) / 2)


class Divided(NamedTuple):
    """Comparisons by whose they are."""

    learned: Mask
    """Among the people to learn from."""
    applied: Mask
    """Among the others."""
    between: int
    unnamed: int
    """Of a face without a name, of which nobody knows on which side its person is: in neither."""


def divide_people(scores: ScoreSet, share: float, seed: int) -> Divided:
    """Return the comparisons among the people to learn from and among the others.

    People are drawn by group, so that every group is on both sides. In a genuine pair a face without a name is the
    person of the other face; any other comparison of such a face is left out.
    """
    assert scores.subject1 is not None
    assert scores.subject2 is not None
    assert scores.group1 is not None
    assert scores.group2 is not None
    assert scores.label is not None
    lacking = [side == "" for side in (scores.subject1, scores.subject2)]
    first, second = (
        np.char.add(np.char.add(g, _UNIT), s)
        for g, s in ((scores.group1, scores.subject1), (scores.group2, scores.subject2))
    )
    first, second = (
        np.where(mine & ~other & scores.label, theirs, own)
        for mine, other, theirs, own in (
            (lacking[0], lacking[1], second, first),
            (lacking[1], lacking[0], first, second),
        )
    )
    named = ~(lacking[0] | lacking[1]) | (scores.label & (lacking[0] ^ lacking[1]))
    first, second = first[named], second[named]
    people = np.unique(np.concatenate([first, second]))
    groups = np.array([name.partition(_UNIT)[0] for name in people], dtype=str)
    rng = np.random.default_rng([seed, 17])
    chosen = np.zeros(len(people), dtype=bool)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        chosen[rng.permutation(rows)[: round(share * len(rows))]] = True
    a, b = (chosen[np.searchsorted(people, side)] for side in (first, second))
    learned, applied = np.zeros(len(named), dtype=bool), np.zeros(len(named), dtype=bool)
    learned[named], applied[named] = a & b, ~a & ~b
    return Divided(learned, applied, int((a != b).sum()), int((~named).sum()))


def _by_people(scores: ScoreSet, known: Known | None, *, needed: bool) -> tuple[ScoreSet, Corrections | None]:
    return (scores, None) if known is None else correct(scores, known, needed=needed)


def _read(params: NormaliseParams, path: Path) -> ScoreSet:
    return read_scores(path, paths=True, columns=columns_of(path, params.columns))


def normalise_scores(params: NormaliseParams, context: Context) -> NormaliseResult:
    """Job: learn on some people, apply to others, and tell what it did to every group there."""
    known = None if params.labels_of is None else read_known_of(params.labels_of)
    scores, corrections = _by_people(_read(params, params.scores), known, needed=True)
    learned_corrections: Corrections | None = None
    distances = as_similarities(scores, params.distance, params.scores)
    group_comparisons(scores)  # or a refusal that says what is missing
    names_told = list(scores.told)
    between = unnamed = 0
    if params.learn_from is not None:
        source, learned_corrections = _by_people(_read(params, params.learn_from), known, needed=False)
        _refuse_other_polarity(params, source, scores, distances=distances)
        as_similarities(source, distances, params.learn_from)
        names_told += [line for line in source.told if line not in names_told]
        _refuse_other_vectors(source, scores)
        _refuse_shared(source, scores, str(params.learn_from))
        rules = learn(group_comparisons(source), params.method, params.fmr)
        target = scores
    else:
        if scores.subject1 is None or scores.subject2 is None or not (scores.subject1 != "").any():
            raise RequestError(
                tr(
                    "These scores do not name subjects, so the people to learn from cannot be told from the others. "
                    "Give scores of other people: --learn-from FILE"
                )
            )
        learned, applied, between, unnamed = divide_people(scores, params.share, params.seed)
        rules = learn(group_comparisons(scores.part(learned)), params.method, params.fmr)
        target = scores.part(applied)
    context.progress(1, 3, tr("steps"))
    grouped = group_comparisons(target)
    assert target.score is not None
    had = int(np.isfinite(target.score).sum())
    measure = f"{'negative ' * distances}{target.measure or 'score'}{NORMALISED}{params.method})"
    made = replace(target, score=apply(grouped, rules), measure=measure)
    assert made.score is not None
    lost = had - int(np.isfinite(made.score).sum())
    write_scores(params.out, made)
    try:
        project = context.project
    except RequestError:  # it was started without one
        project = None
    if project is not None:
        _register(project, params, made, lost)
    context.artifact(params.out)
    context.progress(2, 3, tr("steps"))
    how = EvaluateParams(
        scores=params.out, by="group", at=f"fmr={params.fmr}", threshold_from="within-group", bootstrap=0
    )
    before, after = (_figures(evaluate(one, how)[0]) for one in (target, made))
    context.progress(3, 3, tr("steps"))
    lines = [
        tr(
            "{group}: FMR {fmr} -> {fmr_after}, FNMR {fnmr} -> {fnmr_after}",
            group=name,
            fmr=_rate(one.fmr, one.fmr_why),
            fmr_after=_rate(now.fmr, now.fmr_why),
            fnmr=_rate(one.fnmr, one.fnmr_why),
            fnmr_after=_rate(now.fnmr, now.fnmr_why),
        )
        for name, one in before.items()
        if (now := after.get(name)) is not None
    ]
    told = [
        *names_told,
        tr_n(
            "{n:,} comparison of people who were not learned from, at one threshold for all (FMR at most {target} on pairs "
            "within groups, as evaluate has it with --threshold-from within-group):",
            "{n:,} comparisons of people who were not learned from, at one threshold for all (FMR at most {target} on pairs "
            "within groups, as evaluate has it with --threshold-from within-group):",
            had - lost,
            target=rate(float(params.fmr)),
        ),
        *lines,
    ]
    if between:
        told.append(
            tr_n(
                "{n:,} comparison between the two halves is left out.",
                "{n:,} comparisons between the two halves are left out.",
                between,
            )
        )
    if unnamed:
        told.append(
            tr_n(
                "{n:,} comparison of a face without a name is left out: nobody knows on which side its person is.",
                "{n:,} comparisons of a face without a name are left out: nobody knows on which side its person is.",
                unnamed,
            )
        )
    if lost:
        told.append(
            tr_n(
                "{n:,} comparison has no score any more: a face has no group, or one that nothing was learned of.",
                "{n:,} comparisons have no score any more: a face has no group, or one that nothing was learned of.",
                lost,
            )
        )
    for one_of in (corrections, learned_corrections):
        told += [] if one_of is None else one_of.lines()
    result = NormaliseResult(
        corrections=corrections,
        learned_corrections=learned_corrections,
        out=str(params.out),
        method=params.method,
        fmr=params.fmr,
        threshold_from=how.threshold_from,
        seed=params.seed,
        rules={name: GroupRule(**asdict(rule)) for name, rule in rules.items()},
        comparisons=had - lost,
        between_the_halves=between,
        unnamed=unnamed or None,
        without_a_rule=lost,
        before=before,
        after=after,
        summary="\n".join(told),
    )
    result.rest_on(dict(scores.about))
    return result


def _register(project: Project, params: NormaliseParams, made: ScoreSet, lost: int) -> None:
    """List the new scores beside the old ones, made from the same labels."""
    assert made.label is not None
    genuine = int(made.label.sum())
    faces = made.about.get("faces")
    known = faces if isinstance(faces, int) else None
    summary = ScoreSummary(genuine, len(made.label) - genuine, lost, made.measure, known)
    origin = origin_of(project, params.scores) or ScoreOrigin(str(params.scores))
    kept = params.model_dump(mode="json")
    add_score_set(project, tr("Normalise {scores}", scores=params.scores.name), params.out, origin, kept, summary)


def _rate(value: float | None, why: str | None) -> str:
    """Return a rate in percent, or why it is undefined."""
    return tr("undefined: {why}", why=why) if value is None else rate(value)


def _figures(result: EvaluateResult) -> dict[str, ErrorRates]:
    assert result.groups is not None
    return {
        name: ErrorRates(fmr=row.fmr, fmr_why=row.fmr_why, fnmr=row.fnmr, fnmr_why=row.fnmr_why)
        for name, row in result.groups.per_group.items()
    }


def _people(scores: ScoreSet) -> set[tuple[str, str]]:
    sides = ((scores.group1, scores.subject1), (scores.group2, scores.subject2))
    return {
        person
        for g, s in sides
        if g is not None and s is not None
        for person in zip(g.tolist(), s.tolist(), strict=True)
    }


def _refuse_other_polarity(params: NormaliseParams, source: ScoreSet, target: ScoreSet, *, distances: bool) -> None:
    """Refuse to learn from distances for similarities, or the other way round; a file that says nothing is of the other's kind."""
    theirs = holds_distances(source.measure)
    if theirs is None or theirs == distances:
        return
    said = tr("{path} says of its scores: {measure}.", path=params.learn_from, measure=source.measure)
    if holds_distances(target.measure) is not None:
        said += " " + tr("{path} says of its scores: {measure}.", path=params.scores, measure=target.measure)
        remedy = tr("Learn from scores of the same kind.")
    elif theirs:
        remedy = tr(
            "{path} does not say what it holds: if these are distances too, give --distance.", path=params.scores
        )
    else:
        remedy = tr(
            "With --distance {path} is taken for distances: leave it out, or learn from distances.", path=params.scores
        )
    raise RequestError(
        " ".join(
            [said, tr("What is learned from similarities does not fit distances, nor the other way round."), remedy]
        )
    )


def _refuse_other_vectors(source: ScoreSet, target: ScoreSet) -> None:
    """Refuse to learn from scores of other vectors, where both files name theirs: such scores are not alike."""
    for name in ("encoder", "detector"):
        ours, theirs = (
            named_encoder_of(one.about) if name == "encoder" else one.about.get(name) for one in (target, source)
        )
        if None not in (ours, theirs) and ours != theirs:
            raise RequestError(
                tr(
                    "The scores to learn from are of the {name} {theirs}, these of {ours}: what is learned would not fit. "
                    "Score the other list with the {name} {ours}.",
                    name=name,
                    theirs=theirs,
                    ours=ours,
                )
            )


def _refuse_shared(source: ScoreSet, target: ScoreSet, where: str) -> None:
    """Refuse to learn from the people it is applied to, where the files name them."""
    if source.subject1 is None or target.subject1 is None:
        return
    people = [_people(part) for part in (source, target)]
    both = {person for person in people[0] & people[1] if person[1]}
    if both:
        raise RequestError(
            tr_n(
                "{n:,} person is in both score files, {person}. Learn from other people than those "
                "you apply it to, or leave {option} out: then half of the people are learned from.",
                "{n:,} people are in both score files, for example {person}. Learn from other people than those "
                "you apply it to, or leave {option} out: then half of the people are learned from.",
                len(both),
                person=min(both)[1],
                option=where,
            )
        )
