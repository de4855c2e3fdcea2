"""The form: basic fields first, the others under Advanced in titled parts, what does not apply hidden."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QToolButton, QVBoxLayout, QWidget

from fairdesk.gui.widgets.parameter_form.editors import (
    default_of,
    field_title,
    make_editor,
    set_value,
    strip,
    value_of,
)
from fairdesk.gui.widgets.parameter_form.numbers import ChoiceBox
from fairdesk.gui.widgets.parameter_form.paths import PathEdit
from fairdesk.jobs.params import JobParams, ParamsError, parse
from fairdesk.words import tr


def has_default(model: type[JobParams], name: str) -> bool:
    """Whether a field need not be given."""
    return not model.model_fields[name].is_required()


class ParameterForm(QWidget):
    """Edits the fields of one model; `changed` fires with every change, `entered` with Enter in a path."""

    changed = Signal()
    entered = Signal()

    def __init__(
        self,
        model: type[JobParams],
        values: Mapping[str, Any],
        *,
        hide: Sequence[str] = (),
        offered: Mapping[str, Sequence[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        self._hidden = {name: values[name] for name in hide if name in values}
        self.editors: dict[str, QWidget] = {}
        self._rows: dict[str, tuple[QFormLayout, QWidget]] = {}
        self._titles: list[QLabel] = []
        self._offered = offered or {}
        fields = [
            name
            for name, field in model.model_fields.items()
            if name not in hide and not _is_constant(field.annotation)
        ]
        parts = {title: [name for name in fields if name in names] for title, names in model.sections.items()}
        parts = {title: names for title, names in parts.items() if names}
        self._advanced = [name for names in parts.values() for name in names]
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._add_rows(outer, [name for name in fields if name not in self._advanced], values)
        self.more = QToolButton()
        self.more.setCheckable(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setProperty("role", "section")
        self.more.toggled.connect(self._unfold)
        outer.addWidget(self.more)
        self._parts = QFrame()
        inner = QVBoxLayout(self._parts)
        inner.setContentsMargins(0, 0, 0, 0)
        for title, names in parts.items():
            heading = QLabel(tr(title))
            heading.setProperty("role", "heading")
            inner.addWidget(heading)
            self._add_rows(inner, names, values)
        outer.addWidget(self._parts)
        outer.addStretch()
        self.more.setVisible(bool(parts))
        width = max((title.sizeHint().width() for title in self._titles), default=0)
        for label in self._titles:  # one edge through all parts
            label.setMinimumWidth(width)
        self._unfold(False)
        self.changed.connect(self._on_changed)
        self._on_changed()

    def _add_rows(self, outer: QVBoxLayout, names: Sequence[str], values: Mapping[str, Any]) -> None:
        layout = QFormLayout()
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        outer.addLayout(layout)
        for name in names:
            field = self.model.model_fields[name]
            value = values.get(name)
            value = default_of(field) if value is None and name not in values else value
            editor = make_editor(name, field, value, self._offered.get(name, ()), self.changed.emit)
            if isinstance(editor, PathEdit):
                editor.entered.connect(self.entered)
            editor.setToolTip(tr(field.description or ""))
            editor.setAccessibleName(field_title(name, field))
            self.editors[name] = editor
            title = QLabel(field_title(name, field))
            title.setBuddy(editor)
            self._titles.append(title)
            row = _with_help(editor, tr(field.description or ""))
            layout.addRow(title, row)
            self._rows[name] = (layout, row)

    def _unfold(self, shown: bool) -> None:
        self._parts.setVisible(shown)
        self.more.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)

    def _counts(self, name: str) -> bool:
        """Whether a field means something with what is chosen now."""
        switch, values = self.model.only_for.get(name, ("", ()))
        editor = self.editors.get(switch)
        chosen = editor.chosen() if isinstance(editor, ChoiceBox) else self._hidden.get(switch)
        return chosen is None or chosen in values

    def _on_changed(self) -> None:
        for name in self.model.only_for.keys() & self.editors.keys():
            layout, row = self._rows[name]
            layout.setRowVisible(row, self._counts(name))
        others = sum(self._is_changed(name) for name in self._advanced)
        self.more.setText(tr("Advanced ({n} not at the default)", n=others) if others else tr("Advanced"))

    def _is_changed(self, name: str) -> bool:
        field = self.model.model_fields[name]
        value, default = value_of(self.editors[name], field), default_of(field)
        if isinstance(default, list):
            return self._counts(name) and (value or []) != default
        plain = default if isinstance(default, (bool, int, float)) or default is None else str(default)
        return self._counts(name) and value != plain

    def values(self) -> dict[str, Any]:
        """Return what the form holds, as plain values; empty optional fields are left out."""
        out: dict[str, Any] = dict(self._hidden)
        for name, editor in self.editors.items():
            value = value_of(editor, self.model.model_fields[name])
            if self._counts(name) and value is not None:
                out[name] = value
        return out

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Put values into the fields that are shown; a field that is not among them gets its default."""
        for name, editor in self.editors.items():
            field = self.model.model_fields[name]
            set_value(editor, field, values[name] if name in values else default_of(field))

    def set_hidden(self, name: str, value: Any) -> None:
        """Set a field that has no editor."""
        self._hidden[name] = value
        self.changed.emit()

    def problem(self) -> str | None:
        """Return what is wrong with the values, or None."""
        try:
            self.params()
        except ParamsError as error:
            lines = []
            for one in error.problems:
                field = self.model.model_fields.get(one.field or "")
                text = tr("is needed") if one.missing else one.text
                lines.append(f"{field_title(one.field or '', field)}: {text}" if field is not None else text)
            return "\n".join(lines)
        return None

    def params(self) -> JobParams:
        """Return the validated parameters. Raises `ParamsError`."""
        fields = self.model.model_fields
        return parse(self.model, {fields[name].alias or name: value for name, value in self.values().items()})


def _with_help(editor: QWidget, text: str) -> QWidget:
    """Return an editor with a line below it that says what it is."""
    row = QWidget()
    layout = QVBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 4)
    layout.setSpacing(2)
    layout.addWidget(editor)
    if text:
        line = QLabel(text)
        line.setProperty("role", "muted")
        line.setWordWrap(True)
        layout.addWidget(line)
    return row


def _is_constant(annotation: Any) -> bool:
    """Whether a field has one value only, such as the family of a GAN."""
    kind, optional = strip(annotation)
    return not optional and typing.get_origin(kind) is Literal and len(typing.get_args(kind)) == 1
