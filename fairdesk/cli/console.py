"""The context of jobs that run from the command line: progress on standard error, Ctrl-C and SIGTERM stop cleanly."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from fairdesk.at_once import end_soon
from fairdesk.cli.typeable import typeable
from fairdesk.errors import RequestError, Stopped, Terminated
from fairdesk.jobs.messages import duration
from fairdesk.project import Project
from fairdesk.words import tr

_EVERY = 5.0  # seconds between two lines where there is no terminal
_RATE_AFTER = 0.5  # seconds of work before a rate is known
_TOGETHER = 1.0  # seconds within which a second SIGTERM is the same request
_STOPS: dict[int, type[Stopped]] = {signal.SIGINT: Stopped, signal.SIGTERM: Terminated}


class ConsoleContext:
    """Shows a bar on a terminal, and a line now and then otherwise."""

    def __init__(self, project: Project | None = None, device: str = "cpu", *, quiet: bool = False) -> None:
        self.device = device
        self._project = project
        self._quiet = quiet
        self._stop: type[Stopped] | None = None
        self._asked = 0.0
        self._process = os.getpid()
        self._bar: Any = None
        self._task: Any = None
        self._unit = ""
        self._last = time.monotonic()
        self._started: tuple[float, int] | None = None

    @property
    def project(self) -> Project:
        """The open project."""
        if self._project is None:
            raise RequestError(tr("This needs a project. Make one with: fairdesk new PROJECT"))
        return self._project

    def __enter__(self) -> ConsoleContext:
        self._before = [(number, signal.signal(number, self._interrupt)) for number in _STOPS]
        return self

    def __exit__(self, *_error: object) -> None:
        for number, before in self._before:
            signal.signal(number, before)
        self._close()

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        if (
            number == signal.SIGTERM and os.getpid() != self._process
        ):  # a fork of this process: whoever ends it means it
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        now = time.monotonic()
        if self._stop is not None:
            if number == signal.SIGINT or now - self._asked > _TOGETHER:
                end_soon()
                raise KeyboardInterrupt
            return  # `timeout` and others send it to the process and then to its whole group
        self._stop, self._asked = _STOPS[number], now
        if number == signal.SIGTERM:
            self.message(tr("Stopping after this item: the system or another program asked for it ..."))
        else:
            self.message(tr("Stopping after this item (press Ctrl-C again to stop at once) ..."))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def progress(self, done: int, total: int, unit: str = "") -> None:
        """Show how far the job is, its rate and the time left."""
        if self._quiet:
            return
        if not unit and not total:  # it begins: its time is none of what is left
            self._close()
            self._started = None
            return
        if self._started is None or unit != self._unit or done < self._started[1]:
            self._close()
            self._started, self._unit = (time.monotonic(), done), unit
        if sys.stderr.isatty():
            self._show(done, total, unit)
            return
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            told, seconds, made = (
                tr("{done:,} of {total:,} {unit}", done=done, total=total, unit=unit),
                now - self._started[0],
                done - self._started[1],
            )
            if not total:
                told = tr("{work}: {time} so far", work=unit, time=duration(seconds))
            elif seconds > _RATE_AFTER and made > 0:
                told += tr(
                    ", {rate:,.1f}/s, {time} left",
                    rate=made / seconds,
                    time=duration((total - done) * seconds / made),
                )
            print(told, file=sys.stderr, flush=True)

    def _show(self, done: int, total: int, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        if self._bar is None:
            known = [MofNCompleteColumn()] if total else []
            left = [TimeRemainingColumn()] if total else []
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), *known, TextColumn("{task.fields[rate]}"), *left,
                console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self._bar.start()
            self._task = self._bar.add_task(unit, total=total or None, rate="")
        assert self._started is not None
        seconds = time.monotonic() - self._started[0]
        rate = f"{(done - self._started[1]) / seconds:,.1f}/s" if seconds > _RATE_AFTER else ""
        rate = rate if total else tr("{time} so far", time=duration(seconds))
        self._bar.update(self._task, completed=done, total=total or None, rate=rate)

    def scalar(self, name: str, step: int, value: float) -> None:
        """Curves are not shown on the command line; they are in the run's folder."""

    def message(self, text: str) -> None:
        """Print a message on standard error."""
        print(typeable(text), file=sys.stderr, flush=True)

    def artifact(self, path: Path) -> None:
        """Name a written file."""
        if not self._quiet:
            self.message(tr("Wrote {path}", path=path))

    def check(self) -> None:
        """Stop after Ctrl-C or SIGTERM."""
        if self._stop is not None:
            raise self._stop

    def asked(self, what: str) -> bool:
        """Nothing can be asked for on the command line while a verb runs."""
        return False
