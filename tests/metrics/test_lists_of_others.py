"""A list that somebody else wrote means the images it means: whatever the slashes, the form of letters, the ending, the folder."""

import json
import unicodedata

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fairdesk.clustering.files.cluster_files import load_clusters
from fairdesk.clustering.params import LoadClustersParams
from fairdesk.clustering.store import clustered_faces
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.path_matching import KnownFiles
from fairdesk.errors import RequestError
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import pair_list
from fairdesk.metrics.pair_lists.reading import read_pairs
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.store import pair_lists
from tests.conftest import SHARED, add_faces

FIELD = SHARED / "cases" / "field"


@pytest.fixture
def with_images(project, tmp_path):
    """Import pictures of these names and give them faces and vectors."""

    def make(*paths, folder="in"):
        rng = np.random.default_rng(len(paths))
        for path in paths:
            file = tmp_path / folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)).save(file)
        import_images(ImportParams(folder=tmp_path / folder), QuietContext(project))
        add_faces(project)
        return project

    return make


def scored(project, path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    context = QuietContext(project)
    out = path.with_suffix(".npz")
    result = score_pairs(ScoreParams(pairs=path, encoder="made-up", out=out), context)
    return result, read_scores(out), context.messages


PEOPLE = ("person_a/1.jpg", "person_a/2.jpg", "person_b/1.jpg", "person_b/2.jpg")


@pytest.mark.parametrize("begin", ["", "in\\", ".\\", "C:\\Users\\me\\faces\\", "\\\\server\\share\\", "D:/old disk/"])
def test_windows_paths(with_images, tmp_path, begin):
    project = with_images(*PEOPLE)
    rows = (("person_a\\1.jpg", "person_a\\2.jpg", 1), ("person_a\\1.jpg", "person_b\\2.jpg", 0))
    text = "path1,path2,label\n" + "".join(f"{begin}{a},{begin}{b},{label}\n" for a, b, label in rows)
    result, scores, _ = scored(project, tmp_path / "pairs.csv", text)
    assert (result.pairs, result.dropped, result.unmatched) == (2, 0, [])
    assert scores.subject1.tolist() == ["person_a"] * 2 and scores.subject2.tolist() == ["person_a", "person_b"]


def test_names_of_lfw_that_are_png_here(with_images, tmp_path):
    project = with_images(*(f"{who}/{who}_000{n}.png" for who in ("person_a", "person_b") for n in (1, 2)))
    result, scores, messages = scored(
        project, tmp_path / "pairs.txt", "1\t1\nperson_a\t1\t2\nperson_a\t1\tperson_b\t2\n"
    )
    assert result.dropped == 0 and np.isfinite(scores.score).all() and result.read_as == "lfw"
    assert any("3 images end otherwise in the list than here" in text for text in messages)


def test_rfws_list(with_images, tmp_path):
    project = with_images(*(f"GroupA/m.0{who}/m.0{who}_000{n}.jpg" for who in "ab" for n in (1, 2)))
    text = "m.0a\t1\t2\nm.0b\t1\t2\nm.0a\t1\tm.0b\t2\nm.0a\t2\tm.0b\t1\n"
    result, scores, _ = scored(project, tmp_path / "GroupA_pairs.txt", text)
    assert (result.genuine, result.impostor, result.dropped) == (2, 2, 0)
    assert set(scores.group1) == set(scores.group2) == {"GroupA"}


def test_a_person_under_two_groups_is_told_apart_by_the_list(with_images, tmp_path):
    """12 or 13 identities of RFW are in two races: the name of the list says which folder is meant."""
    project = with_images(
        *(f"{race}/m.0z/m.0z_000{n}.jpg" for race in ("African", "Asian") for n in (1, 2)), "Asian/m.0q/m.0q_0001.jpg"
    )
    where = {}
    for race in ("African", "Asian"):
        _, _, _ = scored(project, tmp_path / f"{race}_pairs.txt", "m.0z\t1\t2\n")
        with np.load(tmp_path / f"{race}_pairs.npz") as data:
            where[race] = str(data["path1"][0])
    assert where["African"].endswith("African/m.0z/m.0z_0001.jpg") and where["Asian"].endswith(
        "Asian/m.0z/m.0z_0001.jpg"
    )
    with pytest.raises(RequestError, match=r"2 images fit: African/m\.0z/m\.0z_0001\.jpg, Asian"):
        scored(project, tmp_path / "both.txt", "m.0z\t1\t2\n")


def test_letters_in_either_form(with_images, tmp_path):
    project = with_images("Zoë/Zoë_1.jpg", "Ann/Ann_1.jpg")
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "path1,path2,label\nZoë/Zoë_1.jpg,Ann/Ann_1.jpg,0\n")
        assert scored(project, tmp_path / "l.csv", text)[0].dropped == 0


