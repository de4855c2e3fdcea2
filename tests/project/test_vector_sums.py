"""Sums of vectors: they tell what was overwritten, and never call sound vectors damaged."""

import zlib

import numpy as np
import pytest

from fairdesk.dataset.params import VectorsParams
from fairdesk.dataset.purge import purge
from fairdesk.dataset.vector_export import export_vectors
from fairdesk.errors import JobFailed
from fairdesk.jobs.context import QuietContext
from fairdesk.project.recipes import Recipe
from fairdesk.project.vector_sums import changed_rows, keep_sums, places_without


def _drawn(n=40, dim=16):
    return np.random.default_rng(n).normal(size=(n, dim)).astype(np.float32)


def test_the_sum_of_a_row_is_the_crc_of_its_bytes(tmp_path):
    path, vectors = tmp_path / "000001.f32", _drawn()
    keep_sums(path, vectors)
    kept = np.fromfile(tmp_path / "000001.sums", dtype="<u4").reshape(-1, 2)
    assert kept[:, 0].tolist() == [zlib.crc32(row.astype("<f4").tobytes()) for row in vectors]
    rows = np.array([30, 2, 2, 17])
    found = vectors[rows].copy()
    assert changed_rows(path, rows, found).tolist() == []
    found[[1, 3], 5] += np.float32(1e-3)
    assert changed_rows(path, rows, found).tolist() == [1, 3]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),  # a project from before there were sums
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:13]),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        lambda path: path.write_bytes(
            bytes(byte ^ 0x5A if n % 8 < 4 else byte for n, byte in enumerate(path.read_bytes()))
        ),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_sums_that_are_missing_or_damaged_say_nothing(tmp_path, damage):
    path, vectors = tmp_path / "000001.f32", _drawn()
    keep_sums(path, vectors)
    damage(tmp_path / "000001.sums")
    assert changed_rows(path, np.arange(40), vectors).tolist() == []


def _study(project):
    recipe = project.vectors.register(Recipe("drawn", "whole", "none", 16, "euclidean", "none"))
    faces, vectors = project.vectors.missing(recipe), _drawn(len(project.vectors.missing(recipe)))
    project.vectors.append(recipe, faces, vectors, {})
    return recipe, faces, vectors


@pytest.mark.parametrize("before", [(), ("000001.sums.aside",)])
def test_a_folder_in_the_place_of_sums_is_set_aside_with_what_is_in_it(tmp_path, before):
    path = tmp_path / "000001.f32"
    for name in (*before, "000001.sums"):
        (tmp_path / name).mkdir()
    (tmp_path / "000001.sums" / "note.txt").write_text("mine")
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    keep_sums(path, vectors)
    assert len(places_without(path, np.arange(3))) == 0 and not len(changed_rows(path, np.arange(3), vectors))
    aside = tmp_path / ("000001.sums.aside1" if before else "000001.sums.aside")
    assert (aside / "note.txt").read_text() == "mine"


def test_what_a_purge_blanks_leaves_the_others_sound(filled):
    recipe, faces, vectors = _study(filled)
    image = filled.db.value("SELECT image_id FROM face WHERE id = ?", (faces[3],))
    sums = filled.vectors.folder / recipe.hash / "000001.sums"
    assert sums.read_bytes()[24:32] != bytes(8)
    purge(filled, [image], [])
    assert sums.read_bytes()[24:32] == bytes(8)  # nothing of an erased face stays, nor a sum
    left, kept = filled.vectors.load(recipe)
    assert left.tolist() == [*faces[:3], *faces[4:]] and filled.vectors.lost(recipe) == 0
    np.testing.assert_array_equal(kept, np.delete(vectors, 3, axis=0))


def test_a_write_that_was_cut_off_does_not_touch_the_next(filled, monkeypatch):
    """Killed after the sums, in the middle of the numbers, or before the catalogue: the next attempt is whole and sound."""
    recipe = filled.vectors.register(Recipe("drawn", "whole", "none", 16, "euclidean", "none"))
    faces, home = filled.vectors.missing(recipe), filled.vectors.folder / recipe.hash
    vectors = _drawn(len(faces))
    (home / "000001.f32").write_bytes(vectors.tobytes()[:100])
    keep_sums(home / "000001.f32", vectors + 1)
    keep_sums(home / "000002.f32", vectors + 2)  # sums of a file that is gone
    filled.vectors.append(recipe, faces, vectors, {})
    np.testing.assert_array_equal(filled.vectors.load(recipe)[1], vectors)
    assert filled.vectors.lost(recipe) == filled.vectors.forget_lost(recipe) == 0


