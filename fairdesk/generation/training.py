"""The job that trains a GAN: binary cross-entropy, Adam, as the originals do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn

from fairdesk.dataset.collection import read_either
from fairdesk.generation.cyclegan import CycleGanTask
from fairdesk.generation.networks import make_networks
from fairdesk.generation.params import TrainGanParams
from fairdesk.generation.pictures import grid
from fairdesk.images.marks import mark_of
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.images import TrainingImages, UnpairedImages
from fairdesk.learning.loop import Plan, Task, train
from fairdesk.runs.folder import RunFolder

_PREVIEW = 25


class GanTask:
    """Generator and discriminator against each other; losses D_loss, G_loss, D(x) and D(G(z))."""

    def __init__(self, params: TrainGanParams, fabric: Any) -> None:
        torch.manual_seed(params.seed)
        family = "dcgan" if params.family == "dcgan" else "gan"
        generator, discriminator = make_networks(family, params.latent, params.size)

        def adam(network: nn.Module) -> torch.optim.Optimizer:
            return torch.optim.Adam(network.parameters(), lr=params.learning_rate, betas=(0.5, 0.999))

        self._fabric, self._latent = fabric, params.latent
        self._fixed = torch.randn(_PREVIEW, params.latent, generator=torch.Generator().manual_seed(params.seed))
        g, g_opt = fabric.setup(generator, adam(generator))
        d, d_opt = fabric.setup(discriminator, adam(discriminator))
        self._g, self._d = g, d
        self.networks = {"generator": g, "discriminator": d}
        self.optimizers = {"generator": g_opt, "discriminator": d_opt}

    @staticmethod
    def _loss(judged: torch.Tensor, target: float) -> torch.Tensor:
        return nn.functional.binary_cross_entropy(judged.float(), torch.full_like(judged, target, dtype=torch.float32))

    def begin_epoch(self, epoch: int) -> None:
        """Nothing depends on the epoch."""

    def state(self) -> dict[str, torch.Tensor]:
        """Nothing else is needed to go on."""
        return {}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Nothing to take back."""

    def step(self, images: torch.Tensor) -> dict[str, float]:
        """One step of the discriminator, then one of the generator."""
        images = self._fabric.to_device(images)
        noise = self._fabric.to_device(torch.randn(len(images), self._latent))
        d_opt, g_opt = self.optimizers["discriminator"], self.optimizers["generator"]
        d_opt.zero_grad()
        real = self._d(images)
        made = self._g(noise)
        fake = self._d(made.detach())
        d_loss = (self._loss(real, 1) + self._loss(fake, 0)) / 2
        self._fabric.backward(d_loss)
        d_opt.step()
        g_opt.zero_grad()
        judged = self._d(made)
        g_loss = self._loss(judged, 1)
        self._fabric.backward(g_loss)
        g_opt.step()
        return {
            "D_loss": d_loss.item(),
            "G_loss": g_loss.item(),
            "D(x)": real.mean().item(),
            "D(G(z))": judged.mean().item(),
        }

    def preview(self) -> Image.Image:
        """The grid of 25 fixed latents."""
        self._g.eval()
        with torch.no_grad():
            made = self._g(self._fabric.to_device(self._fixed)).float().cpu()
        self._g.train()
        return grid(made, 5)

    def score(self, losses: dict[str, float]) -> float:
        """The generator's mean loss."""
        return losses["G_loss"]


def precision_of(wanted: str, device: str) -> str:
    """Return Fabric's name of a precision; "auto" is bf16 on a GPU that has it, else fp32."""
    if wanted == "auto":
        wanted = "bf16" if device == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
    return {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}[wanted]


def run(params: TrainGanParams, context: Context) -> dict[str, Any]:
    """Job: train, or go on training."""
    from lightning.fabric import Fabric

    if params.resume:
        folder = RunFolder.open(params.out)
        kept = {key: value for key, value in folder.config["params"].items() if key in TrainGanParams.model_fields}
        changed = kept | {"resume": True, "epochs": params.epochs, "out": str(params.out)}
        params = TrainGanParams.model_validate(changed)
    sources = [read_either(place) for place in (params.data, params.data_b) if place is not None]
    paths = [[item.path for item in source.items] for source in sources]
    device = choose_device(params.device)
    precision = precision_of(params.precision, device)
    fabric = Fabric(accelerator=device, devices=1, precision=precision)  # type: ignore[arg-type]
    fabric.launch()
    images: TrainingImages | UnpairedImages
    if params.family == "cyclegan":
        images = UnpairedImages(paths[0], paths[1], params.size, context)
    else:
        images = TrainingImages(paths[0], params.size, context)
    try:
        if not params.resume:
            folder = RunFolder.create(
                params.out, {"kind": "gan", "params": params.model_dump(mode="json"), "images": len(images)}
            )
        synthetic = _synthetic(images.paths)
        if synthetic:
            context.message(f"{synthetic:,} images are marked synthetic: the network learns from them too.")
        task: Task = (
            CycleGanTask(params, fabric, images) if isinstance(images, UnpairedImages) else GanTask(params, fabric)
        )
        plan = Plan(params.epochs, params.batch, params.seed, params.every, params.checkpoint_every, params.patience,
                    {"family": params.family, "latent": params.latent, "size": params.size})  # fmt: skip
        result = train(task, images, plan, folder, context, resume=params.resume)
    finally:
        images.close()
    return {**result, "run": str(params.out), "images": len(images), "device": device, "precision": precision, "seed": params.seed,
            "synthetic_images": synthetic, "left_out": [one for source in sources for one in source.left_out],
            "summary": f"{result['steps']:,} batches of {len(images):,} images; last losses: "
            + ", ".join(f"{name} {value:.3f}" for name, value in result["losses"].items())}  # fmt: skip


def _synthetic(paths: list[Path]) -> int:
    count = 0
    for path in paths:
        count += mark_of(path) is not None
    return count
