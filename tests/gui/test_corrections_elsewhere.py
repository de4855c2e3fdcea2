"""What people corrected in the open project counts in the comparison of two models, and is offered to normalising."""

import numpy as np
import pytest

from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.models_dialog import ModelsDialog
from tests.metrics.test_corrections_everywhere import CORRECTED, corrected_by_hand, scores_of


def compared(window, hand, qtbot, project, first, second):
    """Show scores in a project's window, and compare them with others; returns the dialog."""
    hand.open(project)
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(first)
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=20_000)
    hand.do("metrics.compare")
    dialog = hand.dialog(ModelsDialog)
    dialog._offer(second, "")
    dialog.second.setCurrentIndex(dialog.second.count() - 1)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=20_000)
    return dialog


@pytest.mark.parametrize("named", [True, False])
def test_two_models_follow_the_open_project(window, hand, qtbot, filled, tmp_path, named):
    """Also where the first file names no images, and the second does."""
    one = scores_of(filled, tmp_path / "one.npz", 1)
    scores_of(filled, tmp_path / "two.npz", 2)
    np.savez(tmp_path / "bare.npz", **{name: values for name, values in one.items() if not name.startswith("path")})
    _, changed = corrected_by_hand(filled, one)
    filled.close()
    dialog = compared(
        window, hand, qtbot, filled.folder, tmp_path / ("one.npz" if named else "bare.npz"), tmp_path / "two.npz"
    )
    told = dialog.found.corrections.model_dump()
    assert {name: told[name] for name in CORRECTED} == CORRECTED and told["relabelled"] == changed
    assert "2 comparisons are left out: two people (1); a wrong label (1)" in dialog.more.text()
    dialog.reject()
    hand.do("metrics.normalise")
    form = hand.dialog(JobDialog)
    assert ("--labels-of" in form.command.text()) == named
    form.reject()


def test_models_of_elsewhere_are_compared_as_they_are(window, hand, qtbot, filled, tmp_path):
    arrays = scores_of(filled, tmp_path / "one.npz", 1)
    corrected_by_hand(filled, arrays)
    for side in "12":
        arrays[f"path{side}"] = np.char.add("elsewhere", arrays[f"path{side}"])
    np.savez(tmp_path / "x.npz", **arrays)
    filled.close()
    dialog = compared(window, hand, qtbot, filled.folder, tmp_path / "x.npz", tmp_path / "x.npz")
    assert dialog.found.comparisons == 780 and "left out" not in dialog.more.text()
    dialog.reject()
