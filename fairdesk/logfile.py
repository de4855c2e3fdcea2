"""The program's own log, in the user's state folder.

No photograph's path and no person's name is written to it but what the text of an exception says.
"""

from __future__ import annotations

import faulthandler
import logging
import platform
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout

from fairdesk.state_folder import state_folder
from fairdesk.words import tr

_BYTES, _OLDER = 1_000_000, 4  # of one file, and how many older ones are kept
_MOST = 9  # programs that write at once
_NAMED = ("PySide6-Essentials", "torch", "onnxruntime", "numpy", "apsw", "psutil")


def log_folder() -> Path:
    """Return where the log is."""
    return state_folder("log")


class LogFile:
    """The log of this process, until it is closed. Of several processes each writes a file of its own."""

    def __init__(self, what: str, *, debug: bool = False) -> None:
        self.path: Path | None = None
        self._lock: FileLock | None = None
        self._handler: RotatingFileHandler | None = None
        self._crashes: TextIO | None = None
        self._root = logging.getLogger()
        self._own = logging.getLogger("fairdesk")
        try:
            self._open()
        except OSError as error:  # a full or read-only home: the work goes on without a log
            self._own.warning("there will be no log: %s", error)
            return
        self._own.setLevel(logging.DEBUG if debug else logging.INFO)
        self._own.info("%s begins", what)

    def tell_versions(self) -> None:
        """Write down what runs here. Looking the versions up takes a while: the window does it once it is shown."""
        self._own.info("; ".join(versions()))

    def _open(self) -> None:
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, _MOST + 1):
            name = "fairdesk" if number == 1 else f"fairdesk-{number}"
            lock = FileLock(folder / f".{name}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            self._lock, self.path = lock, folder / f"{name}.log"
            self._handler = RotatingFileHandler(self.path, maxBytes=_BYTES, backupCount=_OLDER, encoding="utf-8")
            self._handler.setFormatter(
                logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
            )
            self._root.addHandler(self._handler)
            self._crashes = (folder / f"{name}-crash.log").open("a", encoding="utf-8")
            return

    def catch_crashes(self) -> None:
        """Let a crash of the process itself, which no Python code sees, leave its stack beside the log."""
        if self._crashes is not None:
            faulthandler.enable(self._crashes)

    def answers(self, within: float = 30.0) -> None:
        """Say that this process answers; if it does not say so again within some seconds, its stacks are written there."""
        if self._crashes is not None:
            faulthandler.dump_traceback_later(within, file=self._crashes)

    def close(self) -> None:
        """Write no more."""
        if self._handler is not None:
            self._own.info("ends")
            self._root.removeHandler(self._handler)
            self._handler.close()
            self._handler = None
        if self._crashes is not None:
            faulthandler.cancel_dump_traceback_later()
            if faulthandler.is_enabled():
                faulthandler.disable()
            self._crashes.close()
            path, self._crashes = Path(self._crashes.name), None
            if not path.stat().st_size:
                path.unlink()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def versions() -> list[str]:
    """Return what runs here, a line each: this program, Python, the system, and the libraries that matter."""
    from importlib.metadata import PackageNotFoundError, version

    from fairdesk import __version__

    found = [f"FairDesk {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for name in _NAMED:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(tr("{name} is missing", name=name))
    return found


def tail(path: Path, lines: int = 400) -> str:
    """Return the last lines of a log."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
