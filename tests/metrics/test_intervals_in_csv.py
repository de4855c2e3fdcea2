"""The numbers of tables in CSV files, and the ends of intervals: columns of full numbers, beside the text that is shown."""

import csv
import io
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np

from fairdesk.cli.main import run
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.identification.job import identify_probes
from fairdesk.metrics.pairs_behind.pair_query import cell_key
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams, IdentifyParams
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.search_tables import difference_table, search_tables
from fairdesk.metrics.report.table_files import as_csv
from fairdesk.metrics.report.tables import Cell, Column, Table, hundredfold, in_percent
from tests.metrics.test_rates_of_all_compared import two_models
from tests.metrics.test_whole_beside_groups import grouped_study


def read(text):
    heads, *rows = csv.reader(io.StringIO(text))
    assert len(set(heads)) == len(heads)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def ends(row, figure, unit="%"):
    return [float(row[f"{figure}: {end}" + (f" ({unit})" if unit else "")]) for end in ("low", "high")]


def hundred(rate):
    """Return the float of the rate's own digits with the point two places on, in exact arithmetic."""
    return float(100 * Fraction(repr(float(rate))))


def percent(interval):
    return [hundred(end) for end in interval]


def report(tmp_path, capsys, scores, *options):
    known = {name: value for name, value in vars(scores).items() if isinstance(value, np.ndarray)}
    np.savez(tmp_path / "s.npz", **known)
    words = ["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--at", "threshold=1.3", "--json"]
    assert run([*words, *options, "--out", str(tmp_path / "r")]) == 0
    found = json.loads(capsys.readouterr().out)
    files = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "r" / "tables").glob("*.csv")}
    return found, files


def test_each_interval_of_a_report_is_read_as_numbers(tmp_path, capsys):
    found, files = report(tmp_path, capsys, grouped_study(), "--bootstrap", "200")
    groups = found["groups"]
    rows = read(files["common"])
    for row, of in zip(rows, [found["at_threshold"], *groups["per_group"].values()], strict=True):
        assert ends(row, "FMR") == percent(of["fmr_ci"]) and ends(row, "FNMR") == percent(of["fnmr_ci"])
    for row, of in zip(read(files["own"]), [found, *groups["per_group"].values()], strict=True):
        assert ends(row, "EER") == percent(of["eer_ci"]) and float(row["EER: number (%)"]) == hundred(of["eer"])
        point = of["tar_at_far"]["0.01"]
        assert float(row["TAR at FAR 1 %: number (%)"]) == hundred(point["tar"])
        if point.get("tar_ci"):
            assert ends(row, "TAR at FAR 1 %") == percent(point["tar_ci"])
    differences = read(files["differences"])
    assert len(differences) == len(groups["differences"]) == 2
    for row, of in zip(differences, groups["differences"], strict=True):
        assert ends(row, "95 %", "pp") == percent(of["ci"]) and ends(row, "95 % of all together", "pp") == percent(
            of["together"]
        )
        shown = float(row["Difference: number (pp)"])
        assert float(row["95 %: low (pp)"]) <= shown == hundred(of["difference"])
    assert any(float(row["95 %: low (pp)"]) < 0 for row in differences)
    fair = {row["Figure"]: row for row in read(files["fairness"])}
    figures = groups["fairness"]["intervals"]
    assert ends(fair["GARBE"], "95 %", "") == figures["GARBE"]
    assert ends(fair["GARBE"], "If groups were equal", "") == groups["fairness"]["null_ranges"]["GARBE"]
    assert ends(fair["FMR: largest - smallest"], "95 %", "") == percent(figures["fmr_max_minus_min"])
    overall = {row["Figure"]: row for row in read(files["overall"])}
    assert ends(overall["EER (FVC rule)"], "95 %", "") == percent(found["eer_ci"])
    assert (overall["AUC"]["95 %: low"], overall["AUC"]["95 %: high"]) == ("", "")
    for text in files.values():
        for row in read(text):
            for head, cell in row.items():
                if any(part in head for part in (": low", ": high", ": number")):
                    assert not cell or not math.isnan(float(cell)), (head, cell)


