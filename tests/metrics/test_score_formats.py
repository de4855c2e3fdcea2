"""Scores as other programs write them: BFW's table, bob's text and CSV, pyeer's two files, any table with named columns."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.scores.score_tables import parse_score_columns

BFW = (
    "fold,p1,p2,label,id1,id2,att1,att2,vgg16,resnet50,senet50,a1,a2,g1,g2,e1,e2\n"
    "1,asian_females/n1/1.jpg,asian_females/n1/2.jpg,1,0,0,asian_females,asian_females,0.9,0.8,0.7,AF,AF,F,F,A,A\n"
    "2,asian_females/n1/1.jpg,asian_females/n2/2.jpg,0,0,1,asian_females,asian_females,0.3,0.2,0.1,AF,AF,F,F,A,A\n"
    "2,black_males/n3/1.jpg,asian_females/n2/2.jpg,0,2,1,black_males,asian_females,0.4,0.35,0.15,BM,AF,M,F,B,A\n"
)


def written(tmp_path, text, name="s.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8"))
    return path


def test_bfws_table(tmp_path):
    path = written(tmp_path, BFW)
    with pytest.raises(RequestError, match="--columns score=vgg16"):
        read_scores(path)
    found = read_scores(path, columns={"score": "resnet50"}, paths=True)
    assert found.score.tolist() == [0.8, 0.2, 0.35] and found.label.tolist() == [True, False, False]
    assert found.group1.tolist() == ["asian_females", "asian_females", "black_males"]
    assert found.subject2.tolist() == ["0", "1", "1"] and found.fold.tolist() == [1, 2, 2]
    assert found.path1[2] == "black_males/n3/1.jpg"


def test_bfws_table_of_one_model_needs_no_name(tmp_path):
    text = "\n".join(",".join(line.split(",")[:9]) for line in BFW.splitlines())
    assert read_scores(written(tmp_path, text)).score.tolist() == [0.9, 0.3, 0.4]


def test_the_real_bfw_sample(truth):
    path = truth / "formats" / "bfw-datatable.csv"
    header, *rows = [line.split(",") for line in path.read_text().splitlines()]
    found = read_scores(path, columns={"score": "senet50"})
    assert found.score.tolist() == [float(row[header.index("senet50")]) for row in rows]
    assert found.label.tolist() == [row[header.index("label")] == "1" for row in rows]


def test_columns_of_any_name_through_the_verb(capsys, tmp_path):
    text = "Decision;cos sim;race_x;race_y\n" + "".join(
        f"{label};{score};{group};{group}\n"
        for group in "AB"
        for label, score in (("Yes", 0.9), ("Yes", 0.7), ("No", 0.1), ("No", 0.75))
    )
    path = written(tmp_path, text)
    columns = "score=cos sim,label=Decision,group1=race_x,group2=race_y"
    assert run(["evaluate", str(path), "--columns", columns, "--by", "group", "--at", "threshold=0.72", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    row = found["groups"]["per_group"]["B"]
    assert (row["false_matches"], row["false_non_matches"], row["genuine"]) == (1, 1, 2)
    for wrong, said in (
        ("score=nothing,label=Decision", "no column 'nothing'"), ("sore=x", "no known column"), ("score", "must be NAME=COLUMN"),
    ):  # fmt: skip
        assert run(["evaluate", str(path), "--columns", wrong]) == 2
        assert said in capsys.readouterr().err
    assert run(["evaluate", str(path), "--json"]) == 0  # what they are called tells it, and that is said
    warning = json.loads(capsys.readouterr().out)["warning"]
    assert "the column Decision" in warning and "the column cos sim" in warning
    path.write_text(text.replace("Decision", "Kind"))
    assert run(["evaluate", str(path)]) == 2
    assert "--columns score=NAME" in capsys.readouterr().err


def test_arrays_of_any_name(capsys, tmp_path):
    """As NumPy's and scikit-learn's users call them."""
    score, label, race = np.array([0.9, 0.7, 0.4, 0.2]), np.array([1, 0, 1, 0]), np.array(["A", "A", "B", "B"])
    for name, arrays in {
        "plural.npz": {"scores": score, "labels": label},
        "sklearn.npz": {"y_score": score, "y_true": label, "race": race, "score": -score},
    }.items():
        np.savez(tmp_path / name, **arrays)
    plural = read_scores(tmp_path / "plural.npz")
    assert plural.score.tolist() == score.tolist() and plural.label.tolist() == [True, False, True, False]
    named = "score=y_score,label=y_true,group1=race,group2=race"
    assert run(["evaluate", str(tmp_path / "sklearn.npz"), "--columns", named, "--by", "group", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["groups"]["per_group"]) == {"A", "B"}
    read = read_scores(tmp_path / "sklearn.npz", columns=parse_score_columns(named))
    assert read.score.tolist() == score.tolist() and read.group2.tolist() == race.tolist()


def test_an_array_that_is_not_there_is_named(capsys, tmp_path):
    np.savez(tmp_path / "s.npz", genuine=[1.0], impostor=[0.0])
    assert run(["evaluate", str(tmp_path / "s.npz"), "--columns", "score=a,label=b"]) == 2
    assert "has no array a; it has: genuine, impostor" in capsys.readouterr().err
    np.savez(tmp_path / "s.npz", values=[1.0, 0.0], truth=[1, 0])
    assert run(["evaluate", str(tmp_path / "s.npz")]) == 2
    assert "--columns score=NAME,label=NAME" in capsys.readouterr().err
    np.savez(tmp_path / "s.npz", scores=np.ones((2, 2)), labels=[1, 0])
    assert run(["evaluate", str(tmp_path / "s.npz")]) == 2
    assert "shape (2, 2)" in capsys.readouterr().err


def test_columns_of_two_files_that_call_them_otherwise(capsys, tmp_path):
    """Two models, of which one has arrays: the names are those of the file that has them."""
    rng = np.random.default_rng(1)
    label = np.repeat([1, 0], 60)
    one, two = rng.normal(size=(2, 120)) + label
    np.savez(tmp_path / "a.npz", y=one, truth=label)
    np.savez(tmp_path / "b.npz", score=two, label=label)
    with (tmp_path / "c.csv").open("w") as file:
        file.write("y,truth\n" + "".join(f"{s},{g}\n" for s, g in zip(two, label, strict=True)))
    found = []
    for second in ("b.npz", "c.csv"):
        both = [str(tmp_path / "a.npz"), str(tmp_path / second)]
        assert run(["compare-scores", *both, "--columns", "score=y,label=truth", "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0]["comparisons"] == found[1]["comparisons"] == 120
    assert found[0]["differences"] == found[1]["differences"]
    assert "each row is taken for the same row of the other" in found[0]["cautions"][0]
    assert run(["compare-scores", *both, "--columns", "score=y,label=truth"]) == 0
    assert "Comparisons are matched by the order of the rows." in capsys.readouterr().out


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_delimiter(tmp_path, delimiter):
    text = f"score{delimiter}label\n0.5{delimiter}1\n0.25{delimiter}0\n"
    assert read_scores(written(tmp_path, text)).score.tolist() == [0.5, 0.25]


def test_bobs_csv_says_by_its_subjects_what_is_genuine(tmp_path):
    text = (
        "bio_ref_template_id,bio_ref_subject_id,probe_subject_id,probe_key,score\n"
        "t1,a,a,x,0.9\nt1,a,b,y,0.2\nt2,b,b,z,\n"
    )
    found = read_scores(written(tmp_path, text))
    assert found.label.tolist() == [True, False, True] and np.isnan(found.score[2])
    assert found.subject1.tolist() == ["a", "a", "b"]


def test_two_columns_either_way(tmp_path):
    for text in ("1 0.9\n-1 0.3\n1 0.8\n", "0.9 1\n0.3 -1\n0.8 1\n"):
        found = read_scores(written(tmp_path, text, "s.txt"))
        assert found.score.tolist() == [0.9, 0.3, 0.8] and found.label.tolist() == [True, False, True]
    both = read_scores(written(tmp_path, "1 0\n0 1\n", "s.txt"))  # which is which cannot be told: `score label`
    assert both.score.tolist() == [1.0, 0.0] and both.label.tolist() == [False, True]


def test_pyeers_two_files(capsys, tmp_path):
    """The score is the last field of a line; the figures are pyeer's."""
    from pyeer.eer_info import get_eer_stats

    rng = np.random.default_rng(0)
    genuine, impostor = rng.normal(2, 1, 60).round(6), rng.normal(0, 1, 200).round(6)
    one = written(tmp_path, "".join(f"a b {s}\n" for s in genuine), "g.txt")
    two = written(tmp_path, "".join(f"{s}\n\n" for s in impostor), "i.txt")
    assert run(["evaluate", str(one), "--impostor", str(two), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_genuine"], found["n_impostor"]) == (60, 200)
    assert found["eer"] == pytest.approx(get_eer_stats(genuine, impostor).eer)
    assert run(["evaluate", str(one)]) == 2
    assert "--impostor" in capsys.readouterr().err
    assert run(["evaluate", str(one), "--impostor", str(tmp_path / "gone.txt")]) == 2
    written(tmp_path, "x y\n", "i.txt")
    assert run(["evaluate", str(one), "--impostor", str(two)]) == 2
    assert "'y' is not a number" in capsys.readouterr().err
