"""A training run on disk: config.json, scalars.csv, metrics.csv, times.csv, previews/, checkpoints/. No torch."""

from __future__ import annotations

import csv
import io
import json
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairdesk.errors import RequestError, reason
from fairdesk.images.written_files import write_text
from fairdesk.plain_json import parse
from fairdesk.words import tr

_log = logging.getLogger(__name__)

CONFIG, SCALARS, METRICS, TIMES, BEST, LAST = "config.json", "scalars.csv", "metrics.csv", "times.csv", "best", "last"


class RunFolder:
    """One run. Scalars are appended as they come, so a killed run keeps its curves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._columns: dict[str, list[str]] = {}

    @classmethod
    def create(cls, path: Path, config: dict[str, Any]) -> RunFolder:
        """Make a run's folder. Raises `RequestError` if something is there."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RequestError(
                tr("{path} exists and is not empty. Choose a new folder, or resume that run: --resume", path=path)
            )
        for name in ("previews", "checkpoints"):
            (path / name).mkdir(parents=True, exist_ok=True)
        from fairdesk import __version__

        write_text(path / CONFIG, json.dumps({"made_by": f"FairDesk {__version__}", **config}, indent=1) + "\n")
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open a run. Raises `RequestError` if there is none."""
        if not (path / CONFIG).is_file():
            raise RequestError(tr("{path} is not a training run: it has no {config}.", path=path, config=CONFIG))
        return cls(path)

    @property
    def config(self) -> dict[str, Any]:
        """What the run was made with."""
        try:
            loaded = parse((self.path / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RequestError(
                tr("{path} cannot be read: {error}", path=self.path / CONFIG, error=reason(error))
            ) from error
        return loaded if isinstance(loaded, dict) else {}

    def change(self, values: dict[str, Any]) -> None:
        """Write some of what the run is made with anew."""
        write_text(self.path / CONFIG, json.dumps(self.config | values, indent=1) + "\n")

    def checkpoint(self, name: str) -> Path:
        """Path of a checkpoint by name ("last", "best", "epoch-0010")."""
        return self.path / "checkpoints" / f"{name}.safetensors"

    def preview(self, step: int) -> Path:
        """Path of the sample grid of a step."""
        return self.path / "previews" / f"{step:08d}.png"

    def previews(self) -> list[Path]:
        """All sample grids, oldest first."""
        return sorted((self.path / "previews").glob("*.png"))

    def last_step(self) -> int:
        """The last batch that was written down."""
        try:
            with (self.path / SCALARS).open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - 4096))
                line = file.read().splitlines()[-1]
            return int(line.split(b",", 1)[0])
        except (OSError, IndexError, ValueError):
            return 0

    def forget_after(self, step: int) -> None:
        """Drop scalars and previews after a step: a resumed run makes them again."""
        for path in (self.path / SCALARS, self.path / METRICS, self.path / TIMES):
            if not path.exists():
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines[1:] if line and float(line.split(",", 1)[0]) <= step]
            write_text(path, "\n".join([lines[0], *kept]) + "\n")
        for preview in self.previews():
            if int(preview.stem) > step:
                preview.unlink()

    def scalars(self, step: int, values: dict[str, float], columns: Sequence[str] = ()) -> None:
        """Append one row of losses; the columns are those of the first row, unless they are named."""
        self._append(SCALARS, step, values, columns)

    def metrics(self, step: int, values: dict[str, float]) -> None:
        """Append one row of what was evaluated."""
        self._append(METRICS, step, values)

    def clock(self, step: int) -> None:
        """Write down when a batch was done, in seconds since 1970."""
        self._append(TIMES, step, {"time": round(time.time(), 3)})

    def _append(self, name: str, step: int, values: dict[str, float], named: Sequence[str] = ()) -> None:
        path = self.path / name
        columns = self._columns.get(name)
        if columns is None:
            if path.exists():
                with path.open(encoding="utf-8") as file:
                    columns = next(csv.reader(file))[1:]
            else:
                columns = list(named or values)
                buffer = io.StringIO()
                csv.writer(buffer, lineterminator="\n").writerow(["step", *columns])
                write_text(path, buffer.getvalue())
            self._columns[name] = columns
        buffer = io.StringIO()
        row = [repr(values[column]) if column in values else "" for column in columns]
        csv.writer(buffer, lineterminator="\n").writerow([step, *row])
        with path.open("a", encoding="utf-8") as file:
            file.write(buffer.getvalue())


def last_checkpoint(where: Path) -> Path:
    """Return the last checkpoint of a run's folder; a file is returned as it is."""
    return RunFolder.open(where).checkpoint(LAST) if where.is_dir() else where


def next_run(project: Path, stem: str) -> Path:
    """Return where a project's next run goes: the first of stem-01, stem-02 ... that is not there."""
    number = 1
    while (out := project / "runs" / f"{stem}-{number:02d}").exists():
        number += 1
    return out


def runs_below(project: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return a project's runs with their configs, the newest first; those whose config cannot be read are left out."""
    found = []
    for path in sorted((project / "runs").glob(f"*/{CONFIG}"), key=lambda path: -path.stat().st_mtime):
        try:
            found.append((path.parent, RunFolder(path.parent).config))
        except RequestError as error:
            _log.warning("a run is left out: %s", error)
    return found
