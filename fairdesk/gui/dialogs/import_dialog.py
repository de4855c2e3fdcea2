"""Import: choose a folder, scan it, see what was found, then import it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from fairdesk import counted
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.results import ImportResult
from fairdesk.dataset.table_files import is_table, read_head
from fairdesk.dataset.tables import Table
from fairdesk.gui import async_glue
from fairdesk.gui.jobs.preview import PreviewRun, told
from fairdesk.gui.jobs.state import JobState
from fairdesk.gui.session import Session
from fairdesk.gui.widgets.column_map import ColumnMap
from fairdesk.gui.widgets.parameter_form.form import ParameterForm
from fairdesk.jobs.results import Unreadable
from fairdesk.words import tr, tr_n


class ImportDialog(QDialog):
    """`values` holds the parameters once the preview was accepted."""

    def __init__(self, session: Session, folder: Path | None, parent: QWidget, *, layout: str = "auto") -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Import images"))
        self._session = session
        self.looking = PreviewRun(session, self)
        self.looking.ended.connect(self._on_looked)
        self._unreadable: list[Unreadable] = []
        self.values: dict[str, Any] | None = None
        self.form = ParameterForm(
            ImportParams, ({"folder": str(folder)} if folder else {}) | {"layout": layout}, hide=("columns", "base")
        )
        self.columns = ColumnMap("labels")
        self.columns.hide()
        self._table: Path | None = None
        self.preview = QLabel(tr("Choose a folder, an archive or a table, then scan it. Nothing is written yet."))
        self.preview.setWordWrap(True)
        frame = QFrame()
        frame.setProperty("role", "card")
        inner = QVBoxLayout(frame)
        inner.addWidget(self.preview)
        inner.addWidget(self.looking)
        self.details = QPushButton(tr("Show unreadable files"))
        self.details.hide()
        inner.addWidget(self.details)
        self.look = QPushButton(tr("Scan"))
        self.accept_button = QPushButton(tr("Import"))
        self.accept_button.setProperty("primary", True)
        cancel = QPushButton(tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.addStretch()
        for button in (cancel, self.look, self.accept_button):
            buttons.addWidget(button)
        outer = QVBoxLayout(self)
        outer.addWidget(self.form)
        outer.addWidget(self.columns)
        outer.addWidget(frame)
        outer.addStretch()
        outer.addLayout(buttons)
        self.resize(600, 520)
        self.accept_button.setEnabled(False)
        self.form.changed.connect(self._changed)
        self.form.entered.connect(self._look)
        self.columns.changed.connect(lambda: self.form.set_hidden("columns", self.columns.words()))
        self.look.clicked.connect(self._look)
        self.accept_button.clicked.connect(self._accept)
        self.details.clicked.connect(lambda: async_glue.start(self._show_unreadable()))
        cancel.clicked.connect(self.reject)
        self._changed()
        if folder is not None:
            self._look()

    def _find_table(self) -> None:
        """Offer the columns of the table that is given as the list of images, or for its labels."""
        values = self.form.values()
        given = [Path(str(values[name])).expanduser() for name in ("folder", "labels") if values.get(name)]
        table = next((path for path in given if is_table(path) and path.is_file()), None)
        if table == self._table:
            return
        self._table = table
        self.columns.setVisible(table is not None)
        if table is None:
            self.form.set_hidden("columns", None)
        else:
            self._session.background.read("columns", lambda: read_head(table), self._show_columns)

    def _show_columns(self, table: Table) -> None:
        self.columns.show_table(table)
        self.resize(self.width(), max(self.height(), self.sizeHint().height()))

    def _changed(self) -> None:
        self.looking.drop()
        self._find_table()
        problem = self.form.problem()
        self.look.setEnabled(problem is None)
        self.accept_button.setEnabled(False)
        self.details.hide()
        self.preview.setText(problem or tr("Scan it to see its contents. Nothing is written yet."))

    def _look(self) -> None:
        if self.form.problem() is None:
            self.look.setEnabled(False)
            self.preview.setText(tr("Scanning the folder …"))
            self.looking.start("inspect", self.form.params().model_dump(mode="json", by_alias=True))

    @Slot(object)
    def _on_looked(self, job: JobState) -> None:
        result = job.typed_result()
        if not isinstance(result, ImportResult):
            self.look.setEnabled(True)
            self.preview.setText(told(job))
            return
        self._unreadable = result.unreadable
        self.details.setVisible(bool(self._unreadable))
        self.preview.setText(self._session.said(describe(result)))
        self.accept_button.setEnabled(result.new > 0 or result.renewed > 0 or bool(self._unreadable))
        text = tr_n("Import {n:,} image", "Import {n:,} images", result.new)
        if result.renewed and not result.new:
            text = tr_n("Take {n:,} changed image", "Take {n:,} changed images", result.renewed)
        elif result.renewed:
            text += tr(", take {n:,} changed", n=result.renewed)
        self.accept_button.setText(text)
        self.accept_button.setFocus()

    def _accept(self) -> None:
        self.values = self.form.params().model_dump(mode="json", by_alias=True)
        self.accept()

    async def _show_unreadable(self) -> None:
        from fairdesk.gui.dialogs.table_dialog import TableDialog

        rows = [(one.path, one.why) for one in self._unreadable]
        await async_glue.finished(TableDialog(tr("Files that cannot be read"), (tr("File"), tr("Why")), rows, self))


def describe(found: ImportResult) -> str:
    """Say what the scan found in a folder."""
    layouts = {
        "flat": tr("images without identities"), "identity": tr("one folder per identity"),
        "group-identity": tr("groups that contain one folder per identity"), "manifest": tr("a table of images"),
    }  # fmt: skip
    lines = [
        tr("Layout: {layout}.", layout=layouts[found.layout]),
        tr(
            "{images} ({those}), {identities}.",
            images=counted.images(found.images),
            those=tr("{new:,} new, {changed:,} changed", new=found.new, changed=found.renewed)
            if found.renewed
            else tr("{new:,} new", new=found.new),
            identities=counted.identities(found.identities),
        ),
    ]
    if found.groups:
        lines.append(
            tr("Groups: {groups}", groups=", ".join(f"{name} ({count:,})" for name, count in found.groups.items()))
        )
    if found.shared_names:
        names = found.shared_names
        lines.append(
            tr(
                "{count} names occur under several groups ({names}). "
                "Are they the same people? “Shared names” above decides: separate keeps them apart, join makes them one.",
                count=len(names),
                names=", ".join(names[:3]) + (" …" if len(names) > 3 else ""),
            )
        )
    if found.labels:
        lines.append(
            tr(
                "Labels: {labels}",
                labels=", ".join(
                    tr("{kind} of {count:,}", kind=tr(kind), count=count) for kind, count in found.labels.items()
                ),
            )
        )
    lines += [*filter(None, [found.doubled_text]), *found.notes]
    if found.synthetic:
        lines.append(
            tr_n(
                "{n:,} image is marked synthetic and stays marked.",
                "{n:,} images are marked synthetic and stay marked.",
                found.synthetic,
            )
        )
    if found.unreadable:
        lines.append(
            tr_n(
                "{n:,} file cannot be read; it is listed and skipped.",
                "{n:,} files cannot be read; they are listed and skipped.",
                len(found.unreadable),
            )
        )
    return "\n".join(lines)
