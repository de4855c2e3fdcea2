"""What parameters come to, from one computation: the same as clustering with each of them."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import silhouette_samples

from fairdesk.clustering.agreement import Figures, agreement, figures
from fairdesk.clustering.choosing import radius as radii
from fairdesk.clustering.choosing import tree as trees
from fairdesk.clustering.choosing.faces import faces_to_cluster
from fairdesk.clustering.choosing.following import Following
from fairdesk.clustering.choosing.job import list_radii
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.numbers import Numbers
from fairdesk.clustering.choosing.outcome import SIZES, Outcome, Silhouettes, outcome
from fairdesk.clustering.choosing.radius import Radius, best, knee, round_step, round_steps
from fairdesk.clustering.choosing.tree import CutTree
from fairdesk.clustering.methods.density import dbscan
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, EpsParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.clustering.verdicts.edits import confirm, ignore, not_sure, reject, say_same, two_people
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.verdict_constraints import Constraints
from fairdesk.project.verdicts import Said, keep_verdict
from tests.cli.test_command_line import fairdesk
from tests.clustering.test_review import people

recipe = lambda project: project.vectors.find("made-up")
NOBODY = lambda n: Known(np.full(n, -1, dtype=np.int64), [None] * n)


@pytest.fixture(scope="module")
def faces():
    return people(5)


@pytest.mark.parametrize("min_samples", [1, 2, 5])
def test_a_radius_comes_to_what_clustering_with_it_does(faces, min_samples):
    vectors, truth = faces
    groups = ["a" if one % 3 else "b" for one in truth.tolist()]
    radius = Radius(vectors, Known(truth, groups))
    values = radius.values()
    assert 28 <= len(values) <= 57 and values[0] < 0.4 and values[-1] > 0.8
    for eps in values[::3]:
        labels = dbscan(vectors, eps, min_samples)
        assert (radius.labels(eps, min_samples) == labels).all()
        found = radius.outcome(eps, min_samples)
        assert found.clusters == labels.max() + 1 and found.unclustered == (labels < 0).sum()
        assert found.largest == np.bincount(labels[labels >= 0], minlength=1).max()
        assert sum(found.sizes) == found.clusters and len(found.sizes) == len(SIZES)
        assert found.quality == figures(labels, truth) and found.silhouette is None
        for name in "ab":
            mine = np.array(groups) == name
            assert found.groups[name] == figures(labels[mine], truth[mine])


def test_a_distance_of_the_radius_itself_is_near():
    line = np.zeros((5, 4), dtype=np.float32)
    line[:, 0] = [-5, -4, -3, 2, 10]
    radius = Radius(line, NOBODY(5))
    assert radius.labels(1.0, 2).tolist() == dbscan(line, 1.0, 2).tolist() == [0, 0, 0, -1, -1]
    assert radius.labels(0.999, 2).tolist() == [-1] * 5


def test_the_best_is_the_best(faces):
    vectors, truth = faces
    radius = Radius(vectors, Known(truth, [None] * len(truth)))
    outcomes = [radius.outcome(eps, 2) for eps in radius.values()]
    f1 = [agreement(dbscan(vectors, one.value, 2), truth).bcubed_f1 for one in outcomes]
    assert best(outcomes).value == outcomes[int(np.argmax(f1))].value
    assert best([]) is None


def test_of_equals_the_middle_of_the_longest_run_is_the_best():
    def at(value, f1, unclustered=0):
        quality = Figures(1, 1, 1, 1, 1, f1, 1, 1)
        return Outcome(value, 1, unclustered, 1, (0,) * len(SIZES), quality)

    row = [at(0.1, 1), at(0.2, 0.5), at(0.3, 1), at(0.4, 1), at(0.5, 1 - 1e-15), at(0.6, 0.9), at(0.7, 1), at(0.8, 1)]
    assert best(row).value == 0.4
    assert best([at(1, 1, 9), at(2, 0.5), at(3, 1, 5), at(4, 0.5), at(5, 1, 7)]).value == 3  # of runs of one length
    assert best([at(1, 0.2), at(2, 0.9), at(3, 0.8)]).value == 2


def test_the_rows_follow_the_verdicts_as_clustering_does(filled, capsys):
    made = cluster(ClusterParams(eps=0.8), QuietContext(filled))
    found = clusters(filled, made.version)
    said, _ = fairdesk(capsys, "eps", filled.folder, "--json")
    assert "verdicts" not in said
    say_same(filled, found[0], found[1])
    confirm(filled, made.version, faces_of(filled, found[2].id)[:1], found[2])
    ignore(filled, made.version, faces_of(filled, found[3].id)[:1])  # followed: it is none of the faces
    said, _ = fairdesk(capsys, "eps", filled.folder, "--json")
    assert said["faces"] == 39 and said["known_people"] == 8
    rest = [one for one in clusters(filled, made.version) if one.id in (found[4].id, found[5].id)]
    mine, theirs = (faces_of(filled, one.id) for one in rest)
    two_people(filled, made.version, mine[:2], mine[2:])
    reject(filled, made.version, theirs[:1], rest[1])
    not_sure(filled, mine[:1], theirs[:1])
    verbatim = QuietContext(filled)
    result = list_radii(EpsParams(), verbatim)
    first = result.text().splitlines()[0]
    assert result.verdicts == 5 and first == "Counts and figures follow 5 verdicts, as clustering does."
    plain = Radius(*(lambda found: (found.vectors, found.known))(faces_to_cluster(filled, recipe(filled))))
    changed = 0
    for row in result.rows:
        made = cluster(ClusterParams(eps=row.eps), QuietContext(filled))
        largest = max(one.faces for one in clusters(filled, made.version) if one.label != -1)
        assert (row.clusters, row.unclustered, row.largest) == (made.clusters, made.noise, largest)
        assert (row.figures.bcubed_f1, row.figures.nmi) == pytest.approx((made.bcubed_f1, made.nmi), rel=1e-12)
        assert made.verdicts == 5
        alone = plain.outcome(row.eps, 2)
        changed += (alone.clusters, alone.unclustered) != (row.clusters, row.unclustered)
    assert changed > len(result.rows) / 2  # what is compared here is not the method alone
    confirm(filled, made.version, theirs[:1], rest[1])  # the newer word
    again = list_radii(EpsParams(), verbatim)
    assert again.verdicts == 5


def test_verdicts_that_are_set_aside_are_named(filled):
    made = cluster(ClusterParams(eps=0.8), QuietContext(filled))
    a, b = clusters(filled, made.version)[:2]
    sides = faces_of(filled, a.id), faces_of(filled, b.id)
    with filled.journal.step("Two people", target={}) as connection:
        keep_verdict(connection, Said.DIFFERENT, *sides, who="Ann", created=1.0)
        keep_verdict(connection, Said.SAME, *sides, who="Ben", created=2.0)
    context, clustering = QuietContext(filled), QuietContext(filled)
    assert list_radii(EpsParams(), context).verdicts == cluster(ClusterParams(eps=0.8), clustering).verdicts == 1
    assert (
        [one for one in context.messages if "set aside" in one]
        == [one for one in clustering.messages if "set aside" in one]
        != []
    )


@pytest.mark.parametrize("kind", ["kmeans", "hdbscan", "average"])
def test_numbers_and_cuts_follow_the_verdicts_too(filled, kind):
    made = cluster(ClusterParams(eps=0.8), QuietContext(filled))
    found = clusters(filled, made.version)
    say_same(filled, found[0], found[1])
    mine = faces_of(filled, found[2].id)
    two_people(filled, made.version, mine[:2], mine[2:])
    given = faces_to_cluster(filled, recipe(filled))
    if kind == "average":
        tree = CutTree(given.vectors, given.known, kind, 0.95, following=given.following)
        values = tree.values(12)
        outcomes = [tree.outcome(one) for one in values]
        params = [ClusterParams(method="hierarchical", linkage=kind, distance=one) for one in values]
    else:
        numbers = Numbers(given.vectors, given.known, kind, given.following)
        values = [one for one in numbers.values() if one > 1]
        outcomes = [numbers.outcome(one) for one in values]
        name = "n_clusters" if kind == "kmeans" else "min_samples"
        params = [ClusterParams.model_validate({"method": kind, name: one}) for one in values]
    for one, wanted in zip(outcomes, params, strict=True):
        done = cluster(wanted, QuietContext(filled))
        assert (one.clusters, one.unclustered) == (done.clusters, done.noise)
        assert one.quality.bcubed_f1 == done.bcubed_f1


def test_a_sample_follows_what_was_said_of_it(faces, monkeypatch):
    monkeypatch.setattr(trees, "MOST", 100)
    vectors, truth = faces
    known = Known(truth, [None] * len(truth))
    ids = np.arange(len(truth)) * 3 + 7
    drawn = CutTree(vectors, known, "average", 1).rows
    said = Constraints(together=((int(ids[drawn[4]]), int(ids[drawn[90]])),))
    following = Following(ids, vectors, np.ones(len(truth), dtype=bool), known, said)
    tree = CutTree(vectors, known, "average", 1, following=following)
    assert tree.rows.tolist() == drawn.tolist()
    low = tree.values(12)[0] / 2
    assert tree.labels(low)[4] != tree.labels(low)[90]
    assert tree.outcome(low).unclustered == 0 and tree.outcome(low).clusters == tree.labels(low).max()


def test_figures_of_parts():
    labels, truth = np.array([0, 0, 0, 1, -1]), np.array([0, 0, 1, 1, 1])
    found = figures(labels, truth)
    assert (found.pairwise_precision, found.pairwise_recall) == (1 / 3, 1 / 4)
    assert found.bcubed_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.bcubed_recall == pytest.approx((1 + 1 + 1 / 3 + 1 / 3 + 1 / 3) / 5)
    alone = figures(np.array([-1, -1]), np.array([0, 1]))
    assert np.isnan(alone.pairwise_precision) and np.isnan(alone.pairwise_recall) and alone.bcubed_f1 == 1


def test_silhouettes_are_scikit_learns(faces):
    vectors, _ = faces
    some = vectors[:400]
    for eps in (0.45, 0.55):
        labels = dbscan(some, eps, 2)
        inside = labels >= 0
        expected = silhouette_samples(some[inside], labels[inside]).sum() / len(some)
        assert Silhouettes(some).mean(labels) == pytest.approx(expected, abs=2e-3)
    labels = np.arange(400) // 3  # the last is alone: 0
    assert Silhouettes(some).mean(labels) == pytest.approx(silhouette_samples(some, labels).mean(), abs=2e-3)
    assert Silhouettes(some).mean(np.zeros(400, dtype=np.int64)) is None
    assert Silhouettes(some).mean(np.full(400, -1)) is None
    whole = Silhouettes(vectors)
    assert len(whole.rows) == min(500, len(vectors)) and len(np.unique(whole.rows)) == len(whole.rows)


def test_without_identities_the_silhouette_chooses(faces):
    vectors, _ = faces
    radius = Radius(vectors, NOBODY(len(vectors)))
    outcomes = [radius.outcome(eps, 2) for eps in radius.values()]
    assert all(one.quality is None for one in outcomes)
    assert best(outcomes).silhouette == max(one.silhouette for one in outcomes if one.silhouette is not None)
    assert 0.4 < best(outcomes).value < 0.65  # not where a few close pairs are all there is


def test_one_known_face_of_each_person_is_not_enough():
    assert not Known(np.array([0, 1, 2, -1]), ["a"] * 4).enough
    assert Known(np.array([0, 1, 1, -1]), ["a"] * 4).enough
    assert not Known(np.array([1, 1, 1, -1]), ["a"] * 4).enough  # of one person no two people can be mixed up
    assert not NOBODY(3).enough and not NOBODY(0).enough


def test_k_distances_and_their_knee(faces):
    vectors, _ = faces
    radius = Radius(vectors, NOBODY(len(vectors)))
    away = np.sort(np.linalg.norm(vectors[:, None] - vectors, axis=2), axis=1)
    for min_samples in (2, 4, 17):
        assert np.allclose(radius.distances(min_samples), np.sort(away[:, min_samples - 1]), atol=2e-3)
    assert radius.most_samples == 17
    assert knee(np.array([1.0, 1, 1, 1, 9])) == 1.0
    bent = np.concatenate([np.linspace(1, 2, 90), np.linspace(2, 12, 10)])
    assert 1.9 < knee(bent) < 2.3
    assert knee(np.ones(5)) is None


def test_too_many_and_too_few_faces_are_refused(faces, monkeypatch):
    vectors, _ = faces
    with pytest.raises(RequestError, match="at least 3"):
        Radius(vectors[:2], NOBODY(2))
    with pytest.raises(RequestError, match="at least 3"):
        CutTree(vectors[:2], NOBODY(2), "ward", 1)
    monkeypatch.setattr(radii, "MOST", 100)
    with pytest.raises(RequestError, match=r"at most 100.*graph"):
        Radius(vectors, NOBODY(len(vectors)))


@pytest.mark.parametrize("count", [3, 4, 20])
def test_few_or_equal_faces(count):
    for vectors in (np.zeros((count, 8), dtype=np.float32), np.eye(count, 32, dtype=np.float32)):
        radius = Radius(vectors, NOBODY(count))
        assert all(radius.outcome(eps, 2).clusters <= count for eps in radius.values())
        tree = CutTree(vectors, NOBODY(count), "average", 1)
        assert len(tree.drawn()[2]) == count and tree.outcome(tree.top + 1e-9).clusters == 1


def test_steps_are_round():
    assert [round_step(x) for x in (0.011, 0.02, 0.0201, 0.7, 1)] == [0.02, 0.02, 0.05, 1, 1]
    assert round_steps(0.03) == pytest.approx(
        [0.5, 0.25, 0.2, 0.1, 0.05, 0.025, 0.02, 0.01, 0.005, 0.0025, 0.002, 0.001]
    )


@pytest.mark.parametrize("steps", [2, 3, 4, 6, 8, 12, 20, 40, 100, 333])
def test_about_as_many_radii_are_listed_as_are_asked_for(faces, steps):
    vectors, truth = faces
    values = Radius(vectors, Known(truth, [None] * len(truth))).values(steps)
    assert steps / 1.5 <= len(values) <= steps * 1.5
    assert np.allclose(np.diff(values), values[1] - values[0])
    assert values[-1] + (values[1] - values[0]) > Radius(vectors, Known(truth, [None] * len(truth))).most >= values[-1]


@pytest.mark.parametrize("kind", ["average", "complete", "ward"])
def test_a_cut_comes_to_what_clustering_at_it_does(faces, kind):
    vectors, truth = faces
    tree = CutTree(vectors, Known(truth, [None] * len(truth)), kind, 1)
    expected = linkage(vectors.astype(np.float64), kind)
    for height in tree.values(20)[::4]:
        labels = np.unique(fcluster(expected, height, "distance"), return_inverse=True)[1]
        found = tree.outcome(height)
        assert found.clusters == labels.max() + 1 and found.quality == figures(labels, truth)
    x, y, leaves = tree.drawn()
    assert len(leaves) == trees.LEAVES and len(x) == len(y) == trees.LEAVES - 1
    assert sorted(np.concatenate([leaf.rows for leaf in leaves]).tolist()) == list(range(len(truth)))
    assert y.max() == pytest.approx(tree.top) and x.min() >= 0 and x.max() <= trees.LEAVES - 1
    big = max(leaves, key=lambda leaf: len(leaf.rows)).rows
    away = ((vectors[big] - vectors[big].mean(axis=0)) ** 2).sum(axis=1)
    assert away[0] == away.min()


def test_a_large_tree_is_of_a_sample(faces, monkeypatch):
    vectors, truth = faces
    monkeypatch.setattr(trees, "MOST", 100)
    tree = CutTree(vectors, Known(truth, ["g"] * len(truth)), "average", 1)
    assert (tree.faces, tree.all) == (100, len(truth))
    found = tree.outcome(0.6)
    assert found.quality == figures(tree.labels(0.6), truth[tree.rows])
    rows = np.concatenate([leaf.rows for leaf in tree.drawn()[2]])
    assert sorted(rows.tolist()) == tree.rows.tolist()


def test_the_verb_says_what_cluster_then_does(filled, capsys):
    said, _ = fairdesk(capsys, "eps", filled.folder, "--steps", "12", "--min-samples", "3", "--json")
    assert said["faces"] == said["known"] == 40 and said["encoder"] == "made-up" and len(said["rows"]) >= 6
    for row in said["rows"][::2]:
        made = cluster(ClusterParams(eps=row["eps"], min_samples=3), QuietContext(filled))
        assert (row["clusters"], row["unclustered"]) == (made.clusters, made.noise)
        assert row["figures"]["bcubed_f1"] == pytest.approx(made.bcubed_f1)
        assert len(row["groups"]) == 2
    result = list_radii(EpsParams(), QuietContext(filled))
    assert f"Best BCubed F1 at {result.best:g}, against known identities (40 faces of 8 people)." in result.text()


def test_the_verb_on_a_file(tmp_path, capsys, faces):
    vectors, _ = faces
    np.savez(tmp_path / "some.npz", vectors=vectors)
    said, _ = fairdesk(capsys, "eps", "--vectors", tmp_path / "some.npz", "--json")
    assert said["known"] == 0 and said["silhouette_sample"] == min(500, len(vectors)) and said["best"] is not None
    assert all("figures" not in row for row in said["rows"])
    text = list_radii(EpsParams(vectors=tmp_path / "some.npz"), QuietContext()).text()
    assert "Best silhouette at" in text and "sample of" in text


def test_outcome_of_nothing_clustered():
    found = outcome(0.1, np.full(4, -1, dtype=np.int64), NOBODY(4), None)
    assert (found.clusters, found.unclustered, found.largest, sum(found.sizes)) == (0, 4, 0, 0)
