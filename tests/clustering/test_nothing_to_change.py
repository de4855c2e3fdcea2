"""What is so already is said so: it leaves no step to undo, and what was undone can still be made again."""

import json

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of, move_faces, note_version, rename_cluster
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import set_identity
from fairdesk.project.image_queries import Filter
from fairdesk.project.images import hide_images
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.saved_views import save_view
from fairdesk.project.verdicts import verdicts


@pytest.fixture
def made(filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    return filled


def steps(project):
    return [(one.id, one.text, one.undone) for one in project.journal.history()]


def faces(project, label):
    return faces_of(project, next(one.id for one in clusters(project, 1) if one.label == label))


WORDS = {
    "unsure": ["--unsure", "1", "2", "--with", "9"],
    "unsure, sides turned": ["--unsure", "9", "--with", "2", "1"],
    "confirm": ["--confirm", "1", "--with", "2"],
    "not": ["--not", "1", "--with", "9"],
    "ignore": ["--ignore", "3", "4"],
    "different": ["--different", "2", "3"],
}


@pytest.mark.parametrize("kind", WORDS)
def test_a_verdict_given_again_leaves_no_step(made, capsys, kind):
    first = WORDS["unsure"] if kind.startswith("unsure") else WORDS[kind]
    assert run(["verdict", str(made.folder), *first]) == 0
    before, said = steps(made), verdicts(made)
    capsys.readouterr()
    assert run(["verdict", str(made.folder), *WORDS[kind]]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Nothing to change: ") and f"is kept already, as verdict {said[0].id}." in text
    assert run(["verdict", str(made.folder), *WORDS[kind], "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["unchanged"], done["moved"], done["verdicts"]) == (said[0].id, 0, [])
    assert steps(made) == before and verdicts(made) == said


def test_a_verdict_that_was_contradicted_since_can_be_given_again(made, capsys, monkeypatch):
    """What others said in between is outweighed by the newer time: that is a change, and a step."""
    run(["verdict", str(made.folder), "--confirm", "1", "--with", "2"])
    monkeypatch.setattr("fairdesk.clustering.verdicts.saying.this_person", lambda: "somebody")
    run(["verdict", str(made.folder), "--not", "1", "--with", "2"])
    monkeypatch.undo()
    before = steps(made)
    capsys.readouterr()
    assert run(["verdict", str(made.folder), "--confirm", "1", "--with", "2"]) == 0
    assert capsys.readouterr().out.startswith("Kept: confirmed") and len(steps(made)) == len(before) + 1


def test_the_history_says_whose_pair_it_is(made):
    mine, other = faces(made, 0)[0], faces(made, 1)[:2]
    run(["verdict", str(made.folder), "--unsure", str(mine), "--with", *map(str, other)])
    numbers = ", ".join(map(str, other))
    assert steps(made)[-1][1] == f"Not sure: face {mine} of Cluster 0 and 2 faces ({numbers}) of Cluster 1"
    run(["verdict", str(made.folder), "--not", str(mine), "--with", *map(str, other)])
    assert steps(made)[-1][1] == f"Somebody else: face {mine} of Cluster 0, beside 2 faces ({numbers}) of Cluster 1"


def test_a_cluster_named_as_it_is_called(made, capsys):
    name = ["name", str(made.folder), "--cluster", "0", "--identity", "Ann", "--group", "Asian"]
    assert run(name) == 0
    before = steps(made)
    capsys.readouterr()
    assert run(name) == 0
    assert capsys.readouterr().out == "Nothing to change: the 5 faces are Ann (group Asian) already.\n"
    assert steps(made) == before


EDITS = {
    "name of faces": lambda project: set_identity(project, faces(project, 0), "Ann", "Asian"),
    "label": lambda project: edit_labels(project, range(1, 6), Edit(identity="Ann", group="Asian", gender="female", age="30")),
    "group": lambda project: edit_labels(project, np.arange(1, 6), Edit(group="North")),
    "no gender": lambda project: edit_labels(project, [1, 2], Edit(gender="")),
    "tag": lambda project: edit_labels(project, [1, 2, 3], Edit(add_tags=("late",))),
    "without a tag": lambda project: edit_labels(project, [1, 2, 3], Edit(remove_tags=("late",))),
    "title": lambda project: rename_cluster(project, 1, "Him"),
    "note": lambda project: note_version(project, 1, "good"),
    "view": lambda project: save_view(project, "mine", Filter(text="a")),
}  # fmt: skip
REFUSED = {
    "hidden": lambda project: hide_images(project, [1, 2]),
    "moved": lambda project: move_faces(project, faces(project, 0), clusters(project, 1)[0].id),
}


@pytest.mark.parametrize("edit", [*EDITS, *REFUSED])
def test_an_edit_made_twice_is_one_step_and_leaves_redo_alone(made, edit):
    work = {**EDITS, **REFUSED}[edit]
    if edit != "moved":
        work(made)
    note_version(made, 1, "undone")
    made.journal.undo()
    before = steps(made)
    if edit in REFUSED:
        with pytest.raises(RequestError):
            work(made)
    else:
        work(made)
        assert made.journal.made is None
    assert steps(made) == before
    assert made.journal.redo().text == "Note on clustering 1"


def test_a_word_of_a_person_on_what_a_folder_said_is_a_change(made):
    """Labels set by a person are kept by later imports: who said it counts."""
    image, who, group = made.db.rows(
        "SELECT i.id, n.name, g.name FROM image i JOIN identity n ON n.id = i.identity_id JOIN grp g ON g.id = i.group_id LIMIT 1"
    )[0]
    before = steps(made)
    edit_labels(made, [image], Edit(identity=who, group=group))
    assert len(steps(made)) == len(before) + 1
    edit_labels(made, [image], Edit(identity=who, group=group))
    assert len(steps(made)) == len(before) + 1
    made.journal.undo()
    assert made.db.value("SELECT label_source FROM image WHERE id = ?", (image,)) != "person"
