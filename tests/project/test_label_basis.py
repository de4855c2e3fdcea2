"""A result is out of date only by images that it would take in."""

import numpy as np
import pytest
from PIL import Image

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import DivideParams, ImportParams
from fairdesk.dataset.project_sets import divide_project as divide
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.store import pair_lists, score_sets
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.sets import all_sets


@pytest.fixture
def made(filled):
    """A pair list, its scores and two sets, which leave synthetic images out, and a list that takes them."""
    for synthetic in (False, True):
        wish = PairsParams(genuine=5, impostor=5, synthetic=synthetic, seed=int(synthetic))
        out = make_pair_list(wish, QuietContext(filled)).out
        if not synthetic:
            score_pairs(ScoreParams(pairs=out, encoder="made-up"), QuietContext(filled))
    divide(DivideParams(into=["a", "b"], shares=[0.5, 0.5]), QuietContext(filled))
    return filled


def stale(project):
    """What changed since the list that takes synthetic images; and since the list, scores and sets that do not."""
    takes, leaves = pair_lists(project)
    rest = {str(one.change) for one in (leaves, *score_sets(project), *all_sets(project))}
    assert len(rest) == 1, rest
    return str(takes.change), rest.pop()


def bring_in(project, folder, name, *, synthetic=False, loose=False):
    pixels = np.random.default_rng(len(name)).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    home = folder / "loose" if loose else folder / "photographs" / "g0" / "id00"
    home.mkdir(exist_ok=True)
    if synthetic:
        save_marked(Image.fromarray(pixels), home / name, {"run": "r"})
    else:
        Image.fromarray(pixels).save(home / name)
    layout = "flat" if loose else "auto"
    import_folder(ImportParams(folder=home if loose else folder / "photographs", layout=layout), QuietContext(project))


def test_a_synthetic_image_changes_nothing_that_leaves_it_out(made, tmp_path):
    bring_in(made, tmp_path, "made.png", synthetic=True)
    assert stale(made) == ("1 image added since", "up to date")
    number = made.db.value("SELECT id FROM image WHERE synthetic IS NOT NULL")
    edit_labels(made, [number], Edit(identity="someone"))
    assert stale(made) == ("1 image added since", "up to date")
    hide_images(made, [number], hide=True)
    assert stale(made) == ("up to date", "up to date")
    bring_in(made, tmp_path, "photograph.png")
    assert stale(made) == ("1 image added since", "1 image added since")


def test_an_image_of_nobody_changes_nothing_until_it_has_a_name(made, tmp_path):
    bring_in(made, tmp_path, "somebody.png", loose=True)
    assert stale(made) == ("up to date", "up to date")
    number = made.db.value("SELECT id FROM image WHERE identity_id IS NULL")
    edit_labels(made, [number], Edit(identity="id01", group="g0"))
    assert stale(made) == ("1 image added since", "1 image added since")


def test_a_list_that_took_synthetic_images_is_out_of_date_when_one_goes(made, tmp_path):
    bring_in(made, tmp_path, "made.png", synthetic=True)
    wish = PairsParams(genuine=6, impostor=6, synthetic=True, seed=5)
    make_pair_list(wish, QuietContext(made))
    number = made.db.value("SELECT id FROM image WHERE synthetic IS NOT NULL")
    hide_images(made, [number], hide=True)
    assert str(pair_lists(made)[0].change) == "1 image removed since"
