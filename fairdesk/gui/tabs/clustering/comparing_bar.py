"""How far comparing faces is, told by a thread to the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar

from fairdesk.errors import Stopped
from fairdesk.words import tr


class ComparingBar(QProgressBar):
    """Hidden until something is compared."""

    compared = Signal(int, int, int)  # which review, how much is done, of how much

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Comparing faces"))
        self.setTextVisible(False)
        self.hide()

    def teller(self, now: int, newest: Callable[[], int]) -> Callable[[int, int], None]:
        """Return what a thread says how far it is by; it is stopped there where the review (`now`) was closed."""

        def tell(done: int, of: int) -> None:
            if now != newest():
                raise Stopped
            self.compared.emit(now, done, of)

        return tell

    def put(self, done: int, of: int) -> None:
        """Show how much is done."""
        self.setMaximum(of)
        self.setValue(done)
        self.show()
