"""Clustering against scikit-learn, its files, mosaics and folders; the real photographs' numbers."""

import json

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from fairdesk.clustering import naming, store
from fairdesk.clustering.agreement import agreement
from fairdesk.clustering.cluster_lookup import find_cluster
from fairdesk.clustering.files.cluster_files import load_clusters, read_clusters, write_clusters
from fairdesk.clustering.files.identity_folders import write_identity_folders as folders
from fairdesk.clustering.files.mosaics import write_mosaic as mosaic
from fairdesk.clustering.methods.by_name import by_size, cluster_vectors
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, FoldersParams, LoadClustersParams, MosaicParams
from fairdesk.clustering.store import clusters, faces_of, need_version, versions
from fairdesk.errors import JobFailed, RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import names_of_faces, set_identity


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=3, size=(5, 12))
    return np.concatenate([c + rng.normal(scale=0.4, size=(20, 12)) for c in centres]).astype(np.float32)


def test_methods_agree_with_scikit_learn(blobs):
    reduced = PCA(n_components=0.95, svd_solver="full").fit_transform(blobs)
    cases = {
        "dbscan": (ClusterParams(method="dbscan", eps=1.6), DBSCAN(eps=1.6, min_samples=2).fit_predict(blobs)),
        "hierarchical": (
            ClusterParams(method="hierarchical", n_clusters=5), AgglomerativeClustering(5, linkage="ward").fit_predict(reduced),
        ),
        "kmeans": (ClusterParams(method="kmeans", n_clusters=5), KMeans(5, random_state=0, n_init="auto").fit_predict(reduced)),
    }  # fmt: skip
    for name, (params, expected) in cases.items():
        found = cluster_vectors(blobs, params, "euclidean").labels
        assert adjusted_rand_score(expected, found) == 1, name
        assert (found == -1).sum() == (expected == -1).sum()


def test_requests_that_cannot_be(blobs, monkeypatch):
    from types import SimpleNamespace

    from fairdesk.clustering.methods import room

    with pytest.raises(RequestError, match="--n-clusters"):
        cluster_vectors(blobs, ClusterParams(method="kmeans"), "euclidean")
    with pytest.raises(RequestError, match="more than the 100 faces"):
        cluster_vectors(blobs, ClusterParams(method="kmeans", n_clusters=101), "euclidean")
    with pytest.raises(RequestError, match="at least 2"):
        cluster_vectors(blobs[:1], ClusterParams(), "euclidean")
    with pytest.raises(ValueError, match="not both"):
        ClusterParams(method="hierarchical", n_clusters=3, distance=2)
    monkeypatch.setattr(room.psutil, "virtual_memory", lambda: SimpleNamespace(available=70_000))
    for method in ("hierarchical", "hdbscan"):
        with pytest.raises(JobFailed, match=r"GB for their distances.*at most") as refused:
            cluster_vectors(np.tile(blobs, (5, 1)), ClusterParams(method=method, n_clusters=3), "euclidean")
        assert "at most 72" in str(refused.value) or "at most 102" in str(refused.value)


def test_quality_by_hand():
    found = agreement(np.array([0, 0, 1, -1]), np.array([7, 7, 7, 8]))
    assert found.pairwise_f1 == pytest.approx(2 * 1 / (1 + 3))
    precision, recall = 1.0, (2 / 3 + 2 / 3 + 1 / 3 + 1) / 4
    assert found.bcubed_f1 == pytest.approx(2 * precision * recall / (precision + recall))
    assert agreement(np.array([0]), np.array([0])).ari is None
    assert by_size(np.array([4, 9, 9, -1])).tolist() == [1, 0, 0, -1]


