"""Tables of the PDF: what stands beside each other does not touch, and no word is cut where the page has room."""

import itertools

import numpy as np
import pytest

from fairdesk.figures.lettering import measure
from fairdesk.figures.pdf_pages import PdfPage
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.result_tables import tables_of
from tests.metrics.test_pair_draws import study


@pytest.fixture
def put(monkeypatch):
    """What is written on the page: text, left and right end, baseline."""
    found = []

    def note(self, text, x, baseline, size, *, align="left", weight="normal"):
        wide = measure(text, size, weight)
        found.append((text, x if align == "left" else x - wide, x + wide if align == "left" else x, round(baseline, 2)))

    monkeypatch.setattr(PdfPage, "_put", note)
    return found


@pytest.mark.parametrize("language", ["en", "es"])
def test_cells_of_wide_tables_do_not_touch(tmp_path, put, language):
    with speaking_report(language):
        result, _ = evaluate(study(1), EvaluateParams(scores=tmp_path, by="group", at="fmr=1e-2"))
        tables = {table.name: table for table in tables_of(result)}
        for name in ("common", "own", "differences", "fairness"):
            table = tables[name]
            put.clear()
            page = PdfPage("t", "x")
            page.table(
                [column.title for column in table.columns], [[cell.text for cell in row] for row in table.rows],
                text_columns={place for place, column in enumerate(table.columns) if column.text},
            )  # fmt: skip
            lines = {}
            for text, left, right, baseline in put:
                lines.setdefault(baseline, []).append((left, right, text))
            for cells in lines.values():
                cells.sort()
                for one, other in itertools.pairwise(cells):
                    assert other[0] - one[1] >= 1.5, (name, one, other)
            heads = {word for column in table.columns for word in column.title.split()}
            written = {word for text, *_ in put for word in text.split()}
            assert heads <= written, (name, heads - written)


@pytest.mark.parametrize(("at", "said"), [("eer", "(EER)"), ("fmr=1e-3", "(FMR at most 0.1 %)")])
def test_the_rule_of_own_thresholds_is_in_words(tmp_path, at, said):
    result, _ = evaluate(study(1), EvaluateParams(scores=tmp_path, by="group", at=at, bootstrap=0))
    assert said in next(table.note for table in tables_of(result) if table.name == "own_thresholds")


def test_a_group_that_is_called_all_does_not_hide_the_row_of_all(tmp_path):
    scores = study(1)
    scores.group1 = scores.group2 = np.where(scores.group1 == "A", "all", scores.group1)
    result, _ = evaluate(scores, EvaluateParams(scores=tmp_path, by="group", bootstrap=0))
    own = next(table for table in tables_of(result) if table.name == "own")
    assert len(own.rows) == 4


@pytest.fixture
def pages(monkeypatch):
    """What is written on each page: text and baseline."""
    found = []

    def note(self, text, x, baseline, size, *, align="left", weight="normal"):
        while len(found) < self._number:
            found.append([])
        found[self._number - 1].append((text, round(baseline, 1), weight))

    monkeypatch.setattr(PdfPage, "_put", note)
    return found


@pytest.mark.parametrize("before", [0, 21, 45, 46, 47, 48, 49, 50])
@pytest.mark.parametrize("title", ["FMR", "a head of many words that has to be broken over several lines"])
def test_a_table_over_pages_repeats_its_head(pages, before, title):
    """However the page is filled before it: each page with rows begins with the head, and no head stands alone."""
    page = PdfPage("t", "x")
    for _ in range(before):
        page.paragraph("before")
    rows = [[f"group{n}", f"{n}", *["word " * 30] * (n % 7 == 0)] for n in range(200)]
    rows = [[*row, ""][:3] for row in rows]
    page.table(["Group", title, "Note"], rows, text_columns={0, 2})
    page.paragraph("after")
    page.finish()
    seen = []
    for number, texts in enumerate(pages):
        here = [text for text, *_ in texts if text.startswith("group")]
        heads = [place for place, (text, _, weight) in enumerate(texts) if text == "Group" and weight == "bold"]
        assert len(heads) == bool(here), number
        if here:
            first = next(place for place, (text, *_) in enumerate(texts) if text.startswith("group"))
            assert heads[0] < first
            lowest = max(line for text, line, _ in texts[heads[0] : first])
            assert all(line > lowest for text, line, _ in texts if text.startswith("group"))  # none lies on the head
        assert all(line <= 842 - 24 for _, line, _ in texts)
        seen += here
    assert seen == [f"group{n}" for n in range(200)] and len(pages) > 3


def test_a_table_without_a_head_repeats_none(pages):
    page = PdfPage("t", "x")
    page.table(["", ""], [[f"name{n}", "value"] for n in range(150)], text_columns={0, 1}, head=False)
    page.finish()
    assert len(pages) > 1 and not any(weight == "bold" for _, _, weight in pages[1])


@pytest.mark.parametrize("groups", [13, 18, 24, 40, 64])
def test_a_table_of_many_columns_stands_in_parts_that_can_be_read(monkeypatch, groups):
    """Every cell is there once, none touches another, and no letter is smaller than 6 points."""
    found, pages = [], []

    def note(self, text, x, baseline, size, *, align="left", weight="normal"):
        wide = measure(text, size, weight)
        pages.append(self._number)
        found.append((text, x if align == "left" else x - wide, x if align == "right" else x + wide, baseline, size))

    monkeypatch.setattr(PdfPage, "_put", note)
    names = [f"Group {number:02d}" for number in range(groups)]
    rows = [[one, *(f"0.{a}{b} % ({a}/{b:,}000)" for b in range(groups))] for a, one in enumerate(names)]
    PdfPage("t", "x").table(["FMR between", *names], rows, text_columns={0})
    assert min(size for *_, size in found) >= 6
    words = " ".join(text for text, *_ in found).split()
    for a in range(groups):
        for b in range(groups):
            assert words.count(f"({a}/{b:,}000)") == 1
    lines = {}
    for page, (text, left, right, baseline, _) in zip(pages, found, strict=True):
        lines.setdefault((page, round(baseline, 2)), []).append((left, right, text))
    for line in lines.values():
        for (_, end, one), (start, _, two) in itertools.pairwise(sorted(line)):
            assert end <= start, (one, two)


@pytest.mark.parametrize(
    ("at", "few"), [("fmr=1e-3", "AB"), ("fmr=5e-3", "B"), ("fmr=2e-2", ""), ("eer", ""), ("fmr=0", "")]
)
def test_own_thresholds_below_resolution_are_in_brackets(tmp_path, at, few):
    """A has 400 impostor comparisons and B 100, so that the least FMR above 0 is 1/400 and 1/100."""
    scores = study(1, groups="AB")
    kept = np.ones(len(scores.label), dtype=bool)
    kept[np.flatnonzero(~scores.label & (scores.group1 == "B"))[100:]] = False
    for name in ("score", "label", "group1", "group2"):
        setattr(scores, name, getattr(scores, name)[kept])
    result, _ = evaluate(scores, EvaluateParams(scores=tmp_path, by="group", at=at, bootstrap=0))
    table = next(table for table in tables_of(result) if table.name == "own_thresholds")
    for name, *cells in table.rows:
        for cell in cells:
            assert cell.text.startswith("(") == cell.text.endswith(")") == (name.text in few), (name, cell)
            assert ("Below resolution" in cell.tip) == (name.text in few)
    assert ("In brackets" in table.note) == bool(few)
