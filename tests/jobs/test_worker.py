"""The worker process: events, pause, stop, failures, death."""

import subprocess
import sys
import time

import psutil
import pytest

from fairdesk.errors import RequestError, explain
from fairdesk.jobs.messages import CONTROL, EVENTS, LOG, JobSpec, Tail, append_line
from fairdesk.jobs.registry import job_kind, job_kinds
from tests.conftest import plain_images


def start(folder, kind, params, project=None):
    JobSpec(kind, params, str(project) if project else None).write(folder)
    return subprocess.Popen([sys.executable, "-m", "fairdesk", "--worker", str(folder)])


def wait_for(tail, event, seconds=60):
    seen = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen += tail.read()
        if any(one["event"] == event for one in seen):
            return seen
        time.sleep(0.02)
    raise AssertionError(f"no {event} in {seen}")


def test_a_job_to_its_end(project, tmp_path):
    plain_images(tmp_path / "in", 1, 2, 3)
    job = start(tmp_path / "job", "import", {"folder": str(tmp_path / "in")}, project.folder)
    assert job.wait(60) == 0
    events = Tail(tmp_path / "job" / EVENTS).read()
    assert events[0]["event"] == "started" and events[-1]["event"] == "done"
    assert events[-1]["result"]["images"] == 6
    assert any(e["event"] == "progress" and e["done"] == e["total"] == 6 for e in events)
    assert project.db.value("SELECT count(*) FROM image") == 6


def test_pause_resume_stop(tmp_path):
    params = {"out": str(tmp_path / "faces"), "identities": 60, "images": 1, "size": 64, "tones": [5]}
    job = start(tmp_path / "job", "samples", params)
    tail = Tail(tmp_path / "job" / EVENTS)
    wait_for(tail, "progress")
    append_line(tmp_path / "job" / CONTROL, {"command": "pause"})
    wait_for(tail, "paused")
    time.sleep(0.6)
    assert not [e for e in tail.read() if e["event"] == "progress"]
    append_line(tmp_path / "job" / CONTROL, {"command": "resume"})
    wait_for(tail, "resumed")
    append_line(tmp_path / "job" / CONTROL, {"command": "stop"})
    events = wait_for(tail, "stopped")
    assert job.wait(30) == 0
    assert not [e for e in events if e["event"] == "failed"]


def test_a_wrong_request_is_told_in_words(project, tmp_path):
    job = start(tmp_path / "job", "import", {"folder": str(tmp_path / "nowhere")}, project.folder)
    assert job.wait(60) == 2
    failed = Tail(tmp_path / "job" / EVENTS).read()[-1]
    assert failed["event"] == "failed" and "does not exist" in failed["message"] and not failed["unexpected"]
    assert "Traceback" in (tmp_path / "job" / LOG).read_text()  # the log has the rest


def test_a_killed_worker_takes_its_helpers_along(project, tmp_path):
    params = {"out": str(tmp_path / "faces"), "identities": 500, "images": 2, "size": 128, "tones": [5]}
    job = start(tmp_path / "job", "samples", params)
    wait_for(Tail(tmp_path / "job" / EVENTS), "progress")
    end = time.monotonic() + 30
    while not (helpers := psutil.Process(job.pid).children(recursive=True)):  # the first may come a moment later
        assert time.monotonic() < end
        time.sleep(0.02)
    job.kill()
    assert job.wait(10) != 0
    _, alive = psutil.wait_procs(helpers, 15)
    assert not alive


def test_every_kind_resolves():
    for kind in job_kinds().values():
        assert kind.params.__doc__
        assert callable(kind.function())
    with pytest.raises(RequestError, match="no job called"):
        job_kind("nothing")


def test_tail_survives_broken_and_half_lines(tmp_path):
    path = tmp_path / "events.jsonl"
    tail = Tail(path)
    assert tail.read() == []
    path.write_bytes(b'{"event": "a"}\nnonsense\n{"event": ')
    assert [e["event"] for e in tail.read()] == ["a"] and tail.broken == 1
    with path.open("ab") as file:
        file.write(b'"b"}\n')
    assert [e["event"] for e in tail.read()] == ["b"]


def test_machine_failures_have_words():
    assert "disk is full" in explain(OSError(28, "No space left", "/x"))
    assert "read-only" in explain(OSError(30, "Read-only", "/x"))
    assert "memory" in explain(MemoryError())
    assert explain(ValueError("x")) is None
