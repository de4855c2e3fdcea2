"""One-to-many search against the definitions, probe by probe."""

import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdesk.cli import run
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.identification.files import read_search
from fairdesk.metrics.identification.job import evaluate_search
from fairdesk.metrics.identification.rates import search, threshold_at_fpir
from fairdesk.metrics.identification.results import IdentifyResult
from fairdesk.metrics.params import IdentifyParams
from fairdesk.metrics.report.search_tables import search_tables
from fairdesk.shares import wilson


def by_hand(scores, probes, gallery):
    """Ranks of each mated probe, pessimistic and optimistic, by counting; None where the subject is not enrolled."""
    out = []
    for row, who in zip(scores, probes, strict=True):
        own = [s for s, g in zip(row, gallery, strict=True) if g == who and not math.isnan(s)]
        others = [s for s, g in zip(row, gallery, strict=True) if g != who and not math.isnan(s)]
        if who not in gallery:
            out.append(None)
        elif not own:
            out.append((len(gallery) + 1,) * 2)
        else:
            out.append((1 + sum(s >= max(own) for s in others), 1 + sum(s > max(own) for s in others)))
    return out


matrices = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(
            st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(math.nan)), min_size=n, max_size=n),
            min_size=1, max_size=8,
        ),
        st.lists(st.sampled_from("abcd"), min_size=n, max_size=n),
        st.lists(st.sampled_from("abcdef"), min_size=8, max_size=8),
    )
)  # fmt: skip


@given(matrices)
@settings(max_examples=300, deadline=None)
def test_ranks_by_counting(case):
    scores, gallery, probes = case
    probes = probes[: len(scores)]
    found = search(np.array(scores), np.array(probes), np.array(gallery))
    for number, expected in enumerate(by_hand(scores, probes, gallery)):
        assert bool(found.mated[number]) == (expected is not None)
        if expected is not None:
            assert (found.pessimistic[number], found.optimistic[number]) == expected
        known = [s for s in scores[number] if not math.isnan(s)]
        assert bool(found.failed[number]) == (not known)
        assert found.highest[number] == max(known, default=-math.inf)


@given(matrices, st.sampled_from(["0.001", "0.1", "0.34", "0.5", "1"]))
@settings(max_examples=300, deadline=None)
def test_the_threshold_is_the_smallest_observed_score(case, target):
    scores, gallery, probes = case
    probes = probes[: len(scores)]
    found = search(np.array(scores), np.array(probes), np.array(gallery))
    nonmated = ~found.mated & ~found.failed
    if not nonmated.any():
        return
    highest = np.sort(found.highest[nonmated])
    observed = sorted({s for row in scores for s in row if not math.isnan(s)})
    good = [t for t in [*observed, math.inf] if np.mean(highest >= t) <= float(target) + 1e-12]
    assert threshold_at_fpir(highest, np.array(scores), target) == min(good)


def made(seed=0, people=60, enrolled=40, images=3, groups=("A", "B")):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, 16))
    who = np.repeat(np.arange(people), images)
    probes = centres[who] + rng.normal(scale=1.1, size=(len(who), 16))
    gallery = centres[:enrolled] + rng.normal(scale=0.6, size=(enrolled, 16))
    unit = lambda v: v / np.linalg.norm(v, axis=1, keepdims=True)
    names = np.array([f"p{n:03d}" for n in range(people)])
    return {
        "scores": np.round(unit(probes) @ unit(gallery).T, 2), "probe_subject": names[who],
        "gallery_subject": names[:enrolled], "probe_group": np.array(groups)[who % len(groups)],
    }  # fmt: skip


