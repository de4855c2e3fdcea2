"""Curves from the logs of training programs; the kind is found by itself.

A line that belongs to a log's kind but cannot be read is counted, never fatal.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.runs.events import is_events, read_events
from fairdesk.runs.folder import METRICS, SCALARS

Points = list[tuple[float, float]]


@dataclass
class Curves:
    """Series by name, each a list of (step, value); `axis` says what a step is."""

    kind: str
    axis: str
    series: dict[str, Points] = field(default_factory=dict)
    broken: int = 0

    def add(self, name: str, step: float, value: float) -> None:
        """Add one point."""
        self.series.setdefault(name, []).append((step, value))


_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf)"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


_ARCFACE = re.compile(
    rf"Speed\s+({_NUMBER})\s+samples/sec\s+Loss\s+({_NUMBER})(?:\s+LearningRate\s+({_NUMBER}))?.*?Global Step:\s*(\d+)"
)
_VERIFY = re.compile(rf"\[([\w.-]+)\]\[(\d+)\](Accuracy-Flip|Accuracy|XNorm):\s*({_NUMBER})")


def _arcface(text: str) -> Curves:
    """InsightFace arcface_torch `training.log`, with and without LearningRate, with verification lines."""
    out = Curves("arcface_torch training.log", "global step")
    for line in _lines(text):
        if match := _ARCFACE.search(line):
            speed, loss, rate, step = match.groups()
            out.add("Loss", int(step), float(loss))
            if rate is not None:
                out.add("LearningRate", int(step), float(rate))
            out.add("Speed", int(step), float(speed))
        elif match := _VERIFY.search(line):
            name, step, what, value = match.groups()
            out.add(f"{name} {what}", int(step), float(value))
        elif "Training:" in line and "Loss" in line:
            out.broken += 1
    return out


_GAN_HEAD = re.compile(r"\[Epoch\s+(\d+)/(\d+)\]\s*\[Batch\s+(\d+)/(\d+)\]")
_GAN_TERM = re.compile(rf"([A-Za-z][\w ]*?)(?: loss)?:\s*({_NUMBER})")


def _pytorch_gan(text: str) -> Curves:
    """PyTorch-GAN lines: `[Epoch a/b] [Batch c/d] [D loss: x] [G loss: x, adv: x, cycle: x, identity: x] ETA: ...`."""
    out = Curves("PyTorch-GAN log", "batch")
    for line in _lines(text):
        head = _GAN_HEAD.search(line)
        if head is None:
            out.broken += line.startswith("[Epoch")
            continue
        epoch, _, batch, per_epoch = map(int, head.groups())
        rest = line[head.end() :].split("ETA")[0]
        terms = _GAN_TERM.findall(rest)
        if not terms:
            out.broken += 1
        for name, value in terms:
            out.add(f"{name} loss" if len(name) == 1 else name, epoch * per_epoch + batch, float(value))
    return out


_PIX_HEAD = re.compile(r"\(epoch:\s*(\d+),\s*iters:\s*(\d+)[^)]*\)")
_PIX_TERM = re.compile(rf"([\w/]+):\s*({_NUMBER})")


def _cyclegan_pix2pix(text: str) -> Curves:
    """pytorch-CycleGAN-and-pix2pix `loss_log.txt`: `(epoch: 1, iters: 100, ...) D_A: 0.4 G_A: 0.3 ...`."""
    out = Curves("pytorch-CycleGAN-and-pix2pix loss_log.txt", "iteration")
    rows = []
    for line in _lines(text):
        head = _PIX_HEAD.search(line)
        if head is None:
            out.broken += line.startswith("(epoch")
            continue
        terms = _PIX_TERM.findall(line[head.end() :])
        if terms:
            rows.append((int(head[1]), int(head[2]), terms))
        else:
            out.broken += 1
    per_epoch = max((iters for _, iters, _ in rows), default=0)  # iterations start again in each epoch
    for epoch, iters, terms in rows:
        for name, value in terms:
            out.add(name, (epoch - 1) * per_epoch + iters, float(value))
    return out


def _stylegan(text: str) -> Curves:
    """StyleGAN2-ADA / 3 `stats.jsonl`: each statistic's mean against Progress/kimg."""
    out = Curves("StyleGAN stats.jsonl", "kimg")
    for line in _lines(text):
        try:
            row = json.loads(line)
            kimg = float(row["Progress/kimg"]["mean"])
        except (ValueError, KeyError, TypeError):
            out.broken += 1
            continue
        for name, value in row.items():
            mean = value.get("mean") if isinstance(value, dict) else None
            if name.startswith(("Loss/", "Metric", "Progress/augment")) and isinstance(mean, (int, float)):
                out.add(name, kimg, float(mean))
    return out


