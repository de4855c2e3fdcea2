"""Import: layouts, labels, bad files, re-import."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fairdesk.dataset.image_import import import_images as run
from fairdesk.dataset.image_import import scan_folder as inspect
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError, Stopped
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import QuietContext
from fairdesk.project.image_queries import Filter, image_ids
from fairdesk.project.images import labelled_images
from fairdesk.project.originals import unreadable
from tests.conftest import plain_images


def bring(project, folder, **options):
    return run(ImportParams(folder=folder, **options), QuietContext(project))


def test_layouts(project, tmp_path):
    root = plain_images(tmp_path / "in", 2, 3, 4)
    cases = {"auto": (24, 6, {"g0": 12, "g1": 12}), "identity": (24, 2, {}), "flat": (24, 0, {})}
    for layout, (images, identities, groups) in cases.items():
        result = inspect(ImportParams(folder=root, layout=layout), QuietContext(project))
        assert (result.images, result.identities, result.groups) == (images, identities, groups), layout
        assert project.db.value("SELECT count(*) FROM image") == 0  # a preview writes nothing
    assert bring(project, root).layout == "group-identity"
    assert bring(project, root / "g0").layout == "identity"
    assert bring(project, root / "g0" / "id00").layout == "flat"


def test_again_adds_what_is_new_and_keeps_labels(project, tmp_path):
    root = plain_images(tmp_path / "in", 1, 2, 2)
    assert bring(project, root).new == 4
    plain_images(root, 1, 3, 2)
    result = bring(project, root)
    assert (result.images, result.new) == (6, 2)
    assert project.db.value("SELECT count(*) FROM identity") == 3


def test_names_under_several_groups(project, tmp_path):
    for group, images in (("A", 1), ("B", 2)):
        home = tmp_path / "in" / group / "ann"
        home.mkdir(parents=True)
        for i in range(images):
            Image.new("RGB", (8, 8), (i, 9, images)).save(home / f"{i}.png")
    context = QuietContext(project)
    result = run(ImportParams(folder=tmp_path / "in"), context)
    assert result.shared_names == ["ann"] and result.identities == 2
    assert any("--shared-names join" in text for text in context.messages)
    project.journal.undo()
    assert bring(project, tmp_path / "in", shared_names="join").identities == 1
    assert {image.group for image in labelled_images(project)} == {"B"}  # where most of the images are


def test_labels_from_a_csv(project, tmp_path):
    root = plain_images(tmp_path / "in", 1, 1, 2)
    (tmp_path / "l.csv").write_text(
        'path,identity,group\ng0/id00/000.png,"Åse, B",north\nnowhere.png,x,y\n', encoding="utf-8"
    )
    context = QuietContext(project)
    run(ImportParams(folder=root, labels=tmp_path / "l.csv"), context)
    found = [(image.identity, image.group) for image in labelled_images(project)]
    assert found == [("Åse, B", "north"), ("id00", "g0")]
    assert any("1 row of" in text and "nowhere.png" in text for text in context.messages)
    (tmp_path / "bad.csv").write_text("path,identity\na,b,c\n")
    with pytest.raises(RequestError, match=r"bad\.csv: line 2 has 3 fields"):
        bring(project, root, labels=tmp_path / "bad.csv")


def _huge_png(path):
    """A PNG that says it is 60,000 x 60,000 and holds nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.fixture
