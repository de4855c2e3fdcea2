"""No original is hashed twice: counted while jobs follow each other, and while a preview is carried out."""

import hashlib
import shutil
import sys
import time
from collections import Counter

import pytest

from fairdesk.dataset.duplicates import find_duplicates as duplicates
from fairdesk.dataset.folder_split import split_folder as split
from fairdesk.dataset.group_balance import balance_groups as balance
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.image_import import scan_folder as inspect
from fairdesk.dataset.leaks import check_leaks as leaks
from fairdesk.dataset.moved_originals import find_moved_originals as relink
from fairdesk.dataset.params import (
    BalanceParams,
    DivideParams,
    DuplicatesParams,
    ImportParams,
    QualityParams,
    RelinkParams,
)
from fairdesk.dataset.prepare_params import LeaksParams, SplitParams
from fairdesk.dataset.project_sets import divide_project as divide
from fairdesk.dataset.quality_measurement import measure_quality as measure
from fairdesk.images import file_facts as facts
from fairdesk.images import inspection as inspecting
from fairdesk.jobs.context import QuietContext
from fairdesk.project.kept_facts import user_facts
from tests.conftest import add_faces, plain_images
from tests.images.test_archives import packed

_WATCHED: list[Counter] = []
sys.addaudithook(
    lambda event, args: (
        _WATCHED[-1].update([str(args[0])]) if event == "open" and _WATCHED and isinstance(args[0], str) else None
    )
)


class Counts:
    """How often each original was opened, and its content hashed in either way."""

    def __init__(self, monkeypatch):
        self.opened, self.hashed, self.looked = Counter(), Counter(), Counter()
        real, digest, phash = hashlib.sha256, hashlib.file_digest, inspecting.perceptual_hash

        def sha256(data=b"", **options):
            self.hashed[bytes(data)] += 1
            return real(data, **options)

        def file_digest(file, name, **options):
            self.hashed[file.read()] += 1
            file.seek(0)
            return digest(file, name, **options)

        def perceptual_hash(image):
            self.looked[image.tobytes()] += 1
            return phash(image)

        monkeypatch.setattr(hashlib, "sha256", sha256)
        monkeypatch.setattr(hashlib, "file_digest", file_digest)
        monkeypatch.setattr(inspecting, "perceptual_hash", perceptual_hash)

    def of(self, originals, job, *arguments):
        """Run a job; return (opens, hashes, perceptual hashes) of the originals as {times: files}."""
        for counter in (self.opened, self.hashed, self.looked):
            counter.clear()
        contents = {path.read_bytes() for path in originals}
        names = {str(path) for path in originals}
        _WATCHED.append(self.opened)
        try:
            job(*arguments)
        finally:
            _WATCHED.pop()
        return (
            sum(self.opened[name] for name in names),
            sum(times for data, times in self.hashed.items() if data in contents),
            sum(self.looked.values()),
        )


@pytest.fixture
def counts(monkeypatch):
    return Counts(monkeypatch)


@pytest.fixture
def originals(tmp_path):
    """20 pictures (few enough for one process), written long enough ago to be remembered."""
    root = plain_images(tmp_path / "in", 2, 5, 2)
    time.sleep(0.1)
    return sorted(root.rglob("*.png"))


def test_import_divide_leaks_duplicates_and_quality_hash_each_original_once(project, originals, counts):
    folder, context = originals[0].parents[2], QuietContext(project)
    assert counts.of(originals, import_folder, ImportParams(folder=folder), context) == (20, 20, 20)
    wish = DivideParams(into=["a", "b"], shares=[0.5, 0.5])
    assert counts.of(originals, divide, wish.model_copy(update={"dry_run": True}), context) == (0, 0, 0)
    assert counts.of(originals, divide, wish, context) == (0, 0, 0)
    params = LeaksParams(a=project.folder, b=project.folder)
    assert counts.of([], leaks, params, QuietContext())[1:] == (0, 0)
    assert counts.of(originals, duplicates, DuplicatesParams(), context) == (0, 0, 0)
    add_faces(project)
    assert counts.of(originals, measure, QualityParams(), context) == (
        20,
        20,
        0,
    )  # it needs the pixels, of what was imported
    assert counts.of(originals, measure, QualityParams(), context) == (0, 0, 0)


