"""A project whose originals were moved says so when it is opened, and offers to find them."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from fairdesk.dataset.image_export import export_images
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.prepare_params import ExportParams
from fairdesk.dataset.purge import purge
from fairdesk.faces.changed_originals import compare_originals, images_meant
from fairdesk.faces.originals_told import DAMAGED, MISSING
from fairdesk.gui import originals_watch
from fairdesk.gui.dialogs.import_dialog import ImportDialog
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.jobs.state import FAILED
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.registry import job_kinds
from fairdesk.project import Project
from fairdesk.project.conditions import read_conditions
from fairdesk.project.image_queries import Filter, image_ids
from fairdesk.project.originals import missing_originals
from fairdesk.project.recipes import Recipe
from tests.conftest import plain_images


def test_moved_originals_are_told_and_found(window, filled, tmp_path):
    folder, session = filled.folder, window.session
    (tmp_path / "photographs").rename(tmp_path / "elsewhere")
    filled.close()
    told, asked = [], []
    session.told.connect(told.append)
    session.job_asked.connect(lambda kind, preset: asked.append((kind, preset)))
    assert session.open(folder)
    assert [one.text for one in told] == [
        f"The originals are missing: {tmp_path / 'photographs'} is not there. Their thumbnails, labels and results stay."
    ]
    assert told[0].action == "Find moved originals…"
    told[0].run()
    ((kind, preset),) = asked
    assert kind == "relink"
    relink = job_kinds()[kind]
    params = relink.params(**preset, new=tmp_path / "elsewhere")
    assert relink.function()(params, QuietContext(session.project)).relinked == 40
    told.clear()
    session.close_project()
    assert session.open(folder) and told == []


def test_single_missing_originals_are_marked_counted_filtered_and_found(window, hand, qtbot, filled, tmp_path):
    photographs = tmp_path / "photographs"
    gone = photographs / "g0" / "id00" / "000.png"
    elsewhere = tmp_path / "moved.png"
    gone.rename(elsewhere)
    filled.close()
    told, asked = [], []
    session, tab = window.session, window.dataset
    session.told.connect(told.append)
    session.job_asked.connect(lambda kind, preset: asked.append((kind, preset)))
    hand.open(filled.folder)
    qtbot.waitUntil(lambda: len(session.originals.missing) > 0)
    hand.settle()
    (notice,) = told
    assert notice.text == f"1 original is missing: {gone}. Its thumbnail, labels and results stay."
    assert "1 original missing" in tab.counts.text() and tab.missing_button.isVisible()
    item = tab.grid.grid_model.item(0)
    assert item.path == str(gone) and tab.grid.cells.originals.text(item.image) == "missing"
    assert tab.grid.grid_model.index(0).data(Qt.ItemDataRole.ToolTipRole).startswith(f"{gone} (missing)")
    tab.state.setCurrentIndex(tab.state.findData("missing"))
    hand.settle()
    assert tab.grid.grid_model.ids.tolist() == [item.id]
    with_badge = tab.grid.grab().toImage()
    tab.grid.set_originals()
    assert tab.grid.grab().toImage() != with_badge  # the mark is painted
    tab.grid.set_originals(session.originals.badges)
    hand.do("dataset.relink")
    assert asked == [("relink", {"old": str(gone.parent)})]
    elsewhere.rename(gone)
    session.originals.look_soon()
    qtbot.waitUntil(lambda: len(session.originals.missing) == 0)
    hand.settle()
    assert tab.grid.grid_model.ids.tolist() == [] and not tab.missing_button.isVisible()


def test_one_that_is_missing_in_a_project_that_was_moved_is_found(window, hand, qtbot, filled, tmp_path):
    """The folder that the window fills in is where the project is now, not where it was made."""
    filled.close()
    new = tmp_path / "new"
    new.mkdir()
    (tmp_path / "photographs").rename(new / "photographs")
    filled.folder.rename(new / filled.folder.name)
    (new / "other").mkdir()
    for name in ("000.png", "001.png"):
        (new / "photographs" / "g0" / "id00" / name).rename(new / "other" / name)
    (new / "other" / "001.png").rename(tmp_path / "lost.png")
    asked = []
    window.session.job_asked.connect(lambda kind, preset: asked.append((kind, preset)))
    hand.open(new / filled.folder.name)
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 2)
    window.session.originals.find_moved()
    ((kind, preset),) = asked
    assert preset == {"old": str(new / "photographs" / "g0" / "id00")}
    relink = job_kinds()[kind]
    result = relink.function()(relink.params(**preset, new=new / "other"), QuietContext(window.session.project))
    assert (result.relinked, result.missing, result.in_place) == (1, 1, 3)
    assert result.caution() == "1 original was not found there: 001.png."
    (tmp_path / "lost.png").rename(new / "other" / "001.png")
    made_there = tmp_path / "photographs"  # the folder by which it was imported names them, too
    again = relink.function()(relink.params(old=made_there, new=new / "other"), QuietContext(window.session.project))
    assert (again.relinked, again.missing) == (1, 0) and again.caution() is None


def test_what_counts_as_missing(project, tmp_path):
    plain_images(tmp_path / "in", 1, 2, 3)
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        for n, path in enumerate(sorted(plain_images(tmp_path / "other", 1, 1, 2, side=20).rglob("*.png"))):
            archive.write(path, f"GroupA/who/{n}.png")
    for source in (tmp_path / "in", tmp_path / "faces.zip"):
        import_images(ImportParams(folder=source), QuietContext(project))
    assert len(missing_originals(project)) == 0
    (tmp_path / "in" / "g0" / "id00" / "001.png").unlink()
    shutil.rmtree(tmp_path / "in" / "g0" / "id01")
    missing = missing_originals(project)
    paths = [project.db.value("SELECT path FROM image WHERE id = ?", (image,)) for image in missing.images.tolist()]
    assert paths == ["g0/id00/001.png", "g0/id01/000.png", "g0/id01/001.png", "g0/id01/002.png"]
    assert Path(missing.first) == tmp_path / "in" / paths[0] and Path(missing.folder) == tmp_path / "in" / "g0"
    assert [image for image in range(20) if missing.holds(image)] == missing.images.tolist()
    assert len(image_ids(project, read_conditions(project, ["state=missing", "group=g0"]))) == 4
    (tmp_path / "faces.zip").unlink()
    assert len(missing_originals(project)) == 6


def test_links_that_lead_nowhere_and_files_in_a_folders_place_are_missing_originals(project, tmp_path):
    plain_images(tmp_path / "in", 2, 2, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    files = sorted((tmp_path / "in").rglob("*.png"))
    kept, link, circle = files[:3]
    kept.rename(tmp_path / "real.png")
    kept.symlink_to(tmp_path / "real.png")
    link.unlink()
    link.symlink_to(tmp_path / "nowhere.png")
    circle.unlink()
    circle.symlink_to(circle)  # it is there, and damaged
    shutil.rmtree(files[4].parent)
    files[4].parent.write_text("no folder")
    gone = [link, files[4], files[5]]
    numbers = [
        project.db.value("SELECT id FROM image WHERE path = ?", (one.relative_to(tmp_path / "in").as_posix(),))
        for one in gone
    ]
    assert missing_originals(project).images.tolist() == sorted(numbers)
    compared = compare_originals(images_meant(project), QuietContext(project))
    assert compared.changed == [] and [one.path for one in compared.damaged] == [str(circle)]
    for one in gone:
        with pytest.raises(UnreadableImageError, match="the file is missing"):
            open_image(one)


def test_images_that_are_gone_are_missing_and_not_without_a_face(window, hand, qtbot, project, tmp_path):
    """The card, the header and the notice say so, and *Find moved originals* is offered; the filter does not list them."""
    plain_images(tmp_path / "in", 2, 3, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    hand.open(project.folder)
    (tmp_path / "in").rename(tmp_path / "elsewhere")
    window.session.run("encode", {"detector": "whole"})
    job = hand.finish_job("encode", FAILED)
    card = window.panel.cards[job.id]
    qtbot.waitUntil(lambda: "None of the 12 images that were left to do could be read" in card.detail.text())
    qtbot.waitUntil(
        lambda: any(notice.action == "Find moved originals…" for notice in window.toasts.history), timeout=5000
    )
    offered = [one.text for one in window.toasts.history if "left to do" in one.text]
    for text in (card.detail.text(), *offered):  # it is named as it is called here
        assert "Missing originals that were moved: “Find moved originals”. Deleted ones: hide or purge them." in text
        assert "fairdesk relink" not in text and "PROJECT" not in text
    hand.settle()
    qtbot.waitUntil(lambda: "12 originals missing" in window.dataset.counts.text(), timeout=8000)
    said = window.dataset.counts.text()
    assert "searched" not in said and "without a face" not in said
    assert "could not be searched" not in window.dataset.counts.toolTip().lower()
    assert image_ids(project, Filter(state="without face")).tolist() == []
    (tmp_path / "elsewhere").rename(tmp_path / "in")
    window.session.run("encode", {"detector": "whole"})
    assert hand.finish_job("encode").result["vectors"] == 12
    qtbot.waitUntil(lambda: "missing" not in window.dataset.counts.text(), timeout=8000)
    assert not any(toast.notice.topic for toast in window.toasts._errors) and window.dataset.counts.toolTip() == ""


def test_each_file_counts_once_under_words_of_its_own(window, hand, qtbot, project, tmp_path):
    """Two are gone, one was damaged after the import, one never came in; the notice goes with the last that is missing."""
    photographs = sorted(plain_images(tmp_path / "in", 1, 3, 2).rglob("*.png"))
    (tmp_path / "in" / "g0" / "id00" / "broken.png").write_bytes(b"no picture")
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    for gone in photographs[:2]:
        gone.unlink()
    photographs[2].write_bytes(photographs[2].read_bytes()[:60])
    hand.open(project.folder)
    window.session.run("detect", {"detector": "whole"})
    hand.finish_job("detect")
    counts, errors = window.dataset.counts, window.toasts._errors
    qtbot.waitUntil(lambda: "2 originals missing" in counts.text(), timeout=8000)
    hand.settle()
    parts = counts.text().split("  ·  ")
    assert parts[-3:] == ["2 originals missing", "1 original not readable", "1 file not imported"]
    assert [line.split(":")[0] for line in counts.toolTip().splitlines()] == [
        "Missing",
        "Not readable",
        "Not imported",
    ]
    missing = [toast.notice.text for toast in errors if toast.notice.topic == MISSING]
    assert len(missing) == 1 and "2 originals are missing" in missing[0]

    first, second = window.session.originals.missing.images.tolist()
    window.session.edit(lambda project: purge(project, [first], []))
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 1, timeout=8000)
    (now,) = [toast.notice.text for toast in errors if toast.notice.topic == MISSING]
    assert "1 original is missing" in now
    window.session.edit(lambda project: purge(project, [second], []))
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 0, timeout=8000)
    hand.settle()
    (damaged,) = [toast.notice for toast in errors if toast.notice.topic]
    assert damaged.topic == DAMAGED and "hide or purge the image" in damaged.text
    assert "missing" not in counts.text() and "1 original not readable" in counts.text()


def test_an_original_that_is_back_is_missing_no_longer_once_it_was_encoded(window, hand, qtbot, filled, tmp_path):
    gone = tmp_path / "photographs" / "g0" / "id00" / "000.png"
    gone.rename(tmp_path / "moved.png")
    hand.open(filled.folder)
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 1)
    (tmp_path / "moved.png").rename(gone)
    other = Project.open(filled.folder)
    recipe = other.vectors.register(Recipe("again", "whole", "none", 4, "euclidean", "none"))
    faces = other.vectors.missing(recipe)
    other.vectors.append(recipe, faces, np.ones((len(faces), 4), dtype=np.float32), {})
    other.close()
    window.session.look()
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 0, timeout=8000)
    hand.settle()
    assert "missing" not in window.dataset.counts.text()


def test_the_form_is_of_this_project_says_what_there_is_and_the_header_follows(window, hand, qtbot, project, tmp_path):
    """Another project's folders are not filled in; counts come before the job; no search is needed for the header to be right."""
    plain_images(tmp_path / "in", 2, 3, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "new").mkdir()
    window.session.settings.set_form("relink", {"old": str(tmp_path / "theirs"), "new": str(tmp_path / "theirs")})
    hand.open(project.folder)
    window.session.originals.find_moved()
    dialog = hand.dialog(JobDialog)
    assert dialog.form.values()["old"] == str(tmp_path / "in") and not dialog.form.values().get("new")
    dialog.reject()
    (tmp_path / "in").rename(tmp_path / "new" / "in")
    next((tmp_path / "new").rglob("*.png")).write_bytes(b"another size")
    window.session.run("encode", {"detector": "whole"})
    hand.finish_job("encode", FAILED)
    qtbot.waitUntil(lambda: "12 originals missing" in window.dataset.counts.text(), timeout=8000)
    window.session.originals.find_moved()
    dialog = hand.dialog(JobDialog)
    dialog.form.set_values({"old": str(tmp_path / "in"), "new": str(tmp_path / "new")})
    said = "12 originals lay in the old folder, 12 of them missing. The new one has files of the name and size of 11."
    qtbot.waitUntil(lambda: dialog.facts.text() == said, timeout=8000)
    dialog.run_button.click()
    assert hand.finish_job("relink").result["relinked"] == 11
    qtbot.waitUntil(lambda: "1 original missing" in window.dataset.counts.text(), timeout=8000)
    hand.settle()
    assert "searched" not in window.dataset.counts.text() and "could not" not in window.dataset.counts.toolTip().lower()