def identified(capsys, tmp_path, arrays, *options):
    np.savez(tmp_path / "s.npz", **arrays)
    assert run(["identify", str(tmp_path / "s.npz"), "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_verb_says_what_counting_says(capsys, tmp_path):
    arrays = made()
    found = identified(capsys, tmp_path, arrays, "--by", "group")
    scores, probes, gallery = (arrays[k].tolist() for k in ("scores", "probe_subject", "gallery_subject"))
    ranks = by_hand(scores, probes, gallery)
    for part, row in [("all", found), *found["groups"].items()]:
        mine = [n for n in range(len(probes)) if part in ("all", arrays["probe_group"][n])]
        mated = [n for n in mine if ranks[n] is not None]
        non = [n for n in mine if ranks[n] is None]
        assert (row["n_mated"], row["n_nonmated"]) == (len(mated), len(non))
        for place, kind in enumerate(("pessimistic", "optimistic")):
            expected = [np.mean([ranks[n][place] <= k for n in mated]) for k in range(1, len(gallery) + 1)]
            assert row["cmc"][kind] == pytest.approx(expected)
        for target, point in row["fnir_at_fpir"].items():
            everyone = [n for n in range(len(probes)) if ranks[n] is None]
            observed = [*sorted({s for r in scores for s in r}), math.inf]
            threshold = min(t for t in observed if np.mean([max(scores[n]) >= t for n in everyone]) <= float(target))
            own = {n: scores[n][gallery.index(probes[n])] for n in mated}
            assert float(point["threshold"]) == threshold
            assert point["fnir_rank1"] == pytest.approx(
                np.mean([not (ranks[n][0] == 1 and own[n] >= threshold) for n in mated])
            )
            assert point["fpir"] == pytest.approx(np.mean([max(scores[n]) >= threshold for n in non]))
    assert found["n_gallery"] == 40
    assert found["cmc"]["optimistic"] != found["cmc"]["pessimistic"]  # there are ties


def test_intervals_hold_the_rates_and_follow_the_subjects(capsys, tmp_path):
    one = identified(capsys, tmp_path, made(), "--by", "group")
    for row in (one, *one["groups"].values()):
        low, high = row["rank1_ci"]
        assert low < row["cmc"]["pessimistic"][0] < high
        assert list(row["rank_ci"]) == ["5", "10", "20"]
        for rank, (low, high) in row["rank_ci"].items():
            assert low < row["cmc"]["pessimistic"][int(rank) - 1] <= high
        point = row["fnir_at_fpir"]["0.1"]
        low, high = point["fnir_rank1_ci"]
        assert low < point["fnir_rank1"] < high
    arrays = made()
    twice = {k: v if k == "gallery_subject" else np.concatenate([v, v]) for k, v in arrays.items()}
    two = identified(capsys, tmp_path, twice)  # the same people: no more is known of them
    assert two["cmc"]["pessimistic"] == pytest.approx(one["cmc"]["pessimistic"])
    widths = [row["rank1_ci"][1] - row["rank1_ci"][0] for row in (one, two)]
    assert widths[1] == pytest.approx(widths[0], rel=0.1)
    by_probes = identified(capsys, tmp_path, twice, "--bootstrap", "0")
    assert by_probes["rank1_ci"][1] - by_probes["rank1_ci"][0] < 0.8 * widths[1]
    for rank, interval in by_probes["rank_ci"].items():
        found = round(by_probes["cmc"]["pessimistic"][int(rank) - 1] * by_probes["n_mated"])
        assert interval == pytest.approx(wilson(found, by_probes["n_mated"]))
    assert "too narrow" in by_probes["interval"]
    for point in by_probes["fnir_at_fpir"].values():  # without draws, too, a threshold above all probes is not known
        assert (point.get("fnir_rank1_ci") is None) == (not point["resolvable"])
        assert point["resolvable"] or point["fnir_rank1_ci_why"] == "below resolution"
    assert {point["resolvable"] for point in by_probes["fnir_at_fpir"].values()} == {True, False}


def test_the_interval_of_rank_1_is_that_of_the_subjects_means(capsys, tmp_path):
    """Where each subject has as many probes, the standard error is that of the mean of the subjects' rates."""
    arrays = made(people=200, enrolled=200)
    found = identified(capsys, tmp_path, arrays, "--bootstrap", "4000")
    ranks = by_hand(*(arrays[k].tolist() for k in ("scores", "probe_subject", "gallery_subject")))
    means = np.array([r[0] == 1 for r in ranks], dtype=float).reshape(-1, 3).mean(1)
    error = means.std(ddof=1) / np.sqrt(len(means))
    p = means.mean()
    half = 1.972 * error / (p * (1 - p))  # Student, 199 degrees of freedom at most
    low, high = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + np.array([-half, half]))))
    assert found["rank1_ci"] == pytest.approx([low, high], abs=0.01)


