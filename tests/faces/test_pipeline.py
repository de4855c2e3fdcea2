"""From photographs to vectors in one pass: the same as in two, each image decoded once, whatever ends it."""

import os
import shlex
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams, QualityParams
from fairdesk.dataset.purge import purge
from fairdesk.dataset.quality_measurement import measure_quality
from fairdesk.errors import JobFailed, Stopped
from fairdesk.faces import computing, detection, dlib_models, early_start, pipeline
from fairdesk.faces.aligners import Aligner
from fairdesk.faces.backbones import MobileFaceNet
from fairdesk.faces.detection import find_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.faces.results import SearchedSmaller, elongated_line
from fairdesk.faces.search import Search
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.pixels import read_pixels
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project.boxes import DUE
from fairdesk.project.detections import UnseenImage
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.faces import FacePlace
from fairdesk.project.images import hide_images
from fairdesk.project.project import CATALOG
from fairdesk.project.quality import MEASURES


def project_of(folder, drawn):
    made = Project.create(folder)
    import_images(ImportParams(folder=drawn), QuietContext(made))
    return made


def contents(project, encoder="dlib"):
    """All faces with boxes and vectors, by image."""
    recipe = project.vectors.choose(encoder, "hog").recipe
    faces, vectors = project.vectors.load(recipe)
    place = {face: row for row, face in enumerate(faces.tolist())}
    rows = project.db.rows(
        "SELECT f.id, i.path, f.top, f.right, f.bottom, f.left, f.landmarks FROM face f JOIN image i ON i.id = image_id ORDER BY i.path, place"
    )
    return [(row[1:], vectors[place[row[0]]].round(4).tolist()) for row in rows]


def test_one_pass_finds_and_encodes_what_two_do(tmp_path, drawn):
    one, two = project_of(tmp_path / "one", drawn), project_of(tmp_path / "two", drawn)
    context = QuietContext(one)
    result = encode_faces(EncodeParams(), context)
    find_faces(DetectParams(), QuietContext(two))
    encode_faces(EncodeParams(), QuietContext(two))
    assert contents(one) == contents(two) and result.vectors == result.encoded_now >= 20
    assert not any("Encoding" in told for told in context.messages)  # nothing was left for a second pass
    faces = one.db.rows("SELECT id FROM face")
    assert all(one.thumbnails.get("face", face) for (face,) in faces)


def test_each_image_is_decoded_once(tmp_path, drawn, monkeypatch):
    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    project, read, plain = project_of(tmp_path / "p", drawn), [], pipeline.read_pixels
    monkeypatch.setattr(pipeline, "read_pixels", lambda path, *sums: (read.append(path), plain(path, *sums))[1])
    encode_faces(EncodeParams(), QuietContext(project))
    assert len(read) == len(set(read)) == 24


def test_quality_is_measured_in_the_same_pass_as_by_itself(tmp_path, drawn, monkeypatch):
    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    project, plain, read = project_of(tmp_path / "p", drawn), pipeline.read_pixels, []
    names = ", ".join(MEASURES)
    wanted = f"SELECT i.path, {names}, q.why FROM quality q JOIN image i ON i.id = q.image_id ORDER BY i.path"
    monkeypatch.setattr(pipeline, "read_pixels", lambda path, *sums: (read.append(path), plain(path, *sums))[1])
    encode_faces(EncodeParams(quality=True), QuietContext(project))
    together = project.db.rows(wanted)
    assert len(read) == len(together) == 24 and all(row[1] is not None for row in together)
    with project.db.transaction() as connection:
        connection.execute("DELETE FROM quality")
    assert measure_quality(QualityParams(), QuietContext(project)).measured_now == 24
    assert project.db.rows(wanted) == together
    other = project_of(tmp_path / "q", drawn)
    find_faces(DetectParams(quality=True), QuietContext(other))
    assert other.db.rows(wanted) == together
    find_faces(DetectParams(detector="whole"), QuietContext(other))
    assert other.db.value("SELECT count(*) FROM quality") == 24  # it was not asked for


