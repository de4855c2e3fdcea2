"""The window by user story."""

import asyncio
import re
import signal
import threading
import typing
from pathlib import Path

import numpy as np
import pytest
import qasync
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters
from fairdesk.gui.app import make_window
from fairdesk.gui.dialogs.import_dialog import ImportDialog
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.gui.jobs.state import FAILED, PAUSED, RUNNING, STOPPED, JobState
from fairdesk.gui.palette import CommandPalette, matches
from fairdesk.gui.widgets.parameter_form.form import ParameterForm
from fairdesk.gui.widgets.plot_export import write_plot
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.messages import JobSpec
from fairdesk.jobs.registry import job_kinds
from fairdesk.project import Project, database
from fairdesk.project.faces import largest_faces, set_identity
from tests.gui.conftest import answer
from tests.project.test_project import spoil

TABS = ["Dataset", "Clustering", "Generation", "Training", "Metrics"]


def test_five_tabs_and_honest_empty_states(window, hand, project):
    assert [window.tabs.tabText(i) for i in range(5)] == TABS
    hand.settle()
    assert window.dataset.empty_title.text() == "No project is open" and window.dataset.empty_new.isVisible()
    hand.open(project.folder)
    assert window.dataset.empty_title.text() == "This project has no images yet"
    assert window.dataset.empty_import.isVisible() and window.dataset.empty_import.isEnabled()
    hand.go("clustering")
    assert window.clustering.empty_title.text() == "Nothing to cluster yet"
    hand.go("metrics")
    assert window.metrics.empty_title.text() == "There are no identities yet"


def test_from_a_folder_to_error_rates(window, hand, qtbot, project, drawn):
    """The whole first path with the mouse and the keyboard alone."""
    hand.open(project.folder)
    window.open_or_import(drawn)  # as a drop on the window does
    dialog = hand.dialog(ImportDialog)
    qtbot.waitUntil(dialog.accept_button.isEnabled, timeout=30_000)
    assert "24 images (24 new), 6 identities" in dialog.preview.text() and "tone 5 (12)" in dialog.preview.text()
    assert project.db.value("SELECT count(*) FROM image") == 0
    qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    hand.finish_job("import")
    assert window.dataset.grid.grid_model.rowCount() == 24
    assert "24 images" in window.dataset.counts.text()
    for action in ("dataset.encode",):
        hand.do(action)
        hand.dialog(JobDialog).run_button.click()
    hand.finish_job("encode")
    assert "dlib embeddings" in window.dataset.counts.text()
    hand.go("clustering")
    window.clustering.empty_button.click()
    form = hand.dialog(JobDialog)
    form.form.editors["method"].setCurrentText("hierarchical")
    form.form.editors["n_clusters"].setText("6")
    assert "--method hierarchical" in form.command.text()
    form.run_button.click()
    hand.finish_job("cluster")
    assert len([c for c in window.clustering.view.clusters if c.label >= 0]) == 6
    window.clustering.tree_button.click()
    hand.settle()
    assert window.clustering.tree.plot is not None and window.clustering.tree.plot.listDataItems()
    hand.go("metrics")
    window.metrics.empty_button.click()
    form = hand.dialog(JobDialog)
    form.form.editors["genuine"].setValue(30)
    form.form.editors["impostor"].setValue(60)
    form.run_button.click()
    hand.finish_job("pairs")
    window.metrics.empty_button.click()
    hand.dialog(JobDialog).run_button.click()
    hand.finish_job("score")
    hand.settle()
    assert "EER" in window.metrics.headline.text()
    assert window.metrics.tables.pages["common"].rowCount() == 3
    assert all(plot.plot.listDataItems() for plot in window.metrics.figures.curves.values())
    assert all(plot.plot.getPlotItem().items for plot in window.metrics.figures.groups.values())
    hand.do("metrics.report")
    hand.dialog(JobDialog).run_button.click()
    job = hand.finish_job("evaluate")
    assert Path(job.result["report"]).exists()


