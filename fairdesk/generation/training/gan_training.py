"""The job that trains a GAN of any family."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from fairdesk import __version__
from fairdesk.dataset.collection import SourceImage, read_either, with_marks
from fairdesk.errors import RequestError
from fairdesk.generation.results import TrainGanResult
from fairdesk.generation.training.cyclegan import CycleGanTask
from fairdesk.generation.training.fid_watch import Watch
from fairdesk.generation.training.gan import GanTask
from fairdesk.generation.training.params import CycleGanParams, GanParams, NoiseGanParams, StyleGan2Params
from fairdesk.generation.training.stylegan2 import StyleGanTask
from fairdesk.jobs.context import Context, tell_left_out
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.determinism import algorithms
from fairdesk.learning.distributed import SharedContext, is_shared, open_fabric, precision_of, run_shared
from fairdesk.learning.results import LoopResult
from fairdesk.learning.training_images import TrainingImages, UnpairedImages
from fairdesk.learning.training_loop import Plan, train
from fairdesk.runs.final_pictures import leave_pictures
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.resumption import resumed, write_down
from fairdesk.words import tr, tr_n


def train_gan(params: GanParams, context: Context) -> TrainGanResult:
    """Job: train, or resume a training."""
    if params.resume:
        params = resumed(params, RunFolder.open(params.out))
    if params.devices > 1 and not is_shared():
        return run_shared(f"train-{params.family}", params, params.devices, context, TrainGanResult)
    device = choose_device(params.device)
    fabric = open_fabric(device, precision_of(params.precision, device))
    with algorithms(deterministic=params.deterministic):
        return _run(params, SharedContext(context, fabric) if is_shared() else context, fabric, device)


def _run(params: GanParams, context: Context, fabric: Any, device: str) -> TrainGanResult:
    first = fabric.global_rank == 0
    sources = [read_either(place, where or ()) for place, where in _asked(params)]
    for source in sources:
        if source.told is not None:
            context.message(source.told)
    every = [with_marks(source.items, context) for source in sources]
    condition = params.condition if isinstance(params, NoiseGanParams) else "none"
    labels, classes = classes_of(every[0], condition)
    chosen = [item for item in every[0] if labels == [] or _label(item, condition) is not None]
    paths = [[item.path for item in items] for items in (chosen, *every[1:])]
    if len(chosen) < len(every[0]):
        context.message(
            tr_n(
                "{n:,} image has no {condition} and is left out.",
                "{n:,} images have no {condition} and are left out.",
                len(every[0]) - len(chosen),
                condition=condition,
            )
        )
    images: TrainingImages | UnpairedImages
    if isinstance(params, CycleGanParams):
        images = UnpairedImages(paths[0], paths[1], params.image_size, context)
    else:
        images = TrainingImages(paths[0], params.image_size, context, classes, params.accumulate * fabric.world_size)
    try:
        folder = RunFolder(params.out)
        if params.resume and first:
            write_down(folder, params, len(images), images.batches(params.batch_size), context)
        elif first:
            folder = RunFolder.create(params.out, {
                "kind": "gan", "params": params.model_dump(mode="json"), "images": len(images),
                "batches_per_epoch": images.batches(params.batch_size), "processes": fabric.world_size,
                "shown_only": images.spared if isinstance(images, UnpairedImages) else 0,
            })  # fmt: skip
        left_out = [*(one for source in sources for one in source.left_out), *images.unreadable]
        tell_left_out(context, left_out)
        spared = images.spared if isinstance(images, UnpairedImages) else 0
        if spared:
            context.message(
                tr_n(
                    "{n:,} image is shown in sample grids only, and not trained on.",
                    "{n:,} images are shown in sample grids only, and not trained on.",
                    spared,
                )
            )
        read = set(images.paths)
        synthetic = sum(bool(item.synthetic) and item.path in read for items in every for item in items)
        if synthetic:
            context.message(
                tr_n(
                    "{n:,} image is marked synthetic: the network learns from it too.",
                    "{n:,} images are marked synthetic: the network learns from them too.",
                    synthetic,
                )
            )
        task: CycleGanTask | StyleGanTask | GanTask
        if isinstance(params, CycleGanParams):
            assert isinstance(images, UnpairedImages)
            task = CycleGanTask(params, fabric, images)
        elif isinstance(params, StyleGan2Params):
            task = StyleGanTask(params, fabric, len(labels))
        else:
            assert isinstance(params, NoiseGanParams)
            task = GanTask(params, fabric, len(labels))
        started = time.monotonic()
        assess_every = 0
        if isinstance(params, NoiseGanParams) and isinstance(images, TrainingImages) and params.assess_every:
            assert not isinstance(task, CycleGanTask)
            assess_every = params.assess_every * images.batches(params.batch_size)
            if first:
                rows = np.random.default_rng(params.seed).permutation(len(images))[: params.assess_images]
                real = images.tensor([int(row) for row in rows])
                task.watch = Watch(real, task.make, params.assess_images, params.seed)
        plan = Plan(
            params.epochs,
            params.batch_size,
            params.seed,
            params.preview_every,
            params.checkpoint_every,
            params.patience,
            {**params.network(), "labels": labels},
            evaluate_every=assess_every,
            parts=params.accumulate,
            first=first,
            mark={
                "made_by": f"FairDesk {__version__}",
                "family": params.family,
                "run": params.out.name,
                "grid": True,
            },
        )
        result = train(task, images, plan, folder, context, resume=params.resume)
        if first:
            leave_pictures(folder, context)
    finally:
        images.close()
    made = (result.steps - result.steps_before) * params.batch_size
    per_second = made / max(time.monotonic() - started, 1e-9)
    return TrainGanResult(
        **dict(result),
        run=str(params.out),
        labels=labels,
        images_per_second=round(per_second, 2),
        images=len(images),
        device=device,
        precision=precision_of(params.precision, device),
        processes=fabric.world_size,
        seed=params.seed,
        synthetic_images=synthetic,
        shown_only=spared,
        left_out=[one for source in sources for one in source.left_out],
        summary=_summary(result, len(images), len(left_out)),
    )


def _summary(result: LoopResult, images: int, left_out: int) -> str:
    learned = tr_n("{n:,} image", "{n:,} images", images)
    if left_out:
        learned += " " + tr("({n:,} left out)", n=left_out)
    return tr(
        "{batches} of {images}; last losses: {losses}",
        batches=tr_n("{n:,} batch", "{n:,} batches", result.steps),
        images=learned,
        losses=", ".join(f"{name} {value:.3f}" for name, value in result.losses.items()),
    )


def _asked(params: GanParams) -> list[tuple[Path, list[str] | None]]:
    """Return the places that images come from, with their conditions: one, or A and B."""
    found = [(params.data, params.where)]
    if isinstance(params, CycleGanParams) and params.data_b is not None:
        found.append((params.data_b, params.where_b))
    return found


def _label(item: SourceImage, condition: str) -> str | None:
    if condition == "group":
        return item.group
    return None if item.key is None else "/".join(part for part in item.key if part)


def classes_of(items: list[SourceImage], condition: str) -> tuple[list[str], list[int] | None]:
    """Return the labels a network is to learn, sorted, and the class of each item that has one (None: no condition).

    Raises
    ------
    RequestError
        If there are fewer than two labels.
    """
    if condition == "none":
        return [], None
    found = [_label(item, condition) for item in items]
    names = sorted({name for name in found if name is not None})
    if len(names) < 2:
        raise RequestError(
            tr(
                "A condition on {condition} needs at least two of them; the images have {count}.",
                condition=condition,
                count=len(names),
            )
        )
    return names, [names.index(name) for name in found if name is not None]
