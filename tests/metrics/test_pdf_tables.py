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
