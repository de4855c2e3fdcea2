"""What dialogs promise is what happens: bars and plans agree, empty sets are told, and Return never destroys."""

import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.gui.dialogs.groups_dialog import GroupsDialog
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.jobs.state import DONE, FAILED, JobState
from fairdesk.gui.session import Notice
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.messages import JobSpec
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.runs.folder import RunFolder
from fairdesk.training.results import RecogniserResult
from tests.conftest import plain_images


@pytest.fixture
def at(window, hand, filled):
    filled.close()
    hand.open(filled.folder)
    return window.dataset


def heights(plot):
    """The numbers above the bars."""
    return [item.toPlainText() for item in plot.getPlotItem().items if isinstance(item, pg.TextItem)]


def test_the_bars_of_balance_count_what_its_plan_counts(at, hand, qtbot, filled):
    edit_labels(filled, [1], Edit(identity=""))
    edit_labels(filled, [1], Edit(group="g0"))
    assert filled.db.value("SELECT identity_id FROM image WHERE id = 1") is None
    hand.settle()
    hand.do("dataset.balance")
    dialog = hand.dialog(GroupsDialog)
    hand.settle()
    assert heights(dialog.images) == ["19", "20"]
    assert "g0: 1 image without an identity is not counted and stays" in dialog.told.text()
    dialog.plan_button.click()
    qtbot.waitUntil(lambda: dialog.run_button.isEnabled(), timeout=20_000)
    assert heights(dialog.images) == ["19", "19"]
    assert "g0: 19 of 19 images" in dialog.told.text() and "1 image without an identity" in dialog.told.text()
    dialog.form.editors["to"].setCurrentText("5")
    assert heights(dialog.images) == ["19", "20"]  # the plan was for other values
    dialog.reject()


def test_return_in_purge_presses_cancel(at, hand, qtbot, filled):
    at.grid.select_ids([1, 2])
    hand.do("dataset.purge")
    box = hand.dialog(QMessageBox)
    assert "2 images" in box.text() and "whole history of the project" in box.informativeText()
    cancel = box.button(QMessageBox.StandardButton.Cancel)
    assert box.defaultButton() is cancel
    qtbot.keyClick(QApplication.focusWidget() or box, Qt.Key.Key_Return)
    hand.settle()
    assert filled.db.value("SELECT count(*) FROM image") == 40


def test_a_division_that_lacks_a_group_says_so_and_offers_its_form(window, at, hand, qtbot):
    told: list[Notice] = []
    window.session.told.connect(told.append)
    hand.do("dataset.divide")
    dialog = hand.dialog(JobDialog)
    dialog.preview_button.click()
    qtbot.waitUntil(lambda: "has nobody of" in dialog.preview.text(), timeout=20_000)
    dialog.run_button.click()
    job = hand.finish_job("divide")
    if job.preview:
        job = hand.finish_job("divide")
    (notice,) = [one for one in told if "Divide" in one.text]
    assert notice.kind == "error" and "validation has nobody of" in notice.text
    assert "validation has nobody of" in window.panel.cards[job.id].detail.text()
    notice.run()
    again = hand.dialog(JobDialog)
    assert again.kind.name == "divide" and again.form.values()["shares"] == ["0.8", "0.1", "0.1"]
    again.reject()


def test_a_folder_that_is_no_project_can_become_one(window, hand, qtbot, tmp_path):
    (tmp_path / "photos").mkdir()
    told: list[Notice] = []
    window.session.told.connect(told.append)
    assert not window.session.open(tmp_path / "photos")
    (notice,) = told
    assert notice.kind == "error" and notice.action == "Create a project here"
    notice.run()
    assert window.session.project.folder == tmp_path / "photos" / "photos.fairdesk"
    hand.settle()
    assert not window.session.open(tmp_path / "nowhere") and told[-1].action == ""


def test_a_recogniser_without_error_rates_offers_its_form_with_a_new_folder(window, hand, filled):
    filled.close()
    hand.open(filled.folder)
    out = filled.folder / "runs" / "arcface-01"
    RunFolder.create(out, {"kind": "recogniser", "params": {}})
    result = RecogniserResult(
        steps=1, steps_before=0, epochs=1, losses={}, stopped_early=False, best=None, unreadable=[], run=str(out), images=4,
        identities=2, groups=["g0"], device="cpu", left_out_without_identity=0, error_rates={}, images_per_second=1.0, seed=1,
        processes=1, weights="w", weights_of="last",
    )  # fmt: skip
    params = {"data": str(filled.folder), "out": str(out), "validation": 0.02}
    job = JobState("r1", window.session.jobs_home() / "r1", JobSpec("train-arcface", params), state=DONE)
    job.result = result.json_values()
    (notice,) = window.session._done(job)
    assert notice.kind == "error" and "Give a larger validation share" in notice.text
    notice.run()
    form = hand.dialog(JobDialog)
    values = form.form.values()
    assert values["out"].endswith("arcface-02") and values["validation"] == 0.02
    form.reject()


def test_a_job_that_fails_offers_the_form_that_mends_it(hand, qtbot, project, tmp_path):
    """The verb that its reason names, else its own form as it was filled in."""
    plain_images(tmp_path / "in", 1, 2, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    (tmp_path / "c.json").write_text('{"0": ["x.jpg"]}')
    folder = project.folder
    project.close()
    hand.open(folder)
    session, told, asked = hand.window.session, [], []
    session.told.connect(told.append)
    session.job_asked.connect(lambda kind, preset: asked.append((kind, preset)))
    session.run("load-clusters", {"file": str(tmp_path / "c.json")})
    hand.finish_job("load-clusters", FAILED)
    (notice,) = [one for one in told if one.kind == "error"]
    assert "Detect faces first" in notice.text and notice.action == "Detect faces…"
    notice.run()
    told.clear()
    session.run("pairs", {"genuine": 5, "format": "lfw", "seed": 7})
    hand.finish_job("pairs", FAILED)
    (notice,) = [one for one in told if one.kind == "error"]
    assert "lfw" in notice.text and notice.action == "Change it…"
    notice.run()
    assert [kind for kind, _ in asked] == ["detect", "pairs"] and asked[1][1]["seed"] == 7


def test_the_card_of_a_pair_list_tells_both_limits(hand, filled):
    filled.close()
    hand.open(filled.folder)
    hand.window.session.run("pairs", {"genuine": 450, "impostor": 1200})
    job = hand.finish_job("pairs")
    card = hand.window.panel.cards[job.id]
    first = "No more pairs exist: 80 of 450 genuine, 700 of 1,200 impostor."
    assert card.detail.text().startswith(first) or card.detail.toolTip().startswith(first)
