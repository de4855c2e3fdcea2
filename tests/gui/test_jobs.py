"""The jobs: lanes, the queue that is kept, folders from strangers, previews that end, the dock."""

import json
import os
import shutil
import subprocess
import sys

import psutil
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QToolButton

from fairdesk.gui.dialogs.import_dialog import ImportDialog
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.jobs import kept_queue
from fairdesk.gui.jobs.card import JOB_MIME, JobCard
from fairdesk.gui.jobs.state import DONE, FAILED, PAUSED, QUEUED, RUNNING, STOPPED, STOPPING, JobState
from fairdesk.jobs.messages import EVENTS, JobSpec, append_line
from fairdesk.jobs.ownership import worker_of, write_owner
from tests.conftest import plain_images
from tests.gui.conftest import answer


def draw(window, tmp_path, name, identities=3000):
    """A heavy job: drawing faces."""
    params = {"out": str(tmp_path / name), "identities": identities, "images": 1, "size": 64, "tones": [5]}
    return window.session.run("samples", params)


def state(window, number):
    found = window.session.jobs.jobs.get(number)
    return found.state if found else None


@pytest.fixture
def busy(window, hand, qtbot, filled, tmp_path):
    """A window with a heavy job at work, and two that wait: the ids of the three."""
    hand.open(filled.folder)
    numbers = [draw(window, tmp_path, name) for name in ("one", "two", "three")]
    jobs = window.session.jobs
    qtbot.waitUntil(lambda: jobs.jobs[numbers[0]].done > 0, timeout=30_000)
    qtbot.waitUntil(lambda: jobs.jobs[numbers[2]].position == 2, timeout=5000)
    return numbers


@pytest.fixture
def again(qapp, settings_home, qtbot):
    """Open one more window on a project; all are closed afterwards."""
    from fairdesk.gui.app import make_window

    made = []

    def make(folder):
        made.append(make_window(qapp))
        assert made[-1].session.open(folder)
        return made[-1]

    yield make
    for window in made:
        window.shut_down(keep_jobs=False)
        window.deleteLater()


def test_light_jobs_run_beside_a_heavy_one(window, hand, busy):
    hand.window.session.run("pairs", {})
    hand.finish_job("pairs")
    assert state(window, busy[0]) == RUNNING and state(window, busy[1]) == QUEUED


def test_the_queue_says_why_and_can_be_put_in_order(window, hand, qtbot, busy):
    one, two, three = busy
    cards = window.panel.cards
    assert "number 1" in cards[two].line.text() and "behind Draw sample faces" in cards[two].line.text()
    assert window.panel.counts.text() == "1 running, 2 waiting"
    cards[three].setFocus()
    window.panel.choose(three)
    assert window.panel.earlier.isEnabled() and not window.panel.later.isEnabled()
    window.panel.earlier.click()
    qtbot.waitUntil(lambda: "number 1" in cards[three].line.text())
    qtbot.keyClick(cards[three], Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: "number 2" in cards[three].line.text())
    window.panel.earlier.click()
    qtbot.waitUntil(lambda: "number 1" in cards[three].line.text())
    qtbot.waitUntil(lambda: sorted(cards, key=lambda n: cards[n].y()) == [one, three, two])
    window.session.jobs.stop(one)
    qtbot.waitUntil(lambda: state(window, three) == RUNNING, timeout=20_000)
    assert state(window, two) == QUEUED


