"""CycleGAN's training step: LSGAN, cycle and identity terms, a replay buffer of 50, linear decay."""

from __future__ import annotations

import math
from typing import Any

import torch
from PIL import Image
from torch import nn
from torch.nn.functional import l1_loss, mse_loss

from fairdesk.generation.networks.cyclegan import GeneratorResNet, PatchDiscriminator, fresh_weights
from fairdesk.generation.training.params import CycleGanParams
from fairdesk.learning.averaging import Average
from fairdesk.learning.gradient_sharing import Parts, falling
from fairdesk.learning.sample_pictures import grid
from fairdesk.learning.training_images import UnpairedImages

BUFFER = 50


class ReplayBuffer:
    """Shows the discriminator made images of before: half of the time one of the last 50 (Shrivastava et al., 2017)."""

    def __init__(self) -> None:
        self.images: list[torch.Tensor] = []

    def push_and_pop(self, made: torch.Tensor) -> torch.Tensor:
        """Take in a batch and return one of the same size."""
        out = []
        for one in made.detach():
            if len(self.images) < BUFFER:
                self.images.append(one.clone())
                out.append(one)
            elif torch.rand(()) > 0.5:
                place = int(torch.randint(0, BUFFER, ()))
                out.append(self.images[place].clone())
                self.images[place] = one.clone()
            else:
                out.append(one)
        return torch.stack(out)