def test_quality_is_measured_of_what_was_searched_before_too(tmp_path, drawn):
    project = project_of(tmp_path / "p", drawn)
    find_faces(DetectParams(detector="whole", where=["ids=1-5"]), QuietContext(project))
    encode_faces(EncodeParams(detector="whole", quality=True, where=["ids=1-9"]), QuietContext(project))
    assert project.db.value("SELECT count(*) FROM quality WHERE side IS NOT NULL") == 9
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert project.db.value("SELECT count(*) FROM quality") == 9
    find_faces(DetectParams(detector="whole", quality=True), QuietContext(project))
    assert project.db.value("SELECT count(*) FROM quality WHERE side IS NOT NULL") == 24
    assert measure_quality(QualityParams(), QuietContext(project)).measured_now == 0


def test_a_stop_keeps_what_is_done_and_nothing_is_done_twice(tmp_path, drawn, monkeypatch):
    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    monkeypatch.setattr("fairdesk.faces.embedding._COMMIT", 8)
    whole, cut = project_of(tmp_path / "whole", drawn), project_of(tmp_path / "cut", drawn)
    encode_faces(EncodeParams(), QuietContext(whole))
    for stops in (1, 1):
        with pytest.raises(Stopped):
            encode_faces(EncodeParams(), QuietContext(cut, stop_after=stops))
    seen = cut.db.value("SELECT count(*) FROM detection")
    faces = cut.db.value("SELECT count(*) FROM face")
    assert 0 < seen < 24 and cut.db.value("SELECT count(*) FROM vector") == faces
    read, plain = [], pipeline.read_pixels
    monkeypatch.setattr(pipeline, "read_pixels", lambda path, *sums: (read.append(path), plain(path, *sums))[1])
    encode_faces(EncodeParams(), QuietContext(cut))
    assert len(read) == 24 - seen and contents(cut) == contents(whole)


