"""The full photograph: next and previous with the selection following, zoom with a reset, and a missing one told."""

import pytest
from PySide6.QtCore import Qt

from fairdesk.gui.dialogs.photograph import Photograph


@pytest.fixture
def opened(window, hand, filled):
    filled.close()
    hand.open(filled.folder)
    grid = window.dataset.grid
    grid.select_ids([int(grid.grid_model.ids[0])])
    grid.opened.emit(int(grid.grid_model.ids[0]))
    return hand.dialog(Photograph)


def test_the_selection_follows_next_and_previous(window, opened, qtbot):
    grid, ids = window.dataset.grid, window.dataset.grid.grid_model.ids.tolist()
    assert not opened.previous.isEnabled() and opened.place.text() == "1 of 40"
    opened.next.click()
    qtbot.keyClick(opened, Qt.Key.Key_Right)
    assert grid.selected_ids() == [ids[2]] and opened.place.text() == "3 of 40"
    opened.previous.click()
    assert grid.selected_ids() == [ids[1]] and "001.png" in opened.windowTitle()
    for _ in range(50):
        opened.step(1)
    assert grid.selected_ids() == [ids[-1]] and not opened.next.isEnabled()
    opened.close()


def test_zoom_and_its_reset(opened, qtbot):
    scale = lambda: opened.view.transform().m11()
    whole = scale()
    assert not opened.whole.isEnabled()
    opened.larger.click()
    assert scale() == pytest.approx(whole * 1.25) and opened.whole.isEnabled()
    qtbot.keyClick(opened, Qt.Key.Key_Plus)
    opened.resize(900, 700)  # a zoomed picture stays zoomed
    assert scale() == pytest.approx(whole * 1.25**2, rel=0.01)
    opened.whole.click()
    assert scale() != pytest.approx(whole * 1.25**2, rel=0.01) and not opened.whole.isEnabled()
    for _ in range(3):
        opened.smaller.click()  # never smaller than all of it
    assert not opened.whole.isEnabled()
    opened.close()


def test_one_that_cannot_be_read_says_so(window, hand, opened, tmp_path):
    first = sorted((tmp_path / "photographs" / "g0" / "id00").iterdir())[1]
    first.unlink()
    opened.step(1)
    texts = [item.toPlainText() for item in opened.view.scene().items() if hasattr(item, "toPlainText")]
    assert any("Find moved originals" in text for text in texts)
    opened.close()
