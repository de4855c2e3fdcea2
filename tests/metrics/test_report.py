"""The report: what it says, in both languages, in every format, and that the same inputs give the same bytes."""

import csv
import json
import re
from string import Formatter

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import norm

from fairdesk import words
from fairdesk.figures.rate_shares import rate_shares
from fairdesk.figures.verification_figures import draw_det
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_curves import error_curve
from fairdesk.metrics.rates.error_rates import sort_scores
from fairdesk.metrics.report.language import phrases
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.table_files import as_csv, as_latex, csv_number, latex_text
from fairdesk.metrics.report.tables import Cell, Column, Table
from fairdesk.metrics.scores.score_files import read_scores, write_scores
from tests.metrics.test_model_comparison import study


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    (one, _), about = study(people=12, bias=1.0, groups=("A_1 & co", "B", "C"))
    score = one.copy()
    score[:4] = np.nan
    path = tmp_path_factory.mktemp("report") / "scores.npz"
    fold = np.random.default_rng(0).integers(0, 5, len(score))
    np.savez(
        path, score=score, fold=fold, **about, measure=np.array("cosine similarity"), encoder=np.array("dlib"),
        detector=np.array("hog"), pair_list=np.array("pairs.csv"), pair_list_sha256=np.array("ab" * 32),
        weights_sha256=np.array("cd" * 32),
    )  # fmt: skip
    return path


def reported(scores, out, **options):
    params = EvaluateParams(scores=scores, by="group", at="fmr=0.05", bootstrap=60, out=out, **options)
    return evaluate_scores(params, QuietContext())


def test_the_same_inputs_give_the_same_bytes(scores, tmp_path):
    for name in ("a", "b"):
        reported(scores, tmp_path / name, date="2026-01-02")
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert {"report.html", "report.pdf", "evaluation.json", "table.csv", "tables/common.tex", "roc.pdf"} <= {
        p.as_posix() for p in files
    }
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    reported(scores, tmp_path / "c", date="2026-01-03")
    assert (tmp_path / "c" / "report.html").read_bytes() != (tmp_path / "a" / "report.html").read_bytes()


def text_of(page):
    import html

    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>|<img[^>]*>", "", page, flags=re.S)))


