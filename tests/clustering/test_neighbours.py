"""Nearest neighbours: exact ones, those found by cells, and the file that a project keeps them in."""

import time

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from fairdesk.clustering.methods import cells
from fairdesk.clustering.neighbours import close_pairs
from fairdesk.clustering.neighbours import kept as neighbour_file
from fairdesk.clustering.neighbours import search as neighbours
from fairdesk.clustering.neighbours.kept import neighbours_of
from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.neighbours.side_by_side import each_block
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.review.session import ReviewSession
from fairdesk.errors import JobFailed
from fairdesk.jobs.context import QuietContext
from fairdesk.project.vectors import NEIGHBOURS
from tests.clustering.test_review import people


def exactly(vectors, count):
    away, places = NearestNeighbors(n_neighbors=count + 1).fit(vectors.astype(np.float64)).kneighbors()
    return places[:, :count], away[:, :count]


@pytest.fixture
def small(monkeypatch):
    """Blocks and cells so small that a few hundred vectors are many of them."""
    for name, value in {"ROWS": 50, "COLUMNS": 60, "CELL": 70, "SMALL_CELL": 20, "LOOKED_AT": 60}.items():
        monkeypatch.setattr(neighbours, name, value)
    monkeypatch.setattr(neighbour_file, "WORTH", 50)
    monkeypatch.setattr(neighbour_file, "_ENTRIES", 10_000)


@pytest.mark.parametrize("count", [1, 5, 90])
def test_exact_in_blocks_and_cells(small, count):
    vectors, _ = people(3)
    found, squared = nearest(vectors, count)
    places, away = exactly(vectors, count)
    assert np.allclose(np.sqrt(squared), away, atol=2e-3)
    assert (found == places).mean() > 0.995
    assert (np.sort(found, axis=1) == np.sort(places, axis=1)).mean() > 0.999


def test_equal_vectors_are_neighbours(small):
    vectors = np.repeat(people(2)[0][:60], 3, axis=0)
    found, squared = nearest(vectors, 2)
    assert (found // 3 == np.arange(len(vectors))[:, None] // 3).all() and squared.max() < 1e-5
    assert (found != np.arange(len(vectors))[:, None]).all()


def test_by_cells_a_person_is_found_and_the_same_each_time(small):
    vectors, who = people(1, count=150)
    found, squared = nearest(vectors, 6, exact=False)
    places, _ = exactly(vectors, 6)
    same = (who[places] == who[:, None]).sum()
    assert (who[found] == who[:, None]).sum() >= 0.98 * same
    away = np.linalg.norm(vectors[found] - vectors[:, None], axis=2)
    assert np.allclose(np.sqrt(squared), away, atol=2e-3) and (np.diff(squared, axis=1) >= -1e-6).all()
    assert all(len(set(row)) == 6 for row in found.tolist())
    again, _ = nearest(vectors, 6, exact=False)
    assert (again == found).all()


def test_cells_hold_every_vector_once():
    vectors, _ = people(1)
    made = cells.make_cells(vectors, 12)
    assert sorted(made.order.tolist()) == list(range(len(vectors)))
    assert made.starts[0] == 0 and made.ends[-1] == len(vectors) and (made.starts[1:] == made.ends[:-1]).all()


def test_close_pairs_are_all_pairs(monkeypatch):
    monkeypatch.setattr(close_pairs, "ROWS", 70)
    monkeypatch.setattr(close_pairs, "COLUMNS", 90)
    vectors, _ = people(1)
    first, second, squared = close_pairs.close_pairs(vectors, 0.6)
    away = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors, axis=2)
    expected = {(int(a), int(b)) for a, b in zip(*np.nonzero(away <= 0.6), strict=True) if a < b}
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected and len(first) == len(expected)
    assert np.allclose(np.sqrt(squared), away[first, second], atol=1e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_no_pair_is_lost_to_the_components_that_are_left_out(monkeypatch, seed):
    monkeypatch.setattr(close_pairs, "_WHOLE", 20.0)
    monkeypatch.setattr(close_pairs, "_PARTLY", 4.0)
    monkeypatch.setattr(close_pairs, "_TRIED", 200)
    rng = np.random.default_rng(seed)
    spread = np.exp(-np.arange(48) / 6)
    vectors = (rng.normal(size=(300, 48)) * spread).astype(np.float32)
    along = rng.normal(size=(300, 48)) * (np.arange(48) > 40)  # copies that differ in the last components alone
    copies = vectors + (along / np.linalg.norm(along, axis=1, keepdims=True) * rng.uniform(0, 0.6, (300, 1))).astype(
        np.float32
    )
    vectors = np.concatenate([vectors, copies])
    away = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors, axis=2)
    for radius in (0.15, 0.3, 0.5, 0.8):
        centred = vectors - vectors.mean(axis=0)
        short, middle = close_pairs._shortened(centred, (centred**2).sum(axis=1), radius)
        assert short.shape[1] < 40
        bound = np.linalg.norm(short[:, None].astype(np.float64) - short, axis=2)
        assert (bound <= away + 1e-3).all()
        rows = np.arange(len(vectors))
        closer = np.sqrt(np.maximum(bound[0] ** 2 - 2 * middle.further(np.zeros_like(rows), rows), 0))
        assert (closer <= away[0] + 1e-3).all()
        first, second, _ = close_pairs.close_pairs(vectors, radius)
        expected = {(int(a), int(b)) for a, b in zip(*np.nonzero(away <= radius), strict=True) if a < b}
        differ = set(zip(first.tolist(), second.tolist(), strict=True)) ^ expected
        assert all(abs(away[pair] - radius) < 1e-5 for pair in differ)


