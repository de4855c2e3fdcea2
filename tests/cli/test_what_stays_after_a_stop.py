"""What is said of a verb that was stopped is true of it: read-only ones keep nothing."""

import pytest

from fairdesk.cli import run
from fairdesk.errors import Stopped

NOTHING = "Stopped. No half-written file is left; run it again."


def stopped(*_args, **_more):
    raise Stopped


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["eps", "{project}"], NOTHING), (["runs", "{project}"], NOTHING), (["evaluate", "{file}"], NOTHING),
        (["curves", "{file}"], NOTHING), (["vectors", "{project}", "--encoder", "dlib", "--out", "{out}.npz"], NOTHING),
        (["mosaic", "{project}", "--cluster", "all", "--out", "{out}.png"], "Stopped. Finished work is kept; run it again."),
        (["encode", "{project}"], "Stopped. Finished work is kept; run it again to resume."),
    ],
)  # fmt: skip
def test_of_jobs(words, said, project, tmp_path, monkeypatch, capsys):
    (tmp_path / "s.csv").write_text("score,label\n0.5,1\n0.1,0\n")
    monkeypatch.setattr("fairdesk.cli.job_verbs.run_job", stopped)
    places = {"project": project.folder, "file": tmp_path / "s.csv", "out": tmp_path / "out"}
    assert run([word.format(**places) for word in words]) == 130
    assert capsys.readouterr().err.strip() == said


@pytest.mark.parametrize("verb", ["history", "suggestions"])
def test_of_lists(verb, project, monkeypatch, capsys):
    monkeypatch.setattr("fairdesk.cli.project_verbs.open_project", stopped)
    monkeypatch.setattr("fairdesk.cli.verdict_verbs.open_project", stopped)
    assert run([verb, str(project.folder)]) == 130
    assert capsys.readouterr().err.strip() == NOTHING