class CycleGanTask:
    """Two generators and two discriminators. Losses as the original's log names them."""

    columns = ("D_loss", "G_loss", "adv", "cycle", "identity")

    def __init__(self, params: CycleGanParams, fabric: Any, images: UnpairedImages) -> None:
        torch.manual_seed(params.seed)
        self._fabric, self._params = fabric, params
        self._form = torch.channels_last if params.channels_last else torch.contiguous_format
        generators = [GeneratorResNet(params.blocks, params.features, params.norm) for _ in range(2)]
        discriminators = [PatchDiscriminator(params.features, params.norm) for _ in range(2)]
        networks: list[nn.Module] = [*generators, *discriminators]
        for network in networks:
            fresh_weights(network, params.norm)
            network.to(memory_format=self._form)

        def adam(weights: Any) -> torch.optim.Optimizer:
            return torch.optim.Adam(weights, lr=params.learning_rate, betas=(0.5, 0.999))

        self._parts = Parts(fabric, params.accumulate)
        self._ab, self._ba = (fabric.setup_module(network).module for network in generators)
        self._da, self._db = (fabric.setup_module(network).module for network in discriminators)
        self._generator_weights = [*self._ab.parameters(), *self._ba.parameters()]
        g, a, b = (
            fabric.setup_optimizers(adam(w))
            for w in (self._generator_weights, self._da.parameters(), self._db.parameters())
        )
        self.networks = {"G_AB": self._ab, "G_BA": self._ba, "D_A": self._da, "D_B": self._db}
        self.optimizers = {"G": g, "D_A": a, "D_B": b}
        self._averages = {}
        if params.ema_images:
            self._averages = {name: Average(self.networks[name], params.ema_images) for name in ("G_AB", "G_BA")}
        for name, average in self._averages.items():
            self.networks[f"{name}_average"] = fabric.to_device(average.network)
        self._alone = False
        self._buffers = {"A": ReplayBuffer(), "B": ReplayBuffer()}
        self._shown = images.shown()

    def begin_epoch(self, epoch: int) -> None:
        """Let the learning rate fall in a straight line to 0 from the decay epoch on; at first the identity term is alone."""
        params = self._params
        self._alone = epoch < params.identity_epochs
        factor = falling(epoch, params.decay_epoch, params.epochs)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = params.learning_rate * factor

    def state(self) -> dict[str, torch.Tensor]:
        """The replay buffers, and how much the averages have seen."""
        shown = {name: torch.stack(buffer.images).cpu() for name, buffer in self._buffers.items() if buffer.images}
        return shown | {f"seen/{name}": average.state() for name, average in self._averages.items()}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take back what `state` returned."""
        for name, average in self._averages.items():
            average.load_state(state[f"seen/{name}"])
        for name, buffer in self._buffers.items():
            buffer.images = list(self._fabric.to_device(state[name])) if name in state else []

    def step(self, images: torch.Tensor) -> dict[str, float]:
        """One step of the generators, then one of each discriminator; `images` is (2, n, 3, h, w): A and B."""
        real_a, real_b = (one.contiguous(memory_format=self._form) for one in self._fabric.to_device(images))
        for optimizer in self.optimizers.values():
            optimizer.zero_grad()
        told: dict[str, float] = {}
        made = []
        for share, a, b in self._parts.of(real_a, real_b):
            losses, fakes = (self._keeping(a, b), None) if self._alone else self._generators(a, b)
            made.append((share, a, b, fakes))
            self._fabric.backward(losses["G_loss"] * share, inputs=self._generator_weights)
            for name, value in losses.items():
                told[name] = told.get(name, 0.0) + value.item() * share
        self._parts.join(self._generator_weights)
        self.optimizers["G"].step()
        for name, average in self._averages.items():
            average.update(self.networks[name], len(real_a))
        if not self._alone:
            told["D_loss"] = self._discriminators(made)
        return self._parts.told(told)

    def _discriminators(self, made: list[Any]) -> float:
        """One step of each discriminator over all parts of the batch; returns their mean loss."""
        told = 0.0
        for share, a, b, (fake_a, fake_b) in made:
            for name, network, real, fake in (("A", self._da, a, fake_a), ("B", self._db, b, fake_b)):
                true = self._run(network, real)
                judged = self._run(network, self._buffers[name].push_and_pop(fake))
                loss = (mse_loss(true, torch.ones_like(true)) + mse_loss(judged, torch.zeros_like(judged))) / 2
                self._fabric.backward(loss * share)
                told += loss.item() * share / 2
        for name, network in (("D_A", self._da), ("D_B", self._db)):
            self._parts.join(network.parameters())
            self.optimizers[name].step()
        return told

    def _run(self, network: nn.Module, images: torch.Tensor) -> torch.Tensor:
        with self._fabric.autocast():
            made: torch.Tensor = network(images)
        return made.float()

    def _keeping(self, real_a: torch.Tensor, real_b: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the identity term of both generators, for the pictures of A and of B alike."""
        both = torch.cat([real_a, real_b])
        identity = (l1_loss(self._run(self._ab, both), both) + l1_loss(self._run(self._ba, both), both)) / 2
        return {"G_loss": self._params.lambda_identity * identity, "identity": identity}

    def _generators(
        self, real_a: torch.Tensor, real_b: torch.Tensor
    ) -> tuple[dict[str, torch.Tensor], list[torch.Tensor]]:
        """Return the generators' losses by name, and the made A and B."""
        params, run = self._params, self._run
        identity = (l1_loss(run(self._ba, real_a), real_a) + l1_loss(run(self._ab, real_b), real_b)) / 2
        fake_b, fake_a = run(self._ab, real_a), run(self._ba, real_b)
        judged_b, judged_a = run(self._db, fake_b), run(self._da, fake_a)
        adversarial = (
            mse_loss(judged_b, torch.ones_like(judged_b)) + mse_loss(judged_a, torch.ones_like(judged_a))
        ) / 2
        cycle = (l1_loss(run(self._ba, fake_b), real_a) + l1_loss(run(self._ab, fake_a), real_b)) / 2
        whole = adversarial + params.lambda_cycle * cycle + params.lambda_identity * identity
        losses = {"G_loss": whole, "adv": adversarial, "cycle": cycle, "identity": identity}
        return losses, [fake_a.detach(), fake_b.detach()]

    def preview(self) -> Image.Image:
        """Rows of A, A to B, B, B to A, of images that are not trained on where there are enough."""
        a, b = (self._fabric.to_device(part) for part in self._shown)
        with torch.no_grad():
            ab, ba = (self.networks.get(f"{name}_average", self.networks[name]) for name in ("G_AB", "G_BA"))
            rows = torch.cat([a, ab(a), b, ba(b)]).float().cpu()
        return grid(rows, len(a))

    def score(self, losses: dict[str, float]) -> float:
        """The generators' mean loss; none (infinite) while the identity term is alone."""
        return math.inf if self._alone else losses["G_loss"]
