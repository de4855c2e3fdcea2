"""A question asked again and again while something is dragged: one at a time, and of those that wait only the newest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject

from fairdesk.gui.background import Background

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class LatestAnswer(QObject, Generic[Asked, Answer]):
    """Works answers out in the background."""

    def __init__(
        self, background: Background, work: Callable[[Asked], Answer], show: Callable[[Answer], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._background, self._work, self._show = background, work, show
        self._waiting: list[Asked] = []
        self._busy = False

    def ask(self, what: Asked) -> None:
        """Ask; what waited before is dropped."""
        self._waiting = [what]
        self._next()

    def _next(self) -> None:
        if self._busy or not self._waiting:
            return
        what = self._waiting.pop()
        self._busy = True
        self._background.read(self, lambda: self._work(what), self._arrived, self._failed)

    def _arrived(self, answer: Answer) -> None:
        self._busy = False
        if not self._waiting:
            self._show(answer)
        self._next()

    def _failed(self, error: BaseException) -> None:
        self._busy = False
        self._background.failed.emit(error)
        self._next()
