"""Archives and .rec files are read without unpacking, and bad ones say what is wrong."""

import hashlib
import io
import json
import os
import random
import tarfile
import zipfile
from functools import cache

import numpy as np
import pytest
from PIL import Image

from fairdesk.dataset.collection import read_folder
from fairdesk.dataset.folder_split import split_folder as split
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.prepare_params import SampleParams, SplitParams
from fairdesk.dataset.random_sample import take_sample as sample
from fairdesk.errors import RequestError
from fairdesk.images import image_sources as sources
from fairdesk.images.folder_layouts import read_tree
from fairdesk.images.image_sources import (
    MemberError,
    close_archives,
    exists,
    open_archive,
    read_bytes,
    reading_order,
    safe_member,
)
from fairdesk.images.recordio import MAGIC, RecordFile, RecordWriter, write_faces
from fairdesk.jobs.context import QuietContext
from tests.conftest import plain_images


def packed(kind, root, target):
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for path in sorted(path for path in root.rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(root))
    else:
        with tarfile.open(target, "w:gz" if kind == "tar.gz" else "w") as archive:
            for path in sorted(root.iterdir()):
                archive.add(path, path.name)
    return target


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_reads_like_the_folder_it_was_made_of(tmp_path, kind):
    root = plain_images(tmp_path / "in", 2, 2, 3)
    archive = packed(kind, root, tmp_path / f"faces.{kind}")
    folder, inside = read_tree(root), read_tree(archive)
    assert inside.layout == folder.layout == "group-identity"
    assert sorted(inside.entries, key=lambda e: e.path) == folder.entries
    for entry in folder.entries:
        assert read_bytes(archive / entry.path) == (root / entry.path).read_bytes()
    assert exists(archive / folder.entries[0].path)
    assert not exists(archive / "g0/nobody.png")


def test_the_folder_an_archive_is_named_after_is_no_group(tmp_path):
    root = plain_images(tmp_path / "in", 1, 2, 2)
    (root / "g0").rename(root / "lfw")
    tree = read_tree(packed("tar.gz", root, tmp_path / "lfw.tar.gz"))
    assert tree.layout == "identity"
    assert {entry.identity for entry in tree.entries} == {"id00", "id01"}


def test_rfw_with_its_data_folder(tmp_path):
    plain_images(tmp_path / "RFW" / "data", 2, 2, 2)
    (tmp_path / "RFW" / "txts").mkdir()
    (tmp_path / "RFW" / "txts" / "g0_people.txt").write_text("x")
    tree = read_tree(tmp_path / "RFW")
    assert {entry.group for entry in tree.entries if entry.path.endswith(".png")} == {"g0", "g1"}


