"""A one-to-many search in the window: what is seen of it on a laptop, and what can be saved of it."""

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.pictures import read_image
from fairdesk.jobs.wording import rate
from fairdesk.project.images import hide_images
from tests.metrics.test_identification import made


@pytest.fixture
def shown(window, hand, qtbot, tmp_path):
    def show(groups=("A", "B"), *, sign=1, name="s.npz"):
        parts = made(groups=groups)
        parts["scores"] = sign * parts["scores"]
        np.savez(tmp_path / name, **parts)
        window.resize(1024, 700)
        window.dock.show()
        hand.go("metrics")
        tab = window.metrics
        tab.open_file(tmp_path / name)
        qtbot.waitUntil(lambda: tab.search.path == tmp_path / name, timeout=20_000)
        hand.settle()
        qtbot.wait(80)
        return tab

    return show


def saving(monkeypatch, path):
    async def chosen(*_args, **_more):
        return str(path)

    monkeypatch.setattr("fairdesk.gui.async_glue.choose_file", chosen)


def rows_seen(grid):
    bottom = grid.viewport().height()
    return sum(grid.rowViewportPosition(y) + grid.rowHeight(y) <= bottom for y in range(grid.rowCount()))


def test_rows_and_curves_are_seen_beside_the_jobs(shown, window):
    tab = shown([f"Group {number} of a long name" for number in range(24)])
    assert window.dock.isVisible() and window.height() == 700
    grid = tab.search.tables.pages["ranks"]
    assert grid.rowCount() == 4 * 25 and rows_seen(grid) >= 3
    assert tab.search.scroller.height() >= 190 and tab.search.plot.getPlotItem().vb.height() >= 90
    note = tab.search.tables._notes["ranks"]
    assert note.height() <= 2 * note.fontMetrics().lineSpacing()
    note.repaint()
    assert "Share of mated probes whose mate is within a rank" in note.text()
    names = [label.text for _, label in tab.search._legend.item.items]
    assert len(names) == 25 and not any("more" in name for name in names)


def test_scores_that_are_missing_are_told(shown, qtbot, tmp_path):
    tab = shown()
    assert "missing" not in tab.search.headline.text()
    parts = made()
    parts["scores"] = np.where(np.arange(len(parts["scores"]))[:, None] == 3, np.nan, parts["scores"])
    parts["scores"][3, 0] = parts["scores"][5, 2] = 0.5
    parts["scores"][5, 1] = np.nan
    np.savez(tmp_path / "gaps.npz", **parts)
    tab.open_file(tmp_path / "gaps.npz")
    qtbot.waitUntil(lambda: tab.search.path == tmp_path / "gaps.npz", timeout=20_000)
    gaps = parts["scores"].shape[1] - 1 + 1
    assert f"{gaps} scores of gallery entries are missing, in 2 probes" in tab.search.headline.text()


def test_table_plot_and_report_are_saved_as_elsewhere(shown, window, hand, qtbot, tmp_path, monkeypatch):
    tab = shown()
    window._refresh_actions()
    assert all(button.isEnabled() for button in (tab.plot_button, tab.table_button, tab.report_button))
    assert not window.book.actions["metrics.scores_csv"].isEnabled()
    shown_table = tab.search.tables.current()
    for name in ("t.csv", "t.tex"):
        saving(monkeypatch, tmp_path / name)
        hand.do("metrics.table")
        qtbot.waitUntil((tmp_path / name).exists, timeout=5000)
    rows = list(csv.reader(io.StringIO((tmp_path / "t.csv").read_text())))
    titles = [column.title for column in shown_table.columns]
    assert [title.rpartition(": ")[2] for title in rows[0][: len(titles)]] == titles
    ends = tab.search.result.rank1_ci
    told = dict(zip(rows[0], rows[1], strict=True))
    assert [float(told[f"Found: {end} (%)"]) for end in ("low", "high")] == pytest.approx(
        [100 * end for end in ends], rel=1e-11
    )
    assert [row[0] for row in rows[1:4]] == ["all", "A", "B"] and rows[1][2] == shown_table.rows[0][2].text
    assert "\\toprule" in (tmp_path / "t.tex").read_text()
    for name in ("p.png", "p.svg"):
        saving(monkeypatch, tmp_path / name)
        hand.do("metrics.plot")
        qtbot.waitUntil((tmp_path / name).exists, timeout=20_000)
    assert read_image(str(tmp_path / "p.png"), 4000)[0].width() == 1600
    assert ">B<" in (tmp_path / "p.svg").read_text() or "B -->" in (tmp_path / "p.svg").read_text()
    assert [notice.text for notice in window.toasts.history][-1] == f"Saved {tmp_path / 'p.svg'}"
    tab.search._gestures.copy()
    assert QApplication.clipboard().image().width() == 1600
    hand.do("metrics.report")
    form = hand.dialog(JobDialog)
    assert "--by group" in form.command.text() and form.values["out"] == str(tmp_path / "s-report")
    form.run_button.click()
    job = hand.finish_job("identify")
    assert job.result["report"] == str(tmp_path / "s-report" / "identification.html")
    assert {"cmc.csv", "fnir.csv", "cmc.svg"} <= {one.name for one in (tmp_path / "s-report").iterdir()}


