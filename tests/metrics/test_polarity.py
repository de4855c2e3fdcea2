"""Whether scores are distances: a file that says what they are is followed, and never contradicted in silence."""

import csv
import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.scores.polarity import holds_distances, measure_of_column
from fairdesk.metrics.scores.score_files import read_scores
from tests.metrics.test_model_comparison import study


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("cosine similarity", False), ("negative euclidean distance", False), ("Euclidean distance", True),
        ("cosine distance", True), ("L2 distances", True), ("dissimilarity", True), ("score", None), ("", None), ("llr", None),
        ("negative euclidean distance, normalised by group (zscore)", False), ("negative score, normalised by group (threshold)", False),
        ("score, normalised by group (threshold)", None), ("negated distance", False), ("similarities", False),
        ("cosine similarity (1 - cosine distance)", False), ("1 - cosine distance", False), ("1/(1+distance)", False),
        ("1 / (1 + L2 distance)", False), ("inverse distance", False), ("distance-based similarity", False), ("-L2 distance", False),
        ("\u2212L2 distance", False), ("(negative) distance", False), ("Euclidean distance (negated)", False), ("1-distance", False),
        ("cosine similarity = 1 - cosine distance", False), ("cosine distance (1 - cosine similarity)", True), ("squared L2-distance", True),
        ("cosine_distance", True), ("distance between embeddings", True), ("Distance", True),
        ("1 - cosine similarity", None), ("negative cosine similarity", None), ("exp(-distance)", None), ("2 - distance", None),
        ("score from distance", None), ("similarity distance", None), ("distance (as similarity)", None),
    ],
)  # fmt: skip
def test_what_a_measure_says(measure, expected):
    assert holds_distances(measure) is expected


@pytest.fixture
def files(tmp_path):
    """The same scores as similarities and as distances; those that say what they are, and those that do not."""
    (one, two), about = study(people=12)
    for name, score, measure in (
        ("similar", one, "cosine similarity"), ("distant", -one, "cosine distance"), ("silent", -one, ""), ("other", two, ""),
    ):  # fmt: skip
        np.savez(tmp_path / f"{name}.npz", score=score, measure=np.array(measure), **about)
    return {name: str(tmp_path / f"{name}.npz") for name in ("similar", "distant", "silent", "other")}


