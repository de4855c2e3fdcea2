"""Curves from the logs of training programs; the kind is found by itself.

A line that belongs to a log's kind but cannot be read is counted, never fatal.
"""

from __future__ import annotations

import csv
import gc
import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.plain_json import parse
from fairdesk.runs.event_files import is_events, read_events
from fairdesk.runs.folder import METRICS, SCALARS
from fairdesk.words import mark, tr

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

    def extend(self, name: str, points: Points) -> None:
        """Add points, if there are any."""
        if points:
            self.series.setdefault(name, []).extend(points)


_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf)"


_ENDS = re.compile(r"[\r\n]+")
_BLOCK = 2**18  # characters looked at in one go; between two the window has its turn


def _blocks(text: str) -> Iterator[str]:
    """Yield a text in blocks that end where a line ends."""
    start = 0
    while start < len(text):
        found = _ENDS.search(text, min(len(text), start + _BLOCK))
        end = len(text) if found is None else found.end()
        yield text[start:end]
        start = end


def _lines(text: str) -> Iterator[str]:
    for block in _blocks(text):
        for line in _ENDS.split(block):
            if stripped := line.strip():
                yield stripped


_ARCFACE = re.compile(
    rf"Speed\s+({_NUMBER})\s+samples/sec\s+Loss\s+({_NUMBER})(?:\s+LearningRate\s+({_NUMBER}))?[^\r\n]*?Global Step:\s*(\d+)"
)
_ARCFACE_LINE = re.compile(r"Training:[^\r\n]*Loss")
_VERIFY = re.compile(rf"\[([\w.-]+)\]\[(\d+)\](Accuracy-Flip|Accuracy|XNorm):\s*({_NUMBER})")


def _arcface(text: str) -> Curves:
    """InsightFace arcface_torch `training.log`, with and without LearningRate, with verification lines."""
    out = Curves("arcface_torch training.log", mark("global step"))
    for block in _blocks(text):
        rows = _ARCFACE.findall(block)
        if rows:
            speeds, losses, rates, numbers = zip(*rows, strict=True)
            steps = list(map(float, numbers))
            out.extend("Loss", list(zip(steps, map(float, losses), strict=True)))
            out.extend("LearningRate", [(step, float(rate)) for step, rate in zip(steps, rates, strict=True) if rate])
            out.extend("Speed", list(zip(steps, map(float, speeds), strict=True)))
        for name, step, what, value in _VERIFY.findall(block) if "][" in block else ():
            out.add(f"{name} {what}", int(step), float(value))
        if block.count("Loss") != len(rows):
            out.broken += max(0, len(_ARCFACE_LINE.findall(block)) - len(rows))
    return out


class _Shape:
    """The shape of a log's lines as the first one has it: to look for that alone takes a third of the time.

    A block with a line of any other shape is read line by line, by what the shapes have in common.
    """

    def __init__(self, head: str, names: list[str], line: str) -> None:
        terms = "".join(rf"[^\w\r\n]*{re.escape(name)}:\s*({_NUMBER})" for name in names)
        self.names = names
        self._colons = line.count(":")
        self._regex = re.compile(head + terms)

    def rows(self, block: str, start: str) -> list[tuple[str, ...]] | None:
        """Return the numbers of each line, or None where a line that begins with `start` is not of this shape."""
        found: list[tuple[str, ...]] = self._regex.findall(block)
        alike = len(found) == block.count(start) and block.count(":") == len(found) * self._colons
        return found if alike else None


_GAN = r"\[Epoch\s+(\d+)/\d+\]\s*\[Batch\s+(\d+)/(\d+)\]"
_GAN_HEAD = re.compile(_GAN)
_GAN_TERM = re.compile(rf"([A-Za-z][\w ]*?):\s*({_NUMBER})")