def test_faces_whose_vectors_were_cut_off_are_encoded_later(tmp_path, drawn, monkeypatch):
    """As a kill between the two writings leaves it."""
    project = project_of(tmp_path / "p", drawn)
    with monkeypatch.context() as patched:
        patched.setattr(project.vectors, "append", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            encode_faces(EncodeParams(), QuietContext(project))
    assert project.db.value("SELECT count(*) FROM face") > 0 == project.db.value("SELECT count(*) FROM vector")
    result = encode_faces(EncodeParams(), QuietContext(project))
    assert (
        result.vectors
        == project.db.value("SELECT count(*) FROM face")
        == project.db.value("SELECT count(*) FROM vector")
    )


def test_an_image_that_goes_meanwhile_takes_only_its_own_vectors_along(tmp_path, drawn, monkeypatch):
    whole, project = project_of(tmp_path / "whole", drawn), project_of(tmp_path / "p", drawn)
    encode_faces(EncodeParams(), QuietContext(whole))
    plain = pipeline.search_batch

    def search(batch):
        found = plain(batch)
        with project.db.transaction() as connection:
            connection.execute("DELETE FROM image WHERE id = 5")
        return found

    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    monkeypatch.setattr("fairdesk.faces.embedding.search_batch", search)
    result = encode_faces(EncodeParams(), QuietContext(project))
    gone = whole.db.value("SELECT path FROM image WHERE id = 5")
    assert contents(project) == [one for one in contents(whole) if one[0][0] != gone]
    kept = project.db.value("SELECT count(*) FROM vector")
    assert (result.vectors, result.encoded_now, result.removed_meanwhile) == (kept, kept, 1)
    assert "1 image was removed from the project meanwhile; nothing of it is kept." in result.text()


def test_who_is_purged_while_known_faces_are_encoded_leaves_no_vector(tmp_path, drawn, monkeypatch):
    """Not in the counts, and not in the file of vectors, which another process cannot clean before it is there."""
    project = project_of(tmp_path / "p", drawn)
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    plain, names = pipeline.align_batch, project.db.rows("SELECT id FROM image ORDER BY id LIMIT 3")
    gone = [number for (number,) in names]

    def align(batch):
        found = plain(batch)
        if gone:
            purge(project, list(gone))
            gone.clear()
        return found

    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    monkeypatch.setattr("fairdesk.faces.embedding.align_batch", align)
    result = encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert (result.vectors, result.encoded_now, result.removed_meanwhile) == (21, 21, 3)
    recipe = project.vectors.choose().recipe
    data = np.concatenate(
        [np.fromfile(path, dtype="<f4") for path in (project.vectors.folder / recipe.hash).glob("*.f32")]
    )
    assert len(data) % 128 == 0 and np.count_nonzero(data.reshape(-1, 128).any(axis=1)) == 21


def test_nothing_left_but_images_that_go_meanwhile_is_said(tmp_path, drawn, monkeypatch):
    project = project_of(tmp_path / "p", drawn)
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    with project.db.transaction() as connection:
        connection.execute("DELETE FROM vector WHERE face_id IN (SELECT id FROM face WHERE image_id = 5)")
        connection.execute("DELETE FROM face WHERE image_id = 5")
        connection.execute("DELETE FROM detection WHERE image_id = 5")
    plain = pipeline.search_batch

    def search(batch):
        with project.db.transaction() as connection:
            connection.execute("DELETE FROM image WHERE id = 5")
        return plain(batch)

    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    monkeypatch.setattr("fairdesk.faces.embedding.search_batch", search)
    result = encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    assert (result.vectors, result.encoded_now, result.removed_meanwhile) == (23, 0, 1)
    assert result.per_second_why == "the images that were left were removed from the project meanwhile"


def test_unreadable_images_are_told_and_the_rest_goes_on(tmp_path, drawn, monkeypatch):
    project = project_of(tmp_path / "p", drawn)
    plain = pipeline.read_pixels

    def read(path, *sums):
        if path.name.endswith("2.jpg"):
            raise UnreadableImageError(path, "it is torn")
        return plain(path, *sums)

    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    monkeypatch.setattr(pipeline, "read_pixels", read)
    result = encode_faces(EncodeParams(), QuietContext(project))
    torn = project.db.value("SELECT count(*) FROM detection WHERE why = 'it is torn'")
    assert 0 < torn < 24 and 0 < result.vectors <= 24 - torn


@pytest.mark.parametrize("work", [lambda c: find_faces(DetectParams(), c), lambda c: encode_faces(EncodeParams(), c)])
def test_nothing_that_could_be_read_is_an_error_and_no_empty_success(tmp_path, drawn, work):
    """As after the folder was moved: exit status 1, with what finds it. Once it is back all goes on."""
    home, away = tmp_path / "home", tmp_path / "away"
    shutil.copytree(drawn, home)
    project = Project.create(tmp_path / "p")
    import_images(ImportParams(folder=home), QuietContext(project))
    home.rename(away)
    with pytest.raises(
        JobFailed,
        match=r"None of the 24 images that were left to do could be read: 24 \(the file is missing\), .* that were moved",
    ) as told:
        work(QuietContext(project))
    assert f"fairdesk relink PROJECT {shlex.quote(str(home))} NEW-FOLDER" in str(told.value)
    away.rename(home)
    work(QuietContext(project))
    next(home.rglob("*.jpg")).unlink()
    result = encode_faces(EncodeParams(detector="whole"), QuietContext(project))  # one that is missing stops nothing
    assert result.vectors == 23 and len(result.unreadable) == 1


def test_images_without_a_face_are_told(tmp_path, drawn):
    home = tmp_path / "home"
    shutil.copytree(drawn, home)
    Image.new("RGB", (90, 90)).save(next(home.iterdir()) / "black.png")
    project = Project.create(tmp_path / "p")
    import_images(ImportParams(folder=home), QuietContext(project))
    found = find_faces(DetectParams(), QuietContext(project)).without_face
    result = encode_faces(EncodeParams(), QuietContext(project))
    assert result.without_face == found > 0 and "without a face" in result.text()


def test_batches_come_in_order_and_few_are_in_memory(monkeypatch):
    """Later batches are computed while an earlier one is still at it, and no more than twice as many as threads."""
    monkeypatch.setattr(computing, "processes", lambda: 2)
    pulled, most = [], 0

    class Slow:
        dim, engine, aligner = 1, "one core", Aligner("box")

        def load(self):
            pass

        def compute(self, chips):
            return np.array([[chip[0, 0, 0]] for chip in chips], dtype=np.float32)

    def batches():
        for number in range(40):
            pulled.append(number)
            yield [number], [np.full((1, 1, 3), number, dtype=np.uint8)] * (number % 3)

    given = []
    for batch, _, vectors in computing.compute_each(batches(), lambda chips: chips, Slow(), "cpu", 1):
        most = max(most, len(pulled) - batch[0])
        given.append(batch[0])
        assert vectors.shape == (batch[0] % 3, 1) and (vectors == batch[0]).all()
    assert given == list(range(40)) and most <= 5


def test_the_cnn_finds_the_same_in_several_images_at_once(drawn, monkeypatch):
    from fairdesk.faces import detectors, dlib_models

    images = [read_pixels(path) for path in sorted(drawn.rglob("*.jpg"))[:4]]
    images = [images[0], images[1][:60], images[2], np.ascontiguousarray(images[3][::2, ::2]), images[3]]
    params = DetectParams(detector="cnn", upsample=0, faces="all").key
    alone = [detectors.detect_faces(image, params) for image in images]
    given, plain = [], dlib_models.cnn()

    def cnn(pictures, upsample, size):
        given.append(len(pictures))
        return plain(pictures, upsample, size)

    monkeypatch.setattr(dlib_models, "cnn", lambda: cnn)
    assert detectors.detect_batch(images, params) == alone and sum(map(len, alone)) >= 3
    assert given == [3, 1, 1]  # of one size
    monkeypatch.setattr(detectors, "_CNN_PIXELS", 1)
    assert detectors.detect_batch(images, params) == alone
    assert detectors.detect_batch([], params) == []


def test_one_that_cannot_be_read_takes_no_other_along(tmp_path, drawn, monkeypatch):
    paths = sorted(drawn.rglob("*.jpg"))[:3]
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"no picture")
    batch = [UnseenImage(n, str(path)) for n, path in enumerate((paths[0], torn, paths[1], paths[2], torn))]
    monkeypatch.setattr(pipeline, "_search", DetectParams(detector="cnn", upsample=0).search)
    monkeypatch.setattr(pipeline, "_aligner", None)
    found = pipeline.search_batch(batch)
    assert [one.found.why is None for one in found] == [True, False, True, True, False]
    monkeypatch.setattr(pipeline, "_TOGETHER", 1)
    assert pipeline.search_batch(batch) == found


