"""The Metrics tab shows rates at once, and intervals when their draws are made."""

import threading

import pytest

from fairdesk.gui.tabs.metrics import presenter
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_list_job import make_pair_list
from fairdesk.metrics.pair_scores import score_pairs
from fairdesk.metrics.params import PairsParams, ScoreParams


@pytest.fixture
def scored(filled, tmp_path):
    make_pair_list(PairsParams(genuine=60, impostor=200, out=tmp_path / "pairs.csv"), QuietContext(filled))
    score_pairs(
        ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    filled.close()
    return filled.folder


def cells(tab):
    return [[tab.table.item(y, x).text() for x in range(tab.table.columnCount())] for y in range(tab.table.rowCount())]


def test_rates_come_first_and_intervals_later(window, hand, qtbot, scored, monkeypatch):
    free, work = threading.Event(), presenter.work_out
    monkeypatch.setattr(presenter, "work_out", lambda params: (params.bootstrap == 0 or free.wait(30)) and work(params))
    window.show_tab("metrics")
    assert window.session.open(scored)
    tab = window.metrics
    qtbot.waitUntil(lambda: tab.table.rowCount() == 2, timeout=10_000)
    first = cells(tab)
    at = [x for x in range(tab.table.columnCount()) if tab.table.horizontalHeaderItem(x).text() == presenter.INTERVAL]
    assert at and all(row[x] == "…" for row in first for x in at)
    free.set()
    qtbot.waitUntil(lambda: "…" not in cells(tab)[0], timeout=20_000)
    last = cells(tab)
    for one, other in zip(first, last, strict=True):  # the rates are the same
        assert [cell for x, cell in enumerate(one) if x not in at] == [c for x, c in enumerate(other) if x not in at]
    assert all(row[x] not in ("", "…") for row in last for x in at), last


def test_scores_of_a_project_that_was_closed_are_not_shown(window, hand, qtbot, scored, project_at, monkeypatch):
    free, work = threading.Event(), presenter.work_out
    monkeypatch.setattr(presenter, "work_out", lambda params: free.wait(30) and work(params))
    window.show_tab("metrics")
    assert window.session.open(scored)
    qtbot.waitUntil(lambda: window.metrics.scores is not None, timeout=10_000)
    assert window.metrics.empty_title.text() == "Working out the error rates …"
    assert window.session.open(project_at("other"))
    free.set()
    hand.settle()
    qtbot.wait(300)
    assert window.metrics.shown is None and window.metrics.pages.currentWidget() is window.metrics.empty_page
