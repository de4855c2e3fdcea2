"""Runs that are training: in the list, ticked, with curves from the first batch; not resumed twice; plots that hide nothing."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from fairdesk.gui import async_glue
from fairdesk.gui.jobs.state import DONE, RUNNING, STOPPED, JobState
from fairdesk.gui.widgets.run_curves import Line, RunCurves
from fairdesk.jobs.messages import JobSpec
from fairdesk.runs.folder import RunFolder


def job_of(window, number, kind, out, state):
    return JobState(number, window.session.jobs_home() / number, JobSpec(kind, {"out": str(out)}), state=state)


def test_a_recogniser_is_listed_ticked_and_drawn_from_its_first_batch(window, hand, filled):
    hand.open(filled.folder)
    hand.go("training")
    tab = window.training
    out = filled.folder / "runs" / "arcface-01"
    job = job_of(window, "t1", "train-arcface", out, RUNNING)
    tab._on_job(job)
    hand.settle()
    assert tab.run_list.topLevelItemCount() == 0
    run = RunFolder.create(out, {"kind": "recogniser", "params": {"backbone": "mbf"}, "batches_per_epoch": 5})
    run.scalars(1, {"loss": 30.0})
    tab._on_job(job)
    hand.settle()
    item = tab.run_list.topLevelItem(0)
    assert (item.text(0), item.checkState(0)) == ("arcface-01", Qt.CheckState.Checked)
    assert {name for _, name in tab._ticked()} == {"loss"} and tab.curves.losses.isVisible()
    run.metrics(5, {"EER": 0.3})
    tab._on_job(job)
    hand.settle()
    assert {name for _, name in tab._ticked()} == {"loss", "EER"} and tab.curves.rates.isVisible()
    item.setCheckState(0, Qt.CheckState.Unchecked)  # a person closes it: it stays closed
    run.scalars(6, {"loss": 20.0})
    tab._on_job(job)
    hand.settle()
    assert not tab._ticked()


def test_what_is_training_is_not_resumed_again(window, hand, filled, monkeypatch):
    hand.open(filled.folder)
    hand.go("generation")
    out = filled.folder / "runs" / "gan-01"
    run = RunFolder.create(out, {"kind": "gan", "params": {"family": "gan"}})
    run.checkpoint("last").write_bytes(b"x")
    window.generation.refresh()
    hand.settle()
    resume = window.book.actions["generation.resume"]
    stopped, again = (job_of(window, n, "train-gan", out, s) for n, s in (("g1", STOPPED), ("g2", RUNNING)))
    window.panel._on_updated(stopped)
    card = window.panel.cards["g1"]
    window.refresh_actions()
    assert resume.isEnabled() and card.again.isEnabled() and card.again.text() == "Resume"
    window.session.jobs.jobs["g2"] = again
    window.panel._on_updated(again)
    window.refresh_actions()
    assert not resume.isEnabled() and not card.again.isEnabled()
    again.state = DONE
    window.panel._on_updated(again)
    window.refresh_actions()
    assert resume.isEnabled() and card.again.isEnabled()


def test_a_recogniser_that_trains_cannot_be_chosen_to_resume(window, hand, qtbot, filled, monkeypatch):
    hand.open(filled.folder)
    hand.go("training")
    out = filled.folder / "runs" / "arcface-01"
    RunFolder.create(out, {"kind": "recogniser", "params": {}})
    window.session.jobs.jobs["t1"] = job_of(window, "t1", "train-arcface", out, RUNNING)
    asked, told = [], []
    window.session.job_asked.connect(lambda kind, preset: asked.append(kind))
    window.session.told.connect(told.append)

    async def chosen(*_):
        return str(out)

    monkeypatch.setattr(async_glue, "choose_folder", chosen)
    hand.do("training.resume")
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].text.startswith("arcface-01 is training already") and not asked
    del window.session.jobs.jobs["t1"]


@pytest.fixture
def curves(window, qtbot):
    """Falling curves of two losses and seven groups, as a run's."""
    made = RunCurves(window.session.theme)
    qtbot.addWidget(made)
    made.resize(700, 560)
    x = np.arange(100.0)
    lines = [Line("run", name, name, x, list(np.exp(-x / 30)), False) for name in ("G_loss", "D_loss")]
    lines += [Line("run", f"EER[{n}]", f"EER[{n}]", x, list(0.4 * np.exp(-x / 40)), True) for n in range(7)]
    made.draw(lines, "batch", weight=0.0, logarithmic=False, marks=[])
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.mark.parametrize("width", [320, 700, 1200])
def test_a_legend_covers_no_point(curves, qtbot, width):
    curves.resize(width, 560)
    qtbot.wait(50)
    for plot in (curves.losses, curves.rates):
        item = plot.getPlotItem()
        legend = curves._legends[plot].item
        names = [label.text for _, label in legend.items]
        assert len(names) == (2 if plot is curves.losses else 7)
        shown = [label.mapRectToScene(label.boundingRect()) for _, label in legend.items]
        assert not any(one.intersects(item.vb.sceneBoundingRect()) for one in shown)
        assert all(QRectF(plot.rect()).contains(one.center()) for one in shown)


def test_axes_say_what_is_drawn(curves):
    named = [plot.getPlotItem().getAxis("left").labelText for plot in (curves.losses, curves.rates)]
    assert named == ["G_loss, D_loss", "EER"]
    x = np.arange(3.0)
    curves.draw(
        [Line("run", name, name, x, [0.5] * 3, True) for name in ("D(x)", "D(G(z))")],
        "batch", weight=0, logarithmic=False, marks=[],
    )  # fmt: skip
    assert curves.rates.getPlotItem().getAxis("left").labelText == "D(x), D(G(z))"


def test_a_zoomed_plot_offers_its_reset(curves, qtbot):
    plot, view = curves.losses, curves.losses.getPlotItem().vb
    whole = view.viewRange()
    assert not plot.zoom_reset.isVisible()
    middle = QPointF(plot.viewport().rect().center())
    wheel = QWheelEvent(
        middle, plot.viewport().mapToGlobal(middle), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot.viewport(), wheel)
    assert plot.zoom_reset.isVisible() and view.viewRange() != whole
    plot.zoom_reset.click()
    qtbot.wait(50)
    assert not plot.zoom_reset.isVisible()
    assert view.viewRange()[1] == pytest.approx(whole[1], rel=0.1)
