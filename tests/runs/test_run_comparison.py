"""Runs side by side: what differs, effects paired by seed with intervals, tags and notes, runs from elsewhere, axes."""

import csv
import json

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from fairdesk.cli import run as cli
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.learning.checkpoints import save_checkpoint
from fairdesk.runs.folder import TIMES, RunFolder
from fairdesk.runs.params import CompareParams
from fairdesk.runs.run_comparison import by_group, differing, effects, table, unpaired
from fairdesk.runs.run_comparison import compare_runs as run
from fairdesk.runs.run_records import checkpoints, import_run, list_runs, read_notes, read_run, seconds, write_notes


def made(home, name, seed, eers, **switches):
    params = {
        "backbone": "mbf",
        "seed": seed,
        "out": str(home / name),
        "sampling": "plain",
        "reweight": False,
        **switches,
    }
    folder = RunFolder.create(home / name, {"kind": "recogniser", "params": params, "batches_per_epoch": 5})
    for step, eer in ((5, 0.4), (10, None)):
        folder.scalars(step, {"loss": 30.0 / step, "accuracy": 0.5})
        rates = {
            "EER": eer or float(np.mean(eers)),
            "EER[a]": eer or eers[0],
            "EER[b]": eer or eers[1],
            "margin[a]": 0.5,
        }
        folder.metrics(step, rates)
    return home / name


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "runs"
    rng = np.random.default_rng(0)
    for seed in (1, 2, 3):
        made(home, f"none-{seed}", seed, (0.1 + seed / 100, 0.2))
        made(home, f"balanced-{seed}", seed, (0.1 + rng.normal() * 0.02, 0.1 + seed / 1000), sampling="group")
    made(home, "lonely", 9, (0.1, 0.1), reweight=True)
    return home


def test_effects_are_paired_by_seed_with_students_interval(home):
    runs = [read_run(home / f"{kind}-{seed}") for kind in ("none", "balanced") for seed in (1, 2, 3)]
    found = {effect.figure: effect for effect in effects(runs)}
    assert (
        set(found) == {"EER", "EER[a]", "EER[b]"}
        and found["EER"].switch == "sampling group"
        and found["EER"].seeds == (1, 2, 3)
    )
    for figure, effect in found.items():
        gains = [runs[3 + n].figures[figure] - runs[n].figures[figure] for n in range(3)]
        low, high = ttest_1samp(gains, 0).confidence_interval()
        assert (effect.mean - effect.half, effect.mean + effect.half) == pytest.approx((low, high))
        assert (effect.told == "none: the interval includes 0") == (low <= 0 <= high)
    assert found["EER[b]"].told == "lower"
    (single,) = (effect for effect in effects(runs[:1] + runs[3:4]) if effect.figure == "EER")
    assert single.half is None and "one seed" in single.told


def test_what_differs_and_what_is_left_out(home):
    runs = [read_run(home / name) for name in ("none-1", "balanced-1", "lonely")]
    assert differing(runs) == {
        "seed": [1, 1, 9],
        "sampling": ["plain", "group", "plain"],
        "reweight": [False, False, True],
    }
    assert [one.name for one in unpaired(runs)] == ["lonely"] and {effect.switch for effect in effects(runs)} == {
        "sampling group"
    }
    header, rows = table(runs)
    assert header == ["", "none-1", "balanced-1", "lonely"] and ["sampling", "plain", "group", "plain"] in rows
    assert by_group(runs)["none-1"] == {"all": pytest.approx(0.155), "a": pytest.approx(0.11), "b": 0.2}


def test_the_verbs(home, tmp_path, capsys):
    assert (
        cli(["compare", str(home / "none-1"), str(home / "balanced-1"), "--out", str(tmp_path / "t.csv"), "--json"])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["differs"] == {"sampling": ["plain", "group"]} and told["effects"][0]["half_interval"] is None
    assert "one seed" in told["effects"][0]["half_interval_why"]
    assert next(csv.reader((tmp_path / "t.csv").read_text().splitlines())) == ["", "none-1", "balanced-1"]
    for suffix in ("png", "svg"):
        run(
            CompareParams(runs=[home / "none-1", home / "lonely"], out=tmp_path / f"p.{suffix}"),
            context := QuietContext(),
        )
        assert (tmp_path / f"p.{suffix}").stat().st_size > 5000 and any("lonely" in text for text in context.messages)
    assert cli(["runs", str(home / "none-1"), "--tags", "baseline", "paper", "--note", "the first one"]) == 0
    (home / "broken").mkdir()
    (home / "broken" / "config.json").write_text("{")
    capsys.readouterr()
    assert cli(["runs", str(home.parent), "--json"]) == 0
    captured = capsys.readouterr()
    listed = json.loads(captured.out)
    assert len(listed["runs"]) == 7 and "broken" in listed["unreadable"][0]["path"] and "broken" in captured.err
    assert next(one for one in listed["runs"] if one["name"] == "none-1")["tags"] == ["baseline", "paper"]
    assert cli(["compare", str(home / "none-1")]) == 2 and cli(["runs", str(tmp_path / "nothing")]) == 2


def test_tags_and_notes_stay_with_the_run(home):
    write_notes(home / "lonely", ("b", "a", "b"), "why\nnot")
    assert read_notes(home / "lonely") == (("b", "a"), "why\nnot")
    (home / "lonely" / "notes.json").write_text("[]")
    with pytest.raises(RequestError, match=r"notes\.json holds the run's tags and note and cannot be read"):
        read_notes(home / "lonely")
    runs, broken = list_runs(home)
    assert "lonely" not in {run.name for run in runs} and "notes.json" in broken[0]["why"]
    (home / "lonely" / "notes.json").unlink()
    assert read_notes(home / "lonely") == ((), "")
    with pytest.raises(RequestError, match="not a training run"):
        write_notes(home, (), "x")


def test_a_run_from_elsewhere_is_brought_in(home, tmp_path):
    brought = import_run(home / "none-1", tmp_path / "project" / "runs")
    again = import_run(home / "none-1", tmp_path / "project" / "runs")
    assert (brought.name, again.name) == ("none-1", "none-1-2") and read_run(brought).figures == read_run(
        home / "none-1"
    ).figures
    assert [one.name for one in list_runs(tmp_path / "project" / "runs")[0]] and not list(
        (tmp_path / "project" / "runs").glob(".*")
    )
    with pytest.raises(RequestError, match="among this project's runs already"):
        import_run(brought, brought.parent)
    with pytest.raises(RequestError, match="not a training run"):
        import_run(tmp_path, tmp_path / "x")


def test_checkpoints_and_times(home):
    run_folder = RunFolder.open(home / "none-1")
    for name, step in (("last", 10), ("epoch-0001", 5)):
        save_checkpoint(run_folder.checkpoint(name), {}, {}, {"step": step})
    run_folder.checkpoint("broken").write_bytes(b"x")
    assert checkpoints(home / "none-1") == [("epoch-0001", 5), ("last", 10)]
    (home / "none-1" / TIMES).write_text("step,time\n1,1000.0\n2,1010.0\n3,99999.0\n4,100009.5\nx\n")
    assert seconds(home / "none-1") == ([1, 2, 3, 4], [0, 10, 10, 20.5])
    assert seconds(home / "lonely") == ([], [])


def test_half_written_last_rows_are_passed_over(home):
    path = home / "none-1" / "scalars.csv"
    path.write_text(path.read_text() + "15,0.1")
    assert (read_run(home / "none-1").steps, read_run(home / "none-1").losses) == (10, {"loss": 3.0, "accuracy": 0.5})