def test_names_that_lead_out_are_skipped(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../evil.png", b"x")
        archive.writestr("/abs.png", b"x")
        archive.writestr("fine/1.png", b"x")
        archive.writestr("__MACOSX/fine/._1.png", b"x")
    tree = read_tree(tmp_path / "a.zip")
    assert [entry.path for entry in tree.entries] == ["fine/1.png"]
    assert len(tree.skipped) == 2


def test_damaged_archives(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 not really")
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b\x08 not really")
    (tmp_path / "a.rec").write_bytes(b"\0" * 64)
    for name in ("a.zip", "a.tar.gz", "a.rec"):
        with pytest.raises(RequestError, match=name):
            read_tree(tmp_path / name)
    root = plain_images(tmp_path / "in", 1, 1, 3)
    whole = packed("zip", root, tmp_path / "b.zip").read_bytes()
    broken = bytearray(whole)
    broken[whole.index(b"IDAT") + 8] ^= 0xFF
    (tmp_path / "b.zip").write_bytes(broken)
    with pytest.raises(MemberError, match="damaged"):
        read_bytes(tmp_path / "b.zip" / "g0/id00/000.png")


@cache
def jpeg(seed, side=16):
    buffer = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, "JPEG")
    return buffer.getvalue()


def test_rec_as_insightface_wrote_it(truth, tmp_path):
    source = truth / "formats" / "rec" / "train.rec"
    expected = json.loads((truth / "formats" / "expected.json").read_text())["rec/train.rec"]
    file = RecordFile(source)
    keys, labels = file.images()
    assert file.record(0).labels == tuple(expected["header0"])
    people = {}
    for key, label, wanted in zip(keys, labels, expected["images"], strict=True):
        data = file.record(int(key)).data
        assert (int(key), label) == (wanted["key"], wanted["label"])
        assert hashlib.sha256(data).hexdigest() == wanted["sha256_payload"]
        people.setdefault(label, []).append(data)
    for wanted in expected["identities"]:
        assert file.record(wanted["key"]).labels == tuple(wanted["range"])
    write_faces(tmp_path / "train.rec", list(people.values()), (112, 112))
    for name in ("train.rec", "train.idx", "property"):
        assert (tmp_path / name).read_bytes() == (source.parent / name).read_bytes(), name


def test_rec_without_an_index_is_found_by_walking(tmp_path):
    people = [[jpeg(1), jpeg(2)], [jpeg(3) + MAGIC + MAGIC + b"x", b"\0" + MAGIC]]
    write_faces(tmp_path / "a.rec", people, (16, 16))
    indexed = open_archive(tmp_path / "a.rec").members()
    (tmp_path / "a.idx").unlink()
    walked = RecordFile(tmp_path / "a.rec")
    assert indexed == ["0/1.jpg", "0/2.jpg", "1/3.jpg", "1/4.jpg"]
    assert [walked.record(key).data for key in (1, 2, 3, 4)] == [data for images in people for data in images]


def test_bad_records_are_named(tmp_path):
    write_faces(tmp_path / "a.rec", [[jpeg(n)] for n in range(3)], (16, 16))
    data = (tmp_path / "a.rec").read_bytes()
    second = int((tmp_path / "a.idx").read_text().splitlines()[1].split()[1])
    (tmp_path / "a.rec").write_bytes(data[: second + 40])
    with pytest.raises(OSError, match="its archive is cut off before it"):
        read_bytes(tmp_path / "a.rec" / "1/2.jpg")
    with pytest.raises(OSError, match="its archive is cut off before it"):  # once for all that lies behind
        read_bytes(tmp_path / "a.rec" / "2/3.jpg")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("nonsense", "line 2 is not a key"), ("negative", "negative places"), ("another", "no record begins at byte"),
        ("beyond", "behind the end"), ("empty", "it is empty"), ("short", "ends before the records do"),
        ("late", "lacks the first record"),
    ],
)  # fmt: skip
def test_a_wrong_index_is_found_anew(tmp_path, how, why):
    people = [[jpeg(1), jpeg(2)], [jpeg(3) + MAGIC + MAGIC + b"x"]]
    write_faces(tmp_path / "a.rec", people, (16, 16))
    index, data = tmp_path / "a.idx", (tmp_path / "a.rec").read_bytes()
    lines = index.read_text().splitlines(keepends=True)
    places = [line.split() for line in lines]
    index.write_text({
        "nonsense": "1\t0\nnonsense\n", "negative": "".join(f"{key}\t-{at}9\n" for key, at in places),
        "another": "".join(f"{key}\t{int(at) + 4}\n" for key, at in places), "empty": "",
        "beyond": "".join(f"{key}\t{int(at) + 10**9}\n" for key, at in places), "short": "".join(lines[:2]),
        "late": "".join(lines[1:]),
    }[how])  # fmt: skip
    wrong = index.read_text()
    archive = open_archive(tmp_path / "a.rec")
    assert archive.members() == ["0/1.jpg", "0/2.jpg", "1/3.jpg"]
    assert [archive.read(name) for name in archive.members()] == [data for images in people for data in images]
    assert why in archive.notes()[0]
    assert index.read_text() == wrong and (tmp_path / "a.rec").read_bytes() == data  # nothing is written


def test_a_damaged_piece_of_a_rec_costs_its_records_only(tmp_path):
    write_faces(tmp_path / "a.rec", [[jpeg(n) for n in range(6)]], (16, 16))
    at = [int(line.split()[1]) for line in (tmp_path / "a.idx").read_text().splitlines()]
    data = bytearray((tmp_path / "a.rec").read_bytes())
    data[at[2] : at[2] + 8] = b"damaged!"
    (tmp_path / "a.rec").write_bytes(data)
    (tmp_path / "a.idx").unlink()
    names = open_archive(tmp_path / "a.rec").members()
    assert names == [f"0/{n}.jpg" for n in (1, 2, 4, 5, 6)]


