"""A process that a job folder names is believed only where this user started it here, as a worker of that folder."""

import json
import subprocess
import sys
import time

import psutil
import pytest

from fairdesk.jobs.messages import CONTROL, EVENTS, JobSpec, Tail, append_line
from fairdesk.jobs.ownership import PROCESS, worker_command, worker_of, write_owner
from tests.jobs.test_worker import start, wait_for


@pytest.fixture
def sleeper():
    """Make processes that only sleep, with any arguments."""
    made = []

    def make(*arguments):
        made.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *arguments]))
        while not psutil.Process(made[-1].pid).cmdline():  # the kernel has it a moment after the start
            time.sleep(0.01)
        return made[-1]

    yield make
    for process in made:
        process.kill()
        process.wait()


def forge(folder, number, **changes):
    """Write what a worker of this folder would have written, had it that process id."""
    folder.mkdir(exist_ok=True)
    write_owner(folder, number)
    said = json.loads((folder / PROCESS).read_text())
    (folder / PROCESS).write_text(json.dumps(said | changes))


def test_a_worker_is_believed_until_it_ends(tmp_path):
    folder = tmp_path / "job"
    worker = start(folder, "samples", {"out": str(tmp_path / "faces"), "identities": 60, "images": 1, "size": 64})
    wait_for(Tail(folder / EVENTS), "progress")
    assert worker_of(folder).pid == worker.pid
    append_line(folder / CONTROL, {"command": "stop"})
    worker.wait(30)
    assert worker_of(folder) is None


def test_another_process_is_not_believed(tmp_path, sleeper):
    forge(tmp_path / "job", sleeper().pid)
    assert worker_of(tmp_path / "job") is None


def test_the_worker_of_another_folder_is_not_believed(tmp_path, sleeper):
    """As in a copy of a project: its folders name the workers of the first."""
    (tmp_path / "a").mkdir()
    worker = sleeper(*worker_command([], tmp_path / "a"))
    forge(tmp_path / "a", worker.pid)
    assert worker_of(tmp_path / "a").pid == worker.pid  # all but the process itself is as a worker's
    forge(tmp_path / "b", worker.pid)
    assert worker_of(tmp_path / "b") is None


@pytest.mark.parametrize(
    "changes",
    [{"host": "elsewhere"}, {"user": "another"}, {"after_boot": 1.0}, {"pid": 2**40}, {"pid": -1}, {"pid": "x"}],
)
def test_whatever_differs_is_not_believed(tmp_path, sleeper, changes):
    worker = sleeper(*worker_command([], tmp_path / "job"))
    forge(tmp_path / "job", worker.pid)
    assert worker_of(tmp_path / "job") is not None
    forge(tmp_path / "job", worker.pid, **changes)
    assert worker_of(tmp_path / "job") is None


@pytest.mark.parametrize("text", ["", "17", "[]", "null", '{"pid": null}', "\x00"])
def test_nonsense_is_not_believed(tmp_path, text):
    (tmp_path / PROCESS).write_text(text)
    assert worker_of(tmp_path) is None


def test_a_spec_that_describes_no_job_is_refused(tmp_path):
    JobSpec("samples", {}).write(tmp_path)
    good = json.loads((tmp_path / "spec.json").read_text())
    for wrong in ({"params": []}, {"kind": 5}, {"project": 3}, {"more": 1}):
        (tmp_path / "spec.json").write_text(json.dumps(good | wrong))
        with pytest.raises((ValueError, TypeError)):
            JobSpec.read(tmp_path)


def test_a_process_that_has_gone_leaves_no_record(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    write_owner(tmp_path, gone.pid)
    assert not (tmp_path / PROCESS).exists() and not psutil.pid_exists(gone.pid)
