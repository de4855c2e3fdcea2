"""Nothing of a report stays English in another language: texts that the Spanish lacks, and texts that never asked for it."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from fairdesk.figures import verification_figures
from fairdesk.figures.identification_figures import draw_matches
from fairdesk.figures.whole_set import WHOLE
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.report import language
from fairdesk.metrics.report.facts import caveats, facts
from fairdesk.metrics.report.language import phrases, speaking_report
from fairdesk.metrics.report.result_tables import tables_of
from tests.pseudo import MAKER, bracketed, untranslated

ROOT = Path(__file__).resolve().parents[2] / "fairdesk"
SAID_IN_REPORTS = [
    ROOT / "metrics" / "evaluation.py", ROOT / "metrics" / "results.py", ROOT / "figures" / "verification_figures.py",
    ROOT / "figures" / "error_curve.py", ROOT / "figures" / "threshold_beyond.py", ROOT / "metrics" / "pairs_behind" / "corrections.py",
    ROOT / "metrics" / "pairs_behind" / "shown_figures.py", ROOT / "metrics" / "scores" / "odd_names.py",
    ROOT / "metrics" / "scores" / "grouped_scores.py", ROOT / "jobs" / "wording.py",
    ROOT / "metrics" / "shown_bounds.py", ROOT / "metrics" / "scores" / "score_matching.py",
    ROOT / "metrics" / "scores" / "subjects.py", ROOT / "figures" / "identification_figures.py", ROOT / "figures" / "difference_figures.py",
    ROOT / "figures" / "whole_set.py",
    *(path for part in ("fairness", "intervals", "rates", "report", "identification", "comparison") for path in (ROOT / "metrics" / part).glob("*.py")),
]  # fmt: skip
"""Where the texts and reasons of the reports of evaluations, searches and comparisons come from."""


def asked_for(path: Path) -> list[str]:
    """Return the texts of a module that ask for a translation, but for those of refusals: these end a job."""
    found: list[str] = []

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.Raise):
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("tr", "tr_n", "mark"):
            texts = node.args[: 2 if node.func.id == "tr_n" else 1]
            found.extend(one.value for one in texts if isinstance(one, ast.Constant))
        for child in ast.iter_child_nodes(node):
            look(child)

    look(ast.parse(path.read_text(encoding="utf-8")))
    return found


NOT_IN_REPORTS = {
    "{first} and {second} are not scores of the same list: their rows differ in number, label or subject, and they do not name the images (path1, path2).",
    "The first such row, of those that count, is comparison {row:,}.",  # a refusal
    "... and {n} more (see --json)",  # lists of files
}
"""Said elsewhere than in a report."""


def test_the_spanish_has_every_text_of_the_modules_that_reports_are_made_of():
    spanish = phrases("es")
    lacking = {text: path.name for path in SAID_IN_REPORTS for text in asked_for(path) if text not in spanish}
    assert len(SAID_IN_REPORTS) > 25
    assert not {text: name for text, name in lacking.items() if text not in NOT_IN_REPORTS}


def letters_of(figure: Figure) -> list[str]:
    """Return all that is written in a plot: titles, axes, legend, values in cells."""
    return [one.get_text() for one in figure.findobj(Text) if one.get_text().strip()]


def scores_of(kind: str, path: Path) -> Path:
    """Write scores of three groups, so that figures, intervals or rates are missing in another way in each kind."""
    rng = np.random.default_rng(0)
    people = {"whole": 8, "few people": 2, "no names": 8, "no impostors": 8, "no errors": 8, "lonely": 8}[kind]
    names = [f"p{group}{n}" for group in range(3) for n in range(people)]
    one, two = (np.append(side, np.arange(len(names)).repeat(3)) for side in np.triu_indices(len(names), 1))
    group = np.array(["q1", "q2", "q3"]).repeat(people)
    if kind == "lonely":
        group[:] = "q1"
        group[0] = "q2"
    label = one == two
    if kind == "no impostors":
        one, two, label = one[label], two[label], label[label]
    score = rng.normal(size=len(one)) + (30 if kind == "no errors" else 2) * label
    score[:2] = np.nan
    named = {} if kind == "no names" else {"subject1": np.array(names)[one], "subject2": np.array(names)[two]}
    fold = rng.integers(0, 3, len(one))
    np.savez(
        path, score=score, label=label, group1=group[one], group2=group[two], fold=fold, **named,
        measure=np.array("cosine similarity, normalised by group (threshold)"),
    )  # fmt: skip
    return path


DATA = [
    r"q\d", r"FairDesk|Python|NumPy|InsightFace|FaceX-Zoo|threshold\)", r"[\w-]+\.(npz|csv)", r"[0-9a-f]{64}", "FMR|FNMR|FDR|IR|GARBE|SER|ZeroFNMR|ZeroFMR|FMR\\d+",
    r"\d+(\.\d+)?e[+-]?\d+",
]  # fmt: skip
"""Values, names and acronyms, which are the same in every language."""


@pytest.mark.parametrize("kind", ["whole", "few people", "no names", "no impostors", "no errors", "lonely"])
@pytest.mark.parametrize("at", ["threshold=1", "fmr=0.01", "eer"])
def test_every_word_of_tables_plots_and_reasons_asked_for_a_translation(tmp_path, monkeypatch, kind, at):
    if kind == "no impostors" and at != "threshold=1":
        pytest.skip("without impostors only a typed threshold is possible")
    made_up = {text: bracketed(text) for texts in MAKER.all_texts() for text in texts if text}
    monkeypatch.setattr(language, "phrases", lambda _language: made_up)
    drawn: list[Figure] = []
    original = verification_figures.framed

    def framed(*given, **options):
        drawn.append(original(*given, **options))
        return drawn[-1]

    monkeypatch.setattr(verification_figures, "framed", framed)
    monkeypatch.setattr(verification_figures, "picture", lambda *_given, **_options: b"<svg/>")
    monkeypatch.setattr("fairdesk.metrics.report.document._pdf", lambda *_given: b"")
    params = EvaluateParams(
        scores=scores_of(kind, tmp_path / "s.npz"), by="group", at=at, bootstrap=None if kind == "no names" else 40,
        insightface=kind == "whole", out=tmp_path / "out", language="es",
    )  # fmt: skip
    result = evaluate_scores(params, QuietContext())
    with speaking_report("es"):
        tables = tables_of(result)
        said = [text for pair in facts(result, params, {}) for text in pair] + caveats(result)
        for table in tables:
            said += [table.title, table.note, *(text for one in table.columns for text in (one.title, one.tip))]
            said += [text for row in table.rows for cell in row for text in (cell.text, *cell.tip.split("\n"))]
        said += result.text().replace(str(tmp_path), "").replace("/out/report.html", "").split("\n")
    letters = [text for figure in drawn for text in letters_of(figure)]
    assert kind == "no impostors" or len(letters) > 40
    left = {text: rest for text in (*said, *letters) if (rest := untranslated(text, DATA))}
    assert not left, json.dumps(left, indent=1, ensure_ascii=False)


def test_the_plot_of_a_search_too(monkeypatch):
    monkeypatch.setattr(language, "phrases", lambda _language: {"all": "todas"})
    with speaking_report("es"):
        curves = {WHOLE: ([0.5, 1.0], [0.5, 1.0]), "q1": ([1.0, 1.0], [1.0, 1.0])}
        figure = verification_figures.framed(lambda axes: draw_matches(axes, curves))
    assert {"todas", "q1"} <= set(letters_of(figure)) and "all" not in letters_of(figure)
