"""A new group or name for any images: each of them has it afterwards, all others are as they were, and undo is exact."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.faces import set_identity
from fairdesk.project.images import labelled_images
from fairdesk.project.labels import Edit, edit_labels
from tests.conftest import add_faces, plain_images
from tests.project.test_journal import digest


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """Two groups that both have the identities 0 and 1, of two images each; every image has two faces."""
    home = tmp_path_factory.mktemp("twins")
    for group in ("g0", "g1"):
        for who in ("0", "1"):
            plain_images(home / "draw", 1, 1, 2)
            (home / "in" / group).mkdir(parents=True, exist_ok=True)
            next((home / "draw").glob("g*/*")).rename(home / "in" / group / who)
    project = Project.create(home / "p")
    import_folder(ImportParams(folder=home / "in"), QuietContext(project))
    add_faces(project)
    project.db.connection.execute(
        "INSERT INTO face (image_id, detector, place, top, right, bottom, left)"
        " SELECT image_id, detector, 1, top, right, bottom, left FROM face WHERE place = 0"
    )
    yield project
    project.close()


def labels(project):
    return {one.id: (one.identity, one.group) for one in labelled_images(project)}


images = st.lists(st.integers(1, 8), min_size=1, max_size=8)
edits = st.tuples(images, st.sampled_from([None, None, "0", "2", ""]), st.sampled_from(["g0", "g1", "new", ""]))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faces=st.lists(st.tuples(st.integers(1, 16), st.sampled_from(["0", "1", "2", None])), max_size=3),
    steps=st.lists(edits, min_size=1, max_size=3),
)
def test_a_new_group_is_had_by_the_chosen_alone(twins, faces, steps):
    start, first = digest(twins), twins.journal.next_undo()
    for face, name in faces:
        set_identity(twins, [face], name, "g0" if name else None)
    for chosen, name, group in steps:
        expected = labels(twins)
        for one in chosen:
            expected[one] = (expected[one][0] if name is None else name or None, group or None)
        assert edit_labels(twins, chosen, Edit(identity=name, group=group)) == len(set(chosen))
        assert labels(twins) == expected
    end, undone = digest(twins), 0
    while twins.journal.next_undo() != first:
        twins.journal.undo()
        undone += 1
    assert digest(twins) == start
    for _ in range(undone):
        twins.journal.redo()
    assert digest(twins) == end
    for _ in range(undone):
        twins.journal.undo()


def test_all_images_of_an_identity_take_it_along(twins):
    start = digest(twins)
    mine = [one for one, label in labels(twins).items() if label == ("0", "g0")]
    who = twins.db.rows("SELECT id FROM identity ORDER BY id")
    edit_labels(twins, mine, Edit(group="new"))
    assert twins.db.rows("SELECT id FROM identity ORDER BY id") == who
    twins.journal.undo()
    edit_labels(twins, mine[:1], Edit(group="new"))
    assert len(twins.db.rows("SELECT id FROM identity")) == len(who) + 1
    assert sorted(label for label in labels(twins).values() if label[0] == "0") == [
        ("0", "g0"),
        ("0", "g1"),
        ("0", "g1"),
        ("0", "new"),
    ]
    twins.journal.undo()
    assert digest(twins) == start
    with pytest.raises(RequestError, match="None of these images"):
        edit_labels(twins, [99], Edit(group="new"))


def test_a_faces_own_label_counts_before_its_images(filled):
    """In the name, in the number and in the group alike; taken off, the face is nobody's, whatever its image says."""
    face = filled.db.value("SELECT id FROM face WHERE image_id = 3")
    set_identity(filled, [face], "Eve", "g1")
    eve = filled.db.value("SELECT id FROM identity WHERE name = 'Eve'")
    found = {image.id: image for image in labelled_images(filled)}
    assert (found[3].identity, found[3].identity_id, found[3].group) == ("Eve", eve, "g1")
    assert (found[4].identity, found[4].group) == ("id00", "g0")
    set_identity(filled, [face], None)
    found = {image.id: image for image in labelled_images(filled)}
    assert (found[3].identity, found[3].identity_id) == (None, None)
