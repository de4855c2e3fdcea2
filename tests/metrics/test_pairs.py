"""Pair lists: never the same person, no repeats, even, seeded; what cannot be is said."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.job import make_pair_list as run
from fairdesk.metrics.pair_lists.pairs import Pair
from fairdesk.metrics.pair_lists.reading import read_pairs
from fairdesk.metrics.pair_lists.sampling import PairImage, _all_of, genuine_pairs, impostor_pairs
from fairdesk.metrics.pair_lists.writing import write_pairs
from fairdesk.metrics.params import PairsParams

sizes = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6)), min_size=1, max_size=9)


def collection(people):
    items = []
    for number, (group, images) in enumerate(people):
        items += [PairImage(f"{group}/{number}/{i}.jpg", f"p{number}", f"g{group}") for i in range(images)]
    return items


@given(sizes, st.integers(0, 60), st.booleans(), st.integers(0, 5))
@settings(max_examples=200, deadline=None)
def test_pairs_of_any_collection(people, count, within, seed):
    items = collection(people)
    genuine, exist_g = genuine_pairs(items, count, np.random.default_rng(seed))
    impostor, exist_i = impostor_pairs(items, count, np.random.default_rng(seed), within_group=within)
    assert len(genuine) == min(count, exist_g)
    assert len(impostor) == min(count, exist_i)
    for picks in (genuine, impostor):
        assert len(set(picks)) == len(picks)
        assert all(a < b for a, b in picks)
    assert all(items[a].identity == items[b].identity for a, b in genuine)
    assert all(items[a].identity != items[b].identity for a, b in impostor)
    if within:
        assert all(items[a].group == items[b].group for a, b in impostor)
    every = [(a, b) for a in range(len(items)) for b in range(a + 1, len(items))]
    assert exist_g == sum(items[a].identity == items[b].identity for a, b in every)
    assert exist_i == sum(
        items[a].identity != items[b].identity and (not within or items[a].group == items[b].group) for a, b in every
    )
    again, _ = impostor_pairs(items, count, np.random.default_rng(seed), within_group=within)
    assert again == impostor


@pytest.mark.parametrize("count", [100, 5000])
def test_even_over_identities(count):
    items = collection([(i % 2, 12) for i in range(20)])
    for picks in (
        genuine_pairs(items, 100, np.random.default_rng(1))[0],
        impostor_pairs(items, count, np.random.default_rng(1))[0],
    ):
        used = Counter(items[i].identity for pick in picks for i in pick)
        assert len(used) == 20
        assert max(used.values()) - min(used.values()) <= 4


def test_the_same_name_in_two_groups_is_never_an_impostor_pair():
    items = [PairImage("a/x/1", "x", "a"), PairImage("b/x/1", "x", "b"), PairImage("b/y/1", "y", "b")]
    picks, exist = impostor_pairs(items, 10, np.random.default_rng(0))
    assert exist == 2
    assert (0, 1) not in picks


@pytest.mark.parametrize("count", [300, 3_000, 12_000, 27_000])
def test_nor_among_many(count):
    """However the pairs are drawn: round by round, from what is left, or from the full list."""
    items = [
        PairImage(f"{group}/n{name}/{i}", f"n{name}", group)
        for group in ("a", "b")
        for name in range(30)
        for i in range(4)
    ]
    for seed in range(3):
        picks, exist = impostor_pairs(items, count, np.random.default_rng(seed))
        assert exist == 240 * 239 // 2 - 30 * (8 * 7 // 2)
        assert len(picks) == len(set(picks)) == min(count, exist)
        assert [pick for pick in picks if items[pick[0]].identity == items[pick[1]].identity] == []


def test_what_is_left_to_draw_from_has_no_such_pair_either():
    people = {("a", "x"): [0, 1], ("b", "x"): [2], ("b", "y"): [3]}
    assert sorted(_all_of(list(people), people)) == [(0, 3), (1, 3), (2, 3)]


def test_job_says_when_fewer_exist_and_repeats_byte_for_byte(filled, tmp_path):
    context = QuietContext(filled)
    result = run(PairsParams(genuine=10_000, impostor=20, out=tmp_path / "a.csv", seed=3), context)
    assert result.genuine == result.genuine_exist == 8 * 10
    assert any("Only 80 genuine pairs exist; 10,000 were asked for" in text for text in context.messages)
    run(PairsParams(genuine=10_000, impostor=20, out=tmp_path / "b.csv", seed=3), context)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    side = json.loads((tmp_path / "a.csv.json").read_text())
    assert side["seed"] == 3 and side["sha256"] == result.sha256
    pairs = read_pairs(tmp_path / "a.csv")
    assert sum(p.label for p in pairs) == 80
    assert all(p.subject1 and p.group1 for p in pairs)


def test_synthetic_images_are_left_out(project, tmp_path):
    from PIL import Image

    from fairdesk.dataset.image_import import import_images as import_folder
    from fairdesk.dataset.params import ImportParams
    from fairdesk.images.synthetic_marks import save_marked

    for who in ("a", "b"):
        (tmp_path / "in" / who).mkdir(parents=True)
        Image.new("RGB", (9, 9)).save(tmp_path / "in" / who / "1.png")
        save_marked(Image.new("RGB", (9, 9), "red"), tmp_path / "in" / who / "2.png", {"run": "r"})
    found = import_folder(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    assert found.synthetic == 2
    result = run(PairsParams(genuine=9, impostor=9, out=tmp_path / "l.csv"), QuietContext(project))
    assert (result.genuine, result.impostor, result.left_out["synthetic"]) == (0, 1, 2)
    result = run(PairsParams(genuine=9, impostor=9, out=tmp_path / "l.csv", synthetic=True), QuietContext(project))
    assert (result.genuine, result.impostor) == (2, 4)
    from_folder = run(
        PairsParams(genuine=9, impostor=9, out=tmp_path / "f.csv", folder=tmp_path / "in"), QuietContext()
    )
    assert (from_folder.genuine, from_folder.left_out["synthetic"]) == (0, 2)


def test_formats_round_trip(tmp_path):
    pairs = [
        Pair("x/Ana_Lee/Ana_Lee_0001.jpg", "x/Ana_Lee/Ana_Lee_0012.jpg", 1, 0, "Ana_Lee", "Ana_Lee"),
        Pair("x/Ana_Lee/Ana_Lee_0001.jpg", "x/Bo/Bo_12345.jpg", 0, 0, "Ana_Lee", "Bo"),
    ]
    write_pairs(tmp_path / "l.txt", pairs, "lfw")
    assert (tmp_path / "l.txt").read_text() == "1\t1\nAna_Lee\t1\t12\nAna_Lee\t1\tBo\t12345\n"
    assert [(p.label, p.path2) for p in read_pairs(tmp_path / "l.txt")] == [
        (1, "Ana_Lee/Ana_Lee_0012.jpg"), (0, "Bo/Bo_12345.jpg"),
    ]  # fmt: skip
    write_pairs(tmp_path / "p.txt", pairs, "pairs")
    assert [(p.path1, p.path2, p.label) for p in read_pairs(tmp_path / "p.txt")] == [
        (p.path1, p.path2, p.label) for p in pairs
    ]
    odd = [Pair('a, "b"/1 é.jpg', "c\nd/2.jpg", 1, 3, "a, b", "c", "ö", "")]
    write_pairs(tmp_path / "c.csv", odd, "csv")
    assert read_pairs(tmp_path / "c.csv") == odd
    with pytest.raises(RequestError, match="cannot hold a path with a blank"):
        write_pairs(tmp_path / "x.txt", odd, "pairs")
    with pytest.raises(RequestError, match="is not named so"):
        write_pairs(tmp_path / "x.txt", [Pair("a/1.jpg", "a/2.jpg", 1), Pair("a/1.jpg", "b/2.jpg", 0)], "lfw")


def test_a_wrong_csv_line_is_named(tmp_path):
    (tmp_path / "l.csv").write_text("path1,path2,label\na,b,1\na,b\n")
    with pytest.raises(RequestError, match=r"l\.csv: line 3 has 2 fields"):
        read_pairs(tmp_path / "l.csv")
    (tmp_path / "l.csv").write_text("path1,path2,label\na,b,maybe\n")
    with pytest.raises(RequestError, match="line 2: the label 'maybe'"):
        read_pairs(tmp_path / "l.csv")


def test_a_list_that_takes_the_place_of_another_says_so(filled, tmp_path):
    """Of how many pairs the other was, whoever made it; the same list again replaces nothing."""
    out, context = tmp_path / "l.csv", QuietContext(filled)
    out.write_text("path1,path2,label\na.jpg,b.jpg,1\na.jpg,c.jpg,0\na.jpg,d.jpg,0\n")
    first = run(PairsParams(genuine=2, impostor=3, out=out), context)
    assert first.replaced == 3 and "It replaced a list of 3 pairs." in first.text()
    again = run(PairsParams(genuine=2, impostor=3, out=out), context)
    assert again.replaced is None and "replaced" not in again.text() and again.sha256 == first.sha256
    other = run(PairsParams(genuine=1, impostor=1, out=out), context)
    assert other.replaced == 5 and other.summary == other.text()
    written = run(PairsParams(from_list=out, out=tmp_path / "m.txt", format="pairs"), context)
    assert written.replaced is None
    (tmp_path / "m.txt").write_text("no list\n")
    assert (
        "It replaced a file of that name."
        in run(PairsParams(from_list=out, out=tmp_path / "m.txt", format="pairs"), context).text()
    )
    with pytest.raises(ValueError, match="is what is read"):
        PairsParams(from_list=out, out=tmp_path / "sub" / ".." / "l.csv")
