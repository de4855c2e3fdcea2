"""The field of the threshold: what is typed, set and shown on any scale of scores."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from fairdesk.gui.widgets.threshold_field import ThresholdField
from tests.metrics.test_model_comparison import study

GOOD = {"1e-3": 0.001, "-2e-1": -0.2, "-0,3": -0.3, "0.0000044": 4.4e-6, "4400": 4400.0, " .5 ": 0.5, "2,": 2.0,
        "\N{MINUS SIGN}7": -7.0, "1E5": 1e5}  # fmt: skip
BAD = ("", "abc", "1e400", "1,000.5", "0.5x", "nan", "inf", "1_0", "--1", "1e", "٣")


@pytest.fixture
def field(qtbot):
    made = ThresholdField()
    qtbot.addWidget(made)
    made.setValue(0.25)
    return made


def typed(field, qtbot, text):
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    if text.isascii():
        qtbot.keyClicks(field, text)
    else:  # keys of the tests have no such letters
        QApplication.clipboard().setText(text)
        field.lineEdit().paste()
    qtbot.keyClick(field, Qt.Key.Key_Return)


@pytest.mark.parametrize(("text", "number"), GOOD.items())
def test_what_is_typed_is_the_number(field, qtbot, text, number):
    with qtbot.waitSignal(field.settled):
        typed(field, qtbot, text)
    assert field.value() == number and not field.property("refused") and repr(number) in field.toolTip()


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_number_changes_nothing_and_is_marked(field, qtbot, text):
    said = []
    field.judged.connect(said.append)
    with qtbot.assertNotEmitted(field.settled):
        typed(field, qtbot, text)
    assert said[-1] == field.toolTip()
    assert field.value() == 0.25 and field.property("refused") is True
    assert f"“{text}” is no finite number" in field.toolTip() and "still 0.25" in field.toolTip()
    field.setValue(0.5)
    assert field.property("refused") is False and "finite" not in field.toolTip() and said[-1] == ""


@pytest.mark.parametrize("number", [5172.123456789, -1e9 / 3, 4.4e-6 / 7, 1e300, 0.1 + 0.2, float("inf")])
def test_showing_a_number_keeps_it(field, qtbot, number):
    field.setValue(number)
    assert field.value() == number
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == number


def test_a_step_is_a_hundredth_of_the_range(field, qtbot):
    for scale, step in ((1e4, 100.0), (1.0, 0.01), (1e-5, 1e-7)):
        field.fit(-0.2 * scale, 1.1 * scale)
        field.setValue(0.0)
        qtbot.keyClick(field, Qt.Key.Key_Up)
        assert field.value() == pytest.approx(step, rel=1e-9)
        qtbot.keyClick(field, Qt.Key.Key_Down)
        qtbot.keyClick(field, Qt.Key.Key_Down)
        assert field.value() == pytest.approx(-step, rel=1e-9)
    field.fit(1e6, 1e6 + 1e-3)
    field.setValue(1000000.00012)
    assert field.text() == "1000000.00012"


@pytest.mark.parametrize("scale", [1e4, 1e-5])
def test_scores_of_another_scale_keep_their_threshold(window, hand, qtbot, tmp_path, scale):
    """A threshold chosen, dragged or typed is the one evaluated, whatever the size of the scores."""
    (one, _), about = study(people=12, bias=0.8)
    path = tmp_path / "scores.npz"
    np.savez(path, score=np.asarray(one) * scale, **about)
    hand.go("metrics")
    tab = window.metrics
    tab.show_scores(path)

    def settle():
        hand.settle()
        qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=30_000)
        return tab.shown.result.groups.threshold

    before = settle()
    tab.at.setCurrentIndex(tab.at.findData("threshold"))
    assert settle() == before
    tab.figures.threshold_moved.emit(0.43 * scale)
    tab.figures.threshold_settled.emit(0.43 * scale)
    assert settle() == 0.43 * scale
    text = f"{0.44 * scale:.7f}"
    typed(tab.value, qtbot, text)
    assert settle() == float(text)
    assert f"Groups at threshold {float(text):g} (as given)" in tab.shown.result.text()