def test_records_whose_ids_are_all_alike_are_numbered(tmp_path):
    with RecordWriter(tmp_path / "a.rec") as writer:
        for n in range(3):
            writer.write(0, float(n), jpeg(n))
    (tmp_path / "a.idx").unlink()
    assert list(open_archive(tmp_path / "a.rec").members()) == ["0/1.jpg", "1/2.jpg", "2/3.jpg"]


def test_an_insightface_folder_is_its_data_set(project, tmp_path):
    home = tmp_path / "faces_emore"
    home.mkdir()
    write_faces(home / "train.rec", [[jpeg(1), jpeg(2)], [jpeg(3)]], (16, 16))
    for name in ("lfw.bin", "cfp_fp.bin"):
        (home / name).write_bytes(b"x")
    result = import_images(ImportParams(folder=home), QuietContext(project))
    assert (result.images, result.identities, result.unreadable) == (3, 2, [])
    assert "cfp_fp.bin, lfw.bin" in result.text() and f"--evaluate-on {home / 'cfp_fp.bin'}" in result.text()
    assert len(read_folder(home).items) == 3
    assert all(item.path.parent.parent == home / "train.rec" for item in read_folder(home).items)
    (home / "train.idx").unlink()
    assert import_images(ImportParams(folder=home), QuietContext(project)).images == 3


def test_pictures_beside_a_rec_are_an_ordinary_folder(tmp_path):
    write_faces(tmp_path / "train.rec", [[jpeg(1)]], (16, 16))
    (tmp_path / "1.jpg").write_bytes(jpeg(2))
    assert [item.relative for item in read_folder(tmp_path).items] == ["1.jpg"]


def test_several_rec_files_are_asked_about(tmp_path):
    for name in ("a.rec", "b.rec"):
        write_faces(tmp_path / name, [[jpeg(1)]], (16, 16))
    with pytest.raises(RequestError, match=r"a\.rec, b\.rec. Give one"):
        read_folder(tmp_path)
    (tmp_path / "a.rec").rename(tmp_path / "train.rec")
    assert read_folder(tmp_path).root == tmp_path / "train.rec"


def test_the_folder_as_insightface_wrote_it(truth, project):
    result = import_images(ImportParams(folder=truth / "formats" / "rec"), QuietContext(project))
    assert (result.images, result.identities) == (3, 2)


JUNK = ["@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/p/._1.jpg", ".thumbnails/1.jpg", ".picasaoriginals/1.jpg",
        "Catalog Previews.lrdata/a/1.jpg", "#recycle/1.jpg", "Thumbs.db", "._1.jpg", ".DS_Store", "desktop.ini"]  # fmt: skip


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
def test_what_programs_leave_beside_photographs_is_passed_over_and_said(project, tmp_path, kind):
    home = tmp_path / "in"
    for who in ("a", "b"):
        (home / who).mkdir(parents=True)
        for n in range(2):
            (home / who / f"{n}.jpg").write_bytes(jpeg(n))
        for name in JUNK:
            (home / who / name).parent.mkdir(parents=True, exist_ok=True)
            (home / who / name).write_bytes(jpeg(9))
    source = home if kind == "folder" else packed(kind, home, tmp_path / f"in.{kind}")
    result = import_images(ImportParams(folder=source), QuietContext(project))
    assert (result.images, result.identities, result.groups, result.unreadable) == (4, 2, {}, [])
    said = "\n".join(result.notes)
    for line in ("2 files (@eaDir, thumbnails of a Synology NAS)", "2 files (Thumbs.db, Windows", "2 files (__MACOSX,",
                 "2 files (Catalog Previews.lrdata, previews of Lightroom)", "2 files (._*, macOS", "6 files (hidden files)"):  # fmt: skip
        assert line in said, said
    assert said in result.text()


