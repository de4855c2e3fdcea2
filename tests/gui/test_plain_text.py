"""A name that looks like HTML is shown as it is written."""

import ast
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QVBoxLayout, QWidget

from fairdesk.gui.plain_style import PlainStyle
from fairdesk.gui.theme import Theme

NAME = "<img src='file:///etc/passwd'><b>Group</b>"


def test_labels_and_tooltips_are_plain(qapp):
    Theme(qapp, "dark")
    assert isinstance(qapp.style(), PlainStyle) or qapp.style().inherits("QStyleSheetStyle")
    window = QWidget()
    layout = QVBoxLayout(window)
    label, rich = QLabel(NAME), QLabel("<b>own</b>")
    rich.setTextFormat(Qt.TextFormat.RichText)
    for one in (label, rich):
        layout.addWidget(one)
    window.show()
    later = QLabel(NAME, window)
    later.show()
    assert label.textFormat() == later.textFormat() == Qt.TextFormat.PlainText
    assert rich.textFormat() == Qt.TextFormat.RichText
    QToolTip.showText(QPoint(1, 1), NAME, window)
    tips = [one for one in QApplication.topLevelWidgets() if one.metaObject().className() == "QTipLabel"]
    assert tips and all(tip.textFormat() == Qt.TextFormat.PlainText for tip in tips)
    QToolTip.hideText()
    window.close()


def test_few_labels_ask_for_rich_text():
    """Whoever does has to escape what is not its own."""
    home = Path(__file__).resolve().parents[2] / "fairdesk" / "gui"
    asking = {
        path.relative_to(home).as_posix()
        for path in home.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node).endswith("TextFormat.RichText")
    }
    assert asking == {"tabs/metrics/tab.py"}