@pytest.mark.parametrize("detector", ["hog+all", "hog-fast", "whole"])
def test_images_that_are_searched_together_give_what_each_gives_alone(drawn, monkeypatch, detector):
    """Small ones, a blank one, and one with two faces among them."""
    images = [read_pixels(path) for path in sorted(drawn.rglob("*.jpg"))[:4]]
    images += [np.zeros((90, 120, 3), np.uint8), np.concatenate(images[:2], axis=1), images[3][::2, ::2].copy()]
    search = DetectParams.of(DetectorKey.parse(detector), quality=True).search
    monkeypatch.setattr(pipeline, "_search", search)
    monkeypatch.setattr(pipeline, "_aligner", Aligner("dlib", 150))
    alone = [pipeline._search_together([image])[0] for image in images]
    together = pipeline._search_together(images)
    assert [one[::2] for one in together] == [one[::2] for one in alone]
    for one, other in zip(together, alone, strict=True):
        assert len(one.chips) == len(one.found.faces) == len(other.chips)
        assert all(np.array_equal(*pair) for pair in zip(one.chips, other.chips, strict=True))
    counts = [len(one.chips) for one in together]
    assert counts == [1] * 7 if detector == "whole" else counts[4] == 0 and counts[5] == (2 if "all" in detector else 1)


TEMPLATE = Aligner("template", 112)


