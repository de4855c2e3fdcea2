"""The task that trains a GAN or DCGAN: binary cross-entropy, Adam, as the originals do."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import nn
from torch.nn.functional import one_hot

from fairdesk.generation.networks.gan import make_networks
from fairdesk.generation.training.fid_watch import Watch
from fairdesk.generation.training.params import DcganParams, NoiseGanParams
from fairdesk.learning.averaging import Average
from fairdesk.learning.gradient_sharing import Parts, falling
from fairdesk.learning.sample_pictures import grid
from fairdesk.learning.training_images import Batch

_PREVIEW = 25


class GanTask:
    """Generator and discriminator against each other; losses D_loss, G_loss, D(x) and D(G(z))."""

    def __init__(self, params: NoiseGanParams, fabric: Any, labels: int = 0) -> None:
        self.watch: Watch | None = None
        torch.manual_seed(params.seed)
        family = "dcgan" if params.family == "dcgan" else "gan"
        generator, discriminator = make_networks(family, params.latent, params.image_size, labels)
        fast = isinstance(params, DcganParams) and params.channels_last
        self._form = torch.channels_last if fast else torch.contiguous_format
        for network in (generator, discriminator):
            network.to(memory_format=self._form)

        def adam(network: nn.Module) -> torch.optim.Optimizer:
            return torch.optim.Adam(network.parameters(), lr=params.learning_rate, betas=(0.5, 0.999))

        self._fabric, self._latent, self._labels, self._params = fabric, params.latent, labels, params
        self._parts = Parts(fabric, params.accumulate)
        self._fixed = torch.randn(_PREVIEW, params.latent, generator=torch.Generator().manual_seed(params.seed))
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
        factor = falling(epoch, self._params.decay_epoch, self._params.epochs)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self._params.learning_rate * factor

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
        """FID and KID, where they are asked for."""
        return {} if self.watch is None else self.watch.figures()

    def score(self, losses: dict[str, float]) -> float:
        """The generator's mean loss."""
        return losses["G_loss"]
