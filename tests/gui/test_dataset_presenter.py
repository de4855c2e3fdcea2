"""What the Dataset tab shows after any edits is what it shows when it reads everything anew."""

import random
from dataclasses import fields

import numpy as np
import pytest

from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.purge import purge
from fairdesk.errors import RequestError, Stopped
from fairdesk.faces.detection import find_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.gui.tabs.dataset.presenter import View, Wish, headline, look, look_again
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.changes import ChangeReader
from fairdesk.project.conditions import known_conditions
from fairdesk.project.faces import set_identity
from fairdesk.project.image_queries import Filter, overview
from fairdesk.project.images import hide_images
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.predictions import Prediction, agreement, keep_predictions, predicted_counts
from fairdesk.project.saved_views import save_view
from fairdesk.project.sets import all_sets, keep_sets
from tests.conftest import plain_images

WISHES = [
    Wish(Filter()), Wish(Filter(group="g1")), Wish(Filter(identity="new 1")), Wish(Filter(state="hidden")),
    Wish(Filter(text="new")), Wish(Filter(tag="odd")), Wish(Filter(), order="identity"), Wish(Filter(ids=(1, 2, 3, 4))),
]  # fmt: skip


def same(one, other):
    """Compare two views field by field; numbers of words in a snapshot may differ, what they say may not."""
    for field in fields(View):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if field.name == "labels":
            assert said(left) == said(right)
        elif field.name == "contents":
            assert [(c.id, c.members.tolist()) for c in left] == [(c.id, c.members.tolist()) for c in right]
        elif isinstance(left, np.ndarray):
            assert left.tolist() == right.tolist(), field.name
        else:
            assert left == right, field.name


def said(labels: LabelSnapshot):
    words = [[coded.words[code] for code in codes] for coded, codes in (
        (labels.genders, labels.gender), (labels.sources, labels.source))]  # fmt: skip
    ids, digests = labels.basis()
    arrays = (labels.images, labels.hidden, labels.synthetic, labels.identity, labels.group, ids, digests)
    return [array.tolist() for array in arrays], words, labels.names, labels.groups, labels.counts, labels.beside


def borne(project):
    """Identities and groups of what is shown, row by row: of each image its own or that of its newest named largest face,
    of each face that a person named its own.
    """
    rows = project.db.rows
    of = dict(rows("SELECT id, group_id FROM identity"))
    people, groups = set(), set()
    for image, who, group in rows("SELECT id, identity_id, group_id FROM image WHERE hidden = 0"):
        faces = rows(
            "SELECT place, identity_id FROM face WHERE image_id = ? AND label_source IS NOT NULL ORDER BY id", (image,)
        )
        largest = [named for place, named in faces if place == 0]
        main = largest[-1] if largest else who
        people |= {main, *(named for _, named in faces)}
        groups.add(of.get(main) or group)
    groups |= {of.get(who) for who in people}
    return len(people - {None}), len(groups - {None})


def counted(counts):
    return counts["identities"], counts["groups"]


def an_edit(project, rng):
    """Make one edit, undo or redo, as a person would."""
    images = rng.sample(range(1, 41), rng.choice([1, 1, 2, 5]))
    face = rng.randrange(1, 41)
    rng.choice([
        lambda: edit_labels(project, images, Edit(identity=f"new {rng.randrange(4)}")),
        lambda: edit_labels(project, images, Edit(group=rng.choice(["g1", "g9", "elsewhere"]))),
        lambda: edit_labels(project, images, Edit(gender=rng.choice(["female", "male", ""]), add_tags=("odd",))),
        lambda: edit_labels(project, list(range(1, 41)), Edit(group="one group")),
        lambda: set_identity(project, [face], rng.choice(["by face", "new 1", None])),
        lambda: set_identity(project, [rng.randrange(41, 81)], rng.choice(["behind", "in front", "new 1", None]), "g7"),
        lambda: hide_images(project, images, hide=rng.random() < 0.6),
        lambda: keep_sets(project, {"train": images, "test": [face]}, {"seed": 1}),
        lambda: save_view(project, "mine", Filter(group="g1")),
        project.journal.undo, project.journal.undo, project.journal.redo,
    ])()  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_after_edits_it_shows_what_reading_anew_shows(filled, seed):
    cluster_faces(ClusterParams(method="kmeans", n_clusters=3), QuietContext(filled))
    with filled.db.transaction() as db:  # a smaller face on each, 41 to 80
        db.execute(
            "INSERT INTO face (image_id, detector, place, top, right, bottom, left) SELECT id, 'whole', 1, 0, 5, 5, 0 FROM image"
        )
    other, rng = Project.open(filled.folder), random.Random(seed)
    reader = ChangeReader(filled.db)
    wish = WISHES[seed]
    view = look(filled, wish)
    for _ in range(40):
        try:
            an_edit(other, rng)
        except RequestError:
            continue  # nothing to undo, or a frozen set
        if rng.random() < 0.2:
            wish = rng.choice(WISHES)
        view = look_again(filled, wish, view, reader.read())
        if wish == view.wish:
            same(view, look(filled, wish))
        assert counted(view.counts) == counted(overview(filled)) == borne(filled)
    assert view.sets == all_sets(filled)
    other.close()