def test_it_says_where_the_numbers_come_from(scores, tmp_path):
    result = reported(scores, tmp_path / "r", date="2026-01-02", label_source="annotated by two people")
    said = text_of((tmp_path / "r" / "report.html").read_text())
    for wanted in (
        "2026-01-02", "annotated by two people", "dlib", "hog", "pairs.csv", "ab" * 32, "cd" * 32, "FMR at most 5 % on all pairs",
        "Conformance with the standard is not claimed", "95 % by subjects, 60 draws", "GARBE", "A_1 & co", "Dropped",
        "no impostor comparisons between groups",
    ):  # fmt: skip
        assert wanted in said, wanted
    assert not re.search(r"\b(gini_fmr|fmr_ci|max_over|n_genuine|false_matches)\b", said)  # never raw keys
    row = result.groups.per_group["B"]
    common = (tmp_path / "r" / "tables" / "common.csv").read_text()
    assert f"{row.false_matches:,}" in common and f"{row.genuine:,}" in common
    pdf = (tmp_path / "r" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page ") >= 3
    assert b"CreationDate" not in pdf and b"/Type3" not in pdf  # TrueType throughout


def test_every_text_of_it_is_in_spanish(scores, tmp_path, missed):
    """No text that the report goes through is left in English, for scores with and without subjects."""
    reported(scores, tmp_path / "a", language="es", insightface=True)
    said = text_of((tmp_path / "a" / "report.html").read_text())
    assert 'lang="es"' in (tmp_path / "a" / "report.html").read_text()
    assert "Grupos con un mismo umbral" in said and "por sujetos" in said and "Groups at" not in said
    silent = read_scores(scores)
    silent.measure = ""  # a file that says that these are similarities is not evaluated as distances
    write_scores(tmp_path / "silent.npz", silent)
    evaluate_scores(
        EvaluateParams(
            scores=tmp_path / "silent.npz", by="group", at="eer", bootstrap=0, out=tmp_path / "b", language="es",
            distance=True,
        ),
        QuietContext(),
    )  # fmt: skip
    np.savez(
        tmp_path / "few.npz", score=[0.1, 0.2, 0.9], label=[0, 0, 1], group1=["A", "B", "A"], group2=["A", "B", "B"]
    )
    evaluate_scores(
        EvaluateParams(scores=tmp_path / "few.npz", by="group", at="threshold=0.15", out=tmp_path / "c", language="es"),
        QuietContext(),
    )
    missed -= {"steps"}  # progress, not the report
    assert not missed
    assert words.in_english()  # the program itself speaks as before


def test_spanish_names_the_values_it_is_given():
    for english, spanish in phrases("es").items():
        names = lambda text: sorted(name for _, name, _, _ in Formatter().parse(text) if name)
        assert names(english) == names(spanish), english


def test_tables_are_the_results_numbers(scores, tmp_path):
    result = reported(scores, None)
    tables = {table.name: table for table in tables_of(result)}
    assert list(tables) == [
        "overall", "common", "fairness", "between", "own_thresholds", "differences", "scores", "own", "points", "folds",
        "left_out",
    ]  # fmt: skip
    for table in tables.values():
        assert all(len(row) == len(table.columns) for row in table.rows), table.name
    fair = {row[0].text: row for row in tables["fairness"].rows}
    assert fair["GARBE"][1].text == f"{result.groups.fairness.GARBE:.4g}"
    assert fair["FMR: largest − smallest"][1].text == f"{100 * result.groups.fairness.fmr_max_minus_min:.3g} pp"
    assert "max A / min A" in fair["FMR: largest / smallest"][1].tip
    outside = {
        name for name, span in result.groups.fairness.null_ranges.items()
        if not span[0] <= getattr(result.groups.fairness, name) <= span[1]
    }  # fmt: skip
    assert sum(row[1].strong for row in tables["fairness"].rows) == len(outside) > 0
    assert "highest FMR: C" in tables["common"].note
    cell = tables["common"].rows[3][5]
    assert (cell.pairs.kind, cell.pairs.first, cell.pairs.second) == ("false match", "C", "C")
    assert tables["between"].rows[0][2].text == ""  # none between groups


def test_csv_and_latex_hold_the_table(scores):
    result = reported(scores, None)
    for table in tables_of(result):
        rows = list(csv.reader(as_csv(table).splitlines()))
        assert len(rows) == len(table.rows) + 1
        made = as_latex(table)
        body = made.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
        assert len(body) == len(table.rows)
        for line in body:
            assert len(re.findall(r"(?<!\\)&", line)) == len(table.columns) - 1
        assert not re.search(r"(?<!\\)[%#_]", made), table.name
    assert latex_text("A_1 & 50 % − ∞") == r"A\_1 \& 50 \% $-$ $\infty$"


def test_numbers_in_csv_are_read_by_programs_and_texts_are_not_run(scores):
    """A plus or a minus before a number is no formula; a name that begins so may be one."""
    for shown, plain in {
        "+0.987 %": "0.987 %", "\u22120.658 %": "-0.658 %", "2,994": "2994", "2\u202f994": "2994", "+1.2e\u22125": "1.2e-5", "0": "0", "12 %": "12 %", "\u22120.5 pp": "-0.5 pp",
        "\u2212": None, "+cmd": None, "1,23": None, "0 % to 2 %": None, "\u221e": None, "-1+2": None,
    }.items():  # fmt: skip
        assert csv_number(shown) == plain, shown
    columns = [Column("Group", text=True), Column("Difference"), Column("95 %")]
    cells = [("-7", "+0.5 %", "\u22121 % to +2 %"), ("=1+1", "\u22120.5 %", "\u2212x"), ("@a", "\u2013", "+x")]
    table = Table("t", "T", columns, [[Cell(text) for text in row] for row in cells])
    rows = list(csv.reader(as_csv(table).splitlines()))[1:]
    assert rows == [["-7", "0.5 %", "-1 % to +2 %"], ["'=1+1", "-0.5 %", "'-x"], ["'@a", "\u2013", "'+x"]]
    differences = next(one for one in tables_of(reported(scores, None)) if one.name == "differences")
    read = [float(row[3].removesuffix(" pp")) for row in csv.reader(as_csv(differences).splitlines()[1:])]
    assert min(read) < 0 < max(read)


def test_a_project_of_one_number_has_a_report_too(tmp_path):
    np.savez(tmp_path / "s.npz", genuine=[0.9, 0.8], impostor=[0.1, 0.2])
    evaluate_scores(EvaluateParams(scores=tmp_path / "s.npz", out=tmp_path / "r"), QuietContext())
    assert json.loads((tmp_path / "r" / "evaluation.json").read_text())["eer"] == 0
    assert (tmp_path / "r" / "report.pdf").exists()
    np.savez(tmp_path / "e.npz", genuine=np.array([]), impostor=[0.1, 0.2])
    evaluate_scores(EvaluateParams(scores=tmp_path / "e.npz", out=tmp_path / "e"), QuietContext())
    assert "no genuine scores" in (tmp_path / "e" / "report.html").read_text()


def test_groups_without_an_error_are_in_every_plot():
    """A group whose scores lie apart has no point with two errors: its triangles and ring stand at 3 / comparisons."""
    rng = np.random.default_rng(0)
    apart = error_curve("apart", sort_scores(rng.normal(9, 1, 50), rng.normal(0, 1, 400)), common=(0.0, 0.0))
    assert apart.bounds == [(3 / 400, 3 / 50)] * 2
    axes = Figure().add_subplot()
    near = error_curve("near", sort_scores(rng.normal(2, 1, 50), rng.normal(0, 1, 400)), common=(0.02, 0.4))
    draw_det(axes, [near, apart])
    assert "apart" in axes.get_legend_handles_labels()[1]
    at = [norm.ppf(3 / 400), norm.ppf(3 / 50)]
    drawn = [
        line.get_marker()
        for line in axes.lines
        if len(line.get_xdata()) == 1 and np.allclose([*line.get_xdata(), *line.get_ydata()], at)
    ]
    assert sorted(drawn) == ["<", "o", "v"]


def test_no_error_and_the_lowest_rate_have_two_colours():
    share = rate_shares(np.array([[0.0, 0.0303], [0.04, np.nan]]))
    assert share[0, 0] == 0 and np.isnan(share[1, 1]) and share[1, 0] == 1
    assert 0.8 < share[0, 1] < 1  # a rate near the highest looks so
    wide = rate_shares(np.array([0.0, 1e-5, 1e-2]))
    assert wide[0] == 0 and 0.05 < wide[1] < 0.2 and wide[2] == 1
    assert (rate_shares(np.zeros((2, 2))) == 0).all()


@pytest.mark.parametrize("groups", [2, 8, 14, 30])
def test_what_a_heat_map_says_lies_in_its_cells(groups):
    """Rates with their counts, rates alone, or nothing: never beyond the cell, and never too small to read."""
    from fairdesk.figures.verification_figures import draw_heat_map, framed

    names = [f"group_number_{number}" for number in range(groups)]
    rates = np.where(np.eye(groups) > 0, 0.001234, np.nan)
    counts = [["1,480/1,200,000"] * groups] * groups
    figure = framed(lambda axes: draw_heat_map(axes, names, rates, counts), groups)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    box = axes.get_window_extent()
    assert len(axes.texts) == groups
    for text in axes.texts:
        said = text.get_window_extent()
        assert said.width < box.width / groups and said.height < box.height / groups
        assert 4 <= text.get_fontsize() <= 7
    assert all(label.get_window_extent().y1 < box.y0 for label in axes.get_xticklabels())


@pytest.mark.parametrize("groups", [3, 24])
def test_plots_of_many_groups_lie_apart_on_their_pages(groups):
    """Legends and names of 24 crossed groups reach into no other plot and not beyond the page."""
    from itertools import combinations

    from fairdesk.figures.pdf_pages import PdfPage
    from fairdesk.figures.verification_figures import draw_bars, draw_group_scores, framed

    names = [f"indian · female · {number} to {number + 9}" for number in range(groups)]
    bins = (np.linspace(0, 1, 11), np.ones(10), np.ones(10))
    draws = [
        lambda axes: draw_group_scores(axes, dict.fromkeys(names, bins)),
        lambda axes: draw_bars(axes, dict.fromkeys(names, (0.1, (0.05, 0.2))), "FMR"),
    ] * 2
    page, pages = PdfPage("Title", "made by a test"), {}
    for draw in draws:
        page.plot(draw, wide=groups > 4)
        pages[id(page._figure)] = page._figure
    for figure in pages.values():
        boxes = [axes.get_tightbbox() for axes in figure.axes]
        assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 for box in boxes)
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    page.finish()
    for draw in draws[:2]:  # and in a file of its own
        figure = framed(draw, groups)
        (axes,) = figure.axes
        box = axes.get_tightbbox()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1
        assert axes.get_window_extent().height > 0.4 * axes.get_window_extent().width
