"""The worked cases: counts and rates exact, thresholds exact, d' and AUC to 1e-9."""

import json

import pytest

from fairdesk.errors import RequestError
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.pair_lists.reading import read_pairs
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_files import read_scores

CASES = [
    "hand", "ties_2dec", "distance_l2", "gauss_small", "constant", "top_is_impostor", "nan_one", "empty_genuine",
]  # fmt: skip
NAMES = {
    "eer": "eer_fvc", "eer_low": "eer_fvc_low", "eer_high": "eer_fvc_high", "eer_threshold": "eer_fvc_threshold",
    "eer_interpolated": "eer_interp",
}  # fmt: skip


def number(value):
    return float(value) if isinstance(value, str) else value


def evaluated(path, **options):
    scores = read_scores(path)
    if options.get("distance"):
        scores.negate()
    return evaluate(scores, EvaluateParams(scores=path, **options))[0]


@pytest.mark.parametrize("name", CASES)
def test_case(truth, name):
    described = json.loads((truth / "cases" / f"{name}.json").read_text())
    distance = described.get("scores") == "dissimilarity"
    result = evaluated(truth / "cases" / f"{name}.npz", distance=distance)
    reference = described.get("reference")
    if reference is None:
        assert result.eer is None
        assert result.eer_why == "no genuine scores"
        assert result.n_impostor == described["n_impostor"]
        return
    sign = -1 if distance else 1
    for ours, theirs in NAMES.items():
        expected = number(reference[theirs])
        assert getattr(result, ours) == pytest.approx(
            sign * expected if ours == "eer_threshold" else expected, abs=1e-12
        ), ours
    assert result.eer_threshold == sign * number(reference["eer_fvc_threshold"])
    assert result.auc == pytest.approx(reference["auc_mann_whitney"], abs=1e-9)
    if reference["dprime"] is None:
        assert result.d_prime is None
        assert result.d_prime_why
    else:
        assert result.d_prime == pytest.approx(reference["dprime"], abs=1e-9)
    assert (result.n_genuine, result.n_impostor) == (reference["n_genuine"], reference["n_impostor"])
    for target, row in result.tar_at_far.items():
        expected = reference["tar_at_far"][target]
        assert row.false_matches == expected["false_matches"]
        assert row.threshold == sign * number(expected["threshold"])
        assert row.tar == pytest.approx(expected["tar"], abs=1e-12)
        assert row.fmr == pytest.approx(expected["fmr"], abs=1e-12)
        assert row.resolvable == expected["resolvable"]


@pytest.mark.parametrize("name", ["groups_shift", "groups_no_impostor"])
@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.75])
def test_grouped(truth, name, alpha):
    described = json.loads((truth / "grouped" / f"{name}.json").read_text())
    words = {"all_pairs": "all", "within_group_pairs": "within-group"}
    for key, expected in described["at_threshold"].items():
        at, _, source = key.partition("@")
        result = evaluated(
            truth / "grouped" / f"{name}.npz", by="group", alpha=alpha, threshold_from=words.get(source, source),
            at="eer" if at == "eer_fvc" else f"fmr={at[3:]}",
        ).groups  # fmt: skip
        assert result.threshold == number(expected["threshold"]), key
        for group, row in expected["per_group"].items():
            ours = result.per_group[group]
            assert ours.false_matches == row["false_matches"]
            assert ours.false_non_matches == row["false_non_matches"]
            for rate in ("fmr", "fnmr", "accuracy"):
                assert getattr(ours, rate) == (None if row[rate] is None else pytest.approx(row[rate], abs=1e-12))
            for rate in ("fmr", "fnmr"):
                interval = row.get(f"{rate}_ci95_wilson")
                assert getattr(ours, f"{rate}_ci_pairs") == (
                    None if interval is None else pytest.approx(interval, abs=1e-9)
                )
        for figure, value in expected["fairness"][str(alpha)].items():
            if hasattr(result.fairness, figure):
                assert getattr(result.fairness, figure) == pytest.approx(number(value), rel=1e-9), (key, figure)
        for theirs, ours in (("SER", "SER"), ("STD_ddof0", "accuracy_STD_ddof0"), ("STD_ddof1", "accuracy_STD_ddof1")):
            assert getattr(result.fairness, ours) == pytest.approx(number(expected["accuracy"][theirs]), abs=1e-9)
        for cell, row in expected["fmr_matrix"].items():
            assert result.fmr_matrix[cell].false_matches == row["false_matches"]
            assert result.fmr_matrix[cell].impostor == row["impostor"]


LISTS = [
    "lfw_pairs.txt", "lfw_pairsDevTest.txt", "lfw_pairs_bom.txt", "lfw_pairs_crlf_spaces.txt", "lfw_pairs_bad_count.txt",
    "lfw_pairs_bad_line.txt", "seed_pairs.txt", "seed_pairs_spaces.txt", "seed_pairs_tab.txt", "seed_pairs_ambiguous.txt",
    "pairs_quoted.csv", "agedb_30_pair.txt",
]  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_pair_list_format(truth, name):
    expected = json.loads((truth / "formats" / "expected.json").read_text())[name]
    if "error" in expected:
        with pytest.raises(RequestError, match=name):
            read_pairs(truth / "formats" / name)
        return
    found = read_pairs(truth / "formats" / name)
    assert len(found) == len(expected["pairs"])
    for pair, row in zip(found, expected["pairs"], strict=True):
        assert {key: getattr(pair, key) for key in row} == row


def test_error_names_the_line(truth):
    with pytest.raises(RequestError, match="line 2 has 2 fields"):
        read_pairs(truth / "formats" / "lfw_pairs_bad_line.txt")
    with pytest.raises(RequestError, match="promises 8 pairs, the file has 3"):
        read_pairs(truth / "formats" / "lfw_pairs_bad_count.txt")


@pytest.mark.parametrize("name", ["scores_4col.txt", "scores_5col.txt"])
def test_text_scores(truth, name):
    expected = json.loads((truth / "formats" / "expected.json").read_text())[name]["rows"]
    scores = read_scores(truth / "formats" / name)
    assert len(scores.score) == len(expected)
    for value, label, row in zip(scores.score, scores.label, expected, strict=True):
        assert str(value) == "nan" if row[-1] == "nan" else value == row[-1]
        assert label == (row[0] == row[1 if len(row) == 4 else 2])


def test_text_scores_without_labels_are_refused(truth):
    with pytest.raises(RequestError, match="does not say which scores are genuine"):
        read_scores(truth / "formats" / "scores_pyeer.txt")
