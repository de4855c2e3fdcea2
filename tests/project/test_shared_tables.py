"""What several domains ask of shared tables: originals, identities, faces, labels, predictions, sets."""

import shutil

import numpy as np
import pytest

from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.new_version import cluster_faces
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of, need_version
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.moved_originals import find_moved_originals
from fairdesk.dataset.params import ImportParams, RelinkParams
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import (
    commonest_group,
    face_places,
    identities_of_faces,
    images_of_faces,
    labelled_faces,
    largest_faces,
    set_identity,
    synthetic_faces,
)
from fairdesk.project.identities import groups_with, label_ids, names_in_groups
from fairdesk.project.images import hide_images, image_contents, image_paths, known_contents, labelled_images
from fairdesk.project.labels import Edit, edit_labels, other_labels
from fairdesk.project.originals import recorded_folders, unreadable
from fairdesk.project.predictions import Prediction, agreement, keep_predictions, predicted_counts, unpredicted
from fairdesk.project.renewal import imported_contents
from fairdesk.project.sets import keep_sets, set_names, sets_of_images
from tests.conftest import add_faces, plain_images


def test_a_file_that_can_be_read_again_is_no_longer_unreadable(project, tmp_path):
    folder = plain_images(tmp_path / "in", 1, 1, 2)
    broken = folder / "g0" / "id00" / "001.png"
    whole = broken.read_bytes()
    broken.write_bytes(b"nothing")
    import_images(ImportParams(folder=folder), QuietContext(project))
    assert [path for path, _ in unreadable(project)] == [str(broken)]
    assert set(imported_contents(project, folder, ["g0/id00/000.png", "g0/id00/001.png"])) == {"g0/id00/000.png"}
    broken.write_bytes(whole)
    import_images(ImportParams(folder=folder), QuietContext(project))
    assert unreadable(project) == []
    project.journal.undo()
    assert [path for path, _ in unreadable(project)] == [str(broken)]


def test_moved_originals_that_were_imported_again_are_refused(project, tmp_path):
    old, new = plain_images(tmp_path / "old", 1, 2, 2), tmp_path / "new"
    import_images(ImportParams(folder=old), QuietContext(project))
    shutil.copytree(old, new)
    import_images(ImportParams(folder=new), QuietContext(project))
    shutil.rmtree(old)
    with pytest.raises(RequestError, match="4 of these files are in the project already"):
        find_moved_originals(RelinkParams(old=old, new=new), QuietContext(project))
    assert recorded_folders(project) == [old, new]
    project.journal.undo()
    assert find_moved_originals(RelinkParams(old=old, new=new), QuietContext(project)).relinked == 4
    assert recorded_folders(project) == [new]  # the folder that holds none any more goes


def test_the_group_of_a_name(filled):
    with filled.db.transaction() as connection:
        label_ids(connection, "Twin", "g1")
        label_ids(connection, "Twin", "g0")
        label_ids(connection, "Alone", None)
    assert groups_with(filled, "Twin") == ["g1", "g0"]
    assert groups_with(filled, "Alone") == [None]
    assert groups_with(filled, "nobody") == []
    assert names_in_groups(filled)["g1"] == {"Twin", *(f"id1{n}" for n in range(4))}


def test_the_group_that_most_faces_are_in(filled):
    of = labelled_faces(filled, "whole")
    g0, g1 = ([face for face, one in of.items() if one.group == name] for name in ("g0", "g1"))
    assert commonest_group(filled, g0[:2] + g1[:3]) == "g1"
    assert commonest_group(filled, g0[:3] + g1[:2]) == "g0"
    edit_labels(filled, [1, 2, 3, 4, 5], Edit(identity="", group=""))
    assert commonest_group(filled, [1, 2, 3, 4, 5]) is None
    assert commonest_group(filled, [1, 2, 3, 4, g1[0]]) == "g1"  # no group is none to choose


def test_a_cluster_of_a_name_of_two_groups_takes_the_group_of_its_faces(filled):
    with filled.db.transaction() as connection:
        for group in ("g0", "g1"):
            label_ids(connection, "Twin", group)
    cluster_faces(ClusterParams(method="kmeans", n_clusters=8), QuietContext(filled))
    one = clusters(filled, need_version(filled))[0]
    faces = faces_of(filled, one.id)
    group = labelled_faces(filled, "whole")[faces[0]].group
    assert name_identity(filled, one.id, "Twin").group == group
    only = name_identity(filled, one.id, "id00" if group == "g1" else "id10")
    assert only.group == group  # whoever has that name in another group is another, unless that group is named


