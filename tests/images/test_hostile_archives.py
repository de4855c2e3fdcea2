"""Archives made to waste time or memory, or that their readers choke on: one plain line, at the cost of their head."""

import bz2
import gzip
import io
import lzma
import resource
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.images.image_sources import close_archives, open_archive, read_head
from fairdesk.images.inspection import inspect_file
from fairdesk.images.recordio import RecordFile, write_faces
from fairdesk.images.xz_files import XzFile
from fairdesk.jobs.context import QuietContext
from tests.images.test_archives import jpeg

PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.fixture(autouse=True)
def _closed():
    yield
    close_archives()


def bring(project, path):
    return import_images(ImportParams(folder=path), QuietContext(project))


def zip_of(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def patched(path, old, new, count=-1):
    path.write_bytes(path.read_bytes().replace(old, new, count))
    return path


def test_a_zip_bomb_costs_its_head(project, tmp_path):
    bomb = b"\xff\xd8\xff" + bytes(40 << 20)
    path = zip_of(tmp_path / "a.zip", {**{f"p/{n}.jpg": bomb for n in range(3)}, "p/good.jpg": jpeg(1)})
    tracemalloc.start()
    start = time.process_time()
    lines = [inspect_file(path / f"p/{n}.jpg", 64).why for n in range(3)]
    assert time.process_time() - start < 0.5
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
    assert all("to 41,943,043: no photograph does" in line for line in lines)
    assert bring(project, path).images == 1


def test_a_member_that_is_no_picture_is_known_by_its_head(tmp_path, monkeypatch):
    path = zip_of(tmp_path / "a.zip", {"p/1.jpg": b"%!PS-Adobe" + bytes(3 << 20)})
    monkeypatch.setattr("fairdesk.images.image_sources.read_bytes", lambda path: pytest.fail("it was read whole"))
    assert inspect_file(path / "p/1.jpg", 64).why == "EPS, not read here: convert it to PNG or JPEG"


def test_a_zip_of_a_newer_version_is_named(project, tmp_path):
    path = zip_of(tmp_path / "a.zip", {"p/1.jpg": jpeg(1)})
    at = path.read_bytes().index(b"PK\1\2")
    data = bytearray(path.read_bytes())
    data[at + 6 : at + 8] = struct.pack("<H", 200)
    path.write_bytes(data)
    with pytest.raises(RequestError, match=r"version 20.0. Unpack it first"):
        bring(project, path)


@pytest.mark.parametrize(("method", "why"), [(99, "not read here"), (20, "not read here"), (9, "not read here")])
def test_a_member_packed_in_an_unknown_way_is_one_line(project, tmp_path, method, why):
    path = zip_of(tmp_path / "a.zip", {"p/1.jpg": jpeg(1), "p/2.jpg": jpeg(2)})
    data = bytearray(path.read_bytes())
    for at in (data.index(b"PK\3\4") + 8, data.index(b"PK\1\2") + 10):
        data[at : at + 2] = struct.pack("<H", method)
    path.write_bytes(data)
    result = bring(project, path)
    assert result.images == 1 and why in result.unreadable[0].why


def test_many_empty_members_take_little_time(project, tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"p{n % 10}/{n}.jpg": b"" for n in range(10_000)})
    start = time.process_time()
    result = bring(project, path)
    assert len(result.unreadable) == 10_000 and result.unreadable[0].why == "the file is empty"
    assert time.process_time() - start < 2  # 0.1 s: none is opened


