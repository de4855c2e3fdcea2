"""The job that trains a GAN: binary cross-entropy, Adam, as the originals do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import one_hot

from fairdesk import __version__
from fairdesk.dataset.collection import Item, read_either
from fairdesk.errors import RequestError
from fairdesk.generation.cyclegan import CycleGanTask
from fairdesk.generation.networks import make_networks
from fairdesk.generation.params import TrainGanParams
from fairdesk.generation.stylegan2 import StyleGanTask
from fairdesk.generation.watching import Watch
from fairdesk.images.marks import mark_of
from fairdesk.jobs.context import Context, tell_left_out
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.averaging import Average
from fairdesk.learning.determinism import algorithms
from fairdesk.learning.distributed import SharedContext, is_shared, open_fabric, precision_of, run_shared
from fairdesk.learning.images import Batch, TrainingImages, UnpairedImages
from fairdesk.learning.loop import Plan, train
from fairdesk.learning.pictures import grid
from fairdesk.learning.sharing import Parts, falling
from fairdesk.runs.ending import leave_pictures
from fairdesk.runs.folder import RunFolder
from fairdesk.runs.resuming import resumed, write_down

_PREVIEW = 25


class GanTask:
    """Generator and discriminator against each other; losses D_loss, G_loss, D(x) and D(G(z))."""

    def __init__(self, params: TrainGanParams, fabric: Any, labels: int = 0) -> None:
        torch.manual_seed(params.seed)
        family = "dcgan" if params.family == "dcgan" else "gan"
        generator, discriminator = make_networks(family, params.latents, params.size, labels)
        self._form = torch.channels_last if params.channels_last and family == "dcgan" else torch.contiguous_format
        for network in (generator, discriminator):
            network.to(memory_format=self._form)

        def adam(network: nn.Module) -> torch.optim.Optimizer:
            return torch.optim.Adam(network.parameters(), lr=params.rate, betas=(0.5, 0.999))

        self._fabric, self._latent, self._labels, self._params = fabric, params.latents, labels, params
        self._parts = Parts(fabric, params.accumulate)
        self._fixed = torch.randn(_PREVIEW, params.latents, generator=torch.Generator().manual_seed(params.seed))
        self._fixed_labels = one_hot(torch.arange(_PREVIEW) % labels, labels).float() if labels else None
        # the modules without Fabric's wrappers, which take one gradient of a graph only
        g, g_opt = fabric.setup(generator, adam(generator))
        d, d_opt = fabric.setup(discriminator, adam(discriminator))
        self._g, self._d = g.module, d.module
        self.networks: dict[str, nn.Module] = {"generator": self._g, "discriminator": self._d}
        self.optimizers = {"generator": g_opt, "discriminator": d_opt}
        self.average = Average(self._g, params.ema_images) if params.ema_images else None
        if self.average is not None:
            self.networks["average"] = fabric.to_device(self.average.network)

    @staticmethod
    def _loss(judged: torch.Tensor, target: float) -> torch.Tensor:
        return nn.functional.binary_cross_entropy(judged.float(), torch.full_like(judged, target, dtype=torch.float32))

    def begin_epoch(self, epoch: int) -> None:
        """Let the learning rate fall."""
        factor = falling(epoch, self._params.decay_start, self._params.epochs)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self._params.rate * factor

    def state(self) -> dict[str, torch.Tensor]:
        """Return how much the average has seen."""
        return {} if self.average is None else {"seen": self.average.state()}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take it back."""
        if self.average is not None:
            self.average.load_state(state["seen"])

    def step(self, batch: Batch) -> dict[str, float]:
        """One step of each, over all parts of the batch, in the order of PyTorch-GAN: the generator first.

        The discriminator then learns from the same made images with the same weights, so that it judges them only
        once: two gradients of one graph, one for each network's own weights.
        """
        images, classes = batch if isinstance(batch, tuple) else (batch, None)
        images = self._fabric.to_device(images).to(memory_format=self._form)
        labels = None if classes is None else self._fabric.to_device(one_hot(classes, self._labels).float())
        noise = self._fabric.to_device(torch.randn(len(images), self._latent))
        for optimizer in self.optimizers.values():
            optimizer.zero_grad()
        told = {"D_loss": 0.0, "G_loss": 0.0, "D(x)": 0.0, "D(G(z))": 0.0}
        g_weights, d_weights = list(self._g.parameters()), list(self._d.parameters())
        for share, x, z, own in self._parts.of(images, noise, labels):
            with self._fabric.autocast():
                fake, real = self._d(self._g(z, own), own).float(), self._d(x, own).float()
            g_loss = self._loss(fake, 1)
            d_loss = (self._loss(real, 1) + self._loss(fake, 0)) / 2
            self._fabric.backward(g_loss * share, inputs=g_weights, retain_graph=True)
            self._fabric.backward(d_loss * share, inputs=d_weights)
            found = {"D_loss": d_loss, "G_loss": g_loss, "D(x)": real.mean(), "D(G(z))": fake.mean()}
            for name, value in found.items():
                told[name] += value.item() * share
        self._parts.join(g_weights + d_weights)
        for optimizer in self.optimizers.values():
            optimizer.step()
        if self.average is not None:
            self.average.update(self._g, len(images))
        return self._parts.told(told)

    def preview(self) -> Image.Image:
        """The grid of 25 fixed latents."""
        network = self._g if self.average is None else self.average.network
        network.eval()
        labels = None if self._fixed_labels is None else self._fabric.to_device(self._fixed_labels)
        with torch.no_grad():
            made = network(self._fabric.to_device(self._fixed), labels).float().cpu()
        self._g.train()
        return grid(made, 5)

    def make(self, count: int, source: torch.Generator) -> torch.Tensor:
        """Return some made images, by the averaged weights where there are any."""
        network = self._g if self.average is None else self.average.network
        network.eval()
        labels = one_hot(torch.arange(count) % self._labels, self._labels).float() if self._labels else None
        z = self._fabric.to_device(torch.randn(count, self._latent, generator=source))
        made: torch.Tensor = network(z, None if labels is None else self._fabric.to_device(labels)).float().cpu()
        self._g.train()
        return made

    def evaluate(self) -> dict[str, float]:
        """Nothing beside the losses, unless FID is asked for."""
        return {}

    def score(self, losses: dict[str, float]) -> float:
        """The generator's mean loss."""
        return losses["G_loss"]


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
    labels, classes = classes_of(sources[0].items, params.condition)
    chosen = [item for item in sources[0].items if labels == [] or _label(item, params.condition) is not None]
    paths = [[item.path for item in chosen], *([item.path for item in source.items] for source in sources[1:])]
    if len(chosen) < len(sources[0].items):
        context.message(f"{len(sources[0].items) - len(chosen):,} images have no {params.condition} and are left out.")
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
        synthetic = _synthetic(images.paths)
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
            "summary": f"{result['steps']:,} batches of {len(images):,} images"
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


def _synthetic(paths: list[Path]) -> int:
    count = 0
    for path in paths:
        count += mark_of(path) is not None
    return count