@pytest.mark.parametrize("seed", range(12))
def test_nmi_and_ari_are_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    n, a, b = int(rng.integers(2, 60)), int(rng.integers(1, 9)), int(rng.integers(1, 9))
    labels, truth = rng.integers(0, a, n), rng.integers(0, b, n)
    if seed % 3 == 0:
        labels = truth.copy()
    found = agreement(labels, truth)
    assert found.nmi == pytest.approx(normalized_mutual_info_score(truth, labels), abs=1e-9)
    assert found.ari == pytest.approx(adjusted_rand_score(truth, labels), abs=1e-9)


def test_versions_stand_side_by_side(filled):
    for method, extra in (
        ("dbscan", {"eps": 0.8}),
        ("hierarchical", {}),
        ("kmeans", {}),
        ("hdbscan", {"min_samples": 3}),
    ):
        result = cluster(ClusterParams(method=method, **extra), QuietContext(filled))
        assert result.clusters == 8 and result.noise == 0, method
        assert result.bcubed_f1 == pytest.approx(1)
    assert [v.method for v in versions(filled)] == ["hdbscan", "kmeans", "hierarchical", "dbscan"]
    assert (filled.folder / "exports" / "dendrograms" / "2.npz").exists()
    assert [c.faces for c in clusters(filled, 1)] == [5] * 8


