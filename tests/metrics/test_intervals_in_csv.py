"""The ends of intervals in the CSV files of tables: columns of plain numbers, beside the text that is shown."""

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

from fairdesk.cli.main import run
from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.params import CompareScoresParams
from fairdesk.metrics.report.search_tables import difference_table
from fairdesk.metrics.report.table_files import as_csv
from fairdesk.metrics.report.tables import Cell, Column, Table
from tests.metrics.test_rates_of_all_compared import two_models
from tests.metrics.test_whole_beside_groups import grouped_study


def read(text):
    heads, *rows = csv.reader(io.StringIO(text))
    assert len({head for head in heads if head.endswith((": low", ": high", ": value"))}) == sum(
        head.endswith((": low", ": high", ": value")) for head in heads
    )
    return [dict(zip(heads, row, strict=True)) for row in rows]


def ends(row, figure):
    return [float(row[f"{figure}: {end}"]) for end in ("low", "high")]


def percent(interval):
    return pytest.approx([100 * end for end in interval], rel=1e-11)


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
        assert ends(row, "EER") == percent(of["eer_ci"]) and float(row["EER: value"]) == pytest.approx(100 * of["eer"])
        point = of["tar_at_far"]["0.01"]
        assert float(row["TAR at FAR 1 %: value"]) == pytest.approx(100 * point["tar"])
        if point.get("tar_ci"):
            assert ends(row, "TAR at FAR 1 %") == percent(point["tar_ci"])
    differences = read(files["differences"])
    assert len(differences) == len(groups["differences"]) == 2
    for row, of in zip(differences, groups["differences"], strict=True):
        assert ends(row, "95 %") == percent(of["ci"]) and ends(row, "95 % of all together") == percent(of["together"])
        assert float(row["95 %: low"]) <= float(row["Difference (percentage points)"].removesuffix(" %"))
    assert any(float(row["95 %: low"]) < 0 for row in differences)
    fair = {row["Figure"]: row for row in read(files["fairness"])}
    figures = groups["fairness"]["intervals"]
    assert ends(fair["GARBE"], "95 %") == pytest.approx(figures["GARBE"], rel=1e-11)
    assert ends(fair["GARBE"], "If groups were equal") == pytest.approx(
        groups["fairness"]["null_ranges"]["GARBE"], rel=1e-11
    )
    assert ends(fair["FMR: largest \N{MINUS SIGN} smallest"], "95 %") == percent(figures["fmr_max_minus_min"])
    overall = {row["Figure"]: row for row in read(files["overall"])}
    assert ends(overall["EER (FVC rule)"], "95 %") == percent(found["eer_ci"])
    assert (overall["AUC"]["95 %: low"], overall["AUC"]["95 %: high"]) == ("", "")
    for text in files.values():
        for row in read(text):
            for head, cell in row.items():
                if head.endswith((": low", ": high", ": value")):
                    assert not cell or not math.isnan(float(cell)), (head, cell)


def test_intervals_by_pairs_or_none_too(tmp_path, capsys):
    scores = grouped_study()
    scores.subject1 = scores.subject2 = None
    found, files = report(tmp_path, capsys, scores)
    first = read(files["common"])[0]
    assert ends(first, "FMR") == percent(found["at_threshold"]["fmr_ci"]) and "too narrow" in files["common"]
    found, files = report(tmp_path, capsys, grouped_study(), "--bootstrap", "0")
    assert all(row["EER: low"] == "" and float(row["EER: value"]) > 0 for row in read(files["own"]))


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
            assert ends(row, "95 %") == percent(of.ci)
        elif of.figure == "GARBE":
            assert ends(row, "95 %") == pytest.approx(of.ci, rel=1e-11)
    assert any(row["95 %: high"].startswith("-") for row in rows)


def test_ends_without_limit_and_tiny_ones_are_numbers():
    columns = [Column("Figure", text=True), Column("95 %", of="95 %")]
    cells = [((-0.0, math.inf), ["0", "inf"]), ((-1e-9, 1e16), ["-1e-09", "1e+16"]), (None, ["", ""])]
    rows = [[Cell("x"), Cell("shown \N{MINUS SIGN}1 %", ends=span)] for span, _ in cells]
    made = list(csv.reader(as_csv(Table("t", "T", columns, rows)).splitlines()))
    assert made[0] == ["Figure", "95 %", "95 %: low", "95 %: high"]
    assert [row[2:] for row in made[1:]] == [wanted for _, wanted in cells]


def test_no_title_is_there_twice():
    columns = [Column(title) for title in ("Group", "FMR", "95 %", "FNMR", "95 %")]
    table = Table("t", "T", columns, [[Cell(str(n)) for n in range(5)]], "")
    assert as_csv(table).splitlines()[0] == "Group,FMR,FMR: 95 %,FNMR,FNMR: 95 %"
