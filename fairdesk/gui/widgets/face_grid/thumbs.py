"""Thumbnails for the grid: decoded on a few threads, newest request first, bounded in bytes."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict

import apsw
from PySide6.QtCore import QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPixmap

from fairdesk.gui.pictures import decode, read_image
from fairdesk.project import Project
from fairdesk.project.image_queries import GridItem, Kind
from fairdesk.project.thumbnails import SIDE

_log = logging.getLogger(__name__)

Key = tuple[Kind, int]
BUDGET = 192_000_000  # bytes of pixmaps
THREADS = 2


class Thumbnails(QObject):
    """Gives pixmaps at once where it has them, and asks for the others."""

    ready = Signal(str, int)  # kind, id
    _decoded = Signal(object, str, int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._cache: OrderedDict[Key, QPixmap] = OrderedDict()
        self._bytes = 0
        self._stack: OrderedDict[Key, GridItem] = OrderedDict()  # the last is decoded first
        self._asked: set[Key] = set()
        self._missing: set[Key] = set()
        self._wake = threading.Condition()
        self._closing = False
        self._decoded.connect(self._keep)
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name=f"thumbnails {n}") for n in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def set_project(self, project: Project | None) -> None:
        """Forget everything and read from another project; the same one keeps what was read."""
        if project is self._project:
            return
        with self._wake:
            self._project = project
            self._stack.clear()
            self._asked.clear()
        self._cache.clear()
        self._missing.clear()
        self._bytes = 0

    def get(self, kind: Kind, item: GridItem) -> QPixmap | None:
        """Return a pixmap, or None and ask for it; `ready` tells when it came."""
        key = (kind, item.id)
        found = self._cache.get(key)
        if found is not None:
            self._cache.move_to_end(key)
            return found
        if key not in self._missing:
            with self._wake:
                self._stack[key] = item
                self._stack.move_to_end(key)
                while len(self._stack) > 400:  # far more than a screen: the oldest have scrolled away
                    self._stack.popitem(last=False)
                self._wake.notify()
        return None

    def is_missing(self, kind: Kind, number: int) -> bool:
        """Whether the picture could not be read."""
        return (kind, number) in self._missing

    @Slot(object, str, int, object)
    def _keep(self, project: Project, kind: Kind, number: int, image: QImage | None) -> None:
        if project is not self._project:  # another was opened while this was on its way
            return
        key = (kind, number)
        if image is None:
            self._missing.add(key)
        else:
            self._bytes -= _bytes_of(self._cache.pop(key, None))  # it was asked for twice
            self._cache[key] = pixmap = QPixmap.fromImage(image)
            self._bytes += _bytes_of(pixmap)
            while self._bytes > BUDGET and len(self._cache) > 1:
                self._bytes -= _bytes_of(self._cache.popitem(last=False)[1])
        self.ready.emit(kind, number)

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._stack and not self._closing:
                    self._wake.wait()
                if self._closing:
                    return
                key, item = self._stack.popitem(last=True)
                project = self._project
                if key in self._asked or project is None:
                    continue
                self._asked.add(key)
            image = load_thumbnail(project, key[0], item)
            with self._wake:
                self._asked.discard(key)
                if self._closing or project is not self._project:
                    continue
            self._decoded.emit(project, key[0], key[1], image)

    def close(self) -> None:
        """End the threads."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(2)


def _bytes_of(pixmap: QPixmap | None) -> int:
    return 0 if pixmap is None else pixmap.width() * pixmap.height() * 4


def load_thumbnail(project: Project, kind: Kind, item: GridItem) -> QImage | None:
    """Read a kept thumbnail, or make one from the original; None if that cannot be read."""
    try:
        jpeg = project.thumbnails.get(kind, item.id)
    except apsw.Error as error:  # the file can be made again: whatever is wrong with it, the original is there
        _log.warning("the thumbnail of %s %d cannot be read: %s", kind, item.id, error)
        jpeg = None
    if jpeg is not None:
        image = decode(jpeg, "jpeg")
        if not image.isNull():
            return image
    if kind == "face" and item.box is not None:
        top, right, bottom, left = item.box
        full, _ = read_image(item.path)
        if full.isNull():
            return None
        margin = (right - left) // 4
        area = QRect(left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin)
        image = full.copy(area.intersected(full.rect()))
        return image.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    image, _ = read_image(item.path, SIDE)
    return None if image.isNull() else image