@pytest.mark.parametrize(
    ("detector", "aligner", "quality", "times"),
    [
        ("hog+all", None, False, 0),
        ("hog+all", Aligner("dlib", 150), False, 0),
        ("hog+all", Aligner("box"), False, 0),
        ("hog+all", None, True, 1),  # of the largest
        ("hog+all", TEMPLATE, False, 2),
        ("hog+all", TEMPLATE, True, 2),
        ("hog", TEMPLATE, True, 1),
        ("whole", TEMPLATE, True, 0),
    ],
)
def test_landmarks_are_looked_for_where_they_are_needed(
    drawn, monkeypatch, tmp_path, detector, aligner, quality, times
):
    images = [read_pixels(path) for path in sorted(drawn.rglob("*.jpg"))[:2]]
    Image.fromarray(np.concatenate(images, axis=1)).save(tmp_path / "both.png")
    given, plain = [], dlib_models.many_points()
    monkeypatch.setattr(
        dlib_models, "many_points", lambda: lambda image, box: (given.append(box), plain(image, box))[1]
    )
    key = DetectorKey.parse(detector)
    pipeline.load(Search(key, quality=quality), aligner)
    ((found, _, _),) = pipeline.search_batch([UnseenImage(1, str(tmp_path / "both.png"))])
    assert len(given) == times and len(found.faces) == (2 if key.every else 1)
    looked = [box.landmarks for box, _ in found.faces]
    assert looked == ([None] if detector == "whole" else looked[:times] + [DUE] * (len(looked) - times))
    assert all(len(one) == 5 for one in looked[:times] if times)
    given.clear()
    pipeline.load(None, TEMPLATE)
    pipeline.align_batch([FacePlace(1, str(tmp_path / "both.png"), "", box) for box, _ in found.faces])
    assert len(given) == (0 if detector == "whole" else len(looked) - times)  # what is known is not looked for again


@pytest.mark.parametrize("detector", ["hog", "hog-fast", "whole"])
def test_it_does_not_matter_when_landmarks_are_looked_for(tmp_path, drawn, detector):
    """Encoding by a template and quality, together with the search, after it, or in the other order: the same to the last bit."""
    torch.manual_seed(0)
    torch.save(MobileFaceNet(16, (1, 1, 1, 1), 1).state_dict(), tmp_path / "small.pth")
    encoder = f"arcface:{tmp_path / 'small.pth'}"
    ways = {
        "together": [EncodeParams(encoder=encoder, detector=detector, quality=True)],
        "later": [DetectParams(detector=detector), EncodeParams(encoder=encoder, detector=detector, quality=True)],
        "last": [EncodeParams(detector=detector), DetectParams(detector=detector, quality=True), EncodeParams(encoder=encoder, detector=detector)],
    }  # fmt: skip
    told, numbers = [], ", ".join(MEASURES)
    for name, steps in ways.items():
        project = project_of(tmp_path / name, drawn)
        for step in steps:
            (encode_faces if isinstance(step, EncodeParams) else find_faces)(step, QuietContext(project))
        faces, vectors = project.vectors.load(project.vectors.choose(encoder, detector).recipe)
        order = project.db.rows("SELECT f.id FROM face f JOIN image i ON i.id = f.image_id ORDER BY i.path, f.place")
        place = {face: row for row, face in enumerate(faces.tolist())}
        told.append(
            (
                vectors[[place[face] for (face,) in order]].tobytes(),
                project.db.rows(f"SELECT i.path, {numbers} FROM quality q JOIN image i ON i.id = image_id ORDER BY 1"),
            )
        )
    assert told[0] == told[1] == told[2] and len(order) >= 20
    yaws = [row[1 + list(MEASURES).index("yaw")] for row in told[0][1]]
    assert all(yaw is None for yaw in yaws) if detector == "whole" else any(yaw is not None for yaw in yaws)


def test_a_helper_is_given_many_small_images_and_few_large_ones(monkeypatch):
    monkeypatch.setattr(detection, "processes", lambda: 2)
    of = lambda count, side: [UnseenImage(number, "", side * side) for number in range(count)]
    assert detection.batch_size(of(10_000, 250)) == 32 and detection.batch_size(of(10_000, 0)) == 32
    assert detection.batch_size(of(10_000, 400)) == 12 and detection.batch_size(of(10_000, 4000)) == 8
    assert (
        detection.batch_size(of(100, 250)) == 8
        and detection.batch_size(of(320, 250)) == 20
        and detection.batch_size([]) == 8
    )


