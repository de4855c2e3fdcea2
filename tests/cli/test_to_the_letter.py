"""What the original scripts did and the verbs do to the letter: sides that share people, endings, boxes, what is left out."""

import json

import numpy as np
import pytest
from PIL import Image

from fairdesk.cli import run
from fairdesk.cli.main import _parser
from fairdesk.errors import RequestError
from fairdesk.faces.deepface_models import prepare
from fairdesk.faces.downloads import fetch
from fairdesk.metrics.scores.score_files import read_scores, write_scores
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.project import Project
from fairdesk.project.predictions import Prediction, keep_predictions
from tests.cli.test_command_line import fairdesk
from tests.conftest import SHARED


@pytest.fixture
def study(capsys, tmp_path, drawn):
    fairdesk(capsys, "new", tmp_path / "study")
    fairdesk(capsys, "import", tmp_path / "study", drawn)
    fairdesk(capsys, "detect", tmp_path / "study", "--detector", "whole")
    return tmp_path / "study"


def _people(tmp_path, people=2, images=6, group=""):
    folder = tmp_path / "in"
    _write(folder, [f"{group}person_{p}/{n}.png" for p in range(people) for n in range(images)])
    return folder


def _write(folder, names):
    """Small pictures of noise, no two alike."""
    rng = np.random.default_rng(3)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(folder / name)


@pytest.mark.parametrize("leaks", ["refuse", "skip"])
def test_a_split_by_image_names_who_is_on_both_sides(capsys, tmp_path, leaks):
    outs = [tmp_path / "A", tmp_path / "B"]
    found, err = fairdesk(
        capsys, "split", _people(tmp_path), "--out", *outs, "--images", 5, "--by", "image", "--leaks", leaks, "--json"
    )
    assert "2 people are in more than one set: person_0, person_1" in err
    if leaks == "refuse":
        assert not found["leaks"]["clean"] and "Nothing is shared" not in found["summary"]
        assert [one["identity"] for one in found["leaks"]["identities"]] == ["person_0", "person_1"]
    assert [row["got"] for row in found["sets"]] == [5, 5]
    _, err = fairdesk(capsys, "split", tmp_path / "in", "--out", tmp_path / "C", tmp_path / "D", "--images", 6)
    assert "more than one set" not in err


def test_a_share_that_leaves_a_group_out_says_so(capsys, tmp_path):
    names = [f"G{g}/p{g}{p}/{n}.png" for g in range(3) for p in range(5) for n in range(4)]
    _write(tmp_path / "in", names)
    outs = [tmp_path / name for name in ("train", "val", "test")]
    found, _ = fairdesk(capsys, "split", tmp_path / "in", "--out", *outs, "--shares", ".8", ".1", ".1", "--json")
    for row in found["sets"]:
        for group in ("G0", "G1", "G2"):
            told = any(
                line.startswith(f"{row['name']} has nobody of") and group in line
                for line in found["warning"].splitlines()
            )
            assert (row["groups"].get(group, 0) == 0) == told


def test_scores_are_written_as_the_ending_says(tmp_path):
    scores = ScoreSet(
        score=np.array([0.1, 0.9, np.nan, 0.2]), label=np.array([False, True, True, False]), measure="cosine similarity"
    )
    scores.subject1 = scores.subject2 = np.array(["a", "b", "c", "=cmd"])
    for ending in (".npz", ".csv", ".parquet", ".txt"):
        write_scores(tmp_path / f"s{ending}", scores)
        genuine, impostor = read_scores(tmp_path / f"s{ending}").split()
        assert sorted(impostor.tolist()) == [0.1, 0.2] and genuine[~np.isnan(genuine)].tolist() == [0.9], ending
        assert (tmp_path / f"s{ending}").read_bytes()[:2] == {
            ".npz": b"PK",
            ".parquet": b"PA",
            ".csv": b"sc",
            ".txt": b"0.",
        }[ending]
    assert (tmp_path / "s.txt").read_text().splitlines() == ["0.9 1", "nan 1", "0.1 0", "0.2 0"]


@pytest.mark.parametrize("name", ["s.xlsx", "s", "s.npy", "s.txt.gz"])
def test_another_ending_is_refused(capsys, tmp_path, study, name):
    (tmp_path / "p.csv").write_text("path1,path2,label\na,b,1\n")
    _, err = fairdesk(capsys, "score", study, "--pairs", tmp_path / "p.csv", "--out", tmp_path / name, expect=2)
    assert "--out" in err and ".txt" in err and not (tmp_path / name).exists()


