"""Encodings from elsewhere: the original scripts' pickle without running it, other forms, and into a project."""

import json
import pickle
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from PIL import Image

from fairdesk.cli import run as main
from fairdesk.clustering.files.mosaics import write_mosaic
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, MosaicParams
from fairdesk.dataset import face_encodings
from fairdesk.dataset.encodings_import import load_encodings
from fairdesk.dataset.face_encodings import read_encodings
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams, LoadEncodingsParams
from fairdesk.errors import RequestError
from fairdesk.faces.detection import find_faces
from fairdesk.faces.params import DetectParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.detections import face_count
from fairdesk.project.faces import face_places
from fairdesk.project.image_queries import Filter, image_ids
from fairdesk.project.images import labelled_images
from tests.conftest import plain_images


def entries(paths, dim=6, box=(1, 9, 8, 2)):
    rng = np.random.default_rng(1)
    return [{"imagePath": path, "loc": box, "encoding": rng.normal(size=dim)} for path in paths]


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_the_originals_pickle_is_read_in_every_protocol(tmp_path, protocol):
    given = entries(["a/1.jpg", "b\\2.jpg", "/c/3.jpg"])
    given[1]["loc"] = tuple(np.int64(side) for side in given[1]["loc"])
    given[2]["encoding"] = given[2]["encoding"].astype(np.float32)
    (tmp_path / "e.pickle").write_bytes(pickle.dumps(given, protocol=protocol))
    found = read_encodings(tmp_path / "e.pickle")
    assert [one.path for one in found] == ["a/1.jpg", "b\\2.jpg", "/c/3.jpg"]
    assert [one.box for one in found] == [(1, 9, 8, 2)] * 3
    for one, was in zip(found, given, strict=True):
        np.testing.assert_allclose(one.vector, was["encoding"], rtol=1e-6)


def test_paths_as_objects_and_encodings_as_lists(tmp_path):
    given = entries([PurePosixPath("/x/a/1.jpg"), PureWindowsPath(r"C:\faces\2.jpg")])
    given[0]["encoding"] = given[0]["encoding"].tolist()
    del given[1]["loc"]
    (tmp_path / "e.pkl").write_bytes(pickle.dumps(given))
    found = read_encodings(tmp_path / "e.pkl")
    assert [one.path for one in found] == ["/x/a/1.jpg", "C:\\faces\\2.jpg"] and found[1].box is None


class Runs:
    def __reduce__(self):
        return (print, ("it was run",))


