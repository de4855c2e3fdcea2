"""A form made from a job's parameter model: one row a field, with its help and its limits."""

from __future__ import annotations

import contextlib
import shlex
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from fairdesk.errors import RequestError
from fairdesk.gui import async_glue
from fairdesk.jobs.params import JobParams, parse

_WORDS = {
    "data_b": "Data B",
    "env": "Variables",
    "fmr": "FMR",
    "gpu": "GPU",
    "mount": "More folders",
    "r1": "R1",
    "shm": "Shared memory",
    "where": "Only images of",
    "where_b": "B: only images of",
    "workdir": "Its folder",
    "pca": "PCA share",
    "eps": "Epsilon",
    "out": "Write to",
    "seed": "Seed",
    "faces": "Keep",
    "n_clusters": "Number of clusters",
}
_MARGINS = (5, 0, 0, 0)  # a spin box's own padding does not reach its text


def field_title(name: str, field: FieldInfo) -> str:
    """Return a field's name as a person reads it."""
    return _WORDS.get(name, (field.alias or name).replace("_", " ").capitalize())


class RealSpin(QDoubleSpinBox):
    """A number down to 10^-9, such as a learning rate, without the zeros behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(9)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.lineEdit().setTextMargins(*_MARGINS)

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        """Write the number as short as it is."""
        point = self.locale().decimalPoint()
        return self.locale().toString(value, "f", self.decimals()).rstrip("0").rstrip(point)


class PathEdit(QWidget):
    """A path with a button to browse for it."""

    changed = Signal()

    def __init__(self, pick: str, known: Sequence[str] = (), parent: QWidget | None = None) -> None:
        """`pick`: folder, file, save, or either (a folder or a file); `known` ones are offered in a list."""
        super().__init__(parent)
        self._save = pick == "save"
        self.chooses_folders = pick in ("folder", "either")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        box = QComboBox() if known else None
        if box is not None:
            box.setEditable(True)
            box.addItems(list(known))
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setCurrentIndex(-1)
        own = box.lineEdit() if box is not None else None
        self.edit = own if own is not None else QLineEdit()
        layout.addWidget(box if box is not None else self.edit, 1)
        titles = {"either": ("Folder…", "File…"), "folder": ("Browse…",)}.get(pick, ("", "Browse…"))
        for folder, title in zip((True, False), titles, strict=False):
            if title:
                browse = QPushButton(title)
                browse.clicked.connect(lambda _on=False, folder=folder: async_glue.start(self._browse(folder=folder)))
                layout.addWidget(browse)
        self.edit.textChanged.connect(self.changed)
        self.setFocusProxy(self.edit)

    async def _browse(self, *, folder: bool) -> None:
        if folder:
            found = await async_glue.choose_folder(self, "Choose a folder")
        else:
            found = await async_glue.choose_file(
                self, "Choose a file", "All files (*)", save="" if self._save else None
            )
        if found:
            self.edit.setText(found)


class ParameterForm(QWidget):
    """Edits the fields of one model; `changed` fires with every change."""

    changed = Signal()

    def __init__(
        self,
        model: type[JobParams],
        values: dict[str, Any],
        *,
        hide: tuple[str, ...] = (),
        choices: dict[str, list[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        self._choices = choices or {}
        self._hidden = {name: values[name] for name in hide if name in values}
        self.editors: dict[str, QWidget] = {}
        self._rows: dict[str, list[QWidget]] = {}
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, field in model.model_fields.items():
            if name in hide:
                continue
            editor = self._editor(name, field, values.get(name, None if field.is_required() else field.default))
            editor.setToolTip(field.description or "")
            editor.setAccessibleName(field_title(name, field))
            self.editors[name] = editor
            title = QLabel(field_title(name, field))
            title.setBuddy(editor)
            layout.addRow(title, editor)
            self._rows[name] = [editor]
            if field.description:
                help_line = QLabel(field.description)
                help_line.setProperty("role", "muted")
                help_line.setWordWrap(True)
                layout.addRow("", help_line)
                self._rows[name].append(help_line)
        self.changed.connect(self._show_what_counts)
        self._show_what_counts()

    def _counts(self, name: str) -> bool:
        """Whether a field means something with what is chosen now."""
        switch, values = self.model.only_for.get(name, ("", ()))
        editor = self.editors.get(switch)
        chosen = editor.currentText() if isinstance(editor, QComboBox) else self._hidden.get(switch)
        return chosen is None or chosen in values

    def _show_what_counts(self) -> None:
        layout = self.layout()
        assert isinstance(layout, QFormLayout)
        for name in self.model.only_for.keys() & self.editors.keys():
            for row in self._rows[name]:
                layout.setRowVisible(row, self._counts(name))

    def _editor(self, name: str, field: FieldInfo, value: Any) -> QWidget:
        kind, optional = _strip(field.annotation)
        if typing.get_origin(kind) is Literal:
            box = QComboBox()
            choices = [str(choice) for choice in typing.get_args(kind)]
            box.addItems((["(default)"] if optional else []) + choices)
            if value is not None:
                box.setCurrentText(str(value))
            box.currentTextChanged.connect(lambda _text: self.changed.emit())
            return box
        extra = field.json_schema_extra
        if self._choices.get(name) and kind is not Path:
            return self._suggestions(self._choices[name], value, optional=optional)
        if isinstance(extra, dict) and isinstance(extra.get("choices"), list):
            return self._suggestions(typing.cast(list[str], extra["choices"]), value, optional=optional)
        if kind is bool:
            check = QCheckBox()
            check.setChecked(bool(value))
            check.toggled.connect(lambda _on: self.changed.emit())
            return check
        if kind in (int, float) and not optional:
            return self._number(kind, field, value)
        if kind is Path:
            described = extra.get("pick") if isinstance(extra, dict) else None
            folder = name in ("folder", "old", "new") or (
                name == "out" and "folder" in (field.description or "").lower()
            )
            pick = str(described or ("folder" if folder else "save" if name == "out" else "file"))
            path = PathEdit(pick, self._choices.get(name, ()))
            path.edit.setText("" if value is None else str(value))
            path.edit.setPlaceholderText("(default)" if optional else "")
            path.changed.connect(self.changed)
            return path
        line = QLineEdit("" if value is None else _joined(value, kind) if isinstance(value, list) else str(value))
        line.setPlaceholderText("folder; folder; …" if _holds_paths(kind) else "(default)" if optional else "")
        line.textChanged.connect(lambda _text: self.changed.emit())
        return line

    def _suggestions(self, choices: list[str], value: Any, *, optional: bool) -> QWidget:
        """A box with known values where another may be typed."""
        box = QComboBox()
        box.setEditable(True)
        box.addItems((["(default)"] if optional else []) + [str(choice) for choice in choices])
        shown = shlex.join(value) if isinstance(value, list) else str(value)
        box.setCurrentText("(default)" if value is None and optional else shown)
        box.currentTextChanged.connect(lambda _text: self.changed.emit())
        return box

    def _number(self, kind: type, field: FieldInfo, value: Any) -> QWidget:
        low, high = -(2**31) + 1, 2**31 - 1
        for limit in field.metadata:
            if isinstance(limit, (Ge, Gt)):
                low = float(limit.ge if isinstance(limit, Ge) else limit.gt)  # type: ignore[arg-type, assignment]
            elif isinstance(limit, (Le, Lt)):
                high = float(limit.le if isinstance(limit, Le) else limit.lt)  # type: ignore[arg-type, assignment]
        if kind is int:
            spin = QSpinBox()
            spin.lineEdit().setTextMargins(*_MARGINS)
            spin.setRange(int(low), int(min(high, 2**31 - 1)))
            spin.setGroupSeparatorShown(True)
            spin.setValue(int(value or 0))
            spin.valueChanged.connect(lambda _v: self.changed.emit())
            return spin
        real = RealSpin()
        real.setRange(low, high)
        real.setValue(float(value or 0))
        real.valueChanged.connect(lambda _v: self.changed.emit())
        return real

    def values(self) -> dict[str, Any]:
        """Return what the form holds, as plain values; empty optional fields are left out."""
        out: dict[str, Any] = dict(self._hidden)
        for name, editor in self.editors.items():
            if not self._counts(name):
                continue
            field = self.model.model_fields[name]
            kind, optional = _strip(field.annotation)
            value: Any
            if isinstance(editor, QComboBox):
                value = None if optional and editor.currentText() == "(default)" else editor.currentText().strip()
                if typing.get_origin(kind) is list and value is not None:
                    value = _listed(value, kind)
            elif isinstance(editor, QCheckBox):
                value = editor.isChecked()
            elif isinstance(editor, (QSpinBox, QDoubleSpinBox)):
                value = editor.value()
            elif isinstance(editor, PathEdit):
                value = editor.edit.text().strip() or None
            else:
                assert isinstance(editor, QLineEdit)
                text = editor.text().strip()
                listed = typing.get_origin(kind) is list
                value = _listed(text, kind) if listed else text or None
            if value is not None:
                out[name] = value
        return out

    def set_hidden(self, name: str, value: Any) -> None:
        """Set a field that has no editor."""
        self._hidden[name] = value
        self.changed.emit()

    def problem(self) -> str | None:
        """Return what is wrong with the values, or None."""
        try:
            self.params()
        except RequestError as error:
            lines = []
            for line in str(error).splitlines():
                option, _, text = line.partition(": ")
                name = option.removeprefix("--").replace("-", "_")
                field = self.model.model_fields.get(name)
                text = "is needed" if text.startswith("Field required") else text
                lines.append(f"{field_title(name, field)}: {text}" if field else line)
            return "\n".join(lines)
        return None

    def params(self) -> JobParams:
        """Return the validated parameters. Raises `RequestError`."""
        fields = self.model.model_fields
        return parse(self.model, {fields[name].alias or name: value for name, value in self.values().items()})


def _holds_paths(kind: Any) -> bool:
    return Path in typing.get_args(kind)


def _joined(values: list[Any], kind: Any) -> str:
    if str in typing.get_args(kind):
        return shlex.join(values)
    return ("; " if _holds_paths(kind) else ", ").join(map(str, values))


def _listed(text: str, kind: Any) -> list[str] | None:
    """Split a list: paths at semicolons (they may hold blanks), words as a shell does, numbers at commas and blanks."""
    if str in typing.get_args(kind):
        with contextlib.suppress(ValueError):
            return shlex.split(text) or None
    parts = text.split(";") if _holds_paths(kind) else text.replace(",", " ").split()
    return [part.strip() for part in parts if part.strip()] or None


def _strip(annotation: Any) -> tuple[Any, bool]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(a for a in typing.get_args(annotation) if a is not type(None)), True
    return annotation, False