def test_intervals_by_pairs_or_none_too(tmp_path, capsys):
    scores = grouped_study()
    scores.subject1 = scores.subject2 = None
    found, files = report(tmp_path, capsys, scores)
    first = read(files["common"])[0]
    assert ends(first, "FMR") == percent(found["at_threshold"]["fmr_ci"]) and "too narrow" in files["common"]
    found, files = report(tmp_path, capsys, grouped_study(), "--bootstrap", "0")
    assert all(row["EER: low (%)"] == "" and float(row["EER: number (%)"]) > 0 for row in read(files["own"]))


def test_differences_of_two_models_are_read_as_numbers():
    one, two = two_models(shift=1.0)
    params = CompareScoresParams(first=Path("one.npz"), second=Path("two.npz"), at="threshold=1.3", bootstrap=100)
    found = compare_matched(one, two, params, lambda: None)
    rows = read(as_csv(difference_table(found)))
    assert len(rows) == len(found.differences)
    rate_like = ("eer", "fmr", "fnmr")
    for row, of in zip(rows, found.differences, strict=True):
        if of.ci is None:
            assert row["95 %: low"] == row["95 %: high"] == ""
        elif of.figure in rate_like:
            assert ends(row, "95 %", "") == percent(of.ci)
        elif of.figure == "GARBE":
            assert ends(row, "95 %", "") == list(of.ci)
    assert any(row["95 %: high"].startswith("-") for row in rows)


def test_ends_without_limit_and_tiny_ones_are_numbers():
    columns = [Column("Figure", text=True), Column("95 %", of="95 %")]
    cells = [((-0.0, math.inf), ["0.0", "inf"]), ((-1e-9, 1e16), ["-1e-09", "1e+16"]), (None, ["", ""])]
    rows = [[Cell("x"), Cell("shown \N{MINUS SIGN}1 %", ends=span)] for span, _ in cells]
    made = list(csv.reader(as_csv(Table("t", "T", columns, rows)).splitlines()))
    assert made[0] == ["Figure", "95 %", "95 %: low", "95 %: high"]
    assert [row[2:] for row in made[1:]] == [wanted for _, wanted in cells]


def test_no_title_is_there_twice():
    columns = [Column(title) for title in ("Group", "FMR", "95 %", "FNMR", "95 %")]
    table = Table("t", "T", columns, [[Cell(str(n)) for n in range(5)]], "")
    assert as_csv(table).splitlines()[0] == "Group,FMR,FMR: 95 %,FNMR,FNMR: 95 %"


def test_numbers_that_are_shown_rounded_are_there_in_full(tmp_path, capsys):
    found, files = report(tmp_path, capsys, grouped_study(), "--at", "fmr=0.1", "--bootstrap", "20")
    groups = found["groups"]
    for row, of in zip(read(files["common"]), [found["at_threshold"], *groups["per_group"].values()], strict=True):
        for name, head in (("fmr", "FMR"), ("fnmr", "FNMR"), ("accuracy", "Accuracy")):
            assert float(row[f"{head}: number (%)"]) == hundred(of[name]), (head, row)
    overall = {row["Figure"]: row for row in read(files["overall"])}
    told = {"AUC": found["auc"], "Threshold at the EER": found["eer_threshold"], "d\N{PRIME}": found["d_prime"]}
    for figure, value in told.items():
        assert overall[figure]["Value: number"] == repr(value) and overall[figure]["Value: unit"] == ""
        assert overall[figure]["Value"] != repr(value)  # rounded
    assert overall["EER (FVC rule)"]["Value: unit"] == overall["EER (FVC rule)"]["95 %: unit"] == "%"
    assert float(overall["EER, interpolated"]["Value: number"]) == hundred(found["eer_interpolated"])
    assert overall["Impostor comparisons"]["Value: number"] == str(found["n_impostor"])
    fair = {row["Figure"]: row for row in read(files["fairness"])}
    figures = groups["fairness"]
    assert fair["GARBE"]["Value: number"] == repr(figures["GARBE"]) and fair["GARBE"]["Value: unit"] == ""
    assert float(fair["FMR: worst group"]["Value: number"]) == hundred(figures["fmr_worst"])
    assert fair["FMR: worst group"]["Value: unit"] == "%"
    for row, of in zip(read(files["scores"]), groups["per_group"].values(), strict=True):
        wanted = [of["genuine_mean"], of["genuine_median"], of["impostor_mean"], of["impostor_median"]]
        heads = ["Genuine: mean", "Genuine: median", "Impostor: mean", "Impostor: median"]
        assert [row[f"{head}: number"] for head in heads] == [repr(one) for one in wanted]
    for row, of in zip(read(files["points"]), [found, *groups["per_group"].values()], strict=True):
        points = of["operating_points"]
        assert float(row["FMR100 (an FNMR): number (%)"]) == hundred(points["FMR100"]["fnmr"])
        assert float(row["ZeroFNMR (an FMR): number (%)"]) == hundred(points["ZeroFNMR"]["fmr"])
    names = list(groups["per_group"])
    for row, first in zip(read(files["between"]), names, strict=True):
        for second in names:
            cell = groups["fmr_matrix"][cell_key(first, second)]
            kept = row[f"{second}: number (%)"]
            assert kept == "" if cell["fmr"] is None else float(kept) == hundred(cell["fmr"])
            behind = [row[f"{second}: false matches"], row[f"{second}: comparisons"]]
            assert behind == [str(cell["false_matches"]), str(cell["impostor"])]
    for row, of in zip(read(files["own_thresholds"]), groups["own_thresholds"]["per_group"].values(), strict=True):
        assert row["Own threshold: number"] == repr(of["threshold"])
        assert float(row["FNMR: number (%)"]) == hundred(of["fnmr"])


