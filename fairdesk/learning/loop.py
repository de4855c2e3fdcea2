"""The training loop: epochs and batches, scalars, previews, checkpoints, pause, stop and exact resume."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image

from fairdesk.errors import JobFailed, Stopped
from fairdesk.jobs.context import Context
from fairdesk.learning.checkpoints import load_networks, load_optimizers, read_checkpoint, save_checkpoint
from fairdesk.runs.events import EventLog
from fairdesk.runs.folder import BEST, LAST, RunFolder


class Task(Protocol):
    """What is trained: its networks and optimisers (set up by Fabric), and one step."""

    networks: dict[str, Any]
    optimizers: dict[str, Any]

    def begin_epoch(self, epoch: int) -> None:
        """Set what depends on the epoch, e.g. the learning rate."""
        ...

    def state(self) -> dict[str, torch.Tensor]:
        """Return what else a resumed run needs, e.g. a replay buffer."""
        ...

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take back what `state` returned."""
        ...

    def step(self, batch: Any) -> dict[str, float]:
        """Train on one batch and return the losses by name."""
        ...

    def preview(self) -> Image.Image:
        """Return the grid of the fixed latents."""
        ...

    def score(self, losses: dict[str, float]) -> float:
        """Return what is to be small for the "best" checkpoint, e.g. the generator's loss."""
        ...


class Images(Protocol):
    """Where batches come from."""

    unreadable: list[dict[str, str]]

    def __len__(self) -> int: ...

    def batches(self, size: int) -> int:
        """How many batches an epoch has."""
        ...

    def epoch(self, number: int, seed: int, size: int, skip: int = 0) -> Iterator[Any]:
        """Yield the batches of an epoch from the `skip`-th on; the same for the same seed and number."""
        ...


@dataclass(frozen=True)
class Plan:
    """How long and how often."""

    epochs: int
    batch_size: int
    seed: int
    preview_every: int  # batches
    checkpoint_every: int  # epochs, 0: only best and last
    patience: int = 0  # epochs without a better score, 0: no early stop
    meta: dict[str, Any] | None = None
    evaluate_every: int = 0  # batches between two evaluations of a task that has `evaluate`; 0: never


def train(task: Task, images: Images, plan: Plan, run: RunFolder, context: Context, *, resume: bool) -> dict[str, Any]:
    """Train to the end, or to a stop; then the "last" checkpoint is where it goes on.

    On the CPU a resumed run's losses equal those of an unbroken one.

    Raises
    ------
    JobFailed
        If the losses stop being numbers, or memory runs out (with a batch size to try).
    """
    per_epoch = images.batches(plan.batch_size)
    if per_epoch == 0:
        raise JobFailed(f"{len(images)} images are too few: at least 2 are needed.")
    step, best, since_best = 0, math.inf, 0
    sums: dict[str, float] = {}  # of the losses of the epoch so far
    if resume:
        step, best, since_best, sums = _resume(task, run)
        context.message(f"Going on after batch {step:,}.")
    total, before = plan.epochs * per_epoch, step
    size = plan.batch_size
    context.progress(step * size, total * size, "images")
    losses: dict[str, float] = {}

    def keep(name: str) -> None:
        meta = {"step": step, "best": best if math.isfinite(best) else None, "since_best": since_best, "sums": sums,
                **(plan.meta or {})}  # fmt: skip
        save_checkpoint(run.checkpoint(name), task.networks, task.optimizers, meta, task.state())

    stopped_early = False
    events = EventLog(run.path, step)
    try:
        for epoch in range(step // per_epoch, plan.epochs):
            task.begin_epoch(epoch)
            skip = step - epoch * per_epoch
            for batch in images.epoch(epoch, plan.seed, plan.batch_size, skip):
                context.check()
                losses = _step(task, batch, plan)
                step += 1
                for name, value in losses.items():
                    context.scalar(name, step, value)
                    sums[name] = sums.get(name, 0.0) + value
                run.scalars(step, losses)
                events.scalars(step, losses)
                if plan.evaluate_every and (step % plan.evaluate_every == 0 or step == total):
                    events.scalars(step, _evaluate(task, step, run, context))
                if context.asked("checkpoint"):
                    keep(f"step-{step:08d}")
                    keep(LAST)
                    context.message(f"Kept the checkpoint step-{step:08d}.")
                if step % plan.preview_every == 0 or step == total or context.asked("sample"):
                    path = run.preview(step)
                    task.preview().save(path)
                    context.artifact(path)
                context.progress(step * size, total * size, "images")
            score = task.score({name: value / per_epoch for name, value in sums.items()})
            sums = {}
            since_best += 1
            if score < best:
                best, since_best = score, 0
                keep(BEST)
            if plan.checkpoint_every and (epoch + 1) % plan.checkpoint_every == 0:
                keep(f"epoch-{epoch + 1:04d}")
            if plan.patience and since_best >= plan.patience:
                stopped_early = True
                context.message(f"Stopped early: {since_best} epochs without a better score.")
                break
    except Stopped:
        keep(LAST)
        raise
    finally:
        events.close()
    keep(LAST)
    return {"steps": step, "steps_before": before, "epochs": -(-step // per_epoch), "losses": losses, "stopped_early": stopped_early,
            "best": best if math.isfinite(best) else None, "unreadable": images.unreadable}  # fmt: skip


def _evaluate(task: Task, step: int, run: RunFolder, context: Context) -> dict[str, float]:
    """Ask a task for its figures beside the losses (error rates, FID), and keep and tell them."""
    figures: dict[str, float] = getattr(task, "evaluate", dict)()
    if figures:
        for name, value in figures.items():
            context.scalar(name, step, value)
        run.metrics(step, figures)
    return figures


def _step(task: Task, batch: Any, plan: Plan) -> dict[str, float]:
    try:
        losses = task.step(batch)
    except torch.OutOfMemoryError as error:
        raise JobFailed(
            f"The device's memory is too small for a batch of {plan.batch_size}. Try --batch-size {max(2, plan.batch_size // 2)}."
        ) from error
    wrong = [name for name, value in losses.items() if not math.isfinite(value)]
    if wrong:
        raise JobFailed(f"The loss {wrong[0]} is not a number any more. Try a smaller learning rate, or fp32.")
    return losses


def _resume(task: Task, run: RunFolder) -> tuple[int, float, int, dict[str, float]]:
    path: Path = run.checkpoint(LAST)
    tensors, meta, numbers = read_checkpoint(path)
    load_networks(tensors, task.networks, path)
    load_optimizers(tensors, numbers, task.optimizers)
    task.load_state({key.removeprefix("extra/"): value for key, value in tensors.items() if key.startswith("extra/")})
    run.forget_after(int(meta["step"]))
    best = meta.get("best")
    return (
        int(meta["step"]),
        math.inf if best is None else float(best),
        int(meta.get("since_best", 0)),
        dict(meta.get("sums", {})),
    )