def dropped(panel, number, on, *, below):
    """Drop a job's card on the upper or the lower part of another."""
    carried = QMimeData()
    carried.setData(JOB_MIME, number.encode())
    place = QPointF(panel.cards[on].mapTo(panel, panel.cards[on].rect().center()) + QPoint(0, 10 if below else -10))
    rest = (Qt.DropAction.MoveAction, carried, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    for event in (
        QDragEnterEvent(place.toPoint(), *rest),
        QDragMoveEvent(place.toPoint(), *rest),
        QDropEvent(place, *rest),
    ):
        QApplication.sendEvent(panel, event)
        assert event.isAccepted()
        if isinstance(event, QDragMoveEvent) and not isinstance(event, QDragEnterEvent):
            assert panel._line.isVisible()
    assert not panel._line.isVisible()


def test_a_waiting_card_is_dragged_to_its_place(window, hand, qtbot, busy, tmp_path):
    window.dock.show()
    four = draw(window, tmp_path, "four")
    _, two, three = busy
    qtbot.waitUntil(lambda: four in window.panel.cards and window.session.jobs.jobs[four].position == 3)
    order = lambda: [job.id for job in sorted(window.session.jobs.waiting, key=lambda job: job.position)]
    dropped(window.panel, four, two, below=False)
    qtbot.waitUntil(lambda: order() == [four, two, three])
    qtbot.waitUntil(lambda: sorted((two, three, four), key=lambda n: window.panel.cards[n].y()) == [four, two, three])
    dropped(window.panel, four, three, below=True)
    qtbot.waitUntil(lambda: order() == [two, three, four])
    dropped(window.panel, two, three, below=False)  # where it is already
    hand.settle()
    assert order() == [two, three, four]


def test_a_waiting_job_can_be_removed_and_leaves_nothing(window, hand, qtbot, busy):
    folder = window.session.jobs.jobs[busy[1]].folder
    assert folder.exists()
    window.panel.cards[busy[1]].stop.click()
    qtbot.waitUntil(lambda: state(window, busy[1]) == STOPPED)
    assert not folder.exists() and window.panel.cards[busy[1]].line.text() == "Not started"
    qtbot.waitUntil(lambda: window.session.jobs.jobs[busy[2]].position == 1)


def test_a_killed_worker_lets_the_next_one_start(window, hand, qtbot, busy):
    psutil.Process(window.session.jobs.jobs[busy[0]].pid).kill()
    qtbot.waitUntil(lambda: state(window, busy[0]) == FAILED, timeout=15_000)
    qtbot.waitUntil(lambda: state(window, busy[1]) == RUNNING, timeout=15_000)
    assert "killed" in window.panel.cards[busy[0]].detail.text()


def test_the_queue_survives_the_window(window, hand, qtbot, busy, filled, again):
    one, two, three = busy
    window.session.jobs.move(three, -1)
    qtbot.waitUntil(lambda: window.session.jobs.jobs[three].position == 1)
    window.close()
    answer(qtbot, "Keep running")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    other = again(filled.folder)
    qtbot.waitUntil(lambda: state(other, two) == QUEUED, timeout=5000)
    assert state(other, one) == RUNNING and [j.id for j in other.session.jobs.waiting] == [three, two]
    assert "2 waiting jobs were found again" in other.toasts.history[-1].text
    other.session.jobs.stop(one)
    qtbot.waitUntil(lambda: state(other, three) == RUNNING, timeout=20_000)
    assert state(other, two) == QUEUED


@pytest.mark.parametrize(
    ("button", "left"), [("Stop it, keep the queue", 2), ("Stop it, empty the queue", 0), ("Cancel", 2)]
)
def test_closing_asks_what_becomes_of_the_queue(window, hand, qtbot, busy, filled, button, left):
    home = window.session.jobs_home()
    worker = worker_of(window.session.jobs.jobs[busy[0]].folder)
    window.close()
    answer(qtbot, button)
    if button == "Cancel":
        hand.settle()
        assert window.isVisible() and state(window, busy[0]) == RUNNING
    else:
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)
        assert not worker.is_running()
    assert len(kept_queue.read(home)) == left


def test_a_killed_window_finds_its_queue(window, hand, qtbot, busy, filled):
    """What waits is on disk the moment it waits, not when the window closes."""
    assert kept_queue.read(window.session.jobs_home()) == busy[1:]


def test_changing_the_project_leaves_the_queue_to_it(window, hand, qtbot, busy, filled, project_at, again):
    """Two windows: the first goes to another project, the second opens the one that has the queue."""
    home = window.session.jobs_home()
    hand.open(project_at("other"))
    assert [j.id for j in window.session.jobs.active] == [busy[0]]
    other = again(filled.folder)
    qtbot.waitUntil(lambda: [j.id for j in other.session.jobs.waiting] == busy[1:], timeout=5000)
    other.session.jobs.stop(busy[0])
    qtbot.waitUntil(lambda: state(other, busy[1]) == RUNNING, timeout=20_000)
    qtbot.waitUntil(lambda: (home / busy[1] / EVENTS).read_text().count('"started"') > 0, timeout=10_000)
    assert (home / busy[1] / EVENTS).read_text().count('"started"') == 1
    assert state(window, busy[1]) is None


