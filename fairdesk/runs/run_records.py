"""The runs of a folder: what each was made with, what came of it, and what a person wrote about it. No torch."""

from __future__ import annotations

import csv
import json
import logging
import math
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from fairdesk.errors import RequestError, reason
from fairdesk.images.written_files import write_text
from fairdesk.plain_json import parse
from fairdesk.runs.folder import CONFIG, METRICS, SCALARS, TIMES, RunFolder
from fairdesk.words import tr

_log = logging.getLogger(__name__)

NOTES = "notes.json"


@dataclass(frozen=True)
class Run:
    """One run; `figures` are the last evaluated ones and the last losses, by name."""

    path: Path
    kind: str
    params: dict[str, Any]
    steps: int
    created: float  # seconds since 1970
    losses: dict[str, float]
    figures: dict[str, float]
    tags: tuple[str, ...] = ()
    note: str = ""
    made_by: str = ""
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def family(self) -> str:
        """What was trained: the GAN's family, or the backbone."""
        return str(self.params.get("family") or self.params.get("backbone") or self.kind)


def _last_row(path: Path) -> tuple[int, dict[str, float]]:
    """Return the step and the numbers of a table's last whole row."""
    if not path.is_file():
        return 0, {}
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader([file.readline()]), [])
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - 65536))
        rows = [row for row in csv.reader(file.read().splitlines()) if len(row) == len(header)]
    for row in reversed(rows):
        try:
            return int(float(row[0])), {n: float(v) for n, v in zip(header[1:], row[1:], strict=True) if v}
        except ValueError:
            continue
    return 0, {}


def read_run(path: Path) -> Run:
    """Read one run. Raises `RequestError` if the folder holds none, or its config cannot be read."""
    config = RunFolder.open(path).config
    steps, losses = _last_row(path / SCALARS)
    _, figures = _last_row(path / METRICS)
    tags, note = read_notes(path)
    params = config.get("params")
    return Run(
        path,
        str(config.get("kind", "")),
        params if isinstance(params, dict) else {},
        steps,
        (path / CONFIG).stat().st_mtime,
        losses,
        figures,
        tags,
        note,
        str(config.get("made_by", "")),
        config,
    )


def list_runs(home: Path) -> tuple[list[Run], list[dict[str, str]]]:
    """Return the runs directly below a folder, newest first, and the folders whose config cannot be read."""
    runs, broken = [], []
    for place in sorted(home.iterdir()) if home.is_dir() else []:
        if not (place / CONFIG).is_file():
            continue
        try:
            runs.append(read_run(place))
        except RequestError as error:
            broken.append({"path": str(place), "why": str(error)})
    return sorted(runs, key=lambda run: (-run.created, run.name)), broken


def read_notes(path: Path) -> tuple[tuple[str, ...], str]:
    """Return a run's tags and note.

    Raises
    ------
    RequestError
        If the file is damaged: writing a new note would lose what is left of the old one.
    """
    try:
        kept = parse((path / NOTES).read_text(encoding="utf-8"))
        return tuple(str(tag) for tag in kept["tags"]), str(kept["note"])
    except FileNotFoundError:
        return (), ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RequestError(
            tr(
                "{path} holds the run's tags and note and cannot be read ({error}). Repair or delete it.",
                path=path / NOTES,
                error=reason(error),
            )
        ) from error


def write_notes(path: Path, tags: tuple[str, ...], note: str) -> None:
    """Keep a run's tags and note with it. Raises `RequestError` if the folder holds no run."""
    RunFolder.open(path)
    write_text(path / NOTES, json.dumps({"tags": list(dict.fromkeys(tags)), "note": note}, indent=1) + "\n")


def import_run(source: Path, home: Path) -> Path:
    """Copy a run that was trained elsewhere below `home`; returns where it is.

    Raises
    ------
    RequestError
        If the source holds no run, or is there already.
    """
    read_run(source)
    if source.resolve().parent == home.resolve():
        raise RequestError(tr("{source} is among this project's runs already.", source=source.name))
    name, number = source.name, 2
    while (home / name).exists():
        name, number = f"{source.name}-{number}", number + 1
    part = home / f".{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, part, symlinks=False, ignore_dangling_symlinks=True)
    part.replace(home / name)
    return home / name


def checkpoints(path: Path) -> list[tuple[str, int]]:
    """Return a run's checkpoints and the batch each was made after, in that order; damaged ones are passed over."""
    out = []
    for file in sorted((path / "checkpoints").glob("*.safetensors")):
        try:
            with safe_open(file, "np") as opened:
                out.append((file.stem, int(parse((opened.metadata() or {})["fairdesk"])["meta"]["step"])))
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            _log.warning("the checkpoint %s is passed over: %s", file, error)
    return sorted(out, key=lambda pair: pair[1])


def batches_per_epoch(run: Run) -> float | None:
    """How many batches an epoch of a run has, or None where it does not say."""
    said = run.config.get("batches_per_epoch")
    return float(said) if isinstance(said, (int, float)) and said > 0 else None


def seconds(path: Path) -> tuple[list[float], list[float]]:
    """Return batches and the seconds since the first, without the time a run stood still (over five minutes between two)."""
    if not (path / TIMES).is_file():
        return [], []
    steps, out, before, passed = [], [], math.nan, 0.0
    for line in (path / TIMES).read_text(encoding="utf-8").splitlines()[1:]:
        try:
            step, at = (float(cell) for cell in line.split(","))
        except ValueError:
            continue
        if not math.isnan(before) and 0 <= at - before <= 300:
            passed += at - before
        before = at
        steps.append(step)
        out.append(passed)
    return steps, out
