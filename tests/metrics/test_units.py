"""Rates and targets are in percent, and what lies between two rates in percentage points, wherever they are said."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.comparison.job import compare_matched
from fairdesk.metrics.comparison.results import difference_name
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.pairs_behind.shown_figures import figure_between, figure_unit, figure_value
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.search_tables import difference_table
from fairdesk.metrics.report.table_files import as_csv, as_latex, csv_number
from fairdesk.metrics.scores.score_set import ScoreSet
from tests.metrics.test_model_comparison import study
from tests.metrics.test_rates_of_all_compared import two_models
from tests.metrics.test_whole_beside_groups import grouped_study


def tables(tmp_path, language):
    known = {name: value for name, value in vars(grouped_study()).items() if isinstance(value, np.ndarray)}
    np.savez(tmp_path / "s.npz", **known)
    params = EvaluateParams(scores=tmp_path / "s.npz", by="group", at="threshold=1.3", bootstrap=100)
    with speaking_report(language):
        result = evaluate_scores(params, QuietContext())
        return result, {table.name: table for table in tables_of(result)}


@pytest.mark.parametrize(("language", "unit"), [("en", "pp"), ("es", "p. p.")])
def test_what_lies_between_rates_is_in_points_in_every_cell(tmp_path, language, unit):
    result, made = tables(tmp_path, language)
    table = made["differences"]
    assert len(table.rows) == 2
    for row, of in zip(table.rows, result.groups.differences, strict=True):
        shown = row[3].text.replace("\N{MINUS SIGN}", "-").removeprefix("+")
        assert shown == f"{float(f'{100 * of.difference:.2e}'):g} {unit}" and abs(of.difference) >= 1e-3
        assert [cell.text.count(unit) for cell in row[3:]] == [1, 2, 2]
    assert "%" not in "".join(cell.text for row in table.rows for cell in row)
    assert (
        table.columns[3].title in ("Difference", "Diferencia") and [one.unit for one in table.columns[3:]] == [unit] * 3
    )
    assert f" {unit} &" in as_latex(table)
    gaps = {row[0].text: row for row in made["fairness"].rows if row[1].unit == unit}
    assert len(gaps) == 12
    for name, row in gaps.items():
        assert not re.search("media de los grupos|mean of the|worst|peor", name)
        texts = [cell.text for cell in row[1:] if re.match("[0-9]", cell.text)]
        assert texts and all(unit in text and "%" not in text for text in texts), (name, texts)
    assert all(cell.unit != unit for row in made["overall"].rows for cell in row)


def test_units_of_fairness_figures():
    assert figure_value("fmr_max_minus_min", 0.0123) == "1.23 pp" and figure_value("fmr_worst", 0.0123) == "1.23 %"
    assert figure_value("accuracy_STD_ddof0", 0.6512) == "0.6512 pp" and figure_value("GARBE", 0.25) == "0.25"
    assert figure_between("fnmr_AAD", (0.0, 0.5)) == "0 pp to 50 pp"
    units = {
        name: figure_unit(name) for name in ("fmr_MAD", "fnmr_STD_ddof1", "fmr_mean", "fmr_max_over_min", "fmr_MAPE")
    }
    assert units == {"fmr_MAD": "pp", "fnmr_STD_ddof1": "pp", "fmr_mean": "%", "fmr_max_over_min": "", "fmr_MAPE": "%"}
    assert figure_unit("accuracy_STD_ddof1") == "pp"


def test_two_models_say_the_same_in_the_window_and_at_the_command_line():
    one, two = two_models(shift=1.0)
    params = CompareScoresParams(first=Path("one.npz"), second=Path("two.npz"), at="threshold=1.3", bootstrap=100)
    found = compare_matched(one, two, params, lambda: None)
    said, table = found.text(), difference_table(found)
    assert not re.search(r"FAR 0\.", said) and "percentage points" not in said and "TAR at FAR 10 %: " in said
    rows = {row[0].text: row for row in table.rows}
    assert "TAR at FAR 10 %" in rows
    for row in found.differences:
        name = difference_name(row)
        line = next(line for line in said.splitlines() if line.startswith(f"  {name}: "))
        shown = [cell.text for cell in rows[name][1:5]]
        assert f"{shown[0]} -> {shown[1]}" in line
        if row.ci is not None:
            assert f"[{shown[3]}]" in line
    assert rows["EER"][1].text.endswith(" %") and rows["EER"][3].text.endswith(" pp")
    assert rows["EER"][4].text.count(" pp") == 2


def test_a_difference_of_what_is_in_hundredths_has_its_unit_shown_and_in_csv():
    scores, about = study(3, people=20, images=2, bias=1.0)
    known = {name: value for name, value in about.items() if name != "label"}
    one, two = (ScoreSet(score=score, label=about["label"] == 1, **known) for score in scores)
    params = CompareScoresParams(first=Path("one.npz"), second=Path("two.npz"), at="fmr=0.1", bootstrap=100)
    found = compare_matched(one, two, params, lambda: None)
    by_figure = {row.figure: row for row in found.differences if row.group is None}
    lines = {row["Figure"]: row for row in csv.DictReader(io.StringIO(as_csv(difference_table(found))))}
    for name, unit in (("accuracy_STD_ddof0", "pp"), ("accuracy_STD_ddof1", "pp"), ("fmr_MAPE", "%")):
        row, line = by_figure[name], lines[difference_name(by_figure[name])]
        assert row.ci is not None and row.first > 0
        assert re.fullmatch(rf"[0-9.]+ {unit}", line[found.first]) and line[f"{found.first}: unit"] == unit
        assert (
            re.fullmatch(r"-?[0-9.]+ pp", line["Difference"]) and line["Difference: unit"] == line["95 %: unit"] == "pp"
        )
        assert line["95 %"].count(" pp") == 2 and float(line["95 %: low"]) == row.ci[0]
        assert float(line["Difference: number"]) == row.difference
        shown = float(line["Difference"].removesuffix(" pp"))
        assert shown == pytest.approx(row.difference, rel=1e-3)
    assert lines["IR"]["Difference: unit"] == lines["IR"][f"{found.first}: unit"] == ""


def test_the_deviation_from_the_target_is_in_percent():
    assert figure_value("fmr_MAPE", 12.3456) == "12.35 %" and figure_value("fmr_MAPE", 250.0) == "250 %"
    assert figure_between("fmr_MAPE", (0.0, 250.0)) == "0 % to 250 %"


def test_points_are_numbers_to_a_table_file():
    assert csv_number("\N{MINUS SIGN}0.658 pp") == "-0.658 pp" and csv_number("+1,200 p. p.") == "1200 p. p."
