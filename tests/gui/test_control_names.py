"""What the window says of scores names its controls, and what the command line says its options."""

import ast
import re
from pathlib import Path

import numpy as np

from fairdesk.cli.main import run
from fairdesk.gui.session import Session
from fairdesk.gui.tabs.metrics.presenter import RULES, SOURCES, headline
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams, NormaliseParams
from fairdesk.metrics.report.option_words import named_controls

METRICS = Path(__file__).resolve().parents[2] / "fairdesk" / "metrics"
SHOWN = [
    METRICS / "evaluation.py", METRICS / "scores" / "polarity.py", METRICS / "scores" / "group_normalisation.py",
    *(path for part in ("comparison", "identification", "intervals", "rates", "fairness") for path in (METRICS / part).glob("*.py")),
]  # fmt: skip
"""Whose texts the Metrics tab and its dialogs show."""


def options():
    for path in SHOWN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for found in re.finditer(
                    r"--[a-z][\w-]*(=| [A-Z]+| all| within-group| group| fmr=[0-9.]*| [0-9])?", node.value
                ):
                    yield path.name, found[0]


def test_every_option_that_the_tab_could_show_has_a_control():
    found = sorted(set(options()))
    assert len(found) > 8
    for name, option in found:
        assert "--" not in named_controls(f"Say so: {option}."), (name, option)


def test_the_controls_are_called_so():
    text = named_controls("--at fmr=0.01")
    assert RULES["fmr=1e-2"] in text and SOURCES["all"] in named_controls("--threshold-from all")
    for model, field, option in (
        (EvaluateParams, "distance", "--distance"), (CompareScoresParams, "second_distance", "--second-distance"),
        (EvaluateParams, "bootstrap", "--bootstrap"), (NormaliseParams, "fmr", "--fmr"),
    ):  # fmt: skip
        described = model.model_fields[field]
        titles = [described.title, *(getattr(one, "title", None) for one in described.metadata)]
        assert named_controls(option).strip("\u201c\u201d") in titles, (option, titles)


def test_commands_to_type_stay():
    text = "Type: fairdesk evaluate a.npz --distance"
    assert named_controls(text) == text and named_controls("--distances, --by groups") == "--distances, --by groups"


def test_scores_the_wrong_way_up(tmp_path, capsys):
    rng = np.random.default_rng(0)
    label = np.arange(200) < 100
    np.savez(tmp_path / "s.npz", score=rng.normal(size=200) - 2 * label, label=label)
    result = evaluate_scores(EvaluateParams(scores=tmp_path / "s.npz"), QuietContext())
    assert "Scores are distances" in headline(result) and "--" not in headline(result)
    assert run(["evaluate", str(tmp_path / "s.npz")]) == 0
    assert "--distance" in "".join(capsys.readouterr())


def test_errors_that_the_window_tells():
    session = Session.__new__(Session)
    session.project = None
    assert session.said("Give --by group too.") == "Give \u201cgroups by: group\u201d too."
