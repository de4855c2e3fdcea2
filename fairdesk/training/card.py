"""The model card of a recogniser: what it was made of, how it does for every group, and its limits (Mitchell et al., 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fairdesk import __version__
from fairdesk.dataset.collection import people_of
from fairdesk.images.places import write_text
from fairdesk.runs.folder import RunFolder
from fairdesk.training.params import RecogniserParams

if TYPE_CHECKING:
    from fairdesk.training.faces import Chips

CARD = "model-card.md"


def _groups(chips: Chips | None) -> list[str]:
    if chips is None:
        return ["none"]
    rows: dict[str, list[int]] = {}
    for (group, _), items in people_of(chips.items).items():
        row = rows.setdefault(group or "no group", [0, 0])
        row[0] += 1
        row[1] += len(items)
    return [f"| {name} | {people:,} | {images:,} |" for name, (people, images) in rows.items()]


def write_card(
    folder: RunFolder, params: RecogniserParams, result: dict[str, Any], rates: dict[str, float], classes: list[str], chips: Chips,
    held_out: Chips | None, left_out: list[dict[str, str]],
) -> None:  # fmt: skip
    """Write `model-card.md` into the run's folder."""
    switches = {
        "sampling": params.sampling,
        "loss reweighted by group": params.reweight,
        "margins by group": params.group_margins,
    }
    mitigation = (
        ", ".join(f"{name}: {value}" for name, value in switches.items() if value not in ("plain", False, "none"))
        or "none"
    )
    lines = [
        f"# {folder.path.name}", "",
        f"A face recogniser ({params.backbone}, {params.head}) trained by FairDesk {__version__}: {result['steps']:,} batches of {params.batch_size}, seed {params.seed}.",
        "Weights: `backbone.safetensors`, arcface_torch's names; input 112 x 112 RGB, five points to the ArcFace template, (x/255-.5)/.5; cosine similarity.", "",
        "## Trained on", "", "| group | identities | images |", "|---|---|---|", *_groups(chips), "",
        f"Mitigation: {mitigation}. Left out: {len(left_out):,} images that could not be read or have no face.", "",
        "## Error rates on identities that were not trained on", "", "| | |", "|---|---|",
        *(f"| {name} | {100 * value:.2f} % |" for name, value in rates.items()), "",
        "Evaluated on:", "", "| group | identities | images |", "|---|---|---|", *_groups(held_out), "",
        "Impostor pairs are within groups. EER: the mean of FMR and FNMR where they are closest.", "",
        "## Limits", "",
        "Groups are as labelled; nobody's race is known. Rates from few identities are uncertain: compare runs over several seeds before",
        f"calling a difference an effect. Trained on {len(classes):,} identities only: for measuring and comparing, not for deciding about people.", "",
    ]  # fmt: skip
    write_text(folder.path / CARD, "\n".join(lines))
