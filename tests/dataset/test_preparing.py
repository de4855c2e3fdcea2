"""Samples, splits, flattening, resizing and leaks: exact, seeded, and nothing lost or leaked silently."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fairdesk.dataset.collection import SourceImage
from fairdesk.dataset.folder_copies import flatten_folder as flatten
from fairdesk.dataset.folder_copies import resize_images as resize
from fairdesk.dataset.folder_split import split_folder as split
from fairdesk.dataset.identity_partition import nearest_subset
from fairdesk.dataset.leaks import check_leaks as leaks
from fairdesk.dataset.leaks import shared_identities
from fairdesk.dataset.picture_similarity import near_hashes
from fairdesk.dataset.prepare_params import FlattenParams, LeaksParams, ResizeParams, SampleParams, SplitParams
from fairdesk.dataset.random_sample import take_sample as sample
from fairdesk.errors import RequestError
from fairdesk.images.synthetic_marks import read_mark, save_marked
from fairdesk.jobs.context import QuietContext
from tests.conftest import plain_images


@pytest.fixture
def folder(tmp_path):
    return plain_images(tmp_path / "in", 2, 5, 4)


def people(root):
    return {(p.parent.parent.name, p.parent.name) for p in root.rglob("*.png")}


@given(st.lists(st.integers(1, 30), min_size=1, max_size=9), st.integers(1, 200))
@settings(max_examples=200, deadline=None)
def test_nearest_subset_by_trying_all(sizes, target):
    chosen = nearest_subset(sizes, target)
    assert len(set(chosen)) == len(chosen)
    sums = {0}
    for size in sizes:
        sums |= {total + size for total in sums}
    best = min(sums, key=lambda total: (abs(total - target), total))
    assert sum(sizes[i] for i in chosen) == best


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=3, max_size=10),
    st.integers(0, 3), st.booleans(), st.integers(2, 3),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_splits_of_any_collection(tmp_path_factory, collection, seed, by_shares, sets):
    root = tmp_path_factory.mktemp("split")
    for number, (group, images) in enumerate(collection):
        home = root / "in" / f"g{group}" / f"p{number}"
        home.mkdir(parents=True)
        for i in range(images):
            (home / f"{i}.png").write_bytes(b"never read")
    total = sum(images for _, images in collection)
    for round_ in ("a", "b"):
        outs = [root / round_ / f"s{n}" for n in range(sets)]
        options = (
            {"shares": [0.6, *[0.4 / (sets - 1)] * (sets - 1)]} if by_shares else {"images": max(1, total // sets - 1)}
        )
        result = split(SplitParams(folder=root / "in", out=outs, seed=seed, **options), QuietContext())
    found = [people(out) for out in outs]
    for i in range(sets):
        for j in range(i):
            assert not found[i] & found[j]  # nobody is on two sides
    assert [r.got for r in result.sets] == [len(list(out.rglob("*.png"))) for out in outs]
    if by_shares:
        assert sum(r.got for r in result.sets) == total
    else:
        sums = {0}
        for _, images in collection:
            sums |= {s + images for s in sums}
        best = min(sums, key=lambda s: (abs(s - options["images"]), s))
        assert result.sets[0].got == best
    for n in range(sets):  # the same seed: the same files, byte for byte
        one, two = ((root / r / f"s{n}.manifest.json").read_bytes() for r in ("a", "b"))
        assert one == two


def test_sample_images(folder, tmp_path):
    result = sample(SampleParams(folder=folder, out=tmp_path / "s", images=7, copy=True), QuietContext())
    files = sorted((tmp_path / "s").iterdir())
    assert len(files) == result.images == 7
    assert {f.name.split("_", 1)[0] for f in files} == {str(i) for i in range(7)}
    assert not any(f.is_symlink() for f in files)
    manifest = json.loads((tmp_path / "s.manifest.json").read_text())
    assert manifest["seed"] == 1
    assert (folder / manifest["files"][0]["source"]).read_bytes() == (
        tmp_path / "s" / manifest["files"][0]["path"]
    ).read_bytes()


def test_sample_identities_exactly(folder, tmp_path):
    for options, each in (({"identities": 3}, 3), ({"fraction": 0.5}, 2), ({"fraction": 1.0}, 5)):
        out = tmp_path / f"s{each}"
        sample(SampleParams(folder=folder, out=out, **options), QuietContext())
        assert [len({p for p in people(out) if p[0] == g}) for g in ("g0", "g1")] == [each, each]
        assert all(len(list((out / g / i).iterdir())) == 4 for g, i in people(out))  # whole identities


def test_excluding_another_set(folder, tmp_path):
    sample(SampleParams(folder=folder, out=tmp_path / "train", identities=3), QuietContext())
    sample(
        SampleParams(folder=folder, out=tmp_path / "test", identities=2, excluding=tmp_path / "train"), QuietContext()
    )
    assert not people(tmp_path / "train") & people(tmp_path / "test")
    with pytest.raises(
        RequestError, match=r"3 identities in g0 were asked for, but only 2 exist without the 3 excluded"
    ):
        sample(
            SampleParams(folder=folder, out=tmp_path / "more", identities=3, excluding=tmp_path / "train"),
            QuietContext(),
        )
    assert not (tmp_path / "more").exists()


def test_dry_runs_write_nothing(folder, tmp_path):
    def everything():  # but the user's cache
        return sorted(path for path in tmp_path.rglob("*") if tmp_path / "home" not in (path, *path.parents))

    before = everything()
    result = sample(SampleParams(folder=folder, out=tmp_path / "s", images=3, dry_run=True), QuietContext())
    assert result.summary == "3 identities, 3 images, g0 2, g1 1"
    split(SplitParams(folder=folder, out=[tmp_path / "a", tmp_path / "b"], images=8, dry_run=True), QuietContext())
    flatten(FlattenParams(folder=folder, out=tmp_path / "f", dry_run=True), QuietContext())
    resize(ResizeParams(folder=folder, out=tmp_path / "r", dry_run=True), QuietContext())
    assert everything() == before


def test_split_by_image(folder, tmp_path):
    outs = [tmp_path / "a", tmp_path / "b"]
    split(SplitParams(folder=folder, out=outs, images=20, by="image"), QuietContext())
    sources = [{p.resolve() for p in out.iterdir()} for out in outs]
    assert len(sources[0]) == len(sources[1]) == 20 and not sources[0] & sources[1]
    with pytest.raises(RequestError, match="42 images were asked for, but only 40 exist"):
        split(SplitParams(folder=folder, out=[tmp_path / "c", tmp_path / "d"], images=21, by="image"), QuietContext())


def test_shares_are_stratified(folder, tmp_path):
    result = split(SplitParams(folder=folder, out=[tmp_path / "a", tmp_path / "b"], shares=[0.6, 0.4]), QuietContext())
    assert [r.groups for r in result.sets] == [{"g0": 12, "g1": 12}, {"g0": 8, "g1": 8}]
    assert [r.asked for r in result.sets] == [24, 16]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"images": 5, "identities": 1}, "just one of"), ({}, "just one of"), ({"fraction": 2.0}, "less than or equal to 1"),
    ],
)  # fmt: skip
def test_wrong_samples(folder, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        SampleParams(folder=folder, out=tmp_path / "s", **options)


def test_flatten_and_collisions(folder, tmp_path):
    flatten(FlattenParams(folder=folder, out=tmp_path / "f"), QuietContext())
    files = list((tmp_path / "f").rglob("*.png"))
    assert len(files) == 40 and all(f.is_symlink() for f in files)
    assert (tmp_path / "f" / "g0" / "id00_000.png").resolve() == (folder / "g0" / "id00" / "000.png").resolve()
    odd = tmp_path / "odd"
    for name in ("a/b_c.png", "a_b/c.png"):  # both become a_b_c.png
        (odd / name).parent.mkdir(parents=True)
        Image.new("RGB", (4, 4)).save(odd / name)
    result = flatten(FlattenParams(folder=odd, out=tmp_path / "o"), QuietContext())
    assert result.collisions == 1 and len(list((tmp_path / "o").iterdir())) == 2


def test_resize(tmp_path):
    home = tmp_path / "in" / "Ünal"
    home.mkdir(parents=True)
    y, x = np.mgrid[0:40, 0:80]
    wide = Image.fromarray(np.stack([x * 3, y * 6, x * 0], axis=2).astype(np.uint8))
    wide.save(home / "wide.jpg", quality=95)
    wide.save(home / "moving.gif")
    save_marked(wide, home / "made.png", {"run": "r1"})
    (home / "bad.jpg").write_bytes(b"no")
    for fit in ("stretch", "crop", "pad"):
        result = resize(ResizeParams(folder=tmp_path / "in", out=tmp_path / fit, size="32x32", fit=fit), QuietContext())
        assert result.written == 3 and [u.path for u in result.unreadable] == ["Ünal/bad.jpg"]
        with Image.open(tmp_path / fit / "Ünal" / "wide.jpg") as image:
            assert image.size == (32, 32)
            pixels = np.asarray(image).astype(int)
        red = {"stretch": (0, 237), "crop": (60, 177), "pad": (0, 237)}[fit]
        assert abs(pixels[16, 1, 0] - red[0]) < 14 and abs(pixels[16, 30, 0] - red[1]) < 14
        assert (pixels[2].sum() < 300) == (fit == "pad")
        with Image.open(tmp_path / fit / "Ünal" / "made.png") as image:
            assert json.loads(read_mark(image.info)) == {"run": "r1"}  # a synthetic image stays marked
        assert (tmp_path / fit / "Ünal" / "moving.png").exists()
    with pytest.raises(ValueError, match="WIDTHxHEIGHT"):
        ResizeParams(folder=tmp_path / "in", out=tmp_path / "x", size="big")


def someone(name, group):
    return SourceImage(Path(f"{group}/{name}"), f"{group}/{name}", name, group)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (
            [("ann", "a"), ("bob", "a")],
            [("ann", "b"), ("bob", "a")],
            [("a", "bob")],
        ),  # groups on both sides: both count
        ([("ann", "a"), ("bob", "a")], [("ann", None)], [("a", "ann")]),  # on one: the name alone
        ([("ann", None)], [("ann", "a"), ("ann", "b")], [("", "ann")]),
        ([("ann", None)], [("ann", None), ("bob", None)], [("", "ann")]),
        ([("ann", "a")], [("bob", "a")], []),
    ],
)
def test_who_is_on_both_sides(first, second, shared):
    sides = [[someone(*who) for who in side] for side in (first, second)]
    assert shared_identities(*sides) == shared


def test_the_seed_decides_what_is_sampled_and_split(folder, tmp_path):
    def sampled(seed, **how):
        out = tmp_path / f"s{seed}{'-'.join(how)}{len(list(tmp_path.iterdir()))}"
        sample(SampleParams(folder=folder, out=out, seed=seed, **how), QuietContext())
        files = json.loads(out.with_name(out.name + ".manifest.json").read_text())["files"]
        return tuple(row["source"] for row in files)

    def divided(seed, **how):
        outs = [tmp_path / f"{side}{seed}{len(list(tmp_path.iterdir()))}" for side in "ab"]
        split(SplitParams(folder=folder, out=outs, shares=[0.5, 0.5], seed=seed, **how), QuietContext())
        return tuple(sorted(path.read_bytes() for path in outs[0].rglob("*.png")))

    for draw, how in (
        (sampled, {"images": 6}),
        (sampled, {"identities": 2}),
        (divided, {}),
        (divided, {"by": "image"}),
    ):
        assert draw(1, **how) == draw(1, **how)
        assert len({draw(seed, **how) for seed in range(6)}) >= 4, how


def test_leaks(folder, tmp_path, drawn):
    split(SplitParams(folder=folder, out=[tmp_path / "a", tmp_path / "b"], shares=[0.6, 0.4]), QuietContext())
    assert leaks(LeaksParams(a=tmp_path / "a", b=tmp_path / "b"), QuietContext()).clean
    result = leaks(LeaksParams(a=tmp_path / "a", b=folder), QuietContext())
    assert len(result.files) == 24 and len(result.identities) == 6 and not result.clean
    first = sorted(drawn.rglob("*.jpg"))[0]
    (tmp_path / "n").mkdir()
    with Image.open(first) as image:
        image.resize((120, 120)).save(tmp_path / "n" / "copy.jpg", quality=60)
    near = leaks(LeaksParams(a=tmp_path / "n", b=drawn), QuietContext())
    assert [pair.b for pair in near.near] == [str(first)] and not near.files


def test_leaks_of_projects(filled, tmp_path):
    plain_images(tmp_path / "photographs", 2, 4, 5)
    result = leaks(LeaksParams(a=filled.folder, b=tmp_path / "photographs"), QuietContext())
    assert len(result.identities) == 8 and len(result.files) == 40


@given(
    st.lists(st.integers(0, 2**64 - 1), max_size=30),
    st.lists(st.integers(0, 2**64 - 1), max_size=30),
    st.integers(0, 6),
    st.data(),
)
@settings(max_examples=50, deadline=None)
def test_near_pairs_by_trying_all(first, second, distance, data):
    second = second + [value ^ (1 << data.draw(st.integers(0, 63))) for value in first]
    expected = [
        (i, j, (a ^ b).bit_count())
        for i, a in enumerate(first)
        for j, b in enumerate(second)
        if (a ^ b).bit_count() <= distance
    ]
    assert near_hashes(first, second, distance) == sorted(expected)
    itself = [one for one in near_hashes(first, first, distance) if one[0] < one[1]]
    assert near_hashes(first, first, distance, once=True) == itself


def test_writing_into_the_source_or_over_something_is_refused(folder, tmp_path):
    for out, message in ((folder / "s", "inside the source"), (folder / "g0", "not empty")):
        with pytest.raises(RequestError, match=message):
            sample(SampleParams(folder=folder, out=out, images=2), QuietContext())


def test_a_set_inside_another_set_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="one set would hold the other's images"):
        SplitParams(folder=folder, out=[tmp_path / "train", tmp_path / "train" / "test"], shares=[0.5, 0.5])
    assert not (tmp_path / "train").exists()


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_folder_is_not_the_folder_one_is_in(name, tmp_path):
    with pytest.raises(ValueError, match="must name a file or a folder"):
        FlattenParams(folder=name, out=tmp_path / "out")