def bad(change):
    given = entries(["a.jpg", "b.jpg"])
    change(given)
    return given


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (bad(lambda g: g.append(Runs())), "needs builtins.print"),
        (bad(lambda g: g[1].update(encoding=np.array(1.0))), "entry 2 is not a list of numbers"),
        (bad(lambda g: g[1].update(encoding="words")), "entry 2 is not a list of numbers"),
        (bad(lambda g: g[0].update(loc=(9, 1, 2, 8))), "box of entry 1"),
        (bad(lambda g: g[0].update(loc=(1, 2, 3))), "box of entry 1"),
        (bad(lambda g: g[1].pop("imagePath")), "entry 2 has no imagePath"),
        (bad(lambda g: g[1].update(encoding=[1.0, 2.0])), "different lengths: 2, 6"),
        (bad(lambda g: g[1].update(imagePath=np.str_("some/where/a.jpg"))), r"a numpy string; write the paths as plain text: str\(path\)"),
        (bad(lambda g: g[1].update(imagePath=np.bytes_(b"a.jpg"))), "a numpy string"),
        (bad(lambda g: g[1].update(imagePath=np.array(["a.jpg"]))), "a numpy string"),
        (bad(lambda g: g[1].update(encoding=np.array([1 + 2j]))), "an array of c16"),
        ([], "no encodings"),
        ({"a": 1}, "is a dict"),
        (7, "is a number"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_encodings_is_refused_and_nothing_runs(tmp_path, capsys, given, why):
    path = tmp_path / "e.pickle"
    path.write_bytes(pickle.dumps(given))
    with pytest.raises(RequestError, match=why):
        read_encodings(path)
    assert "it was run" not in capsys.readouterr().out


@pytest.mark.parametrize("damage", [b"", b"\x80", b"not a pickle", b"(lp0\n" * 2000])
def test_damaged_files_are_refused_by_name(tmp_path, damage):
    for name in ("e.pickle", "e.json", "e.npz", "e.csv"):
        (tmp_path / name).write_bytes(damage)
        with pytest.raises(RequestError, match=name):
            read_encodings(tmp_path / name)


def test_forms_turn_into_each_other(tmp_path):
    (tmp_path / "e.pickle").write_bytes(pickle.dumps(entries(["=a/1.jpg", "b/2, with.jpg"])))
    first = read_encodings(tmp_path / "e.pickle")
    before = tmp_path / "e.pickle"
    for name in ("f.json", "f.csv", "f.npz", "g.json"):
        assert main(["vectors", "--from", str(before), "--out", str(tmp_path / name)]) == 0
        before = tmp_path / name
        found = read_encodings(before)
        assert [(one.path, one.box) for one in found] == [(one.path, one.box) for one in first]
        for one, was in zip(found, first, strict=True):
            np.testing.assert_array_equal(one.vector, was.vector)
    rows = json.loads((tmp_path / "g.json").read_text())
    assert set(rows[0]) == {"imagePath", "loc", "encoding"}
    assert (tmp_path / "f.csv").read_text().startswith("path,top,right,bottom,left,v0,v1,")


def test_encodings_become_faces_and_embeddings_of_a_project(filled, tmp_path, capsys):
    paths = [image.path for image in labelled_images(filled)]
    lists = [f"C:\\old\\{p.parent.parent.name}\\{p.parent.name}\\{p.name}" for p in paths[:12]] + [
        "C:\\old\\nobody.jpg"
    ]
    given = entries(lists, box=(0, 8, 8, 0))
    given[1] = {**given[0], "loc": (10, 16, 16, 10)}  # a second face of the first image
    (tmp_path / "e.pickle").write_bytes(pickle.dumps(given))
    context = QuietContext(filled)
    done = load_encodings(LoadEncodingsParams(file=tmp_path / "e.pickle"), context)
    assert (done.vectors, done.new_faces, done.dim, done.detector) == (12, 12, 6, "cnn+all")
    assert [one.path for one in done.left_out] == ["C:\\old\\nobody.jpg"] and "nobody" in context.messages[0]
    recipe = filled.vectors.choose("given:e.pickle").recipe
    faces, vectors = filled.vectors.load(recipe)
    places = {place.id: place for place in face_places(filled, faces.tolist())}
    for face, vector in zip(faces.tolist(), vectors, strict=True):
        of = next(
            g for g in given
            if g["imagePath"].replace("\\", "/").endswith("/".join(places[face].path.split("/")[-2:])) and g["loc"] == places[face].box.css
        )  # fmt: skip
        np.testing.assert_allclose(vector, of["encoding"], rtol=1e-6)
    again = load_encodings(LoadEncodingsParams(file=tmp_path / "e.pickle"), QuietContext(filled))
    assert (again.vectors, again.new_faces) == (12, 0) and len(filled.vectors.load(recipe)[0]) == 12
    made = cluster(ClusterParams(encoder="given:e.pickle", eps=5), QuietContext(filled))
    assert made.faces == 12 and made.detector == "cnn+all"
    assert filled.shown_detector() == "whole" and len(image_ids(filled, Filter())) == 40  # what is shown stays
    folder = str(filled.folder)
    assert main(["vectors", folder, "--encoder", "given:e.pickle", "--out", str(tmp_path / "o.csv")]) == 0
    assert len(read_encodings(tmp_path / "o.csv")) == 12
    assert main(["load-encodings", folder, str(tmp_path / "e.pickle"), "--detector", "whole"]) == 0
    assert "no face of whole lies in that box" in capsys.readouterr().err
    given = entries(["x/nobody.jpg"])
    (tmp_path / "n.pickle").write_bytes(pickle.dumps(given))
    assert main(["load-encodings", folder, str(tmp_path / "n.pickle")]) == 2
    assert "None of the paths" in capsys.readouterr().err


def test_boxes_outside_the_image_and_empty_embeddings_are_left_out(filled, tmp_path, capsys):
    images = [image.path for image in labelled_images(filled)]
    given = entries([str(path) for path in images[:5]], box=(0, 8, 8, 0))
    given[0]["loc"] = (9000, 9100, 9100, 9000)
    given[1]["loc"] = (0, 90000, 90000, 0)
    given[2]["encoding"] = np.zeros(6)
    given[3]["loc"] = (-2, 8, 8, -2)  # a little over the edge, as detectors give it
    (tmp_path / "e.pickle").write_bytes(pickle.dumps(given))
    done = load_encodings(LoadEncodingsParams(file=tmp_path / "e.pickle"), QuietContext(filled))
    assert (done.vectors, done.new_faces) == (2, 2)
    with Image.open(images[0]) as picture:
        width, height = picture.size
    outside = f"its box lies outside of the image of {width}x{height}"
    assert {one.path: one.why for one in done.left_out} == {
        str(images[0]): outside, str(images[1]): outside, str(images[2]): "its embedding is all zeros",
    }  # fmt: skip
    (tmp_path / "n.pickle").write_bytes(pickle.dumps(given[:3]))
    assert main(["load-encodings", str(filled.folder), str(tmp_path / "n.pickle"), "--detector", "hog+all"]) == 2
    assert "None of the encodings" in (said := capsys.readouterr().err) and outside in said
    assert not face_count(filled, "hog+all")


NOT_FINITE = "the embedding has numbers that are not finite, or too large"


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e39, -1e300, 1e30])
@pytest.mark.parametrize("name", ["e.pickle", "e.json", "e.csv", "e.npz"])
def test_an_embedding_that_is_not_finite_as_stored_is_left_out(filled, tmp_path, capsys, name, number):
    paths = [str(image.path) for image in labelled_images(filled)][:3]
    given = [{**one, "encoding": one["encoding"].tolist()} for one in entries(paths, box=(0, 8, 8, 0))]
    given[1]["encoding"][2] = number
    file = tmp_path / name
    if name == "e.pickle":
        file.write_bytes(pickle.dumps(given))
    elif name == "e.json":
        file.write_text(json.dumps(given))
    elif name == "e.csv":
        rows = [",".join([one["imagePath"], "0,8,8,0", *map(repr, one["encoding"])]) for one in given]
        file.write_text("\n".join(["path,top,right,bottom,left,v0,v1,v2,v3,v4,v5", *rows]))
    else:
        np.savez(file, vectors=[one["encoding"] for one in given], paths=paths, boxes=[one["loc"] for one in given])
    done = load_encodings(LoadEncodingsParams(file=file), QuietContext(filled))
    assert [(one.path, one.why) for one in done.left_out] == [(paths[1], NOT_FINITE)]
    _, vectors = filled.vectors.load(filled.vectors.choose(f"given:{name}").recipe)
    assert len(vectors) == 2 and np.isfinite(vectors).all()
    assert main(["vectors", "--from", str(file), "--out", str(tmp_path / "o.csv")]) == 2
    said = capsys.readouterr().err
    assert "entry 2" in said and paths[1] in said and not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize("box", [(9000, 9100, 9100, 9000), (-90, -10, -10, -90), (5, 2, 2, 5), (3, 3, 3, 3)])
