"""Hiding, duplicates and balance: undoable, and out of every list and count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import versions
from fairdesk.dataset import near_vectors as similar
from fairdesk.dataset.duplicates import find_duplicates as duplicates
from fairdesk.dataset.group_balance import balance_groups as balance
from fairdesk.dataset.group_balance import level, targets
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.near_vectors import distances, near_vectors
from fairdesk.dataset.params import BalanceParams, DuplicatesParams, ImportParams
from fairdesk.dataset.picture_similarity import confirmed, look_of
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.identities import group_counts
from fairdesk.project.image_queries import Filter, image_ids, overview
from fairdesk.project.images import hide_images, labelled_images
from fairdesk.project.label_snapshot import LabelSnapshot
from tests.conftest import plain_images


def test_hidden_images_are_in_nothing(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    assert hide_images(filled, [1, 2, 3]) == 3
    assert len(labelled_images(filled)) == 37 and overview(filled)["images"] == 37 and overview(filled)["hidden"] == 3
    assert len(image_ids(filled, Filter())) == 37
    assert image_ids(filled, Filter(state="hidden")).tolist() == [1, 2, 3]
    assert cluster(ClusterParams(eps=0.8), QuietContext(filled)).faces == 37
    assert versions(filled)[1].stale == "3 images removed since"
    with pytest.raises(RequestError, match="already hidden"):
        hide_images(filled, [1])
    filled.journal.undo()
    filled.journal.undo()
    assert len(labelled_images(filled)) == 40


def test_hidden_images_are_in_no_count(filled):
    everyone = [("g0", 20, 4), ("g1", 20, 4)]
    assert group_counts(filled) == everyone
    chosen = [i.id for i in labelled_images(filled) if i.identity == "id00"]
    hide_images(filled, [*chosen, chosen[-1] + 1])  # one person wholly, one image of the next
    assert group_counts(filled) == [("g0", 14, 3), ("g1", 20, 4)]
    labels = LabelSnapshot.read(filled)
    assert labels.group_counts() == group_counts(filled)
    assert labels.people() == {
        "g0": [("id01", 4), ("id02", 5), ("id03", 5)], "g1": [(f"id1{n}", 5) for n in range(4)],
    }  # fmt: skip
    filled.journal.undo()
    assert group_counts(filled) == everyone


def correlated(share, side=64):
    """Two grey pictures whose correlation is `share`."""
    rng = np.random.default_rng(1)
    first, other = (plane - plane.mean() for plane in rng.normal(size=(2, side, side)))
    other -= first * (first * other).sum() / (first**2).sum()
    first, other = first / first.std(), other / other.std()
    planes = (first, share * first + np.sqrt(1 - share**2) * other)
    return [Image.fromarray((plane * 20 + 128).clip(0, 255).astype(np.float32)).convert("L") for plane in planes]


@pytest.mark.parametrize(("share", "same"), [(0.5, False), (0.9, False), (0.95, False), (0.97, True), (1.0, True)])
def test_near_pictures_have_to_correlate_by_96_hundredths(share, same):
    pair = correlated(share)
    assert abs(float(look_of(pair[0]) @ look_of(pair[1])) - share) < 0.002
    assert confirmed([(0, 1, 3)], pair.__getitem__, pair.__getitem__) == ([(0, 1, 3)] if same else [])


def test_faces_of_different_people_are_no_near_duplicates(project, drawn):
    """Though at this distance nearly every two hashes are near."""
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    result = duplicates(DuplicatesParams(distance=16), QuietContext(project))
    owner = {str(i.path): i.identity for i in labelled_images(project)}
    assert [pair for pair in result.near if owner[pair.a] != owner[pair.b]] == []


def test_near_vectors_are_numbered_through_all_blocks(monkeypatch):
    monkeypatch.setattr(similar, "_BLOCK", 3)
    rows = np.eye(8, dtype=np.float32)
    rows[7] = rows[1] + 0.01
    for metric, limit in (("euclidean", 0.1), ("cosine", 0.01)):
        found = [(i, j) for i, j, _ in near_vectors(rows, rows, metric, limit)]
        assert found == sorted([*((i, i) for i in range(8)), (1, 7), (7, 1)])


def test_duplicates(project, tmp_path):
    home = tmp_path / "in" / "a"
    home.mkdir(parents=True)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:64, 0:64] / 64
    for name, phase in (("one", 0.0), ("two", 2.0)):
        waves = sum(np.sin(2 * np.pi * (rng.random() * 4 * x + rng.random() * 4 * y) + phase) for _ in range(5))
        picture = ((waves - waves.min()) / np.ptp(waves) * 255).astype(np.uint8)
        Image.fromarray(picture).convert("RGB").save(home / f"{name}.png")
    (home / "same.png").write_bytes((home / "one.png").read_bytes())
    with Image.open(home / "two.png") as image:
        image.save(home / "less.jpg", quality=50)
    import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    result = duplicates(DuplicatesParams(), QuietContext(project))
    names = [{p.a.rsplit("/")[-1], p.b.rsplit("/")[-1]} for p in result.files]
    assert names == [{"one.png", "same.png"}]
    assert [{p.a.rsplit("/")[-1], p.b.rsplit("/")[-1]} for p in result.near] == [{"two.png", "less.jpg"}]
    assert duplicates(DuplicatesParams(hide=True), QuietContext(project)).hidden == 1
    assert len(labelled_images(project)) == 3
    project.journal.undo()
    assert len(labelled_images(project)) == 4


def test_near_identical_vectors(filled):
    recipe = filled.vectors.find("made-up")
    faces, vectors = filled.vectors.load(recipe)
    distance = np.linalg.norm(vectors[:, None].astype(float) - vectors[None], axis=2)
    limit = float(np.sort(distance[np.triu_indices(40, 1)])[6])
    result = duplicates(
        DuplicatesParams(encoder="made-up", vector_distance=limit + 1e-6, distance=0), QuietContext(filled)
    )
    assert (len(result.vectors), len(result.near), len(faces)) == (7, 0, 40)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=12), st.integers(0, 100))
def test_levelling_keeps_the_most_identities(sizes, total):
    total = min(total, sum(sizes))
    kept = level(sizes, total)
    assert sum(kept) == total
    assert all(0 <= k <= s for k, s in zip(kept, sizes, strict=True))
    assert sum(k > 0 for k in kept) == min(total, len(sizes))
    cut = [k for k, s in zip(kept, sizes, strict=True) if k < s]
    assert max(kept) - min(cut, default=max(kept)) <= 1  # only the largest were reduced, and evenly


def test_targets():
    assert targets({"a": 30, "b": 10}, "equal") == {"a": 10, "b": 10}
    assert targets({"a": 30, "b": 10}, "a=.75,b=.25") == {"a": 30, "b": 10}
    with pytest.raises(RequestError, match="no group 'c'"):
        targets({"a": 1}, "c=1")
    with pytest.raises(ValueError, match="NAME=SHARE"):
        BalanceParams(target="half")


def test_balance_takes_what_lacks_from_a_folder(filled, tmp_path):
    """g0 has 4 x 5 images; g1 is cut to 2 people; the other folder has 3 fresh people, one known, one copied file."""
    gone = [i for (i,) in filled.db.rows("SELECT id FROM image WHERE path LIKE 'g1/id12/%' OR path LIKE 'g1/id13/%'")]
    hide_images(filled, gone)
    other = plain_images(tmp_path / "other", 2, 4, 4, side=24)
    for who in ("id10", "id11"):  # known people
        assert (other / "g1" / who).is_dir()
    (other / "g1" / "id12").rename(other / "g1" / "new2")
    (other / "g1" / "id13").rename(other / "g1" / "new3")
    (other / "g1" / "thief").mkdir()
    (other / "g1" / "thief" / "1.png").write_bytes((tmp_path / "photographs" / "g0" / "id00" / "000.png").read_bytes())
    wish = BalanceParams(to="largest", source=other)
    plan = balance(wish.model_copy(update={"dry_run": True}), QuietContext(filled))
    wanted = {"images": 10, "identities": 2, "images_added": 8, "identities_added": 2, "goal": 20, "lacking": 2}
    assert plan.plan["g1"].model_dump() == wanted | {"images_kept": 10, "identities_kept": 2}
    before = filled.db.rows("SELECT id, hidden FROM image")
    result = balance(wish, QuietContext(filled))
    assert (result.added, result.hidden, result.lacking) == (8, 0, {"g1": 2})
    added = {path for (path,) in filled.db.rows("SELECT path FROM image WHERE id > ?", (before[-1][0],))}
    assert {path.split("/")[1] for path in added} == {"new2", "new3"}
    filled.journal.undo()
    assert filled.db.rows("SELECT id, hidden FROM image") == before


def test_balance_adds_and_hides_in_one_step(filled, tmp_path):
    other = plain_images(tmp_path / "other", 2, 8, 2, side=24)
    before = filled.db.rows("SELECT id, hidden FROM image")
    result = balance(BalanceParams(target="g0=.25,g1=.75", to="32", source=other), QuietContext(filled))
    assert (result.hidden, result.added) == (12, 4)
    assert {name: row.goal for name, row in result.plan.items()} == {"g0": 8, "g1": 24}
    filled.journal.undo()
    assert filled.db.rows("SELECT id, hidden FROM image") == before
    with pytest.raises(ValueError, match="smallest, largest, or a number"):
        BalanceParams(to="many")


def test_balance_is_one_undoable_step(filled):
    hide_images(filled, [i.id for i in labelled_images(filled) if i.group == "g0"][:8])
    before = [i.id for i in labelled_images(filled)]
    plan = balance(BalanceParams(dry_run=True), QuietContext(filled))
    assert [i.id for i in labelled_images(filled)] == before
    assert plan.plan["g1"].model_dump() == {
        "images": 20, "identities": 4, "images_kept": 12, "identities_kept": 4, "images_added": 0, "identities_added": 0,
        "goal": 12, "lacking": 0,
    }  # fmt: skip
    balance(BalanceParams(), QuietContext(filled))
    now = labelled_images(filled)
    assert sum(i.group == "g0" for i in now) == sum(i.group == "g1" for i in now) == 12
    assert len({i.identity for i in now if i.group == "g1"}) == 4
    filled.journal.undo()
    assert [i.id for i in labelled_images(filled)] == before
    result = balance(BalanceParams(by="identities"), QuietContext(filled))
    assert result.plan["g0"].identities_kept == result.plan["g1"].identities_kept


def test_a_hash_alone_makes_no_duplicate(drawn, photographs):
    """Different people are no near-duplicates, however their hashes fall; the same picture saved again is."""
    import io

    from fairdesk.dataset.picture_similarity import SAME_PICTURE, confirmed, look_of

    paths = sorted(photographs.rglob("*.jpg"))[::3] + sorted(drawn.rglob("*.jpg"))
    pictures = [Image.open(path).convert("RGB") for path in paths]
    everyone = [(i, j, 0) for i in range(len(paths)) for j in range(i) if paths[i].parent != paths[j].parent]
    assert confirmed(everyone, lambda i: pictures[i], lambda j: pictures[j]) == []
    for picture in pictures:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=40)
        again = Image.open(buffer).resize((picture.width // 2, picture.height // 2))
        assert float(look_of(picture) @ look_of(again)) > SAME_PICTURE


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_near_vectors_in_small_blocks_are_those_of_the_whole_table(metric, monkeypatch):
    """Copies, long and short ones, one of zeros; blocks that do not divide the number; each pair once."""
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(37, 8)).astype(np.float32)
    rows[5], rows[9], rows[20] = rows[4], rows[4] * 1000, 0
    rows[30:] = rows[:7] + rng.normal(size=(7, 8)).astype(np.float32) * 0.05
    table = distances(rows, rows, metric)
    limit = float(np.quantile(table, 0.1))
    whole = near_vectors(rows, rows, metric, limit)
    assert {(i, j) for i, j, _ in whole} == set(
        zip(*(part.tolist() for part in np.nonzero(table <= limit)), strict=True)
    )
    assert all(abs(table[i, j] - away) < 1e-6 for i, j, away in whole)
    monkeypatch.setattr("fairdesk.dataset.near_vectors._BLOCK", 5)
    monkeypatch.setattr("fairdesk.dataset.near_vectors._ACROSS", 7)
    monkeypatch.setattr("fairdesk.dataset.near_vectors._PAIRS", 3)
    assert near_vectors(rows, rows, metric, limit) == whole
    assert near_vectors(rows, rows, metric, limit, once=True) == [one for one in whole if one[0] < one[1]]


@pytest.mark.parametrize("seed", range(12))
def test_near_vectors_are_exact_however_they_lie(seed, monkeypatch):
    """Far from the origin, in few directions or many, with copies and zeros; outlines shorter than the vectors."""
    for name, value in (("_BLOCK", 40), ("_ACROSS", 70), ("_PAIRS", 33), ("_OUTLINE", 8), ("_DENSE", seed % 3)):
        monkeypatch.setattr(similar, name, value)
    rng = np.random.default_rng(seed)
    dim = int(rng.integers(2, 40))
    spread = np.arange(1, dim + 1) ** -rng.uniform(0, 1.5)
    aside = rng.normal(size=dim) * rng.choice([0, 5, 200])
    one, two = ((rng.normal(size=(n, dim)) * spread + aside).astype(np.float32) for n in rng.integers(30, 150, 2))
    two[3], one[4], one[5], one[6] = one[1], one[1] * 1.0001, one[2] * 3, 0
    for metric in ("euclidean", "cosine"):
        for a, b in ((one, two), (one, one)):
            table = similar._distances_of(np.repeat(a, len(b), 0), np.tile(b, (len(a), 1)), metric).reshape(len(a), -1)
            for share in (0.001, 0.1, 0.9):
                limit = float(np.quantile(table, share))
                wanted = [(i, j) for i, j in np.argwhere(table <= limit).tolist()]
                assert [(i, j) for i, j, _ in near_vectors(a, b, metric, limit)] == wanted
                if a is b:
                    found = near_vectors(a, a, metric, limit, once=True)
                    assert [(i, j) for i, j, _ in found] == [(i, j) for i, j in wanted if i < j]


def test_vectors_read_from_their_files_are_those_in_memory(filled, monkeypatch):
    store = filled.vectors
    recipe = store.sets()[0].recipe
    monkeypatch.setattr("fairdesk.project.vectors._AT_ONCE", 3)
    images, values = store.of_images(recipe)
    rows = store.rows_of_images(recipe)
    assert rows.numbers.tolist() == images.tolist() and len(rows) == len(images)
    assert np.array_equal(rows[:], values) and np.array_equal(rows[np.array([5, 2, 2])], values[[5, 2, 2]])
    some = images[[7, 1, 4]]
    assert np.array_equal(rows.of(some)[:], values[[7, 1, 4]])
    assert rows.has(np.array([0, images[3], 10**9])).tolist() == [False, True, False]
    gathered = np.zeros_like(values)
    for where, part in rows.by_file():
        assert len(where) <= 3
        gathered[where] = part
    assert np.array_equal(gathered, values)
    faces, every = store.load(recipe, hidden=False)
    assert np.array_equal(store.rows(recipe, hidden=False)[:], every) and len(faces)