def test_what_does_not_match_is_listed_with_why(with_images, tmp_path):
    project = with_images("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/1.png", "c/9.jpg")
    text = "a/1.jpg a/2.jpg 1\na/1.jpg gone/1.jpg 0\na/1.jpg 1.jpg 0\na/1.jpg b/1.webp 0\na/1.jpg x/c/9.jpg 0\na/1.jpg y/c/9.jpg 0\n"
    result, _, messages = scored(project, tmp_path / "l.txt", text)
    why = {one.path: one.why for one in result.unmatched}
    assert set(why) == {"gone/1.jpg", "1.jpg", "b/1.webp", "x/c/9.jpg", "y/c/9.jpg"} == set(result.not_in_project)
    assert why["gone/1.jpg"] == "no image of that name is there" and why["1.jpg"].startswith(
        "2 images fit: a/1.jpg, b/1.jpg"
    )
    assert why["b/1.webp"].startswith("2 images fit")
    assert result.dropped == 5 and any("5 paths of the list mean no image" in text for text in messages)


def test_nothing_matched_is_an_error(with_images, tmp_path):
    project = with_images("a/1.jpg", "a/2.jpg")
    with pytest.raises(
        RequestError, match=r"None of the images in .* is in the project\. 2 paths of the list mean no image"
    ):
        scored(project, tmp_path / "l.txt", "x/7.jpg x/8.jpg 1\n")
    assert not (tmp_path / "l.npz").exists()


def test_templates_are_pooled(with_images, tmp_path):
    project = with_images("img/1.jpg", "img/2.jpg", "img/3.jpg", "img/4.jpg")
    (tmp_path / "x_face_tid_mid.txt").write_text("1.jpg 10 1\n2.jpg 20 7\n3.jpg 20 7\n4.jpg 20 8\ngone.jpg 30 1\n")
    result, scores, _ = scored(project, tmp_path / "x_template_pair_label.txt", "10 20 1\n10 30 0\n")
    images, vectors = project.vectors.of_images(project.vectors.choose("made-up", None).recipe)
    unit = vectors.astype(float) / np.linalg.norm(vectors, axis=1, keepdims=True)
    pooled = (unit[1] + unit[2]) / 2 + unit[3]
    pooled /= np.linalg.norm(pooled)
    assert scores.score[0] == pytest.approx(-np.linalg.norm(unit[0] - pooled), abs=1e-6) and np.isnan(scores.score[1])
    assert (result.read_as, result.dropped, len(images)) == ("ijb", 1, 4)


def test_a_list_becomes_one_of_the_project(with_images, tmp_path):
    project = with_images("Red/a/1.jpg", "Red/a/2.jpg", "Blue/b/1.jpg")
    made = tmp_path / "in" / "Blue" / "b" / "made.png"
    save_marked(Image.new("RGB", (9, 9)), made, {"run": "r"})
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    (tmp_path / "l.csv").write_text(
        "file_x,file_y,Decision\na\\1.jpg,a\\2.jpg,Yes\na\\1.jpg,b\\1.jpg,No\na\\1.jpg,gone.jpg,No\na\\2.jpg,b\\made.png,No\n"
    )
    context = QuietContext(project)
    result = pair_list(PairsParams(from_list=tmp_path / "l.csv"), context)
    assert (result.genuine, result.impostor, result.read_as) == (1, 1, "csv")
    assert [(one.line, one.why) for one in result.left_out] == [
        (4, "gone.jpg: no image of that name is there"), (5, "an image of it is synthetic"),
    ]  # fmt: skip
    pairs = read_pairs(tmp_path / "study.fairdesk" / "exports" / "lists" / "l.csv")
    assert [(one.path1, one.subject2, one.group2) for one in pairs] == [
        (str(tmp_path / "in/Red/a/1.jpg"), "a", "Red"), (str(tmp_path / "in/Red/a/1.jpg"), "b", "Blue"),
    ]  # fmt: skip
    assert [(one.name, one.genuine, one.impostor) for one in pair_lists(project)] == [("l.csv", 1, 1)]
    project.journal.undo()
    assert pair_lists(project) == []
    assert pair_list(PairsParams(from_list=tmp_path / "l.csv", synthetic=True), context).synthetic == [str(made)]


def test_a_folder_stands_in_for_a_project(tmp_path):
    from fairdesk.cli import run

    for path in PEOPLE:
        (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(tmp_path / "in" / path)
    (tmp_path / "l.txt").write_text("person_a/1.jpg person_b/2.jpg 0\n")
    assert (
        run(["pairs", str(tmp_path / "in"), "--from", str(tmp_path / "l.txt"), "--out", str(tmp_path / "o.csv")]) == 0
    )
    assert read_pairs(tmp_path / "o.csv")[0].path2 == str(tmp_path / "in/person_b/2.jpg")


@pytest.mark.parametrize(("folds", "said"), [(1, False), (2, False), (3, True)])
def test_folds_that_stay_without_a_pair_are_told(tmp_path, capsys, folds, said):
    from fairdesk.cli import run

    for path in ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"):
        (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9)).save(tmp_path / "in" / path)
    options = ["--genuine", "2", "--impostor", "2", "--folds", str(folds), "--out", str(tmp_path / "o.csv")]
    assert run(["pairs", str(tmp_path / "in"), *options]) == 0
    assert ("more than the 2 pairs of a kind" in capsys.readouterr().err) == said


