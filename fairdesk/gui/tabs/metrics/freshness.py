"""In what scores are out of date, and what brings them up to date. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairdesk.metrics.store import ListedScores, PairList
from fairdesk.project.label_basis import LabelChange
from fairdesk.words import tr, tr_n


@dataclass(frozen=True)
class Remedy:
    """What a button offers: a job's form as it was filled then, or (without a kind) other scores to look at."""

    text: str
    kind: str
    preset: dict[str, Any]


def told_change(change: LabelChange, *, follows: bool) -> str:
    """Say what has changed that the figures do not have; empty where they have all of it.

    `follows` tells whether they follow what people relabelled: where the scores name their images.
    """
    rest = change.not_followed if follows else change
    parts = []
    if rest.relabelled and follows:
        parts.append(
            tr_n(
                "{n:,} label was changed, not by hand: the figures have the old one",
                "{n:,} labels were changed, not by hand: the figures have the old ones",
                rest.relabelled,
            )
        )
    elif rest.relabelled:
        parts.append(
            tr_n(
                "{n:,} label was changed: the figures have the old one, as the scores do not name their images",
                "{n:,} labels were changed: the figures have the old ones, as the scores do not name their images",
                rest.relabelled,
            )
        )
    if rest.added:
        parts.append(
            tr_n(
                "{n:,} image was added, which is in no comparison",
                "{n:,} images were added, which are in no comparison",
                rest.added,
            )
        )
    if rest.removed:
        parts.append(
            tr_n(
                "{n:,} image was removed, whose comparisons still count",
                "{n:,} images were removed, whose comparisons still count",
                rest.removed,
            )
        )
    return tr("Since the pair list was made: {changes}.", changes="; ".join(parts)) if parts else ""


def remedy_of(scores: ListedScores, lists: list[PairList], others: list[ListedScores]) -> Remedy | None:
    """Return the next step that brings scores up to date: their list, then they themselves."""
    params = scores.params
    if "pairs" not in params:  # normalised ones
        made_from = str(params.get("scores", ""))
        if any(one.path == made_from and one.change.not_followed for one in others):
            return Remedy(tr("Show {scores}", scores=Path(made_from).name), "", {"scores": made_from})
        return Remedy(tr("Normalise again…"), "normalise", params | {"out": scores.path}) if made_from else None
    made = next((one for one in lists if one.path == scores.pair_list), None)
    if made is not None and made.change:
        out = _free(Path(made.path)) if made.frozen else Path(made.path)
        return Remedy(tr("Create the list anew…"), "pairs", made.params | {"out": str(out)})
    kept = {name: value for name, value in params.items() if name != "list_sha256"}
    again = {"pairs": scores.pair_list, "out": scores.path, "also": None}
    return Remedy(tr("Score the list again…"), "score", kept | again)


def _free(path: Path) -> Path:
    """Return a name beside a frozen list's that is not taken."""
    number = 2
    while (other := path.with_name(f"{path.stem}-{number}{path.suffix}")).exists():
        number += 1
    return other
