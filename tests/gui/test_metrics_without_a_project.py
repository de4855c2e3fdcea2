"""What can be done with a score file while no project is open, and what is said where something lacks."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from fairdesk.figures.error_curve import Curve
from fairdesk.figures.whole_set import WHOLE
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.metrics.scores.score_files import read_scores
from tests.metrics.test_model_comparison import study

GROUPS = ("African", "Asian")


@pytest.fixture
def scores(tmp_path):
    rng = np.random.default_rng(1)
    label = np.arange(400) % 2 == 1
    group = np.repeat(GROUPS, 200)
    score = np.round(np.where(label, 0.5, 0.1) + rng.normal(0, 0.15, 400), 3)
    np.savez(tmp_path / "bare.npz", score=score, label=label, group1=group, group2=group)
    return tmp_path / "bare.npz"


@pytest.fixture
def tab(window, hand, qtbot, scores):
    hand.go("metrics")
    shown = window.metrics
    shown.open_file(scores)
    qtbot.waitUntil(lambda: shown.shown is not None and not shown._drawing, timeout=20_000)
    hand.settle()
    return shown


def cell(tab, name, row, column):
    """Return the viewport of a table that is brought to the front, and the middle of a cell."""
    tab.tables.setCurrentWidget(tab.tables.homes[name])
    view = tab.tables.pages[name]
    view.scrollToItem(view.item(row, column))
    return view.viewport(), view.visualItemRect(view.item(row, column)).center()


def double_click(where, place):
    QTest.mouseClick(where, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(where, Qt.MouseButton.LeftButton, pos=place)


def test_intervals_by_pairs_arrive_and_are_marked(tab):
    result = tab.shown.result
    assert result.pair_draws == 1000 and result.eer_ci is not None
    table = tab.tables.pages["own"]
    assert "too narrow" in table.item(0, 1).text() and "…" not in table.item(0, 1).text()
    table = tab.tables.pages["fairness"]
    assert "too narrow" in table.item(0, 2).text() and "too narrow" in table.item(0, 3).text()


def test_a_report_is_written_without_a_project(tab, window, hand, qtbot, tmp_path):
    """As everywhere: a form, a card, a notice; its folder is offered beside the scores."""
    window._refresh_actions()
    assert tab.report_button.isEnabled() and "beside them" in tab.report_button.toolTip()
    told = []
    window.session.told.connect(told.append)
    tab.by.setCurrentIndex(0)
    hand.do("metrics.report")
    form = hand.dialog(JobDialog)
    assert form.values["out"] == str(tmp_path / "bare-report") and "--labels-of" not in form.command.text()
    form.run_button.click()
    job = hand.finish_job("evaluate")
    assert job.result["report"] == str(tmp_path / "bare-report" / "report.html")
    page = (tmp_path / "bare-report" / "report.html").read_text()
    assert "Groups at one threshold" in page and (tmp_path / "bare-report" / "report.pdf").stat().st_size > 10_000
    found = json.loads((tmp_path / "bare-report" / "evaluation.json").read_text())
    assert found["eer"] == tab.shown.result.eer and found["groups"]["threshold"] == tab.shown.result.groups.threshold
    assert any("done" in notice.text for notice in told)
    card = window.panel.cards[job.id]
    assert card.job.finished
    own = window.session.jobs_home()
    window.panel.clear_finished()
    assert not window.panel.cards and own.is_dir()


def test_a_button_that_is_grey_says_what_comes_first(window, hand, qtbot, scores):
    hand.go("metrics")
    shown = window.metrics
    window._refresh_actions()
    buttons = (shown.report_button, shown.plot_button, shown.table_button)
    assert not any(button.isEnabled() for button in buttons)
    assert all(button.toolTip().startswith("Not yet: select scores on the left, or open") for button in buttons)
    assert "beside them" in shown.report_button.toolTip()
    shown.open_file(scores)
    qtbot.waitUntil(lambda: shown.shown is not None and not shown._drawing, timeout=20_000)
    window._refresh_actions()
    assert all(button.isEnabled() and "Not yet" not in button.toolTip() for button in buttons)


def test_a_project_that_is_opened_has_its_own_jobs(tab, window, hand, filled, tmp_path):
    hand.do("metrics.report")
    hand.dialog(JobDialog).run_button.click()
    hand.finish_job("evaluate")
    own = window.session.jobs_home()
    filled.close()
    hand.open(filled.folder)
    assert not window.panel.cards and window.session.jobs_home() == filled.folder / "jobs" != own
    assert window.session.run("cluster", {}) is not None  # what needs a project has one now
    hand.finish_job("cluster")


def test_the_folder_of_its_jobs_goes_with_the_window(qtbot, settings_home, tmp_path):
    from PySide6.QtWidgets import QApplication

    from fairdesk.gui.session import Session
    from fairdesk.gui.settings import Settings
    from fairdesk.gui.theme import Theme

    settings = Settings()
    session = Session(settings, Theme(QApplication.instance(), settings.theme()))
    assert session.run("cluster", {}) is None  # needs a project
    own = session.jobs_home()
    assert own.is_dir() and session.jobs_home() == own
    session.close(keep_jobs=False)
    assert not own.exists()


def test_scores_are_normalised_without_a_project(window, hand, qtbot, tmp_path):
    (one, _), about = study(people=16)
    np.savez(tmp_path / "s.npz", score=one, **about)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "s.npz")
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    hand.do("metrics.normalise")
    form = hand.dialog(JobDialog)
    form.form.set_values({**form.values, "fmr": "0.05"})
    form.run_button.click()
    job = hand.finish_job("normalise")
    assert job.state == "done", job.message
    assert read_scores(tmp_path / "s-normalised.npz", paths=True).path1 is not None


@pytest.mark.parametrize(("name", "column"), [("common", 5), ("common", 0), ("overall", 1)])
def test_a_double_click_says_what_lacks(tab, window, hand, qtbot, name, column):
    told = []
    window.session.told.connect(told.append)
    double_click(*cell(tab, name, 0, column))
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert "bare.npz does not name the images of each comparison" in told[0].text


def test_a_double_click_beside_the_numbers_says_where_pairs_are(tab, window, hand, qtbot, tmp_path):
    names = np.array([f"{number}.jpg" for number in range(4)])
    np.savez(
        tmp_path / "named.npz", score=[0.9, 0.2, 0.3, 0.4], label=[1, 1, 0, 0], group1=["A"] * 4, group2=["A"] * 4,
        path1=names, path2=names[::-1],
    )  # fmt: skip
    tab.open_file(tmp_path / "named.npz")
    qtbot.waitUntil(lambda: tab.shown.path.name == "named.npz" and not tab._drawing, timeout=20_000)
    hand.settle()
    told = []
    window.session.told.connect(told.append)
    double_click(*cell(tab, "overall", 0, 1))
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    assert "Double-click an underlined number" in told[0].text


def test_the_readout_of_scores_says_what_a_threshold_there_would_accept(tab):
    plot = tab.figures.curves["scores"]
    data = np.load(tab.scores)
    for at in (0.0, 0.25, 0.333, 0.7):
        lines = plot.read_out(at, 1.0).splitlines()
        assert lines[0] == f"score {at:.4g}" and len(lines) == 4
        for line, name in zip(lines[1:], ("all", *GROUPS), strict=True):
            mine = np.ones(400, bool) if name == "all" else data["group1"] == name
            genuine, impostor = (
                100 * np.mean(data["score"][mine & (data["label"] == kind)] >= at) for kind in (True, False)
            )
            said = line.removeprefix(f"{name}: ").split(" % of ")
            assert float(said[0]) == pytest.approx(genuine, abs=1.1)  # curves have some hundred points
            assert float(said[1].removeprefix("genuine, ")) == pytest.approx(impostor, abs=1.1)


@pytest.mark.parametrize("distance", [False, True])
def test_rates_between_the_points_of_a_curve(distance):
    """A threshold between two scores accepts what the next stricter score accepts."""
    sign = -1 if distance else 1
    curve = Curve(
        WHOLE, sign * np.array([0.1, 0.4, 0.8, np.inf]), np.array([1.0, 0.5, 0.25, 0]), np.array([0, 0.1, 0.3, 1]),
        0.2, sign * 0.4, 10, 4, distance,
    )  # fmt: skip
    assert curve.rates_at(sign * 0.0) == (1, 0) and curve.rates_at(sign * 0.1) == (1, 0)
    assert curve.rates_at(sign * 0.2) == (0.5, 0.1) and curve.rates_at(sign * 0.8) == (0.25, 0.3)
    assert curve.rates_at(sign * 0.9) == (0, 1)


def test_pages_that_come_with_the_intervals_stand_in_their_order(tab):
    """Differences need draws, so that their page is made after the others, and stands third."""
    shown = [tab.tables.tabText(n) for n in range(tab.tables.count()) if tab.tables.isTabVisible(n)]
    assert shown[:4] == ["Groups at one threshold", "Fairness", "Differences", "EER, AUC, TAR at FAR"]


def test_the_menu_of_the_right_button_hides_a_curve(tab, window, hand, qtbot):
    """By the mouse: a right click on the plot, then a click on a group's entry."""
    tab.figures.setCurrentWidget(tab.figures.curves["roc"])
    plot = tab.figures.curves["roc"]
    hand.settle()
    area = plot.plot.viewport()
    QTest.mouseClick(area, Qt.MouseButton.RightButton, pos=QPoint(area.width() // 2, area.height() // 2))
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=3000)
    menu = QApplication.activePopupWidget()
    entry = next(action for action in menu.actions() if action.text() == "Asian")
    assert entry.isChecked()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())
    assert plot.hidden == {"Asian"} and len(plot.plot.listDataItems()) >= 2
    assert not any(curve.name == "Asian" for curve, *_ in plot._drawn)


def test_names_in_the_list_of_embeddings_can_be_read_where_they_are_cut_off(window, hand, filled):
    from fairdesk.gui.dialogs.vectors_dialog import VectorsDialog

    folder = filled.folder
    filled.close()
    hand.open(folder)
    dialog = VectorsDialog(window.session, window)
    hand.settle()
    items = [table.item(0, x) for table in (dialog.faces, dialog.vectors) for x in range(table.columnCount())]
    assert len(items) > 8 and all(item.toolTip() for item in items if item.text())
    assert sum(item.toolTip() == item.text() != "" for item in items) > 6
    dialog.reject()