def messy(tmp_path):
    """One of everything a real folder may hold."""
    home = tmp_path / "messy folder" / "Zoë Ünal"
    home.mkdir(parents=True)
    y, x = np.mgrid[0:40, 0:60]
    good = Image.fromarray(np.stack([x * 4, y * 6, 240 - x * 4], axis=2).astype(np.uint8))
    good.save(home / "plain.jpg")
    good.save(home / "na mé ☃.png")
    good.convert("L").save(home / "grey.jpg")
    good.convert("CMYK").save(home / "cmyk.jpg")
    good.quantize(16).save(home / "palette.png")
    rgba = good.convert("RGBA")
    rgba.putalpha(0)
    rgba.save(home / "alpha.png")
    Image.fromarray((np.arange(2400, dtype=np.uint16) * 27).reshape(40, 60)).save(home / "deep.png")
    good.save(home / "moving.gif", save_all=True, append_images=[good.rotate(90)])
    exif = good.getexif()
    exif[0x0112] = 6  # turned: the upright picture is 40 wide and 60 high
    good.save(home / "turned.jpg", exif=exif)
    data = (home / "plain.jpg").read_bytes()
    (home / "truncated.jpg").write_bytes(data[: len(data) // 2])
    (home / "empty.jpg").touch()
    (home / "text.jpg").write_text("this is no picture")
    (home / "notes.txt").write_text("nor this")
    _huge_png(home / "huge.png")
    (home / "broken link.jpg").symlink_to(home / "nothing")
    (home / "loop").symlink_to(tmp_path / "messy folder")
    (home / ".hidden.jpg").write_bytes(b"x")
    return tmp_path / "messy folder"


def test_bad_files_are_listed_and_the_rest_is_done(project, messy):
    result = bring(project, messy)
    bad = {item.path.rsplit("/", 1)[-1]: item.why for item in result.unreadable}
    assert set(bad) == {
        "truncated.jpg", "empty.jpg", "text.jpg", "notes.txt", "huge.png", "broken link.jpg", "loop",
    }  # fmt: skip
    assert "truncated" in bad["truncated.jpg"] and "empty" in bad["empty.jpg"]
    assert "60000 x 60000" in bad["huge.png"] and "leads back" in bad["loop"]
    assert result.images == 9 and result.identities == 1
    sizes = dict(project.db.rows("SELECT path, width || 'x' || height FROM image"))
    assert sizes["Zoë Ünal/turned.jpg"] == "40x60"
    assert len(unreadable(project)) == 7
    assert image_ids(project, Filter(text="snow")).size == 0
    assert image_ids(project, Filter(text="☃")).size == 1


def test_every_mode_becomes_sensible_rgb(messy):
    home = messy / "Zoë Ünal"
    plain = read_pixels(home / "plain.jpg").astype(int)
    for name in ("na mé ☃.png", "cmyk.jpg", "moving.gif"):
        assert abs(read_pixels(home / name).astype(int) - plain).mean() < 40, name
    assert (read_pixels(home / "alpha.png") == 255).all()  # transparent: on white
    deep = read_pixels(home / "deep.png")
    assert deep.min() == 0 and deep.max() == 252  # scaled from 16 bits, not cut off at 255
    assert read_pixels(home / "turned.jpg").shape == (60, 40, 3)


def test_stopped_goes_on(project, tmp_path, monkeypatch):
    from fairdesk.dataset import image_import as importing

    monkeypatch.setattr(importing, "_BATCH", 4)
    root = plain_images(tmp_path / "in", 1, 5, 4)
    with pytest.raises(Stopped):
        run(ImportParams(folder=root), QuietContext(project, stop_after=3))  # one look before the first batch
    assert project.db.value("SELECT count(*) FROM image") == 8
    assert bring(project, root).new == 12


def test_wrong_requests(project, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder, message in (
        (tmp_path / "empty", "holds no files"),
        (tmp_path / "no", "does not exist"),
        (project.folder, "inside the project"),
    ):
        with pytest.raises(RequestError, match=message):
            bring(project, folder)


def test_originals_are_never_touched(project, messy):
    before = {path: (path.read_bytes(), os.stat(path).st_mtime_ns) for path in messy.rglob("*.jpg") if path.exists()}
    bring(project, messy)
    assert before == {path: (path.read_bytes(), os.stat(path).st_mtime_ns) for path in before}


def test_a_folder_that_may_not_be_opened_is_no_empty_success(project, tmp_path, monkeypatch):
    plain_images(tmp_path / "in", 1, 2, 2)
    plain, closed = os.scandir, {str(tmp_path / "in")}

    def scandir(place):
        if str(place) in closed:
            raise PermissionError(13, "Permission denied")
        return plain(place)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(
        RequestError, match=r"in cannot be opened: Permission denied\. Give yourself the right to read it"
    ):
        bring(project, tmp_path / "in")
    closed.clear()
    closed.add(str(tmp_path / "in" / "g0" / "id01"))
    found = bring(project, tmp_path / "in")  # what is below is told
    assert found.images == 2 and [one.path for one in found.unreadable] == ["g0/id01"]


@pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")
def test_links_that_lead_nowhere_say_so(project, tmp_path):
    folder = plain_images(tmp_path / "in", 1, 1, 2)
    (folder / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    (folder / "a.jpg").symlink_to("b.jpg")
    (folder / "b.jpg").symlink_to("a.jpg")
    found = bring(project, folder)
    assert found.images == 2 and {one.path: one.why for one in found.unreadable} == {
        "gone.jpg": "a link to a file that is gone",
        "a.jpg": "a link that leads in a circle",
        "b.jpg": "a link that leads in a circle",
    }
