"""Where no probe may have a candidate, a group's FPIR of 0 has a bound by its subjects, and the files have it."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.identification.files import SearchScores
from fairdesk.metrics.identification.job import evaluate_search
from fairdesk.metrics.identification.written import points_csv
from fairdesk.metrics.params import IdentifyParams
from fairdesk.metrics.report.search_tables import search_tables


def found(highest, group, draws=100):
    """Search with probes who are not enrolled, each of another person, among one entry; one more is enrolled."""
    n = len(highest)
    subjects = np.array([f"p{one}" for one in range(n)] + ["g"])
    scores = SearchScores(np.append(highest, 2.0)[:, None], subjects, np.array(["g"]), np.append(group, group[0]))
    return evaluate_search(scores, IdentifyParams(scores=Path("m.npz"), by="group", bootstrap=draws), QuietContext())[0]


def test_the_bound_is_that_of_no_error_in_so_many_subjects():
    group = np.array(["A"] * 12 + ["B"] * 30 + ["C"] * 3)
    result = found(np.random.default_rng(0).uniform(size=45), group)
    for name, subjects in (("A", 12), ("B", 30)):
        point = result.groups[name].fnir_at_fpir["0.001"]
        assert not point.resolvable and (point.fpir, point.false_positives) == (0.0, 0)
        assert point.fpir_ci == (0.0, pytest.approx(1 - 0.025 ** (1 / subjects))) and point.fpir_ci_why is None
    few, whole = result.groups["C"].fnir_at_fpir["0.001"], result.fnir_at_fpir["0.001"]
    assert few.fpir_ci is None and few.fpir_ci_why == "fewer than 4 subjects"
    assert whole.fpir_ci_why == "the threshold is set by this rate"
    assert result.groups["A"].fnir_at_fpir["0.001"].fnir_rank1_ci is None
    table = next(table for table in search_tables(result) if table.name == "open_set")
    shown = {(row[0].text, row[1].text): row[6].text for row in table.rows}
    assert shown["A", "0.1 %"] == "0 % to 26.5 %" and "fewer than 4" in shown["C", "0.1 %"]
    assert all(text != "–" for text in shown.values())
    assert "(FPIR 0 % [0 %, 26.5 %])" in result.text()
    rows = list(csv.DictReader(io.StringIO(points_csv(result))))
    kept = {(row["group"], row["target_fpir"]): (row["fpir_low"], row["fpir_high"]) for row in rows}
    assert kept["A", "0.001"] == ("0.0", repr(1 - 0.025 ** (1 / 12))) and kept["C", "0.001"] == ("", "")
    resolved = result.groups["B"].fnir_at_fpir["0.1"]
    assert [float(end) for end in kept["B", "0.1"]] == list(resolved.fpir_ci)


def test_by_probes_too():
    group = np.array(["A"] * 12 + ["B"] * 30)
    point = found(np.random.default_rng(0).uniform(size=42), group, draws=0).groups["A"].fnir_at_fpir["0.001"]
    z = 1.959963984540054
    assert point.fpir_ci == (0.0, pytest.approx(z * z / (12 + z * z)))  # Wilson's upper end at no error


def test_the_bound_holds_the_truth():
    """Highest scores are uniform, so that the true FPIR at a threshold is one less it."""
    rng, held, group = np.random.default_rng(1), 0, np.array(["A"] * 12 + ["B"] * 12)
    for _ in range(200):
        highest = rng.uniform(size=24)
        point = found(highest, group, draws=20).groups["A"].fnir_at_fpir["0.001"]
        assert point.threshold == 2.0  # the next score that there is; it rejects all that lie above the highest
        held += 1 - highest.max() <= point.fpir_ci[1]
    assert held >= 190