def test_corrections(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    version = need_version(filled)
    first, second = clusters(filled, version)[:2]
    assert store.merge_clusters(filled, first.id, [second.id]) == 5
    assert len(clusters(filled, version)) == 7
    faces = faces_of(filled, first.id)
    new = store.split_faces(filled, version, faces[:3])
    assert faces_of(filled, new) == faces[:3]
    assert store.move_faces(filled, faces[:3], first.id) == 3  # the emptied cluster goes
    assert len(clusters(filled, version)) == 7
    assert store.unassign_faces(filled, version, faces[:2]) == 2
    assert clusters(filled, version)[-1].title == "Unclustered"
    named = naming.name_identity(filled, first.id, "Ann")
    assert named.faces == 8 and named.group == "g0"  # no group label is lost
    store.rename_cluster(filled, first.id, "Ann's faces")
    assert find_cluster(filled, version, "Ann's faces").identity == "Ann"
    for refused, why in (
        (lambda: store.merge_clusters(filled, first.id, [first.id]), "at least two clusters"),
        (lambda: store.move_faces(filled, [10**6], first.id), "None of these faces could be moved"),
        (lambda: naming.name_identity(filled, first.id, "  "), "needs a name"),
        (lambda: naming.name_identity(filled, clusters(filled, version)[-1].id, "Nobody"), "not one identity"),
        (lambda: store.rename_cluster(filled, 10**6, "x"), "no longer exists"),
    ):
        with pytest.raises(RequestError, match=why):
            refused()


def test_a_number_or_a_title_always_means_the_same_cluster(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    version = need_version(filled)
    zero, one, two, three = sorted(clusters(filled, version), key=lambda c: c.label)[:4]
    assert [c.label for c in (zero, one, two, three)] == [0, 1, 2, 3]
    store.rename_cluster(filled, zero.id, "Ann")
    for name, why in (
        ("5", "number of a cluster"), (" 1 ", "number of a cluster"), ("-1", "number of a cluster"), ("99", "Person 99"), ("٣", "number of a cluster"),
        ("Cluster 2", "another cluster is called"), ("Cluster 99", "another cluster is called"), ("Unclustered", "another cluster is called"),
        ("Ann", "Cluster 0 is called “Ann” already"),
    ):  # fmt: skip
        with pytest.raises(RequestError, match=why):
            store.rename_cluster(filled, one.id, name)
    assert find_cluster(filled, version, "Cluster 1").name is None
    store.rename_cluster(filled, one.id, "Cluster 1")  # as the window offers it
    assert find_cluster(filled, version, "1").name is None
    store.rename_cluster(filled, zero.id, "Ann")  # its own
    for free in ("Ann 2", "5 a", "Clusters 5", "ann", "007"):
        store.rename_cluster(filled, one.id, free)
        assert find_cluster(filled, version, free).id == one.id
    # an identity may be a number, as many datasets have them, and so may a name of an earlier version
    naming.name_identity(filled, two.id, "3")
    assert find_cluster(filled, version, "3").id == three.id
    store.merge_clusters(filled, zero.id, [three.id])
    for _ in range(2):
        with pytest.raises(RequestError, match=r"a number is a cluster's label\. One is called so; give its label: 2"):
            find_cluster(filled, version, "3")
    naming.name_identity(filled, two.id, "0042")
    assert find_cluster(filled, version, "0042").id == two.id
    naming.name_identity(filled, two.id, "Cluster 3")
    with pytest.raises(RequestError, match="give its label: 2"):
        find_cluster(filled, version, "Cluster 3")


@pytest.mark.parametrize("method", ["kmeans", "hierarchical"])
def test_a_number_that_rests_on_few_known_people_is_told(filled, method):
    made = cluster(ClusterParams(method=method), QuietContext(filled))
    assert made.number_of_known == 8 and made.caution() is None
    assert "The number is that of the people known: 8 people, on 40 faces." in made.text()
    faces = sorted(names_of_faces(filled, "whole"))
    set_identity(filled, faces[9:], None)
    made = cluster(ClusterParams(method=method), QuietContext(filled))
    assert (made.clusters, made.number_of_known) == (2, 2)
    assert made.caution().startswith("31 of 40 faces are of nobody known, so that the number of people known (2) may")
    assert "2 people, on 9 faces.\n31 of 40 faces" in made.text()
    given = cluster(ClusterParams(method=method, n_clusters=2), QuietContext(filled))
    assert given.number_of_known is None and given.caution() is None


def test_cluster_file_out_and_in(filled, tmp_path):
    cluster(ClusterParams(eps=0.8, out=tmp_path / "c.json"), QuietContext(filled))
    data = json.loads((tmp_path / "c.json").read_text())
    assert list(data) == [str(i) for i in range(8)] and all(len(paths) == 5 for paths in data.values())
    data["-1"] = [data["0"].pop(), "/no/such.jpg"]
    (tmp_path / "d.json").write_text(json.dumps(data))
    context = QuietContext(filled)
    result = load_clusters(LoadClustersParams(file=tmp_path / "d.json"), context)
    assert (result.faces, result.unknown, result.unknown_paths) == (40, 1, ["/no/such.jpg"])
    write_clusters(filled, result.version, tmp_path / "e.json")
    data["-1"].pop()
    assert {k: sorted(v) for k, v in read_clusters(tmp_path / "e.json").items()} == {
        k: sorted(v) for k, v in data.items()
    }
    (tmp_path / "bad.json").write_text('{"0": "a.jpg"}')
    with pytest.raises(RequestError, match="is not a cluster file"):
        read_clusters(tmp_path / "bad.json")


def test_an_array_without_a_project(blobs, tmp_path):
    names = np.repeat([f"p{i}" for i in range(5)], 20)
    np.savez(tmp_path / "v.npz", vectors=blobs, paths=[f"{i}.jpg" for i in range(100)], identities=names)
    result = cluster(ClusterParams(vectors=tmp_path / "v.npz", eps=3, out=tmp_path / "c.json"), QuietContext())
    assert result.clusters == 5 and result.ari == 1
    assert len(json.loads((tmp_path / "c.json").read_text())["0"]) == 20
    (tmp_path / "bad.npz").write_bytes(b"nonsense")
    with pytest.raises(RequestError, match="cannot be read as embeddings"):
        cluster(ClusterParams(vectors=tmp_path / "bad.npz"), QuietContext())


def test_mosaic_shows_every_face(filled, tmp_path):
    cluster(ClusterParams(method="kmeans", n_clusters=2), QuietContext(filled))
    count = clusters(filled, 1)[0].faces
    result = mosaic(MosaicParams(cluster="0", out=tmp_path / "m.png"), QuietContext(filled))
    assert result.faces == count and len(result.files) == 1
    with Image.open(tmp_path / "m.png") as sheet:
        assert sheet.size[1] == -(-count // 5) * 96 + 28
    sheets = mosaic(MosaicParams(cluster="0", out=tmp_path / "s.png", rows=2), QuietContext(filled))
    assert len(sheets.files) == -(-count // 10)
    write_clusters(filled, 1, tmp_path / "c.json")
    assert (
        mosaic(MosaicParams(cluster="1", file=tmp_path / "c.json", out=tmp_path / "f.png"), QuietContext()).title
        == "Cluster 1"
    )
    with pytest.raises(RequestError, match="no cluster '9'"):
        mosaic(MosaicParams(cluster="9", out=tmp_path / "m.png"), QuietContext(filled))
    with pytest.raises(ValidationError, match=r"must end in \.png"):
        MosaicParams(cluster="0", out=tmp_path / "m.what")
    with pytest.raises(RequestError, match=r"Use \.png"):  # wider than a WebP may be
        mosaic(MosaicParams(faces="1-40", out=tmp_path / "m.webp", tile=512, columns=40), QuietContext(filled))


def test_mosaics_of_all_clusters_samples_and_captions(filled, tmp_path):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    result = mosaic(MosaicParams(cluster="all", out=tmp_path / "m.png"), QuietContext(filled))
    assert [path.name for path in result.files] == [f"m-{n}.png" for n in range(8)] and result.faces == 40
    write_clusters(filled, 1, tmp_path / "c.json")
    result = mosaic(MosaicParams(cluster="all", file=tmp_path / "c.json", out=tmp_path / "f.png"), QuietContext())
    assert len(result.files) == 8
    few = MosaicParams(cluster="0", out=tmp_path / "s.png", sample=3, captions=True, columns=3)
    result = mosaic(few, QuietContext(filled))
    assert result.faces == 3 and "3 of 5" in result.title
    first = (tmp_path / "s.png").read_bytes()
    mosaic(few, QuietContext(filled))
    assert (tmp_path / "s.png").read_bytes() == first  # by the seed
    with Image.open(tmp_path / "s.png") as sheet:
        assert sheet.size == (3 * 96, 96 + 16 + 28)
        assert np.ptp(np.asarray(sheet.crop((0, 28 + 96, 96, 28 + 112)))) > 100  # something is written
    faces = folders(FoldersParams(out=tmp_path / "dry", dry_run=True), QuietContext(filled))
    assert faces.images == 40


def test_folders_lose_no_image_to_equal_names(filled, tmp_path):
    cluster(
        ClusterParams(method="kmeans", n_clusters=2), QuietContext(filled)
    )  # images are called 000.png in each folder
    dry = folders(FoldersParams(out=tmp_path / "out", dry_run=True), QuietContext(filled))
    assert dry.images == 40 and not (tmp_path / "out").exists()
    result = folders(FoldersParams(out=tmp_path / "out"), QuietContext(filled))
    placed = list((tmp_path / "out").rglob("*.png"))
    assert len(placed) == 40 and result.collisions > 0
    assert all(path.is_symlink() for path in placed)
    assert len({path.resolve() for path in placed}) == 40
    by_identity = folders(FoldersParams(out=tmp_path / "who", by="identity", copy=True), QuietContext(filled))
    assert by_identity.folders == 8
    assert not any(path.is_symlink() for path in (tmp_path / "who").rglob("*.png"))
    assert len(list((tmp_path / "who" / "g0").iterdir())) == 4
    with pytest.raises(RequestError, match="not empty"):
        folders(FoldersParams(out=tmp_path / "out"), QuietContext(filled))
    with pytest.raises(RequestError, match=r"holds the original images|not empty"):
        folders(FoldersParams(out=tmp_path / "photographs"), QuietContext(filled))
