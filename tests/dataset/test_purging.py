"""After a purge nothing of the person is left in the project's bytes."""

import io
import zlib

import numpy as np
import pytest

from fairdesk.clustering.files.mosaics import write_mosaic as mosaic
from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, MosaicParams
from fairdesk.clustering.store import clusters
from fairdesk.dataset.leaks import check_leaks as leaks
from fairdesk.dataset.params import DivideParams, QualityParams
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.dataset.project_sets import divide_project as divide
from fairdesk.dataset.purge import find_images, purge
from fairdesk.dataset.quality_measurement import measure_quality
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list as make_pairs
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs as score
from fairdesk.project.image_queries import Filter
from fairdesk.project.kept_facts import user_cache
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.saved_views import save_view
from fairdesk.project.sets import all_sets


def occurrences(folder, needles):
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found += [(path.name, name) for name, needle in needles.items() if needle in data]
    return found


def test_nothing_is_left(filled, tmp_path):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    name_identity(filled, clusters(filled, 1)[0].id, "Wilhelmina")
    make_pairs(PairsParams(genuine=80, impostor=200), QuietContext(filled))
    make_pairs(PairsParams(genuine=80, impostor=200, out=tmp_path / "outside.csv"), QuietContext(filled))
    listed = next((filled.folder / "exports" / "lists").glob("*.csv"))
    score(ScoreParams(pairs=listed, encoder="made-up"), QuietContext(filled))
    mosaic(MosaicParams(cluster="0", out=filled.exports("mosaics", "m.png")), QuietContext(filled))
    save_view(filled, "Hers", Filter(identity="Wilhelmina"))
    measure_quality(QualityParams(), QuietContext(filled))
    images = find_images(filled, identity="Wilhelmina", group=None, image=None)
    edit_labels(filled, images, Edit(gender="f", add_tags=("tagged",)))
    divide(DivideParams(into=["a", "b"], shares=[0.5, 0.5]), QuietContext(filled))
    assert len(images) == 5
    rows = filled.db.rows(f"SELECT path, sha256 FROM image WHERE id IN ({','.join(map(str, images))})")
    faces, vectors = filled.vectors.load(filled.vectors.find("made-up"))
    owner = dict(filled.db.rows("SELECT id, image_id FROM face"))
    needles = {"name": b"Wilhelmina", "name32": "Wilhelmina".encode("utf-32-le")}
    for n, (path, sha) in enumerate(rows):
        needles |= {f"path{n}": path.encode(), f"path32-{n}": path.encode("utf-32-le"), f"sha{n}": sha.encode()}
        needles[f"raw sha{n}"] = bytes.fromhex(sha)
        needles[f"thumb{n}"] = filled.thumbnails.get("image", images[n])[-200:]
    for face, vector in zip(faces.tolist(), vectors, strict=True):
        if owner[face] in images:
            needles[f"vector{face}"] = vector.tobytes()
    there = {"name", "sha0", "raw sha0", "path0", "thumb0"}
    assert {name for _, name in occurrences(filled.folder, needles)} >= there
    cache = user_cache()
    leaks(LeaksParams(a=tmp_path / "photographs", b=tmp_path / "photographs" / "g0"), QuietContext())
    assert {name for _, name in occurrences(cache, needles)} == {f"raw sha{n}" for n in range(5)}
    originals = list((tmp_path / "photographs").rglob("*.png"))
    result = purge(filled, images, ["Wilhelmina"])
    assert occurrences(filled.folder, needles) == occurrences(cache, needles) == []
    assert result.identities and result.images == 5
    for table in ("image_tag", "quality", "set_member"):
        assert not filled.db.rows(f"SELECT 1 FROM {table} WHERE image_id NOT IN (SELECT id FROM image)")
    assert result.outside == [str(tmp_path / "outside.csv")]
    assert all(path.exists() for path in originals)
    assert filled.db.value("SELECT count(*) FROM image") == 35
    assert filled.db.value("PRAGMA integrity_check") == "ok" and not filled.db.rows("PRAGMA foreign_key_check")
    with pytest.raises(RequestError, match="nothing to undo"):
        filled.journal.undo()
    assert len(filled.vectors.load(filled.vectors.find("made-up"))[0]) == 35


def test_a_kept_result_forgets_the_purged_and_only_them(filled):
    """Sets and clusterings keep the labels they were made from: of the purged nothing stays, of the others all."""
    divide(DivideParams(into=["a", "b"], shares=[0.5, 0.5]), QuietContext(filled))
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    images = find_images(filled, identity="id00", group=None, image=None)
    edit_labels(filled, [images[-1] + 1], Edit(identity="Somebody"))
    purge(filled, images, ["id00"])
    changes = [str(one.change) for one in all_sets(filled)]
    assert changes == ["1 label changed since"] * 2
    for table in ("image_set", "clustering"):
        for (kept,) in filled.db.rows(f"SELECT basis FROM {table}"):
            with np.load(io.BytesIO(zlib.decompress(kept))) as basis:
                assert not set(basis["ids"].tolist()) & set(images) and len(basis["ids"]) == 35


def test_jobs_and_exports_that_name_them_go_and_others_stay(filled):
    images = find_images(filled, identity="id00", group=None, image=None)
    path = filled.db.value("SELECT path FROM image WHERE id = ?", (images[0],))
    for number, text in enumerate((f'{{"path": "{path}"}}', '{"identity": "id00"}', '{"identity": "id01"}')):
        job = filled.folder / "jobs" / f"job{number}"
        job.mkdir(parents=True)
        (job / "spec.json").write_text("{}")
        (job / "events.jsonl").write_text(text)
        filled.exports("lists", f"l{number}.csv").write_text(text)
    result = purge(filled, images, ["id00"])
    assert result.files_removed == ["exports/lists/l0.csv", "exports/lists/l1.csv", "jobs/job0", "jobs/job1"]
    assert [path.name for path in (filled.folder / "jobs").iterdir()] == ["job2"]
    assert [path.name for path in (filled.folder / "exports" / "lists").iterdir()] == ["l2.csv"]


def test_a_group_tells_people_of_one_name_apart(filled):
    edit_labels(filled, [21], Edit(identity="id00", group="g1"))
    assert len(find_images(filled, identity="id00", group=None, image=None)) == 6
    assert len(find_images(filled, identity="id00", group="g0", image=None)) == 5
    assert find_images(filled, identity="id00", group="g1", image=None) == [21]


def test_what_cannot_be_purged(filled):
    both = "Say what to purge"
    for options, why in (
        ({"identity": "Nobody"}, "no image called Nobody"),
        ({"identity": "id00", "group": "g1"}, "no image called id00 in g1"),
        ({"image": "/no/such.png"}, "no image /no/such.png"),
        ({}, both),
        ({"identity": "id00", "image": "x"}, both),
    ):
        wanted = {"identity": None, "group": None, "image": None} | options
        with pytest.raises(RequestError, match=why):
            find_images(filled, **wanted)


def test_the_verb_asks_for_yes(filled, capsys):
    from fairdesk.cli import run

    assert run(["purge", str(filled.folder), "--identity", "id00"]) == 2
    assert "cannot be undone" in capsys.readouterr().err
    assert filled.db.value("SELECT count(*) FROM image") == 40
    assert run(["purge", str(filled.folder), "--identity", "id00", "--yes"]) == 0
    assert filled.db.value("SELECT count(*) FROM image") == 35