def test_without_strangers_there_is_no_open_set_rate(capsys, tmp_path):
    found = identified(capsys, tmp_path, made(people=40))
    point = found["fnir_at_fpir"]["0.01"]
    assert point["fnir_rank1"] is None and "no non-mated" in point["fnir_rank1_why"]
    assert found["cmc"]["pessimistic"][0] > 0.3
    strangers = made(enrolled=40)
    mask = np.isin(strangers["probe_subject"], strangers["gallery_subject"])
    only = {k: v if k == "gallery_subject" else v[~mask] for k, v in strangers.items()}
    found = identified(capsys, tmp_path, only)
    assert found["cmc"]["pessimistic"] is None and found["cmc"]["pessimistic_why"] == "no mated probes"
    assert found["fnir_at_fpir"]["0.1"]["fpir"] <= 0.1


def test_a_probe_without_scores_is_counted_and_in_no_rate(capsys, tmp_path):
    arrays = made()
    before = identified(capsys, tmp_path, arrays)
    more = {k: v if k == "gallery_subject" else np.concatenate([v, v[:1]]) for k, v in arrays.items()}
    more["scores"] = more["scores"].copy()
    more["scores"][-1] = np.nan
    after = identified(capsys, tmp_path, more)
    assert after["dropped"] == {"mated": 1, "nonmated": 0}
    assert after["cmc"] == before["cmc"] and after["n_mated"] == before["n_mated"] + 1


def test_scores_that_are_missing_beside_others_are_counted_and_told(capsys, tmp_path):
    arrays = made()
    assert "unscored" not in identified(capsys, tmp_path, arrays)
    scores = arrays["scores"].copy()
    mates = [np.flatnonzero(arrays["gallery_subject"] == who) for who in arrays["probe_subject"]]
    mated = [number for number, own in enumerate(mates) if len(own)]
    lost = [number for number in mated if arrays["probe_group"][number] == "A"][:2]
    for number in lost:
        scores[number, mates[number]] = np.nan
    scores[lost[0], (mates[lost[0]][0] + 1) % 40] = np.nan  # two of one probe
    stranger = next(n for n in range(len(scores)) if not len(mates[n]) and arrays["probe_group"][n] == "B")
    scores[stranger, :5] = np.nan
    scores[mated[-1]] = np.nan  # without any: dropped, not counted here
    gaps = arrays | {"scores": scores}
    found = identified(capsys, tmp_path, gaps, "--by", "group", "--out", str(tmp_path / "r"))
    assert found["unscored"] == {"scores": 8, "probes": 3, "mates": 2}
    assert found["groups"]["A"]["unscored"] == {"scores": 3, "probes": 2, "mates": 2}
    assert found["groups"]["B"]["unscored"] == {"scores": 5, "probes": 1, "mates": 0}
    assert found["dropped"] == {"mated": 1, "nonmated": 0}
    assert found["cmc"]["pessimistic"][-1] == pytest.approx(1 - 2 / (len(mated) - 1))  # never found
    assert json.loads((tmp_path / "r" / "identification.json").read_text())["unscored"] == found["unscored"]
    with (tmp_path / "r" / "fnir.csv").open(newline="") as file:
        assert [(row["unscored"], row["unscored_mates"]) for row in csv.DictReader(file)][::3] == [
            ("8", "2"),
            ("3", "2"),
            ("5", "0"),
        ]
    assert run(["identify", str(tmp_path / "s.npz")]) == 0
    said = (
        "8 scores of gallery entries are missing, in 3 probes: such an entry is never found; 2 mated probes without any "
        "score of their mate count as not found."
    )
    assert said in capsys.readouterr().out
    result = evaluate_search(
        read_search(tmp_path / "s.npz"), IdentifyParams(scores=tmp_path / "s.npz"), QuietContext()
    )[0]
    assert all(said in table.note for table in search_tables(result))


