"""A process that keeps a model loaded and answers at once; all but the newest waiting request are dropped."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from fairdesk.words import tr

IDLE_MS = 180_000  # it goes after so long without a request


class Resident(QObject):
    """Starts with the first request; `answered` brings each answer, `failed` tells that it died."""

    answered = Signal(object)
    failed = Signal(str)
    _line = Signal(str)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._process: subprocess.Popen[str] | None = None
        self._busy = False
        self._number = 0
        self._first: dict[str, Any] | None = None  # what loads the model; sent again after an idle end
        self._waiting: dict[str, Any] | None = None
        self._line.connect(self._on_line)
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self.close)

    def load(self, request: dict[str, Any]) -> None:
        """Load a model with a request of its own."""
        self._first = request
        self._ensure()
        self._send(request)

    def ask(self, request: dict[str, Any]) -> None:
        """Ask for something; a request that still waits is replaced."""
        if self._process is None and self._first is not None:
            self.load(self._first)
        if self._busy:
            self._waiting = request
        else:
            self._send(request)

    def _ensure(self) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fairdesk", "--resident", self._name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            )  # fmt: skip
            threading.Thread(target=self._read, args=(self._process,), daemon=True, name="resident").start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with contextlib.suppress(RuntimeError), process.stdout:  # the window may be gone before the process is
            for line in process.stdout:
                self._line.emit(line)
            self._line.emit("")
        process.wait()

    def _send(self, request: dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        self._number += 1
        self._busy = True
        self._idle.start()
        try:
            process.stdin.write(json.dumps({"id": self._number, **request}) + "\n")
            process.stdin.flush()
        except OSError:
            self._on_line("")

    @Slot(str)
    def _on_line(self, line: str) -> None:
        if not line:
            if self._busy and self._process is not None:
                self.failed.emit(
                    tr("The model process ended, perhaps for lack of memory. Change any setting to restart it.")
                )
            self._process, self._busy = None, False
            return
        self._busy = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._send(waiting)
        self.answered.emit(json.loads(line))

    @Slot()
    def close(self) -> None:
        """End the process."""
        process, self._process, self._busy, self._waiting = self._process, None, False, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            process.terminate()
