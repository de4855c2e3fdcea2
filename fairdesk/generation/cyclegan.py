"""CycleGAN's training step: LSGAN, cycle and identity terms, a replay buffer of 50, linear decay."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import nn
from torch.nn.functional import l1_loss, mse_loss

from fairdesk.generation.cyclegan_networks import GeneratorResNet, PatchDiscriminator, normal_weights
from fairdesk.generation.params import TrainGanParams
from fairdesk.learning.images import UnpairedImages
from fairdesk.learning.pictures import grid
from fairdesk.learning.sharing import Parts, falling

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

    def __init__(self, params: TrainGanParams, fabric: Any, images: UnpairedImages) -> None:
        torch.manual_seed(params.seed)
        self._fabric, self._params = fabric, params
        self._form = torch.channels_last if params.channels_last else torch.contiguous_format
        generators = [GeneratorResNet(params.blocks, params.features) for _ in range(2)]
        discriminators = [PatchDiscriminator(params.features) for _ in range(2)]
        networks: list[nn.Module] = [*generators, *discriminators]
        for network in networks:
            network.apply(normal_weights)
            network.to(memory_format=self._form)

        def adam(weights: Any) -> torch.optim.Optimizer:
            return torch.optim.Adam(weights, lr=params.rate, betas=(0.5, 0.999))

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
        self._buffers = {"A": ReplayBuffer(), "B": ReplayBuffer()}
        self._held_out = images.held_out(5)

    def begin_epoch(self, epoch: int) -> None:
        """Let the learning rate fall in a straight line to 0 from the decay epoch on."""
        params = self._params
        factor = falling(epoch, params.decay_start, params.epochs)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = params.rate * factor

    def state(self) -> dict[str, torch.Tensor]:
        """The replay buffers."""
        return {name: torch.stack(buffer.images).cpu() for name, buffer in self._buffers.items() if buffer.images}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Fill the replay buffers."""
        for name, images in state.items():
            self._buffers[name].images = list(self._fabric.to_device(images))

    def step(self, images: torch.Tensor) -> dict[str, float]:
        """One step of the generators, then one of each discriminator; `images` is (2, n, 3, h, w): A and B."""
        real_a, real_b = (one.contiguous(memory_format=self._form) for one in self._fabric.to_device(images))
        told = dict.fromkeys(("D_loss", "G_loss", "adv", "cycle", "identity"), 0.0)
        for optimizer in self.optimizers.values():
            optimizer.zero_grad()
        made = []
        for share, a, b in self._parts.of(real_a, real_b):
            losses, fakes = self._generators(a, b)
            made.append((share, a, b, *fakes))
            self._fabric.backward(losses["G_loss"] * share, inputs=self._generator_weights)
            for name, value in losses.items():
                told[name] += value.item() * share
        self._parts.join(self._generator_weights)
        self.optimizers["G"].step()
        for share, a, b, fake_a, fake_b in made:
            for name, network, real, fake in (("A", self._da, a, fake_a), ("B", self._db, b, fake_b)):
                true = self._run(network, real)
                judged = self._run(network, self._buffers[name].push_and_pop(fake))
                loss = (mse_loss(true, torch.ones_like(true)) + mse_loss(judged, torch.zeros_like(judged))) / 2
                self._fabric.backward(loss * share)
                told["D_loss"] += loss.item() * share / 2
        for name, network in (("D_A", self._da), ("D_B", self._db)):
            self._parts.join(network.parameters())
            self.optimizers[name].step()
        return self._parts.told(told)

    def _run(self, network: nn.Module, images: torch.Tensor) -> torch.Tensor:
        with self._fabric.autocast():
            made: torch.Tensor = network(images)
        return made.float()

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
        """Rows of A, A to B, B, B to A, of images that are held out of training where there are enough."""
        a, b = (self._fabric.to_device(part) for part in self._held_out)
        with torch.no_grad():
            rows = torch.cat([a, self._ab(a), b, self._ba(b)]).float().cpu()
        return grid(rows, len(a))

    def score(self, losses: dict[str, float]) -> float:
        """The generators' mean loss."""
        return losses["G_loss"]