def test_missing_changed_and_unreadable_ones_have_a_notice_and_a_remedy_each(window, hand, qtbot, project, tmp_path):
    """Two are gone, one was replaced, one is no picture any more; each is counted once, under its own words."""
    photographs = sorted(plain_images(tmp_path / "in", 2, 3, 2).rglob("*.png"))
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    (tmp_path / "elsewhere").mkdir()
    for gone in photographs[:2]:
        gone.rename(tmp_path / "elsewhere" / gone.name)
    photographs[3].write_bytes(photographs[5].read_bytes())
    photographs[4].write_bytes(photographs[4].read_bytes()[:60])
    hand.open(project.folder)
    window.session.run("encode", {"detector": "whole"})
    job = hand.finish_job("encode")
    card, errors = window.panel.cards[job.id].detail, window.toasts._errors
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 2 and len(errors) == 3, timeout=8000)
    hand.settle()
    result = job.typed_result()
    said = {
        f"2 originals are missing (Find moved originals), for example {photographs[0]}": "Find moved originals…",
        f"1 original has changed since it was imported (Import again): {photographs[3]}": "Import again…",
        f"1 image could not be read: {photographs[4]}: ": "Select them",
    }
    shown = {toast.notice.action: toast.notice.text for toast in errors}
    for text, action in said.items():
        assert text in result.caution() and text in card.text()
        assert text in shown[action] or (
            action == "Find moved originals…" and "2 originals are missing" in shown[action]
        )
    assert sorted(shown) == sorted(said.values())  # each remedy is offered once
    told = result.text()
    assert (
        f"2 originals are missing (Find moved originals: fairdesk relink PROJECT {photographs[0].parent} NEW-FOLDER):"
        in told
    )
    assert "1 original has changed since it was imported (Import again: fairdesk import PROJECT FOLDER):" in told
    assert (
        "1 could not be read (put a good copy in its place, or hide or purge the image):" in told
        and told.count(str(photographs[0])) == told.count(str(photographs[3])) == 1
    )

    (damaged,) = [toast.notice for toast in errors if toast.notice.action == "Select them"]
    damaged.run()
    qtbot.waitUntil(lambda: window.dataset.grid.selected_array().tolist() == [5], timeout=3000)
    photographs[4].write_bytes(photographs[5].read_bytes())
    window.session.originals.look_soon()
    qtbot.waitUntil(lambda: "2 originals changed" in window.dataset.counts.text(), timeout=8000)
    assert "not readable" not in window.dataset.counts.text()
    assert "Select them" not in {toast.notice.action for toast in errors}

    window.session.run("relink", {"old": str(tmp_path / "in"), "new": str(tmp_path / "elsewhere")})
    assert hand.finish_job("relink").result["relinked"] == 2
    qtbot.waitUntil(lambda: "Find moved originals…" not in {toast.notice.action for toast in errors}, timeout=3000)
    assert "missing" not in window.dataset.counts.text()


