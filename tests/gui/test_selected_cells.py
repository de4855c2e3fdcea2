"""The text of the cell that the keyboard is at is as easy to read as that of the others, selected or not, in either theme."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QListWidget, QTableWidget, QTableWidgetItem, QTreeWidget, QTreeWidgetItem

from fairdesk.gui.theme import Theme


def luminance(colour):
    part = colour / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(image, rect):
    """Return the contrast (WCAG) of the letters in a rectangle with its ground."""
    ratio = image.devicePixelRatio()
    inner = rect.adjusted(3, 3, -3, -3)
    pixels = np.array(
        [
            [image.pixelColor(int(x * ratio), int(y * ratio)).getRgb()[:3] for x in range(inner.left(), inner.right())]
            for y in range(inner.top(), inner.bottom())
        ]
    ).reshape(-1, 3)
    lights = luminance(pixels)
    ground = np.median(lights)
    letters = lights[np.argmax(abs(lights - ground))]
    dark, bright = sorted((ground, letters))
    return (bright + 0.05) / (dark + 0.05)


def table():
    made = QTableWidget(2, 3)
    for y in range(2):
        for x in range(3):
            made.setItem(y, x, QTableWidgetItem("MMMM 59.jpg"))
    return made, lambda y, x: made.visualItemRect(made.item(y, x))


def tree():
    made = QTreeWidget()
    made.setColumnCount(3)
    for _ in range(2):
        made.addTopLevelItem(QTreeWidgetItem(["MMMM 59.jpg"] * 3))
    return made, lambda y, x: made.visualRect(made.model().index(y, x))


def rows():
    made = QListWidget()
    made.addItems(["MMMM 59.jpg"] * 2)
    return made, lambda y, _x: made.visualRect(made.model().index(y, 0))


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("make", [table, tree, rows])
@pytest.mark.parametrize("selected", [True, False])
def test_the_cell_of_the_keyboard_is_as_clear_as_the_others(qtbot, make, light, selected):
    app = QApplication.instance()
    kept = app.styleSheet(), app.palette()
    theme = Theme(app, light)
    try:
        view, rect = make()
        qtbot.addWidget(view)
        view.resize(500, 200)
        view.show()
        view.setFocus()
        model = view.selectionModel()
        flags = model.SelectionFlag.ClearAndSelect | model.SelectionFlag.Rows if selected else model.SelectionFlag.Clear
        view.setCurrentIndex(view.model().index(0, 0))
        model.select(view.model().index(0, 0), flags)
        qtbot.waitUntil(view.hasFocus)
        QApplication.processEvents()
        image = view.viewport().grab().toImage()
        here = contrast(image, rect(0, 0))
        if make is not rows:
            assert here > 0.97 * contrast(image, rect(0, 1)), "as its neighbour"
        assert here >= 4.5, "WCAG AA"
        cell = rect(0, 0)
        edge = [luminance(np.array(image.pixelColor(cell.center().x(), cell.top() + d).getRgb()[:3])) for d in range(9)]
        assert (max(edge) + 0.05) / (min(edge) + 0.05) > 2, "the frame of where the keyboard is"
    finally:
        theme.apply("light")
        app.setStyleSheet(kept[0])
        app.setPalette(kept[1])