def _pytorch_gan(text: str) -> Curves:
    """PyTorch-GAN lines: `[Epoch a/b] [Batch c/d] [D loss: x] [G loss: x, adv: x, cycle: x, identity: x] ETA: ...`."""
    out = Curves("PyTorch-GAN log", mark("batch"))
    shape: _Shape | None = None
    for block in _blocks(text):
        rows = None if shape is None else shape.rows(block, "[Epoch")
        if shape is not None and rows is not None:
            epochs, batches, lengths, *columns = zip(*rows, strict=True) if rows else ([],) * (3 + len(shape.names))
            steps = [int(e) * float(n) + int(b) for e, b, n in zip(epochs, batches, lengths, strict=True)]
            for name, column in zip(shape.names, columns, strict=True):
                out.extend(_gan_name(name), list(zip(steps, map(float, column), strict=True)))
            continue
        for line in _lines(block):
            head = _GAN_HEAD.search(line)
            if head is None:
                out.broken += line.startswith("[Epoch")
                continue
            epoch, batch, per_epoch = map(int, head.groups())
            terms = _GAN_TERM.findall(line[head.end() :].split("ETA")[0])
            if not terms:
                out.broken += 1
            for name, value in terms:
                out.add(_gan_name(name), epoch * per_epoch + batch, float(value))
            if shape is None and terms:
                shape = _Shape(_GAN, [name for name, _ in terms], line)
    return out


def _gan_name(name: str) -> str:
    """Return a loss's name: `D loss` and `G loss` keep the word, terms go without."""
    bare = name.removesuffix(" loss")
    return f"{bare} loss" if len(bare) == 1 else bare


_PIX = r"\(epoch:\s*(\d+),\s*iters:\s*(\d+)[^)\r\n]*\)"
_PIX_HEAD = re.compile(_PIX)
_PIX_TERM = re.compile(rf"([\w/]+):\s*({_NUMBER})")


def _cyclegan_pix2pix(text: str) -> Curves:
    """pytorch-CycleGAN-and-pix2pix `loss_log.txt`: `(epoch: 1, iters: 100, ...) D_A: 0.4 G_A: 0.3 ...`."""
    out = Curves("pytorch-CycleGAN-and-pix2pix loss_log.txt", mark("iteration"))
    found: list[tuple[int, int, list[str], tuple[str, ...]]] = []  # epoch, iteration, names, numbers
    shape: _Shape | None = None
    for block in _blocks(text):
        rows = None if shape is None else shape.rows(block, "(epoch")
        if shape is not None and rows is not None:
            found += [(int(row[0]), int(row[1]), shape.names, row[2:]) for row in rows]
            continue
        for line in _lines(block):
            head = _PIX_HEAD.search(line)
            if head is None:
                out.broken += line.startswith("(epoch")
                continue
            terms = _PIX_TERM.findall(line[head.end() :])
            if not terms:
                out.broken += 1
                continue
            names = [name for name, _ in terms]
            found.append((int(head[1]), int(head[2]), names, tuple(value for _, value in terms)))
            shape = shape or _Shape(_PIX, names, line)
    per_epoch = max((iters for _, iters, _, _ in found), default=0)  # iterations start again in each epoch
    for epoch, iters, names, values in found:
        for name, value in zip(names, values, strict=True):
            out.add(name, (epoch - 1) * per_epoch + iters, float(value))
    return out


def _stylegan(text: str) -> Curves:
    """StyleGAN2-ADA / 3 `stats.jsonl`: each statistic's mean against Progress/kimg."""
    out = Curves("StyleGAN stats.jsonl", "kimg")
    for line in _lines(text):
        try:
            row = parse(line)
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
    first, _, body = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").partition("\n")
    header = [cell.strip() for cell in next(csv.reader([first]))]
    lowered = [cell.lower() for cell in header]
    keys = {i for i, name in enumerate(lowered) if name in (*_STEPS, "batch")}
    values, there, broken = _cells(body, len(header), keys)
    if "epoch" in lowered and "batch" in lowered:
        out = Curves("GAN losses CSV", "batch")
        epoch, batch = lowered.index("epoch"), lowered.index("batch")
        skip, good = {epoch, batch}, there[:, epoch] & there[:, batch]
        per_epoch = values[there[:, batch], batch].max(initial=0) + 1
        steps = values[:, epoch] * per_epoch + values[:, batch]
    else:
        column = lowered.index(next(name for name in _STEPS if name in lowered))
        out = Curves("CSV", header[column])
        skip, good, steps = {i for i, name in enumerate(lowered) if name in _STEPS}, there[:, column], values[:, column]
    out.broken = broken + int((~good).sum())
    for place, name in enumerate(header):
        rows = good & there[:, place]
        if place not in skip:
            out.extend(name, list(zip(steps[rows].tolist(), values[rows, place].tolist(), strict=True)))
    return out


