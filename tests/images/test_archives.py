"""Archives and .rec files are read without unpacking, and bad ones say what is wrong."""

import hashlib
import io
import json
import tarfile
import zipfile

import pytest
from PIL import Image

from fairdesk.errors import RequestError
from fairdesk.images.layouts import read_tree
from fairdesk.images.recordio import MAGIC, RecordFile, write_faces
from fairdesk.images.sources import MemberError, exists, open_archive, read_bytes
from tests.conftest import plain_images


def packed(kind, root, target):
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for path in sorted(root.rglob("*.png")):
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


def jpeg(seed, side=16):
    buffer = io.BytesIO()
    Image.effect_noise((side, side), 10 + seed).convert("RGB").save(buffer, "JPEG")
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
    with pytest.raises(OSError, match="record 2 is cut off"):
        read_bytes(tmp_path / "a.rec" / "1/2.jpg")
    with pytest.raises(OSError, match="record 3 does not start"):
        read_bytes(tmp_path / "a.rec" / "2/3.jpg")
    (tmp_path / "a.idx").write_text("1\t0\nnonsense\n")
    with pytest.raises(RequestError, match="line 2"):
        RecordFile(tmp_path / "a.rec")