def test_few_small_images_that_are_cut_out_alone_need_no_helpers(tmp_path, drawn, monkeypatch):
    """Those that are searched do, and so do large ones."""
    whole, hog = DetectorKey.parse("whole"), DetectorKey.parse("hog")
    small, large = UnseenImage(1, "", 62_500), UnseenImage(1, "", 12_000_000)
    assert detection.few_for([small] * 100, whole) > 100 and detection.few_for([small] * 100, hog) is None
    assert detection.few_for([large] * 100, whole) is None
    for cores, here in ((2, True), (4, False)):
        monkeypatch.setattr(detection, "processes", lambda cores=cores: cores)
        assert (detection.few_for([small] * 5000, whole, computing=True) == 5001) is here
        assert (
            detection.few_for([small] * 5000, whole) is detection.few_for([large] * 99, whole, computing=True) is None
        )
    project = project_of(tmp_path / "p", drawn)
    monkeypatch.setattr("fairdesk.jobs.pool._SMALL", 5)
    monkeypatch.setattr("fairdesk.jobs.pool.ProcessPoolExecutor", lambda *_, **__: pytest.fail("a helper"))
    assert encode_faces(EncodeParams(detector="whole"), QuietContext(project)).vectors == 24
    with pytest.raises(pytest.fail.Exception, match="a helper"):
        find_faces(DetectParams(), QuietContext(project))


@pytest.mark.parametrize(
    ("line", "ready"),
    [
        ("encode P --detector hog-fast", ["fairdesk.faces.ready_to_search"]),
        ("detect P", ["fairdesk.faces.ready_to_search"]),
        ("encode P --detector=hog+all@2/1500", ["fairdesk.faces.ready_to_search"]),
        ("encode P --detector=hog+all@2/1500 --quality", ["fairdesk.faces.ready_with_landmarks"]),
        ("detect P --quality --detector whole --detector hog-fast", ["fairdesk.faces.ready_with_landmarks"]),
        ("encode P --detector hog --encoder resnet50", ["fairdesk.faces.ready_with_landmarks"]),
        ("encode P --detector hog --encoder=onnx:a.onnx", ["fairdesk.faces.ready_with_landmarks"]),
        ("encode P --detector hog --encoder deepface:SFace", ["fairdesk.faces.ready_to_search"]),
        ("encode P --detector whole", []),
        ("detect P --detector hog --engine ray", []),
        ("detect --help", []),
        ("score P", []),
        ("", []),
    ],
)
def test_what_searches_starts_its_helpers_before_all_else(monkeypatch, line, ready):
    started = []
    monkeypatch.setattr(early_start, "make_ready", lambda *modules: started.extend(modules))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    early_start.start_early(line.split())
    assert started == ready and os.environ["OPENBLAS_NUM_THREADS"] == "2"  # what a person chose counts


def test_an_encoding_of_which_no_detector_is_said_guesses_it(tmp_path, drawn, monkeypatch):
    started = []
    monkeypatch.setattr(early_start, "make_ready", lambda *modules: started.extend(modules))
    project = project_of(tmp_path / "p", drawn)
    early_start.start_early(["encode", "--quality", "--where", "ids=1-3", str(tmp_path / "p")])
    assert started == ["fairdesk.faces.ready_with_landmarks"]  # nothing was searched yet: it will be by HOG
    project.keep_detector("whole")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / CATALOG).write_bytes(b"no database, but long enough to be taken for one" * 99)
    for place in ("p", "torn", "nothing", "p\0"):
        early_start.start_early(["encode", str(tmp_path / place)])
    assert len(started) == 1


def test_helpers_import_neither_pydantic_nor_torch():
    code = "import fairdesk.faces.ready_to_search, sys; print({'pydantic', 'torch', 'onnxruntime'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_network_is_loaded_while_the_first_faces_are_searched_for(monkeypatch):
    loaded = threading.Event()

    class Late:
        dim, engine, aligner = 1, "one core", Aligner("box")

        def load(self):
            loaded.set()

        def compute(self, chips):
            return np.ones((len(chips), 1), dtype=np.float32)

    def batches():
        assert loaded.wait(10)  # before any face is there
        yield [1], [np.zeros((1, 1, 3), dtype=np.uint8)]

    assert len(list(computing.compute_each(batches(), lambda chips: chips, Late(), "cpu", 1))) == 1


