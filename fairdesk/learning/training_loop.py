"""The training loop: epochs and batches, scalars, previews, checkpoints, pause, stop and exact resume."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image

from fairdesk.errors import JobFailed, Stopped
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.jobs.context import Context
from fairdesk.learning.batch_fit import advice, is_out_of_memory
from fairdesk.learning.checkpoints import load_networks, load_optimizers, read_checkpoint, save_checkpoint
from fairdesk.learning.memory import keep_freed_memory
from fairdesk.learning.results import LoopResult
from fairdesk.runs.event_files import EventLog
from fairdesk.runs.folder import BEST, LAST, RunFolder
from fairdesk.words import tr

SAFE_S = 120.0  # seconds of work that a killed process may lose
FIRST_GRID_S, GRID_S = 20.0, 30.0  # until the first sample grid of a trained network, and between the next ones


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
    preview_every: int | None  # batches; None: by time
    checkpoint_every: int  # epochs, 0: only best and last
    patience: int = 0  # epochs without a better score, 0: no early stop
    meta: dict[str, Any] | None = None
    evaluate_every: int = 0  # batches between two evaluations of a task that has `evaluate`; 0: never
    mark: dict[str, Any] | None = None  # of sample grids that hold synthetic faces
    parts: int = 1  # that a process works through a batch in
    first: bool = True  # of several processes that share the training, the first writes the run


def train(task: Task, images: Images, plan: Plan, run: RunFolder, context: Context, *, resume: bool) -> LoopResult:
    """Train to the end, or to a stop; then the "last" checkpoint is where it resumes.

    On the CPU a resumed run's losses equal those of an unbroken one.

    Raises
    ------
    JobFailed
        If the losses stop being numbers, or memory runs out (with a batch size to try).
    """
    keep_freed_memory()
    per_epoch = images.batches(plan.batch_size)
    if per_epoch == 0:
        raise JobFailed(tr("{count} images are too few: at least 2 are needed.", count=len(images)))
    at = _Training(task, plan, run, context, per_epoch)
    if resume:
        at.resume()
        context.message(tr("Resuming after batch {step:,}.", step=at.step))
        if at.step >= plan.epochs * per_epoch:
            context.message(
                tr("All {epochs:,} epochs are done. To train further, give more: --epochs", epochs=plan.epochs)
            )
    before = at.step
    at.progress()
    records = _Records(run, at.step, getattr(task, "columns", ())) if plan.first else None
    stopped_early = False
    try:
        for epoch in range(at.step // per_epoch, plan.epochs):
            task.begin_epoch(epoch)
            for batch in images.epoch(epoch, plan.seed, plan.batch_size, at.step - epoch * per_epoch):
                context.check()
                at.batch(batch, records)
            if at.end_of_epoch(epoch):
                stopped_early = True
                context.message(tr("Stopped early: {epochs} epochs without a better score.", epochs=at.since_best))
                break
    except Stopped:
        at.keep(LAST)
        raise
    finally:
        if records is not None:
            records.close()
    at.keep(LAST)
    return LoopResult(
        steps=at.step,
        steps_before=before,
        epochs=-(-at.step // per_epoch),
        losses=at.told,
        stopped_early=stopped_early,
        best=at.best if math.isfinite(at.best) else None,
        unreadable=images.unreadable,
    )


class _Training:
    """Where a training is: the batch, the best score, and the losses of the epoch so far."""

    def __init__(self, task: Task, plan: Plan, run: RunFolder, context: Context, per_epoch: int) -> None:
        self._task, self._plan, self._run, self._context, self._per_epoch = task, plan, run, context, per_epoch
        self._total = plan.epochs * per_epoch
        self.step, self.best, self.since_best = 0, math.inf, 0
        self._kept = time.monotonic()
        self._next_grid = self._kept + FIRST_GRID_S
        self._sums: dict[str, float] = {}
        self.told: dict[str, float] = {}  # the losses of the last batch

    def resume(self) -> None:
        """Take up the last checkpoint, and forget what was written after it."""
        path: Path = self._run.checkpoint(LAST)
        tensors, meta, numbers = read_checkpoint(path)
        load_networks(tensors, self._task.networks, path)
        load_optimizers(tensors, numbers, self._task.optimizers)
        extra = {key.removeprefix("extra/"): value for key, value in tensors.items() if key.startswith("extra/")}
        self._task.load_state(extra)
        if self._plan.first:
            self._run.forget_after(int(meta["step"]))
        self.step, self.since_best = int(meta["step"]), int(meta.get("since_best", 0))
        self.best = math.inf if meta.get("best") is None else float(meta["best"])
        self._sums = dict(meta.get("sums", {}))

    def progress(self) -> None:
        """Say how far it is."""
        size = self._plan.batch_size
        self._context.progress(self.step * size, self._total * size, tr("images"))

    def keep(self, name: str) -> None:
        """Write a checkpoint."""
        if name == LAST:
            self._kept = time.monotonic()
        if self._plan.first:
            best = self.best if math.isfinite(self.best) else None
            meta = {"step": self.step, "best": best, "since_best": self.since_best, "sums": self._sums}
            meta |= self._plan.meta or {}
            path = self._run.checkpoint(name)
            save_checkpoint(path, self._task.networks, self._task.optimizers, meta, self._task.state())

    def batch(self, batch: Any, records: _Records | None) -> None:
        """Train on one batch, and write down and tell what came of it."""
        plan, context = self._plan, self._context
        self.told = _step(self._task, batch, plan)
        self.step += 1
        for name, value in self.told.items():
            context.scalar(name, self.step, value)
            self._sums[name] = self._sums.get(name, 0.0) + value
        if records is not None:
            records.losses(self.step, self.told)
        if plan.evaluate_every and (self.step % plan.evaluate_every == 0 or self.step == self._total):
            figures: dict[str, float] = getattr(self._task, "evaluate", dict)()
            for name, value in figures.items():
                context.scalar(name, self.step, value)
            if figures and records is not None:
                records.figures(self.step, figures)
        if context.asked("checkpoint"):
            self.keep(f"step-{self.step:08d}")
            self.keep(LAST)
            context.message(tr("Saved checkpoint step-{step:08d}.", step=self.step))
        if self._grid_is_due() and plan.first:
            path = self._run.preview(self.step)
            picture = self._task.preview()
            if plan.mark is None:
                picture.save(path)
            else:
                save_marked(picture, path, plan.mark | {"step": self.step})
            context.artifact(path)
        if time.monotonic() - self._kept > SAFE_S:
            self.keep(LAST)
        self.progress()

    def _grid_is_due(self) -> bool:
        """Whether a sample grid is made now: of the first and the last batch, on request, and every so often."""
        every, now = self._plan.preview_every, time.monotonic()
        due = now >= self._next_grid if every is None else self.step % every == 0
        if now >= self._next_grid:
            self._next_grid = now + GRID_S
        return due or self.step in (1, self._total) or self._context.asked("sample")

    def end_of_epoch(self, epoch: int) -> bool:
        """Save the checkpoints that are due; returns whether to stop early."""
        plan = self._plan
        score = self._task.score({name: value / self._per_epoch for name, value in self._sums.items()})
        self._sums = {}
        self.since_best += math.isfinite(score)
        if score < self.best:
            self.best, self.since_best = score, 0
            self.keep(BEST)
        if plan.checkpoint_every and (epoch + 1) % plan.checkpoint_every == 0:
            self.keep(f"epoch-{epoch + 1:04d}")
            self.keep(LAST)
        return bool(plan.patience) and self.since_best >= plan.patience


class _Records:
    """What a run writes down as it goes: its own tables, and TensorBoard's events."""

    def __init__(self, run: RunFolder, step: int, columns: Sequence[str]) -> None:
        self._run, self._events, self._columns = run, EventLog(run.path, step), columns

    def losses(self, step: int, values: dict[str, float]) -> None:
        """Write one row of losses, and when it was."""
        self._run.scalars(step, values, self._columns)
        self._run.clock(step)
        self._events.scalars(step, values)

    def figures(self, step: int, values: dict[str, float]) -> None:
        """Write what a task has evaluated beside the losses (error rates, FID)."""
        self._run.metrics(step, values)
        self._events.scalars(step, values)

    def close(self) -> None:
        """Write what is held back."""
        self._events.close()


def _step(task: Task, batch: Any, plan: Plan) -> dict[str, float]:
    losses: dict[str, float] | None = None
    try:
        losses = task.step(batch)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    if losses is None:  # here, where the error no longer holds what the step had in memory
        raise JobFailed(advice(task, batch, plan.batch_size, plan.parts))
    wrong = [name for name, value in losses.items() if not math.isfinite(value)]
    if wrong:
        raise JobFailed(
            tr("The loss {wrong} became NaN or infinite. Try a smaller learning rate, or fp32.", wrong=wrong[0])
        )
    return losses
