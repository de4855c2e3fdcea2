"""CycleGAN's training step: LSGAN, cycle and identity terms, a replay buffer of 50, linear decay."""

from __future__ import annotations

from typing import Any

import torch
from PIL import Image
from torch import nn

from fairdesk.generation.cyclegan_networks import GeneratorResNet, PatchDiscriminator, normal_weights
from fairdesk.generation.params import TrainGanParams
from fairdesk.generation.pictures import grid
from fairdesk.learning.images import UnpairedImages

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
        generators = [GeneratorResNet(params.blocks) for _ in range(2)]
        discriminators = [PatchDiscriminator() for _ in range(2)]
        networks: list[nn.Module] = [*generators, *discriminators]
        for network in networks:
            network.apply(normal_weights)
            network.to(memory_format=self._form)

        def adam(weights: Any) -> torch.optim.Optimizer:
            return torch.optim.Adam(weights, lr=params.rate, betas=(0.5, 0.999))

        self._ab, self._ba = (fabric.setup_module(network) for network in generators)
        self._da, self._db = (fabric.setup_module(network) for network in discriminators)
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
        decay = min(params.decay_epoch, params.epochs - 1)
        factor = 1 - max(0, epoch - decay) / max(1, params.epochs - decay)
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
        ones, mse, l1 = torch.ones_like, nn.functional.mse_loss, nn.functional.l1_loss
        params, g_opt = self._params, self.optimizers["G"]
        g_opt.zero_grad()
        identity = (l1(self._ba(real_a), real_a) + l1(self._ab(real_b), real_b)) / 2
        fake_b, fake_a = self._ab(real_a), self._ba(real_b)
        judged_b, judged_a = self._db(fake_b), self._da(fake_a)
        adversarial = (mse(judged_b, ones(judged_b)) + mse(judged_a, ones(judged_a))) / 2
        cycle = (l1(self._ba(fake_b), real_a) + l1(self._ab(fake_a), real_b)) / 2
        g_loss = adversarial + params.lambda_cycle * cycle + params.lambda_identity * identity
        self._fabric.backward(g_loss, inputs=self._generator_weights)
        g_opt.step()
        d_losses = []
        for name, network, real, fake in (("D_A", self._da, real_a, fake_a), ("D_B", self._db, real_b, fake_b)):
            optimizer = self.optimizers[name]
            optimizer.zero_grad()
            true, made = network(real), network(self._buffers[name[-1]].push_and_pop(fake))
            loss = (mse(true, ones(true)) + mse(made, torch.zeros_like(made))) / 2
            self._fabric.backward(loss)
            optimizer.step()
            d_losses.append(loss)
        return {"D_loss": (sum(x.item() for x in d_losses)) / 2, "G_loss": g_loss.item(), "adv": adversarial.item(),
                "cycle": cycle.item(), "identity": identity.item()}  # fmt: skip

    def preview(self) -> Image.Image:
        """Rows of A, A to B, B, B to A, of images that are held out of training where there are enough."""
        a, b = (self._fabric.to_device(part) for part in self._held_out)
        with torch.no_grad():
            rows = torch.cat([a, self._ab(a), b, self._ba(b)]).float().cpu()
        return grid(rows, len(a))

    def score(self, losses: dict[str, float]) -> float:
        """The generators' mean loss."""
        return losses["G_loss"]