@pytest.mark.parametrize(
    "begin", ["", "in/", "in\\", "{here}/in/", "C:\\Users\\me\\in\\", "/elsewhere/faces/", "data/in/", "./in/"]
)
def test_cluster_files_in_any_writing(with_images, tmp_path, begin):
    project = with_images(*PEOPLE)
    begin = begin.replace("{here}", str(tmp_path))
    data = {"0": ["person_a/1.jpg", "person_a/2.jpg"], "1": ["person_b/1.jpg"]}
    slash = "\\" if "\\" in begin else "/"
    said = {label: [begin + path.replace("/", slash) for path in paths] for label, paths in data.items()}
    (tmp_path / "c.json").write_text(json.dumps(said))
    result = load_clusters(LoadClustersParams(file=tmp_path / "c.json"), QuietContext(project))
    assert (result.clusters, result.faces, result.unknown) == (2, 3, 0)
    found = sorted(
        (label, image.parent.name, image.name) for _, _, label, _, image in clustered_faces(project, result.version)
    )
    assert found == [(0, "person_a", "1.jpg"), (0, "person_a", "2.jpg"), (1, "person_b", "1.jpg")]


def test_a_cluster_file_of_nobody_is_refused(with_images, tmp_path):
    project = with_images(*PEOPLE)
    for data in ({"0": ["x/7.jpg"]}, {"0": []}, {}):
        (tmp_path / "c.json").write_text(json.dumps(data))
        with pytest.raises(RequestError, match=r"None of the paths .*Nothing was read"):
            load_clusters(LoadClustersParams(file=tmp_path / "c.json"), QuietContext(project))


def test_a_link_and_the_folder_one_is_in(tmp_path, monkeypatch):
    (tmp_path / "real" / "a").mkdir(parents=True)
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / "real" / "a" / name).write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "a")
    files = KnownFiles([(str(tmp_path / "real"), "a/1.jpg"), (str(tmp_path / "real"), "a/2.jpg")])
    monkeypatch.chdir(tmp_path / "real" / "a")
    found = files.match([str(tmp_path / "link" / "2.jpg"), "1.jpg"]).found
    assert list(found.values()) == [1, 0]


def test_images_of_another_group_are_not_taken_for_these():
    files = KnownFiles([("/x", "GroupB/m1/1.jpg"), ("/x", "GroupA/m2/1.jpg")])
    assert files.match(["GroupA/m1/1.jpg"]).found == {}
    assert files.match(["/disk/GroupA/m1/1.jpg"]).found == {}
    matched = files.match(["/disk/faces/m1/1.jpg"])
    assert list(matched.found.values()) == [0] and matched.by_end == ["/disk/faces/m1/1.jpg"]


parts = st.sampled_from(["a", "b", "train", "val", "1", "2"])
paths = st.builds(lambda folders, name: "/".join([*folders, f"{name}.jpg"]), st.lists(parts, max_size=3), parts)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(paths, min_size=1, max_size=8, unique=True), st.lists(paths, min_size=1, max_size=8, unique=True))
def test_every_name_means_one_file_or_says_why(here, there):
    """Each is in exactly one of both, a whole path means itself, two names never mean one file, and nothing is guessed."""
    files = KnownFiles([("/somewhere", path) for path in here])
    matched = files.match(there)
    assert set(matched.found) | set(matched.why) == set(there) and not set(matched.found) & set(matched.why)
    for name in there:
        if name in here:
            assert matched.found[name] == here.index(name)
    assert len(set(matched.found.values())) == len(matched.found)
    for name, place in matched.found.items():
        assert here[place].endswith(name.rpartition("/")[2])


@pytest.mark.parametrize(
    ("case", "name", "pairs"),
    [("windows-pairs", "pairs.csv", 2), ("png-lfw", "pairs.txt", 2), ("rfw-pairs", "GroupA_pairs.txt", 4)],
)
def test_the_lists_of_the_field(project, tmp_path, case, name, pairs):
    if not FIELD.exists():
        pytest.skip("the cases (../shared/cases) are not on this machine")
    import_images(ImportParams(folder=FIELD / case / "in"), QuietContext(project))
    add_faces(project)
    params = ScoreParams(pairs=FIELD / case / name, encoder="made-up", out=tmp_path / "s.npz")
    result = score_pairs(params, QuietContext(project))
    assert (result.pairs, result.dropped) == (pairs, 0)


@pytest.mark.parametrize("name", ["rel.json", "win.json"])
def test_the_cluster_files_of_the_field(project, name):
    if not FIELD.exists():
        pytest.skip("the cases (../shared/cases) are not on this machine")
    import_images(ImportParams(folder=FIELD / "load-clusters" / "in"), QuietContext(project))
    add_faces(project)
    result = load_clusters(LoadClustersParams(file=FIELD / "load-clusters" / name), QuietContext(project))
    assert (result.clusters, result.faces) == (2, 3)
