"""The Training tab: train a recogniser on the project and watch its curves."""

import pytest

from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.runs.folder import RunFolder

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
    assert titles == {"arcface-01: scalars", "arcface-01: metrics"}
    assert "EER[g0]" in {name for _, name in tab._ticked()}
    assert tab.plot is not None
    hand.go("generation")
    assert window.generation.runs.count() == 0  # a recogniser makes no faces
    run = RunFolder.open(filled.folder / "runs" / "arcface-01")
    window.session.run("encode", {"encoder": f"arcface:{run.path}", "detector": "whole"})
    encoded = hand.finish_job("encode")
    assert encoded.result["dim"] == 512 and job.result["identities"] == 4
