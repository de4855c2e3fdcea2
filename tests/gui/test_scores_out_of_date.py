"""What the tab says of scores whose labels or images have changed, and what the button beside it does."""

import numpy as np
import pytest
from PIL import Image

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.store import pair_lists, score_sets
from fairdesk.project import Project
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.sets import freeze


@pytest.fixture(params=["s.npz", "s.txt"])
def shown(request, window, hand, qtbot, filled, tmp_path):
    """Scores that name their images, and the original's text, which does not."""
    make_pair_list(PairsParams(genuine=40, impostor=60, out=tmp_path / "pairs.csv"), QuietContext(filled))
    made = ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / request.param)
    score_pairs(made, QuietContext(filled))
    filled.close()
    window.resize(1024, 700)
    window.show_tab("metrics")
    assert window.session.open(filled.folder)
    tab = window.metrics
    qtbot.waitUntil(lambda: tab.shown is not None and not tab._drawing, timeout=30_000)
    return tab


def settled(tab, hand, qtbot):
    hand.settle()
    qtbot.waitUntil(lambda: not tab._drawing, timeout=30_000)
    hand.settle()


def leaf(tab):
    return tab.sources.topLevelItem(1).child(0).text(0)


def bring_in(project, folder, name):
    home = folder / "photographs" / "g0" / "id00"
    pixels = np.random.default_rng(len(name)).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(home / name)
    import_folder(ImportParams(folder=folder / "photographs"), QuietContext(project))


def test_what_people_relabelled_is_followed_and_not_out_of_date(shown, window, hand, qtbot):
    assert shown.banner.isHidden()
    names = shown.shown.path.suffix == ".npz"
    project = window.session.project
    number = project.db.value("SELECT min(id) FROM image")
    before = shown.shown.result.n_genuine
    window.session.edit(lambda p: edit_labels(p, [number], Edit(identity="somebody new")))
    settled(shown, hand, qtbot)
    assert str(score_sets(project)[0].change) == "1 label changed since"
    if names:
        assert shown.shown.result.n_genuine < before
        assert shown.banner.isHidden() and "out of date" not in leaf(shown)
    else:
        assert shown.shown.result.n_genuine == before
        assert shown.banner_text.text() == (
            "Since the pair list was made: 1 label was changed: the figures have the old one, as the scores do not name their images."
        )
    window.session.undo()
    settled(shown, hand, qtbot)
    assert shown.banner.isHidden() and shown.shown.result.n_genuine == before


def test_the_button_makes_the_list_and_the_scores_anew(shown, window, hand, qtbot, tmp_path):
    project = window.session.project
    bring_in(project, tmp_path, "new.png")
    window.session.edit(lambda p: hide_images(p, [p.db.value("SELECT min(id) FROM image")], hide=True))
    settled(shown, hand, qtbot)
    hidden = "" if shown.shown.follows else "; 1 image was removed, whose comparisons still count"
    said = f"Since the pair list was made: 1 image was added, which is in no comparison{hidden}."
    assert shown.banner_text.text() == said and bool(hidden) == (shown.shown.path.suffix == ".txt")
    if shown.shown.follows:
        assert "an image is hidden" in shown.headline.text()
    assert shown.banner_button.text() == "Create the list anew…" and "out of date" in leaf(shown)
    shown.banner_button.click()
    form = hand.dialog(JobDialog)
    assert [int(form.values[name]) for name in ("genuine", "impostor")] == [40, 60]
    assert form.values["out"] == str(tmp_path / "pairs.csv")
    form.run_button.click()
    hand.finish_job("pairs")
    settled(shown, hand, qtbot)
    assert len(pair_lists(project)) == 2 and not pair_lists(project)[0].change
    assert shown.sources.topLevelItem(0).childCount() == 1  # one file, one line
    assert not shown.banner.isHidden() and shown.banner_button.text() == "Score the list again…"
    shown.banner_button.click()
    form = hand.dialog(JobDialog)
    assert form.values["out"] == str(shown.shown.path) and form.values["pairs"] == str(tmp_path / "pairs.csv")
    assert form.values["encoder"] == "made-up"
    form.reject()
    made = ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=shown.shown.path)
    other = Project.open(project.folder)  # as a job's process does
    score_pairs(made, QuietContext(other))
    other.close()
    window.session.look()
    settled(shown, hand, qtbot)
    assert shown.banner.isHidden() and shown.sources.topLevelItem(1).childCount() == 1
    assert "out of date" not in leaf(shown)


def test_scores_of_an_old_list_are_not_fresh_because_they_were_made_again(filled, tmp_path):
    make_pair_list(PairsParams(genuine=5, impostor=5, out=tmp_path / "pairs.csv"), QuietContext(filled))
    bring_in(filled, tmp_path, "new.png")
    score_pairs(
        ScoreParams(pairs=tmp_path / "pairs.csv", encoder="made-up", out=tmp_path / "s.npz"), QuietContext(filled)
    )
    assert str(score_sets(filled)[0].change) == "1 image added since"


def test_a_frozen_list_is_made_anew_beside_itself(shown, window, hand, qtbot, tmp_path):
    project = window.session.project
    bring_in(project, tmp_path, "new.png")
    window.session.edit(lambda p: freeze(p, "pairs.csv", on=True))
    settled(shown, hand, qtbot)
    shown.banner_button.click()
    form = hand.dialog(JobDialog)
    assert form.values["out"] == str(tmp_path / "pairs-2.csv")
    form.reject()