def told(capsys, *words):
    assert run([*words, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def refused(capsys, *words):
    assert run(list(words)) == 2
    return capsys.readouterr().err


def test_evaluate_follows_the_file(capsys, files, tmp_path):
    words = ["--by", "group", "--at", "fmr=0.05", "--bootstrap", "0"]
    right = told(capsys, "evaluate", files["similar"], *words)
    for name, more in (("distant", []), ("distant", ["--distance"]), ("silent", ["--distance"])):
        found = told(capsys, "evaluate", files[name], *words, *more)
        assert (
            found["eer"] == right["eer"]
            and found["groups"]["per_group"]["A"]["fmr"] == right["groups"]["per_group"]["A"]["fmr"]
        )
        assert found["groups"]["threshold"] == -right["groups"]["threshold"], name  # in the file's own sense
    assert told(capsys, "evaluate", files["silent"], *words)["eer"] > 0.5  # nothing says what they are
    said = refused(capsys, "evaluate", files["similar"], *words, "--distance")
    assert files["similar"] in said and "cosine similarity" in said and "Leave --distance out" in said
    run(["evaluate", files["distant"], *words, "--out", str(tmp_path / "report")])
    assert "distances: small means alike" in (tmp_path / "report" / "report.html").read_text()


def test_a_person_decides_where_the_file_is_doubtful(capsys, files, tmp_path):
    with np.load(files["distant"]) as held:
        np.savez(tmp_path / "doubtful.npz", **{**held, "measure": np.array("1 - cosine similarity")})
    words = ["--by", "group", "--at", "fmr=0.05", "--bootstrap", "0"]
    bare, asked = (
        told(capsys, "evaluate", str(tmp_path / "doubtful.npz"), *words, *more) for more in ([], ["--distance"])
    )
    assert bare["eer"] > 0.5 > asked["eer"] == told(capsys, "evaluate", files["similar"], *words)["eer"]


def test_two_models_follow_their_files(capsys, files):
    words = ["--at", "fmr=0.05", "--bootstrap", "40"]
    right = told(capsys, "compare-scores", files["similar"], files["other"], *words)
    assert right["distances_first"] is right["distances_second"] is False
    for first, more in (("distant", []), ("silent", ["--distance"])):
        found = told(capsys, "compare-scores", files[first], files["other"], *words, *more)
        assert found["differences"] == right["differences"] and found["distances_first"]
    turned = told(capsys, "compare-scores", files["other"], files["distant"], *words)
    assert turned["distances_second"] and not turned["distances_first"]
    assert [-row["difference"] for row in turned["differences"]] == [row["difference"] for row in right["differences"]]
    assert "--second-distance" in refused(
        capsys, "compare-scores", files["other"], files["similar"], "--second-distance"
    )
    assert "Leave --distance out" in refused(capsys, "compare-scores", files["similar"], files["other"], "--distance")


def test_normalising_follows_the_file(capsys, files, tmp_path):
    out = [str(tmp_path / f"{n}.npz") for n in range(3)]
    right = told(capsys, "normalise", files["similar"], "--out", out[0], "--fmr", ".05")
    for name, more, path in (("distant", [], out[1]), ("silent", ["--distance"], out[2])):
        found = told(capsys, "normalise", files[name], "--out", path, "--fmr", ".05", *more)
        assert found["after"] == right["after"] and found["rules"] == right["rules"]
    assert "--distance" in refused(capsys, "normalise", files["similar"], "--out", out[0], "--distance")
    measures = [read_scores(tmp_path / f"{n}.npz").measure.partition(",")[0] for n in range(3)]
    assert measures == [
        "cosine similarity",
        "negative cosine distance",
        "negative score",
    ]  # what is written is similarities
    assert told(capsys, "evaluate", out[1], "--by", "group", "--bootstrap", "0")["eer"] < 0.5
    assert "--distance" in refused(capsys, "evaluate", out[2], "--distance")


def test_those_learned_from_too(capsys, files, tmp_path):
    scores = read_scores(tmp_path / "distant.npz", paths=True)
    half = np.isin(scores.subject1, np.unique(scores.subject1)[::2]) & np.isin(
        scores.subject2, np.unique(scores.subject2)[::2]
    )
    rest = ~np.isin(scores.subject1, np.unique(scores.subject1)[::2]) & ~np.isin(
        scores.subject2, np.unique(scores.subject2)[::2]
    )
    from fairdesk.metrics.scores.score_files import write_scores

    write_scores(tmp_path / "learn.npz", scores.part(half))
    write_scores(tmp_path / "rest.npz", scores.part(rest))
    silent = scores.part(rest)
    silent.measure = ""
    write_scores(tmp_path / "bare.npz", silent)
    words = ["--learn-from", str(tmp_path / "learn.npz"), "--fmr", ".05", "--out", str(tmp_path / "n.npz")]
    one = told(capsys, "normalise", str(tmp_path / "rest.npz"), *words)
    two = told(capsys, "normalise", str(tmp_path / "bare.npz"), *words, "--distance")
    assert one["rules"] == two["rules"] and one["after"] == two["after"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("distance", True), ("Distance", True), ("dist", True), ("dissimilarity", True), ("cosine_distance", True),
        ("cosDist", True), ("l2dist", True), ("L2_dist", True), ("euclideandistance", True), ("distance_score", True),
        ("neg_dist", False), ("negdist", False), ("inv_distance", False), ("minus_distance", False), ("similarity", False),
        ("cos_sim", False), ("cosineSimilarity", False), ("score", None), ("scores", None), ("district", None), ("VGG2", None),
        ("score_from_distance", None), ("similarity_from_distance", None), ("distance_based_score", None), ("1-dist", None),
        ("l2", True), ("L1", True), ("euclidean", True), ("Euclidean", True), ("angle", True), ("squared_l2", True),
        ("distancia", True), ("distancia_coseno", True), ("disimilitud", True), ("similitud", False), ("neg_l2", False),
        ("cos_angle", None), ("l2_score", None), ("cosine", None), ("l2_norm", None), ("rectangle", None),
    ],
)  # fmt: skip
def test_what_a_columns_name_says(name, expected):
    said = measure_of_column(name)
    assert (holds_distances(said) if said else None) is expected


TABLES = {
    "named": ("distance,same,s1,s2,g1,g2", "score=distance,label=same,subject1=s1,subject2=s2,group1=g1,group2=g2"),
    "short": ("l2_dist,label,subject1,subject2,group1,group2", "score=l2_dist"),
    "BFW's": ("dist,label,id1,id2,att1,att2,p1,p2", None),
}


@pytest.mark.parametrize("kind", list(TABLES))
@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_a_column_of_distances_is_known_for_one_by_every_verb(capsys, tmp_path, kind, ending):
    (one, two), about = study(people=12)
    header, columns = TABLES[kind]
    names = header.split(",")
    values = [about[key] for key in ("label", "subject1", "subject2", "group1", "group2", "path1", "path2")]
    for name, score in (("one", -one), ("two", -two)):
        write_table(tmp_path / f"{name}.{ending}", dict(zip(names, [score, *values], strict=False)))
        np.savez(tmp_path / f"{name}.npz", score=-score, **about)
    more = [] if columns is None else ["--columns", columns]
    files, arrays = ([str(tmp_path / f"{name}.{end}") for name in ("one", "two")] for end in (ending, "npz"))
    at = ["--at", "fmr=0.05", "--bootstrap", "0"]
    right = told(capsys, "evaluate", arrays[0], "--by", "group", *at)
    found = told(capsys, "evaluate", files[0], "--by", "group", *at, *more)
    assert found["eer"] == right["eer"] and found["groups"]["threshold"] == -right["groups"]["threshold"]
    pair = told(capsys, "compare-scores", *files, *at, *more)
    assert pair["distances_first"] and pair["distances_second"]
    assert pair["differences"] == told(capsys, "compare-scores", *arrays, *at)["differences"]
    mixed = told(capsys, "compare-scores", files[0], arrays[1], *at, *more)
    assert mixed["distances_first"] and not mixed["distances_second"] and mixed["differences"] == pair["differences"]
    words = ["--fmr", "0.05", "--out", str(tmp_path / "n.npz")]
    assert (
        told(capsys, "normalise", files[0], *words, *more)["after"]
        == told(capsys, "normalise", arrays[0], *words)["after"]
    )


def write_table(path, columns):
    """Write columns as the ending says."""
    if path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.table({name: values.tolist() for name, values in columns.items()}), path)
        return
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writerow(columns)
        writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))