def test_an_identity_nobody_bears_is_renamed_too(filled):
    reader, view = ChangeReader(filled.db), look(filled, WISHES[0])
    with filled.db.transaction() as connection:
        connection.execute("INSERT INTO identity (name, group_id) VALUES ('nobody', NULL)")
    other = Project.open(filled.folder)
    edit_labels(other, [1], Edit(identity="nobody"))
    view = look_again(filled, WISHES[0], view, reader.read())
    same(view, look(filled, WISHES[0]))
    other.close()


def test_names_that_nothing_bears_any_more_count_nowhere(filled):
    """After a label for all, hiding, purging, undo and redo: at the top, among what filters offer, and in what is next."""
    other, reader = Project.open(filled.folder), ChangeReader(filled.db)
    view = look(filled, WISHES[0])

    def now():
        nonlocal view
        view = look_again(filled, WISHES[0], view, reader.read())
        same(view, look(filled, WISHES[0]))
        offered = [word for word in known_conditions(filled) if word.startswith("group=")]
        assert offered == [f"group={group.name}" for group in view.groups if group.name]
        assert counted(view.counts) == counted(overview(filled)) == borne(filled)
        return headline(view, 0).split("  ·  ")[1:3]

    assert now() == ["8 identities", "2 groups"]
    edit_labels(other, list(range(1, 41)), Edit(identity="Somebody", group="all"))
    assert now() == ["1 identity", "1 group"]
    other.journal.undo()
    assert now() == ["8 identities", "2 groups"]
    other.journal.redo()
    assert now() == ["1 identity", "1 group"]
    edit_labels(other, [3], Edit(identity="Another", group="two"))
    hide_images(other, list(range(4, 41)))
    assert now() == ["2 identities", "2 groups"]
    hide_images(other, [3])
    assert now() == ["1 identity", "1 group"]
    hide_images(other, [1, 2])
    assert now()[0] == "0 identities"
    other.journal.undo()
    other.journal.undo()
    assert now() == ["2 identities", "2 groups"]
    purge(other, [3], ["Another"])
    assert now() == ["1 identity", "1 group"]
    other.close()


def test_tags_and_predictions_are_counted_of_what_is_shown(filled):
    other, reader = Project.open(filled.folder), ChangeReader(filled.db)
    view = look(filled, WISHES[0])
    edit_labels(other, [1, 2, 3], Edit(add_tags=("odd",)))
    edit_labels(other, [1], Edit(add_tags=("alone",)))
    keep_predictions(other, "made-up", [Prediction(face, "race", "asian", 0.9) for face in (1, 2, 21)])
    for hidden, tags in (([1], [("odd", 2)]), (list(range(4, 41)), [("odd", 2)]), ([2, 3], [])):
        hide_images(other, hidden)
        view = look_again(filled, WISHES[0], view, reader.read())
        same(view, look(filled, WISHES[0]))
        assert view.tags == tags and view.every_tag == [("alone", 1), ("odd", 3)]
    hide_images(other, [2, 21], hide=False)
    assert predicted_counts(filled, "whole") == {"race": {"asian": 2}}
    assert agreement(filled, "whole") == {"race": {"g0": {"asian": 1}, "g1": {"asian": 1}}}
    other.close()


def test_what_is_next_counts_what_is_shown(filled):
    """A search of hidden images alone is no search of those shown; nor are their embeddings embeddings."""
    with filled.db.transaction() as db:
        db.execute("DELETE FROM vector WHERE face_id IN (SELECT id FROM face WHERE image_id > 10)")
        db.execute("UPDATE image SET synthetic = '{}' WHERE id IN (1, 11)")
    hide_images(filled, list(range(1, 11)))
    counts = overview(filled)
    assert (counts["searched"], counts["faces"], counts["vectors"], counts["synthetic"]) == (30, 30, [], 1)
    filled.journal.undo()
    assert [one.vectors for one in overview(filled)["vectors"]] == [10]


