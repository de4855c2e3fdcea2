"""The Training tab: train a recogniser on the project and watch its curves."""

import re

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from fairdesk.gui.dialogs.compare_dialog import CompareDialog
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.notes_dialog import NotesDialog
from fairdesk.gui.widgets.plot_export import write_plot
from fairdesk.learning.checkpoints import save_checkpoint
from fairdesk.runs.folder import TIMES, RunFolder
from fairdesk.runs.run_records import read_notes
from tests.runs.test_run_comparison import made

pytestmark = pytest.mark.filterwarnings("ignore")


def test_train_a_recogniser_and_use_it(window, hand, qtbot, filled):
    hand.open(filled.folder)
    hand.go("training")
    tab = window.training
    assert tab.empty_train.isVisible()
    tab.empty_train.click()
    form = hand.dialog(JobDialog)
    assert "fairdesk train arcface" in form.command.text()
    for name, value in (("epochs", 2), ("batch_size", 8), ("width", 1)):
        form.form.editors[name].setValue(value)
    form.form.editors["validation"].setValue(0.5)
    form.form.editors["crop"].setCurrentText("whole")
    form.form.editors["device"].setCurrentText("cpu")
    form.run_button.click()
    job = hand.finish_job("train-arcface")
    qtbot.waitUntil(lambda: tab.logs.topLevelItemCount() == 2, timeout=10_000)
    titles = {tab.logs.topLevelItem(n).text(0) for n in range(2)}
    assert titles == {"arcface-01: losses", "arcface-01: evaluated"}
    assert "EER[g0]" in {name for _, name in tab._ticked()}
    assert tab.curves is not None and tab.curves.rates.isVisible() and tab.curves.losses.isVisible()
    hand.settle()
    assert tab.run_list.topLevelItemCount() == 1 and tab.run_list.topLevelItem(0).checkState(0) == Qt.CheckState.Checked
    hand.go("generation")
    assert window.generation.runs.count() == 0  # a recogniser makes no faces
    run = RunFolder.open(filled.folder / "runs" / "arcface-01")
    window.session.run("encode", {"encoder": f"arcface:{run.path}", "detector": "whole"})
    encoded = hand.finish_job("encode")
    assert encoded.result["dim"] == 512 and job.result["identities"] == 4


@pytest.fixture
def trained(window, hand, filled):
    """A project with four runs: two kinds, two seeds each."""
    home = filled.folder / "runs"
    for seed in (1, 2):
        made(home, f"none-{seed}", seed, (0.1, 0.2))
        made(home, f"balanced-{seed}", seed, (0.1, 0.1 + seed / 1000), sampling="group")
    hand.open(filled.folder)
    hand.go("training")
    hand.settle()
    return window.training


