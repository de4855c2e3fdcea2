"""Watches what becomes of the open project's originals and of its files of embeddings, and tells it once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from fairdesk.faces.changed_originals import ChangedNow
from fairdesk.faces.originals_told import CHANGED, DAMAGED, MISSING
from fairdesk.gui.background import Background
from fairdesk.gui.notice import Notice
from fairdesk.gui.originals import (
    LOST,
    UNCHECKED,
    Originals,
    changed_notice,
    damaged_notice,
    looked_over,
    lost_notice,
    missing_notice,
    only_folder,
    unchecked_notice,
)
from fairdesk.gui.widgets.face_grid.badges import OriginalBadges
from fairdesk.project import Project
from fairdesk.project.originals import NONE_MISSING
from fairdesk.project.recipes import VectorSet
from fairdesk.words import tr

AGAIN_MS = 5000  # between two looks because a person came back
CHANGED_MS = 2000  # after a change of images, and at most so often
_BUSY_MS = 400  # until it is asked again whether the window has time
_TOPICS = (MISSING, CHANGED, DAMAGED, LOST, UNCHECKED)


class OriginalsWatch(QObject):
    """What has become of them, as far as it is known. Each topic has one notice, which follows what is so."""

    updated = Signal()  # something is other than before
    told = Signal(object)  # Notice
    no_longer = Signal(str, object)  # a notice's topic that is not so any more, and the Notice in its place, or None
    images_asked = Signal(list)  # ids of images to select: their originals cannot be read
    failed = Signal(object)  # the exception that ended a look

    def __init__(self, background: Background, ask: Callable[[str, dict[str, Any]], None], parent: QObject) -> None:
        """Look beside the window with `background`; `ask` opens a job's form with values filled in."""
        super().__init__(parent)
        self._background, self._ask = background, ask
        self._project: Project | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._look)
        self._since = QElapsedTimer()  # the last look
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._came_back)
        self._forget()

    def _forget(self) -> None:
        self.missing, self.changed = NONE_MISSING, ChangedNow()
        self.lost = list[tuple[VectorSet, int]]()  # embeddings that are lost with their file
        self.unchecked = list[tuple[VectorSet, int, str]]()  # embeddings without a checksum
        self.lost_shown = dict[str, int]()  # by recipe: those of them of images that are not hidden
        self._told_of = set[str]()  # topics whose notice stands
        self._told_paths = list[str]()

    def begin(self, project: Project) -> None:
        """Watch a project; tell at once of folders of originals that are not there."""
        self._forget()
        self._project = project
        gone = [root for root in project.roots().values() if not root.exists()]
        if gone:
            text = tr(
                "The originals are missing: {folders} is not there. Their thumbnails, labels and results stay.",
                folders=", ".join(map(str, gone)),
            )
            self.told.emit(self.of_missing(text))

    def end(self) -> None:
        """Watch no more: the project is about to close."""
        self._project = None
        self._soon.stop()

    def clear(self) -> None:
        """Take back all that was told."""
        for topic in _TOPICS:
            self.no_longer.emit(topic, None)

    def look_soon(self, after_ms: int = 0) -> None:
        """Look soon; asked again meanwhile, it looks once."""
        if self._project is not None and (not self._soon.isActive() or not after_ms):
            self._soon.start(after_ms)

    def after_job(self, told: list[str], *, unsure: bool) -> None:
        """Look again after a job that told of these paths, where something is amiss or the job leaves it `unsure`."""
        self._told_paths = told or self._told_paths
        if len(self.missing) or self._told_paths or {MISSING, DAMAGED} & self._told_of or unsure:
            self.look_soon()  # they may have moved, or be back

    def stepped(self) -> None:
        """After an undone or redone step what a job told of missing originals may be so no more (an import that was taken back): say what is missing alone."""
        if MISSING in self._told_of:
            self.no_longer.emit(MISSING, missing_notice(self.missing, self.find_moved))
            self.look_soon()

    @property
    def badges(self) -> OriginalBadges:
        """What cells say of their originals."""
        return OriginalBadges.of(self.missing, self.changed)

    @property
    def may_mend(self) -> bool:
        """Whether an embedding or a face that comes may end what is amiss."""
        return len(self.missing) > 0 or bool(self.lost or self.unchecked)

    @Slot(Qt.ApplicationState)
    def _came_back(self, state: Qt.ApplicationState) -> None:
        """Look when a person comes back to the window: files may have been moved meanwhile."""
        if state == Qt.ApplicationState.ApplicationActive and self._since.isValid():
            self.look_soon(max(0, AGAIN_MS - self._since.elapsed()))

    @Slot()
    def _look(self) -> None:
        project = self._project
        if project is not None and self._background.busy:  # what a tab shows comes first
            self._soon.start(_BUSY_MS)
        elif project is not None:
            self._since.start()
            told = tuple({*self._told_paths, *self.changed.paths, *self.changed.damaged_paths})
            self._background.read(
                "missing originals", lambda: looked_over(project, told), self._on_found, self.failed.emit
            )

    def _on_found(self, found: Originals) -> None:
        """Tell what is missing and what has changed, once; later the notice follows, where it still stands, and goes with the last of them."""
        earlier, now = self.changed, found.changed
        missing, lost, unchecked = len(self.missing) > 0, len(self.lost) > 0, len(self.unchecked) > 0
        if not found.missing.is_as(self.missing) or (MISSING in self._told_of and not len(found.missing)):
            self.missing = found.missing
            self._tell(MISSING, missing, missing_notice(found.missing, self.find_moved))
            self.updated.emit()
        stale = (CHANGED in self._told_of and not now.paths), (DAMAGED in self._told_of and not now.damaged)
        if now != earlier or any(stale):
            self.changed, self._told_paths = now, [*now.paths, *now.damaged_paths]
            if now[:3] != earlier[:3] or stale[0]:
                self._tell(CHANGED, len(earlier.paths) > 0, changed_notice(now, self._ask))
            if now[3:] != earlier[3:] or stale[1]:
                self._tell(DAMAGED, len(earlier.damaged) > 0, damaged_notice(now, self.show_damaged))
            self.updated.emit()
        if (found.lost, found.lost_shown) != (self.lost, self.lost_shown):
            self.lost, self.lost_shown = found.lost, found.lost_shown
            self._tell(LOST, lost, lost_notice(self.lost, self._ask))
            self.updated.emit()
        if found.unchecked != self.unchecked:
            self.unchecked = found.unchecked
            self._tell(UNCHECKED, unchecked, unchecked_notice(self.unchecked, self._ask))

    def _tell(self, topic: str, before: bool, notice: Notice | None) -> None:
        if before or notice is None:
            self.no_longer.emit(topic, notice)
        elif topic not in self._told_of:
            self.told.emit(notice)
        (self._told_of.discard if notice is None else self._told_of.add)(topic)

    def of_missing(self, text: str) -> Notice:
        """Say something of missing originals: in place of what was said of them, and until none is missing."""
        self._told_of.add(MISSING)
        return Notice(text, "error", tr("Find moved originals…"), self.find_moved, MISSING)

    def of_changed(self, text: str, folder: str) -> Notice:
        """Say something of originals of a folder that changed, until none is changed."""
        self._told_of.add(CHANGED)
        return Notice(text, "error", tr("Import again…"), lambda: self._ask("import", {"folder": folder}), CHANGED)

    def of_damaged(self, text: str) -> Notice:
        """Say something of originals that cannot be read, until all can."""
        self._told_of.add(DAMAGED)
        return Notice(text, "error", tr("Select them"), self.show_damaged, DAMAGED)

    def show_damaged(self) -> None:
        """Ask for the images whose originals cannot be read."""
        self.images_asked.emit(list(self.changed.damaged))

    def find_moved(self) -> None:
        """Ask where originals are now; the folder that holds those that are missing is filled in."""
        project = self._project
        if project is None:
            return
        gone = [str(root) for root in project.roots().values() if not Path(root).exists()]
        old = gone[0] if gone else self.missing.folder or only_folder(project)
        self._ask("relink", {"old": old} if old else {})
