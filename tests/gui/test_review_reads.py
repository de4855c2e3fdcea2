"""While a review reads what was changed elsewhere it says so; how many answers there are is said with what they are."""

import pytest
from PySide6.QtCore import Qt

from fairdesk.project import Project
from fairdesk.project.images import hide_images
from fairdesk.project.verdicts import Said, verdicts
from tests.gui.test_review_pane import KEYS, crowd, nameless, reviewing, says

__all__ = ["crowd", "nameless", "reviewing"]


@pytest.fixture
def seen(monkeypatch):
    """Return a function that keeps all that a pane says from then on: title and note together."""

    def watch(pane):
        kept = []
        for label in (pane.title, pane.note):
            real = label.setText

            def say(text, real=real):
                real(text)
                kept.append((pane.title.text(), pane.note.text()))

            monkeypatch.setattr(label, "setText", say)
        return kept

    return watch


def change_elsewhere(project, face):
    other = Project.open(project.folder)
    hide_images(other, [other.db.value("SELECT image_id FROM face WHERE id = ?", (face,))])
    other.close()


def test_it_never_says_that_nothing_is_left_while_it_reads(reviewing, window, hand, qtbot, seen):
    project, who, pane = reviewing
    kept = seen(pane)
    for answered in (False, True):
        change_elsewhere(project, sorted(who)[int(answered)])
        if answered:
            qtbot.keyClick(pane, KEYS["no"])
        window.session.look()
        hand.settle()
        assert pane.current is not None
    assert any("elsewhere" in title for title, _ in kept)
    assert not [one for one in kept if "left" in one[0] or "No question is left" in one[1]]


def test_where_nothing_was_left_it_says_that_it_reads_until_it_knows(window, hand, qtbot, filled, nameless, seen):
    while nameless.current is not None:
        qtbot.keyClick(nameless, Qt.Key.Key_S)
        hand.settle()
    assert nameless.title.text() == "Nothing is left to ask"
    kept = seen(nameless)
    change_elsewhere(filled, 1)
    window.session.look()
    hand.settle()
    titles = [title for title, _ in kept]
    assert titles[0] == "Reading what was changed …" and not kept[1][1]
    asked = next(place for place, title in enumerate(titles) if title == "Who is it?")
    assert "Nothing is left to ask" not in titles[1:asked]  # it was read anew: what was skipped is asked again


def test_skipping_the_last_question_says_nothing_before_it_is_known(hand, qtbot, nameless, seen):
    kept = seen(nameless)
    while nameless.current is not None:
        qtbot.keyClick(nameless, Qt.Key.Key_S)
        hand.settle()
    assert nameless.title.text() == "Nothing is left to ask" and "8 questions were skipped" in nameless.note.text()
    assert [note for _, note in kept if "skipped" in note] == [nameless.note.text()] * len(
        [note for _, note in kept if "skipped" in note]
    )  # never fewer than all


def test_not_sure_is_counted_by_itself_and_tells_nothing_of_likeness(reviewing, hand, qtbot):
    project, who, pane = reviewing
    assert "Estimated from likeness alone" in pane.progress.text()
    qtbot.keyClick(pane, KEYS["unsure"])
    hand.settle()
    assert [one.said for one in verdicts(project)] == [Said.UNSURE]
    line = pane.progress.text()
    assert "Estimated from likeness alone" in line and "1 answered, 1 of them not sure" in line
    qtbot.keyClick(pane, KEYS[says(pane.current, who)] if says(pane.current, who) != "unsure" else KEYS["no"])
    hand.settle()
    line = pane.progress.text()
    assert "Estimated: " in line and "2 answered, 1 of them not sure" in line
    hand.do("edit.undo")
    hand.settle()
    assert "1 answered, 1 of them not sure" in pane.progress.text()
    hand.do("edit.undo")
    hand.settle()
    assert "0 answered" in pane.progress.text() and "not sure" not in pane.progress.text()
    for _ in range(2):
        hand.do("edit.redo")
        hand.settle()
    assert "2 answered, 1 of them not sure" in pane.progress.text()
