"""A table of groups alone changes the groups it tells of, also of people whose group a table gave; what stays is counted apart."""

import pytest

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.label_sources import label_faces
from fairdesk.dataset.params import ImportParams, LabelParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.faces import set_identity
from fairdesk.project.images import labelled_images
from fairdesk.project.labels import Edit, edit_labels
from tests.conftest import add_faces, plain_images
from tests.project.test_journal import digest

WHO = {
    "1.png": ("Ana", "A"),
    "2.png": ("Ana", "A"),
    "3.png": ("Bea", "A"),
    "4.png": ("Ana", "B"),
    "5.png": ("Cem", "B"),
}


@pytest.fixture
def people(tmp_path):
    """Five images whose people and groups come from a table; Ana is the name of two of them, one in each group."""
    plain_images(tmp_path / "draw", 1, 1, len(WHO))
    (tmp_path / "in").mkdir()
    for name, path in zip(WHO, sorted((tmp_path / "draw").rglob("*.*")), strict=True):
        path.rename(tmp_path / "in" / name)
    rows = "".join(f"{name},{who},{group}\n" for name, (who, group) in WHO.items())
    (tmp_path / "who.csv").write_text("path,identity,group\n" + rows)
    project = Project.create(tmp_path / "p")
    import_images(ImportParams(folder=tmp_path / "in", labels=tmp_path / "who.csv"), QuietContext(project))
    yield project
    project.close()


def told(project, groups):
    """Label by a table of groups alone; return the counts."""
    table = project.folder.parent / "groups.csv"
    table.write_text("path,group\n" + "".join(f"{name},{group}\n" for name, group in groups.items()))
    found = label_faces(LabelParams(csv=table), QuietContext(project))
    return found.labelled, found.unchanged, found.said_by_people


def labels(project):
    return {one.path.name: (one.identity, one.group) for one in labelled_images(project)}


def number(project, name):
    return next(one.id for one in labelled_images(project) if one.path.name == name)


@pytest.mark.parametrize(
    "groups",
    [
        {"1.png": "Z", "2.png": "Z"},  # all of a person
        {"1.png": "Z"},  # one image of two
        {"1.png": "Y", "2.png": "Z"},  # one to each
        dict.fromkeys(WHO, "Z"),  # two of one name into one group
        {"1.png": "B", "2.png": "B"},  # where that name is already
        {name: "AB"[group == "A"] for name, (_, group) in WHO.items()},  # both groups for each other
        {"1.png": "A", "3.png": "Z"},  # one has it already
    ],
)
def test_each_image_told_of_has_its_group_and_its_name(people, groups):
    start = digest(people)
    expected = {name: (who, groups.get(name, group)) for name, (who, group) in WHO.items()}
    changed = sum(expected[name] != WHO[name] for name in WHO)
    assert told(people, groups) == (changed, len(groups) - changed, 0)
    assert labels(people) == expected
    end = digest(people)
    people.journal.undo()
    assert digest(people) == start and labels(people) == WHO
    people.journal.redo()
    assert digest(people) == end
    assert told(people, groups) == (0, len(groups), 0)


def test_a_whole_person_goes_along_and_a_part_does_not(people):
    before = people.db.rows("SELECT id, name FROM identity ORDER BY id")
    told(people, {"1.png": "Z", "2.png": "Z"})
    assert people.db.rows("SELECT id, name FROM identity ORDER BY id") == before
    told(people, {"1.png": "Y"})
    assert len(people.db.rows("SELECT id FROM identity")) == len(before) + 1


def test_what_a_person_said_stays_and_is_counted(people):
    edit_labels(people, [number(people, "1.png")], Edit(group="P"))
    assert told(people, {"1.png": "Z", "2.png": "Z", "3.png": "A"}) == (1, 2, 1)
    assert labels(people) == WHO | {"1.png": ("Ana", "P"), "2.png": ("Ana", "Z")}


@pytest.mark.parametrize("whole", [True, False])
def test_a_named_face_follows_its_person_alone(people, whole):
    add_faces(people)
    face = people.db.value("SELECT id FROM face WHERE image_id = ?", (number(people, "1.png"),))
    set_identity(people, [face], "Ana", "A")
    groups = {"1.png": "Z"} | ({"2.png": "Z"} if whole else {})
    assert told(people, groups) == ((2, 0, 0) if whole else (0, 1, 1))
    assert labels(people) == WHO | ({"1.png": ("Ana", "Z"), "2.png": ("Ana", "Z")} if whole else {})
