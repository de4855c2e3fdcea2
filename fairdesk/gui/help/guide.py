"""The guide in a window of the program: its chapters, its text, and a search. Nothing is fetched."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from fairdesk.assets import asset
from fairdesk.gui.pictures import read_image
from fairdesk.words import tr

# Each tab's chapter of docs/guide.md, by the number that its heading begins with.
CHAPTERS = {"dataset": 2, "clustering": 3, "metrics": 4, "generation": 5, "training": 6}
_PICTURE_WIDTH = 640


class _Pages(QTextBrowser):
    """Shows local files only, and no picture wider than the page."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: N802
        place = self.source().resolved(QUrl(name))
        if not place.isLocalFile():
            return None
        if kind == QTextDocument.ResourceType.ImageResource.value:
            image, _ = read_image(place.toLocalFile())
            return image.scaledToWidth(_PICTURE_WIDTH) if image.width() > _PICTURE_WIDTH else image
        return super().loadResource(kind, name)


class GuideWindow(QDialog):
    """docs/guide.md, beside the window it is about."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Guide"))
        self.setModal(False)
        self.pages = _Pages()
        self.pages.setOpenLinks(False)
        self.pages.document().setDocumentMargin(16)
        self.chapters = QListWidget()
        self.chapters.setAccessibleName(tr("Chapters"))
        self.search = QLineEdit(placeholderText=tr("Find in the guide (Ctrl+F)"), clearButtonEnabled=True)
        self.found = QLabel()
        self.found.setProperty("role", "muted")
        earlier, later = QPushButton(tr("Previous")), QPushButton(tr("Next"))
        for button in (earlier, later):
            button.setAutoDefault(False)
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.found)
        top.addWidget(earlier)
        top.addWidget(later)
        split = QSplitter()
        split.addWidget(self.chapters)
        split.addWidget(self.pages)
        split.setStretchFactor(1, 1)
        split.setSizes([210, 720])
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(split, 1)
        self.resize(940, 680)
        self.pages.setSource(
            QUrl.fromLocalFile(str(asset("docs", "guide.md"))), QTextDocument.ResourceType.MarkdownResource
        )
        self._wrap_code()
        self._headings = [block for block in self._blocks() if block.blockFormat().headingLevel() > 1]
        self.chapters.addItems(["    " * (one.blockFormat().headingLevel() - 2) + one.text() for one in self._headings])
        self.chapters.currentRowChanged.connect(self._go)
        self.search.textChanged.connect(self._from_the_top)
        self.search.returnPressed.connect(self.find_next)
        later.clicked.connect(self.find_next)
        earlier.clicked.connect(lambda: self.find_next(back=True))
        QShortcut(QKeySequence.StandardKey.Find, self, self._focus_search)
        QShortcut(QKeySequence.StandardKey.FindNext, self, self.find_next)

    def _blocks(self) -> list[QTextBlock]:
        found, block = [], self.pages.document().begin()
        while block.isValid():
            found.append(block)
            block = block.next()
        return found

    def _wrap_code(self) -> None:
        """Let lines of code break too: nothing scrolls sideways."""
        for block in self._blocks():
            if block.blockFormat().nonBreakableLines():
                form = block.blockFormat()
                form.setNonBreakableLines(False)
                QTextCursor(block).setBlockFormat(form)

    def show_chapter(self, tab: str) -> None:
        """Turn to a tab's chapter."""
        start = f"{CHAPTERS.get(tab, 1)}."
        row = next((row for row, heading in enumerate(self._headings) if heading.text().startswith(start)), 0)
        self.chapters.setCurrentRow(row)
        self._go(row)

    @Slot(int)
    def _go(self, row: int) -> None:
        if 0 <= row < len(self._headings):
            block = self._headings[row]
            self.pages.setTextCursor(QTextCursor(block))
            layout = self.pages.document().documentLayout()
            self.pages.verticalScrollBar().setValue(int(layout.blockBoundingRect(block).top()))

    def _focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _from_the_top(self) -> None:
        self.pages.moveCursor(QTextCursor.MoveOperation.Start)
        self.find_next()

    def find_next(self, *, back: bool = False) -> None:
        """Go to the next place that has the words of the search, round the end."""
        words = self.search.text()
        flags = QTextDocument.FindFlag.FindBackward if back else QTextDocument.FindFlag(0)
        there = bool(words) and self.pages.find(words, flags)
        if words and not there:
            end = QTextCursor.MoveOperation.End if back else QTextCursor.MoveOperation.Start
            self.pages.moveCursor(end)
            there = self.pages.find(words, flags)
        self.found.setText(tr("Not found") if words and not there else "")