def test_the_second_file_may_have_columns_of_its_own(capsys, tmp_path):
    (one, two), about = study(people=12)
    write_table(tmp_path / "one.csv", {"sim": one} | about)
    write_table(
        tmp_path / "two.csv", {"d": -two, "same": about["label"]} | {k: v for k, v in about.items() if k != "label"}
    )
    for name, score in (("one", one), ("two", two)):
        np.savez(tmp_path / f"{name}.npz", score=score, **about)
    files, at = [str(tmp_path / name) for name in ("one.csv", "two.csv")], ["--at", "fmr=0.05", "--bootstrap", "0"]
    found = told(
        capsys, "compare-scores", *files, *at, "--columns", "score=sim", "--second-columns", "score=d,label=same", "--second-distance",
    )  # fmt: skip
    arrays = [str(tmp_path / name) for name in ("one.npz", "two.npz")]
    assert found["differences"] == told(capsys, "compare-scores", *arrays, *at)["differences"]


def test_too_high_an_eer_is_laid_to_what_was_done(capsys, files):
    for words, said in (
        ([files["silent"]], "these may be distances"),
        ([files["other"], "--distance"], "these may be similarities"),
    ):
        found = told(capsys, "evaluate", *words, "--bootstrap", "0")
        assert found["eer"] > 0.5 and said in found["warning"]


