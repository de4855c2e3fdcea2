"""The window compares two models by the groups that the tab shows."""

from pathlib import Path

from fairdesk.gui.dialogs.models_dialog import ModelsDialog
from tests.metrics.test_models_by_other_groups import models

__all__ = ["models"]


def test_they_are_the_groups_that_the_tab_shows(window, hand, models, qtbot):
    hand.go("metrics")
    tab = window.metrics
    tab.open_file(Path(models[0]))
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=30_000)
    tab.by.setCurrentIndex(tab.by.findData("group+gender"))
    qtbot.waitUntil(lambda: tab.shown.params.by == "group+gender" and not tab._drawing, timeout=30_000)
    hand.do("metrics.compare")
    dialog = hand.dialog(ModelsDialog)
    dialog.show()
    dialog._offer(Path(models[1]), "")
    dialog.second.setCurrentIndex(dialog.second.count() - 1)
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=30_000)
    shown = {row.group for row in dialog.found.differences} - {None}
    assert shown == set(tab.shown.result.groups.per_group) and len(shown) == 4
    assert "Groups are those of group and gender." in dialog.more.toolTip() + dialog.more.text()
