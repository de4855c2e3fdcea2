"""Every row of the scripts' "Dataset preparation", by its verb, on real photographs: and what they got wrong."""

import json
import os

import pytest
from PIL import Image

from fairdesk.cli.main import run as main
from fairdesk.images.folder_layouts import read_tree
from fairdesk.images.image_reading import open_image


@pytest.fixture
def lfw(photographs):
    return photographs / "lfw10"


@pytest.fixture
def grouped(lfw, tmp_path):
    """The ten people as two groups of five."""
    for number, person in enumerate(sorted(p for p in lfw.iterdir() if p.is_dir())):
        home = tmp_path / "grouped" / f"group {number % 2}"
        home.mkdir(parents=True, exist_ok=True)
        (home / person.name).symlink_to(person)
    return tmp_path / "grouped"


@pytest.fixture
def verb(capsys):
    def run_verb(*words, code=0):
        got = main([str(word) for word in (*words, "--json")])
        out, err = capsys.readouterr()
        assert got == code, err
        return json.loads(out) if code == 0 else err

    return run_verb


def pictures(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix == ".jpg")


def people(folder):
    return {p.parent.name for p in pictures(folder)}


def same_bytes(a, b):
    return [(p.relative_to(a), p.read_bytes()) for p in pictures(a)] == [
        (p.relative_to(b), p.read_bytes()) for p in pictures(b)
    ]


def test_copy_n_images(verb, lfw, tmp_path):
    """A random sample of N images, copied flat as {i}_{name}; the script had no seed."""
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        result = verb("sample", lfw, "--images", 12, "--out", tmp_path / name, "--copy", "--seed", seed)
        assert (result["images"], result["seed"]) == (12, seed)
    found = pictures(tmp_path / "a")
    assert sorted(int(p.name.split("_")[0]) for p in found) == list(range(12))
    assert all(not p.is_symlink() and p.parent == tmp_path / "a" for p in found)
    assert same_bytes(tmp_path / "a", tmp_path / "b") and not same_bytes(tmp_path / "a", tmp_path / "c")
    assert "only 100 exist" in verb("sample", lfw, "--images", 101, "--out", tmp_path / "d", code=2)
    assert not (tmp_path / "d").exists()


def test_copy_random_identities(verb, grouped, tmp_path):
    """A share of each group's identities; the script's count was random, not the share asked for."""
    for name in ("a", "b"):
        verb("sample", grouped, "--fraction", 0.4, "--out", tmp_path / name, "--seed", 3)
    groups = {p.name: len(list(p.iterdir())) for p in (tmp_path / "a").iterdir()}
    assert groups == {"group 0": 2, "group 1": 2}
    assert same_bytes(tmp_path / "a", tmp_path / "b")
    for person in people(tmp_path / "a"):
        assert sum(p.parent.name == person for p in pictures(tmp_path / "a")) == 10  # whole


def test_create_benchmark_dataset(verb, lfw, tmp_path):
    """N links."""
    verb("sample", lfw, "--images", 9, "--out", tmp_path / "a", "--link")
    assert len(pictures(tmp_path / "a")) == 9 and all(p.is_symlink() and p.exists() for p in pictures(tmp_path / "a"))


def test_create_testing_dataset(verb, lfw, tmp_path):
    """N identities that are not in a sample; the script crashed where fewer remain."""
    verb("sample", lfw, "--identities", 6, "--out", tmp_path / "sample", "--seed", 1)
    verb("sample", lfw, "--identities", 4, "--excluding", tmp_path / "sample", "--out", tmp_path / "test", "--seed", 2)
    assert len(people(tmp_path / "test")) == 4 and not people(tmp_path / "test") & people(tmp_path / "sample")
    err = verb("sample", lfw, "--identities", 5, "--excluding", tmp_path / "sample", "--out", tmp_path / "no", code=2)
    assert "only 4 exist" in err and not (tmp_path / "no").exists()


def test_disjoint_datasets(verb, lfw, tmp_path):
    """Two disjoint subsets of N images; the script split by image, so one identity lay on both sides."""
    result = verb("split", lfw, "--images", 30, "--out", tmp_path / "a", tmp_path / "b")
    assert [row["got"] for row in result["sets"]] == [30, 30]
    assert not people(tmp_path / "a") & people(tmp_path / "b")
    assert result["leaks"]["clean"]
    assert verb("leaks", tmp_path / "a", tmp_path / "b")["clean"]
    assert "only 100 have an identity" in verb(
        "split", lfw, "--images", 51, "--out", tmp_path / "c", tmp_path / "d", code=2
    )
    by_image = verb("split", lfw, "--images", 30, "--by", "image", "--out", tmp_path / "e", tmp_path / "f")
    assert [row["got"] for row in by_image["sets"]] == [30, 30]
    folds = verb("split", lfw, "--folds", 5, "--out", tmp_path / "folds")
    assert [row["got"] for row in folds["sets"]] == [20] * 5


