"""The recogniser's task for the training loop: backbone, margin head, schedules, mitigation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from PIL import Image

from fairdesk.errors import RequestError
from fairdesk.faces.backbones import Classifier, MobileFaceNet, make_backbone
from fairdesk.faces.encoders import load_backbone
from fairdesk.faces.weight_files import load_state
from fairdesk.learning.sample_pictures import grid
from fairdesk.runs.figure_key import EER, FigureKey
from fairdesk.training.heads import MarginHead
from fairdesk.training.heldout_evaluation import Exam
from fairdesk.training.params import RecogniserParams
from fairdesk.training.training_faces import Changes, TrainingFaces, normalised
from fairdesk.words import tr

_ADAPT = 0.05  # how far an adaptive margin moves at an evaluation


def backbone_of(params: RecogniserParams) -> torch.nn.Module:
    """Return the backbone to train: new, or filled from weights to fine-tune."""
    network = MobileFaceNet(scale=params.width) if params.backbone == "mbf" else make_backbone(params.backbone)
    if params.start is None:
        return network
    if isinstance(network, Classifier):
        network.start_from(load_state(params.start), str(params.start))
        return network
    loaded, name = load_backbone(params.start)
    try:
        network.load_state_dict(loaded.state_dict(), strict=True)
    except RuntimeError as error:
        raise RequestError(
            tr(
                "{start} holds {name}, which is not the backbone {backbone} of width {width}.",
                start=params.start,
                name=name,
                backbone=params.backbone,
                width=params.width,
            )
        ) from error
    return network


class BackboneAndHead(torch.nn.Module):
    """Both as one network, so that several devices share their gradients in one go."""

    def __init__(self, backbone: torch.nn.Module, head: MarginHead) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: torch.Tensor, classes: torch.Tensor, margin: torch.Tensor) -> torch.Tensor:
        """Return the logits of all classes."""
        logits: torch.Tensor = self.head(self.backbone(images), classes, margin)
        return logits


class RecogniserTask:
    """Learns to tell the training identities apart; evaluates on the others."""

    def __init__(
        self, params: RecogniserParams, fabric: Any, images: TrainingFaces, names: tuple[list[str], list[str]], exams: list[Exam], device: str
    ) -> None:  # fmt: skip
        """`names` are the classes' and the groups' names; `exams` what is evaluated on, the held-out identities first."""
        torch.manual_seed(params.seed)
        classes, self._group_names = names
        backbone = backbone_of(params)
        head = MarginHead(params.head, 512, len(classes), params.scale, params.classes_share)
        self._params, self._fabric, self._images, self._exams, self._device = params, fabric, images, exams, device
        self._form = torch.channels_last  # convolutions are faster so, on a CPU too
        backbone.to(memory_format=self._form)
        both = [one for network in (backbone, head) for one in network.parameters() if one.requires_grad]
        optimizer: torch.optim.Optimizer
        if params.optimizer == "sgd":
            optimizer = torch.optim.SGD(both, lr=params.learning_rate, momentum=0.9, weight_decay=params.weight_decay)
        else:
            optimizer = torch.optim.AdamW(both, lr=params.learning_rate, weight_decay=params.weight_decay)
        self._pair, self._optimizer = fabric.setup(BackboneAndHead(backbone, head), optimizer)
        inner = getattr(self._pair.module, "module", self._pair.module)
        self._backbone, self._head = inner.backbone, inner.head
        self.networks = {"backbone": self._backbone, "head": self._head}
        self.optimizers = {"both": self._optimizer}
        self._step, self._total = 0, params.epochs * images.batches(params.batch_size)
        margins = [params.by_group().get(name, params.base_margin) for name in self._group_names]
        unknown = [name for name in params.by_group() if name not in self._group_names]
        if unknown:
            raise RequestError(
                tr(
                    "There is no group {group!r} in the training images. They have: {groups}",
                    group=unknown[0],
                    groups=", ".join(self._group_names),
                )
            )
        self.margins = torch.tensor(margins, dtype=torch.float32)
        counts = np.bincount(images.groups.numpy(), minlength=len(self._group_names)).astype(np.float64)
        weights = counts.sum() / (len(counts) * np.maximum(counts, 1)) if params.reweight else np.ones(len(counts))
        self._weights = torch.tensor(weights, dtype=torch.float32)
        self.last: dict[str, float] = {}
        self._shown: torch.Tensor | None = None

    def begin_epoch(self, epoch: int) -> None:
        """Nothing depends on the epoch: the rate goes by steps."""

    def rate(self, step: int) -> float:
        """Return the learning rate of a step: rising in the warm-up, then falling."""
        params = self._params
        warm = params.warmup * self._total
        if step < warm:
            return params.learning_rate * (step + 1) / warm
        done = (step - warm) / max(1.0, self._total - warm)
        factor = {
            "polynomial": (1 - done) ** 2,
            "cosine": 0.5 * (1 + math.cos(math.pi * done)),
            "step": 0.1 ** int(done * 3),
        }
        return params.learning_rate * max(factor[params.schedule], 1e-4)

    def state(self) -> dict[str, torch.Tensor]:
        """Return the step and the margins of the groups."""
        return {"step": torch.tensor(self._step), "margins": self.margins.cpu()}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take them back."""
        self._step, self.margins = int(state["step"]), state["margins"]

    def step(self, batch: Any) -> dict[str, float]:
        """One step on a batch of faces, classes and groups: in parts one after the other, or a part on each device."""
        pixels, classes, groups = batch
        world, rank = self._fabric.world_size, self._fabric.global_rank
        parts = self._params.accumulate * world
        changes = Changes.drawn(len(pixels)) if self._params.augment else None
        classes, groups = self._fabric.to_device(classes), groups.long()
        margin, weight = (self._fabric.to_device(values[groups]) for values in (self.margins, self._weights))
        targets = self._head.sample(classes)
        rate = self.rate(self._step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad()
        told = torch.zeros(2)
        for turn in range(self._params.accumulate):
            number = rank * self._params.accumulate + turn
            images = self._fabric.to_device(normalised(pixels.tensor_split(parts)[number]))
            if changes is not None:
                images = changes.part(number, parts).applied(images)
            if number == 0:
                self._shown = images[:25].detach().float().cpu()
            wanted = targets.tensor_split(parts)[number]
            with self._fabric.no_backward_sync(self._pair, enabled=turn < self._params.accumulate - 1):
                logits = self._pair(
                    images.contiguous(memory_format=self._form), wanted, margin.tensor_split(parts)[number]
                ).float()
                losses = (
                    torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
                    * weight.tensor_split(parts)[number]
                )
                self._fabric.backward(losses.mean() / self._params.accumulate)
            right = (logits.argmax(1) == wanted).float().mean()
            told += torch.stack([losses.mean().detach(), right]).cpu() / self._params.accumulate
        learned = [p for p in self._pair.parameters() if p.requires_grad]
        if self._head.centres is not None:
            learned.append(self._head.centres)
        torch.nn.utils.clip_grad_norm_(learned, 5.0)
        self._optimizer.step()
        if self._head.centres is not None:
            self._head.update(rate, self._params.weight_decay)
        self._step += 1
        if world > 1:
            told = self._fabric.all_reduce(told, reduce_op="mean")
        return {"loss": float(told[0]), "accuracy": float(told[1]), "LearningRate": rate}

    def evaluate(self) -> dict[str, float]:
        """Return the error rates of all exams; adaptive margins move towards the groups behind."""
        if not self._exams:
            return {}
        found: dict[str, float] = {}
        if self._fabric.global_rank == 0:
            for exam in self._exams:
                found |= exam.figures(self._backbone, self._device)
        self.last = self._fabric.broadcast(found)
        if self._params.group_margins == "adaptive":
            self._adapt()
            named = zip(self._group_names, self.margins, strict=True)
            self.last |= {str(FigureKey("margin", name)): float(margin) for name, margin in named}
        return self.last

    def _adapt(self) -> None:
        keys = {name: str(FigureKey(EER, name)) for name in self._group_names}
        found = {name: self.last[key] for name, key in keys.items() if key in self.last}
        if len(found) < 2:
            return
        mean = sum(found.values()) / len(found)
        base = self._params.base_margin
        for place, name in enumerate(self._group_names):
            if name in found:
                move = _ADAPT if found[name] > mean else -_ADAPT if found[name] < mean else 0.0
                self.margins[place] = min(base + 0.2, max(base - 0.2, float(self.margins[place]) + move))

    def preview(self) -> Image.Image:
        """The first faces of the last batch, as the network saw them."""
        return grid(self._shown if self._shown is not None else torch.zeros(1, 3, 8, 8), 5)

    def score(self, losses: dict[str, float]) -> float:
        """The newest EER on held-out identities, else on the first list; without any, the loss."""
        keys = {FigureKey.parse(name): value for name, value in self.last.items()}
        rates = [value for key, value in keys.items() if key.name == EER and key.group is None]
        return rates[0] if rates else losses["loss"]
