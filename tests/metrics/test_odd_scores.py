"""Scores as files really have them: 32 bits, distances, odd labels, infinities, pairs that are in no group."""

import json
import subprocess
import sys

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.written import figures
from fairdesk.metrics.scores.grouped_scores import group_comparisons, per_group_scores
from fairdesk.metrics.scores.score_files import export_csv, read_scores, write_scores
from fairdesk.metrics.scores.score_set import ScoreSet


def grouped_file(path, score, label, groups=None, dtype=np.float64):
    n = len(score)
    first, second = groups or (["A"] * n, ["A"] * n)
    np.savez(
        path,
        score=np.array(score, dtype=dtype),
        label=np.array(label),
        group1=np.array(first),
        group2=np.array(second),
        subject1=np.array([f"s{i}" for i in range(n)]),
        subject2=np.array([f"s{i}" if one in (1, True) else f"t{i}" for i, one in enumerate(label)]),
    )
    return path


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("typed", ["0.9", "0.7", "0.1", "0.3"])
@pytest.mark.parametrize("distance", [False, True])
def test_a_typed_threshold_meets_the_very_numbers(tmp_path, dtype, typed, distance):
    """0.7 stored in 32 bits is below 0.7, and 0.9 in 16 bits above 0.9: compared in 64 bits, from CSV as well."""
    value = float(typed)
    step = 0.05 if distance else -0.05
    source = grouped_file(tmp_path / "s.npz", [value, value + step, value, value + step], [1, 1, 0, 0], dtype=dtype)
    export_csv(source, tmp_path / "s.csv")
    for file in (source, tmp_path / "s.csv"):
        params = EvaluateParams(scores=file, by="group", at=f"threshold={typed}", distance=distance)
        groups = evaluate_scores(params, QuietContext()).groups
        row = groups.per_group["A"]
        stored = float(dtype(value))
        accepted = stored <= value if distance else stored >= value
        assert (row.false_matches, row.false_non_matches) == (int(accepted), 2 - int(accepted)), file.name
        assert groups.fmr_matrix["A|A"].false_matches == int(accepted)
        assert groups.threshold == value


@pytest.mark.parametrize(
    "label",
    [
        [True, True, False, False],
        [1.0, 1.0, 0.0, -1.0],
        np.array([1, 1, 0, 0], dtype=np.uint8),
        ["genuine", "Genuine", "impostor", "IMPOSTER"],
        ["1", "1.0", "0", "-1"],
        np.array([b"same", b"mated", b"different", b"non-mated"]),
        ["1.000000000000000000e+00", "+1", "0.0e0", "-1.0"],
    ],
)
def test_labels_of_any_kind(tmp_path, label):
    np.savez(tmp_path / "s.npz", score=[0.9, 0.8, 0.1, 0.2], label=label)
    assert read_scores(tmp_path / "s.npz").label.tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("label", "named"),
    [
        ([1, 1, 0, 2], r"'2' \(comparison 4 of 4\)"),
        ([1.0, np.nan, 0.0, 0.0], r"'nan' \(comparison 2 of 4\)"),
        ([1.0, 1.0, 0.5, 0.0], r"'0.5' \(comparison 3 of 4\)"),
        (["genuine", "perhaps", "impostor", "impostor"], r"'perhaps' \(comparison 2 of 4\)"),
        (["1", "", "0", "0"], r"'' \(comparison 2 of 4\)"),
        ([np.inf, 1, 0, 0], r"'inf' \(comparison 1 of 4\)"),
    ],
)
def test_a_label_that_says_neither_is_named(tmp_path, label, named):
    np.savez(tmp_path / "s.npz", score=[0.9, 0.8, 0.1, 0.2], label=label)
    with pytest.raises(RequestError, match=named):
        read_scores(tmp_path / "s.npz")


def test_what_savetxt_writes_is_read(tmp_path):
    np.savetxt(tmp_path / "s.txt", np.array([[0.9, 1], [0.2, 0], [0.1, -1]]))
    scores = read_scores(tmp_path / "s.txt")
    assert scores.label.tolist() == [True, False, False] and scores.score.tolist() == [0.9, 0.2, 0.1]