def test_a_search_and_folds_too(tmp_path):
    rng = np.random.default_rng(7)
    probe, gallery = np.array([f"p{n}" for n in range(37)]), np.array([f"p{n}" for n in range(30)])
    scores = rng.normal(size=(37, 30)) + 2.5 * (probe[:, None] == gallery)
    np.savez(tmp_path / "m.npz", scores=scores, probe_subject=probe, gallery_subject=gallery)
    result = identify_probes(IdentifyParams(scores=tmp_path / "m.npz", bootstrap=20), QuietContext())
    ranks, points, _probes = (read(as_csv(table)) for table in search_tables(result))
    by_rank = {int(row["Rank"]): row for row in ranks}
    assert list(by_rank) == [1, 5, 10, 20] and len(ranks) == 4
    intervals = {1: result.rank1_ci} | {int(k): interval for k, interval in result.rank_ci.items()}
    for k, row in by_rank.items():
        assert float(row["Found: number (%)"]) == hundred(result.cmc.pessimistic[k - 1])
        assert float(row["Ties in favour: number (%)"]) == hundred(result.cmc.optimistic[k - 1])
        assert ends(row, "Found") == percent(intervals[k])
    assert by_rank[1]["Found"] != by_rank[1]["Found: number (%)"] + " %"
    for row, (target, point) in zip(points, result.fnir_at_fpir.items(), strict=True):
        assert float(row["Target FPIR: number (%)"]) == hundred(float(target))
        assert row["Threshold: number"] == repr(point.threshold)
        assert float(row["FNIR at rank 1: number (%)"]) == hundred(point.fnir_rank1)
    genuine = np.array([1] * 150 + [0] * 150)
    np.savez(tmp_path / "f.npz", score=rng.normal(size=300) + genuine, label=genuine, fold=np.tile(np.arange(10), 30))
    told = evaluate_scores(EvaluateParams(scores=tmp_path / "f.npz"), QuietContext())
    table = next(table for table in tables_of(told) if table.name == "folds")
    for row, of in zip(read(as_csv(table)), told.fold_accuracy.values(), strict=True):
        assert float(row["Accuracy over folds: number (%)"]) == hundred(of.accuracy)
        assert float(row["Standard error: number (pp)"]) == hundred(of.standard_error)


def test_percent_has_the_digits_of_the_rate_and_no_others():
    assert [hundredfold(rate) for rate in (0.07, 1 / 3, 0.0, -0.0, 1.0, 1e-9, 0.29, -0.07)] == [
        7.0, 33.33333333333333, 0.0, 0.0, 100.0, 1e-7, 29.0, -7.0,
    ]  # fmt: skip
    assert 100 * 0.07 != 7.0 and hundredfold(None) is None
    assert hundredfold(math.inf) == math.inf and in_percent((0.07, math.inf)) == (7.0, math.inf)
