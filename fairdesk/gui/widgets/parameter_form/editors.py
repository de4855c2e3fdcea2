"""Which editor a field gets: by its type, and by what its annotation says it is."""

from __future__ import annotations

import contextlib
import shlex
import types
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from fairdesk.gui.widgets.parameter_form.numbers import ChoiceBox, RealSpin, WholeSpin
from fairdesk.gui.widgets.parameter_form.paths import PathEdit
from fairdesk.jobs.fields import Endings, Pick, Suggest, Unset, said, title_of
from fairdesk.words import tr

_LARGEST = 2**31 - 1


def strip(annotation: Any) -> tuple[Any, bool]:
    """Strip Annotated and Optional; return the type and whether it may be None."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(a for a in typing.get_args(annotation) if a is not type(None)), True
    return annotation, False


def field_title(name: str, field: FieldInfo) -> str:
    """Return a field's name as a person reads it."""
    return tr(title_of(name, field))


def default_of(field: FieldInfo) -> Any:
    """Return the value of a field that nobody has set; None for one that has to be given."""
    found = field.get_default(call_default_factory=True)
    return None if found is PydanticUndefined else found


def make_editor(
    name: str, field: FieldInfo, value: Any, offered: Sequence[str], changed: Callable[[], None]
) -> QWidget:
    """Return the widget that edits a field, with its value; `changed` is called with every change."""
    kind, optional = strip(field.annotation)
    unset = said(field, Unset)
    told = tr(unset.means) if unset is not None else tr("not set") if optional else ""
    if typing.get_origin(kind) is Literal:
        box = ChoiceBox([str(choice) for choice in typing.get_args(kind)], told if optional else None)
        box.choose(None if value is None else str(value))
        box.currentTextChanged.connect(lambda _text: changed())
        return box
    if kind is bool:
        check = QCheckBox()
        check.setChecked(bool(value))
        check.toggled.connect(lambda _on: changed())
        return check
    if kind in (int, float) and not optional:
        return _number(kind, field, value, changed)
    if kind is Path:
        endings = said(field, Endings)
        path = PathEdit(said(field, Pick) or Pick.FILE, offered, unset=told, kinds=endings.kinds if endings else ())
        path.edit.setText("" if value is None else str(value))
        path.changed.connect(changed)
        return path
    suggested = said(field, Suggest)
    known = [*offered, *(one for one in (suggested.values if suggested is not None else ()) if one not in offered)]
    text = None if value is None else joined(value, kind) if isinstance(value, list) else str(value)
    if known:
        box = ChoiceBox(known, told, editable=True)
        box.choose(text)
        box.currentTextChanged.connect(lambda _text: changed())
        return box
    line = QLineEdit(text or "")
    line.setPlaceholderText(tr("folder; folder; …") if holds_paths(kind) else told)
    line.textChanged.connect(lambda _text: changed())
    return line


def _number(kind: type, field: FieldInfo, value: Any, changed: Callable[[], None]) -> QWidget:
    low, high = float(-_LARGEST), float(_LARGEST)
    for limit in field.metadata:
        if isinstance(limit, (Ge, Gt)):
            low = float(str(limit.ge if isinstance(limit, Ge) else limit.gt))
        elif isinstance(limit, (Le, Lt)):
            high = float(str(limit.le if isinstance(limit, Le) else limit.lt))
    if kind is int:
        spin = WholeSpin()
        spin.setRange(int(low), int(min(high, _LARGEST)))
        spin.setValue(int(value or 0))
        spin.valueChanged.connect(lambda _value: changed())
        return spin
    real = RealSpin()
    real.setRange(low, high)
    real.setValue(float(value or 0))
    real.valueChanged.connect(lambda _value: changed())
    return real


def value_of(editor: QWidget, field: FieldInfo) -> Any:
    """Return what an editor holds as a plain value; None where it is empty."""
    kind, _ = strip(field.annotation)
    is_list = typing.get_origin(kind) is list
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    if isinstance(editor, (QSpinBox, QDoubleSpinBox)):
        return editor.value()
    if isinstance(editor, ChoiceBox):
        chosen = editor.chosen()
        return listed(chosen, kind) if is_list and chosen is not None else chosen
    if isinstance(editor, PathEdit):
        return editor.edit.text().strip() or None
    assert isinstance(editor, QLineEdit)
    text = editor.text().strip()
    return listed(text, kind) if is_list else text or None


def set_value(editor: QWidget, field: FieldInfo, value: Any) -> None:
    """Put a plain value into an editor."""
    kind, _ = strip(field.annotation)
    text = "" if value is None else joined(value, kind) if isinstance(value, list) else str(value)
    if isinstance(editor, QCheckBox):
        editor.setChecked(bool(value))
    elif isinstance(editor, (QSpinBox, QDoubleSpinBox)):
        editor.setValue(value or 0)
    elif isinstance(editor, ChoiceBox):
        editor.choose(text or None)
    elif isinstance(editor, PathEdit):
        editor.edit.setText(text)
    else:
        assert isinstance(editor, QLineEdit)
        editor.setText(text)


def holds_paths(kind: Any) -> bool:
    """Whether a list is of paths."""
    return Path in typing.get_args(kind)


def joined(values: list[Any], kind: Any) -> str:
    """Write a list in one line, as `listed` reads it."""
    if str in typing.get_args(kind):
        return shlex.join(values)
    return ("; " if holds_paths(kind) else ", ").join(map(str, values))


def listed(text: str, kind: Any) -> list[str] | None:
    """Split a list: paths at semicolons (they may hold blanks), words as a shell does, numbers at commas and blanks."""
    if str in typing.get_args(kind):
        with contextlib.suppress(ValueError):  # an open quotation mark: the words as they stand
            return shlex.split(text) or None
    parts = text.split(";") if holds_paths(kind) else text.replace(",", " ").split()
    return [part.strip() for part in parts if part.strip()] or None
