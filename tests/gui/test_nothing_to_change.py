"""The window says where an edit changed nothing, and offers no Undo for it."""

import pytest

from fairdesk.clustering.store import clusters, faces_of
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.project.faces import set_identity
from tests.gui.test_cluster_list import tab

__all__ = ["tab"]


@pytest.fixture
def told(window):
    kept = []
    window.session.told.connect(kept.append)
    return kept


def test_a_name_that_a_cluster_has_already(tab, hand, filled, told):
    one = clusters(filled, 1)[0]
    set_identity(filled, faces_of(filled, one.id), "Ann", "North")
    tab.session.look()
    hand.settle()
    for _ in range(2):
        tab.clusters.select_cluster(one.id)
        hand.settle()
        hand.do("clustering.identity")
        hand.settle()
        dialog = hand.dialog(NameDialog)
        dialog.name.setText("Ann")
        dialog.group.setCurrentText("North")
        dialog.accept()
        hand.settle()
    steps = filled.journal.history()
    assert told[-2].action == "Undo" and not told[-1].action  # the first time the cluster got its identity
    assert told[-1].text == "Nothing to change: the 5 faces are Ann (group North) already."
    assert sum(step.text.startswith("Make a cluster") for step in steps) == 1


def test_a_verdict_that_is_kept_already(tab, hand, filled, told):
    tab.clusters.select_cluster(clusters(filled, 1)[0].id)
    hand.settle()
    for _ in range(2):
        tab.grid.select_ids(tab.grid.grid_model.ids[:2].tolist())
        tab.judge("confirm")
        hand.settle()
    assert told[-2].action == "Undo"
    assert told[-1].text.startswith("Nothing to change: confirmed") and not told[-1].action
