"""Score tables whose columns have other names: the window asks which is which, beside the first rows."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from fairdesk.dataset.table_files import read_head
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.models_dialog import ModelsDialog
from fairdesk.gui.dialogs.score_columns_dialog import ScoreColumnsDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.comparison.job import compare_scores
from fairdesk.metrics.params import CompareScoresParams, NormaliseParams
from fairdesk.metrics.scores.group_normalisation import normalise_scores
from fairdesk.metrics.scores.score_columns import guess_score_columns, table_to_ask_about
from fairdesk.metrics.scores.score_files import read_scores
from tests.metrics.test_model_comparison import study

HEADS = {
    "similarity,same,p1,p2,ethnicity1,ethnicity2": {
        "score": "similarity", "label": "same", "subject1": "p1", "subject2": "p2", "group1": "ethnicity1",
        "group2": "ethnicity2",
    },
    "Distance;Match;file_x;file_y;race_a;race_b": {
        "score": "Distance", "label": "Match", "path1": "file_x", "path2": "file_y", "group1": "race_a", "group2": "race_b",
    },
    "fold,p1,p2,label,id1,id2,att1,att2,vgg16,senet50": {
        "label": "label", "subject1": "id1", "subject2": "id2", "group1": "att1", "group2": "att2", "path1": "p1",
        "path2": "p2", "fold": "fold",
    },
    "value,kind": {},
}  # fmt: skip


@pytest.mark.parametrize(("head", "guessed"), HEADS.items())
def test_names_that_tell_are_guessed(tmp_path, head, guessed):
    path = tmp_path / "s.csv"
    apart = ";" if ";" in head else ","
    path.write_text(head + "\n" + apart.join("1" for _ in head.split(apart)) + "\n")
    assert guess_score_columns(read_head(path)) == guessed
    assert table_to_ask_about(path) is not None


@pytest.mark.parametrize("head", ["score,label", "label,Score,group1,group2", "score,subject1,subject2"])
def test_tables_that_say_it_are_not_asked_about(tmp_path, head):
    path = tmp_path / "s.csv"
    path.write_text(head + "\n" + ",".join("1" for _ in head.split(",")) + "\n")
    assert table_to_ask_about(path) is None
    np.savez(tmp_path / "s.npz", score=[0.1], label=[1])
    assert table_to_ask_about(tmp_path / "s.npz") is None


def dialog_of(qtbot):
    shown = lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, ScoreColumnsDialog) and w.isVisible()]
    qtbot.waitUntil(lambda: bool(shown()), timeout=10_000)
    return shown()[0]


def test_the_window_asks_and_evaluates(window, hand, qtbot, tmp_path):
    rng = np.random.default_rng(0)
    same = rng.random(200) < 0.4
    rows = [
        f"{score:.4f},{'Yes' if one else 'No'},A,A"
        for score, one in zip(rng.normal(size=200) + 3 * same, same, strict=True)
    ]
    path = tmp_path / "theirs.csv"
    path.write_text("\n".join(["value,kind,race1,race2", *rows]) + "\n")
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(path)
    dialog = dialog_of(qtbot)
    button = dialog._buttons.button(QDialogButtonBox.StandardButton.Open)
    assert dialog.map.rows.item(0, 1).text() in ("Yes", "No") and not button.isEnabled()
    dialog.map.boxes["score"].setCurrentText("value")
    assert not button.isEnabled()
    dialog.map.boxes["label"].setCurrentText("kind")
    assert button.isEnabled() and dialog.map.boxes["group1"].currentText() == "race1"
    button.click()
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    assert tab.shown.result.n_genuine == int(same.sum()) and list(tab.shown.result.groups.per_group) == ["A"]
    tab.at.setCurrentIndex(3)  # another rule: the columns stay
    qtbot.waitUntil(lambda: not tab._drawing and "EER" in tab.shown.result.groups.rule, timeout=20_000)


def test_cancelling_shows_what_was_there(window, hand, qtbot, tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text("value,kind\n0.5,1\n")
    hand.go("metrics")
    window.metrics.open_file(path)
    dialog_of(qtbot).reject()
    hand.settle()
    assert window.metrics.scores is None and window.metrics.shown is None


OURS = ("score", "label", "subject1", "subject2", "group1", "group2", "path1", "path2")
THEIRS = ("value", "kind", "who_a", "who_b", "race_a", "race_b", "left", "right")


def table(path, score, about, heads=THEIRS):
    columns = [np.round(score, 6), *(about[name] for name in OURS[1:])]
    rows = (",".join(map(str, row)) for row in zip(*columns, strict=True))
    path.write_text("\n".join([",".join(heads), *rows]) + "\n")
    return path


def map_columns(dialog, heads=THEIRS):
    for ours, theirs in zip(OURS, heads, strict=True):
        dialog.map.boxes[ours].setCurrentText(theirs)
    dialog._buttons.button(QDialogButtonBox.StandardButton.Open).click()


@pytest.fixture
def mapped(window, hand, qtbot, tmp_path):
    """Scores of a table whose columns were chosen, and those of another model."""
    (one, two), about = study(people=14, bias=1.2)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(table(tmp_path / "one.csv", one, about))
    map_columns(dialog_of(qtbot))
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    np.savez(tmp_path / "plain.npz", score=np.round(one, 6), **about)
    np.savez(tmp_path / "two.npz", score=np.round(two, 6), **about)
    return tab, two, about


def test_scores_of_chosen_columns_are_normalised(mapped, window, hand, qtbot, tmp_path):
    hand.do("metrics.normalise")
    form = hand.dialog(JobDialog)
    assert "value" in form.command.text() and "--columns" in form.command.text()
    form.form.set_values({**form.values, "fmr": "0.05"})
    form.run_button.click()
    job = hand.finish_job("normalise")
    plain = NormaliseParams(scores=tmp_path / "plain.npz", fmr="0.05", out=tmp_path / "n.npz")
    normalise_scores(plain, QuietContext())
    made, wanted = read_scores(tmp_path / "one-normalised.npz"), read_scores(tmp_path / "n.npz")
    assert job.state == "done" and np.array_equal(made.score, wanted.score) and len(made.score) > 100


@pytest.mark.parametrize("kind", ["the same columns", "other columns", "our columns", "arrays"])
def test_a_second_model_is_compared_whatever_its_columns(mapped, hand, qtbot, tmp_path, kind):
    tab, two, about = mapped
    others = tuple(f"x_{name}" for name in OURS)
    tab.at.setCurrentIndex(tab.at.findData("fmr=1e-2"))
    qtbot.waitUntil(lambda: not tab._drawing, timeout=20_000)
    hand.do("metrics.compare")
    dialog = hand.dialog(ModelsDialog)
    heads = {"the same columns": THEIRS, "other columns": others, "our columns": OURS}
    second = tmp_path / "two.npz" if kind == "arrays" else table(tmp_path / "two.csv", two, about, heads[kind])
    dialog.open_file(second)
    if kind == "other columns":
        map_columns(dialog_of(qtbot), others)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=20_000)
    params = CompareScoresParams(first=tmp_path / "plain.npz", second=tmp_path / "two.npz", at="fmr=1e-2")
    wanted = compare_scores(params, QuietContext())
    assert [(row.figure, row.group, row.difference) for row in dialog.found.differences] == [
        (row.figure, row.group, row.difference) for row in wanted.differences
    ]
    assert len(wanted.differences) > 5 and not [
        w for w in QApplication.topLevelWidgets() if isinstance(w, ScoreColumnsDialog) and w.isVisible()
    ]
    dialog.reject()
