"""The engine ray: the same pass over a cluster, also when a node of it dies in the middle."""

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import JobFailed, MissingWeights, RequestError, Stopped
from fairdesk.faces.cluster_paths import on_workers
from fairdesk.faces.detection import find_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.ray_cluster import map_on_ray, share_out
from fairdesk.project import Project
from fairdesk.project.detections import unseen_images

ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster():
    """A head without cores, where this process is, and two nodes of one core."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [made.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    made.wait_for_nodes()
    # See tests/conftest.py: a working folder would be copied, 7 GB with its environment.
    assert not ray.get_runtime_context().runtime_env.get("working_dir")
    yield made, nodes
    ray.shutdown()
    made.shutdown()


def project_of(folder, drawn):
    made = Project.create(folder)
    import_images(ImportParams(folder=drawn), QuietContext(made))
    return made


def contents(project):
    """All faces with boxes and vectors, by image, and which images were searched."""
    recipe = project.vectors.choose("dlib", "hog").recipe
    faces, vectors = project.vectors.load(recipe)
    place = {face: row for row, face in enumerate(faces.tolist())}
    rows = project.db.rows(
        "SELECT f.id, i.path, f.top, f.right, f.bottom, f.left, f.landmarks FROM face f JOIN image i ON i.id = image_id ORDER BY i.path, place"
    )
    searched = project.db.rows(
        "SELECT i.path, d.faces FROM detection d JOIN image i ON i.id = d.image_id ORDER BY i.path"
    )
    return [row[1:] for row in rows], np.stack([vectors[place[row[0]]] for row in rows]), searched


class StopsWithTheFirst(QuietContext):
    """Is stopped when the first batch has come."""

    def check(self):
        if self.done:
            raise Stopped


class Killing(QuietContext):
    """Kills a node when so many batches have come."""

    def __init__(self, project, cluster, node, after):
        super().__init__(project)
        self.cluster, self.node, self.after, self.seen = cluster, node, after, 0

    def check(self):
        self.after -= self.done > self.seen  # it is asked while nothing comes, too
        if self.after == 0 and self.done > self.seen:
            self.cluster.remove_node(self.node, allow_graceful=False)
        self.seen = self.done
        super().check()


def test_a_cluster_gives_the_same_and_loses_nothing_with_a_node(tmp_path, drawn, cluster, monkeypatch):
    made, nodes = cluster
    local = project_of(tmp_path / "local", drawn)
    encode_faces(EncodeParams(), QuietContext(local))
    boxes, vectors, searched = contents(local)

    stopped = project_of(tmp_path / "stopped", drawn)
    with pytest.raises(Stopped):
        encode_faces(EncodeParams(engine="ray"), StopsWithTheFirst(stopped))
    half = stopped.db.value("SELECT count(*) FROM detection")
    assert 0 < half < 24
    whole = encode_faces(EncodeParams(engine="ray"), QuietContext(stopped))
    assert whole.vectors == len(boxes)
    again = contents(stopped)
    assert again[0] == boxes and again[2] == searched and np.abs(again[1] - vectors).max() < 1e-5

    monkeypatch.setattr("fairdesk.faces.embedding.BATCH", 1)
    cut = project_of(tmp_path / "cut", drawn)
    context = Killing(cut, made, nodes.pop(), 4)
    result = encode_faces(EncodeParams(engine="ray"), context)
    assert context.after < 0 and result.vectors == result.encoded_now == len(boxes)  # nothing twice
    found = contents(cut)
    assert found[0] == boxes and found[2] == searched and np.abs(found[1] - vectors).max() < 1e-5


def test_the_search_alone_and_faces_that_are_known(tmp_path, drawn, cluster):
    one, two = project_of(tmp_path / "one", drawn), project_of(tmp_path / "two", drawn)
    found = find_faces(DetectParams(engine="ray"), QuietContext(one))
    assert found.faces == find_faces(DetectParams(), QuietContext(two)).faces
    remote = encode_faces(EncodeParams(engine="ray", batch_size=4), QuietContext(one))
    assert remote.vectors == encode_faces(EncodeParams(), QuietContext(two)).vectors == found.faces
    assert contents(one)[0] == contents(two)[0] and np.abs(contents(one)[1] - contents(two)[1]).max() < 1e-5


def test_workers_read_originals_where_they_see_them(tmp_path, drawn, cluster):
    """A folder of another name, and an address; the same faces as here, and the project keeps its own paths."""
    local = project_of(tmp_path / "local", drawn)
    encode_faces(EncodeParams(), QuietContext(local))
    boxes, _, searched = contents(local)
    mount, far = tmp_path / "mount", tmp_path / "far"
    shutil.copytree(drawn, mount)
    moved = Project.create(tmp_path / "moved")
    import_images(ImportParams(folder=mount), QuietContext(moved))
    mount.rename(far)
    result = encode_faces(EncodeParams(engine="ray", workers_see=[f"{mount}={far}"]), QuietContext(moved))
    assert result.vectors == len(boxes) and not result.unreadable
    assert contents(moved)[0] == boxes and contents(moved)[2] == searched
    address = [f"{mount}=file://{far}"]
    (next(far.rglob("*.jpg"))).unlink()
    again = encode_faces(EncodeParams(engine="ray", encoder="dlib-reference", workers_see=address), QuietContext(moved))
    assert again.vectors == len(boxes) - 1 and "there is nothing at file://" in again.failed[0].why
    for there in ("/nowhere", "file:///nowhere"):
        searched_anew = EncodeParams(engine="ray", detector="whole", workers_see=[f"{mount}={there}"])
        with pytest.raises(
            RequestError, match=f"does not find {there}/.* --workers-see {mount}={there} says that it is there"
        ):
            encode_faces(searched_anew, QuietContext(moved))
    assert (
        moved.db.value("SELECT count(*) FROM detection WHERE detector = 'whole'") == 0
    )  # nothing is told of any image
    with pytest.raises(RequestError, match="None of the originals that are left is in /elsewhere"):
        find_faces(DetectParams(engine="ray", detector="whole", workers_see=["/elsewhere=s3://b"]), QuietContext(moved))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_another_file_of_a_name_is_refused_wherever_it_stands(tmp_path, drawn, cluster, scheme):
    """Beyond those that are compared before the work: told of that image, nothing of it kept; it is done when it is put right."""
    mount, far = tmp_path / "mount", tmp_path / "far"
    shutil.copytree(drawn, mount)
    project = Project.create(tmp_path / "p")
    import_images(ImportParams(folder=mount), QuietContext(project))
    shutil.copytree(mount, far)
    _, (probe, *_) = on_workers(unseen_images(project, "hog"), [f"{mount}={far}"])
    here = [one.path for one in unseen_images(project, "hog")]
    there = [path.replace(str(mount), str(far)) for path in here]
    (one, other) = [path for path in there if path not in probe.paths][:2]
    kept = [Path(path).read_bytes() for path in (one, other)]
    for path, data in zip((one, other), reversed(kept), strict=True):  # they change places: both are good photographs
        Path(path).write_bytes(data)
    rule = [f"{mount}={scheme}{far}"]
    result = encode_faces(EncodeParams(engine="ray", workers_see=rule), QuietContext(project))
    assert {Path(item.path).name for item in result.unreadable} == {Path(one).name, Path(other).name}
    assert all("another file than the original" in item.why for item in result.unreadable)
    faces = "SELECT i.path FROM face f JOIN image i ON i.id = f.image_id"
    assert not {Path(row[0]).name for row in project.db.rows(faces)} & {Path(one).name, Path(other).name}
    for path, data in zip((one, other), kept, strict=True):
        Path(path).write_bytes(data)
    assert not encode_faces(EncodeParams(engine="ray", workers_see=rule), QuietContext(project)).unreadable
    local = project_of(tmp_path / "local", drawn)
    encode_faces(EncodeParams(), QuietContext(local))
    assert contents(project)[0] == contents(local)[0]
    Path(one).write_bytes(kept[1])  # faces that are known, by another encoder
    known = EncodeParams(engine="ray", encoder="dlib-reference", workers_see=rule)
    failed = encode_faces(known, QuietContext(project)).failed
    assert {Path(item.path).name for item in failed} == {Path(one).name}
    assert all("another file than the original" in item.why for item in failed)


def test_what_a_worker_refuses_is_told(tmp_path, drawn, cluster, monkeypatch):
    """Not tried again and again: another version there, or weights that are missing."""
    project = project_of(tmp_path / "p", drawn)
    monkeypatch.setattr("fairdesk.faces.dlib_models.version", lambda: "1.0")
    with pytest.raises(RequestError, match=r"would make other embeddings than this machine: its versions are dlib 2\d"):
        encode_faces(EncodeParams(engine="ray"), QuietContext(project))
    assert project.db.value("SELECT count(*) FROM vector") == 0


def test_gpus_are_asked_for_and_shared(cluster):
    """A node that says it has two GPUs; what is computed on it learns which one is its own."""
    made, _ = cluster
    node = made.add_node(num_cpus=4, num_gpus=2)
    made.wait_for_nodes()
    cores = 4 + len(made.worker_nodes) - 1  # an earlier test may have killed a node
    try:
        found = list(map_on_ray(given, list(range(40)), 1, QuietContext(None), nothing, gpu=True))
    finally:
        made.remove_node(node)
    assert sorted(batch[0] for batch, _ in found) == list(range(40))
    shares = {share for _, (_, share) in found}
    assert len(shares) == 1 and shares.pop() == pytest.approx(1 / (cores // 2), abs=1e-3)
    assert {gpu for _, (gpu, _) in found} <= {"0", "1"}


def test_missing_weights_are_told(cluster):
    with pytest.raises(JobFailed, match=r"The weights w\.onnx are missing"):
        list(map_on_ray(lacking, [1, 2], 1, QuietContext(None), nothing))


def lacking(_batch):
    raise MissingWeights("w.onnx", "/home", "https://example.org", "MIT", 5)


def given(_batch):
    import ray

    resources = ray.get_runtime_context().get_assigned_resources()
    time.sleep(0.05)
    return os.environ.get("CUDA_VISIBLE_DEVICES"), resources.get("GPU")


def nothing():
    pass


@pytest.mark.parametrize(
    ("cores", "gpus", "actors", "share"),
    [(4, 0, 4, 0), (0, 0, 1, 0), (16, 2, 16, 1 / 8), (64, 2, 16, 1 / 8), (4, 4, 4, 1), (3, 2, 2, 1), (1, 8, 1, 1)],
)
def test_how_gpus_are_shared_out(cores, gpus, actors, share):
    assert share_out(cores, gpus) == (actors, share)