def _cells(body: str, width: int, keys: set[int]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], int]:
    """Return a table's numbers (n, width), which of them are there, and how many rows and cells could not be read."""
    blocks: list[npt.NDArray[np.float64]] = [np.empty((0, width))]
    marks: list[npt.NDArray[np.bool_]] = [np.empty((0, width), dtype=bool)]
    broken = 0
    for block in _blocks(body):
        if not block.strip():
            continue
        try:
            found: npt.NDArray[np.float64] = np.loadtxt(io.StringIO(block), delimiter=",", comments=None, ndmin=2)
            if found.shape[1] != width:
                raise ValueError
            there: npt.NDArray[np.bool_] = np.ones(found.shape, dtype=bool)
        except ValueError:  # cells that are empty, quoted or no numbers
            rows = [row for row in csv.reader(io.StringIO(block)) if any(cell.strip() for cell in row)]
            cells = [[_float(cell) for cell in row] for row in rows if len(row) == width]
            broken += len(rows) - len(cells)
            broken += sum(
                bool(cell.strip()) and _float(cell) is None
                for row in rows
                if len(row) == width
                for place, cell in enumerate(row)
                if place not in keys
            )
            found = np.array([[math.nan if cell is None else cell for cell in row] for row in cells]).reshape(-1, width)
            there = np.array([[cell is not None for cell in row] for row in cells], dtype=bool).reshape(-1, width)
        blocks.append(found)
        marks.append(there)
    return np.concatenate(blocks), np.concatenate(marks), broken


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
    (mark("a CSV with a step, iteration or epoch column"), _is_table, _table),
]


def _run(folder: Path) -> Curves:
    """A run of this program: its losses, and what was evaluated beside them."""
    out = Curves(mark("a run of FairDesk"), mark("step"))
    for name in (SCALARS, METRICS):
        if (folder / name).is_file():
            part = _table((folder / name).read_text(encoding="utf-8"))
            out.series |= part.series
            out.broken += part.broken
    return out


EVENTS = mark("TensorBoard events (a file, or the folder that holds it)")


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Let Python's cycle collector rest: it would look through millions of points again and again, a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


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
            raise RequestError(tr("{path} holds no scalars yet.", path=path))
        return Curves(EVENTS, "step", {name: list(points) for name, points in series.items()})
    if path.is_dir():
        logs = [path / name for name in ("stats.jsonl", "training.log") if (path / name).is_file()]
        if not logs:
            raise RequestError(
                tr("{path} is a folder, and holds no run of this program. Give the log itself.", path=path)
            )
        path = logs[0]
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise RequestError(tr("{path} cannot be read: {strerror}", path=path, strerror=error.strerror)) from error
    for _, fits, read in KINDS:
        if fits(text):
            with _collector_resting():
                return read(text)
    known = "\n".join(f"  {tr(name)}" for name in (*(name for name, _, _ in KINDS), EVENTS))
    raise RequestError(tr("{path} is a log of no known kind. Known are:\n{known}", path=path, known=known))


def smooth(values: list[float], weight: float) -> list[float]:
    """Exponential moving average, debiased: a constant stays constant. A value that is not finite is passed over."""
    out, mean, power = [], 0.0, 1.0
    for value in values:
        if math.isfinite(value):
            mean = weight * mean + (1 - weight) * value
            power *= weight
        out.append(mean / (1 - power) if power < 1 else value)
    return out