def test_a_failure_for_missing_originals_is_told_once_and_goes_when_they_are_found(
    window, hand, qtbot, project, tmp_path
):
    plain_images(tmp_path / "in", 2, 3, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    (tmp_path / "in").rename(tmp_path / "elsewhere")
    hand.open(project.folder)
    window.session.run("detect", {"detector": "whole"})
    hand.finish_job("detect", FAILED)
    errors = window.toasts._errors
    hand.settle()
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 12, timeout=8000)
    assert [toast.notice.action for toast in errors] == ["Find moved originals…"]
    window.session.run("relink", {"old": str(tmp_path / "in"), "new": str(tmp_path / "elsewhere")})
    assert hand.finish_job("relink").result["relinked"] == 12
    qtbot.waitUntil(lambda: not errors, timeout=3000)


def test_nothing_stays_said_of_wrong_tries_once_all_are_found(window, hand, qtbot, project, tmp_path):
    """Neither of a folder without any of them, nor of one with a part."""
    plain_images(tmp_path / "in", 2, 3, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    (tmp_path / "in").rename(tmp_path / "elsewhere")
    for name in ("wrong", "part"):
        (tmp_path / name).mkdir()
    part = tmp_path / "elsewhere" / "g0" / "id00" / "000.png"
    plain_images(tmp_path / "wrong", 1, 1, 1, 30)
    (tmp_path / "part" / "000.png").write_bytes(part.read_bytes())
    hand.open(project.folder)
    errors = window.toasts._errors
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 12, timeout=8000)
    window.session.run("relink", {"old": str(tmp_path / "in"), "new": str(tmp_path / "wrong")})
    hand.finish_job("relink", FAILED)
    hand.settle()
    assert ["Nothing was found: none of the 12" in toast.notice.text for toast in errors] == [True]
    assert errors[0].notice.action == "Find moved originals…"
    window.session.run("relink", {"old": str(tmp_path / "in"), "new": str(tmp_path / "part")})
    assert hand.finish_job("relink").result["relinked"] == 1
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 11, timeout=8000)
    assert len(errors) == 1
    window.session.run("relink", {"old": str(tmp_path / "in"), "new": str(tmp_path / "elsewhere")})
    assert hand.finish_job("relink").result["relinked"] == 11
    qtbot.waitUntil(lambda: not errors, timeout=3000)