@pytest.fixture
def clustered(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    return filled


def test_correct_clusters_and_take_it_back(window, hand, clustered):
    hand.open(clustered.folder)
    hand.go("clustering")
    tab = window.clustering
    assert len(tab.clusters.cluster_model.clusters) == 8
    before = [(c.id, c.faces) for c in clusters(clustered, 1)]
    tab.clusters.select_rows([0, 1])
    hand.settle()
    assert tab.grid.grid_model.rowCount() == 10
    hand.do("clustering.merge")
    hand.settle()
    assert len(tab.clusters.cluster_model.clusters) == 7 and tab.clusters.selected()[0].faces == 10
    tab.grid.select_ids([int(i) for i in tab.grid.grid_model.ids[:3]])
    hand.do("clustering.split")
    hand.settle()
    assert [c.faces for c in clusters(clustered, 1)].count(3) == 1
    tab.clusters.select_rows([0])
    hand.settle()
    tab.grid.selectAll()
    hand.do("clustering.out")
    hand.settle()
    assert tab.clusters.cluster_model.clusters[-1].title == "Unclustered"
    for _ in range(3):
        hand.do("edit.undo")
        hand.settle()
    assert [(c.id, c.faces) for c in clusters(clustered, 1)] == before
    hand.do("edit.redo")
    hand.settle()
    assert len(clusters(clustered, 1)) == 7


def test_rename_and_make_an_identity(window, hand, clustered):
    hand.open(clustered.folder)
    hand.go("clustering")
    window.clustering.clusters.select_rows([2])
    hand.settle()
    hand.do("clustering.rename")
    dialog = hand.dialog(NameDialog)
    dialog.name.setText("friends")
    dialog.accept()
    hand.settle()
    assert window.clustering.clusters.selected()[0].title == "friends"
    hand.do("clustering.identity")
    dialog = hand.dialog(NameDialog)
    dialog.name.setText("Ann")
    dialog.accept()
    hand.settle()
    assert window.clustering.clusters.selected()[0].identity == "Ann"
    assert window.clustering.banner.isVisible() and "5 labels changed since" in window.clustering.banner_text.text()


def test_drag_faces_onto_a_cluster(window, hand, clustered):
    hand.open(clustered.folder)
    hand.go("clustering")
    tab = window.clustering
    tab.clusters.select_rows([0])
    hand.settle()
    target = tab.clusters.cluster_model.clusters[3]
    rows = [tab.grid.grid_model.index(row) for row in (0, 1)]
    data = tab.grid.grid_model.mimeData(rows)
    place = QPointF(tab.clusters.visualRect(tab.clusters.cluster_model.index(3)).center())
    event = QDropEvent(place, Qt.DropAction.MoveAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    tab.clusters.dropEvent(event)
    hand.settle()
    assert next(c for c in clusters(clustered, 1) if c.id == target.id).faces == 7


def test_drag_a_cluster_onto_another(window, hand, clustered):
    hand.open(clustered.folder)
    hand.go("clustering")
    clusters_list = window.clustering.clusters
    model = clusters_list.cluster_model
    target = model.clusters[2]
    data = model.mimeData([model.index(5), model.index(6)])
    place = QPointF(clusters_list.visualRect(model.index(2)).center())
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    clusters_list.dropEvent(QDropEvent(place, Qt.DropAction.MoveAction, data, buttons, keys))
    hand.settle()
    assert next(c for c in clusters(clustered, 1) if c.id == target.id).faces == 15
    assert len(clusters(clustered, 1)) == 6


def test_name_selected_images(window, hand, clustered):
    hand.open(clustered.folder)
    grid = window.dataset.grid
    grid.select_ids([int(i) for i in grid.grid_model.ids[:4]])
    hand.do("dataset.name")
    dialog = hand.dialog(NameDialog)
    dialog.name.setText("Zoë")
    dialog.accept()
    hand.settle()
    assert "Zoë" in grid.grid_model.item(0).title
    assert window.toasts.history[-1].text == "4 faces are now Zoë"
    window.toasts.history[-1].run()
    hand.settle()
    assert "Zoë" not in grid.grid_model.item(0).title


def test_what_a_verb_changes_is_shown(window, hand, qtbot, clustered):
    hand.open(clustered.folder)
    other = Project.open(clustered.folder)
    set_identity(other, [1, 2], "from elsewhere")
    other.close()
    qtbot.waitUntil(lambda: window.dataset.grid.grid_model.item(0).title == "from elsewhere", timeout=5000)


def test_filters_and_search(window, hand, qtbot, clustered):
    hand.open(clustered.folder)
    tab = window.dataset
    tab.search.setText("id03/00")
    qtbot.waitUntil(lambda: tab.grid.grid_model.rowCount() == 5, timeout=3000)
    tab.search.clear()
    qtbot.waitUntil(lambda: tab.grid.grid_model.rowCount() == 40, timeout=3000)
    tab.groups.setCurrentItem(tab.groups.topLevelItem(2))
    hand.settle()
    assert tab.grid.grid_model.rowCount() == 20
    tab.state.setCurrentText("Without a face")
    hand.settle()
    assert tab.grid.grid_model.rowCount() == 0


def test_a_second_window_is_refused(window, hand, clustered, qapp, settings_home):
    from fairdesk.gui.app import make_window

    hand.open(clustered.folder)
    other = make_window(qapp)
    assert not other.session.open(clustered.folder)
    assert "is open in another FairDesk window" in other.toasts.history[-1].text
    other.shut_down(keep_jobs=False)
    other.deleteLater()


def test_a_damaged_project_is_told(window, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "catalog.sqlite").write_bytes(b"x" * 4096)
    assert not window.session.open(tmp_path / "bad")
    assert "is damaged" in window.toasts.history[-1].text and window.toasts.history[-1].kind == "error"


def test_a_large_project_that_is_damaged_is_closed_again(window, hand, clustered, monkeypatch, qtbot):
    monkeypatch.setattr(database, "_LARGE_FILE", 10_000)
    folder = clustered.folder
    clustered.close()
    hand.open(folder)
    qtbot.waitUntil(lambda: not window.session.project.db.unchecked)
    window.session.close_project()
    spoil(folder / "catalog.sqlite")
    window.session.open(folder)
    qtbot.waitUntil(lambda: window.session.project is None)
    assert any("is damaged" in notice.text and notice.kind == "error" for notice in window.toasts.history)


def long_job(window, tmp_path, identities=3000):
    return window.session.run(
        "samples", {"out": str(tmp_path / "many"), "identities": identities, "images": 1, "size": 64, "tones": [5]}
    )


def test_pause_resume_and_stop_a_job(window, hand, qtbot, project, tmp_path):
    hand.open(project.folder)
    number = long_job(window, tmp_path)
    jobs = window.session.jobs
    qtbot.waitUntil(lambda: jobs.jobs[number].done > 0, timeout=30_000)
    card = window.panel.cards[number]
    assert "of 3,000 identities" in card.line.text()
    card.pause.click()
    qtbot.waitUntil(lambda: jobs.jobs[number].state == PAUSED, timeout=10_000)
    assert card.pause.text() == "Resume"
    card.pause.click()
    qtbot.waitUntil(lambda: jobs.jobs[number].state == RUNNING, timeout=10_000)
    card.stop.click()
    qtbot.waitUntil(lambda: jobs.jobs[number].state == STOPPED, timeout=15_000)
    assert "finished work is kept" in card.line.text()


def test_a_killed_worker_shows_a_failure_card(window, hand, qtbot, project, tmp_path):
    import os

    hand.open(project.folder)
    number = long_job(window, tmp_path)
    jobs = window.session.jobs
    qtbot.waitUntil(lambda: jobs.jobs[number].done > 0, timeout=30_000)
    os.kill(jobs.jobs[number].pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: jobs.jobs[number].state == FAILED, timeout=15_000)
    card = window.panel.cards[number]
    assert "killed (signal 9)" in card.detail.text()
    assert card.again.isVisible() and card.copy.isVisible()
    assert "samples" in card.report()
    assert Project.open(project.folder)


def test_a_wrong_job_tells_why(window, hand, project, tmp_path):
    hand.open(project.folder)
    window.session.run("import", {"folder": str(tmp_path / "gone")})
    job = hand.finish_job("import", FAILED)
    assert "does not exist" in job.message
    assert "does not exist" in window.panel.cards[job.id].detail.text()


def test_closing_asks_and_a_kept_job_is_found_again(window, hand, qtbot, qapp, project, tmp_path, settings_home):
    from fairdesk.gui.app import make_window

    hand.open(project.folder)
    number = long_job(window, tmp_path)
    qtbot.waitUntil(lambda: window.session.jobs.jobs[number].done > 0, timeout=30_000)
    window.close()
    assert window.isVisible()
    answer(qtbot, "Keep running")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    again = make_window(qapp)
    assert again.session.open(project.folder)
    qtbot.waitUntil(lambda: number in again.session.jobs.jobs, timeout=5000)
    before = again.session.jobs.jobs[number].done
    qtbot.waitUntil(lambda: again.session.jobs.jobs[number].done > before, timeout=20_000)
    again.session.jobs.stop(number)
    qtbot.waitUntil(lambda: again.session.jobs.jobs[number].state == STOPPED, timeout=20_000)
    again.shut_down(keep_jobs=False)
    again.deleteLater()


def test_every_action_is_in_a_menu_and_no_shortcut_twice(window):
    shortcuts = [keys for spec in window.book.specs.values() for keys in (spec.shortcut, spec.also) if keys]
    assert len(shortcuts) == len(set(shortcuts))
    in_menus = {action.objectName() for menu in window.menu_bar.actions() for action in menu.menu().actions()}
    assert set(window.book.specs) <= in_menus


def test_no_letter_twice_in_a_menu(window):
    for menu in window.menu_bar.actions():
        texts = [action.text() for action in menu.menu().actions()]
        letters = [found[1].lower() for text in texts if (found := re.search(r"&(\w)", text))]
        assert len(letters) == len(set(letters)), texts
    assert len({re.search(r"&(\w)", menu.text())[1] for menu in window.menu_bar.actions()}) == 10


def test_find_undo_and_redo_from_the_keyboard(window, hand, qtbot, clustered):
    """Ctrl+F finds, Ctrl+Z undoes, and both Ctrl+Y and Ctrl+Shift+Z redo: the keys are pressed in the window."""
    hand.open(clustered.folder)
    hand.go("dataset")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    search, grid = window.dataset.search, window.dataset.grid
    search.setText("id0")
    grid.setFocus()
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(grid, Qt.Key.Key_F, ctrl)
    assert QApplication.focusWidget() is search and search.selectedText() == "id0"
    qtbot.keyClicks(search, "id13")  # what stood there is replaced
    hand.settle()
    qtbot.waitUntil(lambda: grid.grid_model.rowCount() == 5)
    window.session.edit(lambda project: set_identity(project, largest_faces(project, "whole", [1]), "Ann", None))
    hand.settle()
    named = lambda: clustered.db.value("SELECT count(*) FROM identity WHERE name = 'Ann'")
    assert named() == 1
    for keys in ((Qt.Key.Key_Y, ctrl), (Qt.Key.Key_Z, ctrl | shift)):
        window._refresh_actions()
        qtbot.keyClick(grid, Qt.Key.Key_Z, ctrl)
        qtbot.waitUntil(lambda: named() == 0)
        hand.settle()
        window._refresh_actions()
        qtbot.keyClick(grid, *keys)
        qtbot.waitUntil(lambda: named() == 1)
        hand.settle()
    assert [notice.text.partition(":")[0] for notice in window.toasts.history] == ["Undone", "Redone"] * 2


def test_undo_and_redo_pressed_at_once_are_both_done(window, hand, qtbot, clustered):
    """Nobody waits for the window between two keys; one too many is news, not an error."""
    hand.open(clustered.folder)
    hand.go("dataset")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    grid, ctrl = window.dataset.grid, Qt.KeyboardModifier.ControlModifier
    grid.setFocus()
    for name in ("Ann", "Bea"):
        window.session.edit(
            lambda project, name=name: set_identity(project, largest_faces(project, "whole", [1]), name, None)
        )
        hand.settle()
    window._refresh_actions()
    for key in (Qt.Key.Key_Z, Qt.Key.Key_Z, Qt.Key.Key_Y, Qt.Key.Key_Y, Qt.Key.Key_Y):
        qtbot.keyClick(grid, key, ctrl)
    hand.settle()
    told = [(notice.kind, notice.text.partition(":")[0]) for notice in window.toasts.history]
    assert told == [("info", "Undone")] * 2 + [("info", "Redone")] * 2 + [("info", "There is nothing to redo.")]
    window._refresh_actions()
    assert window.book.actions["edit.undo"].isEnabled() and not window.book.actions["edit.redo"].isEnabled()


def test_a_project_that_is_open_is_opened_again_without_a_word(window, hand, clustered):
    hand.open(clustered.folder)
    project = window.session.project
    assert window.session.open(clustered.folder / ".." / clustered.folder.name)
    assert window.session.project is project and not window.toasts.history


def test_command_palette(window, hand, qtbot, project):
    hand.open(project.folder)
    window.show_palette()
    palette = next(w for w in QApplication.topLevelWidgets() if isinstance(w, CommandPalette))
    palette.search.setText("dark theme")
    assert palette.list.count() == 1
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert window.session.theme.dark
    assert matches("fac det", "Dataset: Detect faces") is not None and matches("xyz", "Detect faces") is None


def test_themes_and_layout_are_remembered(window, qapp, settings_home):
    from fairdesk.gui.app import make_window

    window._set_theme("dark")
    window.tabs.setCurrentIndex(4)
    window.dataset.grid.set_side(160)
    window.shut_down(keep_jobs=False)
    again = make_window(qapp)
    assert again.session.theme.wanted == "dark" and again.tabs.currentIndex() == 4
    assert again.dataset.grid.cells.side == 160
    again._set_theme("light")
    again.shut_down(keep_jobs=False)
    again.deleteLater()


@pytest.mark.parametrize("kind", list(job_kinds()))
def test_a_form_for_every_job(qtbot, kind):
    model = job_kinds()[kind].params
    form = ParameterForm(model, {})
    qtbot.addWidget(form)
    assert set(form.editors) == set(model.model_fields) - {"family"}  # a kind of its own
    parts = [name for names in model.sections.values() for name in names]
    assert len(parts) == len(set(parts))
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    problem = form.problem()
    expected = bool(needed) or kind == "label"  # either a backend or a file must be chosen
    assert (problem is not None) == expected, problem
    assert ("is needed" in (problem or "")) == bool(needed), problem


def test_a_folder_can_be_browsed_for_where_one_is_asked_for(qtbot):
    """A field that says folder, run or project has a button that chooses folders."""
    from fairdesk.gui.widgets.parameter_form.paths import PathEdit

    looked_at = 0
    for kind in job_kinds().values():
        form = ParameterForm(kind.params, {})
        qtbot.addWidget(form)
        for name, editor in form.editors.items():
            told = (kind.params.model_fields[name].description or "").lower()
            if isinstance(editor, PathEdit) and name != "out":
                buttons = {button.text(): button for button in editor.findChildren(QPushButton)}
                folders = "Folder…" in buttons or editor.chooses_folders
                wanted = re.match(r"(the |a |an |another |only )?(new )?(folder|run's folder|project|file or folder|image, a folder)", told)  # fmt: skip
                assert folders or not wanted, f"{kind.name}: {name}: {told}"
                looked_at += wanted is not None
    assert looked_at >= 20


@pytest.mark.parametrize("value", [0.0, 5e-4, 2.5e-6, 0.35, 1.0])
def test_a_small_number_is_neither_rounded_nor_padded(qtbot, value):
    form = ParameterForm(job_kinds()["train-arcface"].params, {"weight_decay": value})
    qtbot.addWidget(form)
    editor = form.editors["weight_decay"]
    editor.interpretText()
    assert form.values()["weight_decay"] == value and editor.text() == f"{value:.9f}".rstrip("0").rstrip(".")


def test_only_what_counts_for_the_choice_is_shown(qtbot, tmp_path):
    form = ParameterForm(job_kinds()["train-arcface"].params, {"data": tmp_path, "out": tmp_path / "o"})
    qtbot.addWidget(form)
    form.more.setChecked(True)
    form.show()
    head = form.editors["head"]
    for name, counts in (("arcface", True), ("softmax", False), ("cosface", True)):
        head.setCurrentText(name)
        form.editors["margin"].setText(".3")
        assert form.editors["margin"].isVisible() is counts and ("margin" in form.values()) is counts
    for model in (kind.params for kind in job_kinds().values()):
        for field, (switch, values) in model.only_for.items():
            assert field in model.model_fields and set(values) <= set(
                typing.get_args(model.model_fields[switch].annotation)
            )


def test_grid_of_a_hundred_thousand(window, hand, qtbot, project):
    with project.db.transaction() as connection:
        connection.execute("INSERT INTO root VALUES (1, '/r', NULL)")
        connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns, sha256, width, height) VALUES (1, ?, 1, 1, '', 9, 9)",
            ((f"{i}.jpg",) for i in range(100_000)),
        )
    hand.open(project.folder)
    grid = window.dataset.grid
    assert grid.grid_model.rowCount() == 100_000
    grid.selectAll()
    assert grid.selected_count() == 100_000
    assert np.array_equal(grid.selected_ids(), grid.grid_model.ids)
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    qtbot.wait(50)
    assert grid.indexAt(grid.viewport().rect().center()).row() > 99_000


