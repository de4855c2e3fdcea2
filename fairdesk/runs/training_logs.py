"""Curves from the logs of training programs; the kind is found by itself.

A line that belongs to a log's kind but cannot be read is counted, never fatal; so is one without a figure.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.runs import log_families, log_lines, log_objects, log_tables
from fairdesk.runs.curves import Curves, Points, by_rank
from fairdesk.runs.event_files import is_events, read_events
from fairdesk.runs.folder import METRICS, SCALARS
from fairdesk.runs.log_text import ranks
from fairdesk.words import mark, tr

__all__ = ["KINDS", "Curves", "Points", "is_evaluated", "read_log", "smooth"]

_Fits = Callable[[str], bool]
_Read = Callable[[str], Curves]


def _is_mxnet(text: str) -> bool:
    return bool(log_families.FAMILIES[0].head.search(text))


def _read_family(text: str) -> Curves:
    family = log_families.family_of(text)
    assert family is not None
    return log_families.read_family(text, family)


KINDS: list[tuple[str, _Fits, _Read]] = [
    ("MXNet InsightFace log", _is_mxnet, lambda text: log_families.read_family(text, log_families.FAMILIES[0])),
    ("arcface_torch training.log", log_lines.is_arcface, log_lines.read_arcface),
    ("PyTorch-GAN `[Epoch a/b] [Batch c/d] ...`", log_lines.is_pytorch_gan, log_lines.read_pytorch_gan),
    ("pytorch-CycleGAN-and-pix2pix loss_log.txt", log_lines.is_cyclegan_pix2pix, log_lines.read_cyclegan_pix2pix),
    ("StyleGAN2-ADA / 3 stats.jsonl", log_objects.is_stylegan, log_objects.read_stylegan),
    ("StyleGAN metric-*.jsonl, log.txt", log_objects.is_stylegan_metric, log_objects.read_stylegan_metric),
    (mark("a CSV with a step, iteration or epoch column"), log_tables.is_table, log_tables.read_table),
    (mark("JSON lines with a step or an epoch"), log_objects.is_objects, log_objects.read_objects),
    (
        mark(
            "lines of PyTorch's DCGAN, timm, torchvision, accelerate, Lightning, or with an epoch or step and name: value"
        ),
        lambda text: log_families.family_of(text) is not None,
        _read_family,
    ),
]
_IN_FOLDERS = ("stats.jsonl", "training.log", "loss_log.txt", "metrics.csv", "summary.csv", "train.log", "log.txt")


def _run(folder: Path) -> Curves:
    """A run of this program: its losses, and what was evaluated beside them."""
    out = Curves(mark("a run of FairDesk"), mark("step"))
    for name in (SCALARS, METRICS):
        if (folder / name).is_file():
            part = log_tables.read_table((folder / name).read_text(encoding="utf-8"))
            out.series |= part.series
            out.broken += part.broken
            out.notes += part.notes
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
    if path.is_dir() and not any((path / name).is_file() for name in _IN_FOLDERS) and not is_events(path):
        raise RequestError(tr("{path} is a folder, and holds no run of this program. Give the log itself.", path=path))
    logs = [path / name for name in _IN_FOLDERS if (path / name).is_file()]
    if is_events(path) and not logs:
        series = read_events(path)
        if not series:
            raise RequestError(tr("{path} holds no scalars yet.", path=path))
        return Curves(EVENTS, "step", {name: list(points) for name, points in series.items()})
    path = logs[0] if logs else path
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise RequestError(tr("{path} cannot be read: {strerror}", path=path, strerror=error.strerror)) from error
    with _collector_resting():
        parts = {rank: found for rank, part in ranks(text).items() if (found := _curves(part)) is not None}
        curves = by_rank(parts) if len(parts) > 1 else _curves(text)
    if curves is None:
        known = "\n".join(f"  {tr(name)}" for name in (*(name for name, _, _ in KINDS), EVENTS))
        raise RequestError(tr("{path} is a log of no known kind. Known are:\n{known}", path=path, known=known))
    if path.name == "stats.jsonl":
        log_objects.add_metrics_beside(curves, path)
    if len(logs) > 1:
        curves.notes.append(
            tr(
                "Of the logs in the folder, {log} is read; also there: {others}",
                log=path.name,
                others=", ".join(one.name for one in logs[1:]),
            )
        )
    return curves


def _curves(text: str) -> Curves | None:
    """Return the curves of the first kind that finds any."""
    empty: Curves | None = None
    for _, fits, read in KINDS:
        if fits(text):
            found = read(text)
            if found.series:
                return found
            empty = empty or found
    return empty


_RATES = ("acc", "fid", "kid", "eer", "tar", "auc", "precision", "recall", "top1", "top5", "d(x)", "d(g(")


def is_evaluated(name: str) -> bool:
    """Whether a series is a rate or a measurement, which has a scale of its own beside losses."""
    lowered = name.lower()
    return any(word in lowered for word in _RATES) and "loss" not in lowered


def smooth(values: list[float], weight: float) -> list[float]:
    """Exponential moving average, debiased: a constant stays constant. A value that is not finite is passed over."""
    out, mean, power = [], 0.0, 1.0
    for value in values:
        if math.isfinite(value):
            mean = weight * mean + (1 - weight) * value
            power *= weight
        out.append(mean / (1 - power) if power < 1 else value)
    return out