def test_a_preview_and_its_import_hash_once(project, originals, counts):
    params, context = ImportParams(folder=originals[0].parents[2]), QuietContext(project)
    assert counts.of(originals, inspect, params, context) == (20, 20, 20)
    assert counts.of(originals, import_folder, params, context) == (0, 0, 0)
    assert project.thumbnails.get("image", 20)
    assert not project.thumbnails.connection.execute("SELECT 1 FROM preview").get
    assert counts.of(originals, import_folder, params, context) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
def test_a_preview_of_a_split_and_the_split_hash_once(originals, counts, tmp_path, kind):
    source = originals[0].parents[2]
    if kind != "folder":
        source = packed(kind, source, tmp_path / f"faces.{kind}")
        time.sleep(0.1)
    params = SplitParams(folder=source, out=[tmp_path / "a", tmp_path / "b"], shares=[0.5, 0.5], dry_run=True)
    once = counts.of(originals, split, params, QuietContext())
    assert once[1:] == (20, 20)
    again = counts.of(originals, split, params.model_copy(update={"dry_run": False}), QuietContext())
    assert again == (0, 0, 0)  # links need no reading, and marks are known
    assert [len(list((tmp_path / name).rglob("*.png"))) for name in "ab"] == [12, 8]
    both = LeaksParams(a=source, b=source)
    assert counts.of(originals, leaks, both, QuietContext())[1:] == (0, 0)


def test_a_balance_hashes_its_source_once(project, originals, counts, tmp_path):
    import_folder(ImportParams(folder=originals[0].parents[2]), QuietContext(project))
    source = plain_images(tmp_path / "more", 1, 9, 2, side=12)
    for path in (source / "g0").iterdir():
        path.rename(path.with_name("new " + path.name))
    time.sleep(0.1)
    pool = sorted(source.rglob("*.png"))
    wish = BalanceParams(target="equal", to="20", source=source, dry_run=True)
    first = counts.of(pool, balance, wish, QuietContext(project))
    assert first[:2] == (18, 18)
    assert counts.of(pool, balance, wish, QuietContext(project)) == (0, 0, 0)


def test_what_was_found_again_is_known(project, originals, counts, tmp_path):
    folder = originals[0].parents[2]
    import_folder(ImportParams(folder=folder), QuietContext(project))
    folder.rename(tmp_path / "moved")
    time.sleep(0.1)
    moved = sorted((tmp_path / "moved").rglob("*.png"))
    params = RelinkParams(old=folder, new=tmp_path / "moved")
    assert counts.of(moved, relink, params, QuietContext(project)) == (20, 20, 0)
    wish = DivideParams(into=["a", "b"], shares=[0.5, 0.5])
    assert counts.of(moved, divide, wish, QuietContext(project)) == (0, 0, 0)


def test_a_file_of_equal_size_that_was_changed_is_seen(project, originals, counts):
    """One picture is overwritten with another one's bytes after the import: a leak that the catalogue does not know."""
    import_folder(ImportParams(folder=originals[0].parents[2]), QuietContext(project))
    wish = DivideParams(into=["a", "b"], shares=[0.5, 0.5], dry_run=True)
    assert divide(wish, QuietContext(project)).leaks.clean
    sizes = {}
    for path in originals:
        sizes.setdefault(path.stat().st_size, []).append(path)
    pair = next(
        (a, b) for same in sizes.values() for a in same for b in same if a.parent != b.parent and a.read_bytes()
    )
    shutil.copyfile(pair[0], pair[1])
    time.sleep(0.1)
    every = divide(wish.model_copy(update={"by": "image", "seed": 3}), QuietContext(project))
    whole = [divide(wish.model_copy(update={"seed": seed}), QuietContext(project)) for seed in range(8)]
    found = [one for result in [every, *whole] for one in result.leaks.files]
    assert {frozenset((one.a, one.b)) for one in found} == {frozenset(map(str, pair))}
    assert counts.of([pair[1]], divide, wish, QuietContext(project)) == (0, 0, 0)


