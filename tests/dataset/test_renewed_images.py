"""Importing again where originals were replaced: they are taken as they are now, and nothing else is lost."""

import json
import shutil
import time

import pytest

from fairdesk.cli import run
from fairdesk.dataset.duplicates import find_duplicates
from fairdesk.dataset.image_import import import_images, scan_folder
from fairdesk.dataset.params import DuplicatesParams, ImportParams
from fairdesk.faces.changed_originals import compare_originals
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.images.file_facts import file_sha256
from fairdesk.jobs.context import QuietContext
from fairdesk.project.faces import set_identity
from fairdesk.project.images import labelled_images
from fairdesk.project.predictions import Prediction, keep_predictions
from fairdesk.project.verdicts import Said, keep_verdict, verdicts
from tests.conftest import plain_images

ENCODE = EncodeParams(detector="whole", quality=True)
COMPUTED = ("face", "detection", "vector", "quality")


@pytest.fixture
def files(tmp_path, project):
    """Twelve images, imported and encoded."""
    folder = plain_images(tmp_path / "in", 2, 2, 3, side=20)
    import_images(ImportParams(folder=folder), QuietContext(project))
    encode_faces(ENCODE, QuietContext(project))
    return sorted(folder.rglob("*.png"))


def again(project, files):
    context = QuietContext(project)
    return import_images(ImportParams(folder=files[0].parents[2]), context), context.messages


def counts(project):
    return {table: project.db.value(f"SELECT count(*) FROM {table}") for table in COMPUTED}


def rows_of(project, image):
    faces = "IN (SELECT id FROM face WHERE image_id = ?)"
    return [
        project.db.rows("SELECT * FROM face WHERE image_id = ?", (image,)),
        project.db.rows(f"SELECT * FROM vector WHERE face_id {faces}", (image,)),
        project.db.rows("SELECT * FROM quality WHERE image_id = ?", (image,)),
    ]


def number_of(project, path):
    return next(one.id for one in labelled_images(project) if one.path == path)


def test_a_replaced_original_is_taken_as_it_is_now(project, files):
    shutil.copyfile(files[9], files[0])
    image, other = number_of(project, files[0]), number_of(project, files[1])
    labels, kept, thumbnail = labelled_images(project), rows_of(project, other), project.thumbnails.get("image", image)
    seen = scan_folder(ImportParams(folder=files[0].parents[2]), QuietContext(project))
    assert (seen.new, seen.renewed) == (0, 1) and counts(project) == dict.fromkeys(COMPUTED, 12)
    result, messages = again(project, files)
    assert (result.images, result.new, result.renewed) == (12, 0, 1)
    assert "1 was replaced since it was imported" in result.text() and any(
        "Detect and encode again" in t for t in messages
    )
    assert counts(project) == dict.fromkeys(COMPUTED, 11) and rows_of(project, other) == kept
    assert labelled_images(project) == labels
    assert project.db.value("SELECT sha256 FROM image WHERE id = ?", (image,)) == file_sha256(files[0])
    new = project.thumbnails.get("image", image)
    assert new and new != thumbnail and new == project.thumbnails.get("image", number_of(project, files[9]))
    found = find_duplicates(DuplicatesParams(), QuietContext(project))
    assert [{one.a, one.b} for one in found.files] == [{str(files[0]), str(files[9])}]
    encoded = encode_faces(ENCODE, QuietContext(project))
    assert (encoded.encoded_now, encoded.changed) == (1, []) and counts(project) == dict.fromkeys(COMPUTED, 12)
    assert not project.db.rows("PRAGMA foreign_key_check")
    assert again(project, files)[0].renewed == 0


@pytest.mark.parametrize("look", ["scan", "compare"])
def test_what_was_learned_of_the_new_contents_before_the_import_gives_no_empty_thumbnail(project, files, look):
    image = number_of(project, files[0])
    shutil.copyfile(files[9], files[0])
    time.sleep(0.1)  # what changed just now is not kept
    if look == "scan":
        scan_folder(ImportParams(folder=files[0].parents[2]), QuietContext(project))
    else:
        assert compare_originals([image], QuietContext(project)).changed == [str(files[0])]
    assert again(project, files)[0].renewed == 1
    assert project.thumbnails.get("image", image) == project.thumbnails.get("image", number_of(project, files[9]))


def test_undo_brings_back_the_faces_and_their_names(project, files):
    image = number_of(project, files[0])
    face = project.db.value("SELECT id FROM face WHERE image_id = ?", (image,))
    set_identity(project, [face], "Somebody", "g0")
    before, labels = rows_of(project, image)[0], labelled_images(project)
    shutil.copyfile(files[9], files[0])
    assert again(project, files)[0].renewed == 1
    assert not project.db.value("SELECT count(*) FROM face WHERE image_id = ?", (image,))
    assert labelled_images(project) == labels and labels[0].identity == "Somebody"
    project.journal.undo()
    assert labelled_images(project) == labels
    assert rows_of(project, image)[0] == before and not project.db.rows("PRAGMA foreign_key_check")
    assert again(project, files)[0].renewed == 1


def test_predictions_and_verdicts_of_the_old_face_go(project, files):
    faces = [row[0] for row in project.db.rows("SELECT id FROM face ORDER BY image_id")]
    keep_predictions(project, "model", [Prediction(face, "gender", "female", 0.9) for face in faces[:2]])
    with project.journal.step("Say") as connection:
        keep_verdict(connection, Said.DIFFERENT, [faces[0]], [faces[5]])
        keep_verdict(connection, Said.SAME, [faces[1]], [faces[0], faces[2]])
    said = verdicts(project)
    shutil.copyfile(files[9], files[0])
    assert again(project, files)[0].renewed == 1
    assert project.db.rows("SELECT face_id FROM prediction") == [(faces[1],)]
    assert [(one.said, *map(list, (one.faces, one.others))) for one in verdicts(project)] == [
        (Said.SAME, [faces[1]], [faces[2]])
    ]
    project.journal.undo()
    assert verdicts(project) == said


def test_nothing_is_lost_where_a_file_is_missing_or_no_picture(project, files):
    before = counts(project)
    files[0].unlink()
    files[1].write_bytes(b"")
    files[2].write_bytes(b"\x89PNG\r\n\x1a\n broken")
    files[3].touch()
    result, _ = again(project, files)
    assert (result.new, result.renewed) == (0, 0) and len(result.unreadable) == 2
    assert counts(project) == before


def test_the_verb_says_how_many(project, files, capsys):
    shutil.copyfile(files[9], files[0])
    shutil.copyfile(files[8], files[3])
    assert run(["import", str(project.folder), str(files[0].parents[2]), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["new"], said["renewed"]) == (0, 2)
