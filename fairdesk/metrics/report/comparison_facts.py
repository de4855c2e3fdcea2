"""What the report of two models says of where its numbers come from, and of what they do not say."""

from __future__ import annotations

from typing import Any

from fairdesk.metrics.comparison.results import CompareScoresResult, normalised_lines
from fairdesk.metrics.pairs_behind.shown_figures import minus, threshold_shown
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.report.facts import (
    corrections_of,
    known,
    label_source,
    measured,
    polarity,
    threshold_rules,
    versions,
)
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import grouped, tr


def comparison_facts(
    result: CompareScoresResult, params: CompareScoresParams, scores: tuple[ScoreSet, ScoreSet], sha256: tuple[str, str]
) -> list[tuple[str, str]]:
    """Return names and values: of each model what its scores are of, then what both share, versions and the date."""
    rows: list[tuple[str, Any]] = [(tr("Date"), params.date or tr("not given"))]
    for name, path, found, digest, distance, encoder, threshold in (
        (result.first, params.first, scores[0], sha256[0], params.distance, result.encoder_first, result.threshold_first),
        (result.second, params.second, scores[1], sha256[1], params.second_distance, result.encoder_second, result.threshold_second),
    ):  # fmt: skip
        about, faces = found.about, found.about.get("faces")
        told = [
            (tr("Scores"), path.name),
            (tr("SHA-256 of the scores"), digest),
            (tr("What the scores are"), measured(found.measure) if found.measure else None),
            (tr("Polarity"), polarity(distance)),
            (tr("Pair list"), about.get("pair_list")),
            (tr("SHA-256 of the pair list"), about.get("pair_list_sha256")),
            (tr("Embedding model"), encoder),
            (tr("SHA-256 of its weights"), about.get("weights_sha256")),
            (tr("Detector"), about.get("detector")),
            (tr("Recipe of the embeddings (hash)"), about.get("recipe")),
            (tr("Faces with an embedding"), None if faces is None else grouped(f"{faces:,}")),
            (
                tr("Threshold"),
                None
                if threshold is None
                else f"{threshold_shown(threshold, result.rule or '')} ({minus(result.rule or '')})",
            ),
        ]
        rows += [(f"{name}: {what}", value) for what, value in told]
    by_group = bool(result.less_biased)
    rows += [
        (tr("Comparisons"), grouped(f"{result.comparisons:,}")),
        (tr("Matched by"), result.matched_by),
        (tr("Subjects"), None if result.subjects is None else grouped(f"{result.subjects:,}")),
        *corrections_of(result.corrections),
        (tr("Source of the group labels"), label_source(params.label_source) or (tr("not given") if by_group else None)),
        (tr("Weight of the FMR (alpha)"), f"{params.alpha:g}" if by_group else None),
        (tr("Intervals"), result.interval),
        (tr("Random seed"), f"{result.seed}"),
        *threshold_rules(),
        (tr("Difference"), tr("the second model's figure less the first's, over the same comparisons")),
        (tr("Versions"), versions()),
    ]  # fmt: skip
    return known(rows)


def comparison_caveats(result: CompareScoresResult) -> list[str]:
    """Return what a reader must know: what was compared, what normalising would buy, limits of the data and of this report."""
    lines = [line for line in result.conditions() if line not in result.cautions]
    lines += [
        tr("Comparisons that one of the models has no score for are in no figure of either."),
        tr("An answer is “cannot tell” where the interval of the difference holds zero, or there is none."),
    ]
    if not result.less_biased:
        return lines
    return [
        *lines,
        *normalised_lines(result),
        tr("Groups are as labelled in the data; nobody's race is known to this program."),
        tr("Terms follow ISO/IEC 19795-1 and 19795-10. Conformance with the standards is not claimed."),
    ]
