"""What the report of a one-to-many search says of where its numbers come from, and of what they do not say."""

from __future__ import annotations

from fairdesk.metrics.identification.results import IdentifyResult
from fairdesk.metrics.params import IdentifyParams
from fairdesk.metrics.report.facts import known, label_source, measured, polarity, versions
from fairdesk.words import grouped, tr


def search_facts(result: IdentifyResult, params: IdentifyParams, sha256: str) -> list[tuple[str, str]]:
    """Return names and values: the scores and their SHA-256, the gallery, the rules, versions and the date."""
    source = label_source(params.label_source) or (tr("not given") if result.groups is not None else None)
    return known(
        [
            (tr("Date"), params.date or tr("not given")),
            (tr("Scores"), params.scores.name),
            (tr("SHA-256 of the scores"), sha256),
            (tr("What the scores are"), measured(result.measure) if result.measure else None),
            (tr("Polarity"), polarity(params.distance)),
            (tr("Mated probes"), grouped(f"{result.n_mated:,}")),
            (tr("Non-mated probes"), grouped(f"{result.n_nonmated:,}")),
            (tr("Gallery entries"), grouped(f"{result.n_gallery:,}")),
            (tr("Subjects of the gallery"), grouped(f"{result.gallery_subjects:,}")),
            (tr("Source of the group labels"), source),
            (tr("Intervals"), result.interval),
            (tr("Random seed"), f"{result.seed}"),
            (
                tr("Rank"),
                tr("one more than the entries of other people that score as much as the probe's best entry of its own subject, or more; with ties in favour, more alone"),
            ),
            (tr("FNIR at rank 1"), tr("share of mated probes whose mate is not at rank 1, or scores below the threshold (ISO/IEC 19795-1)")),
            (tr("FPIR"), tr("share of non-mated probes with a candidate that scores as much as the threshold, or more (ISO/IEC 19795-1)")),
            (tr("Threshold"), tr("the smallest observed score at which the FPIR of all non-mated probes is at most the target")),
            (tr("Versions"), versions()),
        ]
    )  # fmt: skip


def search_caveats(result: IdentifyResult) -> list[str]:
    """Return what a reader must know: limits of the data, of the rates and of this report."""
    lines = [
        tr("Rates are per probe. Probes without any score are in no rate; these are counted as dropped."),
        tr(
            "Rates are of this gallery: among more entries fewer mates come first, and more non-mated probes have a candidate."
        ),
        tr("Rates from fewer than 30 errors are weak: weaker than ±30 % at 90 % confidence (rule of 30)."),
    ]
    if not result.draws:
        lines.append(
            tr("Intervals take probes for independent and are too narrow: probes of one person depend on each other.")
        )
    if result.groups is None:
        return lines
    return [
        *lines,
        tr("Groups are as labelled in the data; nobody's race is known to this program."),
        tr("Groups are those of the probes; the entries that they are searched among are the same for every group."),
        tr("Terms follow ISO/IEC 19795-1 and 19795-10. Conformance with the standards is not claimed."),
    ]
