"""Originals that were replaced: the header counts them, and the notice's button takes them as they are now, until none is left."""

import shutil

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.faces import changed_originals
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.gui.dialogs.import_dialog import ImportDialog
from fairdesk.gui.notice import Notice
from fairdesk.jobs.context import QuietContext
from fairdesk.project.labels import Edit, edit_labels
from tests.conftest import plain_images


@pytest.fixture
def originals(project, tmp_path):
    plain_images(tmp_path / "in", 2, 2, 3, side=24)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    edit_labels(project, [3], Edit(identity="by hand", add_tags=("mine",)))
    return sorted((tmp_path / "in").rglob("*.png"))


def vector_of(project, path):
    images, vectors = project.vectors.of_images(project.vectors.choose().recipe)
    (image,) = (row[0] for row in project.db.rows("SELECT id, path FROM image") if str(path).endswith(row[1]))
    return vectors[images.tolist().index(image)]


def standing(window):
    return [toast.notice for toast in window.toasts._errors]


@pytest.mark.parametrize("told_by", ["the window", "a job", "a job of a large project"])
def test_the_remedy_takes_them_as_they_are_now(window, hand, qtbot, project, originals, told_by, monkeypatch):
    if told_by == "a job of a large project":
        monkeypatch.setattr(changed_originals, "LOOKED_AT", 5)
    session, tab = window.session, window.dataset
    hand.open(project.folder)
    assert "changed" not in tab.counts.text()
    shutil.copyfile(originals[8], originals[2])
    if told_by == "the window":
        session.originals.look_soon()
    else:
        session.run("encode", {"detector": "whole"})
        hand.finish_job("encode")
    qtbot.waitUntil(lambda: "1 original changed" in tab.counts.text(), timeout=8000)
    qtbot.waitUntil(lambda: bool(standing(window)), timeout=5000)
    (notice,) = standing(window)
    assert "1 original has changed since it was imported" in notice.text and str(originals[2]) in notice.text
    assert notice.action == "Import again…" and "Changed: " in tab.counts.toolTip()
    notice.run()
    dialog = hand.dialog(ImportDialog)
    qtbot.waitUntil(lambda: dialog.accept_button.isEnabled(), timeout=15000)
    assert dialog.accept_button.text() == "Take 1 changed image"
    dialog.accept_button.click()
    hand.finish_job("import")
    qtbot.waitUntil(lambda: "changed" not in tab.counts.text() and not standing(window), timeout=8000)
    session.run("encode", {"detector": "whole"})
    hand.finish_job("encode")
    hand.settle()
    now = session.project
    assert now.db.rows("SELECT tag FROM image_tag WHERE image_id = 3") == [("mine",)]
    assert (
        now.db.value("SELECT name FROM identity JOIN image ON identity.id = identity_id WHERE image.id = 3")
        == "by hand"
    )
    np.testing.assert_allclose(vector_of(now, originals[2]), vector_of(now, originals[8]), atol=1e-5)
    assert len(now.vectors.load(now.vectors.choose().recipe)[0]) == 12 and not standing(window)
    assert not [one for one in window.findChildren(QDialog) if one.isVisible()]


def test_it_goes_where_the_original_is_put_back_and_other_times_are_no_change(window, hand, qtbot, project, originals):
    data = originals[2].read_bytes()
    shutil.copyfile(originals[8], originals[2])
    shutil.copyfile(originals[7], aside := originals[7].with_suffix(".aside"))
    aside.replace(originals[7])  # the same contents, another time
    hand.open(project.folder)
    qtbot.waitUntil(lambda: "1 original changed" in window.dataset.counts.text(), timeout=8000)
    assert len(standing(window)) == 1
    originals[2].write_bytes(data)
    window.session.originals.look_soon()
    qtbot.waitUntil(lambda: "changed" not in window.dataset.counts.text() and not standing(window), timeout=8000)


def test_three_notices_leave_two_rows_of_the_grid_and_unfold(window, hand, qtbot, project, originals):
    window.resize(1024, 700)
    hand.open(project.folder)
    texts = [f"{number}: " + "a long text of what went wrong in some place " * 9 for number in range(3)]
    for text in texts:
        window.session.told.emit(Notice(text, "error", "Mend it…", lambda: None))
    qtbot.wait(100)
    first, *others = toasts = list(window.toasts._errors)
    grid = window.dataset.grid
    assert len(toasts) == 3 and all(toast.height() < 60 and toast._more.isVisible() for toast in toasts)
    assert grid.viewport().height() >= 2 * grid.visualRect(grid.model().index(0, 0)).height()
    assert [toast._label.text() for toast in toasts] == texts  # to be selected and read by a screen reader
    first._more.click()
    qtbot.wait(50)
    assert (
        not first._more.isVisible()
        and first._label.height() >= first._label.lines_wanted() * first._label.fontMetrics().lineSpacing()
    )
    assert others[0]._more.isVisible()
    for toast in others:
        window.toasts.close_error(toast.notice)
    window.session.told.emit(Notice("short", "error"))
    qtbot.wait(50)
    assert not window.toasts._errors[-1]._more.isVisible()


def test_the_preview_names_changed_files_beside_new_ones(window, hand, qtbot, project, originals):
    hand.open(project.folder)
    shutil.copyfile(originals[8], originals[2])
    fresh = plain_images(originals[0].parents[3] / "more", 1, 1, 2, side=40)
    for number, one in enumerate(sorted(fresh.rglob("*.png"))):
        shutil.copyfile(one, originals[0].with_name(f"new{number}.png"))
    window.session.ask("import", {"folder": str(originals[0].parents[2])})
    dialog = hand.dialog(ImportDialog)
    qtbot.waitUntil(lambda: dialog.accept_button.isEnabled(), timeout=15000)
    assert dialog.accept_button.text() == "Import 2 images, take 1 changed"
    assert "14 images (2 new, 1 changed)" in dialog.preview.text()
    dialog.reject()


def test_cells_bear_what_is_known_of_their_originals(window, hand, qtbot, project, originals):
    session, grid = window.session, window.dataset.grid
    hand.open(project.folder)
    originals[0].unlink()
    shutil.copyfile(originals[8], originals[2])
    originals[4].write_bytes(b"no picture")
    session.originals.look_soon()
    qtbot.waitUntil(lambda: bool(session.originals.changed.images and session.originals.changed.damaged), timeout=8000)
    hand.settle()
    said = {number: grid.cells.originals.text(number) for number in grid.grid_model.ids.tolist()}
    assert {number: text for number, text in said.items() if text} == {1: "missing", 3: "changed", 5: "damaged"}
    tips = [grid.grid_model.index(row).data(Qt.ItemDataRole.ToolTipRole).splitlines()[0] for row in (2, 4, 5)]
    assert tips == [f"{originals[2]} (changed)", f"{originals[4]} (damaged)", str(originals[5])]
    marked = grid.grab().toImage()
    grid.set_originals()
    assert grid.grab().toImage() != marked
    grid.set_originals(session.originals.badges)
    import_images(ImportParams(folder=originals[0].parents[2]), QuietContext(session.project))
    session.originals.look_soon()
    qtbot.waitUntil(lambda: not session.originals.changed.images, timeout=8000)
    hand.settle()
    assert grid.cells.originals.text(3) == ""
