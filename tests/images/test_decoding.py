"""What a file is, is told by its bytes; only the decoders meant here are asked, and none of them starts a program."""

import ast
import io
import os
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.images.decoding import opened
from fairdesk.images.formats import READ, UndecodableError, kind_of
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.inspection import inspect_file
from fairdesk.jobs.context import QuietContext
from fairdesk.training.evaluation_lists import _from_bin

ROOT = Path(__file__).resolve().parents[2]
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(/tmp/ran) (w) file closefile\nshowpage\n"


def picture(size=(48, 40)):
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    return Image.fromarray(np.stack([x * 5 % 256, y * 6 % 256, (x + y) * 3 % 256], axis=2).astype(np.uint8))


def every_format():
    """One file of each format that Pillow and its plug-ins can write, and of those that they only read."""
    import pillow_heif
    import pillow_jxl  # noqa: F401 - registers its format

    pillow_heif.register_heif_opener()
    Image.init()
    found = {}
    for name in sorted(Image.SAVE):
        for mode in ("RGB", "L", "P", "1"):
            try:
                buffer = io.BytesIO()
                picture().convert(mode).save(buffer, name)
            except Exception:
                continue
            if buffer.tell():
                found[name] = buffer.getvalue()
                break
    found["EPS"] = EPS
    found["EPS with a preview"] = b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 32, len(EPS), 0, 0, 0, 0) + b"\0\0\0\0" + EPS
    found["WMF"] = b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<4hH", 0, 0, 8, 8, 72) + b"\0" * 6 + b"\1\0\t\0" + b"\0" * 40
    found["EMF"] = b"\1\0\0\0" + b"\x6c\0\0\0" + b"\0" * 32 + b" EMF" + b"\0" * 80
    for magic in (b"BUFR", b"GRIB\0\0\0\1", b"\x89HDF\r\n\x1a\n", b"SIMPLE  =                    T", b"8BPS\0\1", b"gimp xcf",
                  b"\0\0\1\xb3", b"BLP2", b"FTEX", b"qoif", b"PCD_IPI", b"\x1c\x02", b"DanM", b"P7 332\n",
                  b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", b"%PDF-1.7"):  # fmt: skip
        found[repr(magic[:8])] = magic + b"\0" * 200
    return found


TRIPWIRE = """
    import os, sys, subprocess, pathlib
    def tripped(*a, **k):
        pathlib.Path(sys.argv[2]).write_text(repr(a)); os._exit(66)
    import _posixsubprocess
    for home, names in ((os, dir(os)), (subprocess, ("Popen",)), (_posixsubprocess, ("fork_exec",))):
        for name in names:
            if name in ("system", "popen", "Popen", "fork_exec", "fork", "forkpty") or name.startswith(("exec", "spawn", "posix_spawn")):
                setattr(home, name, tripped)
"""


def test_a_picture_never_starts_a_program(tmp_path):
    """Every format under a .jpg name goes through every way in, with all that starts a program replaced."""
    home = tmp_path / "in"
    home.mkdir()
    for number, data in enumerate(every_format().values()):
        (home / f"{number:02d}.jpg").write_bytes(data)
        (home / f"{number:02d}").write_bytes(data)
    code = (
        TRIPWIRE
        + """
    from pathlib import Path
    from fairdesk.errors import FairDeskError
    from fairdesk.images.inspection import inspect_file
    from fairdesk.images.pixels import read_pixels
    from fairdesk.images.synthetic_marks import mark_of
    from fairdesk.gui.pictures import decode, read_image
    from PySide6.QtWidgets import QApplication
    app = QApplication([])
    read = 0
    for path in sorted(Path(sys.argv[1]).iterdir()):
        read += inspect_file(path, 64).why is None
        for way in (read_pixels, mark_of):
            try:
                way(path)
            except FairDeskError:
                pass
        read_image(str(path), 32); read_image(str(path)); decode(path.read_bytes(), "jpeg")
    print(read)
    """
    )
    tripped = tmp_path / "tripped"
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(home), str(tripped)],
                          capture_output=True, text=True, cwd=ROOT, timeout=120)  # fmt: skip
    assert not tripped.exists(), tripped.read_text()
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert int(done.stdout) >= 2 * 9


