"""Vectors are chosen by encoder and detector; what one detector finds changes no result of another's (the detector trap)."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from fairdesk.cli.main import run as main
from fairdesk.clustering.files.cluster_files import load_clusters
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams, LoadClustersParams
from fairdesk.clustering.store import versions
from fairdesk.dataset.duplicates import find_duplicates
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.leaks import check_leaks as find_leaks
from fairdesk.dataset.params import (
    DivideParams,
    DuplicatesParams,
    ImportParams,
    QualityParams,
    VectorsParams,
)
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.dataset.project_sets import divide_project as divide
from fairdesk.dataset.quality_measurement import measure_quality as measure
from fairdesk.dataset.vector_export import export_vectors
from fairdesk.errors import RequestError
from fairdesk.faces.aligners import Aligner
from fairdesk.faces.detection import find_faces as detect
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.encoders import Vectors
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.generation.checking.review import review_faces as review
from fairdesk.generation.params import ReviewParams
from fairdesk.images.pixels import Pixels
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores as evaluate
from fairdesk.metrics.params import EvaluateParams, NormaliseParams, ScoreParams
from fairdesk.metrics.scores.group_normalisation import normalise_scores as normalise
from fairdesk.metrics.scores.pair_scores import score_pairs as score
from fairdesk.metrics.scores.score_files import export_csv, read_scores
from fairdesk.project import Project
from fairdesk.project.conditions import meeting
from fairdesk.project.faces import set_identity
from fairdesk.project.images import labelled_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.recipes import Recipe
from fairdesk.project.vectors import VectorStore
from tests.conftest import add_faces, plain_images


@pytest.fixture
def two(project, tmp_path):
    """A project whose images have faces and vectors of two detectors: hog's of the people, whole's of nothing."""
    plain_images(tmp_path / "photographs", 2, 3, 4)
    import_folder(ImportParams(folder=tmp_path / "photographs"), QuietContext(project))
    add_faces(project, detector="hog", box=(2, 7, 7, 2), seed=1)
    add_faces(project, detector="whole", spread=9.0, seed=2)
    project.vectors.make_newest(project.vectors.find("made-up", "hog"))
    return project


@pytest.fixture
def pairs(two, tmp_path):
    """All pairs of the first image of each person with the others, as a list."""
    images = labelled_images(two)
    path = tmp_path / "pairs.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path1", "path2", "label"])
        first = images[::4]
        for a in first:
            for b in images:
                if a.id < b.id or (a.id > b.id and b not in first):  # no pair twice
                    writer.writerow([a.path, b.path, int((a.group, a.identity) == (b.group, b.identity))])
    return path


def _score(project, pairs, detector=None, encoder="made-up", name="scores.npz"):
    context = QuietContext(project)
    out = pairs.with_name(name)
    return (
        score(ScoreParams(pairs=pairs, encoder=encoder, detector=detector, out=out), context),
        read_scores(out),
        context,
    )


def test_scores_of_each_detector(two, pairs):
    a, of_hog, context = _score(two, pairs)
    assert (a.encoder, a.detector, a.faces, a.other_detectors) == ("made-up", "hog", 24, ["whole"])
    assert any("hog" in told and "whole (24 faces)" in told and "--detector" in told for told in context.messages)
    b, of_whole, context = _score(two, pairs, "whole")
    assert (b.detector, b.other_detectors, context.messages) == ("whole", ["hog"], [])
    assert not np.array_equal(of_hog.score, of_whole.score)
    assert of_hog.score[of_hog.label].min() > of_hog.score[~of_hog.label].max()  # hog's tell people apart
    two.keep_detector("whole")  # as `detect --detector whole` leaves it
    c, again, _ = _score(two, pairs)
    assert (c.detector, c.recipe) == ("hog", a.recipe) and again.score.tobytes() == of_hog.score.tobytes()


def test_a_score_file_says_whose_vectors_it_compares(two, pairs, tmp_path):
    known = {"encoder": "made-up", "detector": "whole", "faces": 24}
    for name in ("scores.npz", "scores.csv"):
        result, scores, _ = _score(two, pairs, "whole", name=name)
        assert {key: scores.about[key] for key in (*known, "recipe")} == known | {"recipe": result.recipe}
        assert scores.about["pair_list"] == pairs.name and len(scores.about["pair_list_sha256"]) == 64
    export_csv(tmp_path / "scores.npz", tmp_path / "copy.csv")
    assert read_scores(tmp_path / "copy.csv").about == scores.about
    context = QuietContext(two)
    found = evaluate(EvaluateParams(scores=tmp_path / "scores.csv", out=tmp_path / "report"), context)
    assert {key: getattr(found, key) for key in known} == known
    page = (tmp_path / "report" / "report.html").read_text()
    for name, value in (("Embedding model", "made-up"), ("Detector", "whole"), ("Faces with an embedding", "24")):
        assert f'<tr><th class="text">{name}</th><td>{value}</td></tr>' in page
    assert json.loads((tmp_path / "report" / "evaluation.json").read_text())["detector"] == "whole"


def test_what_is_learned_on_one_detector_is_not_applied_to_another(two, pairs, tmp_path):
    _score(two, pairs, "hog", name="a.csv")
    _score(two, pairs, "whole", name="b.csv")
    ask = {"scores": tmp_path / "a.csv", "learn_from": tmp_path / "b.csv", "out": tmp_path / "n.npz"}
    with pytest.raises(RequestError, match="of the detector whole, these of hog"):
        normalise(NormaliseParams(**ask), QuietContext(two))


def test_clusterings_of_each_detector(two):
    default = cluster(ClusterParams(method="kmeans", n_clusters=6), QuietContext(two))
    whole = cluster(ClusterParams(method="kmeans", n_clusters=6, detector="whole"), QuietContext(two))
    two.keep_detector("whole")
    again = cluster(ClusterParams(method="kmeans", n_clusters=6, encoder="made-up"), QuietContext(two))
    assert [r.detector for r in (default, whole, again)] == ["hog", "whole", "hog"]
    assert default.ari == again.ari == 1.0 and whole.ari < 0.5
    shown = [(v.encoder, v.detector, v.faces, v.params["detector"]) for v in versions(two)]
    assert shown == [("made-up", d, 24, d) for d in ("hog", "whole", "hog")]


def test_vectors_are_those_of_the_newest_encoder_where_none_is_named(two, tmp_path):
    out = export_vectors(VectorsParams(out=tmp_path / "v.npz"), QuietContext(two))
    assert (out.encoder, out.detector, out.vectors) == ("made-up", "hog", 24)
    add_faces(two, detector="hog", encoder="newer")
    context = QuietContext(two)
    assert export_vectors(VectorsParams(out=tmp_path / "w.npz"), context).encoder == "newer"
    with np.load(tmp_path / "w.npz") as data:
        assert str(data["encoder"]) == "newer"


@pytest.mark.parametrize("detector", [None, "hog", "whole"])
def test_other_jobs_that_compare_vectors(two, tmp_path, detector):
    used = detector or "hog"
    ask = {"encoder": "made-up", "detector": detector}
    found = find_duplicates(DuplicatesParams(**ask, vector_distance=2), QuietContext(two))
    assert (found.encoder, found.detector, found.faces) == ("made-up", used, 24)
    assert bool(found.vectors) == (used == "hog")  # whole's vectors are far from each other
    sets = divide(DivideParams(**ask, dry_run=True, vector_distance=2), QuietContext(two))
    assert (sets.encoder, sets.detector, sets.faces) == ("made-up", used, 24)
    out = export_vectors(VectorsParams(**ask, out=tmp_path / "v.npz"), QuietContext(two))
    with np.load(tmp_path / "v.npz") as data:
        assert (str(data["encoder"]), str(data["detector"])) == ("made-up", used)
        assert data["boxes"].tolist()[0] == ([2, 7, 7, 2] if used == "hog" else [0, 9, 9, 0])
        assert np.array_equal(data["vectors"], two.vectors.load(two.vectors.find("made-up", used))[1])
    assert (out.detector, out.vectors) == (used, 24)
    array = cluster(ClusterParams(vectors=tmp_path / "v.npz", method="kmeans", n_clusters=6), QuietContext())
    assert (array.encoder, array.detector) == ("made-up", used)


def test_a_division_keeps_whose_vectors_it_was_checked_with(two):
    divide(DivideParams(encoder="made-up", vector_distance=0.01), QuietContext(two))
    assert json.loads(two.db.value("SELECT params FROM image_set LIMIT 1"))["detector"] == "hog"


def test_leaks_between_projects_compare_one_detector(two, tmp_path):
    other = Project.create(tmp_path / "other.fairdesk")
    plain_images(tmp_path / "more", 1, 2, 2, side=20)
    import_folder(ImportParams(folder=tmp_path / "more"), QuietContext(other))
    add_faces(other, detector="whole")
    both = {"a": two.folder, "b": other.folder, "encoder": "made-up"}
    found = find_leaks(LeaksParams(**both), QuietContext())  # hog is the need_version, but not in both
    assert (found.encoder, found.detector, found.faces) == ("made-up", "whole", [24, 4])
    with pytest.raises(
        RequestError, match=r"no made-up embeddings of the faces that the detector hog finds.*those of: whole"
    ):
        find_leaks(LeaksParams(**both, detector="hog"), QuietContext())
    add_faces(other, detector="hog", weights="others")
    with pytest.raises(RequestError, match="made in different ways"):
        find_leaks(LeaksParams(**both, detector="hog"), QuietContext())
    other.close()


@pytest.mark.parametrize("verb", ["cluster", "vectors", "duplicates", "divide"])
def test_a_detector_without_vectors_says_what_exists_and_how_to_make_it(two, tmp_path, capsys, verb):
    words = [verb, str(two.folder), "--encoder", "made-up", "--detector", "hog@2"]
    words += ["--out", str(tmp_path / "v.npz")] if verb == "vectors" else []
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "hog (24 faces), whole (24 faces)" in told and "Traceback" not in told
    assert "fairdesk encode" not in told  # nothing can be encoded by what is called that
    words[words.index("made-up")] = "dlib"
    with two.db.transaction() as connection:
        connection.execute("UPDATE recipe SET encoder = 'dlib'")
    assert main(words) == 2
    told = capsys.readouterr().err
    assert f"fairdesk encode {two.folder} --encoder dlib --detector hog@2" in told and "Traceback" not in told
    assert two.db.value("SELECT count(*) FROM clustering") == 0


@pytest.mark.parametrize("given", ["eyes", "deepface:", "hog@9", "hog/5", "hog+some", "", "whole@x"])
def test_what_is_no_detector(two, capsys, given):
    assert main(["cluster", str(two.folder), "--detector", given]) == 2
    assert "--detector" in capsys.readouterr().err


def test_a_detector_without_an_encoder_is_refused(two, capsys):
    assert main(["duplicates", str(two.folder), "--detector", "hog"]) == 2
    assert "give the encoder too" in capsys.readouterr().err


def test_json_names_encoder_and_detector(two, pairs, capsys, tmp_path):
    place = str(two.folder)
    for words in (
        ["score", place, "--encoder", "made-up", "--pairs", str(pairs), "--out", str(tmp_path / "s.npz")],
        ["cluster", place], ["cluster", place, "--encoder", "made-up"], ["duplicates", place, "--encoder", "made-up"],
        ["vectors", place, "--encoder", "made-up", "--out", str(tmp_path / "v.npz")],
        ["evaluate", str(tmp_path / "s.npz")], ["leaks", place, place, "--encoder", "made-up"],
    ):  # fmt: skip
        assert main([*words, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (words, found["encoder"], found["detector"]) == (words, "made-up", "hog")
        assert words[0] == "evaluate" or found["other_detectors"] == ["whole"]


def test_a_recipe_names_its_vectors(two, pairs):
    """Vectors of the same encoder and detector, made with other weights, are told apart and can be chosen."""
    add_faces(two, detector="hog", weights="newer", spread=5.0, seed=3)
    chosen = two.vectors.choose("made-up", "hog")
    assert two.vectors.described(chosen.recipe).weights == "newer"
    older = chosen.others[-1] if chosen.others[-1].recipe.detector == "hog" else chosen.others[0]
    assert older.recipe.hash in chosen.told()
    result, _, context = _score(two, pairs, encoder=older.recipe.hash)
    assert (result.encoder, result.recipe, context.messages) == ("made-up", older.recipe.hash, [])


def test_two_files_of_the_same_name(two, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "face.pth").write_bytes(name.encode())
    import hashlib

    digest = hashlib.sha256(b"one").hexdigest()
    add_faces(two, detector="hog", encoder="arcface:face.pth", weights=digest)
    assert two.vectors.find(f"arcface:{tmp_path}/one/face.pth").encoder == "arcface:face.pth"
    with pytest.raises(RequestError, match=r"made with another file of that name"):
        two.vectors.find(f"arcface:{tmp_path}/two/face.pth")
    assert two.vectors.find(f"arcface:{tmp_path}/gone/face.pth").encoder == "arcface:face.pth"


def test_a_project_of_before_takes_the_newest_vectors(two, pairs):
    """No setting of whose faces are shown, and `created` in the order the vectors were first made."""
    with two.db.transaction() as connection:
        connection.execute("DELETE FROM meta WHERE key = 'faces shown'")
        connection.execute("UPDATE meta SET value = 'whole' WHERE key = 'detector'")
        connection.execute("UPDATE recipe SET created = id")
    folder = two.folder
    two.close()
    old = Project.open(folder)
    assert old.shown_detector() == "whole"
    result, _, context = _score(old, pairs)
    assert (result.detector, result.other_detectors) == ("whole", ["hog"]) and context.messages
    assert _score(old, pairs, "hog")[0].detector == "hog"
    old.keep_detector("hog")  # the first search since then changes nothing that is shown
    assert (old.shown_detector(), old.last_detector()) == ("whole", "hog")
    old.close()


def test_detecting_anew_shows_no_other_faces(two):
    assert (two.shown_detector(), two.last_detector()) == ("hog", "whole")
    context = QuietContext(two)
    assert detect(DetectParams(detector="whole"), context).shown == "hog"
    assert two.shown_detector() == "hog" and any("are still shown" in told for told in context.messages)
    two.show_faces_of("whole")
    assert two.shown_detector() == "whole"
    with pytest.raises(RequestError, match="cnn has looked at no image"):
        two.show_faces_of("cnn")


def test_quality_names_its_detector(two):
    context = QuietContext(two)
    result = measure(QualityParams(), context)
    assert (result.detector, result.other_detectors, result.measured) == ("hog", ["whole"], 24)
    assert any("hog" in told and "whole" in told for told in context.messages)
    assert measure(QualityParams(detector="whole"), QuietContext(two)).measures != result.measures
    with pytest.raises(RequestError, match=r"cnn@2 has looked at no image.*--detector cnn --upsample 2"):
        measure(QualityParams(detector="cnn@2"), QuietContext(two))


def test_a_cluster_file_names_its_detector(two, tmp_path):
    paths = [str(image.path) for image in labelled_images(two)]
    (tmp_path / "c.json").write_text(json.dumps({"0": paths}))
    result = load_clusters(LoadClustersParams(file=tmp_path / "c.json", detector="whole"), QuietContext(two))
    assert result.detector == "whole" and versions(two)[0].detector == "whole"
    assert load_clusters(LoadClustersParams(file=tmp_path / "c.json"), QuietContext(two)).detector == "hog"
    with pytest.raises(RequestError, match=r"no faces that cnn found.*hog \(24\), whole \(24\)"):
        load_clusters(LoadClustersParams(file=tmp_path / "c.json", detector="cnn"), QuietContext(two))


def test_conditions_of_faces_say_whose(two, tmp_path):
    add = "INSERT INTO detection VALUES (?, 'cnn', 0, NULL)"
    with two.db.transaction() as connection:
        for row in two.db.rows("SELECT id FROM image WHERE id <= 5"):
            connection.execute(add, row)
    assert len(meeting(two, ["state=with face"])) == 24
    assert len(meeting(two, ["state=without face", "detector=cnn"])) == 5
    with pytest.raises(ValueError, match="hog, hog-fast, cnn, whole"):
        DetectParams(where=["detector=eyes"])
    context = QuietContext(two)
    detect(DetectParams(detector="whole", where=["state=with face"]), context)
    assert any("faces that hog found" in told and "cnn" in told for told in context.messages)


# Labels: a correction holds whichever detector's faces are looked at.


def _names(project):
    return {image.id: image.identity for image in labelled_images(project)}


@pytest.mark.parametrize("named", ["hog", "whole"])
def test_a_named_face_names_its_image_for_every_detector(two, named):
    (face,) = two.db.rows("SELECT id FROM face WHERE image_id = 1 AND detector = ?", (named,))[0]
    assert set_identity(two, [face], "Ann", "g0") == 1
    for shown in ("hog", "whole"):
        two.show_faces_of(shown)
        assert _names(two)[1] == "Ann"
        said = two.db.rows("SELECT l.identity_id FROM face_label l WHERE image_id = 1 AND detector = ?", (shown,))
        assert two.db.value("SELECT name FROM identity WHERE id = ?", said[0]) == "Ann"
    two.journal.undo()
    assert _names(two)[1] != "Ann" and not two.db.value("SELECT count(*) FROM face WHERE label_source IS NOT NULL")


def test_the_last_word_counts_for_every_detector(two):
    for detector, box in (("cnn", (0, 3, 3, 0)),):  # another face of the image than hog's
        add_faces(two, detector=detector, box=box, encoder="other")
    hog, cnn = (two.db.value("SELECT id FROM face WHERE image_id = 1 AND detector = ?", (d,)) for d in ("hog", "cnn"))
    set_identity(two, [hog], "Ann")
    assert two.db.value("SELECT label_source FROM face WHERE id = ?", (cnn,)) is None
    set_identity(two, [cnn], "Bea")
    edit_labels(two, [1], Edit(identity="Cleo"))
    assert _names(two)[1] == "Cleo"
    assert {
        r[0]
        for r in two.db.rows("SELECT i.name FROM face f JOIN identity i ON i.id = f.identity_id WHERE f.image_id = 1")
    } == {"Cleo"}


def test_a_new_detector_keeps_a_named_face(two, drawn, tmp_path):
    study = Project.create(tmp_path / "drawn.fairdesk")
    import_folder(ImportParams(folder=drawn), QuietContext(study))
    detect(DetectParams(), QuietContext(study))
    face, image = study.db.rows("SELECT id, image_id FROM face ORDER BY id LIMIT 1")[0]
    set_identity(study, [face], "Ann")
    detect(DetectParams(detector="whole"), QuietContext(study))
    row = study.db.rows("SELECT f.label_source, i.name FROM face f JOIN identity i ON i.id = f.identity_id"
                        " WHERE f.image_id = ? AND f.detector = 'whole'", (image,))  # fmt: skip
    assert row == [("person", "Ann")]
    study.close()


# The case itself, on drawn faces, with an encoder that needs no network's weights.


class MeanColours:
    """An encoder that is quick: the mean colours of the box's quarters."""

    dim = 12
    engine = "all cores"
    aligner = Aligner("box")

    def __init__(self, name: str = "dlib") -> None:
        self.name = name

    def recipe(self, detector: str) -> Recipe:
        return Recipe(self.name, detector, "box", self.dim, "euclidean", "mean colours")

    def load(self) -> None:
        pass

    def compute(self, chips: list[Pixels]) -> Vectors:
        rows = []
        for chip in chips:
            y, x = chip.shape[0] // 2, chip.shape[1] // 2
            quarters = (chip[:y, :x], chip[:y, x:], chip[y:, :x], chip[y:, x:])
            rows.append(np.concatenate([part.reshape(-1, 3).mean(0) for part in quarters]))
        return np.array(rows, dtype=np.float32)