def test_the_fast_search_enlarges_only_where_nothing_was_found(drawn, monkeypatch):
    from fairdesk.faces import detectors

    tried = []
    plain = detectors._hog
    monkeypatch.setattr(detectors, "_hog", lambda image, key: (tried.append(key.upsample), plain(image, key))[1])
    image = read_pixels(sorted(drawn.rglob("*.jpg"))[0])
    found = detectors.detect_faces(image, DetectParams(detector="hog-fast").key)
    assert len(found) == 1 and tried == [0]
    tried.clear()
    assert detectors.detect_faces(
        image[::3, ::3].copy(), DetectParams(detector="hog-fast").key
    ) is not None and tried == [
        0,
        1,
    ]


@pytest.fixture
def grown(tmp_path, drawn):
    """A project whose images are encoded, and two more that were imported since; returns it and their files."""
    home = tmp_path / "home"
    shutil.copytree(drawn, home)
    project = project_of(tmp_path / "p", home)
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    new = [next(home.iterdir()) / f"new {number}.jpg" for number in range(2)]
    for number, path in enumerate(new):
        Image.new("RGB", (60, 60), (9, number, 9)).save(path)
    import_images(ImportParams(folder=home), QuietContext(project))
    return project, new


WORKS = [
    lambda c: find_faces(DetectParams(detector="whole"), c),
    lambda c: encode_faces(EncodeParams(detector="whole"), c),
]


@pytest.mark.parametrize("work", WORKS)
def test_work_that_was_left_and_of_which_nothing_could_be_done_is_an_error(grown, work):
    project, new = grown
    before = project.vectors.sets()
    for path in new:
        path.rename(path.with_suffix(".aside"))
    for _ in range(2):  # and it stays one
        with pytest.raises(JobFailed, match=r"None of the 2 images that were left to do could be read") as told:
            work(QuietContext(project))
        assert f"fairdesk relink PROJECT {shlex.quote(str(new[0].parent))} NEW-FOLDER" in str(told.value) and str(
            new[0]
        ) in str(told.value)
    assert project.vectors.sets() == before
    new[0].with_suffix(".aside").rename(new[0])
    assert [one.path for one in work(QuietContext(project)).unreadable] == [str(new[1])]  # something was done
    with pytest.raises(
        JobFailed, match=r"The only image that was left to do could not be read: 1 \(the file is missing\)"
    ):
        work(QuietContext(project))
    gone = project.db.value("SELECT id FROM image WHERE path LIKE '%new 1.jpg'")
    hide_images(project, [gone])
    assert len(work(QuietContext(project)).unreadable) == 1  # whoever hid it need not hear of it each time


@pytest.mark.parametrize("faces_known", [False, True])
def test_what_is_left_has_each_images_own_reason_counted(grown, faces_known):
    """A missing file beside a damaged one and one that was replaced: three reasons, not one for all."""
    project, new = grown
    home = new[0].parent
    for number in range(2, 5):
        Image.new("RGB", (60, 60), (9, number, 9)).save(home / f"new {number}.jpg")
    import_images(ImportParams(folder=home.parent), QuietContext(project))
    if faces_known:
        find_faces(DetectParams(detector="whole"), QuietContext(project))
    new[0].unlink()
    new[1].unlink()
    (home / "new 2.jpg").write_bytes(b"")
    Image.new("RGB", (70, 60), (99, 9, 9)).save(home / "new 3.jpg")
    (home / "new 4.jpg").write_bytes(b"")
    works = [lambda c: encode_faces(EncodeParams(detector="whole"), c)] if faces_known else WORKS
    for work in works:
        with pytest.raises(JobFailed) as told:
            work(QuietContext(project))
        text = str(told.value)
        assert "None of the 5 images that were left to do could be read: " in text
        for place in ("new 2.jpg", "new 3.jpg"):  # those that are there are never called missing
            assert not any("missing" in part and place in part for part in text.split("; "))
        assert f"2 (the file is missing), for example {new[0]}" in text
        assert f"2 (the file is empty), for example {home / 'new 2.jpg'}" in text
        assert f"1 (another file than the original: its contents differ): {home / 'new 3.jpg'}" in text
        assert f"fairdesk relink PROJECT {shlex.quote(str(home))} NEW-FOLDER" in text