def test_distances_turn_round(capsys, tmp_path):
    arrays = made()
    near = identified(capsys, tmp_path, arrays)
    far = identified(capsys, tmp_path, arrays | {"scores": -arrays["scores"]}, "--distance")
    assert far["cmc"] == near["cmc"]
    for target, point in near["fnir_at_fpir"].items():
        other = far["fnir_at_fpir"][target]
        assert other["fnir_rank1"] == point["fnir_rank1"]
        if point["threshold"] != "inf":
            assert other["threshold"] == -point["threshold"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": np.zeros(3)}, "table of numbers"), ({"probe_subject": np.array(["a"])}, "probe_subject must be 180"),
        ({"scores": np.zeros((180, 0)), "gallery_subject": np.array([], dtype=str)}, "no gallery"),
        ({"gallery_subject": None}, "lacks the arrays gallery_subject"),
        ({"probe_subject": np.array([None] * 180)}, "Python objects"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(capsys, tmp_path, change, said):
    arrays = {k: v for k, v in (made() | change).items() if v is not None}
    np.savez(tmp_path / "s.npz", **arrays, allow_pickle=True)
    assert run(["identify", str(tmp_path / "s.npz")]) == 2
    assert said in capsys.readouterr().err


def test_groups_must_be_named(capsys, tmp_path):
    arrays = made()
    del arrays["probe_group"]
    np.savez(tmp_path / "s.npz", **arrays)
    assert run(["identify", str(tmp_path / "s.npz"), "--by", "group"]) == 2
    assert "probe_group" in capsys.readouterr().err


def test_the_files_are_written_and_the_same_again(capsys, tmp_path):
    for name in ("a", "b"):
        identified(capsys, tmp_path, made(), "--by", "group", "--out", str(tmp_path / name))
    names = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert names == [
        "cmc.csv", "cmc.pdf", "cmc.png", "cmc.svg", "fnir.csv", "identification.html", "identification.json", "identification.pdf", "tables",
    ]  # fmt: skip
    for name in ("cmc.csv", "cmc.png", "cmc.svg", "fnir.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert (tmp_path / "a" / "cmc.csv").read_text().splitlines()[1].startswith("all,1,")


def test_a_search_by_distances_is_told(tmp_path, capsys):
    rng = np.random.default_rng(0)
    people = np.array([f"p{number}" for number in range(12)])
    scores = rng.normal(size=(12, 12)) + 4 * np.eye(12)
    for sign, said in ((-1, True), (1, False)):
        np.savez(tmp_path / "s.npz", scores=sign * scores, probe_subject=people, gallery_subject=people)
        assert run(["identify", str(tmp_path / "s.npz"), "--json", "--bootstrap", "0"]) == 0
        assert ("may be distances" in json.loads(capsys.readouterr().out).get("warning", "")) == said
    np.savez(tmp_path / "s.npz", scores=-scores, probe_subject=people, gallery_subject=people)
    assert run(["identify", str(tmp_path / "s.npz"), "--json", "--bootstrap", "0", "--distance"]) == 0
    assert "warning" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("groups", "gone"),
    [
        (["A", "", "B", "A", "B", ""], (1, 1)),
        (["A", "B", "A", "B", "A", ""], (0, 1)),
        (["", "", "", "A", "", ""], (3, 2)),
        (["A", "B", "A", "B", "A", "B"], (0, 0)),
    ],
)
def test_probes_without_a_group_are_counted_and_told(capsys, tmp_path, groups, gone):
    """Four are enrolled, p4 and p5 are not; the second probe is p1 and the last p5."""
    path = tmp_path / "search.npz"
    who = np.array([f"p{k}" for k in range(6)])
    mated = np.array([True, True, True, True, False, False])
    scores = np.random.default_rng(0).random((6, 4))
    np.savez(path, scores=scores, probe_subject=who, gallery_subject=who[:4], probe_group=np.array(groups))
    assert run(["identify", str(path), "--by", "group", "--bootstrap", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["without_group"] == {"mated": gone[0], "nonmated": gone[1]}
    for kind, all_ in (("mated", int(mated.sum())), ("nonmated", int((~mated).sum()))):
        named = sum(row[f"n_{kind}"] for row in found["groups"].values())
        assert found[f"n_{kind}"] == all_ == named + found["without_group"][kind]
    assert run(["identify", str(path), "--by", "group", "--bootstrap", "0"]) == 0
    said = capsys.readouterr().out
    assert ("Without a group" in said) == bool(sum(gone))
    result = IdentifyResult.model_validate(found)
    notes = [table.note for table in search_tables(result)]
    assert all(("Without a group" in note) == bool(sum(gone)) for note in notes)
    assert run(["identify", str(path), "--bootstrap", "0", "--json"]) == 0
    assert "without_group" not in json.loads(capsys.readouterr().out)


def test_a_rate_that_is_undefined_says_why_and_a_set_without_intervals_claims_none(capsys, tmp_path):
    path = tmp_path / "search.npz"
    rng = np.random.default_rng(0)

    def said(probes, groups, *options):
        np.savez(
            path, scores=rng.random((len(probes), 2)), probe_subject=np.array(probes), gallery_subject=np.array(["a", "b"]),
            probe_group=np.array(groups),
        )  # fmt: skip
        assert run(["identify", str(path), "--by", "group", *options]) == 0
        return capsys.readouterr().out

    few = said(list("abc"), list("xxy"))
    assert (
        few.count("(FPIR undefined: no non-mated probes)") == 3 and few.count("undefined: no mated probes (FPIR") == 3
    )
    assert "(no interval: fewer than 4 subjects)" in few
    assert "Intervals: none: fewer than 4 subjects" in few and "95 %" not in few
    assert "Intervals: none: no mated probes" in said(list("cdefgh"), list("xxxxxx"))
    many = [f"p{k}" for k in range(40)]
    assert "Intervals: 95 % by probes' subjects" in said(["a", "b", *many], ["x"] * 22 + ["y"] * 20)


def test_a_group_that_is_nobodys_last_one_is_evaluated(capsys, tmp_path):
    """Everybody's probes name two groups, so that one of them has nobody who is drawn with it."""
    arrays = made()
    arrays["probe_group"] = np.where(np.arange(len(arrays["probe_group"])) % 3 == 2, "B", "A")
    found = identified(capsys, tmp_path, arrays, "--by", "group")
    assert set(found["groups"]) == {"A", "B"} and found["groups"]["A"]["rank1_ci"] is not None
    assert found["groups"]["A"]["n_mated"] == 2 * found["groups"]["B"]["n_mated"]


def test_what_is_advised_is_the_other_polarity_and_the_right_verb(capsys, tmp_path):
    names = np.array(list("abcdef"))
    path = tmp_path / "search.npz"
    np.savez(path, scores=np.eye(6), probe_subject=names, gallery_subject=names)
    assert run(["identify", str(path), "--distance"]) == 0
    assert "leave --distance out" in capsys.readouterr().err
    np.savez(path, scores=-np.eye(6), probe_subject=names, gallery_subject=names)
    assert run(["identify", str(path)]) == 0
    assert "use --distance" in capsys.readouterr().err
    for words in (["evaluate", str(path)], ["compare-scores", str(path), str(path)]):
        assert run(words) == 2
        assert f"identify {path}" in capsys.readouterr().err
    for verb in ("evaluate", "identify"):
        assert run([verb, str(tmp_path)]) == 2
        assert "is a folder" in capsys.readouterr().err


def test_the_terminal_marks_intervals_that_tell_little_as_the_tables_do(tmp_path):
    marks = "tells little", "says almost nothing"
    for name, arrays, few in (("few", made(people=8, enrolled=5, images=2), True), ("many", made(), False)):
        np.savez(tmp_path / name, **arrays)
        params = IdentifyParams(scores=tmp_path / f"{name}.npz", bootstrap=200)
        result = evaluate_search(read_search(params.scores), params, QuietContext())[0]
        said = result.text().splitlines()
        told = [sum(line.count(mark) for line in said if start in line for mark in marks) for start in _STARTS]
        shown = [
            sum(
                cell.text.count(mark)
                for row in table.rows
                for cell in row
                for mark in marks
                if table.name != "ranks" or row[1].text in ("1", "5")  # the terminal has the first two
            )
            for table in search_tables(result)[:2]
        ]
        assert told == shown
        assert (told[0] > 0) is few


_STARTS = "Rank 1 ", "FNIR at FPIR"