@pytest.fixture
def study(tmp_path, drawn, monkeypatch):
    def here(work, todo, size, context, load, args, *_, **__):
        load(*args)
        for start in range(0, len(todo), size):
            yield todo[start : start + size], work(todo[start : start + size])

    monkeypatch.setattr("fairdesk.faces.embedding.make_encoder", lambda params, *_: MeanColours(params.encoder))
    monkeypatch.setattr("fairdesk.faces.embedding.map_batches", here)
    made = Project.create(tmp_path / "study.fairdesk")
    import_folder(ImportParams(folder=drawn), QuietContext(made))
    yield made
    made.close()


def _list(project, tmp_path):
    images = labelled_images(project)
    lines = [
        f"{a.path} {b.path} {int(a.identity == b.identity)}" for n, a in enumerate(images) for b in images[n + 1 :]
    ]
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "list.txt"


def test_the_trap(study, tmp_path):
    ask = _list(study, tmp_path)
    encode(EncodeParams(), QuietContext(study))
    a, first, _ = _score(study, ask, encoder="dlib")
    clusters = cluster(ClusterParams(method="kmeans", n_clusters=6), QuietContext(study))
    detect(DetectParams(detector="whole"), QuietContext(study))
    b, second, context = _score(study, ask, encoder="dlib")
    assert not any("Encoding" in told for told in context.messages)
    assert (
        cluster(ClusterParams(encoder="dlib", method="kmeans", n_clusters=6), QuietContext(study)).ari == clusters.ari
    )
    w, other, context = _score(study, ask, "whole", encoder="dlib")
    assert any("Encoding 24 faces of the detector whole with dlib" in told for told in context.messages)
    detect(DetectParams(detector="hog"), QuietContext(study))
    encode(EncodeParams(encoder="dlib", detector="hog"), QuietContext(study))
    c, third, context = _score(study, ask, encoder="dlib")
    assert first.score.tobytes() == second.score.tobytes() == third.score.tobytes() != other.score.tobytes()
    assert [r.detector for r in (a, b, w, c)] == ["hog", "hog", "whole", "hog"]
    assert (c.other_detectors, b.other_detectors) == (["whole"], []) and context.messages
    assert study.shown_detector() == "hog"


