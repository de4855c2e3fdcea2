"""Quality measures against OpenCV and by hand, limits, filters, saved views, more like this."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from fairdesk.cli import run
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams, QualityParams
from fairdesk.dataset.quality_measurement import measure_quality as measure_job
from fairdesk.errors import JobFailed, RequestError
from fairdesk.faces.alignment import face_chip
from fairdesk.faces.detection import find_faces as detect
from fairdesk.faces.detectors import detect_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.landmarks import with_landmarks
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.faces.quality import measure, pose, sharpness
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import QuietContext
from fairdesk.project.boxes import FaceBox
from fairdesk.project.detections import searches
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.image_queries import Filter, image_ids, more_like
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.project.labels import Edit, edit_labels, tag_counts
from fairdesk.project.predictions import predicted_values
from fairdesk.project.quality import Limit, copy_measured, counts, outside, values
from fairdesk.project.saved_views import remove_view, save_view, saved_views


def test_sharpness_is_opencvs_variance_of_the_laplacian():
    grey = np.random.default_rng(0).uniform(0, 255, (60, 50))
    assert sharpness(grey) == pytest.approx(cv2.Laplacian(grey, cv2.CV_64F)[1:-1, 1:-1].var(), rel=1e-12)


def test_measures_by_hand():
    image = np.zeros((100, 200, 3), dtype=np.uint8)
    image[20:60, 50:100] = 255
    found = measure(image, FaceBox(20, 100, 60, 50, landmarks=((60, 30), (80, 30), (75, 40), (62, 50), (78, 50))), 2)
    assert (found.brightness, found.contrast, found.clipped, found.sharpness) == (1.0, 0.0, 1.0, 0.0)
    assert (found.side, found.share, found.faces) == (40, 0.1, 2)
    assert (found.yaw, found.roll) == (pytest.approx(0.25), 0.0)
    assert measure(image, None, 0).side is None
    assert pose(((0, 0), (10, 10), (5, 5), (0, 0), (0, 0)))[1] == pytest.approx(45)
    assert pose(((5, 5), (5, 5), (5, 5), (0, 0), (0, 0))) == (None, None)


@pytest.fixture
def seen(project, drawn, tmp_path):
    """Drawn faces, one blurred, one wall without a face, faces found."""
    from PIL import ImageFilter

    home = tmp_path / "in"
    for path in sorted(drawn.rglob("*_000[12].jpg")):
        target = home / path.relative_to(drawn)
        target.parent.mkdir(parents=True, exist_ok=True)
        image = Image.open(path)
        if path.name == "p50_0001.jpg":
            image = image.filter(ImageFilter.GaussianBlur(4))
        image.save(target, quality=95)
    Image.new("RGB", (80, 80), "grey").save(home / "tone 5" / "p50" / "wall.png")
    import_folder(ImportParams(folder=home), QuietContext(project))
    detect(DetectParams(detector="hog"), QuietContext(project))
    return project


def test_a_blurred_face_falls_out(seen):
    result = measure_job(QualityParams(limits=["sharpness=150:"]), QuietContext(seen))
    assert (result.measured, result.without_face, result.outside) == (13, 1, 1)
    blurred = seen.db.value("SELECT id FROM image WHERE path LIKE '%p50_0001.jpg'")
    assert outside(seen, [Limit.parse("sharpness=150:")], "hog") == [blurred]
    ids, found = values(seen, "sharpness", "hog")
    assert ids[np.argmin(found)] == blurred and found[ids == blurred][0] < np.median(found) / 3
    assert all(abs(yaw) < 0.3 for yaw in values(seen, "yaw", "hog")[1])
    again = measure_job(QualityParams(limits=["sharpness=150:"], action="hide"), QuietContext(seen))
    assert (again.measured_now, again.outside) == (0, 1)
    assert blurred not in image_ids(seen, Filter())
    seen.journal.undo()
    measure_job(QualityParams(limits=["sharpness=150:"], action="tag", tag="blurred"), QuietContext(seen))
    assert image_ids(seen, Filter(tag="blurred")).tolist() == [blurred]
    assert image_ids(seen, Filter(), "sharpness")[0] == blurred
    assert counts(seen, "hog")["not_looked_at"] == 0


def test_originals_that_are_gone_are_an_error_with_paths_and_reasons(seen, tmp_path, capsys):
    """All of them: exit status 1, each time, with the way to find them. Some: told, and the rest is measured."""
    home, away = tmp_path / "in", tmp_path / "away"
    home.rename(away)
    for _ in range(2):
        with pytest.raises(
            JobFailed, match=r"None of the 13 images that were left to do could be read: 13 \(the file is missing\)"
        ) as told:
            measure_job(QualityParams(), QuietContext(seen))
        assert f"fairdesk relink PROJECT {home} NEW-FOLDER" in str(told.value) and "wall.png" not in str(told.value)
    assert run(["quality", str(seen.folder)]) == 1
    assert "13 (the file is missing)" in capsys.readouterr().err
    away.rename(home)
    gone, torn, other = sorted(home.rglob("*.jpg"))[:3]
    gone.unlink()
    torn.write_bytes(b"")
    Image.new("RGB", (300, 300), "grey").save(other)
    result = measure_job(QualityParams(), QuietContext(seen))
    assert (result.measured, result.measured_now, result.unreadable) == (10, 10, 3)
    whys = {one.path: one.why for one in result.unreadable_files}
    assert (whys[str(gone)], whys[str(torn)]) == ("the file is missing", "the file is empty")
    assert "another file" in whys[str(other)]  # its quality is not that of the image
    assert (
        "1 original is missing (Find moved originals: fairdesk relink" in result.text() and str(gone) in result.text()
    )
    assert "1 original is missing" in result.caution() and "1 image could not be read" in result.caution()
    assert result.changed == [str(other)] and [one.path for one in result.damaged] == [str(torn)]
    for said in (result.text(), result.caution()):  # the one that is another picture now is imported again
        assert "1 original has changed" in said and "could not be read" in said and "hide or purge the image" in said
    context = QuietContext(seen)
    detect(DetectParams(detector="hog", quality=True), context)
    assert any(
        "The quality of 3 images could not be measured: 1 (" in text and str(gone) in text for text in context.messages
    )


def test_only_detectors_that_found_faces_are_named_as_others(seen, tmp_path):
    """With how many they found: one that found none in the only image it has seen is none to ask for."""
    detect(DetectParams(detector="hog-fast", where=["state=without face"]), QuietContext(seen))
    assert [(one.detector, one.faces) for one in searches(seen)] == [("hog", 12), ("hog-fast", 0)]
    seen.show_faces_of("hog")
    seen.keep_detector("hog")
    context = QuietContext(seen)
    measure_job(QualityParams(), context)
    encode_faces(EncodeParams(), context)
    assert not any("hog-fast" in text for text in context.messages)
    detect(DetectParams(detector="whole", where=["state=without face"]), context)
    seen.keep_detector("hog")
    context = QuietContext(seen)
    measure_job(QualityParams(), context)
    encode_faces(EncodeParams(), context)
    named = [text for text in context.messages if "whole (1 face)" in text]
    assert len(named) == 2 and not any("hog-fast" in text for text in context.messages)


def test_quality_needs_faces_and_good_limits(filled, project_at):
    from fairdesk.project import Project

    empty = Project.open(project_at("empty"))
    with pytest.raises(RequestError, match="Detect faces first"):
        measure_job(QualityParams(), QuietContext(empty))
    empty.close()
    for text in ("sharpness", "beauty=1:", "side=:", "side=a:", "side=9:3"):
        with pytest.raises(ValueError, match=r"sharpness|LOW:HIGH|above"):
            QualityParams(limits=[text])


def test_filters_by_every_label(filled):
    every = set(image_ids(filled, Filter()).tolist())
    edit_labels(filled, [1, 2, 3], Edit(gender="female", age="31", add_tags=("glasses",)))
    edit_labels(filled, [3, 4], Edit(gender="male", age="58"))
    ask = lambda **wanted: image_ids(filled, Filter(**wanted)).tolist()
    assert (ask(gender="female"), ask(tag="glasses"), ask(age=(40, 60))) == ([1, 2], [1, 2, 3], [3, 4])
    assert ask(gender="female", group="g1") == []
    assert set(ask(source="folder")) == every
    assert set(ask(state="real")) == every
    assert ask(state="several faces") == ask(state="synthetic") == ask(group="") == []
    labels = LabelSnapshot.read(filled)
    assert (tag_counts(filled), labels.genders_used(), labels.sources_used()) == (
        [("glasses", 3)], ["female", "male"], ["folder"],
    )  # fmt: skip
    assert predicted_values(filled) == []
    with filled.db.transaction() as connection:
        connection.execute("INSERT INTO prediction VALUES (5, 'race', 'deepface', 'asian', .9)")
    assert ask(predicted=("race", "asian")) == [5] and predicted_values(filled) == ["race: asian"]


def test_saved_views_come_back(filled):
    wanted = Filter(
        group="g1", tag="x", age=(3.0, 9.5), predicted=("race", "a: b"), quality=(Limit("side", 60.0, None),)
    )
    save_view(filled, "Small é", wanted)
    save_view(filled, "All", Filter())
    assert saved_views(filled) == [("All", Filter()), ("Small é", wanted)]
    remove_view(filled, "All")
    filled.journal.undo()
    assert len(saved_views(filled)) == 2


def test_more_like_this_finds_the_same_person_first(filled):
    people = dict(filled.db.rows("SELECT id, identity_id FROM image"))
    order = more_like(filled, 7, "made-up", image_ids(filled, Filter()))
    assert order[0] == 7 and len(order) == 40
    assert {people[int(i)] for i in order[:5]} == {people[7]}
    only = more_like(filled, 7, "made-up", image_ids(filled, Filter(group="g1")))
    assert only[0] == 7 and set(only[1:].tolist()) == set(image_ids(filled, Filter(group="g1")).tolist())
    with pytest.raises(RequestError, match="no embeddings of the encoder 'other'"):
        more_like(filled, 7, "other", only)


@pytest.mark.parametrize(
    ("one", "other", "copied"),
    [("[]", "[]", True), ("[]", "found", True), ("found", "[]", True), ("found", "found", True), (None, None, True),
     (None, "[]", False), ("[]", None, False), ("found", None, False)],
)  # fmt: skip
def test_what_was_measured_of_a_copy_counts_whether_or_not_its_landmarks_were_looked_for(
    project, drawn, tmp_path, one, other, copied
):
    """Landmarks that are still to be looked for are the same in the same picture; a face from elsewhere that has none is another."""
    source = sorted(drawn.rglob("*.jpg"))[0].read_bytes()
    (tmp_path / "two").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "two" / name).write_bytes(source)
    import_folder(ImportParams(folder=tmp_path / "two"), QuietContext(project))
    detect(DetectParams(), QuietContext(project))
    measure_job(QualityParams(), QuietContext(project))
    points = "[[1, 2], [9, 2], [5, 5], [2, 8], [8, 8]]"
    with project.db.transaction() as db:
        db.execute("DELETE FROM quality WHERE image_id = 2")
        for image, marks in ((1, one), (2, other)):
            text = points if marks == "found" else marks
            assert db.execute("UPDATE face SET landmarks = ? WHERE image_id = ? RETURNING 1", (text, image)).get
    copy_measured(project, "hog")
    assert bool(project.db.value("SELECT count(*) FROM quality WHERE image_id = 2")) == copied


def test_a_face_without_landmarks_has_no_pose_and_one_whose_were_not_looked_for_has(drawn):
    image = read_pixels(sorted(drawn.rglob("*.jpg"))[0])
    (found,) = detect_faces(image, DetectorKey("hog"))
    assert found.landmarks_due and measure(image, found, 1).yaw is not None
    plain = replace(found, landmarks=None)
    assert measure(image, plain, 1).yaw is None and measure(image, plain, 1).sharpness is not None
    assert np.array_equal(face_chip(image, found, 112), face_chip(image, *with_landmarks(image, [found]), 112))
    assert not np.array_equal(face_chip(image, found, 112), face_chip(image, plain, 112))