def test_plots_are_saved(window, hand, tmp_path):
    rng = np.random.default_rng(0)

    np.savez(tmp_path / "s.npz", score=np.r_[rng.normal(2, 1, 500), rng.normal(0, 1, 500)], label=np.repeat([1, 0], 500),
             group1=np.tile(["a", "b"], 500), group2=np.tile(["a", "b"], 500))  # fmt: skip
    hand.go("metrics")
    window.metrics.show_scores(tmp_path / "s.npz")
    hand.settle()
    assert window.metrics.tables.pages["common"].rowCount() == 3
    for name, plot in window.metrics.figures.made.items():
        for suffix in ("png", "svg"):
            write_plot(tmp_path / f"{name}.{suffix}", plot.plot)
            assert (tmp_path / f"{name}.{suffix}").stat().st_size > 2000
        with Image.open(tmp_path / f"{name}.png") as image:  # the report's own drawing, whatever the window's shape
            assert image.width == 1600 and 1.2 < image.width / image.height < 1.35
    window.metrics.at.setCurrentText("this threshold")
    window.metrics.value.setValue(1.0)
    window.metrics._evaluate()
    hand.settle()
    assert window.metrics.shown.result.groups.threshold == 1.0


def test_dropping_a_folder_without_a_project_says_what_to_do(window, tmp_path):
    window.open_or_import(tmp_path)
    assert "Create a project first" in window.toasts.history[-1].text