def test_nothing_read_at_all_has_each_images_own_reason_counted(tmp_path, drawn):
    home = tmp_path / "home"
    home.mkdir()
    for number, path in enumerate(sorted(drawn.rglob("*.jpg"))[:3]):
        shutil.copyfile(path, home / f"{number}.jpg")
    project = project_of(tmp_path / "p", home)
    (home / "0.jpg").unlink()
    (home / "1.jpg").unlink()
    (home / "1.jpg").mkdir()
    (home / "2.jpg").write_bytes(b"")
    with pytest.raises(JobFailed, match="None of the 3 images that were left to do could be read: ") as told:
        find_faces(DetectParams(), QuietContext(project))
    assert f"1 (the file is missing): {home / '0.jpg'}" in str(told.value)
    assert f"): {home / '1.jpg'}" in str(told.value) and f"): {home / '2.jpg'}" in str(told.value)


@pytest.mark.parametrize("work", WORKS)
def test_a_damaged_file_that_is_left_is_told_and_no_error_each_time(grown, work):
    project, new = grown
    for path in new:
        path.write_bytes(b"\xff\xd8\xff torn")
    for _ in range(2):
        assert len(work(QuietContext(project)).unreadable) == 2


def test_known_faces_whose_images_are_gone_are_an_error_too(grown):
    project, new = grown
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    for path in new:
        path.unlink()
    with pytest.raises(JobFailed, match=r"None of the 2 images that were left to do could be read"):
        encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    project.keep_detector("whole")
    assert find_faces(DetectParams(detector="whole"), QuietContext(project)).faces == 26  # nothing was left for it


@pytest.mark.parametrize(("detector", "scaled"), [("hog", True), ("hog-fast", True), ("whole", False)])
def test_a_face_that_became_too_small_is_no_riddle(tmp_path, drawn, detector, scaled):
    """A picture much larger than what is searched says so where it is listed without a face, and a larger side finds it."""
    home = tmp_path / "in"
    home.mkdir()
    wide = Image.new("RGB", (3000, 300), (90, 90, 90))
    wide.paste(Image.open(sorted(drawn.rglob("*.jpg"))[0]).resize((250, 250)), (1500, 20))
    wide.save(home / "wide.png")
    Image.new("RGB", (300, 300)).save(home / "empty.png")
    project = Project.create(tmp_path / "p")
    import_images(ImportParams(folder=home), QuietContext(project))
    found = find_faces(DetectParams(detector=detector, max_side=400), QuietContext(project))
    told = f"{home / 'wide.png'} (3,000 pixels; 300 across, of which 40 were left)"
    remedy = f"fairdesk detect PROJECT --detector {detector} --max-side 3000"
    assert (remedy in found.text()) == scaled
    assert (told in found.text()) == ("1 of them was scaled to 400 pixels" in found.text()) == scaled
    assert [one.path for one in found.searched_smaller] == [str(home / "wide.png")] * scaled
    caution = f"1 image without a face is very elongated: {home / 'wide.png'} was searched at 40 pixels across."
    assert (
        (caution in (found.caution() or "")) == ("--max-side 3000 (Longest side)" in (found.caution() or "")) == scaled
    )
    if scaled:
        key = DetectParams(detector=detector, max_side=400).key
        encoded = encode_faces(EncodeParams(detector=str(key)), QuietContext(project)).text()
        assert told in encoded and remedy in encoded
        found = find_faces(DetectParams(detector=detector, max_side=3000), QuietContext(project))
        assert (found.faces, found.searched_smaller) == (1, []) and "scaled" not in found.text()


@pytest.mark.parametrize(
    ("sides", "elongated"),
    [((3000, 300), True), ((3000, 1000), False), ((900, 300), False), ((3000, 2000), False), ((8000, 900), True)],
)
def test_a_photograph_of_usual_shape_is_not_called_elongated(sides, elongated):
    limit = 1000
    one = SearchedSmaller(
        path="a",
        side=max(sides),
        searched=limit,
        short_side=min(sides),
        short_searched=min(sides) * limit // max(sides),
    )
    assert one.elongated == elongated and (elongated_line([one]) is None) != elongated