@pytest.mark.parametrize("job", ["detect", "encode"])
def test_what_a_stopped_first_search_has_found_is_counted(project, tmp_path, job):
    """At once, and when the project is opened again; a later stop with another detector changes nothing of what is shown."""
    import_images(ImportParams(folder=plain_images(tmp_path / "photographs", 1, 2, 20)), QuietContext(project))
    reader, view = ChangeReader(project.db), look(project, WISHES[0])
    other = Project.open(project.folder)

    def stop(detector):
        work, params = (find_faces, DetectParams) if job == "detect" else (encode_faces, EncodeParams)
        with pytest.raises(Stopped):
            work(params(detector=detector), QuietContext(other, stop_after=1))

    stop("whole")
    found = project.db.value("SELECT count(*) FROM face")
    view = look_again(project, WISHES[0], view, reader.read())
    same(view, look(project, WISHES[0]))
    assert 0 < found < 40 and f"{found} faces (whole)" in headline(view, 0).split("  ·  ")
    stop("hog")
    view = look_again(project, WISHES[0], view, reader.read())
    same(view, look(project, WISHES[0]))
    assert f"{found} faces (whole)" in headline(view, 0) and overview(project)["searched"] == found
    assert project.last_detector() == "whole"
    other.close()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 1.0])
def test_counts_are_of_what_is_shown(filled, share):
    """Faces, embeddings, identities and groups of hidden images are counted nowhere, whichever images are fewer."""
    rng = random.Random(3)
    edit_labels(filled, [1, 2], Edit(identity="hidden with both", group="theirs"))
    find_faces(DetectParams(detector="hog-fast", where=["ids=1-30"]), QuietContext(filled))
    with filled.db.transaction() as db:
        db.execute(
            "UPDATE detection SET why = 'torn', faces = 0 WHERE detector = 'hog-fast' AND image_id IN (3, 4, 5, 6)"
        )
        db.execute(
            "INSERT INTO face (image_id, detector, place, top, right, bottom, left)"
            " SELECT id, 'hog-fast', n, 0, 9, 9, 0 FROM image, (SELECT 0 AS n UNION SELECT 1) WHERE id BETWEEN 11 AND 30"
        )
        db.execute("UPDATE detection SET faces = 2 WHERE detector = 'hog-fast' AND image_id BETWEEN 11 AND 30")
        db.execute("UPDATE image SET synthetic = '{}' WHERE id IN (1, 11, 12, 13)")
    if hidden := rng.sample(range(3, 41), int(38 * share)) + [1, 2] * (share > 0):
        hide_images(filled, hidden)
    view, one = look(filled, Wish(Filter())), filled.db.value
    shown = f"image_id NOT IN ({', '.join(map(str, [0, *hidden]))})"
    assert {search.detector for search in view.searches} == {"whole", "hog-fast"}
    for search in view.searches:
        of = f"detector = '{search.detector}' AND {shown}"
        assert (search.images, search.faces, search.without_face, search.not_read) == (
            one(f"SELECT count(*) FROM detection WHERE {of}"),
            one(f"SELECT count(*) FROM face WHERE {of}"),
            one(f"SELECT count(*) FROM detection WHERE faces = 0 AND why IS NULL AND {of}"),
            one(f"SELECT count(*) FROM detection WHERE why IS NOT NULL AND {of}"),
        )
    (vectors,) = view.counts["vectors"]
    assert (
        vectors.faces == view.counts["faces"] == one(f"SELECT count(*) FROM face WHERE detector = 'whole' AND {shown}")
    )
    assert vectors.vectors == one(f"SELECT count(*) FROM vector JOIN face ON face.id = face_id WHERE {shown}")
    assert (view.counts["images"], view.counts["hidden"]) == (40 - len(hidden), len(hidden))
    assert view.counts["identities"] == sum(group.identities for group in view.groups)
    assert view.counts["groups"] == len([group for group in view.groups if group.name is not None])
    assert view.counts["synthetic"] == len({1, 11, 12, 13} - set(hidden))
    assert ("hidden with both" in str(view.identities)) == (share == 0)
    line = headline(view, 0).split("  ·  ")
    assert [text for text in line if "hidden" in text] == ([f"{len(hidden)} hidden"] if hidden else [])
    assert [text for text in line if "face" in text] == ([f"{vectors.faces} faces (whole)"] if share < 1 else [])
    assert [text for text in line if "embedding" in text] == (
        [f"{vectors.vectors} {vectors.recipe.encoder} embeddings (whole)"] if share < 1 else []
    )
