"""Spot checks in the window: one key asks about faces drawn at random, and the line below says what came of it."""

import pytest
from PySide6.QtCore import Qt

from fairdesk.clustering.review.questions import Kind
from fairdesk.clustering.review.spot_checks import AT_ONCE
from fairdesk.project.verdicts import verdicts
from tests.clustering.test_review import people

NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def reviewing(window, hand, project, with_vectors):
    vectors, truth = (some[:400] for some in people(2, count=60, two=0, twins=0))
    who = dict(zip(with_vectors(vectors, 4, 10), truth.tolist(), strict=True))
    hand.open(project.folder)
    hand.go("clustering")
    hand.do("clustering.review")
    hand.settle()
    return project, who, window.clustering.review


def key_of(asked, who):
    one, two = ({who[face] for face in side} for side in (asked.shown_first, asked.shown_second))
    if len(one) > 1 or len(two) > 1:
        return Qt.Key.Key_U
    return Qt.Key.Key_Y if (one == two) != (asked.kind is Kind.SPLIT) else Qt.Key.Key_N


def test_checks_come_next_and_are_counted(hand, qtbot, reviewing):
    project, who, pane = reviewing
    first = pane.current
    assert first is not None and not first.check and "random" not in pane.progress.text()
    assert pane.buttons["check"].isEnabled() and f"{AT_ONCE} faces" in pane.buttons["check"].toolTip()
    qtbot.keyClick(pane, Qt.Key.Key_C)
    hand.settle()
    assert pane.current.check and "drawn at random" in pane.note.text()
    assert f"{AT_ONCE} random checks left" in pane.progress.text()
    for n in range(AT_ONCE):
        assert pane.current.check, n
        qtbot.keyClick(pane, key_of(pane.current, who))
        hand.settle()
    assert f"of {AT_ONCE} random checks as thought (95 %: " in pane.progress.text()
    assert "left" not in pane.progress.text().split("random")[-1]
    assert len(verdicts(project)) == AT_ONCE and f"{AT_ONCE} answered" in pane.progress.text()
    assert pane.current is None or not pane.current.check
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert pane.current.check and f"of {AT_ONCE - 1} random checks" in pane.progress.text()


def test_a_button_does_the_same_where_nothing_is_left(hand, qtbot, reviewing):
    _, who, pane = reviewing
    for _ in range(200):
        if pane.current is None:
            break
        qtbot.keyClick(pane, Qt.Key.Key_S)
        hand.settle()
    assert pane.current is None and "Spot check (C)" in pane.note.text()
    qtbot.mouseClick(pane.buttons["check"], Qt.MouseButton.LeftButton)
    hand.settle()
    assert pane.current is not None and pane.current.check and key_of(pane.current, who) is not None


def test_back_takes_the_call_for_checks_back(hand, qtbot, reviewing):
    """Undo after C leads back to what was asked, not to the answer before."""
    _, who, pane = reviewing
    qtbot.keyClick(pane, key_of(pane.current, who))
    hand.settle()
    before = pane.current.kind, pane.current.first, pane.current.second
    for key, modifier in ((Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier), (Qt.Key.Key_Backspace, NONE)):
        qtbot.keyClick(pane, Qt.Key.Key_C)
        hand.settle()
        assert pane.current.check
        qtbot.keyClick(pane, key_of(pane.current, who))
        hand.settle()
        for _ in range(2):  # the check, then that checks were asked for
            qtbot.keyClick(pane, key, modifier)
            hand.settle()
        assert not pane.current.check and (pane.current.kind, pane.current.first, pane.current.second) == before
        assert "random" not in pane.progress.text() + pane.note.text() and "1 answered" in pane.progress.text()
    qtbot.keyClick(pane, Qt.Key.Key_Backspace)
    hand.settle()
    assert "0 answered" in pane.progress.text()


def test_checks_that_are_asked_for_while_an_answer_is_on_its_way_come_next(hand, qtbot, reviewing):
    _, who, pane = reviewing
    qtbot.keyClick(pane, key_of(pane.current, who))
    qtbot.keyClick(pane, Qt.Key.Key_C)
    hand.settle()
    assert pane.current.check and f"{AT_ONCE} random checks left" in pane.progress.text()


def test_a_key_pressed_before_they_are_there_answers_nothing(hand, qtbot, reviewing):
    project, who, pane = reviewing
    key = key_of(pane.current, who)
    qtbot.keyClick(pane, Qt.Key.Key_C)
    assert pane.current is None and pane.title.text() == "One moment …"
    qtbot.keyClick(pane, key)
    hand.settle()
    assert pane.current.check and not verdicts(project) and "0 answered" in pane.progress.text()
    for _ in range(AT_ONCE):
        qtbot.keyClick(pane, Qt.Key.Key_S)
        hand.settle()
    assert not pane.current.check  # what was asked before comes again
