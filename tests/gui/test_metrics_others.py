"""A one-to-many search and the comparison of two models in the window."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from fairdesk.gui.dialogs.models_dialog import ModelsDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.identification.files import read_search
from fairdesk.metrics.identification.job import evaluate_search
from fairdesk.metrics.params import IdentifyParams
from tests.metrics.test_identification import made
from tests.metrics.test_model_comparison import study


def texts(table):
    return [[table.item(y, x).text() for x in range(table.columnCount())] for y in range(table.rowCount())]


def test_a_search_is_shown_with_its_curve_and_tables(window, hand, qtbot, tmp_path):
    np.savez(tmp_path / "s.npz", **made())
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "s.npz")
    qtbot.waitUntil(lambda: tab.search.result is not None, timeout=20_000)
    hand.settle()
    assert tab.pages.currentWidget() is tab.search
    params = IdentifyParams(scores=tmp_path / "s.npz", by="group")
    expected, _ = evaluate_search(read_search(params.scores), params, QuietContext())
    rows = texts(tab.search.tables.pages["ranks"])
    assert [row[:2] for row in rows] == [[name, rank] for rank in ("1", "5", "10", "20") for name in ("all", "A", "B")]
    assert rows[0][2] == f"{100 * expected.cmc.pessimistic[0]:.3g} %" and " to " in rows[0][3]
    assert rows[3][2] == f"{100 * expected.cmc.pessimistic[4]:.3g} %"
    assert rows[0][4] == f"{100 * expected.cmc.optimistic[0]:.3g} %"
    counts = texts(tab.search.tables.pages["probes"])
    assert counts[0] == ["all", "60", f"{expected.n_mated}", f"{expected.n_nonmated}", "0"] and len(counts) == 3
    assert len(texts(tab.search.tables.pages["open_set"])) == 9
    curves = tab.search.plot.listDataItems()
    assert curves[0].getData()[1][0] == expected.cmc.pessimistic[0] and len(curves) == 6  # ties: both rules
    (one, _), about = study(people=8)
    np.savez(tmp_path / "v.npz", score=one, **about)
    tab.open_file(tmp_path / "v.npz")
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    assert tab.pages.currentWidget() is tab.result_page


def test_two_models_are_compared(window, hand, qtbot, tmp_path):
    (one, two), about = study(people=25, bias=1.2)
    for name, score in (("biased", one), ("fair", two)):
        np.savez(tmp_path / f"{name}.npz", score=score, **about)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "biased.npz")
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    tab.at.setCurrentIndex(tab.at.findData("fmr=1e-2"))
    qtbot.waitUntil(lambda: not tab._drawing, timeout=20_000)
    hand.do("metrics.compare")
    dialog = hand.dialog(ModelsDialog)
    assert dialog.second.count() == 0 and not dialog.save.isEnabled()
    dialog.second.addItem("fair", tmp_path / "fair.npz")
    dialog.second.setCurrentIndex(0)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=20_000)
    assert dialog.found.threshold_first == pytest.approx(tab.shown.result.groups.threshold)
    rows = {row[0]: row for row in texts(dialog.view)}
    assert rows["FMR, B"][5] == "fair is better"
    assert "Does fair treat groups more alike than biased?" in dialog.answer.text()
    assert dialog.save.isEnabled() and "normalised by group" in dialog.more.text()
    np.savez(tmp_path / "other.npz", score=[0.1, 0.2], label=[0, 1])
    dialog.second.addItem("other", tmp_path / "other.npz")
    dialog.second.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "not scores of the same list" in dialog.answer.text(), timeout=10_000)
    dialog.second.setCurrentIndex(0)
    hand.settle()
    dialog.reject()


def test_insightfaces_rules_are_shown_when_asked_for(window, hand, qtbot, tmp_path):
    (one, _), about = study(people=8)
    np.savez(tmp_path / "v.npz", score=one, **about)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "v.npz")
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    named = lambda: [row[0] for row in texts(tab.tables.pages["points"]) if "InsightFace" in row[0]]
    assert not named()
    tab.insightface.click()
    qtbot.waitUntil(lambda: bool(named()) and not tab._drawing, timeout=20_000)
    tab.insightface.click()
    qtbot.waitUntil(lambda: not named() and not tab._drawing, timeout=20_000)


def test_ctrl_f_finds_lists_and_scores(window, hand, qtbot, filled):
    hand.open(filled.folder)
    for name in ("small", "large"):
        hand.window.session.run("pairs", {"genuine": 3, "impostor": 3, "out": str(filled.folder / f"{name}.csv")})
        hand.finish_job("pairs")
    hand.go("metrics")
    hand.settle()
    tab = window.metrics
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window._refresh_actions()
    heads = [tab.sources.topLevelItem(n) for n in range(2)]
    leaves = [heads[0].child(n) for n in range(heads[0].childCount())]
    shown = lambda: [one.text(0).split(".")[0] for one in leaves if not one.isHidden()]
    assert sorted(shown()) == ["large", "small"]
    qtbot.keyClick(tab.sources, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is tab.find_line
    qtbot.keyClicks(tab.find_line, "SMA")
    assert shown() == ["small"] and not heads[0].isHidden() and heads[1].isHidden()
    tab.find_line.setText("pair lists")  # the head itself: all that is below it
    assert sorted(shown()) == ["large", "small"]
    qtbot.keyClick(tab.find_line, Qt.Key.Key_Escape)
    assert not heads[1].isHidden()


def test_two_models_are_compared_as_the_scores_are_shown(window, hand, qtbot, tmp_path):
    """Distances, whose pairs set the threshold, and which embeddings: what the tab says holds in the dialog."""
    (one, two), about = study(people=14, bias=1.0)
    np.savez(tmp_path / "silent.npz", score=-one, **about)
    np.savez(tmp_path / "says.npz", score=two, measure="cosine similarity", encoder="dlib", mirrored=True, **about)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(tmp_path / "silent.npz")
    drawn = lambda: qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    drawn()
    assert tab.distance.isEnabled() and tab.distance.toolTip() == ""
    tab.distance.click()
    drawn()
    tab.source.setCurrentIndex(tab.source.findData("group:A"))
    drawn()
    hand.do("metrics.compare")
    dialog = hand.dialog(ModelsDialog)
    assert dialog.distance.isChecked()
    dialog._offer(tmp_path / "says.npz", "")
    dialog.second.setCurrentIndex(0)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=20_000)
    found = dialog.found
    assert found.distances_first and not found.distances_second and not dialog.distance.isChecked()
    assert found.threshold_first == pytest.approx(tab.shown.result.groups.threshold) and found.threshold_first < 0
    assert "of the group A" in found.rule or "A" in found.rule
    assert (
        "silent (distances) against says (dlib (mirrored))." in dialog.more.text() and found.rule in dialog.more.text()
    )
    np.savez(tmp_path / "also.npz", score=-two, **about)
    dialog._offer(tmp_path / "also.npz", "")
    dialog.second.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.found is not found, timeout=20_000)
    assert dialog.found.cautions  # an EER above a half: nobody said that they are distances
    dialog.distance.click()
    qtbot.waitUntil(lambda: dialog.found.distances_second, timeout=20_000)
    right = [row.difference for row in found.differences]
    assert [row.difference for row in dialog.found.differences] == right and not dialog.found.cautions
    dialog.reject()
    tab.open_file(tmp_path / "says.npz")  # the file is followed, and the box says so; what was asked for is kept
    qtbot.waitUntil(lambda: tab.shown.path.name == "says.npz" and not tab._drawing, timeout=20_000)
    assert (
        not tab.distance.isChecked() and not tab.distance.isEnabled() and "cosine similarity" in tab.distance.toolTip()
    )
    assert tab.shown.result.eer < 0.5 and "dlib (mirrored)" in tab.headline.text()
    tab.open_file(tmp_path / "silent.npz")
    qtbot.waitUntil(lambda: tab.shown.path.name == "silent.npz" and not tab._drawing, timeout=20_000)
    assert tab.distance.isChecked() and tab.distance.isEnabled() and tab.shown.result.eer < 0.5