def test_the_same_face_is_measured_once_in_two_copies(project, originals, tmp_path, monkeypatch):
    from fairdesk.faces import known_faces_quality as measuring

    shutil.copytree(originals[0].parents[2], tmp_path / "copy")
    for folder in (originals[0].parents[2], tmp_path / "copy"):
        import_folder(ImportParams(folder=folder), QuietContext(project))
    add_faces(project)
    (tmp_path / "copy" / "g0" / "id00" / "000.png").unlink()
    read = []
    real = measuring.read_pixels
    monkeypatch.setattr(measuring, "read_pixels", lambda path, *more: read.append(path) or real(path, *more))
    monkeypatch.setattr("fairdesk.jobs.pool._SMALL", 100)
    originals[-1].unlink()
    result = measure(QualityParams(), QuietContext(project))
    assert (result.measured, result.measured_now, result.unreadable) == (40, 40, 0)
    assert len(read) == 21 and len(set(read)) == 21  # and the copy of the one that is gone
    columns = "sharpness, brightness, contrast, clipped, side, share, yaw, roll, faces"
    rows = project.db.rows(f"SELECT i.sha256, {columns} FROM quality q JOIN image i ON i.id = q.image_id")
    assert len(set(rows)) == 20 and Counter(Counter(rows).values()) == {2: 20}


def test_the_hash_of_large_weights_is_kept(tmp_path, counts, monkeypatch):
    monkeypatch.setattr(facts, "_LARGE", 1000)
    weights = tmp_path / "weights.onnx"
    weights.write_bytes(b"w" * 2000)
    time.sleep(0.1)
    wanted = hashlib.sha256(b"w" * 2000).hexdigest()
    assert counts.of([weights], facts.file_sha256, weights)[:2] == (1, 1)
    assert counts.of([weights], facts.file_sha256, weights)[:2] == (0, 0)
    assert facts.file_sha256(weights) == wanted


def test_a_file_that_changes_while_it_is_read_is_not_believed(tmp_path, monkeypatch):
    root = plain_images(tmp_path / "in", 1, 1, 1)
    path = next(root.rglob("*.png"))
    time.sleep(0.1)
    real = inspecting.read_picture

    def slow(path):
        data = real(path)
        time.sleep(0.02)
        path.write_bytes(data + b"!")
        return data

    monkeypatch.setattr(inspecting, "read_picture", slow)
    seen = inspecting.inspect_file(path, None)
    with user_facts() as store:
        facts.keep(store, [seen])
        assert store.hashes(facts.stamped([path])) == {}


def test_a_copy_with_another_face_is_measured_by_itself(project, originals, tmp_path):
    shutil.copytree(originals[0].parents[2], tmp_path / "copy")
    for folder in (originals[0].parents[2], tmp_path / "copy"):
        import_folder(ImportParams(folder=folder), QuietContext(project))
    add_faces(project)
    with project.db.transaction() as connection:
        connection.execute("UPDATE face SET bottom = 5 WHERE image_id = 21")
    measure(QualityParams(), QuietContext(project))
    assert project.db.rows("SELECT side FROM quality WHERE image_id IN (1, 21) ORDER BY image_id") == [(9,), (5,)]
    with project.db.transaction() as connection:
        connection.execute("DELETE FROM quality WHERE image_id > 20")
    measure(QualityParams(), QuietContext(project))
    assert project.db.rows("SELECT side FROM quality WHERE image_id IN (1, 21) ORDER BY image_id") == [(9,), (5,)]