def test_rewritten_rows_have_sums_of_their_own(filled):
    recipe, faces, vectors = _study(filled)
    path = filled.vectors.folder / recipe.hash / "000001.f32"
    data = np.fromfile(path, dtype="<f4").reshape(-1, 16)
    data[7] *= 2
    data.tofile(path)
    with pytest.raises(JobFailed, match="not those that were written"):
        filled.vectors.load(recipe)
    assert filled.vectors.lost(recipe) == filled.vectors.forget_lost(recipe) == 1
    assert not path.exists() and not path.with_suffix(".sums").exists()
    left, kept = filled.vectors.load(recipe)
    assert left.tolist() == [*faces[:7], *faces[8:]]
    np.testing.assert_array_equal(kept, np.delete(vectors, 7, axis=0))
    again = path.with_name("000002.f32")
    data = np.fromfile(again, dtype="<f4")
    data[0] += 1
    data.tofile(again)
    assert filled.vectors.lost(recipe) == 1


@pytest.mark.parametrize(
    ("damage", "without"),
    [
        (lambda sums: sums.write_bytes(sums.read_bytes()[:83]), -10),  # cut within the eleventh entry: ten are left
        (lambda sums: sums.write_bytes(sums.read_bytes() + b"odd"), 0),  # whatever comes after them is none of theirs
        (lambda sums: sums.write_bytes(bytes(sums.stat().st_size)), None),
        (lambda sums: sums.write_bytes(np.random.default_rng(1).bytes(sums.stat().st_size)), None),
        (lambda sums: sums.write_bytes(b""), None),
        (lambda sums: sums.write_bytes(sums.read_bytes()[:16] + bytes(8) + sums.read_bytes()[24:]), 1),
        (lambda sums: sums.unlink(), None),
    ],
)
def test_damaged_sums_are_counted_and_what_is_left_of_them_still_tells(filled, tmp_path, damage, without):
    recipe, faces, vectors = _study(filled)
    assert filled.vectors.unchecked(recipe) == 0
    sums = filled.vectors.folder / recipe.hash / "000001.sums"
    damage(sums)
    expected = len(faces) if without is None else len(faces) + without if without < 0 else without
    assert filled.vectors.unchecked(recipe) == expected and filled.vectors.lost(recipe) == 0
    np.testing.assert_array_equal(filled.vectors.load(recipe)[1], vectors)
    result = export_vectors(VectorsParams(out=tmp_path / "v.npz", encoder="drawn"), QuietContext(filled))
    assert result.unchecked == expected
    said = result.text() + (result.caution() or "")
    has_no = f"{expected} embedding has no checksum" if expected == 1 else f"{expected} embeddings have no checksum"
    assert said.count(has_no) == (2 if expected else 0) == said.count("checksum")
    if without is not None and sums.exists():  # the first row's sum is sound yet
        file = sums.with_suffix(".f32")
        other = vectors.copy()
        other[0, 3] += 1
        file.write_bytes(other.tobytes())
        with pytest.raises(JobFailed, match="not those that were written"):
            filled.vectors.load(recipe)


def test_of_an_older_project_without_any_sums_nothing_is_said(filled):
    recipe, faces, _ = _study(filled)
    with filled.db.transaction() as connection:  # as before any were kept
        connection.execute("DELETE FROM meta WHERE key LIKE 'checksums %'")
    (filled.vectors.folder / recipe.hash / "000001.sums").unlink()
    assert filled.vectors.unchecked(recipe) == 0
    filled.vectors.settle_unchecked(recipe, np.empty(0, dtype=np.int64), trust=True)  # now they have some
    assert filled.vectors.unchecked(recipe) == 0
    (filled.vectors.folder / recipe.hash / "000002.sums").unlink()
    assert filled.vectors.unchecked(recipe) == len(faces)


def test_the_sums_of_a_file_beside_others_are_missed(filled):
    """Files of one encoder, each with its sums: where those of one are gone, its embeddings are counted."""
    recipe = filled.vectors.register(Recipe("drawn", "whole", "none", 16, "euclidean", "none"))
    faces = filled.vectors.missing(recipe)
    filled.vectors.append(recipe, faces[:5], _drawn(5), {})
    filled.vectors.append(recipe, faces[5:], _drawn(len(faces) - 5), {})
    (filled.vectors.folder / recipe.hash / "000001.sums").unlink()
    assert filled.vectors.unchecked(recipe) == 5
