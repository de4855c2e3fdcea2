"""Colours and icons, light and dark, from `resources/theme/tokens.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from string import Template

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from fairdesk.assets import asset
from fairdesk.gui.plain_style import PlainStyle

Tokens = dict[str, str]


@cache
def _all_tokens() -> dict[str, Tokens]:
    return tomllib.loads(asset("resources", "theme", "tokens.toml").read_text(encoding="utf-8"))


class Theme(QObject):
    """The theme in use; `changed` fires after every switch, also of the system's."""

    changed = Signal()

    def __init__(self, application: QApplication, wanted: str) -> None:
        super().__init__(application)
        self._app = application
        self.wanted = wanted
        application.setStyle(PlainStyle())
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.apply(wanted)

    def _system_changed(self) -> None:
        if self.wanted == "system":
            self.apply("system")

    @property
    def dark(self) -> bool:
        """Whether the dark colours are in use."""
        if self.wanted == "system":
            return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self.wanted == "dark"

    @property
    def tokens(self) -> Tokens:
        """The named colours in use."""
        return _all_tokens()["dark" if self.dark else "light"]

    def apply(self, wanted: str) -> None:
        """Switch to "light", "dark" or "system"."""
        self.wanted = wanted
        tokens = self.tokens
        self._app.setPalette(_palette(tokens))
        sheet = Template(asset("resources", "theme", "window.qss").read_text(encoding="utf-8"))
        self._app.setStyleSheet(sheet.substitute(tokens, icons=asset("resources", "icons").as_posix()))
        _icon.cache_clear()
        self.changed.emit()

    def icon(self, name: str) -> QIcon:
        """Return an icon in the theme's text colour."""
        return _icon(name, self.tokens["text"], self.tokens["muted"])


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, roles in {
        "window": (role.Window,), "base": (role.Base, role.ToolTipBase), "alternate": (role.AlternateBase,),
        "text": (role.Text, role.WindowText, role.ButtonText, role.ToolTipText), "button": (role.Button,),
        "accent": (role.Highlight, role.Link, role.Accent), "accent_text": (role.HighlightedText,),
        "muted": (role.PlaceholderText,),
    }.items():  # fmt: skip
        for one in roles:
            palette.setColor(one, QColor(tokens[name]))
    for one in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(tokens["muted"]))
    return palette


def window_icon() -> QIcon:
    """Return the program's own icon."""
    icon = QIcon()
    icon.addFile(str(asset("resources", "icons", "fairdesk.svg")))
    return icon


@cache
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    text = asset("resources", "icons", f"{name}.svg").read_text(encoding="utf-8")
    icon = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        renderer = QSvgRenderer(QByteArray(text.replace("currentColor", tint).encode()))
        pixmap = QPixmap(QSize(48, 48))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter)
        painter.end()
        icon.addPixmap(pixmap, mode)
    return icon