def test_a_person_whose_folder_only_looks_like_junk_stays(tmp_path):
    for who in ("Thumbs", "macosx", "Recycle"):
        (tmp_path / who).mkdir()
        (tmp_path / who / "1.jpg").write_bytes(jpeg(1))
    assert {item.identity for item in read_folder(tmp_path).items} == {"Thumbs", "macosx", "Recycle"}


def shuffled(kind, target, people=6, images=4):
    """An archive whose members lie in no order."""
    names = [f"g/p{person}/{image}.jpg" for person in range(people) for image in range(images)]
    random.Random(3).shuffle(names)
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for number, name in enumerate(names):
                archive.writestr(name, jpeg(number))
    else:
        with tarfile.open(target, "w:gz" if kind == "tar.gz" else "w") as archive:
            for number, name in enumerate(names):
                data = jpeg(number)
                item = tarfile.TarInfo(name)
                item.size = len(data)
                archive.addfile(item, io.BytesIO(data))
    return names


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_members_in_any_order_come_out_right(tmp_path, kind):
    source = tmp_path / f"a.{kind}"
    names = shuffled(kind, source)
    params = SampleParams(folder=source, out=tmp_path / "out", fraction=1.0)
    assert sample(params, QuietContext()).images == 24
    for number, name in enumerate(names):
        assert (tmp_path / "out" / name).read_bytes() == jpeg(number), name
    listed = [row["path"] for row in json.loads((tmp_path / "out.manifest.json").read_text())["files"]]
    assert listed == sorted(listed, key=lambda path: path.split("/")[1])  # by person, not as the archive has them
    assert listed != names


def test_reading_order_is_the_archives_own(tmp_path):
    names = shuffled("zip", tmp_path / "a.zip")
    paths = [tmp_path / "x.jpg", *(tmp_path / "a.zip" / name for name in sorted(names)), tmp_path / "b.jpg"]
    order = reading_order(paths)
    assert order[0] == 0 and order[-1] == 25
    assert [paths[place] for place in order[1:-1]] == [tmp_path / "a.zip" / name for name in names]
    assert reading_order([tmp_path / "b", tmp_path / "a"]) == [0, 1]


def test_a_compressed_tar_is_read_through_once_though_threads_ask_nearly_in_order(tmp_path, monkeypatch):
    names = shuffled("tar.gz", tmp_path / "a.tar.gz")
    archive = open_archive(tmp_path / "a.tar.gz")
    back = []
    seek = archive._data.seek
    monkeypatch.setattr(archive._data, "seek", lambda to, *rest: back.append(to < seek(0, 1)) or seek(to, *rest))
    order = [names[i ^ 1] for i in range(len(names))]  # each two exchanged
    assert [archive.read(name) for name in order] == [jpeg(i ^ 1) for i in range(len(names))]
    assert sum(back) == 1  # from the end, where listing left it, to the beginning
    assert archive._passed_bytes == 0 and not archive._passed
    monkeypatch.setattr(sources, "_PASSED", 1500)
    archive.read(names[0])
    archive.read(names[-1])
    assert 0 < archive._passed_bytes == sum(map(len, archive._passed.values())) <= 1500
    assert archive.read(names[3]) == jpeg(3)  # no longer kept: read again


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_was_replaced_is_read_anew(tmp_path, kind):
    source = tmp_path / f"a.{kind}"
    names = shuffled(kind, source)
    assert read_bytes(source / names[0]) == jpeg(0)
    stat = os.stat(source)
    shuffled(kind, tmp_path / "other", people=5)
    (tmp_path / "other").replace(source)
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert len(open_archive(source).members()) == 20
    gone = next(name for name in names if "/p5/" in name)
    assert not exists(source / gone)
    with pytest.raises(MemberError, match="does not hold it any more"):
        read_bytes(source / gone)


