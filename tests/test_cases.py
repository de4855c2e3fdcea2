"""The table of ../shared/cases, row by row, by the commands that it names. Each fault's kind has its own test elsewhere, without these files."""

import json
import shutil

import pytest

from fairdesk.cli import run
from tests.conftest import SHARED, add_faces

CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the cases (../shared/cases) are not on this machine")


@pytest.fixture
def said(capsys):
    """Run a command; return its status, its JSON (or None) and what it told."""

    def command(*words):
        capsys.readouterr()
        status = run([*map(str, words), "--json"])
        out, err = capsys.readouterr()
        assert "Traceback" not in err and "Internal error" not in err and "Warning:" not in err
        return status, json.loads(out) if out else None, err

    return command


@pytest.fixture
def brought(said, tmp_path):
    """Import a folder into a new project; return the project's folder and the result."""

    def make(folder, *more):
        place = tmp_path / "study.fairdesk"
        assert said("new", place)[0] == 0
        return place, said("import", place, folder, *more)[1]

    return make


@pytest.mark.parametrize(
    ("folder", "images", "identities"),
    [
        (CASES / "field/eadir/in", 4, 2), (SHARED / "truth/metrics/formats/rec", 3, 2), (CASES / "field/heic/in", 4, 2),
        (CASES / "field/noext/in", 4, 2),
    ],
    ids=lambda value: getattr(value, "parent", value) and str(getattr(value, "parts", [value])[-2:]),
)  # fmt: skip
def test_folders(brought, folder, images, identities):
    _, result = brought(folder)
    assert (result["images"], result["identities"]) == (images, identities)


def test_labels(brought, said):
    _, result = brought(CASES / "field/nfd/in", "--labels", CASES / "field/nfd/labels.csv")
    assert result["groups"] == {"GroupA": 1, "GroupB": 1}


def test_an_identity_table(brought, said):
    place, _ = brought(CASES / "field/identity-table/in")
    assert said("label", place, "--csv", CASES / "field/identity-table/who.csv")[1]["labelled"] == 4


@pytest.mark.parametrize(
    ("case", "name", "pairs"),
    [
        ("windows-pairs", "pairs.csv", (1, 1)),
        ("png-lfw", "pairs.txt", (1, 1)),
        ("rfw-pairs", "GroupA_pairs.txt", (2, 2)),
    ],
)
def test_pair_lists(brought, said, tmp_path, case, name, pairs):
    from fairdesk.project import Project

    place, _ = brought(CASES / "field" / case / "in")
    project = Project.open(place)
    add_faces(project)
    project.close()
    status, result, told = said(
        "score", place, "--encoder", "made-up", "--pairs", CASES / "field" / case / name, "--out", tmp_path / "s.npz"
    )
    assert (status, result["genuine"], result["impostor"], result["dropped"]) == (0, *pairs, 0)
    assert ("end otherwise" in told) == (case == "png-lfw")


@pytest.mark.parametrize("name", ["rel.json", "win.json"])
def test_cluster_files(brought, said, name):
    place, _ = brought(CASES / "field/load-clusters/in")
    assert said("detect", place, "--detector", "whole")[0] == 0
    status, result, _ = said("load-clusters", place, CASES / "field/load-clusters" / name)
    assert (status, result["clusters"], result["faces"]) == (0, 2, 3)