@pytest.mark.parametrize(("name", "value"), [("group1", np.zeros((2, 2))), ("subject1", np.array([0.5, 1.5]))])
def test_groups_that_are_no_texts_are_refused(tmp_path, name, value):
    np.savez(tmp_path / "s.npz", score=[0.9, 0.1], label=[1, 0], **{name: value})
    with pytest.raises(RequestError, match=name):
        read_scores(tmp_path / "s.npz")


def test_plots_of_distances_stand_on_the_distance_side(tmp_path):
    score, label = [0.1, 0.2, 0.3, 0.8, 0.9, 1.0], [1, 1, 1, 0, 0, 0]
    source = grouped_file(tmp_path / "d.npz", score, label)
    params = EvaluateParams(scores=source, by="group", at="eer", distance=True, out=tmp_path / "report")
    result = evaluate_scores(params, QuietContext())
    assert result.groups.threshold == 0.3
    scores = read_scores(source)
    scores.negate()
    _, everything = evaluate(scores, params)
    groups = per_group_scores(group_comparisons(scores))
    drawn = figures(everything, groups, result.groups.threshold, distance=True)
    axes = drawn["rates"].axes[0]
    fmr = axes.lines[0].get_xydata()
    assert axes.get_xlabel() == "threshold (distance)"
    assert fmr[fmr[:, 1] == 0][:, 0].max() < 0.8  # no false match below the least impostor distance
    assert {tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2} == {(0.3, 0.3)}
    genuine = drawn["scores-all"].axes[0].patches[0].get_data()
    assert genuine.edges[0] == 0.1 and genuine.edges[-1] == 1.0
    assert genuine.values[0] > 0 and genuine.values[-1] == 0


def test_infinite_scores(tmp_path, recwarn):
    np.savez(tmp_path / "i.npz", genuine=[np.inf, 0.9, 0.8, -np.inf], impostor=[-np.inf, 0.1, 0.2, np.inf])
    result = evaluate_scores(EvaluateParams(scores=tmp_path / "i.npz"), QuietContext())
    assert (result.eer, result.d_prime, result.d_prime_why) == (0.25, None, "some scores are infinite")
    np.savez(tmp_path / "h.npz", genuine=[1e308, 1.7e308], impostor=[-1e308, -1.7e308])
    assert evaluate_scores(EvaluateParams(scores=tmp_path / "h.npz"), QuietContext()).d_prime is None
    source = grouped_file(tmp_path / "g.npz", [np.inf, 0.5, np.inf, 0.1], [1, 1, 0, 0])
    for at, matches, misses in (("threshold=inf", 1, 1), ("fmr=0.1", 0, 2)):  # above all: rejects infinite ones too
        groups = evaluate_scores(EvaluateParams(scores=source, by="group", at=at), QuietContext()).groups
        row = groups.per_group["A"]
        assert (row.false_matches, row.false_non_matches) == (matches, misses)
        assert groups.fmr_matrix["A|A"].false_matches == matches
    assert not recwarn.list


