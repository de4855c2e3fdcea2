"""Paths that were written elsewhere: OLD=NEW replaces how they begin."""

import json

import pytest
from PIL import Image

from fairdesk.cli import run
from fairdesk.clustering.files.cluster_files import files_of, load_clusters
from fairdesk.clustering.params import FoldersParams, LoadClustersParams, MosaicParams
from fairdesk.clustering.store import clustered_faces
from fairdesk.dataset.encodings_import import load_encodings
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams, LoadEncodingsParams
from fairdesk.dataset.replaced_prefixes import check_rules, replaced
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from tests.conftest import add_faces

PEOPLE = ("a/1.jpg", "a/2.jpg", "b/1.jpg")


@pytest.fixture
def with_images(project, tmp_path):
    """Import pictures of these names and give them faces."""

    def make(*paths):
        for path in paths:
            file = tmp_path / "in" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((12, 12), 90).save(file)
        import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
        add_faces(project)
        return project

    return make


@pytest.mark.parametrize(
    ("path", "rule", "becomes"),
    [
        ("/data/lfw/a/1.jpg", "/data/lfw=/here/faces", "/here/faces/a/1.jpg"),
        ("/data/lfw/a/1.jpg", "/data/lfw/=/here/faces/", "/here/faces/a/1.jpg"),
        ("C:\\Users\\Me\\lfw\\a\\1.jpg", "C:\\Users\\Me\\lfw=/here", "/here/a/1.jpg"),
        ("C:\\Users\\Me\\lfw\\a\\1.jpg", "c:/users/me/lfw=/here", "/here/a/1.jpg"),
        ("\\\\server\\share\\a\\1.jpg", "//server/share=D:\\faces", "D:/faces/a/1.jpg"),
        ("faces/José/1.jpg", "faces/José=x", "x/1.jpg"),
        ("./in/a/1.jpg", "in=", "a/1.jpg"),
        ("a/1.jpg", "=/here", "/here/a/1.jpg"),
        ("/runs/lr=.1/a/1.jpg", "/runs/lr=.1=/here", "/here/a/1.jpg"),
        ("/data/lfw2/a/1.jpg", "/data/lfw=/here", None),
    ],
)
def test_a_rule(path, rule, becomes):
    other = "/data/lfw/z.jpg"
    found = replaced([path, other], [rule])
    assert found.get(path) == becomes


def test_the_longest_beginning_counts_whatever_the_order():
    rules = ["/d=/one", "/d/aligned=/two"]
    for order in (rules, rules[::-1]):
        assert replaced(["/d/a.jpg", "/d/aligned/a.jpg"], order) == {
            "/d/a.jpg": "/one/a.jpg",
            "/d/aligned/a.jpg": "/two/a.jpg",
        }


@pytest.mark.parametrize("rule", ["/data", "=", " = ", ""])
def test_what_is_no_rule(rule):
    with pytest.raises(ValueError, match="OLD=NEW"):
        check_rules([rule])


def test_a_beginning_that_no_path_has_shows_how_they_begin(with_images, tmp_path, capsys):
    project = with_images(*PEOPLE)
    (tmp_path / "c.json").write_text(json.dumps({"0": ["/old/a/1.jpg", "/old/a/2.jpg"], "1": ["/old/b/1.jpg"]}))
    arguments = ["load-clusters", str(project.folder), str(tmp_path / "c.json"), "--replace-prefix", "/olt=/new"]
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert "No path of the file begins with /olt" in told and "/old/a/1.jpg, /old/a/2.jpg" in told


def test_cluster_files_mean_the_images_that_lie_just_there(with_images, tmp_path):
    """Without the rule ends decide; with it a path that leads to no image is said, though one image ends alike."""
    project = with_images("train/a/1.jpg", "train/a/2.jpg", "val/c/9.jpg")
    root = next(iter(project.roots().values()))
    said = {"0": ["D:\\old\\a\\1.jpg", "D:\\old\\a\\2.jpg"], "1": ["D:\\old\\c\\9.jpg"]}
    (tmp_path / "c.json").write_text(json.dumps(said))
    rules = [f"D:\\old={root}/train"]
    done = load_clusters(LoadClustersParams(file=tmp_path / "c.json", replace_prefix=rules), QuietContext(project))
    assert (done.clusters, done.faces, done.unknown_paths) == (1, 2, ["D:\\old\\c\\9.jpg"])
    assert done.unmatched[0].why.startswith(f"{root}/train/c/9.jpg is no image") or "no image" in done.unmatched[0].why
    found = sorted((face.label, face.path.name) for face in clustered_faces(project, done.version))
    assert found == [(0, "1.jpg"), (0, "2.jpg")]


def test_encodings_too(with_images, tmp_path):
    project = with_images(*PEOPLE)
    root = next(iter(project.roots().values()))
    rows = [{"imagePath": f"C:\\x\\{n}\\1.jpg", "loc": None, "encoding": [0.1, n == "a", 0.3]} for n in ("a", "b")]
    (tmp_path / "e.json").write_text(json.dumps(rows))
    params = LoadEncodingsParams(file=tmp_path / "e.json", detector="whole", replace_prefix=[f"C:\\x={root}"])
    assert load_encodings(params, QuietContext(project)).vectors == 2
    with pytest.raises(RequestError, match="No path of the file begins with"):
        load_encodings(params.model_copy(update={"replace_prefix": ["E:\\=q"]}), QuietContext(project))


def test_without_a_project_and_without_a_file(tmp_path):
    (tmp_path / "here" / "a").mkdir(parents=True)
    (tmp_path / "here" / "a" / "1.jpg").write_bytes(b"x")
    path = tmp_path / "c.json"
    assert files_of(path, ["C:\\x\\a\\1.jpg"], ["C:\\x=here"]) == {"C:\\x\\a\\1.jpg": tmp_path / "here" / "a" / "1.jpg"}
    for model, more in (
        (MosaicParams, {"cluster": "0", "out": tmp_path / "m.png"}),
        (FoldersParams, {"out": tmp_path / "f"}),
    ):
        with pytest.raises(ValueError, match="name that too"):
            model(replace_prefix=["a=b"], **more)
