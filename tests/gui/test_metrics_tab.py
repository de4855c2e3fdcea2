"""The Metrics tab shows rates at once, and intervals when their draws are made."""

import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from fairdesk.gui.tabs.metrics import presenter
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.wording import rate
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.report.tables import INTERVAL
from fairdesk.metrics.scores.pair_scores import score_pairs


@pytest.fixture
def scored(filled, tmp_path):
    make_pair_list(PairsParams(genuine=60, impostor=200, out=tmp_path / "pairs.csv"), QuietContext(filled))
    score_pairs(
        ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    filled.close()
    return filled.folder


def cells(tab):
    table = tab.tables.pages.get("common")
    if table is None:
        return []
    return [[table.item(y, x).text() for x in range(table.columnCount())] for y in range(table.rowCount())]


def test_rates_come_first_and_intervals_later(window, hand, qtbot, scored, monkeypatch):
    free, work = threading.Event(), presenter.work_out
    monkeypatch.setattr(
        presenter, "work_out", lambda params, check: (params.bootstrap == 0 or free.wait(30)) and work(params, check)
    )
    window.show_tab("metrics")
    assert window.session.open(scored)
    tab = window.metrics
    qtbot.waitUntil(lambda: len(cells(tab)) == 3, timeout=10_000)
    first = cells(tab)
    table = tab.tables.pages["common"]
    at = [x for x in range(table.columnCount()) if table.horizontalHeaderItem(x).text() == INTERVAL]
    assert at and all(row[x] == "…" for row in first for x in at)
    at.append(1)  # how many subjects there are comes with the draws
    assert [row[1] for row in first] == ["…"] * 3 and "subjects are counted" not in table.shown.note
    tab._on_drag(0.3)  # the line follows while they are made
    assert [row[1] for row in cells(tab)] == ["…"] * 3 and "subjects are counted" not in table.shown.note
    tab._on_drag(tab.shown.result.groups.threshold)
    free.set()
    qtbot.waitUntil(lambda: "…" not in cells(tab)[0], timeout=20_000)
    last = cells(tab)
    for one, other in zip(first, last, strict=True):  # the rates are the same
        assert [cell for x, cell in enumerate(one) if x not in at] == [c for x, c in enumerate(other) if x not in at]
    assert all(row[x] not in ("", "…", "–") for row in last for x in at), last
    tab._on_drag(0.3)  # and stays as the line is dragged again
    assert [row[1] for row in cells(tab)] == [row[1] for row in last]


def test_an_evaluation_that_another_replaces_ends(window, hand, qtbot, scored, monkeypatch):
    ended, drawing, work = [], threading.Event(), presenter.work_out

    def slow(params, check):
        if params.bootstrap == 0:
            return work(params, check)
        drawing.set()
        try:
            for _ in range(500):  # as the draws do: it asks in between
                check()
                time.sleep(0.01)
        except presenter.SupersededError:
            ended.append(params.at)
            raise
        return work(params, check)

    monkeypatch.setattr(presenter, "work_out", slow)
    window.show_tab("metrics")
    assert window.session.open(scored)
    tab = window.metrics
    qtbot.waitUntil(drawing.is_set, timeout=10_000)
    first = tab.at.currentData()
    monkeypatch.setattr(presenter, "work_out", work)
    tab.at.setCurrentIndex(
        next(row for row in range(tab.at.count()) if tab.at.itemData(row) not in (first, "threshold"))
    )
    qtbot.waitUntil(lambda: ended == [first], timeout=2000)  # long before its five seconds
    qtbot.waitUntil(lambda: len(cells(tab)) == 3 and "…" not in cells(tab)[0], timeout=20_000)
    assert not [notice for notice in window.toasts.history if notice.kind == "error"]


def test_scores_of_a_project_that_was_closed_are_not_shown(window, hand, qtbot, scored, project_at, monkeypatch):
    ended = []

    def endless(_params, check):
        try:
            while True:
                check()
                time.sleep(0.01)
        finally:
            ended.append(True)

    monkeypatch.setattr(presenter, "work_out", endless)
    window.show_tab("metrics")
    assert window.session.open(scored)
    qtbot.waitUntil(lambda: window.metrics.scores is not None, timeout=10_000)
    assert window.metrics.empty_title.text() == "Working out the error rates …"
    assert window.session.open(project_at("other"))  # which waits for what is under way
    assert ended
    hand.settle()
    assert window.metrics.shown is None and window.metrics.pages.currentWidget() is window.metrics.empty_page
    assert not [notice for notice in window.toasts.history if notice.kind == "error"]


def _of(kind):
    """Scores with groups of a kind that plots are not made for."""
    rng = np.random.default_rng(5)
    label = np.arange(400) < 150
    ordinary = rng.normal(size=400) + 3 * label
    return label, {
        "ordinary": ordinary,
        "all infinite": np.where(label, np.inf, -np.inf),
        "some infinite": np.where(rng.random(400) < 0.5, np.where(label, np.inf, -np.inf), ordinary),
        "constant": np.zeros(400),
        "two values": label * 1.0,
        "huge": ordinary * 1e300,
        "tiny": ordinary * 1e-300,
        "infinite genuine": np.where(label, np.inf, ordinary),
    }[kind]


def _written(folder, kind):
    label, score = _of(kind)
    group = np.where(np.arange(400) % 2, "A", "B")
    np.savez(folder / f"{kind}.npz", score=score, label=label, group1=group, group2=group)
    return folder / f"{kind}.npz"


def _shown(tab, qtbot, path):
    tab.show_scores(path)
    qtbot.waitUntil(lambda: tab.shown is not None and tab.shown.path == path and not tab._drawing, timeout=30_000)


@pytest.mark.parametrize(
    "kind", ["all infinite", "some infinite", "constant", "two values", "huge", "tiny", "infinite genuine"]
)
def test_odd_scores_are_shown_with_their_own_numbers(window, hand, qtbot, tmp_path, kind):
    """No plot that cannot be drawn may leave the numbers of another file beside this one's name."""
    hand.go("metrics")
    hand.settle()
    tab = window.metrics
    for path in (_written(tmp_path, "ordinary"), _written(tmp_path, kind)):
        _shown(tab, qtbot, path)
    assert f"{kind}.npz" in tab.headline.text()
    for plot in tab.figures.curves.values():
        tab.figures.setCurrentWidget(plot)
        hand.settle()
    rows = tab.shown.result.groups.per_group
    table = tab.tables.pages["common"].shown
    place = [column.title for column in table.columns].index("FNMR")
    shown = {row[0].text: row[place].text for row in table.rows}
    assert shown == {"all": rate(tab.shown.result.at_threshold.fnmr)} | {
        name: rate(row.fnmr) for name, row in rows.items()
    }


def test_a_line_that_was_let_go_belongs_to_its_file(window, hand, qtbot, tmp_path):
    """The next file is shown at the rule from before; a threshold that was typed stays."""
    hand.go("metrics")
    hand.settle()
    tab = window.metrics
    first, other = _written(tmp_path, "ordinary"), _written(tmp_path, "two values")
    _shown(tab, qtbot, first)
    eer = tab.at.findData("eer")
    tab.at.setCurrentIndex(eer)
    qtbot.waitUntil(lambda: not tab._drawing, timeout=30_000)
    taken = tab.shown.result.groups.threshold
    tab.at.setCurrentIndex(tab.at.findData("threshold"))
    qtbot.waitUntil(lambda: not tab._drawing, timeout=30_000)
    assert tab.value.value() == taken  # the very number, not the digits that the field shows
    tab.at.setCurrentIndex(eer)
    tab._on_dropped(1.23456789)
    _shown(tab, qtbot, other)
    assert tab.at.currentIndex() == eer and tab.value.isHidden()
    tab.at.setCurrentIndex(tab.at.findData("threshold"))
    tab.value.setValue(0.25)
    tab.value.editingFinished.emit()
    _shown(tab, qtbot, first)
    assert tab.at.currentData() == "threshold" and tab.value.value() == 0.25


def test_the_scores_that_are_marked_are_those_that_are_shown(window, hand, qtbot, scored, tmp_path):
    window.show_tab("metrics")
    assert window.session.open(scored)
    tab = window.metrics
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    own = tab.scores
    leaf = tab.sources.currentItem()
    assert tab.sources.chosen().path == str(own)
    elsewhere = _written(tmp_path, "ordinary")
    tab.open_file(elsewhere)
    qtbot.waitUntil(lambda: tab.shown is not None and tab.shown.path == elsewhere and not tab._drawing, timeout=20_000)
    assert tab.sources.chosen() is None and not tab.sources.selectedItems()
    tab.refresh()
    hand.settle()
    assert tab.scores == elsewhere and tab.sources.chosen() is None  # reading again changes nothing that is seen
    leaf = next(
        tab.sources.topLevelItem(1).child(place) for place in range(tab.sources.topLevelItem(1).childCount())
    )  # fmt: skip
    QTest.mouseClick(
        tab.sources.viewport(), Qt.MouseButton.LeftButton, pos=tab.sources.visualItemRect(leaf).center()
    )  # fmt: skip
    qtbot.waitUntil(lambda: tab.shown is not None and tab.shown.path == own and not tab._drawing, timeout=20_000)
    tab.open_file(own)
    hand.settle()
    assert tab.sources.chosen().path == str(own)