def test_few_archives_stay_open(tmp_path):
    close_archives()
    before = len(os.listdir("/proc/self/fd"))
    for number in range(12):
        shuffled("zip", tmp_path / f"{number}.zip", people=1)
        exists(tmp_path / f"{number}.zip" / "x.jpg")
        shuffled("tar.gz", tmp_path / f"{number}.tar.gz", people=1)
        exists(tmp_path / f"{number}.tar.gz" / "x.jpg")
    for _ in range(5):  # replaced again and again: the old ones go
        shuffled("zip", tmp_path / "0.zip", people=1)
        exists(tmp_path / "0.zip" / "x.jpg")
    assert len(os.listdir("/proc/self/fd")) - before == 4
    close_archives()
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("verb", ["sample", "split"])
def test_an_archive_replaced_while_a_verb_runs_is_told(tmp_path, verb):
    source = tmp_path / "a.zip"
    shuffled("zip", source)
    shuffled("zip", tmp_path / "other")

    class Replacing(QuietContext):
        def progress(self, done, total, unit=""):
            if (tmp_path / "other").exists():
                (tmp_path / "other").replace(source)

    outs = [tmp_path / "x", tmp_path / "y"]
    run = {
        "sample": lambda: sample(SampleParams(folder=source, out=tmp_path / "out", images=5), Replacing()),
        "split": lambda: split(SplitParams(folder=source, out=outs, shares=[0.5, 0.5]), Replacing()),
    }
    with pytest.raises(RequestError, match=r"a\.zip was changed while it was read"):
        run[verb]()
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("kind", ["zip", "tar", "rec"])
def test_an_archive_is_listed_once_however_many_members_are_asked_for(tmp_path, kind, monkeypatch):
    source = tmp_path / f"a.{kind}"
    if kind == "rec":
        write_faces(source, [[jpeg(n)] * 4 for n in range(6)], (16, 16))
    else:
        shuffled(kind, source)
    close_archives()
    calls = []
    archive = open_archive(source)
    real = type(archive).members
    monkeypatch.setattr(type(archive), "members", lambda self: calls.append(1) or real(self))
    result = sample(SampleParams(folder=source, out=tmp_path / "out", fraction=1.0), QuietContext())
    assert result.images == 24 and all(exists(source / name) for name in archive.members())
    assert len(calls) == 2  # the verb's, and this test's


def test_a_damaged_member_is_named(tmp_path):
    source = tmp_path / "a.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for number in range(3):
            archive.writestr(f"p/{number}.jpg", jpeg(number))
    data = bytearray(source.read_bytes())
    data[data.index(b"p/1.jpg") + 60] ^= 0xFF
    source.write_bytes(data)
    result = sample(SampleParams(folder=source, out=tmp_path / "out", images=3), QuietContext())
    assert [one.path for one in result.left_out] == [str(source / "p/1.jpg")] and result.images == 2
    assert result.left_out[0].why.startswith("damaged in the archive") and "2 images" in result.text()
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_the_last_of_two_members_of_one_name_counts(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("p/1.jpg", jpeg(1))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("p/1.jpg", jpeg(2))
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for number in (1, 2):
            item = tarfile.TarInfo("./p/1.jpg")
            item.size = len(jpeg(number))
            archive.addfile(item, io.BytesIO(jpeg(number)))
    for name in ("a.zip", "a.tar"):
        assert open_archive(tmp_path / name).members() == ["p/1.jpg"]
        assert read_bytes(tmp_path / name / "p/1.jpg") == jpeg(2)


def test_a_hard_link_in_a_tar_is_a_picture_too(tmp_path):
    (tmp_path / "1.jpg").write_bytes(jpeg(1))
    os.link(tmp_path / "1.jpg", tmp_path / "2.jpg")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("1.jpg", "2.jpg"):
            archive.add(tmp_path / name, f"p/{name}")
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert [item.islnk() for item in archive] == [False, True]
    assert open_archive(tmp_path / "a.tar").members() == ["p/1.jpg", "p/2.jpg"]
    assert read_bytes(tmp_path / "a.tar" / "p/2.jpg") == jpeg(1)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b.png", True),
        ("./a.png", True),
        ("a/../../b.png", False),
        ("..", False),
        ("/a.png", False),
        ("\\a.png", False),
        ("a\\..\\b.png", False),
        ("C:/a.png", False),
        ("", False),
        ("a..b/c.png", True),
    ],
)
def test_names_that_lead_out(name, safe):
    assert safe_member(name) is safe
