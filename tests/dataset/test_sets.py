"""Sets in a project: divided without a leak, frozen, out of date; and everything out again in each layout."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision.datasets import ImageFolder

from fairdesk.dataset.collection import SourceImage, read_folder
from fairdesk.dataset.folder_split import split_folder as split
from fairdesk.dataset.identity_partition import Request, partition
from fairdesk.dataset.image_export import export_images as export
from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.leaks import check_leaks as leaks
from fairdesk.dataset.params import DivideParams, ImportParams
from fairdesk.dataset.prepare_params import ExportParams, LeaksParams, SplitParams
from fairdesk.dataset.project_sets import divide_project as divide
from fairdesk.errors import RequestError
from fairdesk.images.recordio import RecordFile
from fairdesk.images.synthetic_marks import mark_of, save_marked
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list as pairs
from fairdesk.metrics.params import PairsParams
from fairdesk.project.labels import Edit, edit_labels
from fairdesk.project.sets import all_sets, freeze, members, remove_sets
from tests.conftest import add_faces, plain_images


def people_in(project, name):
    chosen = members(project, name)
    rows = project.db.rows("SELECT id, identity_id FROM image")
    return {who for image, who in rows if image in chosen}


def test_dividing_by_shares(filled):
    result = divide(DivideParams(into=["train", "test"], shares=[0.75, 0.25]), QuietContext(filled))
    assert [row.got for row in result.sets] == [30, 10]
    assert [row.groups for row in result.sets] == [{"g0": 15, "g1": 15}, {"g0": 5, "g1": 5}]
    assert result.leaks.clean
    assert not people_in(filled, "train") & people_in(filled, "test")
    again = members(filled, "train")
    filled.journal.undo()
    assert all_sets(filled) == []
    divide(DivideParams(into=["train", "test"], shares=[0.75, 0.25]), QuietContext(filled))
    assert members(filled, "train") == again


def test_no_set_is_left_empty_by_rounding(filled, tmp_path):
    """2 groups of 4 people with 5 images each: a tenth of a group is half a person."""
    result = divide(DivideParams(), QuietContext(filled))
    assert [row.name for row in result.sets] == ["train", "validation", "test"]
    assert [(row.got, row.identities) for row in result.sets] == [(30, 6), (5, 1), (5, 1)]
    people = [people_in(filled, row.name) for row in result.sets]
    assert len(set().union(*people)) == sum(map(len, people)) == 8
    lines = result.caution().splitlines()
    assert [line.split(" has nobody of ")[0] for line in lines] == ["validation", "test"]
    assert result.warning in result.text() and result.warning == result.json_values()["warning"]
    outs = [tmp_path / name for name in ("a", "b", "c")]
    found = split(
        SplitParams(folder=tmp_path / "photographs", out=outs, shares=[0.8, 0.1, 0.1], dry_run=True), QuietContext()
    )
    assert all(row.got for row in found.sets) and "has nobody of" in found.text()
    plenty = divide(DivideParams(into=["a", "b"], shares=[0.5, 0.5]), QuietContext(filled))
    assert plenty.caution() is None and "warning" not in plenty.json_values()


def test_a_set_for_which_nobody_is_left_is_told(project, tmp_path):
    plain_images(tmp_path / "few", 1, 2, 3)
    import_folder(ImportParams(folder=tmp_path / "few"), QuietContext(project))
    result = divide(DivideParams(), QuietContext(project))
    assert sorted(row.got for row in result.sets) == [0, 3, 3]
    empty = next(row.name for row in result.sets if not row.got)
    assert result.caution().startswith(f"{empty} is empty")
    alone = divide(DivideParams(into=["a", "b"], images=1, leaks="skip"), QuietContext(project))
    assert [row.got for row in alone.sets] == [0, 0] and alone.caution().count("is empty") == 2


def test_folds(filled, tmp_path):
    divide(DivideParams(into=["fold"], folds=4), QuietContext(filled))
    sets = all_sets(filled)
    assert [(s.name, s.images, s.identities) for s in sets] == [(f"fold_{n}", 10, 2) for n in (1, 2, 3, 4)]
    split(SplitParams(folder=tmp_path / "photographs", out=[tmp_path / "folds"], folds=3), QuietContext())
    folds = [read_folder(path).people().keys() for path in sorted((tmp_path / "folds").iterdir()) if path.is_dir()]
    assert sum(map(len, folds)) == len(set().union(*folds)) == 8
    sizes = [sum(1 for _ in (tmp_path / "folds" / f"fold_{n}").rglob("*.png")) for n in (1, 2, 3)]
    assert sorted(sizes) == [10, 10, 20]


def test_a_leak_is_refused_and_shown(filled, tmp_path):
    twin = next((tmp_path / "photographs" / "g0" / "id00").iterdir())
    for who in ("id01", "id02", "id03"):
        (tmp_path / "photographs" / "g0" / who / "copy.png").write_bytes(twin.read_bytes())
    import_folder(ImportParams(folder=tmp_path / "photographs"), QuietContext(filled))
    wish = DivideParams(into=["a", "b"], shares=[0.5, 0.5])
    with pytest.raises(RequestError, match="would leak"):
        divide(wish, QuietContext(filled))
    assert all_sets(filled) == []
    shown = divide(wish.model_copy(update={"dry_run": True}), QuietContext(filled))
    assert shown.leaks.files
    with pytest.raises(RequestError, match="Nothing was written"):
        split(
            SplitParams(folder=tmp_path / "photographs", out=[tmp_path / "x", tmp_path / "y"], shares=[0.5, 0.5]),
            QuietContext(),
        )
    assert not (tmp_path / "x").exists()
    context = QuietContext(filled)
    divide(wish.model_copy(update={"leaks": "allow"}), context)
    assert any("Leaks were allowed" in text for text in context.messages)


def test_near_identical_vectors_are_a_leak(filled):
    wish = DivideParams(into=["a", "b"], shares=[0.5, 0.5], encoder="made-up", vector_distance=0.05)
    assert divide(wish.model_copy(update={"dry_run": True}), QuietContext(filled)).leaks.clean
    wide = wish.model_copy(update={"dry_run": True, "vector_distance": 9.0})
    assert divide(wide, QuietContext(filled)).leaks.vectors


def test_leaks_between_two_projects_by_vector(filled, tmp_path):
    from fairdesk.project import Project

    plain_images(tmp_path / "other", 2, 4, 5, side=20)
    other = Project.create(tmp_path / "other.fairdesk")
    import_folder(ImportParams(folder=tmp_path / "other"), QuietContext(other))
    add_faces(other)
    other.close()
    params = LeaksParams(a=filled.folder, b=tmp_path / "other.fairdesk", encoder="made-up", vector_distance=1e-6)
    result = leaks(params, QuietContext())
    assert len(result.identities) == 8
    assert len(result.vectors) + len(result.near) + len(result.files) >= 40
    with pytest.raises(RequestError, match="is not a project"):
        leaks(params.model_copy(update={"b": tmp_path / "other"}), QuietContext())


def test_frozen_sets_stay_and_changed_labels_show(filled, tmp_path):
    divide(DivideParams(into=["train", "test"], shares=[0.5, 0.5]), QuietContext(filled))
    freeze(filled, "train")
    for edit in (lambda: divide(DivideParams(into=["train", "x"], shares=[0.5, 0.5]), QuietContext(filled)),
                 lambda: remove_sets(filled, ["train"])):  # fmt: skip
        with pytest.raises(RequestError, match="frozen"):
            edit()
    assert not any(s.change for s in all_sets(filled))
    edit_labels(filled, [1, 2], Edit(identity="Somebody"))
    assert str(all_sets(filled)[0].change) == "2 labels changed since"
    made = pairs(PairsParams(genuine=5, impostor=5, only_set="train"), QuietContext(filled))
    assert {row["path1"] for row in csv.DictReader(Path(made.out).read_text().splitlines())} <= {
        str(i)
        for i in (
            filled.roots()[1] / p
            for n, p in filled.db.rows("SELECT id, path FROM image")
            if n in members(filled, "train")
        )
    }
    freeze(filled, made.out.rsplit("/", 1)[-1])
    with pytest.raises(RequestError, match="frozen"):
        pairs(PairsParams(genuine=5, impostor=5, only_set="train", out=made.out), QuietContext(filled))
    freeze(filled, "train", on=False)
    assert remove_sets(filled, ["train"]) == 1
    with pytest.raises(RequestError, match="no set"):
        freeze(filled, "nobody")


@pytest.fixture
def marked(filled, tmp_path):
    """A project whose 41st image is synthetic."""
    save_marked(Image.new("RGB", (16, 16), "red"), tmp_path / "photographs" / "g0" / "id00" / "made.png", {"run": "r"})
    import_folder(ImportParams(folder=tmp_path / "photographs"), QuietContext(filled))
    return filled


@pytest.mark.parametrize("layout", ["group-identity", "identity", "flat", "imagefolder", "rec", "manifest"])
def test_every_layout_comes_back_with_its_labels_and_marks(marked, tmp_path, project_at, layout):
    from fairdesk.project import Project

    out = tmp_path / ("out.parquet" if layout == "manifest" else "out")
    result = export(ExportParams(out=out, layout=layout), QuietContext(marked))
    assert (result.images, result.synthetic, result.left_out) == (41, 1, [])
    source = out / "train.rec" if layout == "rec" else out
    back = Project.open(project_at("back"))
    found = import_folder(ImportParams(folder=source), QuietContext(back))
    assert (found.images, found.synthetic, found.unreadable) == (41, 1, [])
    if layout != "flat":
        assert found.identities == 8
    if layout in ("group-identity", "manifest"):
        assert found.groups == {"g0": 21, "g1": 20}
    same = "SELECT count(*), count(DISTINCT sha256) FROM image"
    assert back.db.rows(same) == marked.db.rows(same)
    back.close()
    without = export(
        ExportParams(out=tmp_path / ("w.csv" if layout == "manifest" else "w"), layout=layout, synthetic="leave-out"),
        QuietContext(marked),
    )
    assert (without.images, without.left_out[0].why) == (40, "marked synthetic")


def test_synthetic_images_are_divided_only_if_asked(marked):
    made = marked.db.value("SELECT id FROM image WHERE synthetic IS NOT NULL")
    wish = DivideParams(into=["a", "b"], shares=[0.5, 0.5])
    result = divide(wish, QuietContext(marked))
    assert result.synthetic_left_out == 1 and sum(row.got for row in result.sets) == 40
    assert made not in members(marked, "a") | members(marked, "b")
    result = divide(wish.model_copy(update={"synthetic": True}), QuietContext(marked))
    assert result.synthetic_left_out == 0 and sum(row.got for row in result.sets) == 41
    assert made in members(marked, "a") | members(marked, "b")


def test_rec_of_different_sizes_asks_for_one(marked, tmp_path):
    big = Image.new("RGB", (40, 20), "blue")
    save_marked(big, tmp_path / "photographs" / "g0" / "id00" / "wide.png", {"run": "r"})
    import_folder(ImportParams(folder=tmp_path / "photographs"), QuietContext(marked))
    with pytest.raises(RequestError, match="--size"):
        export(ExportParams(out=tmp_path / "rec", layout="rec"), QuietContext(marked))
    assert not (tmp_path / "rec").exists()
    result = export(ExportParams(out=tmp_path / "rec", layout="rec", size="24x32"), QuietContext(marked))
    assert (result.written, result.classes) == (42, 8)
    assert (tmp_path / "rec" / "property").read_text() == "8,32,24\n"
    keys, _ = RecordFile(tmp_path / "rec" / "train.rec").images()
    marks = [mark_of(tmp_path / "rec" / "train.rec" / f"x/{key}.jpg") for key in keys]
    assert sum(mark is not None for mark in marks) == 2


def test_the_table_says_who_said_what(marked, tmp_path):
    divide(DivideParams(into=["train", "test"], shares=[0.5, 0.5]), QuietContext(marked))
    edit_labels(marked, [1], Edit(gender="female", age="30", add_tags=("b", "a")))
    export(ExportParams(out=tmp_path / "t.csv", layout="manifest"), QuietContext(marked))
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert (rows[0]["gender"], rows[0]["age"], rows[0]["tags"], rows[0]["label_source"]) == (
        "female",
        "30",
        "a;b",
        "folder",
    )
    assert {row["sets"] for row in rows if row["synthetic"] == "no"} == {"train", "test"}
    export(ExportParams(out=tmp_path / "t.parquet", layout="manifest", only_set="train"), QuietContext(marked))
    assert pyarrow.parquet.read_table(tmp_path / "t.parquet").num_rows == len(members(marked, "train"))


def test_torchvision_reads_the_imagefolder(filled, tmp_path):
    export(ExportParams(out=tmp_path / "f", layout="imagefolder", classes="group"), QuietContext(filled))
    found = ImageFolder(tmp_path / "f")
    assert (found.classes, len(found)) == (["g0", "g1"], 40)
    manifest = json.loads((tmp_path / "f.manifest.json").read_text())
    assert manifest["layout"] == "imagefolder" and len(manifest["files"]) == 40


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6)), min_size=3, max_size=14),
    st.integers(0, 5),
    st.integers(2, 4),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_folds_of_any_collection(collection, seed, folds, by_image):
    """Every image is in just one fold, nobody is in two, sizes are as near as whole identities allow, the seed decides."""
    items = [
        SourceImage(Path(f"{number}-{i}"), f"{number}-{i}", f"p{number}", f"g{group}", number * 10 + i)
        for number, (group, images) in enumerate(collection)
        for i in range(images)
    ]
    request = Request(folds, by="image" if by_image else "identity")
    sets, asked = partition(items, request, np.random.default_rng(seed))
    assert sorted(item.id for one in sets for item in one) == sorted(item.id for item in items)
    assert sets == partition(items, request, np.random.default_rng(seed))[0]
    assert sum(asked) == pytest.approx(len(items))
    if by_image:
        assert max(map(len, sets)) - min(map(len, sets)) <= 1
        return
    people = [{item.key for item in one} for one in sets]
    assert sum(map(len, people)) == len(set().union(*people))
    for group in {item.group for item in items}:  # no fold is off by more than the largest identity it could have taken
        sizes = [sum(item.group == group for item in one) for one in sets]
        largest = max(images for g, images in collection if f"g{g}" == group)
        assert max(sizes) - sum(sizes) / folds <= largest


def test_folders_split_by_image_are_known_to_share_their_people(tmp_path, capsys):
    """Split by image gives flat folders with names of their own: the manifests beside them say who is in each."""
    import json

    from fairdesk.cli import run

    plain_images(tmp_path / "in", 1, 3, 8)
    line = [
        "split",
        str(tmp_path / "in"),
        "--out",
        str(tmp_path / "a"),
        str(tmp_path / "b"),
        "--images",
        "6",
        "--by",
        "image",
    ]
    assert run(line) == 0
    capsys.readouterr()
    assert run(["leaks", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    both = [
        {row["identity"] for row in json.loads((tmp_path / f"{name}.manifest.json").read_text())["files"]}
        for name in "ab"
    ]
    assert not result["clean"] and [one["identity"] for one in result["identities"]] == sorted(both[0] & both[1]) != []
    manifest = tmp_path / "a.manifest.json"
    whole = manifest.read_text()
    manifest.unlink()
    assert run(["leaks", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["identities"] == []  # nothing else tells
    for damaged in (whole[:50], "[]", '{"files": 3}', "[" * 100_000):
        manifest.write_text(damaged)
        assert run(["leaks", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
        assert "a.manifest.json cannot be read" in capsys.readouterr().err
    manifest.write_text(json.dumps({"files": [{"path": "nix"}, 3, {"path": 7, "identity": ["x"]}]}))
    assert run(["leaks", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
