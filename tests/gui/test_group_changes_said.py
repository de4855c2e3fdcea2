"""No name changes a group without saying so: how many, from which to which; where groups are tied it is asked."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from fairdesk.clustering.naming import foresee, name_cluster
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of, merge_clusters
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import groups_of_faces, largest_faces, set_identity
from fairdesk.project.group_changes import group_changes, tie
from tests.gui.test_cluster_list import press, tab

__all__ = ["tab"]


def in_groups(project):
    """The images of each group, by the group's name, and the largest face of each."""
    found = {}
    for image, group in project.db.rows(
        "SELECT i.id, g.name FROM image i JOIN grp g ON g.id = i.group_id ORDER BY i.id"
    ):
        found.setdefault(group, []).append(image)
    return found


def questions():
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox) and one.isVisible()]


@pytest.fixture
def name_images(window, hand, filled):
    """Return a function that names some images in the Dataset tab; returns what the line under the name said."""
    hand.open(filled.folder)

    def given(images, name, group=""):
        window.dataset.grid.select_ids(images)
        hand.do("dataset.name")
        dialog = hand.dialog(NameDialog)
        dialog.name.setText(name)
        dialog.group.setCurrentText(group)
        said = dialog.fields.note.text()
        dialog.accept()
        hand.settle()
        return said

    given.groups_of = lambda images: groups_of_faces(filled, np.array(largest_faces(filled, "whole", images)))
    return given


def test_images_of_a_smaller_group_are_counted_before_they_change(name_images, hand, filled):
    g0, g1 = in_groups(filled)["g0"], in_groups(filled)["g1"]
    images = [*g0[:3], *g1[:2]]
    assert name_images(images, "Zoe").startswith("A new person in g0.")
    assert press(hand, "Cancel").endswith("Zoe in g0:\n2 images change from g1 to g0.")
    assert name_images.groups_of(images) == ["g0"] * 3 + ["g1"] * 2
    name_images(images, "Zoe")
    press(hand, "Name them")
    assert name_images.groups_of(images) == ["g0"] * 5
    name_images(images, "Yan", "g1")  # a group that was chosen changes them too
    assert press(hand, "Name them").endswith("5 images change from g0 to g1.")


def test_one_group_is_not_asked_about(name_images, filled):
    images = in_groups(filled)["g1"][:4]
    name_images(images, "Zoe")
    assert questions() == [] and name_images.groups_of(images) == ["g1"] * 4


def test_tied_groups_are_asked_about(name_images, hand, filled):
    g0, g1 = in_groups(filled)["g0"], in_groups(filled)["g1"]
    images = [*g0[:2], *g1[:2]]
    assert "as many faces are in each of g0, g1" in name_images(images, "Zoe")
    box = hand.dialog(QMessageBox)
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    assert press(hand, "Cancel").startswith("As many faces are in g0 as in g1: 2 in each. Which group is Zoe in?")
    assert name_images.groups_of(images) == ["g0"] * 2 + ["g1"] * 2
    name_images(images, "Zoe")
    press(hand, "g1")
    assert questions() == [] and name_images.groups_of(images) == ["g1"] * 4


def test_a_namesake_of_another_group_changes_what_is_told(name_images, hand, filled):
    g0, g1 = in_groups(filled)["g0"], in_groups(filled)["g1"]
    set_identity(filled, largest_faces(filled, "whole", g1[:5]), "Zoe", "g1")
    hand.window.session.look()
    hand.settle()
    name_images(g0[:3], "Zoe")
    press(hand, "This is Zoe (g1)")
    assert press(hand, "Cancel").endswith("3 images change from g0 to g1.")
    assert name_images.groups_of(g0[:3]) == ["g0"] * 3


def test_whom_a_name_takes_from_which_group(filled):
    g0, g1 = in_groups(filled)["g0"], in_groups(filled)["g1"]
    images = [*g0[:3], *g1[:2]]
    assert [tuple(one) for one in group_changes(filled, images, "g2")] == [("g0", "g2", 3), ("g1", "g2", 2)]
    assert group_changes(filled, images, None) == []  # each image keeps its own group
    with filled.journal.step("none") as connection:
        connection.execute("UPDATE image SET group_id = NULL WHERE id = ?", (g1[0],))
    gone = [("g1", "no group", 1)]  # it had a group by its person alone
    assert [tuple(one) for one in group_changes(filled, images, None)] == gone
    set_identity(filled, largest_faces(filled, "whole", g1[1:2]), "Zoe", "g3")
    assert [tuple(one) for one in group_changes(filled, images, None)] == [*gone, ("g3", "g1", 1)]


def test_the_tied_group_that_has_the_name_comes_first(filled):
    g0, g1 = in_groups(filled)["g0"], in_groups(filled)["g1"]
    faces = largest_faces(filled, "whole", [*g0[:2], *g1[:2]])
    assert tie(filled, faces, "Zoe").groups == ("g0", "g1")
    set_identity(filled, largest_faces(filled, "whole", g1[5:6]), "Zoe", "g1")
    assert tie(filled, faces, "Zoe") == (("g1", "g0"), 2)
    assert tie(filled, faces[:3], "Zoe") is None and tie(filled, [], "Zoe") is None


def of_two_groups(project):
    """Make one cluster of five faces of either group."""
    by_group = {}
    for one in clusters(project, 1)[:8]:
        by_group.setdefault(groups_of_faces(project, np.array(faces_of(project, one.id)))[0], one.id)
    merge_clusters(project, by_group["g0"], [by_group["g1"]])
    return by_group["g0"]


def test_a_cluster_of_tied_groups_is_asked_about(tab, hand, filled):
    cluster = of_two_groups(filled)
    tab.session.look()
    hand.settle()

    def name(text):
        tab.clusters.select_cluster(cluster)
        hand.settle()
        hand.do("clustering.identity")
        hand.settle()
        dialog = hand.dialog(NameDialog)
        dialog.name.setText(text)
        said = dialog.fields.note.text()
        dialog.accept()
        hand.settle()
        return said

    faces = np.array(faces_of(filled, cluster))
    before = groups_of_faces(filled, faces)
    assert "as many faces are in each of g0, g1" in name("Zoe")
    assert press(hand, "Cancel").startswith("As many faces are in g0 as in g1: 5 in each.")
    assert groups_of_faces(filled, faces) == before
    hand.dialog(NameDialog).reject()  # it is asked again, with the name that was typed
    hand.settle()
    name("Zoe")
    press(hand, "g1")
    told = press(hand, "Name them")  # the faces of two people
    assert told.count("5 of these 10 faces are of") == 2 and "group" not in told
    assert questions() == [] and groups_of_faces(filled, faces) == ["g1"] * 10


def test_a_verb_says_which_tied_group_was_taken(filled):
    cluster_faces(ClusterParams(eps=0.8), QuietContext(filled))
    cluster = of_two_groups(filled)
    done = name_cluster(filled, foresee(filled, cluster, "Zoe"))
    assert (done.group, done.regrouped, done.regrouped_from, done.tied) == ("g0", 5, {"g1": 5}, ["g0", "g1"])
    assert "5 faces changed their group from g1 to g0." in done.text()
    assert "As many faces were in each of: g0, g1." in done.text()
