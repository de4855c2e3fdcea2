"""The Metrics tab shows rates at once, and intervals when their draws are made."""

import threading
import time

import pytest

from fairdesk.gui.tabs.metrics import presenter
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.report.result_tables import INTERVAL
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
    qtbot.waitUntil(lambda: len(cells(tab)) == 2, timeout=10_000)
    first = cells(tab)
    table = tab.tables.pages["common"]
    at = [x for x in range(table.columnCount()) if table.horizontalHeaderItem(x).text() == INTERVAL]
    assert at and all(row[x] == "…" for row in first for x in at)
    at.append(1)  # how many subjects there are comes with the draws
    free.set()
    qtbot.waitUntil(lambda: "…" not in cells(tab)[0], timeout=20_000)
    last = cells(tab)
    for one, other in zip(first, last, strict=True):  # the rates are the same
        assert [cell for x, cell in enumerate(one) if x not in at] == [c for x, c in enumerate(other) if x not in at]
    assert all(row[x] not in ("", "…", "–") for row in last for x in at), last


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
    qtbot.waitUntil(lambda: len(cells(tab)) == 2 and "…" not in cells(tab)[0], timeout=20_000)
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
