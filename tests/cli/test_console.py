"""The line of progress where there is no terminal."""

from fairdesk.cli import console
from fairdesk.cli.console import ConsoleContext
from fairdesk.gui.jobs.state import JobState
from fairdesk.jobs.messages import JobSpec


def test_what_begins_is_none_of_the_time_left(monkeypatch, capsys, tmp_path):
    """Thirty seconds to begin, then ten images each ten seconds: 30 are left after 20 s of work, which take 30 s."""
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    context = ConsoleContext()
    job = JobState("x", tmp_path, JobSpec("detect", {}))
    for at, done, total, unit in (
        (0, 0, 60, "images"), (0, 0, 0, ""), (30, 10, 60, "images"), (40, 20, 60, "images"), (50, 30, 60, "images"),
    ):  # fmt: skip
        now[0] = 100.0 + at
        context.progress(done, total, unit)
        job.apply({"event": "progress", "time": now[0], "done": done, "total": total, "unit": unit})
    assert capsys.readouterr().err.splitlines()[-1] == "30 of 60 images, 1.0/s, 30 s left"
    assert job.seconds_left == 30


def test_a_job_of_which_nobody_knows_how_far_it_is_says_what_it_does_and_for_how_long(tmp_path):
    job = JobState("k", tmp_path / "k", JobSpec("cluster", {}))
    job.apply({"event": "started", "time": 100.0, "pid": 1})
    job.apply({"event": "progress", "time": 101.0, "done": 0, "total": 40, "unit": "faces"})
    assert job.line() == "0 of 40 faces"
    for at, line in (
        (102.0, "Starting"),
        (102.5, "Starting"),
        (110.0, "k-means · 8 s so far"),
        (202.0, "k-means · 1 min 40 s so far"),
    ):
        job.apply({"event": "progress", "time": at, "done": 0, "total": 0, "unit": "k-means"})
        assert job.line() == line and job.total == 0
    job.apply({"event": "progress", "time": 203.0, "done": 40, "total": 40, "unit": "faces"})
    assert job.line() == "40 of 40 faces"


def test_work_of_which_nobody_knows_how_far_it_is(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    context = ConsoleContext()
    for at, done, total, unit in (
        (0, 0, 40, "faces"),
        (20, 0, 0, "k-means"),
        (30, 0, 0, "k-means"),
        (90, 0, 0, "k-means"),
    ):
        now[0] = 100.0 + at
        context.progress(done, total, unit)
    assert capsys.readouterr().err.splitlines()[-2:] == ["k-means: 10 s so far", "k-means: 1 min 10 s so far"]
    monkeypatch.setattr(console.sys.stderr, "isatty", lambda: True, raising=False)
    for at in (100, 110):
        now[0] = 100.0 + at
        context.progress(0, 0, "k-means")
    bar = context._bar.tasks[0]
    assert bar.total is None and bar.fields["rate"] == "1 min 30 s so far"
    context.progress(0, 0)
