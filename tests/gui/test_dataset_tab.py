"""The Dataset tab as a researcher uses it: find, label, measure, balance, divide, export."""

import cProfile
import csv
import pstats

import pytest
from PIL import Image
from PySide6.QtWidgets import QMessageBox

from fairdesk.gui.dialogs.groups_dialog import GroupsDialog
from fairdesk.gui.dialogs.import_dialog import ImportDialog
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.label_dialog import LabelDialog
from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog
from fairdesk.gui.dialogs.matrix_dialog import MatrixDialog
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.dialogs.quality_dialog import QualityDialog
from fairdesk.gui.jobs.state import FAILED
from fairdesk.gui.tabs.dataset import presenter
from fairdesk.project.image_queries import Filter, image_ids
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.labels import Edit, edit_labels, labels_of
from tests.conftest import add_faces, plain_images
from tests.gui.conftest import answer


@pytest.fixture
def at(window, hand, filled):
    """The tab on a project of 2 groups x 4 identities x 5 images with vectors and made-up quality."""
    with filled.db.transaction() as connection:
        connection.execute("INSERT INTO quality SELECT id, 'whole', id * 10, .5, .2, 0, 9, 1, 0, 0, 1, NULL FROM image")
    filled.close()
    hand.open(filled.folder)
    return window.dataset


def shown(tab):
    return sorted(tab.grid.grid_model.ids.tolist())


