"""By pairs, a TAR's interval takes the threshold anew and an FNMR's takes it as known: both say so."""

import numpy as np

from fairdesk.cli.main import run
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.intervals.by_pairs import threshold_by_pairs
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.shares import wilson
from tests.metrics.test_whole_beside_groups import grouped_study
from tests.metrics.test_whole_rates import options


def tips(result):
    found = {table.name: table for table in tables_of(result)}
    common = [cell.tip for row in found["common"].rows for cell in (row[6], row[8])]
    own = [cell.tip for row in found["own"].rows for cell in row[4:] if cell.ends is not None]
    return common, own


def test_cells_by_pairs_say_it_and_those_by_subjects_do_not():
    scores = grouped_study()
    by_subjects = evaluate(grouped_study(), options(at="fmr=0.01", by="group", bootstrap=100))[0]
    assert not any(threshold_by_pairs() in tip for part in tips(by_subjects) for tip in part)
    assert threshold_by_pairs() not in by_subjects.interval
    scores.subject1 = scores.subject2 = None
    found = evaluate(scores, options(at="fmr=0.01", by="group", bootstrap=None))[0]
    common, own = tips(found)
    assert own and all(threshold_by_pairs() in tip for tip in own)
    assert sum(threshold_by_pairs() in tip for tip in common) == sum(
        getattr(row, f"{rate}_ci") is not None
        for row in (found.at_threshold, *found.groups.per_group.values()) for rate in ("fmr", "fnmr")
    )  # fmt: skip
    row, point = found.at_threshold, found.tar_at_far["0.01"]
    assert row.threshold == point.threshold  # and what is said is so
    assert row.fnmr_ci == wilson(row.false_non_matches, found.n_genuine)
    assert not np.allclose(row.fnmr_ci, (1 - point.tar_ci[1], 1 - point.tar_ci[0]), rtol=0.02)


def test_the_terminal_says_it(tmp_path, capsys):
    scores = grouped_study()
    np.savez(tmp_path / "s.npz", score=scores.score, label=scores.label.astype(int))
    assert run(["evaluate", str(tmp_path / "s.npz"), "--at", "fmr=0.01"]) == 0
    assert threshold_by_pairs() in capsys.readouterr().out
    assert run(["evaluate", str(tmp_path / "s.npz"), "--at", "fmr=0.01", "--bootstrap", "0"]) == 0
    assert "anew" not in capsys.readouterr().out  # nothing is drawn
