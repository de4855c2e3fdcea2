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


OUT = [
    (kind.name, out, said(one, Pick))
    for kind in job_kinds().values()
    for out, one in kind.params.model_fields.items()
    if said(one, Pick) in (Pick.NEW_FILE, Pick.NEW_FOLDER)
]


def values_of(name, out, path, tmp_path):
    """Return values of a job that are all right but for what it writes to."""
    values = {}
    for field, one in job_kinds()[name].params.model_fields.items():
        if one.is_required() or field == out:
            source = tmp_path / f"{field}.source"
            source.mkdir(exist_ok=True)
            value = path if field == out else str(source) if "Path" in str(one.annotation) else "1"
            values[one.alias or field] = [value, str(tmp_path / "other")] if "list" in str(one.annotation) else value
    return values


@pytest.mark.parametrize(("name", "out", "pick"), OUT)
def test_what_a_project_is_made_of_is_not_written(name, out, pick, project, tmp_path):
    endings = said(job_kinds()[name].params.model_fields[out], Endings)
    ending = endings.kinds[0] if endings else ""
    (tmp_path / "link").symlink_to(project.folder)
    places = [project.folder / "vectors" / f"a{ending}", tmp_path / "link" / "jobs" / f"a{ending}"]
    if pick is Pick.NEW_FOLDER:
        places += [project.folder, tmp_path / "link", project.folder / "exports" / ".."]
    for place in places:
        assert "is a project, or a part of one" in refusal(name, values_of(name, out, str(place), tmp_path))
    for free in (
        project.folder / "exports" / f"a{ending}",
        project.folder / "runs" / f"a{ending}",
        tmp_path / f"a{ending}",
    ):
        said_ = ""
        try:
            parse(job_kinds()[name].params, values_of(name, out, str(free), tmp_path))
        except RequestError as error:  # of what else the job needs
            said_ = str(error)
        assert "is a project" not in said_


@pytest.mark.parametrize(("name", "out", "pick"), OUT)
def test_a_file_is_no_folder_and_a_folder_no_file(name, out, pick, tmp_path):
    endings = said(job_kinds()[name].params.model_fields[out], Endings)
    place = tmp_path / f"a{endings.kinds[0] if endings else '.csv'}"
    if pick is Pick.NEW_FOLDER:
        place.write_text("kept")
        for one in (place, place / "below"):
            assert f"{place} is a file. Give a folder" in refusal(name, values_of(name, out, str(one), tmp_path))
        assert place.read_text() == "kept"
    else:
        place.mkdir()
        assert f"{place} is a folder. Give a file" in refusal(name, values_of(name, out, str(place), tmp_path))


def test_scores_in_the_folder_of_a_report_stay_as_they_are(tmp_path, capsys):
    folder = tmp_path / "report"
    (folder / "tables").mkdir(parents=True)
    text = "score,label,path1,path2\n0.9,1,a,b\n0.1,0,c,d\n0.3,1,e,f\n0.2,0,g,h\n"
    for name in ("table.csv", "left-out.csv", "tables/mine.csv", "differences.csv", "mine.csv", "other.csv"):
        (folder / name).write_text(text)
    (tmp_path / "link.csv").symlink_to(folder / "table.csv")
    for name in (folder / "table.csv", folder / "left-out.csv", folder / "tables" / "mine.csv", tmp_path / "link.csv"):
        assert run(["evaluate", str(name), "--bootstrap", "0", "--out", str(folder)]) == 2
        assert f"{name} is read, and a file of that name is written to {folder}. Give" in capsys.readouterr().err
    mine = str(folder / "mine.csv")
    assert run(["compare-scores", mine, str(folder / "differences.csv"), "--out", str(folder)]) == 2
    assert run(["compare-scores", mine, str(folder / "other.csv"), "--bootstrap", "0", "--out", str(folder)]) == 0
    assert run(["evaluate", mine, "--bootstrap", "0", "--out", str(folder)]) == 0
    assert (folder / "mine.csv").read_text() == (folder / "other.csv").read_text() == text
    assert (folder / "table.csv").read_text() != text


def test_a_list_is_not_written_over_by_the_scores_of_another_model(project, tmp_path, capsys):
    listed = tmp_path / "s-dlib.csv"
    listed.write_text("path1,path2,label\na,b,1\n")
    words = ["score", str(project.folder), "--pairs", str(listed), "--out", str(tmp_path / "s.csv")]
    assert run([*words, "--encoder", "resnet50", "--also", "dlib"]) == 2
    assert "is what is read" in capsys.readouterr().err
    assert listed.read_text() == "path1,path2,label\na,b,1\n"
    out = str(project.folder / "vectors" / "v.csv")
    assert run(["verdicts", str(project.folder), "--out", out]) == 2
    assert "is a project, or a part of one" in capsys.readouterr().err