def test_more_pairs_than_memory_holds_are_refused_at_once(monkeypatch):
    from fairdesk.clustering.methods import room

    vectors, _ = people(1)
    monkeypatch.setattr(room, "SHARE", 1e-7)
    with pytest.raises(JobFailed, match=r"each face has some [\d,]+ others within it.*GB can be used.*--eps"):
        close_pairs.close_pairs(vectors, 3.0)


def test_a_stop_ends_the_blocks():
    done = []

    def check(_so_far, _of):
        if len(done) > 3:
            raise KeyboardInterrupt

    def work(block):
        time.sleep(0.001)
        done.append(block)

    with pytest.raises(KeyboardInterrupt):
        each_block(work, range(3000), check)
    assert len(done) < 3000


class Kept:
    """A project's neighbours, and how many rows were searched for anew."""

    def __init__(self, project, monkeypatch):
        self.project = project
        self.recipe = project.vectors.find("made-up")
        self.searched = []
        whole, some = neighbour_file.nearest, neighbour_file._search

        def all_rows(vectors, *args):
            self.searched.append(len(vectors))
            return whole(vectors, *args)

        def some_rows(vectors, found, squared, rows, *args):
            self.searched.append(len(rows))
            some(vectors, found, squared, rows, *args)

        monkeypatch.setattr(neighbour_file, "nearest", all_rows)
        monkeypatch.setattr(neighbour_file, "_search", some_rows)

    def __call__(self, faces, vectors):
        self.searched.clear()
        found = neighbours_of(self.project, self.recipe, faces, vectors, "euclidean")
        expected, away = exactly(vectors, neighbour_file.KEPT)
        assert found.exact and np.allclose(np.sqrt(found.squared), away, atol=2e-3)
        assert (np.sort(found.found, axis=1) == np.sort(expected, axis=1)).mean() > 0.999
        return sum(self.searched)


def test_the_file_is_read_extended_and_mended(filled, monkeypatch, small):
    kept = Kept(filled, monkeypatch)
    vectors, _ = people(4)
    n = len(vectors)
    faces = np.arange(n, dtype=np.int64) * 3 + 5
    some = np.sort(np.random.default_rng(0).permutation(n)[: n - 30])
    assert kept(faces[some], vectors[some]) == n - 30
    assert kept(faces[some], vectors[some]) == 0
    assert kept(faces, vectors) == 30  # new faces, here and there among the others
    assert kept(faces, vectors) == 0
    fewer = np.delete(np.arange(n), [3, 40, 41])
    assert 0 < kept(faces[fewer], vectors[fewer]) < n / 3  # those that lost a neighbour
    changed = vectors.copy()
    changed[7] += 0.3
    assert 0 < kept(faces, changed) < n / 3  # one was encoded anew, three came back
    assert kept(faces[: n // 2], vectors[: n // 2]) == n // 2  # too little of it is the same


def test_a_damaged_file_is_made_anew(filled, monkeypatch, small):
    kept = Kept(filled, monkeypatch)
    vectors, _ = people(4)
    faces = np.arange(len(vectors), dtype=np.int64)
    kept(faces, vectors)
    path = filled.vectors.folder / kept.recipe.hash / NEIGHBOURS.format(metric="euclidean")
    whole = path.read_bytes()
    for bad in (whole[:5000], b"", b"nonsense"):
        path.write_bytes(bad)
        assert kept(faces, vectors) == len(vectors)
    with np.load(path) as data:
        arrays = dict(data)
    arrays["found"] = arrays["found"] + 10_000
    np.savez(path, **arrays)
    assert kept(faces, vectors) == len(vectors)
    assert not list(path.parent.glob("*.part"))


def test_kept_neighbours_go_with_an_erased_face(filled, small):
    recipe = filled.vectors.find("made-up")
    faces, _ = filled.vectors.load(recipe)
    path = filled.vectors.folder / recipe.hash / NEIGHBOURS.format(metric=recipe.metric)
    path.write_bytes(b"0")
    filled.vectors.blank(faces[:1].tolist())
    assert not path.exists()


def test_a_review_asks_the_same_from_kept_neighbours(filled, monkeypatch):
    def asked():
        session = ReviewSession(filled)
        return [(one.kind, one.faces, one.gain) for one in session.queue(20)]

    cluster(ClusterParams(eps=0.2), QuietContext(filled))
    recipe = filled.vectors.find("made-up")
    path = filled.vectors.folder / recipe.hash / NEIGHBOURS.format(metric="euclidean")
    before = asked()
    assert before and not path.exists()
    monkeypatch.setattr(neighbour_file, "WORTH", 2)
    assert asked() == before and path.exists()
    monkeypatch.setattr(neighbour_file, "nearest", None)
    assert asked() == before
