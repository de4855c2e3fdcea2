"""The job that trains a recogniser and leaves an encoder, its curves and a card of what it can and cannot do."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import save_file

from fairdesk import counted
from fairdesk.dataset.collection import SourceImage, people_of, project_items, read_folder, with_marks
from fairdesk.errors import RequestError
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.checkpoints import load_networks, read_checkpoint
from fairdesk.learning.determinism import algorithms
from fairdesk.learning.distributed import SharedContext, is_shared, open_fabric, precision_of, run_shared
from fairdesk.learning.training_loop import Plan, train
from fairdesk.project import Project
from fairdesk.project.conditions import what_is_meant
from fairdesk.project.encoder_ref import RUN_WEIGHTS
from fairdesk.project.project import CATALOG
from fairdesk.runs.figure_key import TAR, FigureKey
from fairdesk.runs.folder import BEST, LAST, RunFolder
from fairdesk.runs.resumption import resumed, write_down
from fairdesk.training.evaluation_lists import Listed, read_lists
from fairdesk.training.heldout_evaluation import Exam, all_pairs
from fairdesk.training.model_card import write_card
from fairdesk.training.params import RecogniserParams
from fairdesk.training.recogniser_task import RecogniserTask, backbone_of
from fairdesk.training.results import RecogniserResult
from fairdesk.training.training_faces import Chips, TrainingFaces, cut_once
from fairdesk.words import tr, tr_n


def _items(params: RecogniserParams, context: Context) -> tuple[list[SourceImage], int]:
    """Return the images that have an identity, and how many are left out for having none or for being synthetic."""
    if (params.data / CATALOG).is_file():
        project = Project.open(params.data)
        try:
            every = project_items(project, params.only_set, params.where or ())
            if params.where and (told := what_is_meant(project, params.where)):
                context.message(told)
        finally:
            project.close()
    else:
        if params.only_set is not None or params.where:
            raise RequestError(
                tr(
                    "A folder has no sets and no labels to choose by. Leave --set and --where out, or train on a project."
                )
            )
        every = with_marks(read_folder(params.data).items, context)
    items = [i for i in every if i.key is not None and (params.synthetic == "use" or not i.synthetic)]
    if len(people_of(items)) < 2:
        raise RequestError(
            tr(
                "{data} has images of {count} identities; at least 2 are needed to tell apart.",
                data=params.data,
                count=len(people_of(items)),
            )
        )
    return items, len(every) - len(items)


def hold_out(items: list[SourceImage], share: float, seed: int) -> tuple[list[SourceImage], list[SourceImage]]:
    """Return training and evaluation images: whole identities, the share in every group; nobody is on both sides."""
    people = people_of(items)
    rng = np.random.default_rng([seed, 3])
    kept_out: set[tuple[str, str]] = set()
    for group in sorted({group for group, _ in people}):
        several = [key for key in people if key[0] == group and len(people[key]) > 1]
        count = min(round(share * len(several)), len([k for k in people if k[0] == group]) - 1)
        kept_out |= {several[i] for i in rng.permutation(len(several))[: max(0, count)]}
    return [i for i in items if i.key not in kept_out], [i for i in items if i.key in kept_out]


def without_listed(
    items: list[SourceImage], listed: list[Listed], params: RecogniserParams, context: Context
) -> list[SourceImage]:
    """Return the images of people who occur in no evaluation list, or all where that is allowed.

    Raises
    ------
    RequestError
        If some occur and nothing was said of it.
    """
    people = {name: one.exam.name for one in listed for name in one.people}
    both = {
        item.key: people[name]
        for item in items
        for name in (item.identity or "", "/".join(item.key or ()))
        if name in people
    }
    if not both or params.overlap == "allow":
        if both:
            context.message(
                tr_n(
                    "{n:,} person is both trained and evaluated on: the figures of the lists say nothing about unseen people.",
                    "{n:,} people are both trained and evaluated on: the figures of the lists say nothing about unseen people.",
                    len(both),
                )
            )
        return items
    first = next(iter(both))
    if params.overlap == "refuse":
        assert first is not None
        raise RequestError(
            tr_n(
                "{n:,} person of the training images is also in the lists: {person} in {list}. Leave the images out with --overlap leave-out, or say --overlap allow.",
                "{n:,} people of the training images are also in the lists, for example {person} in {list}. Leave their images out with --overlap leave-out, or say --overlap allow.",
                len(both),
                person=first[1],
                list=both[first],
            )
        )
    left = [item for item in items if item.key not in both]
    context.message(
        tr(
            "{images:,} images of {people:,} people who occur in the lists are left out.",
            images=len(items) - len(left),
            people=len(both),
        )
    )
    return left


def train_recogniser(params: RecogniserParams, context: Context) -> RecogniserResult:
    """Job: train, or resume a training; over several processes where there are several devices."""
    if params.resume:
        params = resumed(params, RunFolder.open(params.out))
    if params.devices > 1 and not is_shared():
        return run_shared("train-arcface", params, params.devices, context, RecogniserResult)
    device = choose_device(params.device)
    fabric = open_fabric(device, precision_of(params.precision, device))
    scratch = params.out.with_name(f".{params.out.name}.faces")
    try:
        with algorithms(deterministic=params.deterministic):
            return _run(params, SharedContext(context, fabric) if is_shared() else context, fabric, device, scratch)
    finally:
        if fabric.global_rank == 0:
            shutil.rmtree(scratch, ignore_errors=True)


def _run(params: RecogniserParams, context: Context, fabric: Any, device: str, scratch: Path) -> RecogniserResult:
    items, left = _items(params, context)
    alone = context.local if isinstance(context, SharedContext) else context
    listed = read_lists(params.evaluate_on or [], params.images_of_lists, params.crop, alone)
    items = without_listed(items, listed, params, context)
    training, evaluating = hold_out(items, params.validation, params.seed)
    chips = cut_once(training, params.crop, alone, fabric, scratch / "training.npy")
    held_out = cut_once(evaluating, params.crop, alone, fabric, scratch / "held-out.npy") if evaluating else None
    classes = sorted({"/".join(p for p in item.key or () if p) for item in chips.items})
    groups = sorted({item.group or "" for item in chips.items})
    number = {name: place for place, name in enumerate(classes)}
    if params.synthetic_ratio is not None and len({item.synthetic for item in chips.items}) < 2:
        raise RequestError(tr("A synthetic ratio needs both photographs and synthetic images; there is only one kind."))
    images = TrainingFaces(
        chips,
        [number["/".join(p for p in item.key or () if p)] for item in chips.items],
        [groups.index(item.group or "") for item in chips.items],
        params.sampling,
        params.synthetic_ratio,
        params.accumulate * fabric.world_size,
    )
    folder = RunFolder(params.out)
    if params.resume and fabric.global_rank == 0:
        write_down(folder, params, len(images), images.batches(params.batch_size), context)
    elif fabric.global_rank == 0:
        folder = RunFolder.create(params.out, {
            "kind": "recogniser", "params": params.model_dump(mode="json"), "images": len(images), "identities": len(classes),
            "groups": _counts(chips), "evaluated_on": _counts(held_out) if held_out is not None else {},
            "batches_per_epoch": images.batches(params.batch_size), "processes": fabric.world_size,
        })  # fmt: skip
    exams = [one.exam for one in listed]
    pairs = None if held_out is None else all_pairs(held_out, seed=params.seed)
    if held_out is None or pairs is None or pairs.same.all() or not pairs.same.any():
        context.message(
            tr(
                "No error rates will be measured on held-out identities: too few for pairs of both kinds within a group. "
                "Give a larger share with --validation, or more identities."
            )
        )
    else:
        exams.insert(0, Exam("", held_out.pixels, pairs))
    task = RecogniserTask(params, fabric, images, (classes, groups), exams, device)
    every = params.evaluate_every or images.batches(params.batch_size)
    plan = Plan(params.epochs, params.batch_size, params.seed, max(every, 50), params.checkpoint_every, params.patience,
                {"family": "recogniser", "backbone": params.backbone, "width": params.width, "head": params.head},
                evaluate_every=every, parts=params.accumulate, first=fabric.global_rank == 0)  # fmt: skip
    started = time.monotonic()
    result = train(task, images, plan, folder, context, resume=params.resume)
    per_second = (result.steps - result.steps_before) * params.batch_size / max(time.monotonic() - started, 1e-9)
    final = {key: value for key, value in task.last.items() if FigureKey.parse(key).name != "margin"}
    best = ""
    if fabric.global_rank == 0:
        best = _export(params, folder)
        write_card(folder, params, result, final, classes, chips, held_out, images.unreadable)
        context.artifact(folder.path / RUN_WEIGHTS)
    rates = ", ".join(
        f"{name} {100 * value:.2f} %" for name, value in final.items() if not _aside(FigureKey.parse(name))
    ) or tr("not evaluated")
    return RecogniserResult(
        **dict(result),
        run=str(params.out),
        images=len(images),
        identities=len(classes),
        groups=groups,
        device=device,
        left_out_without_identity=left,
        error_rates=final,
        images_per_second=round(per_second, 2),
        seed=params.seed,
        processes=fabric.world_size,
        weights=str(folder.path / RUN_WEIGHTS),
        weights_of=best,
        summary=tr(
            "{batches} of {faces} of {identities}; on others: {rates}",
            batches=tr_n("{n:,} batch", "{n:,} batches", result.steps),
            faces=counted.faces(len(images)),
            identities=counted.identities(len(classes)),
            rates=rates,
        ),
    )


def _aside(key: FigureKey) -> bool:
    """Whether a figure is left out of the short summary: a group's TAR."""
    return key.group is not None and key.name == TAR


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
