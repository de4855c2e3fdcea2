"""The job that trains a recogniser and leaves an encoder, its curves and a card of what it can and cannot do."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file

from fairdesk.dataset.collection import Item, people_of, project_items, read_folder
from fairdesk.errors import RequestError
from fairdesk.faces.params import RUN_WEIGHTS
from fairdesk.generation.training import precision_of
from fairdesk.images.marks import mark_of
from fairdesk.images.places import write_text
from fairdesk.images.reading import UnreadableImageError
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.checkpoints import load_networks, read_checkpoint
from fairdesk.learning.loop import Plan, train
from fairdesk.project import Project
from fairdesk.project.project import CATALOG
from fairdesk.runs.folder import BEST, LAST, RunFolder
from fairdesk.training.card import write_card
from fairdesk.training.evaluation import all_pairs
from fairdesk.training.faces import Chips, TrainingFaces, cut_faces
from fairdesk.training.params import RecogniserParams
from fairdesk.training.recogniser import RecogniserTask, backbone_of


def _items(params: RecogniserParams) -> tuple[list[Item], int]:
    """Return the images that have an identity, and how many are left out for having none or for being synthetic."""
    if (params.data / CATALOG).is_file():
        project = Project.open(params.data)
        try:
            every = project_items(project, params.only_set)
        finally:
            project.close()
    else:
        if params.only_set is not None:
            raise RequestError("A folder has no sets. Leave --set out, or train on a project.")
        every = [_with_mark(item) for item in read_folder(params.data).items]
    items = [i for i in every if i.key is not None and (params.synthetic == "use" or not i.synthetic)]
    if len(people_of(items)) < 2:
        raise RequestError(
            f"{params.data} has images of {len(people_of(items))} identities; at least 2 are needed to tell apart."
        )
    return items, len(every) - len(items)


def _with_mark(item: Item) -> Item:
    try:
        synthetic = mark_of(item.path) is not None
    except UnreadableImageError:  # it is listed when its face is cut out
        synthetic = False
    return Item(item.path, item.relative, item.identity, item.group, None, synthetic)


def hold_out(items: list[Item], share: float, seed: int) -> tuple[list[Item], list[Item]]:
    """Return training and evaluation images: whole identities, the share in every group; nobody is on both sides."""
    people = people_of(items)
    rng = np.random.default_rng([seed, 3])
    kept_out: set[tuple[str, str]] = set()
    for group in sorted({group for group, _ in people}):
        several = [key for key in people if key[0] == group and len(people[key]) > 1]
        count = min(round(share * len(several)), len([k for k in people if k[0] == group]) - 1)
        kept_out |= {several[i] for i in rng.permutation(len(several))[: max(0, count)]}
    return [i for i in items if i.key not in kept_out], [i for i in items if i.key in kept_out]


def run(params: RecogniserParams, context: Context) -> dict[str, Any]:
    """Job: train, or go on training."""
    from lightning.fabric import Fabric

    if params.resume:
        folder = RunFolder.open(params.out)
        kept = {key: value for key, value in folder.config["params"].items() if key in RecogniserParams.model_fields}
        params = RecogniserParams.model_validate(kept | {"resume": True, "out": str(params.out)})
    items, left = _items(params)
    training, evaluating = hold_out(items, params.validation, params.seed)
    device = choose_device(params.device)
    fabric = Fabric(accelerator=device, devices=1, precision=precision_of(params.precision, device))  # type: ignore[arg-type]
    fabric.launch()
    chips = cut_faces(training, params.crop, context)
    held_out = cut_faces(evaluating, params.crop, context) if evaluating else None
    classes = sorted({"/".join(p for p in item.key or () if p) for item in chips.items})
    groups = sorted({item.group or "" for item in chips.items})
    own = ["/".join(p for p in item.key or () if p) for item in chips.items]
    images = TrainingFaces(
        chips,
        [classes.index(name) for name in own],
        [groups.index(item.group or "") for item in chips.items],
        params.sampling,
    )
    if not params.resume:
        folder = RunFolder.create(params.out, {
            "kind": "recogniser", "params": params.model_dump(mode="json"), "images": len(images), "identities": len(classes),
            "groups": _counts(chips), "evaluated_on": _counts(held_out) if held_out is not None else {},
        })  # fmt: skip
    pairs = None if held_out is None else (held_out, all_pairs(held_out, seed=params.seed))
    if pairs is None or pairs[1].same.all() or not pairs[1].same.any():
        context.message(
            "No error rates will be measured: too few identities are kept out for pairs of both kinds within a group. "
            "Give a larger --validation share, or more identities."
        )
    task = RecogniserTask(params, fabric, images, (classes, groups), pairs, device)
    every = params.evaluate_every or images.batches(params.batch_size)
    plan = Plan(params.epochs, params.batch_size, params.seed, max(every, 50), params.checkpoint_every, params.patience,
                {"family": "recogniser", "backbone": params.backbone, "width": params.width, "head": params.head},
                evaluate_every=every)  # fmt: skip
    started = time.monotonic()
    result = train(task, images, plan, folder, context, resume=params.resume)
    per_second = (result["steps"] - result["steps_before"]) * params.batch_size / max(time.monotonic() - started, 1e-9)
    best = _export(params, folder)
    final = {key: value for key, value in task.last.items() if not key.startswith("margin")}
    write_card(folder, params, result, final, classes, chips, held_out, images.unreadable)
    context.artifact(folder.path / RUN_WEIGHTS)
    rates = ", ".join(f"{name} {100 * value:.2f} %" for name, value in final.items()) or "not evaluated"
    return {
        **result, "run": str(params.out), "images": len(images), "identities": len(classes), "groups": groups, "device": device,
        "left_out_without_identity": left, "error_rates": final, "images_per_second": round(per_second, 2), "seed": params.seed,
        "weights": str(folder.path / RUN_WEIGHTS), "weights_of": best, "unreadable": images.unreadable,
        "summary": f"{result['steps']:,} batches of {len(images):,} faces of {len(classes):,} identities; on others: {rates}",
    }  # fmt: skip


def _counts(chips: Chips) -> dict[str, dict[str, int]]:
    """Return faces and identities of each group."""
    out: dict[str, dict[str, int]] = {}
    for (group, _), items in people_of(chips.items).items():
        row = out.setdefault(group, {"identities": 0, "images": 0})
        row["identities"] += 1
        row["images"] += len(items)
    return out


def _export(params: RecogniserParams, folder: RunFolder) -> str:
    """Write the best backbone (else the last) with arcface_torch's names; returns which it is."""
    name = BEST if folder.checkpoint(BEST).exists() else LAST
    path: Path = folder.checkpoint(name)
    tensors, meta, _ = read_checkpoint(path)
    network = backbone_of(params.model_copy(update={"start": None}))
    load_networks(tensors, {"backbone": network}, path)
    about = {"backbone": params.backbone, "head": params.head, "step": meta["step"], "checkpoint": name}
    save_file(
        {key: value.contiguous() for key, value in network.state_dict().items()},
        folder.path / RUN_WEIGHTS,
        {"about": json.dumps(about)},
    )
    write_text(folder.path / "weights.json", json.dumps(about, indent=1) + "\n")
    return name
