"""The history counts what an edit changed, not what was selected for it."""

import pytest

from fairdesk.errors import RequestError
from fairdesk.project.faces import set_identity
from fairdesk.project.images import HideReason, hide_images
from fairdesk.project.labels import Edit, edit_labels, tag_counts

ALL = list(range(1, 41))


def newest(project):
    return project.journal.history()[-1].text


@pytest.mark.parametrize("why", list(HideReason))
def test_hidden_ones_are_not_hidden_again(filled, why):
    hide_images(filled, ALL[:10])
    assert hide_images(filled, ALL, why) == 30
    assert newest(filled) == why.told(30)
    assert filled.journal.undo().text == why.told(30)
    assert hide_images(filled, ALL[5:], hide=False) == 5 and newest(filled) == "Show 5 images"
    with pytest.raises(RequestError, match="already shown"):
        hide_images(filled, ALL[20:], hide=False)


def test_tags_that_are_there_already_are_not_counted(filled):
    edit_labels(filled, ALL[:10], Edit(add_tags=("seen",)))
    assert edit_labels(filled, ALL, Edit(add_tags=("seen",))) == 30
    assert newest(filled) == "Label 30 images: tag seen" and tag_counts(filled) == [("seen", 40)]
    filled.journal.undo()
    assert tag_counts(filled) == [("seen", 10)]
    assert edit_labels(filled, ALL[8:], Edit(remove_tags=("seen",))) == 2
    assert newest(filled) == "Label 2 images: without tag seen"
    assert edit_labels(filled, ALL[:20], Edit(add_tags=("seen", "new"), remove_tags=("old",))) == 20


@pytest.mark.parametrize(
    "edit", [Edit(identity="a"), Edit(group="new"), Edit(gender="female"), Edit(age="20"), Edit(add_tags=("t",))]
)
def test_images_that_are_gone_are_not_counted(filled, edit):
    assert edit_labels(filled, [*ALL[:12], 777, 778, 779], edit) == 12
    assert newest(filled).startswith("Label 12 images: ")


def test_faces_that_are_gone_are_not_counted(filled):
    assert set_identity(filled, [1, 2, 777], "somebody") == 2 and newest(filled) == "Name 2 faces somebody"
    assert set_identity(filled, [1, 778], None) == 1 and newest(filled) == "Remove the name of 1 face"