def test_what_a_stranger_queued_does_not_start(window, hand, qtbot, project, tmp_path):
    """A project from elsewhere may hold any job; only what this user queued here starts by itself."""
    home = project.folder / "jobs"
    params = {"out": str(tmp_path / "written"), "identities": 2, "images": 1, "size": 64, "tones": [5]}
    for number in ("theirs", "changed"):
        JobSpec("samples", params, str(project.folder), "auto", "Draw sample faces").write(home / number)
        append_line(home / number / EVENTS, {"event": "queued", "time": 1.0})
    kept_queue.keep(home, [home / "changed"])
    JobSpec("samples", params | {"seed": 5}, str(project.folder), "auto", "Draw").write(home / "changed")
    hand.open(project.folder)
    qtbot.waitUntil(lambda: state(window, "theirs") == state(window, "changed") == STOPPED, timeout=5000)
    qtbot.wait(500)
    assert not (tmp_path / "written").exists()
    card = window.panel.cards["theirs"]
    assert "queued elsewhere" in card.detail.text() and card.again.isVisible()
    hand.seen |= {"theirs", "changed"}
    card.again.click()
    hand.finish_job("samples")
    assert (tmp_path / "written").exists()


def test_a_forged_job_never_stops_another_process(window, hand, qtbot, project):
    """A job folder from a stranger names a process of this user that has nothing to do with it."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        folder = project.folder / "jobs" / "20260101-000000-1-1-samples"
        JobSpec("samples", {"out": "x"}, str(project.folder), "auto", "Draw sample faces").write(folder)
        append_line(folder / EVENTS, {"event": "started", "time": 1.0, "pid": sleeper.pid})
        write_owner(folder, sleeper.pid)
        (folder / "pid").write_text(str(sleeper.pid))  # as FairDesk once wrote it
        hand.open(project.folder)
        qtbot.waitUntil(lambda: state(window, folder.name) == FAILED, timeout=5000)
        assert "interrupted" in window.panel.cards[folder.name].detail.text()
        window.session.jobs.stop(folder.name)
        qtbot.wait(300)
        window.shut_down(keep_jobs=False)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize(
    "lines", ["nonsense", '{"event": "progress"}', '{"event": "placed", "places": 5}', '{"event": "done", "time": "x"}']
)
def test_one_broken_folder_hides_no_other(window, hand, qtbot, project, lines):
    home = project.folder / "jobs"
    for number, text in (("a", lines), ("b", '{"event": "done", "time": 2.0, "result": {}}')):
        JobSpec("pairs", {}, str(project.folder)).write(home / number)
        (home / number / EVENTS).write_text(text + "\n")
    (home / "c").mkdir()
    (home / "c" / "spec.json").write_text(json.dumps({"kind": ["x"], "params": {}}))
    hand.open(project.folder)
    qtbot.waitUntil(lambda: state(window, "b") == DONE, timeout=5000)


def test_little_memory_ends_the_light_job_not_the_heavy_one(window, hand, qtbot, busy, monkeypatch, tmp_path):
    os.mkfifo(tmp_path / "log.csv")  # whoever reads it waits for ever
    number = window.session.run("curves", {"log": str(tmp_path / "log.csv")})
    jobs = window.session.jobs
    qtbot.waitUntil(lambda: jobs.jobs[number].pid is not None, timeout=10_000)
    assert psutil.pid_exists(jobs.jobs[number].pid)
    monkeypatch.setattr("fairdesk.gui.jobs.memory.nearly_out", lambda: True)
    qtbot.waitUntil(lambda: state(window, number) == FAILED, timeout=10_000)
    assert "running out of memory" in jobs.jobs[number].message
    assert state(window, busy[0]) == RUNNING and not psutil.pid_exists(jobs.jobs[number].pid)


def test_a_light_job_waits_for_memory_and_says_so(window, hand, qtbot, busy, monkeypatch):
    short = ["for free memory (0.1 GB free, 1.0 GB needed)"]
    monkeypatch.setattr("fairdesk.gui.jobs.memory.shortage", lambda: short[0])
    number = window.session.run("pairs", {})
    cards = window.panel.cards
    qtbot.waitUntil(lambda: number in cards and "for free memory" in cards[number].line.text(), timeout=5000)
    short[0] = ""
    hand.finish_job("pairs")


def slow_inspection(tmp_path):
    plain_images(tmp_path / "large", 4, 50, 60)
    return tmp_path / "large"


def test_a_closed_dialog_ends_its_preview(window, hand, qtbot, busy, tmp_path):
    """Though a heavy job is at work the preview starts at once, says how far it is, and ends with its dialog."""
    dialog = ImportDialog(window.session, slow_inspection(tmp_path), window)
    dialog.show()
    jobs = window.session.jobs
    qtbot.waitUntil(lambda: any(j.preview and j.done for j in jobs.jobs.values()), timeout=20_000)
    job = next(j for j in jobs.jobs.values() if j.preview)
    assert dialog.looking.isVisible() and "of 12,000" in dialog.looking.line.text()
    assert job.id not in window.panel.cards and job not in jobs.active
    dialog.reject()
    qtbot.waitUntil(lambda: state(window, job.id) == STOPPED, timeout=8000)
    assert not psutil.pid_exists(job.pid) and not job.folder.exists()


def test_a_preview_can_be_cancelled_and_run_again(window, hand, qtbot, filled):
    hand.open(filled.folder)
    hand.go("dataset")
    hand.do("dataset.divide")
    dialog = hand.dialog(JobDialog)
    dialog.preview_button.click()
    assert dialog.previewing.isVisible() and not dialog.preview_button.isEnabled()
    dialog.previewing.stop_button.click()
    qtbot.waitUntil(lambda: dialog.preview_button.isEnabled(), timeout=10_000)
    if "cancelled" not in dialog.preview.text():  # it was done before it heard
        assert "Would write" in dialog.preview.text()
    dialog.preview_button.click()
    qtbot.waitUntil(lambda: "Would write" in dialog.preview.text(), timeout=20_000)
    assert not dialog.previewing.isVisible()
    dialog.reject()


def test_finished_jobs_are_cleared_for_good(window, hand, qtbot, filled, again):
    hand.open(filled.folder)
    window.session.run("pairs", {})
    job = hand.finish_job("pairs")
    written = set(filled.folder.rglob("*.csv"))
    assert job.id in window.panel.cards and written
    window.panel.clear.click()
    assert not window.panel.cards and window.panel.empty.isVisible() and not window.panel.clear.isEnabled()
    assert set(filled.folder.rglob("*.csv")) == written
    hand.window.session.close_project()
    other = again(filled.folder)
    qtbot.wait(300)
    assert not other.panel.cards


def test_no_button_moves_and_nothing_scrolls_sideways(window, hand, qtbot, filled, tmp_path):
    hand.open(filled.folder)
    folder = tmp_path / "job"
    folder.mkdir()
    job = JobState("j", folder, JobSpec("review", {"out": str(tmp_path)}, title="A title that is far too long " * 5))
    card = JobCard(window.session, job)
    window.panel.cards["j"] = card
    window.panel._layout.insertWidget(1, card)
    slots = (card.pause, card.stop, card.again, card.pairs, card.open_made, card.show_log)
    seen = set()
    for name in (QUEUED, RUNNING, PAUSED, STOPPING, DONE, STOPPED, FAILED):
        job.state, job.message, job.behind = (
            name,
            f"A long message without end about {name} " * 20,
            "behind " + "x" * 200,
        )
        job.result = {"faces": [1], "summary": "word" * 200} if name == DONE else None
        job.unexpected = False
        card.update_job(job)
        qtbot.wait(20)
        seen.add((*((slot.x(), slot.y(), slot.width()) for slot in slots), card.height()))
        assert window.panel.area.horizontalScrollBar().maximum() == 0
        assert card.width() <= window.panel.area.viewport().width()
        assert any(slot.isVisible() for slot in slots)
    assert len(seen) == 1
    assert len(card.findChildren(QToolButton)) == 5 and "far too long" in card.title.text()
    assert card.title.toolTip() == card.title.text()  # what is cut can be read


def test_a_found_preview_is_thrown_away(window, hand, qtbot, project):
    home = project.folder / "jobs"
    JobSpec("divide", {"dry_run": True}, str(project.folder)).write(home / "a")
    append_line(home / "a" / EVENTS, {"event": "queued", "time": 1.0})
    hand.open(project.folder)
    qtbot.waitUntil(lambda: not (home / "a").exists(), timeout=5000)
    assert "a" not in window.panel.cards


def test_old_folders_go_but_never_one_that_waits(window, hand, qtbot, busy, filled, again):
    home = window.session.jobs_home()
    for number in range(60):
        other = home / f"9999-{number:03d}"
        shutil.copytree(home / busy[1], other)
        append_line(other / EVENTS, {"event": "done", "time": 1.0, "result": {}})
    window.close()
    answer(qtbot, "Keep running")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=5000)
    other = again(filled.folder)
    qtbot.waitUntil(lambda: [j.id for j in other.session.jobs.waiting] == busy[1:], timeout=5000)
    assert state(other, busy[0]) == RUNNING
    assert len([f for f in home.iterdir() if f.name.startswith("9999")]) < 60
