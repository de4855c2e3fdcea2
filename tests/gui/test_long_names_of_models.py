"""Two models of long names: the table stays in sight in a small window, names are told apart, and are whole in tips."""

import numpy as np
import pytest

from fairdesk.gui.dialogs.models_dialog import ModelsDialog
from fairdesk.gui.widgets.elided_label import ElidedLabel
from tests.metrics.test_model_comparison import study

LONG = {
    "no blanks": [f"resnet100_partial_fc_glint360k_cosface_lr0.1_seed{n}_fliptest_epoch20_checkpoint_final_averaged_weights_of_all_{n}" for n in (1, 2)],
    "words": [f"the model that was trained on {what} for twenty epochs with the usual augmentations and then averaged" for what in ("MS1MV3 alone", "MS1MV3 and Glint360K")],
}  # fmt: skip


@pytest.fixture(params=LONG)
def dialog(request, window, hand, tmp_path, qtbot):
    names = LONG[request.param]
    (one, two), about = study(people=25, bias=1.2)
    for name, score in zip(names, (one, two), strict=True):
        np.savez(tmp_path / f"{name}.npz", score=score, **about)
    hand.go("metrics")
    window.resize(1024, 700)
    tab = window.metrics
    tab.open_file(tmp_path / f"{names[0]}.npz")
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=30_000)
    hand.do("metrics.compare")
    made = hand.dialog(ModelsDialog)
    made.show()
    made._offer(tmp_path / f"{names[1]}.npz", "dlib (mirrored) with a long name of its embeddings too")
    made.second.setCurrentIndex(made.second.count() - 1)
    qtbot.waitUntil(lambda: made.found is not None, timeout=30_000)
    made.names = names
    return made


def test_the_table_is_in_sight(dialog, qtbot):
    assert dialog.minimumSizeHint().width() < 1000 and dialog.minimumSizeHint().height() < 650
    dialog.resize(1000, 640)
    qtbot.wait(50)
    assert dialog.width() <= 1000 and dialog.view.height() >= 250
    for label in (dialog.answer, dialog.more):
        assert isinstance(label, ElidedLabel) and label.width() <= 1000
    assert dialog.view.columnViewportPosition(5) < dialog.view.viewport().width()


def test_names_are_told_apart_and_whole_in_tips(dialog):
    dialog.grab()
    assert all(name in dialog.answer.toolTip() for name in dialog.names)
    assert not any(name in dialog.answer.text() for name in dialog.names)
    assert "FDR: " in dialog.answer.text() or "There are no groups" in dialog.answer.text()
    better = [dialog.view.item(y, 5) for y in range(dialog.view.rowCount())]
    sure = [item for item in better if item.text() != "cannot tell"]
    assert sure and all(dialog.names[1] in item.toolTip() for item in sure)
    titles = [dialog.view.horizontalHeaderItem(x).text() for x in (1, 2)]
    assert titles[0] != titles[1]
    assert dialog.view.shown.columns[2].title == dialog.names[1]  # copies and files have it whole