def _asking_for(place, dictionary):
    """A tar.xz whose head asks for a dictionary (xz's code of its size) that few bytes need."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        head = tarfile.TarInfo("p/1.jpg")
        head.size = len(jpeg(1))
        tar.addfile(head, io.BytesIO(jpeg(1)))
    data = bytearray(buffer.getvalue())
    length = (data[12] + 1) * 4  # of the block's head, which begins behind the stream's 12 bytes
    at = data.index(b"\x21\x01", 12) + 2
    data[at] = dictionary
    data[12 + length - 4 : 12 + length] = struct.pack("<I", zlib.crc32(data[12 : 12 + length - 4]))
    place.write_bytes(data)
    return place


def test_an_xz_that_asks_for_gigabytes_is_refused(project, tmp_path):
    assert bring(project, _asking_for(tmp_path / "ok.tar.xz", 24)).images == 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(RequestError, match="asks for more than 256 MB of memory"):
        open_archive(_asking_for(tmp_path / "a.tar.xz", 37))  # 1.5 GB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_xz_data_is_read_as_others_read_it(tmp_path):
    rng = np.random.default_rng(1)
    whole = rng.bytes(300_000) + b"\0" * 500_000 + rng.bytes(1000)
    path = tmp_path / "a.xz"
    path.write_bytes(lzma.compress(whole[:400_000]) + b"\0" * 8 + lzma.compress(whole[400_000:]))
    file = XzFile(path)
    for _ in range(60):
        at, count = int(rng.integers(0, len(whole))), int(rng.integers(0, 200_000))
        assert file.seek(at) == at
        assert file.read(count) == whole[at : at + count] and file.tell() == min(len(whole), at + count)
    file.seek(0)
    assert file.read() == whole and file.read(1) == b""
    hostile = _asking_for(tmp_path / "hostile.xz", 37).read_bytes()
    path.write_bytes(lzma.compress(b"first") + hostile)
    with pytest.raises(OSError, match="asks for more than 256 MB"):
        XzFile(path).read()
    path.write_bytes(lzma.compress(whole)[:1000])
    with pytest.raises(EOFError, match="cut off"):
        XzFile(path).read()


@pytest.mark.parametrize("packer", PACKERS)
def test_a_tar_bomb_is_refused_while_it_is_listed(tmp_path, packer):
    head = tarfile.TarInfo("p/1.jpg")
    head.size = 400 << 20
    path = tmp_path / f"a.tar.{packer}"
    path.write_bytes(PACKERS[packer](head.tobuf() + bytes(1 << 20)))
    start = time.process_time()
    with pytest.raises(RequestError, match="unpacks to more than"):
        open_archive(path)
    assert time.process_time() - start < 0.5


def test_a_tar_whose_names_are_gigabytes_is_refused(tmp_path):
    head = tarfile.TarInfo("././@LongLink")
    head.type, head.size = tarfile.GNUTYPE_LONGNAME, 7 << 30
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(head.tobuf() + bytes(20 << 20)))
    with pytest.raises(RequestError, match="cannot be read as an archive"):
        open_archive(path)


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz", "a.tar.xz", "a.tar.bz2", "a.rec"])
@pytest.mark.parametrize("data", [b"", b"x" * 1000, b"PK\5\6" + bytes(18), b"\x1f\x8b\x08" + bytes(40), b"BZh9" + bytes(40),
                                  b"\xfd7zXZ\0" + bytes(40)], ids=range(6))  # fmt: skip
def test_what_is_no_archive_is_one_plain_line(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    said = ""
    try:
        open_archive(tmp_path / name).members()
    except RequestError as error:
        said = str(error)
    assert "\n" not in said and (not said or str(tmp_path) in said)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "rec"])
def test_any_byte_may_be_wrong(tmp_path, kind):
    """Damage of all kinds: each ends in a refusal in words, or in pictures and lines of single files."""
    import random

    good = tmp_path / f"good.{kind}"
    if kind == "rec":
        write_faces(good, [[jpeg(1), jpeg(2)], [jpeg(3)]], (16, 16))
        (tmp_path / "good.idx").unlink()
    elif kind == "zip":
        zip_of(good, {f"p/{n}.jpg": jpeg(n) for n in range(3)})
    else:
        with tarfile.open(good, "w:gz" if kind == "tar.gz" else "w") as archive:
            for n in range(3):
                item = tarfile.TarInfo(f"p/{n}.jpg")
                item.size = len(jpeg(n))
                archive.addfile(item, io.BytesIO(jpeg(n)))
    data, chance = good.read_bytes(), random.Random(7)
    for turn in range(150):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.choice((0, 255, chance.randrange(256)))
        path = tmp_path / f"{turn}.{kind}"
        path.write_bytes(broken[: chance.choice((len(broken), len(broken) - chance.randrange(len(broken) // 2)))])
        try:
            names = open_archive(path).members()
        except RequestError:
            continue
        for name in names[:5]:
            inspect_file(path / name, 16)
            try:
                read_head(path / name, 16)
            except OSError:
                continue


def test_a_rec_whose_index_has_negative_places(project, tmp_path):
    write_faces(tmp_path / "a.rec", [[jpeg(1), jpeg(2)]], (16, 16))
    file = RecordFile(tmp_path / "a.rec")
    file.offsets[1] = -5  # as if the sample had not found it
    with pytest.raises(OSError, match="record 1 does not start"):
        file.record(1)
    assert np.isnan(file.images()[1]).tolist() == [True, False]