def test_dataset_to_single_folder(verb, grouped, tmp_path):
    """destination/<group>/<identity>_<image>, links unless --copy."""
    verb("flatten", grouped, "--out", tmp_path / "links")
    verb("flatten", grouped, "--out", tmp_path / "copies", "--copy")
    first = pictures(tmp_path / "links")
    assert len(first) == 100 and all(p.is_symlink() and p.parent.parent == tmp_path / "links" for p in first)
    assert not any(p.is_symlink() for p in pictures(tmp_path / "copies"))
    assert all(p.name == f"{p.resolve().parent.name}_{p.resolve().name}" for p in first)


def test_resize(verb, lfw, tmp_path):
    """A tree to 112x112, structure kept; the script stopped on one bad image and stretched what is not square."""
    home = tmp_path / "in"
    for path in pictures(lfw)[:6]:
        (home / path.parent.name).mkdir(parents=True, exist_ok=True)
        (home / path.parent.name / path.name).write_bytes(path.read_bytes())
    bad = pictures(home)[2]
    bad.write_bytes(bad.read_bytes()[:500])
    Image.new("RGB", (300, 100), "red").save(home / pictures(home)[0].parent.name / "wide.jpg")
    result = verb("resize", home, "--out", tmp_path / "out")
    assert [u["path"] for u in result["unreadable"]] == [str(bad.relative_to(home))]
    assert result["written"] == 6
    assert {open_image(p).size for p in pictures(tmp_path / "out")} == {(112, 112)}
    manifest = json.loads((tmp_path / "out.manifest.json").read_text())
    assert (manifest["size"], len(manifest["files"])) == ("112x112", 6)
    padded = verb("resize", home, "--out", tmp_path / "pad", "--size", "90x60", "--fit", "pad")
    assert padded["written"] == 6
    with Image.open(next((tmp_path / "pad").rglob("wide.jpg"))) as wide:
        assert wide.getpixel((45, 3))[0] < 40 < 200 < wide.getpixel((45, 30))[0]  # black above, red in the middle


def test_create_imposter_genuine_lists(verb, lfw, tmp_path):
    """Pairs spread evenly, never the same identity as impostors, no repeats, paths with blanks whole."""
    home = tmp_path / "with blanks"
    for person in sorted(p for p in lfw.iterdir() if p.is_dir()):
        (home / person.name.replace("_", " ")).mkdir(parents=True)
        for path in pictures(person):
            os.symlink(path, home / person.name.replace("_", " ") / path.name.replace("_", " "))
    result = verb("pairs", home, "--genuine", 100, "--impostor", 100, "--out", tmp_path / "p.csv")
    assert (result["genuine"], result["impostor"]) == (100, 100)
    from fairdesk.metrics.pair_lists.reading import read_pairs

    found = read_pairs(tmp_path / "p.csv")
    assert len({frozenset((p.path1, p.path2)) for p in found}) == 200
    for pair in found:
        same = os.path.dirname(pair.path1) == os.path.dirname(pair.path2)
        assert same == (pair.label == 1) and os.path.exists(pair.path1) and os.path.exists(pair.path2)
    each = [sum(p.subject1 == who for p in found if p.label == 1) for who in {p.subject1 for p in found}]
    assert set(each) == {10}
    verb("pairs", home, "--genuine", 100, "--impostor", 100, "--out", tmp_path / "q.csv")
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes()


def test_every_output_says_where_it_came_from(verb, lfw, tmp_path):
    verb("sample", lfw, "--images", 3, "--out", tmp_path / "a", "--seed", 8)
    manifest = json.loads((tmp_path / "a.manifest.json").read_text())
    assert (manifest["job"], manifest["seed"], len(manifest["files"])) == ("sample", 8, 3)
    assert all((lfw / row["source"]).exists() for row in manifest["files"])
    dry = verb("sample", lfw, "--images", 3, "--out", tmp_path / "b", "--dry-run")
    assert dry["images"] == 3 and not (tmp_path / "b").exists()


def test_the_same_from_a_zip(verb, lfw, tmp_path):
    """An archive stands where a folder does."""
    import zipfile

    with zipfile.ZipFile(tmp_path / "lfw10.zip", "w") as archive:
        for path in pictures(lfw):
            archive.write(path, path.relative_to(lfw.parent))
    assert read_tree(tmp_path / "lfw10.zip").layout == "identity"
    verb("split", tmp_path / "lfw10.zip", "--images", 20, "--out", tmp_path / "a", tmp_path / "b")
    assert len(people(tmp_path / "a")) == 2 and not people(tmp_path / "a") & people(tmp_path / "b")
    assert not any(p.is_symlink() for p in pictures(tmp_path / "a"))  # copied out: an archive cannot be linked to