def test_preview_and_run_a_split_from_the_menu(window, hand, qtbot, project, tmp_path):
    from tests.conftest import plain_images

    plain_images(tmp_path / "in folder", 2, 5, 2)
    hand.open(project.folder)
    hand.do("dataset.split")
    dialog = hand.dialog(JobDialog)
    assert "is needed" in dialog.problem.text() and not dialog.run_button.isEnabled()
    dialog.form.editors["folder"].edit.setText(str(tmp_path / "in folder"))
    dialog.form.editors["out"].setText(f"{tmp_path / 'set a'}; {tmp_path / 'set b'}")
    dialog.form.editors["shares"].setText(".6 .4")
    dialog.preview_button.click()
    qtbot.waitUntil(lambda: "6 identities, 12 images" in dialog.preview.text(), timeout=20_000)
    assert not (tmp_path / "set a").exists()
    hand.seen |= set(window.session.jobs.jobs)
    dialog.run_button.click()
    job = hand.finish_job("split")
    assert len(list((tmp_path / "set a").rglob("*.png"))) == 12
    assert "set b: 4 identities" in window.panel.cards[job.id].detail.text()
    window.session.run("leaks", {"a": str(tmp_path / "set a"), "b": str(tmp_path / "in folder")})
    job = hand.finish_job("leaks")
    window.panel.cards[job.id].pairs.click()
    from fairdesk.gui.dialogs.leaks_dialog import LeaksDialog

    shown = hand.dialog(LeaksDialog)
    assert shown.table.rowCount() == 12
    shown.reject()