def test_what_is_learned_from_the_other_kind_is_refused_with_what_to_do(capsys, files, tmp_path):
    (one, _), about = study(people=12)
    others = about | {f"subject{side}": np.char.add("other", about[f"subject{side}"]) for side in "12"}
    for name, score, measure in (
        ("similar", one, "cosine similarity"), ("distant", -one, "cosine distance"), ("silent", -one, ""),
    ):  # fmt: skip
        np.savez(tmp_path / f"learn-{name}.npz", score=score, measure=np.array(measure), **others)

    def words(target, source, *more):
        return ["normalise", files[target], "--learn-from", str(tmp_path / f"learn-{source}.npz"), "--fmr", "0.05",
                "--out", str(tmp_path / "n.npz"), *more]  # fmt: skip

    right = told(capsys, *words("similar", "similar"))["after"]
    for target, source, *more in (
        ("distant", "distant"), ("distant", "silent"), ("silent", "distant", "--distance"), ("silent", "silent", "--distance"),
    ):  # fmt: skip
        assert told(capsys, *words(target, source, *more))["after"] == right
    for target, source, more, remedy in (
        ("distant", "similar", [], "Learn from scores of the same kind"),
        ("distant", "similar", ["--distance"], "Learn from scores of the same kind"),
        ("similar", "distant", [], "Learn from scores of the same kind"),
        ("other", "distant", [], "give --distance"),
        ("silent", "similar", ["--distance"], "leave it out"),
    ):
        said = refused(capsys, *words(target, source, *more))
        assert remedy in said and "does not fit" in said and f"learn-{source}.npz" in said, (target, source)
        assert "Leave --distance out" not in said


@pytest.mark.parametrize(
    ("head", "taken"),
    [
        ("distance,label", "distances"), ("label,Dist", "distances"), ("distancia,label", "distances"), ("l2,label", "distances"),
        ("euclidean,label", "distances"), ("cosine-distance,label", "distances"), ("neg_dist,label", "similarities"),
        ("cos_sim,label", "similarities"), ("label,age1,distance,age2", "distances"),
    ],
)  # fmt: skip
def test_the_one_column_called_by_a_measure_holds_the_scores_and_that_is_said(capsys, tmp_path, head, taken):
    names = head.split(",")
    rows = [
        ["0" if n == "label" else "30" if n.startswith("age") else v for n in names] for v in ("1.5", "1.25", "0.75")
    ]
    rows += [["1" if n == "label" else "30" if n.startswith("age") else v for n in names] for v in ("0.5", "1", "0.25")]
    (tmp_path / "s.csv").write_text("\n".join(",".join(row) for row in [names, *rows]))
    found = told(capsys, "evaluate", str(tmp_path / "s.csv"), "--by", "none", "--bootstrap", "0")
    assert (found["eer"] < 0.5) is (taken == "distances")
    column = next(name for name in names if name.lower() not in ("label", "age1", "age2"))
    assert f"The scores are those of the column {column}: {taken}" in found["warning"]


@pytest.mark.parametrize(
    "head", ["distance,similarity,label", "l1,l2,label", "score_a,distance,label", "age_distance,label", "cosine,label"]
)
def test_which_of_several_columns_holds_the_scores_is_not_guessed(capsys, tmp_path, head):
    width = head.count(",")
    (tmp_path / "s.csv").write_text(head + "\n" + "0.5," * width + "1\n" + "1.5," * width + "0\n")
    assert "must name the columns score and label" in refused(capsys, "evaluate", str(tmp_path / "s.csv"))


def test_a_column_called_score_comes_before_one_called_distance(capsys, tmp_path):
    (tmp_path / "s.csv").write_text("distance,score,label\n0,0.9,1\n1,0.8,1\n0,0.1,0\n0,0.2,0\n")
    found = told(capsys, "evaluate", str(tmp_path / "s.csv"), "--by", "none", "--bootstrap", "0")
    assert found["eer"] == 0 and not found.get("warning")