def test_nothing_raw_reaches_the_terminal(tmp_path):
    """A library's warning goes to the log: here one is made where the verb runs."""
    np.savez(tmp_path / "i.npz", genuine=[np.inf, 0.9], impostor=[-np.inf, 0.1])
    child = (
        "import sys, warnings, fairdesk.metrics.evaluation_job as job; from fairdesk.cli.main import run\n"
        "read = job.read_with_images\n"
        "job.read_with_images = lambda params: (warnings.warn('raw words'), read(params))[1]\n"
        "sys.exit(run(['evaluate', sys.argv[1]]))"
    )
    done = subprocess.run([sys.executable, "-c", child, tmp_path / "i.npz"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""


def test_a_group_without_genuine_pairs_has_no_accuracy(tmp_path):
    score, label = [0.9, 0.4, 0.3, 0.6, 0.9, 0.1, 0.2, 0.1], [1, 1, 0, 0, 1, 0, 0, 0]
    groups = ["A"] * 4 + ["B"] * 2 + ["C"] * 2
    source = grouped_file(tmp_path / "s.npz", score, label, (groups, groups))
    found = evaluate_scores(EvaluateParams(scores=source, by="group", at="threshold=0.5"), QuietContext()).groups
    assert found.per_group["C"].accuracy is None and "no genuine pairs" in found.per_group["C"].accuracy_why
    assert found.fairness.accuracy == {"A": 50.0, "B": 100.0}


def test_pairs_in_no_group_are_counted(tmp_path):
    source = grouped_file(
        tmp_path / "s.npz",
        [0.9, 0.9, 0.8, 0.1, 0.1, np.nan],
        [1, 1, 1, 0, 0, 1],
        (["A", "A", "A", "A", "A", "A"], ["A", "B", "", "B", "A", "B"]),
    )
    result = evaluate_scores(EvaluateParams(scores=source, by="group"), QuietContext())
    left = result.groups.not_in_a_group
    assert (left.genuine_across, left.impostor_across, left.genuine_unnamed, left.impostor_unnamed) == (1, 1, 1, 0)
    assert "1 genuine pair is of two groups" in result.text()
    assert "1 pair has a face without a group" in result.text()


@pytest.mark.parametrize("name", ["s.npz", "s.csv"])
def test_fold_and_list_are_kept(tmp_path, name):
    made = ScoreSet(score=np.array([0.5, 0.25]), label=np.array([True, False]), fold=np.array([3, 4]))
    made.about = {"encoder": "e", "detector": "d", "pair_list": "l.csv", "pair_list_sha256": "ab" * 32}
    write_scores(tmp_path / name, made)
    back = read_scores(tmp_path / name)
    assert back.fold.tolist() == [3, 4] and back.about == made.about
    result = evaluate_scores(EvaluateParams(scores=tmp_path / name), QuietContext())
    assert (result.pair_list, result.pair_list_sha256) == ("l.csv", "ab" * 32)


def test_a_rate_is_weak_by_its_own_errors(tmp_path):
    wrong = {"A": (40, 3), "B": (3, 40)}  # false matches, false non-matches of 50 each
    score, label, groups = [], [], []
    for name, (matches, misses) in wrong.items():
        score += [0.9] * matches + [0.1] * (50 - matches) + [0.1] * misses + [0.9] * (50 - misses)
        label += [0] * 50 + [1] * 50
        groups += [name] * 100
    source = grouped_file(tmp_path / "s.npz", score, label, (groups, groups))
    result = evaluate_scores(EvaluateParams(scores=source, by="group", at="threshold=0.5"), QuietContext())
    common = next(table for table in tables_of(result) if table.name == "common")
    weak = {row[0].text: [common.columns[x].title for x, cell in enumerate(row) if cell.weak] for row in common.rows}
    assert weak == {"all": [], "A": ["FNMR"], "B": ["FMR"]}


def test_decimal_commas_as_a_spreadsheet_writes_them(tmp_path):
    (tmp_path / "s.csv").write_text("score;label\n0,5;1\n-1,25;0\n,75;1\n2e-1;0\n1,5e-3;0\n")
    found = read_scores(tmp_path / "s.csv")
    assert found.score.tolist() == [0.5, -1.25, 0.75, 0.2, 0.0015] and found.label.tolist() == [
        True,
        False,
        True,
        False,
        False,
    ]
    (tmp_path / "t.csv").write_text("score;label\n1,2,3;1\n")
    with pytest.raises(RequestError, match="'1,2,3' is not a number"):
        read_scores(tmp_path / "t.csv")


def rows_of(names, groups=("A", "A")):
    """Four comparisons of the subjects in `names`, pair by pair, as the lines of a table."""
    lines = ["score,label,subject1,subject2,group1,group2"]
    lines += [f"0.{9 - k},{label},{one},{two},{groups[0]},{groups[1]}" for k, (label, one, two) in enumerate(names)]
    return "\n".join(lines) + "\n"


def test_labels_that_contradict_the_subjects_are_said(tmp_path, capsys):
    path = tmp_path / "s.csv"
    path.write_text(rows_of([(1, "a", "a"), (1, "a", "b"), (0, "a", "b"), (0, "b", "b"), (0, "c", "c")]))
    assert run(["evaluate", str(path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["warning"]
    assert "1 genuine comparison names two different subjects." in said
    assert "2 impostor comparisons name one subject twice." in said
    path.write_text(rows_of([(1, "a", "a"), (0, "a", "a")], ("A", "B")))  # one name in two groups may be two people
    assert run(["evaluate", str(path), "--json"]) == 0
    assert "warning" not in json.loads(capsys.readouterr().out)


def test_groups_that_differ_in_case_alone_are_said_and_blanks_around_names_are_not_part_of_them(tmp_path, capsys):
    path = tmp_path / "s.csv"
    path.write_text(rows_of([(1, "a", " a "), (0, "a", "b")], (" A ", "A")))
    assert run(["evaluate", str(path), "--by", "group", "--at", "eer", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["groups"]["per_group"]) == {"A"} and "warning" not in found
    path.write_text(rows_of([(1, "a", "a"), (0, "a", "b")], ("East Asian", "east  asian")))
    assert run(["evaluate", str(path), "--by", "group", "--at", "eer", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["warning"]
    assert "differ in case or blanks alone: 'East Asian', 'east  asian'" in said


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("separator", ["\t", ";", ","])
def test_tables_of_excel_in_any_encoding(tmp_path, encoding, separator):
    path = tmp_path / "s.csv"
    text = rows_of([(1, "Zoë", "Zoë"), (0, "Zoë", "Łukasz")]).replace(",", separator)
    path.write_bytes(text.encode(encoding))
    found = read_scores(path)
    assert found.subject2.tolist() == ["Zoë", "Łukasz"] and found.score.tolist() == [0.9, 0.8]


def test_two_text_files_in_utf_16(tmp_path):
    for name, values in (("g.txt", "0.9\n0.8\n"), ("i.txt", "0.1\n")):
        (tmp_path / name).write_bytes(values.encode("utf-16"))
    found = read_scores(tmp_path / "g.txt", impostor=tmp_path / "i.txt")
    assert found.genuine.tolist() == [0.9, 0.8] and found.impostor.tolist() == [0.1]


@pytest.mark.parametrize("word", ["", "NA", "n/a", "NaN", "null", "None"])
def test_words_for_no_score_are_counted_as_dropped(tmp_path, capsys, word):
    path = tmp_path / "s.csv"
    path.write_text(rows_of([(1, "a", "a"), (1, "b", "b"), (0, "a", "b")]).replace("0.9", word))
    assert run(["evaluate", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dropped"] == {"genuine": 1, "impostor": 0}


@pytest.mark.parametrize("inside", ["", "deeper/still"])
@pytest.mark.parametrize("verb", ["evaluate {0}", "identify {1}", "compare-scores {0} {0}"])
def test_a_file_in_place_of_the_folder_is_told_before_anything_is_worked_out(tmp_path, capsys, verb, inside):
    scores, search, taken = (str(tmp_path / name) for name in ("s.csv", "i.npz", "taken.txt"))
    (tmp_path / "s.csv").write_text(rows_of([(1, "a", "a"), (0, "a", "b")]))
    np.savez(search, scores=np.eye(2), probe_subject=["a", "b"], gallery_subject=["a", "b"])
    (tmp_path / "taken.txt").write_text("kept")
    out = str(tmp_path / "taken.txt" / inside) if inside else taken
    assert run([*verb.format(scores, search).split(), "--out", out]) == 2
    assert f"{taken} is a file. Give a folder to write to." in capsys.readouterr().err
    assert (tmp_path / "taken.txt").read_text() == "kept"


@pytest.mark.parametrize("verb", [["evaluate", "FILE"], ["identify", "FILE"], ["compare-scores", "FILE", "FILE"]])
@pytest.mark.parametrize("draws", ["1", "2", "19"])
def test_too_few_draws_for_an_interval_are_refused(capsys, tmp_path, verb, draws):
    """One draw has no deviation: it gave "[nan %, nan %]"."""
    source = grouped_file(tmp_path / "s.npz", [0.9, 0.8, 0.1, 0.2], [1, 1, 0, 0])
    assert run([str(source) if word == "FILE" else word for word in verb] + ["--bootstrap", draws]) == 2
    said = capsys.readouterr()
    assert not said.out and "--bootstrap: too few draws for an interval: give 20 or more" in said.err
    assert "0 for no draws" in said.err


def test_the_fewest_draws_give_intervals(tmp_path):
    rng = np.random.default_rng(2)
    label = np.repeat([True, False], 100)
    source = grouped_file(tmp_path / "s.npz", rng.normal(2 * label), label)
    found = evaluate_scores(EvaluateParams(scores=source, by="group", at="eer", bootstrap=20), QuietContext())
    assert (
        found.draws == 20 and np.isfinite(found.eer_ci).all() and np.isfinite(found.groups.per_group["A"].fmr_ci).all()
    )
    assert evaluate_scores(EvaluateParams(scores=source, bootstrap=0), QuietContext()).draws is None


@pytest.mark.parametrize("target", ["1", "0.1", "0"])
def test_an_fmr_sets_the_threshold_without_genuine_scores(tmp_path, target):
    source = grouped_file(tmp_path / "s.npz", [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9], [0] * 10)
    params = EvaluateParams(scores=source, by="group", at=f"fmr={target}", bootstrap=20)
    found = evaluate_scores(params, QuietContext()).groups
    row = found.per_group["A"]
    assert row.fmr == float(target) and found.threshold == {"1": 0.1, "0.1": 0.9, "0": np.inf}[target]
    assert row.fnmr is None and "no genuine" in row.fnmr_why


def test_the_terminal_says_why_and_keeps_a_name_on_one_line(tmp_path):
    names = ["x" * 300, "two\nlines"]
    groups = [names[n % 2] for n in range(8)]
    source = grouped_file(tmp_path / "s.npz", [0.5] * 8, [1] * 4 + [0] * 4, groups=(groups, groups))
    said = evaluate_scores(EvaluateParams(scores=source, by="group", at="eer"), QuietContext()).text()
    assert "d' undefined: the scores have no variance" in said
    assert "  two lines " in said and "x" * 39 + "…" in said and "x" * 40 not in said
    one = grouped_file(tmp_path / "one.npz", [0.9, 0.8, 0.1, 0.2], [1, 1, 0, 0])
    said = evaluate_scores(EvaluateParams(scores=one, by="group", at="eer"), QuietContext()).text()
    assert "FDR, IR, GARBE undefined: fewer than two groups have both an FMR and an FNMR" in said


def test_no_comparisons_at_all_is_said_so():
    none, text = np.zeros(0), np.zeros(0, dtype="U1")
    with pytest.raises(RequestError, match="hold no comparisons"):
        group_comparisons(ScoreSet(score=none, label=none.astype(bool), group1=text, group2=text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.csv", "score,label\n"),
        ("s.csv", "score,label\n\n\n"),
        ("s.tsv", "score\tlabel\tgroup1\tgroup2\n"),
        ("s.txt", ""),
    ],
)
def test_a_file_without_a_score_is_an_error_that_names_it(tmp_path, capsys, name, text):
    (tmp_path / name).write_text(text)
    assert run(["evaluate", str(tmp_path / name)]) == 2
    assert f"{name} holds no scores" in capsys.readouterr().err


def test_arrays_without_a_score_too(tmp_path, capsys):
    np.savez(tmp_path / "s.npz", score=np.zeros(0), label=np.zeros(0, dtype=int))
    np.savez(tmp_path / "t.npz", genuine=np.zeros(0), impostor=np.zeros(0))
    for name in ("s.npz", "t.npz"):
        assert run(["evaluate", str(tmp_path / name)]) == 2
        assert f"{name} holds no scores" in capsys.readouterr().err
    np.savez(tmp_path / "u.npz", genuine=np.zeros(0), impostor=np.array([0.1, 0.2]))
    assert run(["evaluate", str(tmp_path / "u.npz")]) == 0  # one kind is there
