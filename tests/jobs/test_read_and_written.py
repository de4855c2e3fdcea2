"""No verb writes over what it reads, by whatever spelling or link; every job that takes both is asked."""

import zipfile
from pathlib import Path

import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.jobs.fields import Endings, Pick, said
from fairdesk.jobs.params import parse
from fairdesk.jobs.registry import job_kinds

READ = (Pick.FILE, Pick.FOLDER, Pick.EITHER)
BOTH = [
    (kind.name, source, out)
    for kind in job_kinds().values()
    for source, one in kind.params.model_fields.items()
    for out, other in kind.params.model_fields.items()
    if said(one, Pick) in READ and said(other, Pick) in (Pick.NEW_FILE, Pick.NEW_FOLDER)
]


def refusal(name, values):
    """Return what is said of these values."""
    with pytest.raises(RequestError) as refused:
        parse(job_kinds()[name].params, values)
    return str(refused.value)


@pytest.mark.parametrize(("name", "source", "out"), BOTH)
def test_what_is_read_is_not_written(name, source, out, tmp_path):
    fields = job_kinds()[name].params.model_fields
    endings = said(fields[out], Endings)
    path = tmp_path / f"x{endings.kinds[0] if endings else ''}"
    path.write_bytes(b"read")
    values = {}
    for field, one in fields.items():
        if one.is_required() or field in (source, out):
            (tmp_path / field).mkdir()
            other = str(tmp_path / field) if "Path" in str(one.annotation) else "1"
            value = str(path) if field in (source, out) else other
            values[one.alias or field] = [value, str(tmp_path / field)] if "list" in str(one.annotation) else value
    assert "is what is read" in refusal(name, values)
    assert path.read_bytes() == b"read"


def spellings(path):
    (path.parent / "sub").mkdir()
    (path.parent / "link.csv").symlink_to(path)
    (path.parent / "hard.csv").hardlink_to(path)
    (path.parent / "folder").symlink_to(path.parent)
    yield path.parent / "sub" / ".." / path.name
    yield path.parent / "link.csv"
    yield path.parent / "hard.csv"
    yield path.parent / "folder" / path.name


def test_links_and_other_spellings_are_the_same_place(tmp_path, monkeypatch):
    path = tmp_path / "s.csv"
    path.write_text("score,label\n0.5,1\n")
    monkeypatch.chdir(tmp_path)
    for out in (*spellings(path), Path("s.csv"), Path("./s.csv")):
        assert "is what is read" in refusal("normalise", {"scores": path, "out": out})
        assert "is what is read" in refusal("normalise", {"scores": out, "out": path})
    (tmp_path / "gone.csv").symlink_to(tmp_path / "not there.csv")
    parse(job_kinds()["normalise"].params, {"scores": path, "out": tmp_path / "gone.csv"})
    assert path.read_text() == "score,label\n0.5,1\n"


def test_an_archive_that_is_read_from_is_not_written_over(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.csv", "w") as archive:
        archive.writestr("in/list.csv", "a")
    said_ = refusal("score", {"pairs": tmp_path / "a.csv" / "in" / "list.csv", "out": tmp_path / "a.csv"})
    assert "is what is read" in said_


def test_verdicts_are_not_written_over_those_that_are_read(project, tmp_path, capsys):
    path = tmp_path / "v.csv"
    path.write_text("kind,path1,path2\n")
    (tmp_path / "link.csv").symlink_to(path)
    assert run(["verdicts", str(project.folder), "--file", str(path), "--out", str(tmp_path / "link.csv")]) == 2
    assert "is what is read" in capsys.readouterr().err and path.read_text() == "kind,path1,path2\n"
