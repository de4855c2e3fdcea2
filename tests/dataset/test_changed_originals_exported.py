"""No export writes another picture, or a damaged one, under the labels of the one that was imported: it is left out, counted and named."""

import json
import shutil
from pathlib import Path

import pytest

from fairdesk.cli.main import run
from fairdesk.dataset.image_export import export_images
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.prepare_params import ExportParams
from fairdesk.errors import JobFailed
from fairdesk.faces.detection import find_faces
from fairdesk.faces.params import DetectParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.images import hide_images, image_numbers
from tests.conftest import plain_images

LAYOUTS = [
    *[(layout, copied) for layout in ("identity", "group-identity", "flat", "imagefolder") for copied in (False, True)],
    ("rec", False),
]


@pytest.fixture
def filled(project, tmp_path):
    """Six images of three people."""
    plain_images(tmp_path / "in", 1, 2, 3, 40)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    return project, sorted(path for path in (tmp_path / "in").rglob("*") if path.is_file())


@pytest.fixture
def spoilt(filled, tmp_path):
    """One of them is another picture now, one is cut short, one empty."""
    project, files = filled
    shutil.copyfile(files[5], files[0])
    files[1].write_bytes(files[1].read_bytes()[:-30])
    files[2].write_bytes(b"")
    return project, files


def export(project, out, layout="identity", copied=False, **more):
    more |= {"size": "16x16"} if layout == "rec" else {}
    return export_images(ExportParams(out=out, layout=layout, copy_files=copied, **more), QuietContext(project))


def _sources(out, layout):
    listed = out / "train.rec.manifest.json" if layout == "rec" else out.with_name(out.name + ".manifest.json")
    return sorted(Path(one["source"]).name for one in json.loads(listed.read_text())["files"])


@pytest.mark.parametrize(("layout", "copied"), LAYOUTS)
def test_changed_and_damaged_originals_are_in_no_export(spoilt, tmp_path, layout, copied):
    project, files = spoilt
    would = export(project, tmp_path / "none", layout, copied, dry_run=True)
    result = export(project, tmp_path / "out", layout, copied)
    for one in (would, result):
        assert one.images == 3 and "3 images" in one.summary and one.changed == [str(files[0])]
        assert sorted(left.path for left in one.unreadable) == [str(files[1]), str(files[2])]
        assert (
            "1 original has changed since it was imported (Import again: fairdesk import PROJECT FOLDER)" in one.text()
        )
        assert str(files[0]) in one.text() and str(files[0]) in one.caution()
        assert "2 could not be read (put good copies in their place" in one.text()
        assert "2 images could not be read" in one.caution()
    assert _sources(tmp_path / "out", layout) == sorted(path.name for path in files[3:])
    if layout == "rec":
        assert result.written == 3
    else:
        written = [path for path in (tmp_path / "out").rglob("*") if not path.is_dir()]
        assert sorted(path.read_bytes() for path in written) == sorted(path.read_bytes() for path in files[3:])


def test_a_table_has_no_row_of_a_changed_original(spoilt, tmp_path):
    project, files = spoilt
    result = export(project, tmp_path / "t.csv", "manifest")
    table = (tmp_path / "t.csv").read_text()
    assert result.rows == 5 and str(files[0]) not in table and str(files[3]) in table
    assert result.changed == [str(files[0])] and "1 original has changed" in result.caution()
    assert "2 rows of the table are of files that cannot be opened now." in result.text()


def test_where_all_have_changed_nothing_is_written_and_the_remedy_is_named(filled, tmp_path):
    project, files = filled
    for place, path in enumerate(files):
        path.write_bytes(path.read_bytes() + b"x" * (place + 1))
    for layout in ("identity", "flat", "rec", "manifest"):
        out = tmp_path / (f"{layout}.csv" if layout == "manifest" else layout)
        with pytest.raises(JobFailed) as said:
            export(project, out, layout)
        assert "None of the images is there as it was imported" in str(said.value)
        assert "6 originals have changed since they were imported (Import again" in str(said.value)
        assert not out.exists()


def test_taken_again_by_an_import_they_are_exported(spoilt, tmp_path):
    project, files = spoilt
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    assert export(project, tmp_path / "out").changed == []
    assert files[0].name in _sources(tmp_path / "out", "identity")


def test_a_hidden_image_is_not_told_and_others_of_no_set_neither(spoilt, tmp_path):
    project, _ = spoilt
    hide_images(project, image_numbers(project).tolist()[:3])
    result = export(project, tmp_path / "out")
    assert result.images == 3 and result.changed == [] and result.unreadable == []


def test_the_verb_says_it_in_json(spoilt, tmp_path, capsys):
    project, files = spoilt
    project.close()
    assert run(["export", str(project.folder), "--out", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["changed"] == [str(files[0])] and len(said["unreadable"]) == 2


@pytest.mark.parametrize("more", [[], ["--copy"], ["--dry-run"]])
def test_identity_folders_leave_them_out_and_name_them(spoilt, tmp_path, capsys, more):
    project, files = spoilt
    project.close()
    asked = ["identity-folders", str(project.folder), "--by", "identity", "--out", str(tmp_path / "out"), *more]
    run([*asked, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["images"] == 3 and said["changed"] == [str(files[0])] and said["missing"] == []
    assert sorted(one["path"] for one in said["unreadable"]) == [str(files[1]), str(files[2])]
    if more != ["--dry-run"]:
        written = [path for path in (tmp_path / "out").rglob("*") if not path.is_dir()]
        assert sorted(path.read_bytes() for path in written) == sorted(path.read_bytes() for path in files[3:])
        shutil.rmtree(tmp_path / "out")
    run(asked)
    said = capsys.readouterr().out
    assert "1 original has changed" in said and str(files[0]) in said and "2 could not be read" in said


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0cut"])
def test_identity_folders_of_a_file_with_a_damaged_picture_end_well(tmp_path, capsys, content):
    (tmp_path / "a.jpg").write_bytes(content)
    plain_images(tmp_path / "in", 1, 1, 1, 40)
    good = next((tmp_path / "in").rglob("*.png"))
    (tmp_path / "c.json").write_text(json.dumps({"0": [str(tmp_path / "a.jpg"), str(good)]}))
    run(["identity-folders", str(tmp_path / "c.json"), "--out", str(tmp_path / "out"), "--json"])
    out, err = capsys.readouterr()
    assert json.loads(out)["images"] >= 1 and "Internal error" not in err
    files = json.loads((tmp_path / "out.manifest.json").read_text())["files"]
    assert all(one["synthetic"] is False for one in files)


def test_a_mosaic_has_no_tile_cut_from_another_picture(filled, tmp_path, capsys):
    project, files = filled
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    project.thumbnails.erase([], range(1, 3), [])  # of the first two faces none is kept
    for path in files[:3]:
        shutil.copyfile(files[5], path)
    project.close()
    run(["mosaic", str(project.folder), "--faces", "1-6", "--out", str(tmp_path / "m.png"), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["faces"] == 4 and said["changed"] == [str(path) for path in files[:2]]
    run(["mosaic", str(project.folder), "--faces", "1-6", "--out", str(tmp_path / "m.png")])
    assert "2 originals have changed" in capsys.readouterr().out
    run(["mosaic", str(project.folder), "--faces", "1,2", "--out", str(tmp_path / "n.png")])
    assert "2 originals have changed" in capsys.readouterr().err and not (tmp_path / "n.png").exists()