def test_naming_a_cluster_names_the_same_faces_of_other_detectors_and_is_taken_back(filled):
    add_faces(filled, detector="hog")
    cluster_faces(ClusterParams(method="kmeans", n_clusters=8, detector="whole"), QuietContext(filled))
    one = clusters(filled, need_version(filled))[0]
    faces = faces_of(filled, one.id)
    images = list(images_of_faces(filled, faces).values())
    twins = largest_faces(filled, "hog", images)
    before = identities_of_faces(filled, np.array(faces + twins))
    assert name_identity(filled, one.id, "Zoe", "g0").faces == len(faces) == len(twins)
    named = {image.id for image in labelled_images(filled) if image.identity == "Zoe"}
    assert named == set(images)
    assert {one.identity for face, one in labelled_faces(filled, "hog").items() if face in twins} == {"Zoe"}
    filled.journal.undo()
    assert identities_of_faces(filled, np.array(faces + twins)).tolist() == before.tolist()
    assert clusters(filled, need_version(filled))[0].identity is None
    filled.journal.redo()
    assert clusters(filled, need_version(filled))[0].identity == "Zoe"


def test_faces_where_they_are(filled):
    with filled.db.transaction() as connection:
        connection.execute("UPDATE image SET synthetic = 'a mark' WHERE id IN (2, 3)")
        connection.execute("UPDATE face SET landmarks = '[[1, 2.5], [3, 4]]' WHERE id = 3")
    faces = largest_faces(filled, "whole", [1, 2, 3, 999])
    assert synthetic_faces(filled, faces) == {2, 3}
    assert largest_faces(filled, "hog", [1, 2, 3]) == []
    first, _, third = face_places(filled, faces)
    assert first.path == str(labelled_images(filled)[0].path)
    assert (first.box.css, first.box.landmarks) == ((0, 9, 9, 0), None)
    assert third.box.landmarks == ((1.0, 2.5), (3.0, 4.0))
    set_identity(filled, [1], None)
    assert identities_of_faces(filled, np.array([2, 1])).tolist() == [labelled_images(filled)[1].identity_id, -1]


def test_predictions_stand_beside_labels(filled):
    keep_predictions(filled, "deepface", [Prediction(1, "race", "asian", 0.9), Prediction(1, "age", "30", None),
                                          Prediction(2, "race", "white", 0.5)])  # fmt: skip
    left = unpredicted(filled, "deepface", "whole", ["race", "age"])
    assert [one.face.id for one in left] == list(range(2, 41))
    assert [one.kinds for one in left[:2]] == [["age"], ["race", "age"]]
    assert unpredicted(filled, "deepface", "hog", ["race"]) == []
    assert len(unpredicted(filled, "another", "whole", ["race"])) == 40
    keep_predictions(filled, "deepface", [Prediction(2, "race", "asian", 0.6)])  # in place of what it said before
    assert predicted_counts(filled, "whole") == {"age": {"30": 1}, "race": {"asian": 2}}
    assert agreement(filled, "whole") == {"race": {"g0": {"asian": 2}}}
    edit_labels(filled, [1], Edit(identity="", group=""))  # without a group there is nothing to agree with
    assert agreement(filled, "whole") == {"race": {"g0": {"asian": 1}}}


def test_labels_and_sets_of_images(filled):
    edit_labels(filled, [1, 2], Edit(gender="female", add_tags=("b", "a")))
    set_identity(filled, [1], "Ann")
    said = other_labels(filled)
    assert said[1] == ("female", None, ["a", "b"], "person")
    assert said[2] == ("female", None, ["a", "b"], "folder")
    assert said[3] == (None, None, [], "folder") and len(said) == 40
    keep_sets(filled, {"test": [1], "train": [1, 2]}, {})
    assert sets_of_images(filled) == {1: ["test", "train"], 2: ["train"]}
    assert set_names(filled) == ["test", "train"]


def test_contents(filled):
    hide_images(filled, [1])
    shown, digests = image_contents(filled)
    assert sorted(shown.tolist()) == list(range(2, 41))
    sha = {number: digest.tobytes().hex() for number, digest in zip(shown.tolist(), digests, strict=True)}
    assert sha == dict(filled.db.rows("SELECT id, sha256 FROM image WHERE id > 1"))
    paths = {one.id: str(one.path) for one in labelled_images(filled)}
    assert image_paths(filled, [7, 3, 999]) == {7: paths[7], 3: paths[3]}
    assert len(known_contents(filled)) == 40  # hidden ones too, so that none is imported twice
