"""The command line: statuses, JSON alone on standard output, plain messages, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.cli.verbs import all_verbs
from fairdesk.jobs.fields import Endings, said
from fairdesk.jobs.kinds import Needs
from fairdesk.jobs.registry import job_kinds
from fairdesk.project import Project
from tests.conftest import plain_images


def fairdesk(capsys, *arguments, expect=0):
    """Run a verb in this process; returns (parsed JSON or text, standard error)."""
    status = run([str(a) for a in arguments])
    out, err = capsys.readouterr()
    assert status == expect, err
    assert "Traceback" not in err
    return (json.loads(out) if "--json" in arguments else out), err


def test_the_whole_path(capsys, tmp_path, drawn):
    study = tmp_path / "a study.fairdesk"
    fairdesk(capsys, "new", study)
    result, _ = fairdesk(capsys, "import", study, drawn, "--json")
    assert (result["images"], result["identities"]) == (24, 6)
    assert result["groups"] == {"tone 5": 12, "tone 7": 12}
    assert (result["unreadable"], result["shared_names"], result["synthetic"]) == ([], [], 0)
    found, _ = fairdesk(capsys, "detect", study, "--json")
    encoded, _ = fairdesk(capsys, "encode", study, "--json")
    assert encoded["vectors"] == found["faces"] >= 22 and encoded["dim"] == 128
    fairdesk(capsys, "vectors", study, "--encoder", "dlib", "--out", tmp_path / "v.npz", "--json")
    with np.load(tmp_path / "v.npz") as data:
        assert set(data.files) == {
            "paths", "vectors", "identities", "groups", "boxes", "encoder", "detector", "recipe",
            "recipe_json", "sha256",
        }  # fmt: skip
        assert (str(data["encoder"]), str(data["detector"])) == ("dlib", "hog")
        assert data["boxes"].shape == (len(data["paths"]), 4)
        assert data["vectors"].shape == (found["faces"], 128)
    clustered, _ = fairdesk(capsys, "cluster", study, "--encoder", "dlib", "--method", "kmeans", "--n-clusters", 6,
                            "--out", tmp_path / "c.json", "--json")  # fmt: skip
    assert clustered["clusters"] == 6 and {"noise", "faces", "pairwise_f1", "bcubed_f1", "nmi", "ari"} <= set(clustered)
    named, _ = fairdesk(capsys, "name", study, "--cluster", 0, "--identity", "Ann", "--json")
    assert named["identity"] == "Ann"
    undone, _ = fairdesk(capsys, "undo", study, "--json")
    assert undone["undo"] == "Make a cluster the identity Ann"
    fairdesk(capsys, "redo", study)
    fairdesk(capsys, "undo", study)
    history, _ = fairdesk(capsys, "history", study, "--json")
    assert history["steps"][-1]["undone"] is True
    fairdesk(capsys, "mosaic", study, "--cluster", 0, "--out", tmp_path / "m.png")
    fairdesk(capsys, "mosaic", tmp_path / "c.json", "--cluster", 0, "--out", tmp_path / "m2.png")
    folders, _ = fairdesk(capsys, "identity-folders", tmp_path / "c.json", "--out", tmp_path / "idf", "--json")
    assert folders["images"] == clustered["faces"] - clustered["noise"]
    pairs, _ = fairdesk(
        capsys,
        "pairs",
        study,
        "--genuine",
        30,
        "--impostor",
        60,
        "--within-group",
        "--out",
        tmp_path / "p.csv",
        "--json",
    )
    assert (pairs["genuine"], pairs["impostor"], pairs["seed"]) == (30, 60, 1)
    fairdesk(
        capsys,
        "score",
        study,
        "--encoder",
        "dlib",
        "--pairs",
        tmp_path / "p.csv",
        "--out",
        tmp_path / "s.npz",
        "--json",
    )
    figures, _ = fairdesk(
        capsys, "evaluate", tmp_path / "s.npz", "--by", "group", "--at", "eer", "--out", tmp_path / "r", "--json"
    )
    assert figures["n_genuine"] + figures["dropped"]["genuine"] == 30
    assert set(figures["groups"]["per_group"]) == {"tone 5", "tone 7"}
    assert (tmp_path / "r" / "report.html").exists()
    table, _ = fairdesk(capsys, "evaluate", tmp_path / "s.npz", "--by", "group")
    assert "EER" in table and "tone 5" in table and "GARBE" in table


def test_relink(capsys, tmp_path):
    plain_images(tmp_path / "old", 1, 1, 2)
    fairdesk(capsys, "new", tmp_path / "p")
    fairdesk(capsys, "import", tmp_path / "p", tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    result, _ = fairdesk(capsys, "relink", tmp_path / "p", tmp_path / "old", tmp_path / "new", "--json")
    assert result["relinked"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (["import", "{tmp}/nowhere", "{tmp}"], "is not a FairDesk project"),
        (["import", "{p}", "{tmp}/nowhere"], "does not exist"),
        (["detect", "{p}", "--detector", "eyes"], "--detector: must be hog, hog-fast, cnn, whole or deepface:NAME; a detector with settings"),
        (["cluster", "{p}", "--eps", "-1"], "--eps: Input should be greater than 0"),
        (["cluster", "{p}", "--eps", "wide"], "--eps: Input should be a valid number"),
        (["cluster", "{p}", "--min-samples", "0"], "--min-samples: must be at least 1"),
        (["cluster", "{p}", "--pca", "2"], "--pca: must be at most 1"),
        (["cluster", "{p}", "--method", "hdbscan", "--min-samples", "1"], "hdbscan needs --min-samples of at least 2"),
        (["mosaic", "{p}", "--cluster", "0", "--columns", "0", "--out", "{tmp}/m.png"], "--columns: must be at least 1"),
        (["cluster", "{p}"], "has no embeddings yet"),
        (["cluster"], "Give a project, or --vectors FILE"),
        (["encode", "{p}"], "no images yet"),
        (["undo", "{p}"], "nothing to undo"),
        (["mosaic", "{p}", "--cluster", "0", "--out", "{tmp}/m.png"], "has no clusters yet"),
        (["score", "{p}", "--pairs", "{tmp}/no.csv"], "There is no pair list"),
        (["evaluate", "{tmp}/no.npz"], "There is no file"),
        (["evaluate", "{tmp}/no.npz", "--at", "fmr=x"], "must be eer, fmr=NUMBER"),
        (["evaluate", "{tmp}/no.npz", "--at", "threshold=1e400"], "1e400 is too large for a number"),
        (["evaluate", "{tmp}/no.npz", "--at", "threshold=-1e999"], "-1e999 is too large for a number"),
        (["pairs", "{p}"], "No image has an identity"),
    ],
)  # fmt: skip
def test_wrong_requests_exit_2_with_plain_lines(capsys, tmp_path, arguments, message):
    Project.create(tmp_path / "p").close()
    filled = [a.format(tmp=tmp_path, p=tmp_path / "p") for a in arguments]
    out, err = fairdesk(capsys, *filled, expect=2)
    assert message in err and out == ""
    assert len(err.strip().splitlines()) <= 4


def test_every_verb_has_help(capsys):
    for verb in all_verbs():
        with pytest.raises(SystemExit) as ended:
            run([verb.name, "--help"])
        assert ended.value.code == 0
        assert verb.about in " ".join(capsys.readouterr().out.split())


def test_json_is_strict(capsys, tmp_path):
    np.savez(tmp_path / "c.npz", genuine=np.full(5, 0.5), impostor=np.full(5, 0.5))
    figures, _ = fairdesk(capsys, "evaluate", tmp_path / "c.npz", "--json")
    assert figures["d_prime"] is None and figures["d_prime_why"]
    assert figures["tar_at_far"]["0.1"]["threshold"] == "inf"


def test_standard_output_is_json_alone(tmp_path):
    plain_images(tmp_path / "in", 1, 1, 3)
    Project.create(tmp_path / "p").close()
    done = subprocess.run(
        [sys.executable, "-m", "fairdesk", "import", tmp_path / "p", tmp_path / "in", "--json"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["images"] == 3


def test_ctrl_c_stops_at_the_next_item_and_keeps_what_is_done(tmp_path):
    job = subprocess.Popen(
        [sys.executable, "-m", "fairdesk", "samples", tmp_path / "f", "--identities", "400", "--images", "1", "--size", "64"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(tmp_path.rglob("*.png")):
        time.sleep(0.05)
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 130
    assert "finished work is kept" in err.lower() and "Traceback" not in err
    assert list(tmp_path.rglob("*.png"))


def test_same_seed_same_bytes(capsys, tmp_path):
    for name in ("a", "b"):
        fairdesk(capsys, "samples", tmp_path / name, "--identities", 1, "--images", 2, "--size", 64, "--seed", 5)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.png"))
    assert len(files) == 8
    assert all((tmp_path / "a" / f).read_bytes() == (tmp_path / "b" / f).read_bytes() for f in files)


def test_demo(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fairdesk", "demo", "--out", tmp_path / "demo", "--headless", "--identities", "2"],
        capture_output=True, text=True, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "EER" in done.stdout and "Monk 02" in done.stdout
    page = (tmp_path / "demo" / "report" / "report.html").read_text()
    assert page.count("data:image/svg+xml;base64") >= 8 and (tmp_path / "demo" / "report" / "report.pdf").exists()


def test_real_photographs(capsys, tmp_path, photographs):
    """The measured numbers of the two sets beside the project."""
    for name, images, clusters, loose, people in (("lfw10", 100, 10, 1, 450), ("johns", 55, 5, 0, 275)):
        study = tmp_path / name
        fairdesk(capsys, "new", study)
        fairdesk(capsys, "import", study, photographs / name)
        assert fairdesk(capsys, "detect", study, "--json")[0]["faces"] == images
        fairdesk(capsys, "encode", study)
        found, _ = fairdesk(capsys, "cluster", study, "--eps", 0.5, "--min-samples", 2, "--json")
        assert (found["faces"], found["clusters"], found["noise"]) == (images, clusters, loose)
        all_pairs = images * (images - 1) // 2
        fairdesk(
            capsys, "pairs", study, "--genuine", all_pairs, "--impostor", all_pairs, "--out", tmp_path / f"{name}.csv"
        )
        fairdesk(capsys, "score", study, "--pairs", tmp_path / f"{name}.csv", "--out", tmp_path / f"{name}.npz")
        figures, _ = fairdesk(capsys, "evaluate", tmp_path / f"{name}.npz", "--json")
        assert (figures["n_genuine"], figures["n_genuine"] + figures["n_impostor"]) == (people, all_pairs)
        # face_recognition's own vectors give the same: .0089 for lfw10 (by pyeer too), 0 for johns
        assert figures["eer"] == pytest.approx({"lfw10": 4 / 450, "johns": 0.0}[name], abs=2e-4)


@pytest.mark.parametrize("kind", [name for name in job_kinds() if name != "inspect"])
def test_the_command_a_form_shows_can_be_typed(kind, tmp_path):
    """What the window shows as the command is what the command line understands, to the same parameters."""
    import shlex

    from fairdesk.cli.main import _parser
    from fairdesk.cli.options import collect
    from fairdesk.jobs.commands import command

    (tmp_path / "a file").touch()
    given = {"folder": "a b", "out": "o", "old": "x", "new": "y", "file": "f.json", "a": "x", "b": "y", "cluster": "-1", "pairs": "p.csv",
             "scores": "s.npz", "data": "d", "data_b": "d2", "run": "r", "input": "i", "log": "l", "identities": 3, "shares": [0.5, 0.5], "epochs": 7,
             "backend": "deepface", "g_ab": "g", "size": None, "image": "sg", "command": ["python", "t.py"], "mount": [f"{tmp_path}:/a", f"{tmp_path}:/b:ro"], "env": ["A=1 2", "B=3"], "seed": 5, "limits": ["side=60:"], "made": tmp_path / "a file", "real": tmp_path / "a file"}  # fmt: skip
    model = job_kinds()[kind].params
    values = {name: value for name, value in given.items() if name in model.model_fields and value is not None}
    if kind == "split":
        values["out"] = ["o one", "two"]
    if "out" in values and (endings := said(model.model_fields["out"], Endings)):
        values["out"] = f"o{endings.kinds[0]}"
    if kind == "compare-scores":
        values |= {"first": tmp_path / "a file", "second": "two.npz"}
    if kind == "compare":
        values = {"runs": ["r 1", "r2"], "out": "o.csv"}
    if kind == "export-model":
        values["run"] = tmp_path / "a file"
    if kind == "interpolate":
        values["out"] = "o.gif"
    if kind == "divide":
        values["into"] = ["a set", "another"]
    if kind == "cluster":
        values.pop("file", None)
    values.pop(job_kinds()[kind].instead, None)
    values |= {name: not field.default for name, field in model.model_fields.items() if field.annotation is bool and name not in values and name != "resume"}  # fmt: skip
    for name, (switch, chosen) in model.only_for.items():  # what does not apply is not in the command
        if values.get(switch, model.model_fields[switch].default) not in chosen:
            values.pop(name, None)
    params = model(**values)
    words = shlex.split(command(job_kinds()[kind], params, "my project"))[1:]
    parsed = _parser().parse_args(words)
    if job_kinds()[kind].needs is not Needs.FOLDERS:
        assert str(parsed.project) == "my project"
    again = collect(model, parsed)
    assert again == params


def test_a_family_has_only_its_own_options(capsys, tmp_path):
    from fairdesk.cli.main import _parser

    for family, has, has_not in (("gan", "--latent", "--norm"), ("cyclegan", "--where-b", "--latent"), ("stylegan2", "--r1", "--blocks")):  # fmt: skip
        with pytest.raises(SystemExit, match=r"^0$"):
            _parser().parse_args(["train", family, "--help"])
        told = capsys.readouterr().out
        assert f" {has} " in told and f" {has_not} " not in told
    _, told = fairdesk(capsys, "train", "dcgan", tmp_path, "--out", tmp_path / "r", "--norm", "none", expect=2)
    assert told.startswith("unrecognized arguments: --norm none")


def test_every_verb_that_takes_a_run(capsys, tmp_path):
    faces = plain_images(tmp_path / "faces", 2, 2, 2, side=32)
    run_, made = tmp_path / "gan", tmp_path / "made"
    small = ("--image-size", 32, "--epochs", 1, "--device", "cpu", "--json")
    trained, _ = fairdesk(capsys, "train", "dcgan", faces, "--out", run_, "--batch-size", 4, "--latent", 6, *small)
    assert trained["steps"] == 2
    for source in (run_, tmp_path / "g.onnx"):
        if source != run_:
            exported, _ = fairdesk(capsys, "export-model", run_, "--out", source, "--json")
            assert exported["difference"] <= 1e-4
        result, _ = fairdesk(capsys, "generate", source, "--out", made / source.name, "--images", 4, "--per-identity", 2, "--json")  # fmt: skip
        assert (result["images"], result["identities"]) == (4, 2)
    fairdesk(capsys, "interpolate", run_, "--out", tmp_path / "walk.gif", "--faces", 2, "--steps", 2)
    fairdesk(capsys, "animate", run_, "--out", tmp_path / "film.gif")
    assert (tmp_path / "walk.gif").stat().st_size > 0 and (tmp_path / "film.gif").stat().st_size > 0
    fairdesk(capsys, "train", "cyclegan", faces / "g0", faces / "g1", "--out", tmp_path / "cycle", "--blocks", 1, "--features", 4, *small)  # fmt: skip
    fairdesk(capsys, "export-model", tmp_path / "cycle", "--out", tmp_path / "ba.onnx", "--direction", "BtoA")
    result, _ = fairdesk(capsys, "translate", faces / "g1", "--g-ba", tmp_path / "ba.onnx", "--direction", "BtoA", "--out", tmp_path / "t", "--json")  # fmt: skip
    assert result["images"] == 4
    assert "There is no" in fairdesk(capsys, "generate", tmp_path / "none", "--out", tmp_path / "no", expect=2)[1]


def test_options_without_effect_are_told(capsys, filled):
    result, said = fairdesk(
        capsys, "cluster", filled.folder, "--method", "graph", "--n-clusters", 4, "--seed", 1, "--json"
    )
    assert result["clusters"] and said.count("has no effect") == 1
    assert "--n-clusters has no effect with --method graph." in said
    _, said = fairdesk(capsys, "cluster", filled.folder, "--method", "kmeans", "--n-clusters", 4)
    assert "no effect" not in said


@pytest.mark.parametrize("name", ["x" * 201, "Ann\nBob", "Ann\x07", "Ann\u2028Bob", "\ud800"])
def test_a_name_is_a_line_of_text(capsys, filled, name):
    fairdesk(capsys, "cluster", filled.folder, "--eps", 0.8)
    before = filled.db.rows("SELECT name FROM identity ORDER BY id")
    _, said = fairdesk(capsys, "name", filled.folder, "--cluster", 0, "--identity", name, expect=2)
    assert "A name" in said and filled.db.rows("SELECT name FROM identity ORDER BY id") == before
    _, said = fairdesk(capsys, "name", filled.folder, "--cluster", 0, "--identity", "Ann", "--group", name, expect=2)
    assert "A name" in said
    for good in ("Ann‑Marie O’Neill", "علی‌رضا", "王小明", "é" * 200):
        fairdesk(capsys, "name", filled.folder, "--cluster", 0, "--identity", good)