def test_a_mosaic_leaves_out_a_face_whose_box_is_none(filled, tmp_path, box):
    with filled.db.transaction() as connection:
        connection.execute("UPDATE face SET top = ?, right = ?, bottom = ?, left = ? WHERE id = 1", box)
    done = write_mosaic(MosaicParams(faces="1-3", out=tmp_path / "m.png"), QuietContext(filled))
    assert done.faces == 2 and "the box of face 1 lies outside" in done.unreadable[0].why


@pytest.mark.parametrize("boxed", [True, False])
@pytest.mark.parametrize("count", [1, 10])
def test_an_npz_is_what_numpy_would_write(tmp_path, monkeypatch, boxed, count):
    monkeypatch.setattr(face_encodings, "_AT_ONCE", 3)
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(count, 5)).astype(np.float32)
    paths = [f"/in/{'ü' * n}{n}.jpg" for n in range(count)]
    boxes = [(n, 9 + n, 10 + n, 1) if boxed or n else None for n in range(count)]
    more = {"identities": [""] * count, "encoder": "dlib", "synthetic": np.array([n == 2 for n in range(count)])}
    face_encodings.write_encodings(tmp_path / "a.npz", face_encodings.Written(paths, boxes, vectors, 5), more)
    arrays = {"paths": np.array(paths), "vectors": vectors, **{name: np.array(value) for name, value in more.items()}}
    if all(box is not None for box in boxes):
        arrays["boxes"] = np.array(boxes, dtype=np.int32)
    np.savez(tmp_path / "b.npz", **arrays)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert [one.path for one in read_encodings(tmp_path / "a.npz")] == paths


def test_a_file_without_boxes_says_that_faces_have_to_be_found_first(project, tmp_path):
    plain_images(tmp_path / "in", 1, 2, 2)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    paths = [str(image.path) for image in labelled_images(project)]
    np.savez(tmp_path / "e.npz", paths=np.array(paths), vectors=np.random.default_rng(0).normal(size=(4, 6)))
    with pytest.raises(RequestError, match=r"e\.npz has no boxes, and .* Find faces first \(fairdesk detect PROJECT\)"):
        load_encodings(LoadEncodingsParams(file=tmp_path / "e.npz"), QuietContext(project))
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    given = LoadEncodingsParams(file=tmp_path / "e.npz", detector="whole")
    load_encodings(given, QuietContext(project))
    assert [one.vectors for one in project.vectors.sets()] == [4]