def pick(tab, stands_for):
    """Click an item of the tree."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QTreeWidgetItemIterator

    walk = QTreeWidgetItemIterator(tab.groups)
    while walk.value() is not None:
        if walk.value().data(0, Qt.ItemDataRole.UserRole) == stands_for:
            tab.groups.setCurrentItem(walk.value())
            return
        walk += 1
    raise AssertionError(f"the tree has no {stands_for}")


def test_label_filter_save_a_view_and_take_it_back(at, hand, qtbot, filled):
    at.grid.select_ids([1, 2, 3])
    hand.do("dataset.edit_labels")
    dialog = hand.dialog(LabelDialog)
    assert not dialog._ok.isEnabled()
    dialog.boxes["gender"].setCurrentText("female")
    dialog.boxes["age"].setCurrentText("30")
    dialog.boxes["add"].setCurrentText("glasses, hat")
    dialog.accept()
    hand.settle()
    assert labels_of(filled, 1) == [
        ("age", "30", "person"),
        ("gender", "female", "person"),
        ("tag", "glasses", "person"),
        ("tag", "hat", "person"),
    ]
    at.filters_button.setChecked(True)
    at.filters.boxes["tag"].setCurrentText("glasses")
    qtbot.waitUntil(lambda: shown(at) == [1, 2, 3])
    assert at.filters_button.text() == "More filters (1)"
    at.filters.age_low.setText("31")
    qtbot.waitUntil(lambda: shown(at) == [])
    at.filters.age_low.setText("29")
    qtbot.waitUntil(lambda: shown(at) == [1, 2, 3])
    at.filters.save_button.click()
    dialog = hand.dialog(NameDialog)
    dialog.name.setText("With glasses")
    dialog.accept()
    hand.settle()
    at.filters.clear()
    qtbot.waitUntil(lambda: len(shown(at)) == 40)
    pick(at, ("view", "With glasses", None))
    qtbot.waitUntil(lambda: shown(at) == [1, 2, 3])
    at.filters.clear()
    pick(at, ("tag", "hat", None))
    qtbot.waitUntil(lambda: shown(at) == [1, 2, 3])
    for _ in range(2):
        hand.do("edit.undo")
        hand.settle()
    assert labels_of(filled, 1) == []


def test_remove_a_label_with_the_dialog(at, hand, filled):
    at.grid.select_ids([5])
    hand.do("dataset.edit_labels")
    dialog = hand.dialog(LabelDialog)
    dialog.removals["identity"].setChecked(True)
    dialog.accept()
    hand.settle()
    assert filled.db.rows("SELECT identity_id, label_source FROM image WHERE id = 5") == [(None, "person")]


def test_more_like_this(at, hand, qtbot, filled):
    at.grid.setCurrentIndex(at.grid.grid_model.index(6))
    hand.do("dataset.like")
    qtbot.waitUntil(lambda: at.like_button.isVisible())
    hand.settle()
    people = dict(filled.db.rows("SELECT id, identity_id FROM image"))
    first = at.grid.grid_model.ids[:5].tolist()
    assert first[0] == 7 and {people[i] for i in first} == {people[7]}
    at.like_button.click()
    qtbot.waitUntil(lambda: at.grid.grid_model.ids[0] == 1)


def test_quality_limits_by_eye(at, hand, qtbot, filled):
    at.order.setCurrentText("By sharpness")
    hand.settle()
    assert at.grid.grid_model.ids[0] == 1
    hand.do("dataset.quality")
    dialog = hand.dialog(QualityDialog)
    hand.settle()
    dialog.region.setRegion((65.0, dialog._ends[1]))
    qtbot.waitUntil(lambda: "6 images" in dialog.told.text())
    assert "sharpness at least 65" in dialog.told.text()
    assert set(range(1, 13)) <= set(dialog.low_grid.grid_model.ids.tolist())
    assert not dialog.high_grid.isVisible()
    dialog.hide_button.click()
    hand.settle()
    assert set(range(1, 7)).isdisjoint(image_ids(filled, Filter()).tolist())
    hand.do("edit.undo")
    hand.settle()
    hand.do("dataset.quality")
    dialog = hand.dialog(QualityDialog)
    hand.settle()
    dialog.region.setRegion((65.0, dialog._ends[1]))
    qtbot.waitUntil(lambda: dialog.tag_button.isEnabled() and "6 images" in dialog.told.text())
    dialog.tag_button.click()
    name = hand.dialog(NameDialog)
    name.name.setText("blurred")
    name.accept()
    hand.settle()
    assert image_ids(filled, Filter(tag="blurred")).tolist() == [1, 2, 3, 4, 5, 6]


def test_measure_first_when_nothing_is_measured(window, hand, filled):
    filled.close()
    hand.open(filled.folder)
    hand.do("dataset.quality")
    dialog = hand.dialog(JobDialog)
    dialog.run_button.click()
    job = hand.finish_job("quality")
    assert job.result["measured"] == 40
    assert window.dataset.view.measured


def test_groups_are_planned_balanced_and_asked_for(at, hand, qtbot, filled, tmp_path):
    from fairdesk.project.images import hide_images

    hide_images(filled, list(range(30, 41)))
    hand.settle()
    hand.do("dataset.balance")
    dialog = hand.dialog(GroupsDialog)
    hand.settle()
    dialog.form.editors["to"].setCurrentText("largest")
    dialog.plan_button.click()
    qtbot.waitUntil(lambda: dialog.lacks.count() == 1, timeout=20_000)
    assert dialog.lacks.itemAt(0).widget().text() == "Generate 11 faces for g1…"
    assert not dialog.run_button.isEnabled()
    dialog.form.editors["to"].setCurrentText("smallest")
    dialog.plan_button.click()
    qtbot.waitUntil(lambda: dialog.run_button.isEnabled(), timeout=20_000)
    assert "11 images would be hidden" in dialog.told.text()
    dialog.run_button.click()
    hand.finish_job("balance")
    hand.finish_job("balance")
    hand.finish_job("balance")
    assert len(image_ids(filled, Filter(group="g0"))) == len(image_ids(filled, Filter(group="g1"))) == 9
    hand.do("dataset.balance")
    dialog = hand.dialog(GroupsDialog)
    dialog.form.editors["to"].setCurrentText("12")
    dialog.plan_button.click()
    qtbot.waitUntil(lambda: dialog.lacks.count() == 2, timeout=20_000)
    dialog.lacks.itemAt(0).widget().click()
    form = hand.dialog(JobDialog)
    assert form.form.values()["group"] == "g0" and form.form.values()["images"] == 3
    form.reject()


def test_divide_preview_sets_menu_and_export(at, hand, qtbot, filled, tmp_path):
    hand.do("dataset.divide")
    dialog = hand.dialog(JobDialog)
    dialog.form.editors["into"].setText("train test")
    dialog.preview_button.click()
    qtbot.waitUntil(lambda: "Nothing is shared" in dialog.preview.text(), timeout=20_000)
    hand.finish_job("divide")  # the preview
    dialog.run_button.click()
    hand.finish_job("divide")
    pick(at, ("set", "train", None))
    qtbot.waitUntil(lambda: 0 < len(shown(at)) < 40)
    actions = {action.text(): action for action in at.groups.set_menu("train").actions()}
    actions["Freeze"].trigger()
    hand.settle()
    assert at.view.sets[0].frozen
    assert not {a.text(): a for a in at.groups.set_menu("train").actions()}["Remove the set"].isEnabled()
    actions["Export…"].trigger()
    dialog = hand.dialog(JobDialog)
    assert dialog.form.values()["only_set"] == "train"
    dialog.form.editors["out"].edit.setText(str(tmp_path / "train.csv"))
    dialog.form.editors["layout"].setCurrentText("manifest")
    dialog.run_button.click()
    hand.finish_job("export")
    rows = list(csv.DictReader((tmp_path / "train.csv").read_text().splitlines()))
    assert len(rows) == len(shown(at)) and {row["sets"] for row in rows} == {"train"}


def test_a_leak_shows_its_pairs(at, hand, qtbot, filled, tmp_path):
    from fairdesk.dataset.image_import import import_images as import_folder
    from fairdesk.dataset.params import ImportParams
    from fairdesk.jobs.context import QuietContext

    twin = tmp_path / "photographs" / "g0" / "id00" / "000.png"
    for who in ("id01", "id02", "id03"):
        (tmp_path / "photographs" / "g0" / who / "copy.png").write_bytes(twin.read_bytes())
    import_folder(ImportParams(folder=tmp_path / "photographs"), QuietContext(filled))
    hand.settle()
    hand.do("dataset.divide")
    dialog = hand.dialog(JobDialog)
    dialog.form.editors["into"].setText("train test")
    dialog.preview_button.click()
    qtbot.waitUntil(lambda: dialog.pairs_button.isVisible(), timeout=20_000)
    dialog.pairs_button.click()
    pairs = hand.dialog(LeaksDialog)
    assert pairs.table.rowCount() >= 1 and "the same file" in pairs.table.item(0, 2).text()
    pairs.close()
    hand.finish_job("divide")
    dialog.run_button.click()
    job = hand.finish_job("divide", FAILED)
    assert "would leak" in job.message


def test_a_table_is_mapped_in_the_import_dialog(window, hand, qtbot, project, tmp_path):
    plain_images(tmp_path / "photos", 1, 1, 2)
    (tmp_path / "list.csv").write_text("shot,who\nphotos/g0/id00/000.png,Ann\nphotos/g0/id00/001.png,Bob\n")
    project.close()
    hand.open(project.folder)
    window.open_or_import(tmp_path / "list.csv")
    dialog = hand.dialog(ImportDialog)
    qtbot.waitUntil(lambda: dialog.columns.boxes["path"].count() == 3)
    dialog.columns.boxes["path"].setCurrentText("shot")
    dialog.columns.boxes["identity"].setCurrentText("who")
    dialog.look.click()
    qtbot.waitUntil(lambda: dialog.accept_button.isEnabled(), timeout=20_000)
    assert "a table of images" in dialog.preview.text()
    dialog.accept_button.click()
    hand.finish_job("import")
    assert window.dataset.view.counts["identities"] == 2


def test_given_against_predicted(at, hand, filled, tmp_path):
    with filled.db.transaction() as connection:
        connection.execute(
            "INSERT INTO prediction SELECT id, 'race', 'deepface', CASE WHEN id % 4 THEN 'x' ELSE 'y' END, .9 FROM face"
        )
    hand.settle()
    hand.window.dataset.refresh()
    hand.settle()
    hand.do("dataset.agreement")
    dialog = hand.dialog(MatrixDialog)
    assert [dialog.table.item(0, n).text() for n in range(3)] == ["15   75 %", "5   25 %", "20"]
    dialog.accept()


def test_missing_weights_are_asked_about(at, hand, qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path / "deepface"))
    hand.window.session.run("encode", {"encoder": "deepface:SFace", "detector": "whole"})
    job = hand.finish_job("encode", FAILED)
    assert job.missing["file"] == "face_recognition_sface_2021dec.onnx"
    box = hand.dialog(QMessageBox)
    assert "Licence: Apache 2.0" in box.informativeText() and str(tmp_path / "deepface") in box.informativeText()
    before = len(hand.window.session.jobs.jobs)
    answer(qtbot, "Cancel")
    hand.settle()
    assert len(hand.window.session.jobs.jobs) == before


def test_photographs_out_of_an_archive_and_of_odd_kinds(window, hand, qtbot, project, tmp_path):
    import zipfile

    from fairdesk.dataset.image_import import import_images as import_folder
    from fairdesk.dataset.params import ImportParams
    from fairdesk.gui.dialogs.photograph import Photograph
    from fairdesk.gui.pictures import read_image
    from fairdesk.jobs.context import QuietContext

    Image.new("CMYK", (300, 200), (0, 255, 0, 0)).save(tmp_path / "cmyk.tif")
    Image.new("RGB", (3000, 20), "red").save(tmp_path / "wide.png")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("cmyk.tif", "wide.png"):
            archive.write(tmp_path / name, name)
    import_folder(ImportParams(folder=tmp_path / "a.zip"), QuietContext(project))
    project.close()
    hand.open(project.folder)
    window.dataset.grid.opened.emit(2)
    photograph = hand.dialog(Photograph)
    assert photograph._pixmap.width() == 2000
    photograph.close()
    image, scale = read_image(str(tmp_path / "a.zip" / "cmyk.tif"), 100)
    assert (image.width(), scale) == (100, pytest.approx(1 / 3))
    assert image.pixelColor(5, 5).green() < 80 < image.pixelColor(5, 5).red()
    assert read_image(str(tmp_path / "a.zip" / "gone.png"))[0].isNull()


def test_a_pair_list_is_frozen_in_the_metrics_tab(at, hand, filled):
    hand.window.session.run("pairs", {"genuine": 5, "impostor": 5})
    hand.finish_job("pairs")
    hand.go("metrics")
    sources = hand.window.metrics.sources
    sources.setCurrentItem(sources.topLevelItem(0).child(0))
    hand.settle()
    hand.do("metrics.freeze")
    hand.settle()
    assert filled.db.value("SELECT frozen FROM pair_list") == 1
    sources.setCurrentItem(sources.topLevelItem(0).child(0))
    hand.settle()
    hand.do("metrics.freeze")
    hand.settle()
    assert filled.db.value("SELECT frozen FROM pair_list") == 0


def test_the_list_is_read_again_only_where_it_rests_on_what_changed(at, hand, qtbot, filled, monkeypatch):
    lists, people = [], []
    read, labels = presenter.ids, LabelSnapshot.read
    monkeypatch.setattr(presenter, "ids", lambda *args: lists.append(1) or read(*args))
    monkeypatch.setattr(LabelSnapshot, "read", lambda *args: people.append(1) or labels(*args))
    hand.settle()
    lists.clear()
    people.clear()
    before = at.view.counts["vectors"]
    add_faces(filled, encoder="another")  # as a job does: vectors in several transactions
    qtbot.waitUntil(lambda: len(at.view.counts["vectors"]) == len(before) + 1, timeout=5000)
    hand.settle()
    assert not lists and not people
    at.grid.select_ids([3])
    edit_labels(filled, [3], Edit(identity="renamed"))
    qtbot.waitUntil(lambda: at.grid.grid_model.item(at.grid.grid_model.row_of(3)).identity == "renamed", timeout=5000)
    hand.settle()
    assert at.grid.selected_ids() == [3]
    at.search.setText("renamed")
    qtbot.waitUntil(lambda: shown(at) == [3], timeout=5000)
    lists.clear()
    edit_labels(filled, [4], Edit(identity="renamed"))
    qtbot.waitUntil(lambda: shown(at) == [3, 4], timeout=5000)
    assert not lists and not people  # one row of each edit was read
    at.order.setCurrentText("By identity")  # here a label may move an image
    hand.settle()
    lists.clear()
    edit_labels(filled, [4], Edit(identity="a renamed one"))
    qtbot.waitUntil(lambda: at.grid.grid_model.ids.tolist() == [4, 3], timeout=5000)
    assert lists and not people


def test_the_tree_follows_edits_and_keeps_what_is_unfolded(at, hand, qtbot, filled):
    tree = at.groups
    group = next(tree.topLevelItem(n) for n in range(tree.topLevelItemCount()) if tree.topLevelItem(n).text(0) == "g1")
    assert group.childCount() == 0  # thousands of identities are made when they are asked for
    group.setExpanded(True)
    said = lambda: [(group.child(n).text(0), group.child(n).text(1)) for n in range(group.childCount())]
    assert said() == [(f"id1{n}", "5") for n in range(4)]
    tree.setCurrentItem(group.child(2))
    hand.settle()
    images = shown(at)
    assert len(images) == 5
    first = group.child(0)
    edit_labels(filled, images[:2], Edit(identity="id11a"))
    qtbot.waitUntil(lambda: said() == [("id10", "5"), ("id11", "5"), ("id11a", "2"), ("id12", "3"), ("id13", "5")])
    assert group.isExpanded() and tree.currentItem().text(0) == "id12" and group.child(0) is first
    filled.journal.undo()
    qtbot.waitUntil(lambda: said() == [(f"id1{n}", "5") for n in range(4)])
    edit_labels(filled, images[:2], Edit(group="g5"))
    qtbot.waitUntil(lambda: tree.topLevelItemCount() == 4)
    group = tree.topLevelItem(2)
    assert (
        group.text(0) == "g1" and group.isExpanded() and tree.currentItem().text(0) == "id12" and group.text(1) == "18"
    )


def calls_while(change, grid, hand, qtbot):
    """How often each function is called until the cells have been painted again."""
    hand.settle()
    qtbot.wait(100)
    profile = cProfile.Profile()
    profile.enable()
    change()
    with qtbot.waitSignal(grid.grid_model.looks_different, raising=False, timeout=300):
        pass
    hand.settle()
    profile.disable()
    return {name: counts[0] for (_, _, name), counts in pstats.Stats(profile).stats.items()}


def test_a_cell_that_changes_is_painted_and_no_row_laid_out_again(at, hand, qtbot):
    at.grid.select_ids([3])
    for change in (lambda: at.grid.grid_model.refresh([3]), lambda: at.grid.grid_model._on_ready("image", 3)):
        tries = [calls_while(change, at.grid, hand, qtbot) for _ in range(4)]
        assert all(calls["paint"] >= 1 for calls in tries)  # of the delegate
        # a layout asks once a row; a window that has just been opened may make one for other reasons
        assert min(calls.get("rowCount", 0) for calls in tries) < 20 < len(at.grid.grid_model.ids)


def test_a_person_who_vanishes_by_an_edit_and_comes_back_by_undo_is_shown_again(at, hand, qtbot, filled):
    tree = at.groups
    group = next(tree.topLevelItem(n) for n in range(tree.topLevelItemCount()) if tree.topLevelItem(n).text(0) == "g1")
    group.setExpanded(True)
    tree.setCurrentItem(group.child(1))
    hand.settle()
    images = shown(at)
    assert len(images) == 5
    edit_labels(filled, images, Edit(identity="Renamed"))
    qtbot.waitUntil(lambda: shown(at) == [], timeout=5000)
    assert not tree.currentIndex().isValid()  # nothing says that all are shown
    filled.journal.undo()
    qtbot.waitUntil(lambda: shown(at) == images, timeout=5000)
    assert tree.currentItem().text(0) == "id11"
    edit_labels(filled, images, Edit(identity="Renamed"))
    qtbot.waitUntil(lambda: shown(at) == [], timeout=5000)
    tree.setCurrentItem(tree.topLevelItem(0))
    qtbot.waitUntil(lambda: len(shown(at)) == 40, timeout=5000)


def test_a_project_whose_images_are_all_hidden_does_not_say_that_it_has_none(window, at, hand):
    hand.go("dataset")
    hand.do("dataset.select_all")
    hand.do("dataset.hide")
    hand.settle()
    assert at.pages.currentWidget() is at.grid_page
    assert "40 hidden" in at.counts.text()
