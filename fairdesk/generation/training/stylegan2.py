"""Training StyleGAN2: softplus losses, R1, path length, style mixing, averaged weights, adaptive augmentation."""

from __future__ import annotations

import math
from typing import Any

import torch
from PIL import Image
from torch.nn import functional

from fairdesk.generation.networks.stylegan2 import StyleDiscriminator, StyleGenerator
from fairdesk.generation.training.augmentation import augment, next_chance
from fairdesk.generation.training.fid_watch import Watch
from fairdesk.generation.training.params import StyleGan2Params
from fairdesk.learning.averaging import Average
from fairdesk.learning.gradient_sharing import Parts, falling
from fairdesk.learning.sample_pictures import grid
from fairdesk.learning.training_images import Batch

_PREVIEW = 25
R1_EVERY, PATH_EVERY = 16, 4  # steps between two regularisations ("lazy")
PATH_WEIGHT, PATH_DECAY, MIXING = 2.0, 0.01, 0.9


class StyleGanTask:
    """Generator and discriminator of StyleGAN2; losses D_loss, G_loss, D(x), D(G(z)), R1, path and the augmentation's p."""

    def __init__(self, params: StyleGan2Params, fabric: Any, labels: int) -> None:
        self.watch: Watch | None = None
        torch.manual_seed(params.seed)
        latent, base = params.latent, params.channel_base
        generator = StyleGenerator(latent, labels, latent, params.image_size, base, params.mapping_layers)
        discriminator = StyleDiscriminator(labels, params.image_size, base)
        self._form = torch.channels_last if params.channels_last else torch.contiguous_format
        for network in (generator, discriminator):
            network.to(memory_format=self._form)
        self._fabric, self._latent, self._labels = fabric, latent, labels
        self._params, self._steps, self._last_r1 = params, 0, 0.0
        self._chance, self._path_mean = 0.0, torch.zeros([])
        self._gamma = params.r1 if params.r1 is not None else 0.0002 * params.image_size**2 / params.batch_size
        fixed = torch.Generator().manual_seed(params.seed)
        self._fixed = torch.randn(_PREVIEW, latent, generator=fixed)
        self._fixed_labels = functional.one_hot(torch.arange(_PREVIEW) % labels, labels).float() if labels else None

        def adam(network: torch.nn.Module, every: int) -> torch.optim.Optimizer:
            ratio = every / (every + 1)  # keeps the effective rate where regularisation is lazy
            return torch.optim.Adam(
                network.parameters(), lr=params.learning_rate * ratio, betas=(0.0, 0.99**ratio), eps=1e-8
            )

        g, g_opt = fabric.setup(generator, adam(generator, PATH_EVERY))
        d, d_opt = fabric.setup(discriminator, adam(discriminator, R1_EVERY))
        # the modules without Fabric's wrappers, which refuse the gradients of gradients below
        self._g, self._d = g.module, d.module
        self.average = Average(self._g, params.ema_images)
        fabric.to_device(self.average.network)
        self.networks = {"generator": self._g, "discriminator": self._d, "average": self.average.network}
        self.optimizers = {"generator": g_opt, "discriminator": d_opt}
        self._rates = {name: one.param_groups[0]["lr"] for name, one in self.optimizers.items()}
        self._parts = Parts(fabric, params.accumulate)
        self._own_dice()

    def _own_dice(self) -> None:
        """Let each process draw other latents and noise."""
        if self._fabric.global_rank:
            torch.manual_seed(self._params.seed + 7919 * self._fabric.global_rank + 104729 * self._steps)

    def begin_epoch(self, epoch: int) -> None:
        """Let the learning rate fall."""
        factor = falling(epoch, self._params.decay_epoch, self._params.epochs)
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self._rates[name] * factor

    def state(self) -> dict[str, torch.Tensor]:
        """Return steps, the augmentation's chance, the path length and how much the average has seen."""
        return {"steps": torch.tensor(self._steps), "chance": torch.tensor(self._chance, dtype=torch.float64),
                "path": self._path_mean.cpu(), "seen": self.average.state(), "r1": torch.tensor(self._last_r1, dtype=torch.float64)}  # fmt: skip

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take it back."""
        self._steps, self._chance = int(state["steps"]), float(state["chance"])
        self._path_mean = self._fabric.to_device(state["path"])
        self._last_r1 = float(state.get("r1", 0.0))
        self.average.load_state(state["seen"])
        self._own_dice()

    def _styles(self, count: int, labels: torch.Tensor | None) -> torch.Tensor:
        """Styles of new latents, mixed from two latents at a random layer for most; in float32, as published."""
        g = self._g
        z = self._fabric.to_device(torch.randn(count, self._latent))
        styles = g.mapping(z, labels, update=True)
        if torch.rand([]) < MIXING:
            cut = int(torch.randint(1, styles.shape[1], []))
            other = g.mapping(self._fabric.to_device(torch.randn(count, self._latent)), labels)
            styles = torch.cat([styles[:, :cut], other[:, cut:]], 1)
        return styles

    def _judge(self, images: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        with self._fabric.autocast():
            judged: torch.Tensor = self._d(augment(images, self._chance), labels)
        return judged.float()

    def _made(self, styles: torch.Tensor) -> torch.Tensor:
        with self._fabric.autocast():
            made: torch.Tensor = self._g.synthesis(styles, random=True)
        return made.float()

    def step(self, batch: Batch) -> dict[str, float]:
        """One step of the discriminator, one of the generator, and the regularisations that are due."""
        images, classes = batch if isinstance(batch, tuple) else (batch, None)
        images = self._fabric.to_device(images).to(memory_format=self._form)
        labels = None
        if classes is not None:
            labels = self._fabric.to_device(functional.one_hot(classes, self._labels).float())
        self._steps += 1
        told = self._parts.told(self._step_discriminator(images, labels) | self._step_generator(len(images), labels))
        self.average.update(self._g, len(images))
        sign = told.pop("sign")
        if self._params.adaptive:
            self._chance = next_chance(self._chance, sign, len(images))
        if self._steps % R1_EVERY == 0:
            self._last_r1 = told["R1"]
        return told | {"R1": self._last_r1, "path": float(self._path_mean), "augment_p": self._chance}

    def _step_discriminator(self, images: torch.Tensor, labels: torch.Tensor | None) -> dict[str, float]:
        optimizer = self.optimizers["discriminator"]
        optimizer.zero_grad()
        told = dict.fromkeys(("D_loss", "D(x)", "R1", "sign"), 0.0)
        due = self._steps % R1_EVERY == 0
        for share, real_images, own in self._parts.of(images, labels):
            with torch.no_grad():
                made = self._made(self._styles(len(real_images), own))
            fake = self._judge(made, own)
            real_images = real_images.detach().requires_grad_(due)
            real = self._judge(real_images, own)
            loss = functional.softplus(fake).mean() + functional.softplus(-real).mean()
            penalty = torch.zeros([], device=images.device)
            if due:
                (gradient,) = torch.autograd.grad(real.sum(), real_images, create_graph=True)
                penalty = gradient.square().sum((1, 2, 3)).mean()
            self._fabric.backward((loss + penalty * (self._gamma / 2 * R1_EVERY)) * share)
            found = {"D_loss": loss, "D(x)": torch.sigmoid(real).mean(), "R1": penalty, "sign": real.sign().mean()}
            for name, value in found.items():
                told[name] += value.item() * share
        self._parts.join(self._d.parameters())
        optimizer.step()
        return told

    def _step_generator(self, count: int, labels: torch.Tensor | None) -> dict[str, float]:
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad()
        told = dict.fromkeys(("G_loss", "D(G(z))"), 0.0)
        weights = list(self._g.parameters())
        for share, rows, own in self._parts.of(torch.arange(count), labels):
            judged = self._judge(self._made(self._styles(len(rows), own)), own)
            loss = functional.softplus(-judged).mean()
            self._fabric.backward(loss * share, inputs=weights)
            if self._steps % PATH_EVERY == 0:
                penalty = self._path_penalty(max(1, len(rows) // 2), own)
                self._fabric.backward(penalty * (PATH_WEIGHT * PATH_EVERY * share))
            told["G_loss"] += loss.item() * share
            told["D(G(z))"] += torch.sigmoid(judged).mean().item() * share
        self._parts.join(weights)
        optimizer.step()
        return told

    def _path_penalty(self, count: int, labels: torch.Tensor | None) -> torch.Tensor:
        """How far the lengths of the generator's gradients are from their moving mean."""
        styles = self._styles(count, None if labels is None else labels[:count])
        made = self._made(styles)
        noise = torch.randn_like(made) / math.sqrt(made.shape[2] * made.shape[3])
        (gradient,) = torch.autograd.grad((made * noise).sum(), styles, create_graph=True)
        lengths = gradient.square().sum(2).mean(1).sqrt()
        mean = self._path_mean.to(lengths.device).lerp(lengths.mean(), PATH_DECAY)
        self._path_mean = mean.detach()
        return (lengths - mean).square().mean()

    def make(self, count: int, source: torch.Generator) -> torch.Tensor:
        """Return some made images, by the averaged weights."""
        labels = functional.one_hot(torch.arange(count) % self._labels, self._labels).float() if self._labels else None
        z = self._fabric.to_device(torch.randn(count, self._latent, generator=source))
        own = None if labels is None else self._fabric.to_device(labels)
        made: torch.Tensor = self.average.network(z, own).float().cpu()
        return made

    def evaluate(self) -> dict[str, float]:
        """FID and KID, where they are asked for."""
        return {} if self.watch is None else self.watch.figures()

    def preview(self) -> Image.Image:
        """The grid of 25 fixed latents, by the averaged weights."""
        labels = None if self._fixed_labels is None else self._fabric.to_device(self._fixed_labels)
        with torch.no_grad():
            made = self.average.network(self._fabric.to_device(self._fixed), labels).float().cpu()
        return grid(made, 5)

    def score(self, losses: dict[str, float]) -> float:
        """The generator's mean loss."""
        return losses["G_loss"]
