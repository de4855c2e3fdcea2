"""Lists in the window: imported with their columns mapped beside the first rows, and looked at as faces."""

import pytest

from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.dialogs.pair_list_dialog import PairListDialog, kept
from fairdesk.gui.widgets.pair_view import PairRole, told
from fairdesk.metrics.pair_lists.reading import read_pairs
from fairdesk.metrics.pair_lists.viewing import pairs_to_see
from fairdesk.project import Project

ROWS = "who;whom;verdict\ng0\\id00\\000.png;g0\\id00\\001.png;yes\ng0\\id00\\000.png;g1\\id10\\000.png;no\ng0\\id00\\000.png;gone.png;no\n"


@pytest.fixture
def listed(filled, tmp_path):
    (tmp_path / "theirs.csv").write_text(ROWS)
    filled.close()
    return filled.folder


def test_a_table_is_mapped_and_imported(hand, qtbot, listed, tmp_path):
    hand.open(listed)
    hand.go("metrics")
    hand.window.session.ask("pairs", {"from_list": str(tmp_path / "theirs.csv")})
    dialog = hand.dialog(JobDialog)
    assert dialog.windowTitle() == "Import a pair list" and "genuine" not in dialog.form.editors
    qtbot.waitUntil(lambda: dialog.columns is not None and dialog.columns.isVisible(), timeout=5000)
    columns = dialog.columns
    assert [columns.rows.item(0, x).text() for x in range(3)] == ["g0\\id00\\000.png", "g0\\id00\\001.png", "yes"]
    qtbot.waitUntil(lambda: "is not known" in dialog.facts.text(), timeout=5000)
    for field, column in (("path1", "who"), ("path2", "whom"), ("label", "verdict")):
        columns.boxes[field].setCurrentText(column)
    qtbot.waitUntil(lambda: "Read as csv: 1 genuine pair and 2 impostor pairs" in dialog.facts.text(), timeout=5000)
    assert "3 of its 4 images are in the project." in dialog.facts.text()
    assert "gone.png: no image of that name is there" in dialog.facts.text()
    assert "--columns path1=who path2=whom label=verdict" in dialog.command.text()
    dialog.run_button.click()
    job = hand.finish_job("pairs")
    assert (job.result["genuine"], job.result["impostor"], job.result["left_out"][0]["line"]) == (1, 1, 4)
    found = read_pairs(listed / "exports" / "lists" / "theirs.csv")
    assert [pair.group2 for pair in found] == ["g0", "g1"]
    qtbot.waitUntil(lambda: any(s.kind == "list" for s in hand.window.metrics.view.sources), timeout=5000)


def test_a_score_form_maps_columns_too(hand, qtbot, listed, tmp_path):
    hand.open(listed)
    hand.window.session.ask("score", {"pairs": str(tmp_path / "theirs.csv")})
    dialog = hand.dialog(JobDialog)
    qtbot.waitUntil(lambda: dialog.columns is not None and dialog.columns.isVisible(), timeout=5000)
    dialog.columns.boxes["path1"].setCurrentText("who")
    assert dialog.values["columns"] == ["path1=who"]
    (tmp_path / "plain.txt").write_text("a.jpg b.jpg 1\n")
    dialog.form.editors["pairs"].edit.setText(str(tmp_path / "plain.txt"))
    qtbot.waitUntil(lambda: not dialog.columns.isVisible(), timeout=5000)
    assert dialog.values["columns"] is None
    dialog.reject()


def test_a_label_table_is_mapped(hand, qtbot, listed, tmp_path):
    hand.open(listed)
    (tmp_path / "who.csv").write_text("picture;tone\ng0/id00/000.png;dark\n")
    hand.window.session.ask("label", {"csv": str(tmp_path / "who.csv")})
    dialog = hand.dialog(JobDialog)
    qtbot.waitUntil(lambda: dialog.columns is not None and dialog.columns.isVisible(), timeout=5000)
    dialog.columns.boxes["path"].setCurrentText("picture")
    dialog.columns.boxes["group"].setCurrentText("tone")
    dialog.run_button.click()
    assert hand.finish_job("label").result["labelled"] == 1


def test_pairs_are_seen_by_label_and_group(filled, tmp_path):
    (tmp_path / "l.txt").write_text(
        "g0/id00/000.png g0/id00/001.png 1\ng0/id00/000.png g1/id10/000.png 0\ng1/id10/000.png gone.png 0\n"
    )
    pairs = pairs_to_see(filled, tmp_path / "l.txt")
    assert [pair.groups for pair in pairs] == [("g0", "g0"), ("g0", "g1"), ("g1", "")]
    assert [bool(face.face and face.box) for pair in pairs for face in pair.faces] == [True] * 5 + [False]
    assert "no image of that name is there" in told(pairs[2]) and "Impostor" in told(pairs[2])
    assert kept(pairs, 1, None) == pairs[:1] and kept(pairs, None, "g0") == pairs[:1]
    assert kept(pairs, 0, "\0between") == pairs[1:] and kept(pairs, None, None, lost=True) == pairs[2:]


def test_the_window_shows_a_list(hand, qtbot, listed, tmp_path):
    project = Project.open(listed)
    from fairdesk.jobs.context import QuietContext
    from fairdesk.metrics.pair_lists.job import pair_list
    from fairdesk.metrics.params import PairsParams

    pair_list(PairsParams(genuine=30, impostor=30), QuietContext(project))
    project.close()
    hand.open(listed)
    hand.go("metrics")
    tab = hand.window.metrics
    tab.sources.setCurrentItem(tab.sources.topLevelItem(0).child(0))
    hand.do("metrics.look")
    dialog = hand.dialog(PairListDialog)
    qtbot.waitUntil(lambda: dialog.view.pairs.rowCount() == 60, timeout=10_000)
    assert dialog.count.text() == "60 of 60 pairs"
    dialog.label.setCurrentIndex(dialog.label.findData(0))
    dialog.group.setCurrentIndex(dialog.group.findData("g1"))
    shown = [dialog.view.pairs.index(row).data(PairRole) for row in range(dialog.view.pairs.rowCount())]
    assert 0 < len(shown) < 30 and all(pair.groups == ("g1", "g1") and not pair.pair.label for pair in shown)
    assert dialog.count.text() == f"{len(shown)} of 60 pairs" and shown[0].faces[0].path in dialog.about.text()
    number = shown[0].faces[0].face
    qtbot.waitUntil(lambda: dialog.view.thumbnails._cache.get(("face", number)) is not None, timeout=10_000)
    dialog.reject()