def test_ctrl_f_finds_runs_and_series(trained, hand, window, qtbot):
    """Only what holds the text is listed; a run that appears meanwhile is judged too; Escape shows all again."""
    tab = window.training
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window._refresh_actions()
    shown = lambda: [
        tab.run_list.topLevelItem(row).text(0)
        for row in range(tab.run_list.topLevelItemCount())
        if not tab.run_list.topLevelItem(row).isHidden()
    ]
    every = shown()
    assert len(every) == 4
    row_of(tab, "none-1").setCheckState(0, Qt.CheckState.Checked)
    hand.settle()
    qtbot.keyClick(tab.run_list, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.focusWidget() is tab.find_line
    qtbot.keyClicks(tab.find_line, "BALANCED")
    assert sorted(shown()) == ["balanced-1", "balanced-2"]
    assert tab.logs.topLevelItem(0).isHidden()  # no series of this name
    made(window.session.project.folder / "runs", "balanced-3", 3, (0.1, 0.2), sampling="group")
    made(window.session.project.folder / "runs", "none-3", 3, (0.1, 0.2))
    tab.refresh()
    hand.settle()
    assert sorted(shown()) == ["balanced-1", "balanced-2", "balanced-3"]
    tab.find_line.setText("eer")  # a series of a log that is open: its log stays
    assert not tab.logs.topLevelItem(0).isHidden() and shown() == []
    qtbot.keyClick(tab.find_line, Qt.Key.Key_Escape)
    assert len(shown()) == 6 and tab.find_line.text() == ""


def row_of(tab, name):
    return next(
        tab.run_list.topLevelItem(n)
        for n in range(tab.run_list.topLevelItemCount())
        if tab.run_list.topLevelItem(n).text(0) == name
    )


def curves_and_pens(plot, curves):
    lines = [line for line, _ in curves._drawn[plot]]
    return zip(lines, [item.opts["pen"] for item in plot.getPlotItem().listDataItems()], strict=True)


def test_runs_are_listed_ticked_and_compared(trained, hand, window, filled, tmp_path):
    tab = trained
    assert tab.run_list.topLevelItemCount() == 4 and row_of(tab, "none-1").text(1) == "15.0 %"
    for name in ("none-1", "balanced-1"):
        row_of(tab, name).setCheckState(0, Qt.CheckState.Checked)
        hand.settle()
    assert tab.logs.topLevelItemCount() == 4 and {path.parent.name for path, _ in tab._ticked()} == {
        "none-1",
        "balanced-1",
    }
    curves = tab.curves
    seen = {(line.source, line.name): pen for line, pen in curves_and_pens(curves.rates, curves)}
    one, other = seen["none-1", "EER[a]"], seen["balanced-1", "EER[a]"]
    assert one.color() == other.color() != seen["none-1", "EER[b]"].color() and one.style() != other.style()
    for suffix in ("png", "svg"):
        write_plot(tmp_path / f"both.{suffix}", curves.losses, curves.rates)
    with Image.open(tmp_path / "both.png") as image:
        assert image.width == 1600
        assert image.height / image.width == pytest.approx(
            (curves.losses.height() + curves.rates.height()) / curves.rates.width(), rel=0.01
        )
        assert all(
            len(image.crop((0, top, 1600, top + image.height // 2)).getcolors(99999)) > 20
            for top in (0, image.height // 2)
        )
    texts = re.findall(r">([^<>]+)</text>", (tmp_path / "both.svg").read_text())
    assert {"none-1", "EER[a]"} <= set(texts)
    for n in range(4):
        tab.run_list.topLevelItem(n).setSelected(True)
    hand.do("training.compare")
    dialog = hand.dialog(CompareDialog)
    told = [[dialog.effects.item(y, x).text() for x in range(6)] for y in range(dialog.effects.rowCount())]
    assert any(
        row[0] == "sampling group" and row[1] == "EER[b]" and row[2] == "1, 2" and row[5] == "lower" for row in told
    )
    assert dialog.plot is not None and "three seeds" in dialog._about()
    dialog.reject()
    row_of(tab, "none-1").setCheckState(0, Qt.CheckState.Unchecked)
    hand.settle()
    assert {path.parent.name for path, _ in tab._ticked()} == {"balanced-1"}


def test_axes_checkpoints_and_the_readout(trained, hand, window, filled):
    tab = trained
    run = filled.folder / "runs" / "none-1"
    (run / TIMES).write_text("step,time\n5,100.0\n10,220.0\n")
    save_checkpoint(RunFolder.open(run).checkpoint("last"), {}, {}, {"step": 10})
    row_of(tab, "none-1").setCheckState(0, Qt.CheckState.Checked)
    hand.settle()
    drawn = {}
    for axis in ("Step", "Epoch", "Time"):
        tab.axis.setCurrentText(axis)
        line = next(line for line, _ in tab.curves._drawn[tab.curves.losses] if line.name == "loss")
        drawn[axis] = list(line.x)
    assert drawn == {"Step": [5, 10], "Epoch": [1, 2], "Time": [0, 2]}
    tab.marked.setChecked(True)
    assert sum(type(item).__name__ == "InfiniteLine" for item in tab.curves.losses.getPlotItem().items) == 1
    told = []
    tab.curves.hovered.connect(told.append)
    QApplication.processEvents()
    view = tab.curves.losses.getPlotItem().vb
    line = next(line for line, _ in tab.curves._drawn[tab.curves.losses] if line.name == "loss")
    tab.curves._on_move(tab.curves.losses, view.mapViewToScene(QPointF(float(line.x[1]), line.values[1])))
    assert told[-1] == "loss: 3 at 2" and tab.readout.text() == told[-1]
    tab.smoothing.setValue(60)
    smoothed = next(values for line, values in tab.curves._drawn[tab.curves.losses] if line.name == "loss")
    assert not np.allclose(smoothed, line.values)


def test_notes_and_a_run_from_elsewhere(trained, hand, window, filled, tmp_path, monkeypatch):
    tab = trained
    row_of(tab, "none-2").setSelected(True)
    hand.do("training.notes")
    dialog = hand.dialog(NotesDialog)
    dialog.tags_edit.setText("baseline, , paper")
    dialog.note_edit.setPlainText("kept")
    dialog.accept()
    hand.settle()
    assert read_notes(filled.folder / "runs" / "none-2") == (("baseline", "paper"), "kept")
    assert row_of(tab, "none-2").text(3) == "baseline, paper"
    elsewhere = made(tmp_path / "other machine", "far", 1, (0.3, 0.3))
    tab.session.background.edit(
        lambda: __import__("fairdesk.runs.run_records", fromlist=["x"]).import_run(elsewhere, tab.runs_home()),
        tab._imported,
    )
    hand.settle()
    assert row_of(tab, "far").checkState(0) == Qt.CheckState.Checked
    hand.do("training.close")
    assert not tab._ticked() and row_of(tab, "far").checkState(0) == Qt.CheckState.Unchecked