def test_a_log_is_followed_while_it_grows(window, hand, qtbot, tmp_path):
    log = tmp_path / "stats.jsonl"
    row = '{{"Loss/G/loss": {{"mean": {}}}, "Progress/kimg": {{"mean": {}}}}}\n'
    log.write_text(row.format(1.0, 0) + row.format(0.9, 4))
    hand.go("training")
    tab = window.training
    assert tab.empty_button.isVisible()
    tab.open_log(log)
    hand.settle()
    assert tab.curves is not None and len(tab.curves.losses.listDataItems()) == 1
    with log.open("a") as file:
        file.write(row.format(0.5, 8))
    qtbot.waitUntil(lambda: tab.logs.topLevelItem(0).child(0).text(1) == "0.5", timeout=5000)
    tab.smoothing.setValue(60)
    assert len(tab.curves.losses.listDataItems()) == 2  # the raw curve stays
    tab.open_log(tmp_path / "nothing.log")
    hand.settle()
    assert "cannot be read" in window.toasts.history[-1].text


def test_train_a_gan_and_make_faces(window, hand, qtbot, filled, monkeypatch):
    hand.open(filled.folder)
    hand.go("generation")
    tab = window.generation
    assert tab.empty_button.isVisible()
    tab.empty_button.click()
    form = hand.dialog(JobDialog)
    form.form.editors["epochs"].setValue(2)
    form.choice.setCurrentIndex(form.choice.findData("train-gan"))
    assert form.form.editors["epochs"].value() == 2  # what both have is taken over
    for name, number in (("latent", 8), ("batch_size", 10), ("image_size", 16)):
        form.form.editors[name].setValue(number)
    form.form.editors["preview_every"].setText("3")
    form.form.editors["device"].setCurrentText("cpu")
    form.run_button.click()
    hand.finish_job("train-gan")
    qtbot.waitUntil(lambda: tab.runs.count() == 1 and not tab.picture.pixmap().isNull(), timeout=5000)
    hand.do("generation.make")
    form = hand.dialog(JobDialog)
    form.form.editors["images"].setValue(6)
    form.run_button.click()
    job = hand.finish_job("generate")
    assert len(list(Path(job.result["out"]).glob("*.png"))) == 6
    card = window.panel.cards[job.id]
    opened, told = [], []
    window.session.told.connect(told.append)
    monkeypatch.setattr("fairdesk.gui.jobs.card.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    assert card.open_made.isVisible() and card.open_made.text() == "Open folder"
    card.open_made.click()
    assert (
        opened == [job.result["out"]]
        and told[-1].text == f"No program on this machine opens it. It is {job.result['out']}"
    )
    qtbot.waitUntil(lambda: tab.curves.plots is not None and tab.curves.isVisible(), timeout=10_000)
    drawn = {line.name for plot in tab.curves.plots._drawn.values() for line, _ in plot}
    assert drawn == {"G_loss", "D_loss", "D(x)", "D(G(z))"}
    hand.do("generation.resume")
    form = hand.dialog(JobDialog)
    assert form.form.values()["epochs"] == 4 and form.problem.text() == ""
    form.reject()
    hand.do("generation.curves")
    hand.settle()
    assert window.tabs.currentWidget() is window.training and window.training.curves is not None


def test_changing_projects_while_things_are_being_read(window, hand, qtbot, clustered, project_at):
    other = project_at("other")
    for _ in range(12):  # reads and thumbnails of the one are under way when it is closed
        assert window.session.open(clustered.folder)
        qtbot.wait(3)
        assert window.session.open(other)
    window.session.close_project()
    hand.settle()
    assert not [notice for notice in window.toasts.history if notice.kind == "error"]


def test_a_form_tells_how_many_pairs_exist(window, hand, qtbot, filled):
    hand.open(filled.folder)
    window.session.ask("pairs")
    dialog = hand.dialog(JobDialog)
    every = "80 genuine pairs and 700 impostor pairs exist, of 40 images of 8 identities."
    qtbot.waitUntil(lambda: dialog.facts.text() == every, timeout=5000)
    dialog.form.editors["within_group"].setChecked(True)
    qtbot.waitUntil(lambda: dialog.facts.text() == every.replace("700", "300"), timeout=5000)
    dialog.reject()


def test_forms_tell_what_is_there_already(window, hand, qtbot, filled):
    filled.db.connection.execute("DELETE FROM vector WHERE face_id <= 3")
    filled.close()
    hand.open(filled.folder)
    for kind, values, said in (
        ("cluster", {}, "37 faces have embeddings (made-up, faces of whole)."),
        ("encode", {"encoder": "dlib"}, "0 faces of whole have their embeddings."),
        (
            "encode",
            {"encoder": "dlib", "detector": "hog"},
            "0 faces of hog have their embeddings. 40 images are to be searched first.",
        ),
        ("detect", {"detector": "hog"}, "40 images are to be searched."),
        (
            "detect",
            {"detector": "hog", "where": ["group=g1"]},
            "20 images are to be searched.",
        ),
        ("detect", {"detector": "whole"}, "This detector has searched these images already, with these settings."),
    ):
        window.session.ask(kind, values)
        dialog = hand.dialog(JobDialog)
        qtbot.waitUntil(lambda dialog=dialog, said=said: dialog.facts.text() == said, timeout=5000)
        dialog.reject()
        hand.settle()


def test_a_wheel_over_a_field_scrolls_the_form(window, hand, filled):
    hand.open(filled.folder)
    window.session.ask("train-dcgan")
    dialog = hand.dialog(JobDialog)
    for name in ("epochs", "device", "learning_rate"):
        editor = dialog.form.editors[name]
        before = editor.value() if hasattr(editor, "value") else editor.currentText()
        dialog.run_button.setFocus()
        middle = editor.rect().center()
        turned = QWheelEvent(QPointF(middle), QPointF(editor.mapToGlobal(middle)), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
                             Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(editor, turned)
        after = editor.value() if hasattr(editor, "value") else editor.currentText()
        assert after == before and not turned.isAccepted()
    dialog.reject()


def test_presets_are_kept_by_name(window, hand, filled):
    hand.open(filled.folder)
    window.session.ask("pairs")
    dialog = hand.dialog(JobDialog)
    dialog.form.editors["genuine"].setValue(77)
    dialog.presets.keep_as("few", dialog.form.values())
    assert dialog.presets.box.currentText() == "few" and dialog.presets.delete.isEnabled()
    dialog.presets.box.setCurrentText("Defaults")
    dialog.presets.box.activated.emit(1)
    assert dialog.form.values()["genuine"] == 3000
    dialog.reject()
    window.session.ask("pairs")
    again = hand.dialog(JobDialog)
    again.presets.box.setCurrentText("few")
    again.presets.box.activated.emit(2)
    assert again.form.values()["genuine"] == 77
    again.presets.delete.click()
    assert again.presets.box.findText("few") == -1
    again.reject()


def test_a_small_screen_has_no_empty_list_of_jobs(qapp, settings_home, filled, qtbot):
    asyncio.set_event_loop(qasync.QEventLoop(qapp, already_running=True))
    made = make_window(qapp)
    made.show()
    screen = made.screen().availableSize()
    assert made.width() <= screen.width() < 1200 and made.height() <= screen.height()
    assert not made.dock.isVisible()
    assert made.session.open(filled.folder)
    made.session.run("pairs", {"out": str(filled.folder / "pairs.csv"), "genuine": 1, "impostor": 1})
    qtbot.waitUntil(made.dock.isVisible, timeout=10_000)
    made.shut_down(keep_jobs=False)
    made.close()
    made.deleteLater()
    asyncio.set_event_loop(None)


def test_dialogs_fit_a_small_window(window, hand, filled):
    window.resize(1024, 700)
    hand.open(filled.folder)
    for name, kind in job_kinds().items():
        if kind.asked_by:
            continue
        dialog = JobDialog(window.session, name, {}, window)
        dialog.show()
        dialog.form.more.setChecked(True)
        hand.settle()
        assert dialog.height() <= 700 and dialog.width() <= 1024, name
        assert dialog.form.minimumSizeHint().width() <= dialog.area.viewport().width(), name
        dialog.reject()


def test_a_tab_says_that_it_reads_and_shows_nothing_of_the_project_before(
    window, hand, filled, project_at, monkeypatch
):
    cluster(ClusterParams(method="kmeans", n_clusters=3), QuietContext(filled))
    hand.open(filled.folder)
    for name in ("clustering", "metrics", "dataset"):
        window.show_tab(name)
        hand.settle()
    assert window.clustering.clusters.model().rowCount() == 3
    held = []
    monkeypatch.setattr(window.session.background, "read", lambda *args, **more: held.append(args))
    assert window.session.open(project_at("other"))
    for tab in (window.clustering, window.metrics, window.dataset):
        window.show_tab(tab.name)
        assert tab.pages.currentWidget() is tab.empty_page and tab.empty_title.text() == "Reading the project …"
        assert not any(button.isVisible() for button in tab.empty_page.findChildren(QPushButton))
    assert window.clustering.clusters.model().rowCount() == 0 and not len(window.dataset.grid.grid_model.ids)
    monkeypatch.undo()
    for tab in (window.clustering, window.metrics, window.dataset):
        window.show_tab(tab.name)
        tab.refresh()
        hand.settle()
        assert tab.empty_title.text() not in ("", "Reading the project …")


def test_the_score_form_tells_whose_embeddings_it_compares(window, hand, qtbot, filled, tmp_path):
    (tmp_path / "pairs.csv").write_text("path1,path2,genuine\n")
    hand.open(filled.folder)
    hand.go("metrics")
    dialog = JobDialog(window.session, "score", {"pairs": str(tmp_path / "pairs.csv"), "encoder": "made-up"}, window)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.facts.text() == "40 faces have embeddings (made-up, faces of whole).", timeout=5000)
    dialog.form.editors["encoder"].setCurrentText("sface")
    qtbot.waitUntil(lambda: "computed first" in dialog.facts.text(), timeout=5000)
    dialog.reject()


@pytest.mark.parametrize(
    ("kind", "params", "subject"),
    [
        ("detect", {"detector": "cnn", "upsample": 1}, "cnn"),
        ("cluster", {"method": "dbscan", "encoder": "dlib", "detector": None}, "dbscan, dlib"),
        ("score", {"pairs": "/somewhere/rfw.csv", "encoder": "dlib"}, "rfw.csv, dlib"),
        ("train-arcface", {"data": "/p", "out": "/p/runs/plain", "method": "x"}, "plain"),
        ("quality", {"limits": ["a"]}, ""),
        ("score", {"pairs": 3, "encoder": ["a stranger's"]}, ""),
    ],
)
def test_a_job_is_told_apart_by_what_it_works_with(tmp_path, kind, params, subject):
    assert JobState("1", tmp_path, JobSpec(kind=kind, title="T", params=params)).subject == subject


def test_a_form_that_is_closed_while_facts_are_looked_up_says_nothing(window, hand, qtbot, filled, monkeypatch):
    free = threading.Event()
    monkeypatch.setattr(JobKind, "facts_of", lambda *_: str(free.wait(20)))
    hand.open(filled.folder)
    window.session.ask("pairs")
    dialog = hand.dialog(JobDialog)
    qtbot.wait(500)  # it looks them up
    dialog.reject()
    qtbot.wait(50)
    free.set()
    hand.settle()
    qtbot.wait(200)
    assert not [notice for notice in window.toasts.history if notice.kind == "error"]


def test_a_wheel_over_network_and_preset_changes_neither(window, hand, filled):
    hand.open(filled.folder)
    window.session.ask("train-dcgan")
    dialog = hand.dialog(JobDialog)
    for box in (dialog.choice, dialog.presets.box):
        box.addItem("another")
        before = box.currentText()
        for down in (-120, 120):
            place = QPointF(box.rect().center())
            wheel = QWheelEvent(place, box.mapToGlobal(place), QPoint(), QPoint(0, down), Qt.MouseButton.NoButton,
                                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
            QApplication.sendEvent(box, wheel)
            assert box.currentText() == before
    dialog.reject()


def test_a_window_comes_up_as_large_as_it_was_asked_to_be(qapp, settings_home):
    from fairdesk.gui.app import make_window

    window = make_window(qapp)
    window.resize(1024, 700)
    window.show()
    qapp.processEvents()
    assert (window.width(), window.height()) == (1024, 700)
    window.shut_down(keep_jobs=False)
    window.deleteLater()
