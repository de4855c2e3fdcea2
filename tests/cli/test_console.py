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