def test_boxes_come_out(capsys, tmp_path, study):
    fairdesk(capsys, "encode", study, "--encoder", "dlib", "--detector", "whole")
    fairdesk(capsys, "vectors", study, "--encoder", "dlib", "--out", tmp_path / "v.json")
    rows = json.loads((tmp_path / "v.json").read_text())
    fairdesk(capsys, "vectors", study, "--encoder", "dlib", "--out", tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz") as data:
        assert [row["loc"] for row in rows] == data["boxes"].tolist()
        assert np.allclose([row["encoding"] for row in rows], data["vectors"])
        assert [row["imagePath"] for row in rows] == data["paths"].tolist()
    fairdesk(capsys, "vectors", study, "--encoder", "dlib", "--out", tmp_path / "v.pickle", expect=2)


def test_predictions_and_boxes_are_told_image_by_image(capsys, tmp_path, study, monkeypatch):
    from fairdesk.faces import deepface_models

    monkeypatch.setattr(deepface_models, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(
        deepface_models, "analyse",
        lambda _image, _box, kinds: {kind: ({"race": "asian", "gender": "Woman", "age": "31"}[kind], 0.9) for kind in kinds},
    )  # fmt: skip
    found, _ = fairdesk(capsys, "label", study, "--backend", "deepface", "--detector", "whole", "--json")
    assert len(found["images"]) == 24
    one = found["images"][0]
    assert (one["race"], one["gender"], one["age"], one["confidence"]["race"]) == ("asian", "Woman", "31", 0.9)
    assert len(one["box"]) == 4 and one["path"].endswith(".jpg")
    import csv

    fairdesk(capsys, "export", study, "--layout", "manifest", "--out", tmp_path / "m.csv")
    rows = list(csv.DictReader((tmp_path / "m.csv").read_text().splitlines()))
    assert {row["predicted_race"] for row in rows} == {"asian"} and {row["predicted_age"] for row in rows} == {"31"}
    assert [int(n) for n in rows[0]["box"].split()] == one["box"]
    assert {row["gender"] for row in rows} == {""}  # a prediction is no label


def test_the_largest_face_speaks_for_an_image(study):
    from fairdesk.project.predictions import predicted_images

    project = Project.open(study)
    try:
        image, face = project.db.rows("SELECT image_id, id FROM face ORDER BY id LIMIT 1")[0]
        with project.db.transaction() as connection:
            connection.execute(
                "INSERT INTO face (image_id, detector, place, top, right, bottom, left) VALUES (?, 'whole', 9, 0, 5, 5, 0)",
                (image,),
            )
        small = project.db.value("SELECT max(id) FROM face")
        keep_predictions(
            project, "deepface", [Prediction(small, "race", "black", 1.0), Prediction(face, "race", "white", 0.5)]
        )
        assert predicted_images(project, "whole")[image].values == {"race": "white"}
    finally:
        project.close()


CONTAINER = [
    ("IMG", "IMG", [], "0"),
    ("IMG python t.py", "IMG", ["python", "t.py"], "0"),
    ("--gpu none IMG python t.py --gpu 3", "IMG", ["python", "t.py", "--gpu", "3"], "none"),
    ("IMG --gpu none python t.py --gpu 3", "IMG", ["python", "t.py", "--gpu", "3"], "none"),
    ("IMG --gpu=none --shm 1g python -c x", "IMG", ["python", "-c", "x"], "none"),
    ("IMG --gpu none -- --version", "IMG", ["--version"], "none"),
    ("--gpu none -- python t.py", None, ["python", "t.py"], "none"),
    ("IMG -- python -- t.py", "IMG", ["python", "--", "t.py"], "0"),
    ("--network IMG --mount a:/b --mount c:/d ls -l", "IMG", ["ls", "-l"], "0"),
]


@pytest.mark.parametrize(("line", "image", "command", "gpu"), CONTAINER)
def test_options_of_container_stand_on_either_side(line, image, command, gpu):
    found = _parser().parse_args(["container", *line.split()])
    assert (getattr(found, "image", None), found.command, getattr(found, "gpu", "0")) == (image, command, gpu)


def test_an_unknown_option_after_the_image_says_how_to_pass_it_on():
    with pytest.raises(RequestError, match=r"unknown option --outdir.*write -- before the command"):
        _parser().parse_args(["container", "IMG", "--outdir", "x"])


def test_pairs_count_all_they_leave_out(capsys, tmp_path, study):
    folder = _people(tmp_path)
    (folder / "person_0" / "notes.txt").write_text("no image")
    found, _ = fairdesk(capsys, "pairs", folder, "--genuine", 5, "--impostor", 5, "--out", tmp_path / "p.csv", "--json")
    assert found["left_out"]["no_image"] == 1
    project = Project.open(study)
    with project.db.transaction() as connection:
        connection.execute("UPDATE image SET hidden = 1 WHERE id IN (1, 2)")
    project.close()
    found, _ = fairdesk(capsys, "pairs", study, "--genuine", 5, "--impostor", 5, "--out", tmp_path / "q.csv", "--json")
    assert found["left_out"]["hidden"] == 2 and found["images"] == 22


def test_identity_folders_count_missing_files(capsys, tmp_path):
    folder = _people(tmp_path)
    files = sorted(str(path) for path in folder.rglob("*.png"))
    (tmp_path / "c.json").write_text(json.dumps({"0": files[:6], "1": [*files[6:], str(folder / "gone.png")]}))
    for more in (["--dry-run"], []):
        found, _ = fairdesk(capsys, "identity-folders", tmp_path / "c.json", "--out", tmp_path / "out", *more, "--json")
        assert (found["images"], found["missing"]) == (12, [str(folder / "gone.png")])
    text, _ = fairdesk(capsys, "identity-folders", tmp_path / "c.json", "--out", tmp_path / "out2")
    assert "1 file is missing" in text
    (tmp_path / "none.json").write_text(json.dumps({"0": ["/gone/1.png"]}))
    _, err = fairdesk(capsys, "identity-folders", tmp_path / "none.json", "--out", tmp_path / "out3", expect=2)
    assert "The file /gone/1.png is not there" in err and not (tmp_path / "out3").exists()


def test_consent_names_every_host_that_may_be_asked(tmp_path, monkeypatch):
    from deepface.commons import weight_utils

    from fairdesk.errors import MissingWeights

    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    prepare(None, download=False)
    urls = ["https://first.example/w.onnx", "https://second.example/w.onnx"]
    with pytest.raises(MissingWeights, match=r"first\.example/w\.onnx or https://second\.example"):
        weight_utils.download_weights_if_necessary("w.onnx", urls)


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/w", "http://127.0.0.1:1/w", "http://no-such-host.invalid/w"])
def test_no_library_speaks_of_a_failed_download(tmp_path, url):
    with pytest.raises(Exception, match="The download of w failed") as caught:
        fetch([url], tmp_path / "w")
    said = str(caught.value)
    assert not any(word in said for word in ("HTTP", "urllib3", "Pool", "Errno", "object at")), said


@pytest.mark.filterwarnings(
    "ignore:unclosed", "ignore:Exception ignored"
)  # by the docker package, of a socket it gives up
@pytest.mark.parametrize("host", ["tcp://127.0.0.1:1", "unix:///no/such.sock", "http+docker://x", "nonsense"])
def test_no_library_speaks_of_a_missing_engine(capsys, monkeypatch, host):
    monkeypatch.setenv("DOCKER_HOST", host)
    assert run(["container", "x"]) == 1
    said = capsys.readouterr().err
    assert "No container engine answers" in said
    assert not any(word in said for word in ("http+docker", "Pool", "Errno", "Connection aborted", "urllib3")), said


def test_demo_as_json(capfd, tmp_path, monkeypatch):
    from fairdesk.cli import demo
    from fairdesk.metrics.results import EvaluateResult

    monkeypatch.setattr(demo, "_work", lambda *_: EvaluateResult.model_construct(n_genuine=3))
    monkeypatch.setattr(demo, "draw_faces", lambda params, _: params.out.mkdir(parents=True))
    assert run(["demo", "--out", str(tmp_path / "d"), "--headless", "--identities", "1", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["n_genuine"] == 3


def test_the_seed_case(capsys, tmp_path):
    folder = SHARED / "cases" / "seed" / "split_by_image" / "d"
    if not folder.exists():
        pytest.skip("the cases (../shared/cases) are not on this machine")
    found, err = fairdesk(
        capsys, "split", folder, "--out", tmp_path / "A", tmp_path / "B", "--images", 5, "--by", "image", "--json"
    )
    assert [one["identity"] for one in found["leaks"]["identities"]] == ["person_a", "person_b"] and "person_b" in err
