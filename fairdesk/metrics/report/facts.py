"""What a report says of where its numbers come from, and of what they do not say."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np

from fairdesk import __version__
from fairdesk.metrics.pairs_behind.pair_query import cell_key
from fairdesk.metrics.pairs_behind.shown_figures import minus, threshold_shown
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.results import Corrections, EvaluateResult
from fairdesk.metrics.scores.score_set import NORMALISED
from fairdesk.project.recipes import named_encoder
from fairdesk.words import grouped, mark, tr


def facts(result: EvaluateResult, params: EvaluateParams, about: dict[str, Any]) -> list[tuple[str, str]]:
    """Return names and values: the scores, the list, the vectors, the threshold, the rules, versions and the date."""
    groups = result.groups
    common = groups if groups is not None else result.at_threshold
    rows: list[tuple[str, Any]] = [
        (tr("Date"), params.date or tr("not given")),
        (tr("Scores"), params.scores.name),
        (tr("SHA-256 of the scores"), about.get("scores SHA-256")),
        (tr("What the scores are"), measured(result.measure) if result.measure else None),
        (tr("Polarity"), polarity(params.distance)),
        (tr("Pair list"), result.pair_list),
        (tr("SHA-256 of the pair list"), result.pair_list_sha256),
        (tr("Embedding model"), result.encoder and named_encoder(result.encoder, result.precision, result.mirrored, result.scaling)),
        (tr("SHA-256 of its weights"), result.weights_sha256),
        (tr("Detector"), result.detector),
        (tr("Recipe of the embeddings (hash)"), result.recipe),
        (tr("Faces with an embedding"), None if result.faces is None else grouped(f"{result.faces:,}")),
        *corrections_of(result.corrections),
        (tr("Source of the group labels"), label_source(params.label_source) or (tr("not given") if groups is not None else None)),
        (
            tr("Threshold"),
            None if common is None else f"{threshold_shown(common.threshold, common.rule)} ({minus(common.rule)})",
        ),
        (tr("Weight of the FMR (alpha)"), None if groups is None else f"{params.alpha:g}"),
        (tr("Intervals"), result.interval),
        (tr("Random seed"), f"{params.seed}"),
        *threshold_rules(),
        (tr("Equal scores"), tr("a score equal to the threshold is accepted; AUC counts ties half")),
        (tr("Versions"), versions()),
    ]  # fmt: skip
    return known(rows)


def threshold_rules() -> list[tuple[str, str]]:
    """Return the rules of an EER and of a TAR at a FAR, by name."""
    return [
        (
            tr("EER"),
            tr("FVC rule: of the two operating points where FMR and FNMR cross, the one with the smaller sum of both; the mean of both there; the operating points are the distinct scores and +inf"),
        ),
        (tr("TAR at FAR"), tr("the greatest TAR with FMR ≤ target; never the nearest point")),
    ]  # fmt: skip


def corrections_of(found: Corrections | None) -> list[tuple[str, str | None]]:
    """Return whose corrections were taken into account, and their checksum."""
    return [
        (tr("Project of the corrections"), found.project if found else None),
        (tr("SHA-256 of the corrections"), found.project_sha256 if found else None),
    ]


def known(rows: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Return the facts that are known, as texts."""
    return [(name, str(value)) for name, value in rows if value not in (None, "")]


def polarity(distance: bool) -> str:
    """Say which scores mean that two faces are alike."""
    return tr("distances: small means alike") if distance else tr("similarities: large means alike")


def versions() -> str:
    """Say with which versions numbers were made."""
    return f"FairDesk {__version__}, Python {platform.python_version()}, NumPy {np.__version__}"


_SOURCES = {one: one for one in (mark("self-reported"), mark("annotated"), mark("predicted"))}


def label_source(text: str | None) -> str | None:
    """Return how labels came about, in the report's language where it is one of the usual words."""
    return text if text is None or text.strip().casefold() not in _SOURCES else tr(text.strip().casefold())


def measured(text: str) -> str:
    """Return what the scores are, as a score file says it, in the report's language."""
    plain, normalised, method = text.partition(NORMALISED)
    if not normalised:
        return tr(text)
    return tr("{measure}, normalised by group ({method})", measure=tr(plain), method=method.removesuffix(")"))


def caveats(result: EvaluateResult) -> list[str]:
    """Return what a reader must know: limits of the data, of the figures and of this report."""
    lines = [
        tr(
            "Rates are per comparison. FMR and FNMR leave out comparisons without a score; these are counted as dropped."
        ),
        tr("Rates from fewer than 30 errors are weak: weaker than ±30 % at 90 % confidence (rule of 30)."),
    ]
    if result.draws is None:
        lines.append(
            tr(
                "Intervals take comparisons for independent and are too narrow: comparisons of one person depend on each other."
            )
        )
    if result.corrections is not None:
        lines += result.corrections.lines()
    groups = result.groups
    if groups is None:
        return lines
    lines += [
        tr("Groups are as labelled in the data; nobody's race is known to this program."),
        tr(
            "Terms follow ISO/IEC 19795-10: differences of FMR between groups are false positive differential performance, of "
            "FNMR false negative differential performance; FDR, IR and GARBE are aggregate equitability measures. Conformance "
            "with the standard is not claimed."
        ),
        tr("Equal groups give figures away from equality by chance too: compare each with the range beside it."),
        *groups.not_in_a_group.lines(),
    ]
    if groups.fmr_matrix_why is not None:
        lines.append(tr("Figures between every two groups: {why}.", why=groups.fmr_matrix_why))
    elif not any(groups.fmr_matrix[cell_key(a, b)].impostor for a, b in combinations(groups.per_group, 2)):
        lines.append(tr("There are no impostor comparisons between groups, so nothing is said of them."))
    return lines