_STEPS = ("global_step", "step", "iteration", "iter", "batch_idx", "kimg", "epoch")


def _table(text: str) -> Curves:
    """Any CSV with a step column: the original GAN's `Epoch,Batch,D_Loss,G_Loss`, Lightning's metrics.csv, ..."""
    rows = list(csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))))
    header = [cell.strip() for cell in rows[0]]
    lowered = [cell.lower() for cell in header]
    if "epoch" in lowered and "batch" in lowered:
        out = Curves("GAN losses CSV", "batch")
        epoch, batch = lowered.index("epoch"), lowered.index("batch")
        numbers = [_float(row[batch]) for row in rows[1:] if len(row) > batch]
        per_epoch = max((n for n in numbers if n is not None), default=0) + 1
        skip = {epoch, batch}

        def step_of(row: list[str]) -> float | None:
            first, second = _float(row[epoch]), _float(row[batch])
            return None if first is None or second is None else first * per_epoch + second
    else:
        name = next(name for name in _STEPS if name in lowered)
        out = Curves("CSV", header[lowered.index(name)])
        column = lowered.index(name)
        skip = {i for i, text in enumerate(lowered) if text in _STEPS}

        def step_of(row: list[str]) -> float | None:
            return _float(row[column])

    for row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        step = step_of(row) if len(row) == len(header) else None
        if step is None:
            out.broken += 1
            continue
        for place, cell in enumerate(row):
            value = _float(cell)
            if place not in skip and value is not None:
                out.add(header[place], step, value)
            elif place not in skip and cell.strip() and value is None:
                out.broken += 1
    return out


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_table(text: str) -> bool:
    first = re.split(r"[\r\n]+", text, maxsplit=1)[0].lower()
    cells = [cell.strip().strip('"') for cell in first.split(",")]
    return len(cells) > 1 and any(name in cells for name in _STEPS)


KINDS: list[tuple[str, Callable[[str], bool], Callable[[str], Curves]]] = [
    ("arcface_torch training.log", lambda t: bool(_ARCFACE.search(t) or _VERIFY.search(t)), _arcface),
    ("PyTorch-GAN `[Epoch a/b] [Batch c/d] ...`", lambda t: bool(_GAN_HEAD.search(t)), _pytorch_gan),
    ("pytorch-CycleGAN-and-pix2pix loss_log.txt", lambda t: bool(_PIX_HEAD.search(t)), _cyclegan_pix2pix),
    ("StyleGAN2-ADA / 3 stats.jsonl", lambda t: '"Progress/kimg"' in t, _stylegan),
    ("a CSV with a step, iteration or epoch column", _is_table, _table),
]


def _run(folder: Path) -> Curves:
    """A run of this program: its losses, and what was evaluated beside them."""
    out = Curves("a run of FairDesk", "step")
    for name in (SCALARS, METRICS):
        if (folder / name).is_file():
            part = _table((folder / name).read_text(encoding="utf-8"))
            out.series |= part.series
            out.broken += part.broken
    return out


EVENTS = "TensorBoard events (a file, or the folder that holds it)"


def read_log(path: Path) -> Curves:
    """Read a log of any known kind, finished or still growing.

    Raises
    ------
    RequestError
        If the file cannot be read or is of no known kind (the known ones are listed).
    """
    if (path / SCALARS).is_file():
        return _run(path)
    if is_events(path):
        series = read_events(path)
        if not series:
            raise RequestError(f"{path} holds no scalars yet.")
        return Curves(EVENTS, "step", {name: list(points) for name, points in series.items()})
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from error
    for _, fits, read in KINDS:
        if fits(text):
            return read(text)
    known = "\n".join(f"  {name}" for name in (*(name for name, _, _ in KINDS), EVENTS))
    raise RequestError(f"{path} is a log of no known kind. Known are:\n{known}")


def smooth(values: list[float], weight: float) -> list[float]:
    """Exponential moving average, debiased: a constant stays constant. A value that is not finite is passed over."""
    out, mean, power = [], 0.0, 1.0
    for value in values:
        if math.isfinite(value):
            mean = weight * mean + (1 - weight) * value
            power *= weight
        out.append(mean / (1 - power) if power < 1 else value)
    return out
