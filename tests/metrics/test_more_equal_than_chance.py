"""Only a figure that is less equal than chance shows is marked; one that is more equal is named in the note."""

import pytest

from fairdesk.metrics.fairness.figure_notes import FAIRER, FIGURES, LESS_FAIR, beyond_chance, smaller_is_fairer
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.result_tables import tables_of
from tests.metrics.test_units import tables


def test_the_side_of_each_figure():
    assert (
        beyond_chance("fmr_AAD", 0.01, (0.02, 0.05)) == FAIRER
        and beyond_chance("fmr_AAD", 0.06, (0.02, 0.05)) == LESS_FAIR
    )
    assert beyond_chance("FDR", 0.99, (0.95, 0.98)) == FAIRER and beyond_chance("FDR", 0.9, (0.95, 0.98)) == LESS_FAIR
    assert beyond_chance("IR", 1.2, (1.2, 3.0)) is None and beyond_chance("IR", 3.0, (1.2, 3.0)) is None
    assert beyond_chance("IR", 3.1, None) is None and beyond_chance("IR", None, (1.2, 3.0)) is None
    assert beyond_chance("fmr_mean", 0.5, (0.1, 0.2)) is None  # no figure of equality
    for name in FIGURES:
        if smaller_is_fairer(name):
            assert (beyond_chance(name, 5, (2, 3)), beyond_chance(name, 1, (2, 3))) == (LESS_FAIR, FAIRER), name


@pytest.mark.parametrize(
    ("language", "said"), [("en", "More equal than chance shows: "), ("es", "Más iguales de lo que muestra el azar: ")]
)
def test_only_the_unfair_side_is_bold(tmp_path, language, said):
    result, made = tables(tmp_path, language)
    fair = result.groups.fairness
    assert said not in made["fairness"].note and {"fmr_AAD", "FDR", "GARBE"} <= fair.null_ranges.keys()
    for name, low, high in (("fmr_AAD", 1, 2), ("FDR", -2, -1), ("fnmr_AAD", -2, -1)):
        fair.null_ranges[name] = (getattr(fair, name) + low, getattr(fair, name) + high)
    fair.null_ranges["IR"] = (0.0, 1e9)
    with speaking_report(language):
        table = next(one for one in tables_of(result) if one.name == "fairness")
    rows = {row.name: cells for row, cells in zip(fair.rows(), table.rows, strict=True)}
    assert [rows[name][1].strong for name in ("fmr_AAD", "FDR", "fnmr_AAD", "IR")] == [False, False, True, False]
    note = table.note.partition(said)[2].partition(". ")[0]
    assert [rows["fmr_AAD"][0].text, rows["FDR"][0].text] == note.rstrip(".").split(", ")
