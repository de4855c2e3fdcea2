"""Filters as words: what they choose, in words that cannot be read, and training on what they leave."""

import pytest

from fairdesk.dataset.collection import project_items, read_either
from fairdesk.errors import RequestError
from fairdesk.generation.training.gan_training import train_gan as train
from fairdesk.generation.training.params import gan_params
from fairdesk.jobs.context import QuietContext
from fairdesk.project.conditions import (
    FIELDS,
    check_conditions,
    ids_condition,
    known_conditions,
    read_conditions,
    what_is_meant,
)
from fairdesk.project.image_queries import Filter, image_ids, partly_of_age
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.quality import Limit
from fairdesk.project.saved_views import save_view

pytestmark = pytest.mark.filterwarnings("ignore")


def test_words_are_a_filter(filled):
    save_view(filled, "Small", Filter(group="g0", quality=(Limit("side", None, 60.0),)))
    words = ["view=Small", "age=20:", "sharpness=30:", "predicted=race:black", "set=train", "state=real", "text=a=b"]
    assert read_conditions(filled, words) == Filter(
        group="g0", age=(20.0, 200.0), predicted=("race", "black"), in_set="train", state="real", text="a=b",
        quality=(Limit("side", None, 60.0), Limit("sharpness", 30.0, None)),
    )  # fmt: skip
    assert read_conditions(filled, ["view=Small", "group=g1"]).group == "g1"
    with pytest.raises(RequestError, match=r"no saved view 'Large'\. It has: Small"):
        read_conditions(filled, ["view=Large"])
    assert {"group=g0", "group=g1", "view=Small", "state=real"} <= set(known_conditions(filled))
    assert all(word.partition("=")[0] in FIELDS for word in known_conditions(filled))


@pytest.mark.parametrize(
    ("word", "why"),
    [("grup=x", "fields group"), ("group", "fields group"), ("age=20", "age=FROM:TO"), ("age=a:b", "age=FROM:TO"),
     ("state=gone", "the states are any"), ("predicted=black", "KIND:VALUE"), ("sharpness=x:", "not LOW:HIGH")],
)  # fmt: skip
def test_words_that_say_nothing(word, why):
    with pytest.raises(ValueError, match=why):
        check_conditions([word])


def test_a_projects_images_by_condition(filled, tmp_path):
    everyone, some = project_items(filled), project_items(filled, where=["group=g1"])
    assert [i.path for i in some] == [i.path for i in everyone if i.group == "g1"] and 0 < len(some) < len(everyone)
    moved = [i.id for i in some][:2]
    edit_labels(filled, moved, Edit(group="g0"))
    assert {i.id for i in project_items(filled, where=["group=g1"])} == {i.id for i in some} - set(moved)
    with pytest.raises(RequestError, match=r"No image of the project meets group=g7\. Its groups are: g0, g1"):
        project_items(filled, where=["group=g7"])
    (tmp_path / "plain").mkdir()
    with pytest.raises(RequestError, match="no labels to choose by"):
        read_either(tmp_path / "plain", ["group=g0"])


def test_images_by_number(filled):
    ids = [12, 3, 4, 5, 9]
    assert ids_condition(ids) == "ids=3-5,9,12"
    assert {i.id for i in project_items(filled, where=[ids_condition(ids)])} == set(ids)
    wanted = read_conditions(filled, ["ids=7", "group=g0"])
    assert Filter.from_json(wanted.to_json()) == wanted
    with pytest.raises(ValueError, match="FROM-TO"):
        check_conditions(["ids=3-x"])


def test_training_on_what_a_filter_leaves(filled, tmp_path):
    small = {"data": filled.folder, "image_size": 32, "epochs": 1, "device": "cpu"}
    few = len(project_items(filled, where=["group=g0"]))
    params = gan_params(family="gan", out=tmp_path / "g", where=["group=g0"], batch_size=8, latent=4, **small)
    assert train(params, QuietContext()).images == few
    params = gan_params(
        family="cyclegan", out=tmp_path / "c", where=["group=g0"], where_b=["group=g1"], blocks=1, features=4, **small
    )
    assert params.data_b == filled.folder
    result = train(params, QuietContext())
    assert result.images == max(few, len(project_items(filled, where=["group=g1"])))


def test_ranges_of_ages_that_overlap_are_counted_and_told(filled):
    ages = {1: "20-29", 2: "30-39", 3: "more than 70", 4: "25", 5: "40", 6: "60+"}
    for image, age in ages.items():
        edit_labels(filled, [image], Edit(age=age))
    for asked, found, partly in (
        ("25:35", [1, 2, 4], 2), ("20:29", [1, 4], 0), ("65:", [3, 6], 1), ("70:", [3, 6], 1), ("60:", [3, 6], 0), (":29", [1, 4], 0),
    ):  # fmt: skip
        wanted = read_conditions(filled, [f"age={asked}"])
        assert image_ids(filled, wanted).tolist() == found, asked
        assert partly_of_age(filled, wanted) == partly, asked
    assert what_is_meant(filled, ["age=25:35"]).startswith("2 images have a range of ages that lies only partly")
    assert what_is_meant(filled, ["age=20:29"]) is None
