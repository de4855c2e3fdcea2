"""No cell of a result shows a dash alone, and no interval that leaves nearly all open stands as if it told something."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.identification.files import SearchScores
from fairdesk.metrics.identification.job import evaluate_search
from fairdesk.metrics.params import EvaluateParams, IdentifyParams
from fairdesk.metrics.report.result_tables import tables_of
from fairdesk.metrics.report.search_tables import search_tables
from fairdesk.metrics.results import TarPoint
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.metrics.shown_bounds import tar_tells_little, tells_little


def study(people=24, apart=2.0, seed=0, drop=()):
    """Return comparisons of people of two groups; `drop` names what a group lacks: (group, genuine)."""
    rng = np.random.default_rng(seed)
    one, two = (np.append(side, np.arange(people).repeat(5)) for side in np.triu_indices(people, 1))
    label = one == two
    names, group = np.array([f"p{k}" for k in range(people)]), np.where(np.arange(people) % 2, "A", "B")
    score = rng.normal(size=len(one)) + apart * label
    keep = np.ones(len(one), dtype=bool)
    for lacking, genuine in drop:
        keep &= ~(((group[one] == lacking) & (group[two] == lacking)) & (label == genuine))
    return ScoreSet(
        score=score[keep], label=label[keep], subject1=names[one][keep], subject2=names[two][keep],
        group1=group[one][keep], group2=group[two][keep],
    )  # fmt: skip


ODD = {
    "all there": study(),
    "three people": study(3),
    "five people": study(5),
    "a group without impostors": study(drop=[("A", False)]),
    "a group without genuine": study(drop=[("A", True)]),
    "a group with nothing": study(drop=[("A", True), ("A", False)]),
    "no genuine at all": study(drop=[("A", True), ("B", True)]),
    "by pairs": replace(study(), subject1=None, subject2=None),
    "few pairs": replace(study(4), subject1=None, subject2=None),
    "no errors": study(apart=40.0),
}


@pytest.mark.parametrize(("name", "by", "draws", "folds"), list(product(ODD, ("none", "group"), (0, 60), (None, 3))))
def test_every_dash_says_why_in_its_cell_and_below(name, by, draws, folds):
    scores = ODD[name]
    draws = None if "pairs" in name and draws else draws
    params = EvaluateParams(scores=Path(__file__), by=by, bootstrap=draws, folds=folds, at="threshold=1")
    made = tables_of(evaluate(scores, params)[0])
    assert {table.name for table in made} >= {"overall", "own"}
    for table in made:
        for row in table.rows:
            for cell in row[1:]:
                assert cell.text or cell.tip or table.name in ("overall", "points"), (table.name, row[0].text)
                if cell.text.strip("()") == "–":
                    assert cell.why and cell.why in cell.tip, (table.name, row[0].text)
                    assert f"– ({cell.why}): " in table.note and row[0].text in table.note


@pytest.mark.parametrize("lacking", ["mated", "nonmated", "nothing"])
def test_so_does_every_dash_of_a_search(lacking):
    rng = np.random.default_rng(0)
    gallery = np.array([f"p{k}" for k in range(6)])
    probes = np.array({"mated": ["x", "y", "z"], "nonmated": ["p0", "p1", "p2"], "nothing": ["p0", "x", "y"]}[lacking])
    scores = SearchScores(
        scores=rng.normal(size=(3, 6)),
        probe_subject=probes,
        gallery_subject=gallery,
        probe_group=np.array(["A", "A", "B"]),
    )
    result = evaluate_search(scores, IdentifyParams(scores=Path(__file__), by="group", bootstrap=40), QuietContext())[0]
    dashes = 0
    for table in search_tables(result):
        for row in table.rows:
            for cell in row[1:]:
                if cell.text.strip("()") == "–":
                    dashes += 1
                    assert cell.why and cell.why in cell.tip and f"– ({cell.why}): " in table.note
    assert dashes or lacking == "nothing"


def test_the_rule_is_the_one_that_is_written_down():
    """Half of what is possible: of an EER of 0 to 50 %, of other rates of 0 to 100 % (docs/intervals.md)."""
    assert tells_little((0.02, 0.6), 1, 8, most=0.5, count=False) == "says almost nothing: 8 subjects"
    assert tells_little((0.02, 0.6), 1, 8) == "few errors: tells little"
    assert tells_little((0.02, 0.6), 40, 8) == "few subjects: tells little"
    assert tells_little((0.02, 0.6), 40, None) == "few comparisons: tells little"
    assert tells_little((0.02, 0.26), 1, 8, most=0.5) == "" != tells_little((0.02, 0.28), 1, 8, most=0.5)
    assert tells_little((0.6, 0.9), 1, 8, most=0.5) == ""  # above what is possible it is another matter, and warned of
    assert tells_little((0.0, 0.49), 0, 8) == "" and tells_little(None, 0, 8) == ""
    point = TarPoint(tar=0.5, tar_ci=(0.1, 0.8), fmr=0.01, threshold=1.0, false_matches=2, resolvable=True)
    assert tar_tells_little(point, 100, 30) == "few errors: tells little"
    assert tar_tells_little(point.model_copy(update={"false_matches": 80}), 100, 30) == "few subjects: tells little"


def test_an_eer_and_a_tar_of_few_errors_are_marked_where_they_are_told():
    few = evaluate(study(5, apart=1.0, seed=3), EvaluateParams(scores=Path(__file__), bootstrap=200))[0]
    assert min(few.eer_ci[1], 0.5) - few.eer_ci[0] >= 0.25
    own = next(table for table in tables_of(few) if table.name == "own")
    overall = next(table for table in tables_of(few) if table.name == "overall")
    assert own.rows[0][1].weak and ("tells little" in own.rows[0][1].text or "almost nothing" in own.rows[0][1].text)
    assert own.rows[0][1].tip and "half of all that is possible" in own.note
    (eer,) = (row for row in overall.rows if row[0].text.startswith("EER (FVC"))
    assert eer[2].weak and eer[2].tip in eer[2].text
    assert eer[2].tip in few.text()
    many = evaluate(study(60), EvaluateParams(scores=Path(__file__), bootstrap=100))[0]
    assert "tells little" not in many.text().split("TAR at FAR    0.1 %")[0]


def test_a_group_whose_tar_alone_lacks_an_interval_has_a_note():
    found = evaluate(study(), EvaluateParams(scores=Path(__file__), by="group", bootstrap=60))[0]
    row = found.groups.per_group["A"]
    row.tar_at_far["0.1"].tar_ci, row.tar_at_far["0.1"].tar_ci_why = None, "made up"
    own = next(table for table in tables_of(found) if table.name == "own")
    assert "No interval (made up): A (TAR at FAR 10 %)." in own.note