def test_the_other_table_is_the_one_that_is_saved_when_it_is_seen(shown, hand, qtbot, tmp_path, monkeypatch):
    tab = shown()
    tab.search.tables.setCurrentWidget(tab.search.tables.homes["open_set"])
    saving(monkeypatch, tmp_path / "o.csv")
    menu = tab.search.tables.pages["open_set"].copying.menu(tab.search.tables.rect().center())
    next(one for one in menu.actions() if one.text() == "Save table…").trigger()
    qtbot.waitUntil((tmp_path / "o.csv").exists, timeout=5000)
    assert (tmp_path / "o.csv").read_text().splitlines()[0].split(",")[1] == "Target FPIR"
    menu.close()


def test_a_search_stays_when_the_project_changes_and_goes_with_it(shown, window, hand, qtbot, filled):
    hand.open(filled.folder)
    tab = shown()
    window.session.edit(lambda p: hide_images(p, [1], hide=True))
    hand.settle()
    assert tab.pages.currentWidget() is tab.search
    window.session.close_project()
    hand.settle()
    assert tab.pages.currentWidget() is tab.empty_page and tab.search.path is None


def test_a_search_by_distances_is_turned_round_by_its_box(shown, hand, qtbot):
    tab = shown()
    right = tab.search.result.cmc.pessimistic
    tab = shown(sign=-1, name="d.npz")
    assert tab.search.result.cmc.pessimistic != right and not tab.search.distance.isChecked()
    tab.search.distance.click()
    qtbot.waitUntil(lambda: tab.search.result.cmc.pessimistic == right, timeout=20_000)
    hand.do("metrics.report")
    form = hand.dialog(JobDialog)
    assert "--distance" in form.command.text()
    form.reject()


def test_a_search_that_cannot_be_read_leaves_nothing_half_shown(shown, hand, qtbot, tmp_path, window):
    tab = shown()
    parts = made()
    parts["probe_subject"] = parts["probe_subject"][:-1]
    np.savez(tmp_path / "broken.npz", **parts)
    tab.open_file(tmp_path / "broken.npz")
    hand.settle()
    assert any(notice.kind == "error" for notice in window.toasts.history)
    assert tab.search.path == tmp_path / "s.npz" and tab.pages.currentWidget() is tab.search and not tab._drawing


def test_ranks_are_read_by_the_keyboard(shown, window, qtbot):
    page = shown().search
    window.activateWindow()
    page.plot.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(page.plot.hasFocus, timeout=3000)
    worst = page.result.cmc.pessimistic
    assert page.plot.accessibleName() and page.keys.readout.toPlainText().startswith(f"all: rank 1, {rate(worst[0])}")
    QTest.keyClick(page.plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    said = page.keys.readout.toPlainText()
    assert said.startswith(f"all: rank 2, {rate(worst[1])}")
    assert page.plot.accessibleDescription() == said.replace("\n", ", ")
    QTest.keyClick(page.plot, Qt.Key.Key_Down)
    of_group = page.result.groups["A"].cmc.pessimistic
    assert page.keys.readout.toPlainText().startswith(f"A: rank 2, {rate(of_group[1])}")
    QTest.keyClick(page.plot, Qt.Key.Key_Return)  # no pairs are behind it
    QTest.keyClick(page.plot, Qt.Key.Key_End)
    last = min(len(of_group), 50)
    assert page.keys.readout.toPlainText().startswith(f"A: rank {last}, {rate(of_group[last - 1])}")
    page.keys.hide_mark()
    assert not page.keys.readout.isVisible()


def test_shares_reach_from_nought_to_all_where_every_probe_is_found(window, hand, qtbot, tmp_path):
    subjects = np.array([f"s{number}" for number in range(6)])
    np.savez(tmp_path / "s.npz", scores=np.eye(6), probe_subject=subjects, gallery_subject=subjects)
    hand.go("metrics")
    window.metrics.open_file(tmp_path / "s.npz")
    qtbot.waitUntil(lambda: window.metrics.search.path == tmp_path / "s.npz", timeout=20_000)
    hand.settle()
    low, high = window.metrics.search.plot.getPlotItem().vb.viewRange()[1]
    assert low >= -0.03 and 1 < high <= 1.03