def test_nothing_stays_said_of_an_archive_that_was_cut_and_is_whole_again(window, hand, qtbot, project, tmp_path):
    """Neither in the header, nor as a notice, nor on the card: and nothing was ever moved."""
    plain_images(tmp_path / "in", 1, 4, 6, 40)
    export_images(ExportParams(folder=tmp_path / "in", out=tmp_path / "rec", layout="rec"), QuietContext())
    archive = tmp_path / "rec" / "train.rec"
    data = archive.read_bytes()
    import_images(ImportParams(folder=archive), QuietContext(project))
    hand.open(project.folder)
    archive.write_bytes(data[: len(data) // 2])
    window.session.run("import", {"folder": str(archive)})
    hand.finish_job("import")
    qtbot.waitUntil(lambda: "not readable" in window.dataset.counts.text(), timeout=8000)
    hand.settle()
    assert "missing" not in window.dataset.counts.text()
    archive.write_bytes(data)
    window.session.run("import", {"folder": str(archive)})
    hand.finish_job("import")
    qtbot.waitUntil(lambda: "not" not in window.dataset.counts.text(), timeout=8000)
    hand.settle()
    assert not any(toast.notice.topic for toast in window.toasts._errors) and window.dataset.counts.toolTip() == ""


def test_an_import_that_doubles_is_told_before_and_what_was_told_of_it_goes_when_it_is_undone(
    window, hand, qtbot, filled, tmp_path
):
    new = tmp_path / "elsewhere"
    (tmp_path / "photographs").rename(new)
    hand.open(filled.folder)
    session = window.session
    qtbot.waitUntil(lambda: len(session.originals.missing) == 40)
    dialog = ImportDialog(session, new, window)
    qtbot.waitUntil(lambda: "40 new images have the content of others" in dialog.preview.text(), timeout=20000)
    assert "An import would double them. Instead, “Find moved originals”" in dialog.preview.text()
    dialog.reject()
    session.run("import", {"folder": str(new)})
    hand.finish_job("import")

    def said():
        return [toast.notice.text for toast in window.toasts._errors if toast.notice.topic == MISSING]

    qtbot.waitUntil(lambda: any("in the project twice now" in text for text in said()), timeout=8000)
    session.undo()
    qtbot.waitUntil(lambda: said() and "twice" not in said()[0], timeout=8000)
    hand.settle()
    (text,) = said()
    assert text.startswith("40 originals are missing")


def test_originals_moved_beside_an_idle_window_are_noticed_when_a_person_comes_back(
    window, hand, qtbot, qapp, filled, tmp_path, monkeypatch
):
    monkeypatch.setattr(originals_watch, "AGAIN_MS", 50)
    hand.open(filled.folder)
    hand.settle()
    assert len(window.session.originals.missing) == 0
    (tmp_path / "photographs" / "g0" / "id00" / "000.png").rename(tmp_path / "moved.png")
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    qtbot.wait(150)
    assert len(window.session.originals.missing) == 0  # whoever looks elsewhere asks nothing of the disk
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    qtbot.waitUntil(lambda: len(window.session.originals.missing) == 1, timeout=8000)
    hand.settle()
    assert "missing" in window.dataset.counts.text()
