"""Designer forms, loaded at run time into annotated classes that check every name and type."""

from __future__ import annotations

import typing

from PySide6.QtCore import QFile, QIODevice, QObject
from PySide6.QtGui import QAction
from PySide6.QtUiTools import QUiLoader
from PySide6.QtWidgets import QLayout, QWidget

from fairdesk.assets import asset


class _Loader(QUiLoader):
    """Builds the form into an existing widget instead of a new one."""

    def __init__(self, base: QWidget, custom: tuple[type[QWidget], ...]) -> None:
        super().__init__()
        self._base = base
        self._custom = {kind.__name__: kind for kind in custom}

    def createWidget(self, className: str, parent: QWidget | None = None, name: str = "") -> QWidget:  # noqa: N802, N803
        if parent is None:
            return self._base
        kind = self._custom.get(className)
        if kind is None:
            return super().createWidget(className, parent, name)
        widget = kind(parent)
        widget.setObjectName(name)
        return widget


def load_form(widget: QWidget, file: str, custom: tuple[type[QWidget], ...] = ()) -> None:
    """Fill a widget from `ui/<file>` and bind the class's annotated children.

    Every annotation of a widget, layout or action type must be the name of a child of that type.

    Raises
    ------
    TypeError
        Naming the form, the child, and what was found instead.
    """
    path = asset("ui", file)
    source = QFile(str(path))
    if not source.open(QIODevice.OpenModeFlag.ReadOnly):
        raise FileNotFoundError(f"cannot open {path}")
    _Loader(widget, custom).load(source)
    source.close()
    bind(widget, file)


def bind(widget: QWidget, file: str) -> None:
    """Set each annotated child of a loaded form as an attribute, checking its type."""
    for name, kind in typing.get_type_hints(type(widget)).items():
        if not (isinstance(kind, type) and issubclass(kind, (QWidget, QLayout, QAction))) or name.startswith("_"):
            continue
        found = widget.findChild(QObject, name)
        if not isinstance(found, kind):
            what = "is missing" if found is None else f"is {type(found).__name__}"
            raise TypeError(f"{file}: {name} {what}, {type(widget).__name__} wants {kind.__name__}")
        setattr(widget, name, found)
