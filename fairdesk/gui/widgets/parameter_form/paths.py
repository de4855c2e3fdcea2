"""The editor of a path: a line, buttons to browse, and the paths that are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from fairdesk.gui import async_glue
from fairdesk.gui.widgets.parameter_form.numbers import ChoiceBox
from fairdesk.jobs.fields import Pick
from fairdesk.words import mark, tr

_BUTTONS = {
    Pick.FOLDER: ((True, mark("Browse…")),),
    Pick.FILE: ((False, mark("Browse…")),),
    Pick.EITHER: ((True, mark("Folder…")), (False, mark("File…"))),
    Pick.NEW_FOLDER: ((True, mark("Browse…")),),
    Pick.NEW_FILE: ((False, mark("Browse…")),),
}


class PathEdit(QWidget):
    """A path; a file or folder can be dropped on it. `entered` fires with the Enter key."""

    changed = Signal()
    entered = Signal()

    def __init__(
        self,
        pick: Pick,
        known: Sequence[str] = (),
        *,
        unset: str = "",
        kinds: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._pick, self._kinds = pick, kinds
        self.chooses_folders = any(folder for folder, _ in _BUTTONS[pick])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        box = ChoiceBox(list(known), unset, editable=True) if known else None
        own = box.lineEdit() if box is not None else None
        self.edit = own if own is not None else QLineEdit()
        self.edit.setPlaceholderText(unset)
        layout.addWidget(box if box is not None else self.edit, 1)
        for folder, title in _BUTTONS[pick]:
            browse = QPushButton(tr(title))
            browse.clicked.connect(lambda _on=False, folder=folder: async_glue.start(self._browse(folder=folder)))
            layout.addWidget(browse)
        self.edit.textChanged.connect(self.changed)
        self.edit.returnPressed.connect(self.entered)
        self.edit.setAcceptDrops(False)
        self.setAcceptDrops(True)
        self.setFocusProxy(self.edit)

    async def _browse(self, *, folder: bool) -> None:
        if folder:
            found = await async_glue.choose_folder(self, tr("Choose a folder"))
        else:
            save = next(iter(self._kinds), "").removeprefix(".") if self._pick is Pick.NEW_FILE else None
            found = await async_glue.choose_file(self, tr("Choose a file"), self._filter(), save=save)
        if found:
            self.edit.setText(found)

    def _filter(self) -> str:
        every = tr("All files (*)")
        wanted = " ".join(f"*{kind}" for kind in self._kinds)
        return f"{tr('Files of this kind ({endings})', endings=wanted)};;{every}" if wanted else every

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.edit.setText(str(paths[0]))