def test_the_tripwire_would_show(tmp_path):
    """Pillow left to itself does start a program for an EPS, so that the test above can fail."""
    (tmp_path / "a.jpg").write_bytes(EPS)
    (tmp_path / "gs").write_text("#!/bin/sh\n")
    (tmp_path / "gs").chmod(0o755)
    code = TRIPWIRE + "\n    from PIL import Image\n    Image.open(sys.argv[1]).load()\n"
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "a.jpg"), str(tmp_path / "tripped")],
        env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}, capture_output=True,
    )  # fmt: skip
    assert (tmp_path / "tripped").exists()


def test_an_import_goes_on_and_no_ghostscript_runs(project, tmp_path, monkeypatch):
    home, ran = tmp_path / "in", tmp_path / "ran"
    home.mkdir()
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("gs", "gswin32c", "djpeg"):
        (programs / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    (home / "trap.jpg").write_bytes(EPS)
    picture().save(home / "good.jpg")
    result = import_images(ImportParams(folder=home), QuietContext(project))
    assert result.images == 1 and not ran.exists()
    assert [(one.path, one.why) for one in result.unreadable] == [
        ("trap.jpg", "EPS, not read here: convert it to PNG or JPEG")
    ]


ALLOWED = {
    "images/decoding.py": {"Image.open"},
    "images/jpeg_xl.py": {"Image.open"},  # of the JPEG that one was packed from, as a JPEG only
    "images/float_tiff.py": {"cv2.imdecode"},
    "gui/pictures.py": {"QImageReader", "QImage.fromData"},
}


def openers(source):
    """Calls by which a picture gets opened, as the code names them."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rsplit(".", 1)[-1]
        if name in ("Image.open", "PIL.Image.open", "cv2.imdecode", "plt.imread") or last in (
            "imread", "load_image_file", "QBuffer", "QImageReader", "QMovie", "loadFromData", "fromData", "read_image_file", "decode_image",
        ):  # fmt: skip
            yield name
        empty = not node.args or (isinstance(node.args[0], ast.Call) and ast.unparse(node.args[0].func) == "QSize")
        numbers = len(node.args) > 1
        if last in ("QPixmap", "QIcon", "QImage") and not (empty or numbers):
            what = ast.unparse(node.args[0])
            if what not in ("pixmap", "empty", "canvas") and "QPixmap" not in what and "size" not in what:
                yield name


@pytest.mark.parametrize(("source", "found"), [
    ("Image.open(x)", 1), ("QPixmap(str(path))", 1), ("QIcon(path)", 1), ("QImage(name)", 1), ("cv2.imread(x)", 1),
    ("QPixmap(QSize(4, 4))", 0), ("QImage()", 0), ("QImage(w, h, form)", 0), ("QIcon(pixmap)", 0), ("QImage.fromData(x)", 1), ("QBuffer()", 1),
])  # fmt: skip
def test_openers_are_seen(source, found):
    assert len(list(openers(source))) == found


def test_pictures_are_opened_in_one_place():
    guilty = {}
    for path in (ROOT / "fairdesk").rglob("*.py"):
        where = path.relative_to(ROOT / "fairdesk").as_posix()
        if bad := set(openers(path.read_text())) - ALLOWED.get(where, set()):
            guilty[where] = bad
    assert not guilty


def test_what_opens_a_picture_names_its_decoder():
    for where in ("images/decoding.py", "images/jpeg_xl.py"):
        for node in ast.walk(ast.parse((ROOT / "fairdesk" / where).read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Image.open":
                assert any(word.arg == "formats" for word in node.keywords), where


def test_each_format_is_read_or_named():
    for name, data in every_format().items():
        kind = kind_of(data[:512], "a.jpg")
        if kind is not None and kind.decoder is not None:
            assert kind.decoder in READ
            assert open_image(Path("a.jpg"), data).mode == "RGB", name
        elif kind is not None:
            assert kind.remedy and "not read here: " in kind.why, name
    told = {kind_of(data[:512], "a.jpg").name for name, data in every_format().items() if "EPS" in name}
    assert told == {"EPS"}


@pytest.mark.parametrize(("name", "form"), [
    ("1.HEIC", "HEIF"), ("1.jxl", "JXL"), ("1.avif", "AVIF"), ("1", "PNG"), ("1.png", "JPEG"), ("1.jpg", "WEBP"),
    ("photo.jpg_large", "JPEG"), ("1.jpg", "TIFF"), ("scan", "JPEG2000"), ("1.dat", "GIF"), ("1.jpeg", "HEIF"),
])  # fmt: skip
def test_it_is_read_by_what_it_is(project, tmp_path, name, form):
    every_format()
    home = tmp_path / "in" / "person"
    home.mkdir(parents=True)
    picture().save(home / name, form)
    result = import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    assert (result.images, result.identities, result.unreadable) == (1, 1, [])
    seen = np.asarray(open_image(home / name)).astype(int)
    assert abs(seen - np.asarray(picture()).astype(int)).mean() < 40


def test_heic_is_turned_upright(tmp_path):
    every_format()
    for form in ("HEIF", "AVIF", "JPEG"):
        exif = Image.Exif()
        exif[0x0112] = 6
        turned = picture()
        if form == "HEIF":
            turned.info["exif"] = exif.tobytes()
        turned.save(tmp_path / "a", form, **({} if form == "HEIF" else {"exif": exif}))
        assert open_image(tmp_path / "a").size == (40, 48), form


def float_tiff(pixels, bits):
    """A TIFF of floats, uncompressed."""
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    body, start = pixels.tobytes(), 8 + 2 + 12 * 10 + 4
    lists = struct.pack(f"<{channels}H", *[bits] * channels).ljust(8, b"\0")
    lists += struct.pack(f"<{channels}H", *[3] * channels).ljust(8, b"\0")

    def entry(tag, kind, count, value):
        return struct.pack("<HHII", tag, kind, count, value)

    many = channels > 1
    tags = [
        entry(256, 4, 1, width), entry(257, 4, 1, height),
        entry(258, 3, channels, start if many else bits), entry(259, 3, 1, 1),
        entry(262, 3, 1, 2 if many else 1), entry(273, 4, 1, start + 16), entry(277, 3, 1, channels),
        entry(278, 4, 1, height), entry(279, 4, 1, len(body)), entry(339, 3, channels, start + 8 if many else 3),
    ]  # fmt: skip
    return b"II*\0" + struct.pack("<IH", 8, 10) + b"".join(tags) + b"\0" * 4 + lists + body


@pytest.mark.parametrize(("kind", "bits", "channels"), [("f4", 32, 1), ("f4", 32, 3), ("f8", 64, 1), ("f8", 64, 3)])
def test_float_tiff(tmp_path, kind, bits, channels):
    wanted = np.asarray(picture()) if channels == 3 else np.asarray(picture().convert("L"))
    for scale, shift in ((1 / 255, 0), (2 / 255, -1), (1, 0), (257, 0)):
        values = (wanted.astype(float) * scale + shift).astype(kind)
        (tmp_path / "a.tif").write_bytes(float_tiff(values, bits))
        seen = np.asarray(open_image(tmp_path / "a.tif"))
        seen = seen if channels == 3 else seen[..., 0]
        assert abs(seen.astype(int) - wanted).max() <= 1, (scale, shift)


def test_no_number_in_a_float_picture_is_black(tmp_path):
    values = np.full((8, 8), 0.5, dtype="f4")
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    (tmp_path / "a.tif").write_bytes(float_tiff(values, 32))
    seen = np.asarray(open_image(tmp_path / "a.tif"))[..., 0]
    assert seen[4, 4] == 128 and seen[0, 0] == 128  # the least number there is


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claims_to_be_huge(form, width=9_000, height=9_000):
    """A few bytes that claim to be a picture of many pixels, though none are there."""
    if form == "PNG":
        head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(bytes(500)))
            + chunk(b"IEND", b"")
        )
    buffer = io.BytesIO()
    every_format()
    Image.new("RGB", (640, 640), "grey").save(buffer, form, **({"lossless": True} if form == "WEBP" else {}))
    data = bytearray(buffer.getvalue())
    if form == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", height, width)
    elif form == "GIF":
        at = data.index(b"\x2c", 13)
        data[at + 5 : at + 9] = struct.pack("<HH", width, height)
    elif form == "BMP":
        data[18:26] = struct.pack("<ii", width, height)
    elif form == "WEBP":
        data[21:25] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    elif form == "AVIF":
        at = data.index(b"ispe") + 8
        data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data[:4000])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "AVIF"])
def test_a_small_file_that_claims_to_be_huge_is_refused_by_its_head(tmp_path, form):
    (tmp_path / "a.jpg").write_bytes(claims_to_be_huge(form))
    inspect_file(tmp_path / "a.jpg", 64)
    start = time.process_time()
    for _ in range(20):
        why = inspect_file(tmp_path / "a.jpg", 64).why
    assert "9000 x 9000 pixels in" in why or "damaged" in why
    assert time.process_time() - start < 1.0


def test_a_large_jpeg_xl_is_refused_before_it_is_decoded():
    every_format()
    buffer = io.BytesIO()
    Image.new("RGB", (5000, 4000), "red").save(buffer, "JXL", effort=1)
    with pytest.raises(UndecodableError, match="5000 x 4000 pixels in"), opened(buffer.getvalue()):
        pass


def test_one_colour_of_a_sensible_size_is_read():
    buffer = io.BytesIO()
    Image.new("RGB", (1900, 2000), "white").save(buffer, "PNG")
    assert open_image(Path("white.png"), buffer.getvalue()).size == (1900, 2000)


def test_whatever_a_decoder_raises_is_that_files_line(project, tmp_path, monkeypatch):
    home = tmp_path / "in"
    home.mkdir()
    for number in range(5):
        picture((40 + number, 40)).save(home / f"{number}.jpg")
    picture().save(home / "good.png")
    errors = {
        40: NotImplementedError("no"),
        41: RecursionError(),
        42: ZeroDivisionError(),
        43: KeyError("x"),
        44: OSError(22, "Invalid argument"),
    }

    from PIL import JpegImagePlugin

    real = JpegImagePlugin.JpegImageFile.load

    def load(self):
        if self.size[0] in errors:
            raise errors[self.size[0]]
        return real(self)

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", load)
    for number in range(5):
        assert "damaged (" in inspect_file(home / f"{number}.jpg", 64).why
    assert inspect_file(home / "good.png", 64).why is None


def test_a_device_or_a_pipe_is_no_picture(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    (tmp_path / "folder.jpg").mkdir()
    assert inspect_file(tmp_path / "pipe.jpg", 64).why == "cannot be read: a device or a pipe, no file"
    assert "it lies in /dev" in inspect_file(tmp_path / "zero.jpg", 64).why
    assert inspect_file(tmp_path / "folder.jpg", 64).why == "cannot be read: a folder"


def test_a_large_file_of_another_kind_is_refused_by_its_head(tmp_path):
    with (tmp_path / "film.jpg").open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom")
        file.truncate(900 << 20)
    start = time.process_time()
    assert inspect_file(tmp_path / "film.jpg", 64).why == "a film, not read here: save its frames as JPEG"
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize(("data", "why"), [
    (b"<!DOCTYPE html><html>", "download it again"), (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    (b"RIFF\0\0\0\0AVI ", "a film"), (b"PK\3\4", "zip archive"), (b"hello", "not a picture in a known format"),
])  # fmt: skip
def test_what_is_no_picture_is_named_as_what_it_is(tmp_path, data, why):
    (tmp_path / "a.jpg").write_bytes(data.ljust(100))
    assert why in inspect_file(tmp_path / "a.jpg", 64).why


def test_a_bin_whose_pictures_are_traps(tmp_path):
    import pickle

    buffer = io.BytesIO()
    picture().save(buffer, "PNG")
    (tmp_path / "a.bin").write_bytes(pickle.dumps(([buffer.getvalue()] * 2 + [EPS, buffer.getvalue()], [True, False])))
    listed = _from_bin(tmp_path / "a.bin")
    assert (listed.left_out, listed.pairs) == (1, 2)


def test_a_files_own_packing_is_not_taken_along(tmp_path):
    """A fax's compression would make a copy in colour impossible to save; a profile of colours stays."""
    picture().convert("1").save(tmp_path / "fax.tif", compression="group4")
    copy = open_image(tmp_path / "fax.tif")
    copy.save(tmp_path / "copy.tif")
    assert open_image(tmp_path / "copy.tif").size == (48, 40)
    picture().save(tmp_path / "a.jpg", icc_profile=b"profile", dpi=(72, 72))
    assert open_image(tmp_path / "a.jpg").info == {"icc_profile": b"profile"}


def test_nothing_is_written_to_standard_error(tmp_path, capfd):
    data = io.BytesIO()
    picture().convert("1").save(data, "TIFF", compression="group4")
    broken = bytearray(data.getvalue())
    broken[8:40] = bytes(range(100, 132))
    (tmp_path / "fax.tif").write_bytes(broken)
    inspect_file(tmp_path / "fax.tif", 64)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_half_a_picture_is_none_whatever_other_libraries_allow(tmp_path, monkeypatch, ending):
    """Importing face_recognition lets Pillow fill what is missing with grey, for the whole program."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    path = tmp_path / f"half.{ending}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableImageError, match="truncated"):
        open_image(path)
