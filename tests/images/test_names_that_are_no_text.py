"""Names in an old encoding: each is told printably and left out, and nothing else is lost for it."""

import io
import json
import os
import shutil
import sys
import tarfile
import zipfile

import pytest

from fairdesk.cli import run as main
from fairdesk.dataset.image_import import import_images, scan_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.images.folder_layouts import read_tree
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.originals import unreadable
from fairdesk.text_names import is_text, printable
from tests.conftest import plain_images

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")

WHY = "its name is not text in UTF-8: rename it"
BAD = {"g0/Jos\\xe9": WHY, "g0/id00/caf\\xe9.jpg": WHY, "g1/caf\\xe9.txt": WHY}


@pytest.fixture
def old(tmp_path):
    """Twelve images in text, and a folder, an image and a note that are not."""
    root = plain_images(tmp_path / "in", 2, 2, 3)
    picture = next(root.glob("g0/id00/*"))
    there = os.fsencode(root)
    os.mkdir(there + b"/g0/Jos\xe9")
    shutil.copy(picture, there + b"/g0/Jos\xe9/1.jpg")
    shutil.copy(picture, there + b"/g0/id00/caf\xe9.jpg")
    with open(there + b"/g1/caf\xe9.txt", "wb") as file:
        file.write(b"x")
    os.mkdir(there + b"/g1/.caf\xe9")
    return root


@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"caf\xe9", "caf\\xe9"), (b"\xff\xfe", "\\xff\\xfe"), ("Zoë ☃".encode(), "Zoë ☃"), (b"a b", "a b")],
)
def test_a_name_is_told_printably(name, shown):
    assert printable(os.fsdecode(name)) == shown
    assert is_text(os.fsdecode(name)) == ("\\x" not in shown)


def test_half_a_character_of_utf_16_is_told_too():
    assert printable("a\ud800") == "a\\ud800" and not is_text("a\ud800")


def test_the_rest_of_a_folder_is_imported(project, old):
    for job in (scan_folder, import_images, import_images):
        result = job(ImportParams(folder=old), QuietContext(project))
        assert (result.images, result.identities) == (12, 4)
        assert {one.path: one.why for one in result.unreadable} == BAD
        json.dumps(result.json_values(), ensure_ascii=False).encode("utf-8")
    assert dict(unreadable(project)) == {str(old / path): why for path, why in BAD.items()}


def test_what_was_renamed_is_imported_and_no_longer_listed(project, old):
    import_images(ImportParams(folder=old), QuietContext(project))
    there = os.fsencode(old)
    os.rename(there + b"/g0/Jos\xe9", old / "g0" / "José")
    os.rename(there + b"/g0/id00/caf\xe9.jpg", old / "g0" / "id00" / "café.jpg")
    result = import_images(ImportParams(folder=old), QuietContext(project))
    assert (result.images, result.new) == (14, 2)
    assert dict(unreadable(project)) == {str(old / "g1/caf\\xe9.txt"): WHY}


def test_in_a_tar_and_a_zip(project, old, tmp_path):
    data = next(old.glob("g0/id01/*")).read_bytes()
    names = ("g0/a/1.jpg", "g0/Jos\xe9/1.jpg", "g0/a/caf\xe9.jpg", "g1/b/1.jpg")
    with tarfile.open(tmp_path / "t.tar", "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    result = import_images(ImportParams(folder=tmp_path / "t.tar"), QuietContext(project))
    assert result.images == 2
    assert {one.path: one.why for one in result.unreadable} == {"g0/Jos\\xe9/1.jpg": WHY, "g0/a/caf\\xe9.jpg": WHY}
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for name in names:
            archive.writestr(name.replace("\xe9", "~"), data)
    packed = (tmp_path / "z.zip").read_bytes().replace(b"Jos~", b"Jos\xe9").replace(b"caf~", b"caf\xe9")
    (tmp_path / "z.zip").write_bytes(packed)
    result = import_images(ImportParams(folder=tmp_path / "z.zip"), QuietContext(project))
    assert (result.images, result.unreadable) == (4, [])  # a zip without UTF-8 is in code page 437


@pytest.mark.parametrize(
    "verb",
    [
        ["flatten", "IN", "--out", "OUT"],
        ["split", "IN", "--out", "OUT", "--folds", "2"],
        ["sample", "IN", "--out", "OUT", "--identities", "2"],
        ["resize", "IN", "--out", "OUT", "--size", "32x32"],
        ["leaks", "IN", "IN"],
        ["pairs", "IN", "--out", "OUT"],
    ],
)
def test_every_verb_of_folders_does_the_rest_and_says_so(old, tmp_path, capsys, verb):
    places = {"IN": str(old), "OUT": str(tmp_path / "out")}
    assert main([*(places.get(word, word) for word in verb), "--json"]) in (0, 1)
    out, err = capsys.readouterr()
    assert json.loads(out) and "nternal error" not in err
    assert "Jos\\xe9" in err or "Jos\\\\xe9" in out
    assert "caf\\xe9.jpg" in err or "caf\\\\xe9.jpg" in out
    assert WHY in out + err
    for path in (tmp_path / "out").rglob("*") if (tmp_path / "out").is_dir() else [tmp_path / "out"]:
        if path.suffix in (".json", ".csv", ".txt", ""):
            assert "\udce9" not in (path.read_text(encoding="utf-8") if path.is_file() else str(path))


def test_a_folder_or_an_archive_given_itself_is_refused_printably(project, old, tmp_path, capsys):
    where = os.fsdecode(os.fsencode(tmp_path) + b"/fold\xe9")
    shutil.copytree(old / "g1", where)
    with pytest.raises(RequestError) as said:
        read_tree(tmp_path / where)
    assert str(said.value).endswith(f"fold\\xe9: {WHY}.")
    with pytest.raises(ValueError, match="fold"):
        ImportParams(folder=where)
    with pytest.raises(RequestError, match="rename it"):
        Project.create(where + "/project")
    assert not os.path.exists(where + "/project")
    for verb in (
        ["import", str(project.folder), where],
        ["new", where + "2"],
        ["flatten", where, "--out", str(tmp_path / "o")],
        ["flatten", str(old), "--out", where + "3"],
        ["pairs", where, "--out", str(tmp_path / "o")],
    ):
        assert main(verb) == 2
        assert "fold\\xe9" in (err := capsys.readouterr().err) and WHY in err


def test_a_folder_of_nothing_else_says_why(old, tmp_path, capsys):
    for path in (old / "g1", old / "g0" / "id00", old / "g0" / "id01"):
        shutil.rmtree(os.fsencode(path))
    assert main(["flatten", str(old), "--out", str(tmp_path / "out")]) == 2
    assert "Jos\\xe9" in (err := capsys.readouterr().err) and WHY in err
