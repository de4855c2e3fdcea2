"""The model card of a recogniser: what it was made of, how it does for every group, and its limits (Mitchell et al., 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairdesk import __version__
from fairdesk.dataset.collection import people_of
from fairdesk.images.written_files import write_text
from fairdesk.learning.results import LoopResult
from fairdesk.runs.folder import RunFolder
from fairdesk.training.params import RecogniserParams
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.training.training_faces import Chips

CARD = "model-card.md"


def _groups(chips: Chips | None) -> list[str]:
    if chips is None:
        return [tr("none")]
    rows: dict[str, list[int]] = {}
    for (group, _), items in people_of(chips.items).items():
        row = rows.setdefault(group or tr("no group"), [0, 0])
        row[0] += 1
        row[1] += len(items)
    return [f"| {name} | {people:,} | {images:,} |" for name, (people, images) in rows.items()]


def write_card(
    folder: RunFolder, params: RecogniserParams, result: LoopResult, rates: dict[str, float], classes: list[str], chips: Chips,
    held_out: Chips | None, left_out: Sequence[object],
) -> None:  # fmt: skip
    """Write `model-card.md` into the run's folder."""
    switches = {
        tr("every identity as often (Shen et al., ECCV 2016)"): params.sampling == "identity",
        tr("every group as often (Wang and Deng, CVPR 2020)"): params.sampling == "group",
        tr("loss weighed by the group's inverse frequency (Cui et al., CVPR 2019)"): params.reweight,
        tr(
            "margins by group, fixed: {margins} (Cao et al., NeurIPS 2019)", margins=params.margins
        ): params.group_margins == "fixed",
        tr("margins by group, adaptive (after Wang and Deng, CVPR 2020)"): params.group_margins == "adaptive",
        tr(
            "{share:.0%} synthetic images (Qiu et al., ICCV 2021)", share=params.synthetic_ratio or 0
        ): params.synthetic_ratio is not None,
        tr("fine-tuned from {weights}", weights=params.start.name if params.start else ""): params.start is not None,
    }
    mitigation = "; ".join(name for name, on in switches.items() if on) or tr("none")
    lines = [
        f"# {folder.path.name}", "",
        tr("A face recogniser ({backbone}, {head}) trained by FairDesk {version}: {steps:,} batches of {size}, seed {seed}.", backbone=params.backbone, head=params.head, version=__version__, steps=result.steps, size=params.batch_size, seed=params.seed),
        tr("Weights: `backbone.safetensors`, arcface_torch's names; input 112 x 112 RGB, five points to the ArcFace template, (x/255-.5)/.5; cosine similarity."), "",
        "## " + tr("Trained on"), "", tr("| group | identities | images |"), "|---|---|---|", *_groups(chips), "",
        tr("Mitigation: {mitigation}. Left out: {count:,} images that could not be read or have no face.", mitigation=mitigation, count=len(left_out)), "",
        "## " + tr("Error rates on held-out identities"), "", "| | |", "|---|---|",
        *(f"| {name} | {100 * value:.2f} % |" for name, value in rates.items()), "",
        tr("Evaluated on:"), "", tr("| group | identities | images |"), "|---|---|---|", *_groups(held_out), "",
        tr("Impostor pairs are within groups. EER: the mean of FMR and FNMR at one of the two thresholds where they cross, that of the smaller sum (FVC rule)."), "",
        "## " + tr("Limits"), "",
        tr("Groups are as labelled; nobody's race is known. Rates from few identities are uncertain: compare runs over several seeds before\n"
           "calling a difference an effect. Trained on {n:,} identities only: for measuring and comparing, not for deciding about people.", n=len(classes)), "",
    ]  # fmt: skip
    write_text(folder.path / CARD, "\n".join(lines))