def test_detectors_that_differ_in_their_settings(study, tmp_path):
    """hog and hog with upsampling are two; one call makes the other's vectors, searching first and saying so."""
    encode(EncodeParams(), QuietContext(study))
    context = QuietContext(study)
    result = encode(EncodeParams(detector="hog@2/500"), context)
    assert result.detector == "hog@2/500"
    assert any("Detecting faces first in 24 images (detector hog@2/500)" in told for told in context.messages)
    assert study.db.value("SELECT count(*) FROM detection WHERE detector = 'hog@2/500'") == 24
    ask = _list(study, tmp_path)
    assert _score(study, ask, encoder="dlib")[0].detector == "hog@2/500"
    assert _score(study, ask, "hog", encoder="dlib")[0].detector == "hog"
    assert detect(DetectParams(upsample=2, max_side=500), QuietContext(study)).detector == "hog@2/500"


def test_an_encoder_without_vectors_takes_the_detector_used_last_and_says_so(study):
    encode(EncodeParams(), QuietContext(study))
    detect(DetectParams(detector="whole"), QuietContext(study))
    context = QuietContext(study)
    assert encode(EncodeParams(encoder="deepface:SFace"), context).detector == "whole"
    assert any("whole, the detector that was used last" in told and "hog" in told for told in context.messages)
    context = QuietContext(study)
    assert encode(EncodeParams(), context).detector == "hog"
    assert any("hog, the detector of this encoder's newest embeddings" in told for told in context.messages)