@pytest.mark.parametrize(
    ("place", "series"),
    [
        ("field/oneline-gan/train.log", {"D loss": ([0, 0.0], [5, 1.2])}), ("field/tensorboard-csv/run.csv", {"Value": ([0, 1.2], [5, 1.1])}),
        ("field/cyclegan-restart/loss_log.txt", {"D_A (pass 1)": None, "D_A (pass 2)": None}),
        ("field/mxnet-mixed/train.log", {"lossvalue": (42, 41), "acc": None, "Speed": None, "lfw XNorm": None, "lfw Accuracy-Flip": None}),
        ("field/stylegan-fid/run", {"Loss/G/loss": None, "fid50k_full": (120.5, 60.25)}),
        ("seed/cyc_resumed.txt", None), ("seed/training_resumed.log", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_logs(said, place, series):
    status, result, told = said("curves", CASES / place)
    assert status == 0
    found = result["series"]
    if series is None or "(pass 1)" in str(series):
        assert "fall back" in told and {name.rpartition(" (")[2] for name in found} == {"pass 1)", "pass 2)"}
    if series is not None:
        assert set(found) >= set(series) and "Wall time" not in found
        for name, ends in series.items():
            if ends is not None:
                first, last = found[name]["first"], found[name]["last"]
                whole = isinstance(ends[0], list)
                assert (first, last) == ends if whole else (first[1], last[1]) == ends


def test_a_log_that_says_nan(said):
    _, result, _ = said("curves", CASES / "seed/curves_nan/cyc_eta.txt")
    row = result["series"]["D loss"]
    assert row["last"][1] is None and "nan" in row["last_why"]


@pytest.mark.parametrize("name", ["fixedreshape", "batch4", "uint8"])
def test_onnx_encoders(brought, said, name):
    place, _ = brought(CASES / "field/onnx/in")
    said("detect", place, "--detector", "whole")
    status, result, _ = said("encode", place, "--encoder", f"onnx:{CASES / 'field/onnx' / name}.onnx")
    assert (status, result["vectors"]) == (0, 4)


@pytest.mark.parametrize("place", ["field/savetxt/scores.txt", "field/npz-words/scores.npz", "field/inf/scores.csv"])
def test_scores(said, place):
    status, result, _ = said("evaluate", CASES / place)
    assert (status, result["n_genuine"], result["n_impostor"]) == (0, 3, 3)
    if "inf" in place:
        assert result["d_prime"] is None and "infinite" in result["d_prime_why"]


def _figures(said, name, *more):
    status, result, told = said("evaluate", CASES / "metrics" / f"{name}.npz", *more)
    assert status == 0, told
    return result


def test_figures(said):
    first = _figures(said, "f32_threshold", "--by", "group", "--at", "threshold=0.7", "--bootstrap", "200")["groups"][
        "per_group"
    ]["A"]
    assert first["fmr"] == 0 == first["fmr_ci"][0] < first["fmr_ci"][1] < 0.5
    for one in _figures(said, "study_40subj", "--by", "group", "--at", "threshold=0.95", "--bootstrap", "300")[
        "groups"
    ]["per_group"].values():
        assert one["fmr"] == 0 < one["fmr_ci"][1]
    fairness = _figures(said, "no_genuine_in_B", "--by", "group", "--at", "fmr=.1")["groups"]["fairness"]
    assert fairness["SER"] is None and fairness["SER_why"]
    infinite = _figures(said, "inf_scores")
    assert infinite["d_prime"] is None and "infinite" in infinite["d_prime_why"]
    assert _figures(said, "cross_group_genuine", "--by", "group")["groups"]["not_in_a_group"]["genuine_across"] == 20
    assert _figures(said, "label_text")["n_genuine"] > 0


@pytest.mark.parametrize("name", ["label_2", "label_nan"])
def test_labels_that_say_neither(said, name):
    status, _, told = said("evaluate", CASES / "metrics" / f"{name}.npz")
    assert status == 2 and "comparison" in told and "neither 1 (genuine)" in told


def test_a_report_of_distances(said, tmp_path):
    status, result, _ = said(
        "evaluate", CASES / "metrics/distance_report.npz", "--by", "group", "--distance", "--out", tmp_path / "r"
    )
    assert status == 0 and result["groups"]["threshold"] > 0 and (tmp_path / "r" / "report.html").exists()


def test_split_by_image(said, tmp_path):
    sets = tmp_path / "A", tmp_path / "B"
    status, result, told = said(
        "split", CASES / "seed/split_by_image/d", "--out", *sets, "--images", "5", "--by", "image"
    )
    assert (
        status == 0 and not result["leaks"]["clean"] and "2 people are in more than one set: person_a, person_b" in told
    )
    assert [one["identity"] for one in said("leaks", *sets)[1]["identities"]] == ["person_a", "person_b"]


def test_hostile_pictures(brought, said, tmp_path):
    shutil.copytree(CASES / "hostile/dds_named_jpg", tmp_path / "in")
    for path in (CASES / "hostile/eps_named_jpg").iterdir():
        shutil.copy(path, tmp_path / "in")
    _, result = brought(tmp_path / "in")
    assert result["images"] == 1 and len(result["unreadable"]) == 5
    assert {one["why"].partition(",")[0] for one in result["unreadable"]} == {"EPS", "DDS"}


def test_hostile_models(said, tmp_path):
    faces = CASES / "field/onnx/in"
    for path in sorted((CASES / "hostile/bin_pickle").iterdir()):
        status, _, told = said("train", "arcface", faces, "--out", tmp_path / "r", "--evaluate-on", path)
        assert status == 2 and "never runs code" in told
    for path in sorted((CASES / "hostile/safetensors_meta").iterdir()):
        status, _, told = said("generate", path, "--images", "1", "--out", tmp_path / "g")
        assert status == 2 and len(told.strip().splitlines()) == 1
    shutil.copytree(CASES / "hostile/run_config_deep/deep", tmp_path / "deep")
    status, _, told = said("train", "dcgan", faces, "--out", tmp_path / "deep", "--resume")
    assert status == 2 and "nested too deep" in told
