"""The job that trains a GAN of any family."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fairdesk import __version__
from fairdesk.dataset.collection import Item, read_either, with_marks
from fairdesk.errors import RequestError
from fairdesk.generation.params import TrainGanParams
from fairdesk.generation.training.cyclegan import CycleGanTask
from fairdesk.generation.training.gan import GanTask
from fairdesk.generation.training.stylegan2 import StyleGanTask
from fairdesk.generation.training.watching import Watch
from fairdesk.jobs.context import Context, tell_left_out
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.determinism import algorithms
from fairdesk.learning.distributed import SharedContext, is_shared, open_fabric, precision_of, run_shared
from fairdesk.learning.images import TrainingImages, UnpairedImages
from fairdesk.learning.loop import Plan, train
from fairdesk.runs.ending import leave_pictures
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.resuming import resumed, write_down


def run(params: TrainGanParams, context: Context) -> dict[str, Any]:
    """Job: train, or go on training."""
    if params.resume:
        params = resumed(params, RunFolder.open(params.out))
    if params.devices > 1 and not is_shared():
        return run_shared("train", params, params.devices, context)
    device = choose_device(params.device)
    fabric = open_fabric(device, precision_of(params.precision, device))
    with algorithms(deterministic=params.deterministic):
        return _run(params, SharedContext(context, fabric) if is_shared() else context, fabric, device)


def _run(params: TrainGanParams, context: Context, fabric: Any, device: str) -> dict[str, Any]:
    first = fabric.global_rank == 0
    asked = ((params.data, params.where), (params.data_b, params.where_b))
    sources = [read_either(place, where or ()) for place, where in asked if place is not None]
    every = [with_marks(source.items, context) for source in sources]
    labels, classes = classes_of(every[0], params.condition)
    chosen = [item for item in every[0] if labels == [] or _label(item, params.condition) is not None]
    paths = [[item.path for item in items] for items in (chosen, *every[1:])]
    if len(chosen) < len(every[0]):
        context.message(f"{len(every[0]) - len(chosen):,} images have no {params.condition} and are left out.")
    images: TrainingImages | UnpairedImages
    if params.family == "cyclegan":
        images = UnpairedImages(paths[0], paths[1], params.size, context)
    else:
        images = TrainingImages(paths[0], params.size, context, classes, params.accumulate * fabric.world_size)
    try:
        folder = RunFolder(params.out)
        if params.resume and first:
            write_down(folder, params, len(images), images.batches(params.batch), context)
        elif first:
            folder = RunFolder.create(params.out, {
                "kind": "gan", "params": params.model_dump(mode="json"), "images": len(images),
                "batches_per_epoch": images.batches(params.batch), "processes": fabric.world_size,
                "shown_only": images.spared if isinstance(images, UnpairedImages) else 0,
            })  # fmt: skip
        left_out = [*(one for source in sources for one in source.left_out), *images.unreadable]
        tell_left_out(context, left_out)
        spared = images.spared if isinstance(images, UnpairedImages) else 0
        if spared:
            context.message(f"{spared} images are shown in sample grids only, and not trained on.")
        read = set(images.paths)
        synthetic = sum(bool(item.synthetic) and item.path in read for items in every for item in items)
        if synthetic:
            context.message(f"{synthetic:,} images are marked synthetic: the network learns from them too.")
        task: CycleGanTask | StyleGanTask | GanTask
        if isinstance(images, UnpairedImages):
            task = CycleGanTask(params, fabric, images)
        elif params.family == "stylegan2":
            task = StyleGanTask(params, fabric, len(labels))
        else:
            task = GanTask(params, fabric, len(labels))
        started = time.monotonic()
        if first and params.assess_every and isinstance(images, TrainingImages) and not isinstance(task, CycleGanTask):
            rows = np.random.default_rng(params.seed).permutation(len(images))[: params.assess_images]
            watch = Watch(images.tensor([int(row) for row in rows]), task.make, params.assess_images, params.seed)
            task.evaluate = watch.figures  # type: ignore[method-assign]
        plan = Plan(params.epochs, params.batch, params.seed, params.every, params.checkpoint_every, params.patience,
                    {"family": params.family, "latent": params.latents, "size": params.size, "labels": labels,
                     "channel_base": params.channel_base, "mapping_layers": params.mapping_layers, "norm": params.norm},
                    evaluate_every=params.assess_every * images.batches(params.batch), parts=params.accumulate, first=first,
                    mark={"made_by": f"FairDesk {__version__}", "family": params.family, "run": params.out.name, "grid": True})  # fmt: skip
        result = train(task, images, plan, folder, context, resume=params.resume)
        if first:
            leave_pictures(folder, context)
    finally:
        images.close()
    made = (result["steps"] - result["steps_before"]) * params.batch
    per_second = made / max(time.monotonic() - started, 1e-9)
    return {**result, "run": str(params.out), "labels": labels, "images_per_second": round(per_second, 2), "images": len(images), "device": device, "precision": precision_of(params.precision, device), "processes": fabric.world_size, "seed": params.seed,
            "synthetic_images": synthetic, "shown_only": spared, "left_out": [one for source in sources for one in source.left_out],
            "summary": f"{result['steps']:,} batch{'es' if result['steps'] != 1 else ''} of {len(images):,} images"
            + (f" ({len(left_out):,} left out)" if left_out else "") + "; last losses: "
            + ", ".join(f"{name} {value:.3f}" for name, value in result["losses"].items())}  # fmt: skip


def _label(item: Item, condition: str) -> str | None:
    if condition == "group":
        return item.group
    return None if item.key is None else "/".join(part for part in item.key if part)


def classes_of(items: list[Item], condition: str) -> tuple[list[str], list[int] | None]:
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
        raise RequestError(f"A condition on {condition} needs at least two of them; the images have {len(names)}.")
    return names, [names.index(name) for name in found if name is not None]