def test_review_finds_made_faces_as_the_real_ones_were_found(study, drawn, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "fairdesk.generation.checking.review.make_encoder", lambda params, *_: MeanColours(params.encoder)
    )
    encode(EncodeParams(), QuietContext(study))
    encode(EncodeParams(detector="whole"), QuietContext(study))
    made = drawn / "tone 5"
    ask = {"made": made, "too_like": 0.001}
    whole = review(ReviewParams(**ask), QuietContext(study))
    hog = review(ReviewParams(**ask, detector="hog"), QuietContext(study))
    assert (whole.detector, hog.detector, hog.other_detectors) == ("whole", "hog", ["whole"])
    for result in (whole, hog):  # each made face is a real one here, at no distance where both are found alike
        found = [face for face in result.faces if "no face was found in it" not in face.why]
        assert found and all(face.distance < 0.001 for face in found)
    monkeypatch.setattr(
        MeanColours, "recipe", lambda self, detector: Recipe("dlib", detector, "box", 12, "euclidean", "x")
    )
    with pytest.raises(RequestError, match="made with other weights"):
        review(ReviewParams(**ask), QuietContext(study))


def test_lists_of_vectors_are_read_once_made(two):
    sets = VectorStore(two.vectors.folder, two.db).sets()
    assert [(one.recipe.detector, one.vectors, one.complete) for one in sets] == [
        ("hog", 24, True),
        ("whole", 24, True),
    ]
