"""Logs as people bring them: resumed, of several processes, without line ends, and of other programs."""

import json
import random

import pytest

from fairdesk.errors import RequestError
from fairdesk.figures.curve_figure import curves_figure
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.curve_export import curves_csv, export_curves
from fairdesk.runs.params import CurvesParams
from fairdesk.runs.training_logs import is_evaluated, read_log
from tests.conftest import SHARED


def _read(tmp_path, text, name="train.log"):
    (tmp_path / name).write_text(text, newline="")
    return read_log(tmp_path / name)


def _arcface(steps, start=40.0):
    return "".join(
        f"Training: 2023-11-05 10:00:11,123-Speed 2500.1 samples/sec   Loss {start - step / 1000:.4f}   LearningRate 0.1   "
        f"Epoch: 0   Global Step: {step}   Fp16 Grad Scale: 2   Required: 1 hours\n"
        for step in steps
    )


def _never_back(curves):
    return all(points == sorted(points, key=lambda p: p[0]) and len(points) for points in curves.series.values())


GAN_LINE = "[Epoch {e}/9] [Batch {b}/3] [D loss: {v}] [G loss: 1.0]"


def _gan(epochs, end):
    return "".join(GAN_LINE.format(e=e, b=b, v=e + b / 10) + end for e in epochs for b in range(3))


RESUMED = {
    "arcface": (_arcface(range(50, 1000, 50)) + _arcface(range(600, 1500, 50)), "Loss", [19, 18]),
    "verification between": (
        _arcface([50, 100]) + "Training: x-[lfw][100]XNorm: 2.0\n" + _arcface([50, 100]) + "Training: x-[lfw][100]XNorm: 3.0\n",
        "lfw XNorm", [1, 1],
    ),
    "GAN": (_gan(range(3), "\n") + _gan(range(1, 4), "\n"), "D loss", [9, 9]),
    "GAN without line ends": (_gan(range(2), "") + _gan(range(2), ""), "D loss", [6, 6]),
    "CSV": ("step,loss\n" + "".join(f"{s},{s}\n" for s in (*range(9), *range(4, 12), *range(3))), "loss", [9, 8, 3]),
    "epochs and batches": ("Epoch,Batch,D_Loss\n0,0,1\n0,1,1\n1,0,1\n0,0,2\n0,1,2\n", "D_Loss", [3, 2]),
    "pix2pix": ("".join(f"(epoch: {e}, iters: {i}, time: 1) D_A: 0.5 \n" for e in (1, 2, 3, 1, 2) for i in (100, 200)), "D_A", [6, 4]),
    "StyleGAN": ("".join(json.dumps({"Loss/G/loss": {"mean": 1}, "Progress/kimg": {"mean": k}}) + "\n" for k in (0, 4, 8, 4, 8, 12)), "Loss/G/loss", [3, 3]),
    "PyTorch's DCGAN": ("".join(f"[{e}/5][{b}/20]\tLoss_D: 1.0\tLoss_G: 5.0\tD(x): 0.5\tD(G(z)): 0.6 / 0.1\n" for e in (0, 1, 0) for b in (0, 10)), "Loss_D", [4, 2]),
}  # fmt: skip


@pytest.mark.parametrize("case", RESUMED)
def test_a_run_that_was_resumed_or_begun_again_has_passes(tmp_path, case):
    text, name, lengths = RESUMED[case]
    curves = _read(tmp_path, text, "t.csv" if "," in text.split("\n")[0][:6] else "t.log")
    assert [len(curves.series[f"{name} (pass {n})"]) for n in range(1, len(lengths) + 1)] == lengths
    assert curves.passes == len(lengths) and "fall back" in curves.notes[0] and _never_back(curves)
    assert name not in curves.series


def test_a_long_log_that_was_resumed_is_told_apart_whatever_block_it_falls_in(tmp_path):
    text = _gan(range(9), "\n") * 1
    long = "".join(GAN_LINE.format(e=e, b=b, v=0.5) + "\n" for e in range(5000) for b in range(3))
    curves = _read(tmp_path, long + text)
    assert [len(curves.series[f"D loss (pass {n})"]) for n in (1, 2)] == [15000, 27] and _never_back(curves)
    curves = _read(tmp_path, _arcface(range(0, 200_000, 50)) + _arcface(range(1000, 200_000, 50)))
    assert [len(curves.series[f"Loss (pass {n})"]) for n in (1, 2)] == [4000, 3980] and _never_back(curves)


def test_an_unbroken_run_has_one_pass_and_plain_names(tmp_path):
    curves = _read(tmp_path, _arcface(range(50, 5000, 50)))
    assert list(curves.series) == ["Loss", "LearningRate", "Speed"] and curves.passes == 1 and not curves.notes


def test_processes_that_say_who_they_are_have_curves_of_their_own(tmp_path):
    for prefix in ("[rank{}]: ", "[default{}]:", "{}: ", "rank {} | "):
        lines = [prefix.format(rank) + line for line in _arcface([20, 40, 60]).splitlines() for rank in (0, 1)]
        curves = _read(tmp_path, "\n".join(lines))
        assert [p[0] for p in curves.series["Loss (rank 1)"]] == [20, 40, 60], prefix
        assert len(curves.series["Loss (rank 0)"]) == 3 and "0, 1" in curves.notes[0] and curves.passes == 1


def test_processes_that_do_not_say_who_they_are_are_averaged(tmp_path):
    rows = [
        (step + random.Random(step + rank).random() * 0.1 + rank * 20, step, rank)
        for rank in (0, 1)
        for step in range(20, 400, 20)
    ]
    text = "".join(_arcface([step], 40 + rank) for _, step, rank in sorted(rows))
    curves = _read(tmp_path, text)
    assert curves.passes == 1 and "several processes" in curves.notes[0] and _never_back(curves)
    assert curves.series["Loss"][0] == (20, pytest.approx(40.5 - 0.02)) and len(curves.series["Loss"]) == 19


@pytest.mark.parametrize("end", ["", "\r", "\n", "\r\n"])
def test_lines_without_line_ends(tmp_path, end):
    assert [step for step, _ in _read(tmp_path, _gan(range(2), end)).series["D loss"]] == list(range(6))
    text = "".join(f"(epoch: 1, iters: {i}, time: 0.1) D_A: {i}.5 " + end for i in (100, 200, 300))
    assert _read(tmp_path, text).series["D_A"] == [(100, 100.5), (200, 200.5), (300, 300.5)]
    text = "".join(f"[0/5][{b}/9]\tLoss_D: {b}.5\tLoss_G: 5.0" + end for b in range(3))
    assert _read(tmp_path, text).series["Loss_D"] == [(0, 0.5), (1, 1.5), (2, 2.5)]


MXNET = """INFO:root:Epoch[0] Batch [0-20]\tSpeed: 100.00 samples/sec\tacc=0.000000\tlossvalue=42.0
INFO:root:Epoch[0] Batch [20-40]\tSpeed: 100.00 samples/sec\tacc=0.000000\tlossvalue=41.0
lr-batch-epoch: 0.1 39 0
[lfw][40]XNorm: 1.0
[lfw][40]Accuracy-Flip: 0.50000+-0.00000
INFO:root:Epoch[1] Batch [20]\tSpeed: 100.00 samples/sec\tacc=0.100000\tlossvalue=40.0
"""
TIMM = """Training with a single process on 1 device (cuda:0).
Train: 0 [   0/100 (  0%)]  Loss: 6.93 (6.93)  Time: 1.1s,  230.41/s  LR: 1.000e-06  Data: 0.2 (0.2)
Train: 0 [  50/100 ( 50%)]  Loss: 6.50 (6.70)  Time: 0.1s, 2300.41/s  LR: 1.000e-05  Data: 0.2 (0.2)
Test: [   0/9]  Time: 0.9 (0.9)  Loss:  6.00 (6.10)  Acc@1:  1.0 (2.0)  Acc@5: 5.0 ( 6.0)
Test: [   9/9]  Time: 0.9 (0.9)  Loss:  6.00 (6.20)  Acc@1:  1.0 (3.5)  Acc@5: 5.0 ( 7.5)
Train: 1 [   0/100 (  0%)]  Loss: 6.20 (6.20)  Time: 1.1s,  230.41/s  LR: 1.000e-06  Data: 0.2 (0.2)
"""
LIGHTNING = "".join(
    f"\rEpoch {e}: {50 * b}%|#####     | {b}/2 [00:0{b}<00:01, 90.1it/s, v_num=3, train_loss={3 - e - b / 10}]" for e in (0, 1) for b in (0, 1, 2)
)  # fmt: skip
ACCELERATE = "".join(
    f"\rSteps:  {s}%|# | {s}/100 [00:10<01:30,  9.90it/s, lr=0.0001, step_loss={s / 100}]" for s in (1, 2, 2, 3)
)
OTHERS = {
    "MXNet": (MXNET, {"lossvalue": [(20, 42), (40, 41), (60, 40)], "acc": [(20, 0), (40, 0), (60, 0.1)], "lfw Accuracy-Flip": [(40, 0.5)]}, 1),
    "timm": (TIMM, {"Loss": [(0, 6.93), (50, 6.5), (100, 6.2)], "test Acc@1": [(50, 3.5)], "test Loss": [(50, 6.2)]}, 1),
    "torchvision": ("Epoch: [0][ 10/50]\tTime  0.5 ( 0.7)\tLoss 6.9e+00 (7.0e+00)\tAcc@1   0.50 (  0.07)\nEpoch: [1][ 10/50]\tTime  0.5 ( 0.7)\tLoss 6.5e+00 (7.0e+00)\tAcc@1   1.50 (  0.07)\n * Acc@1 7.5 Acc@5 9.0\n", {"Loss": [(10, 6.9), (60, 6.5)], "Acc@1": [(10, 0.5), (60, 1.5)], "test Acc@1": [(60, 7.5)], "test Acc@5": [(60, 9.0)]}, 0),
    "MetricLogger": ("Epoch: [0]  [  10/50]  eta: 0:10:00  lr: 0.1  img/s: 50.0  loss: 6.9 (6.9)  acc1: 0.5 (0.1)  time: 0.1  data: 0.1  max mem: 100\n", {"loss": [(10, 6.9)], "acc1": [(10, 0.5)], "lr": [(10, 0.1)]}, 0),
    "Lightning": (LIGHTNING, {"train_loss": [(0, 3), (1, 2.9), (2, 2.0), (3, 1.9), (4, 1.8)]}, 0),
    "accelerate": (ACCELERATE, {"lr": [(1, 1e-4), (2, 1e-4), (3, 1e-4)], "step_loss": [(1, 0.01), (2, 0.02), (3, 0.03)]}, 0),
    "transformers": ("Some words\n{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 1.0}\n{'loss': '0.4', 'epoch': 2.0}\n{'train_runtime': 3.0}\n", {"loss": [(1, 0.5), (2, 0.4)], "learning_rate": [(1, 5e-5)]}, 2),
    "JSON lines": ('{"train_loss": 0.5, "epoch": 0, "n": null}\n{"train_loss": 0.4, "epoch": 1}\n', {"train_loss": [(0, 0.5), (1, 0.4)]}, 0),
    "words": ("epoch 1, step 5/10: loss 0.5\nepoch 1, step 10/10: loss 0.4\nepoch 2, step 5/10: loss 0.3\n", {"loss": [(5, 0.5), (10, 0.4), (15, 0.3)]}, 0),
    "an epoch a line": ("Epoch 1/3 - loss: 0.5 - val_acc: 0.8\nEpoch 2/3 - loss: NaN - val_acc: 0.9\n", {"val_acc": [(1, 0.8), (2, 0.9)]}, 0),
    "iterations": ("iter 100: loss=0.5, time 12ms\niter 200: loss=1e-2, time 12ms\n", {"loss": [(100, 0.5), (200, 0.01)]}, 0),
    "DCGAN": ("Starting Training Loop...\n[0/5][0/20]\tLoss_D: 1.6\tLoss_G: 5.0\tD(x): 0.55\tD(G(z)): 0.57 / 0.01\n[1/5][5/20]\tLoss_D: 0.5\tLoss_G: nan\tD(x): 0.9\tD(G(z)): 0.1 / 0.02\n", {"Loss_D": [(0, 1.6), (25, 0.5)], "D(x)": [(0, 0.55), (25, 0.9)], "D(G(z1))": [(0, 0.57), (25, 0.1)], "D(G(z2))": [(0, 0.01), (25, 0.02)]}, 1),
    "TensorBoard's CSV": ("Wall time,Step,Value\n1600000000.5,0,1.2\n1600000060.5,5,1.1\n", {"Value": [(0, 1.2), (5, 1.1)]}, 0),
    "steps within epochs": ("epoch,iteration,loss\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n", {"loss": [(0, 1), (1, 2), (2, 3), (3, 4)]}, 0),
    "semicolons": ("epoch;loss\n0;0.5\n1;0.4\n", {"loss": [(0, 0.5), (1, 0.4)]}, 0),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS)
def test_logs_of_other_programs(tmp_path, case):
    text, wanted, other = OTHERS[case]
    curves = _read(tmp_path, text)
    for name, points in wanted.items():
        assert curves.series[name] == [(step, pytest.approx(value)) for step, value in points], name
    assert (curves.other, curves.broken, curves.passes) == (other, 0, 1)
    assert not any(name.lower() in {"time", "data", "wall time", "v_num", "eta"} for name in curves.series)


def test_what_stylegan_measured_stands_beside_its_losses(tmp_path):
    stats = [{"Loss/G/loss": {"mean": 1.0}, "Progress/kimg": {"mean": k}} for k in (0.0, 8.0)]
    (tmp_path / "stats.jsonl").write_text("\n".join(map(json.dumps, stats)))
    fid = [{"results": {"fid50k_full": v}, "metric": "fid50k_full", "snapshot_pkl": f"network-snapshot-{k:06d}.pkl"} for v, k in ((120.5, 0), (60.25, 8))]  # fmt: skip
    text = "\n".join(map(json.dumps, fid))
    (tmp_path / "metric-fid50k_full.jsonl").write_text(text)
    (tmp_path / "log.txt").write_text("tick 0 kimg 0.0 time 20s\n" + text)
    for path in (tmp_path, tmp_path / "stats.jsonl"):
        curves = read_log(path)
        assert curves.series["fid50k_full"] == [(0, 120.5), (8, 60.25)] and "Loss/G/loss" in curves.series
    for name in ("metric-fid50k_full.jsonl", "log.txt"):
        assert read_log(tmp_path / name).series == {"fid50k_full": [(0, 120.5), (8, 60.25)]}
    assert read_log(tmp_path / "log.txt").other == 1
    assert "log.txt" in read_log(tmp_path).notes[-1]  # a second log is named, not read silently


def test_nan_has_its_reason(tmp_path):
    (tmp_path / "t.log").write_text(_gan([0], "\n") + GAN_LINE.format(e=1, b=0, v="nan") + "\n")
    found = export_curves(CurvesParams(log=tmp_path / "t.log"), QuietContext()).json_values()["series"]
    assert found["D loss"]["last"] == [3.0, None] and "nan" in found["D loss"]["last_why"]
    assert found["D loss"]["undefined"] == 1 and "last_why" not in found["G loss"]


def test_what_is_not_understood_is_said(tmp_path):
    (tmp_path / "t.log").write_text("Loading\nModel\n" + _gan([0], "\n"))
    context = QuietContext()
    result = export_curves(CurvesParams(log=tmp_path / "t.log"), context)
    assert result.other_lines == 2 and any("2 lines of t.log have no figures" in text for text in context.messages)


@pytest.mark.parametrize(
    "text", ["hello\nworld\n", "{" * 5000 + "}", "step by step\n", "epoch 1\nepoch 2\n", "1/2 done\n"]
)
def test_no_log_is_refused_with_what_is_known(tmp_path, text):
    with pytest.raises(RequestError, match="no known kind"):
        _read(tmp_path, text)


def test_losses_and_rates_have_plots_of_their_own(tmp_path):
    assert is_evaluated("lfw Accuracy-Flip") and is_evaluated("fid50k_full") and not is_evaluated("Loss")
    figure = curves_figure({"Loss": [(0, 40.0)], "acc": [(0, 0.5)]}, {}, "step", "t", {"acc"})
    upper, lower = figure.axes
    assert [line.get_label() for line in upper.lines] == ["Loss"] and [line.get_label() for line in lower.lines] == [
        "acc"
    ]
    names = [
        axes.get_ylabel()
        for axes in curves_figure({"D_loss": [(0, 1)], "D(x)": [(0, 1)]}, {}, "step", "t", {"D(x)"}).axes
    ]
    assert names == ["D_loss", "D(x)"]
    assert len(curves_figure({"Loss": [(0, 40.0)]}, {}, "step", "t", set()).axes) == 1


def test_the_table_has_all_passes(tmp_path):
    text = curves_csv(_read(tmp_path, _gan(range(2), "") + _gan(range(2), "")))
    assert "D loss (pass 2),5,1.2" in text


FIELD = {
    "field/oneline-gan/train.log": {"D loss": (0, 5)}, "field/mxnet-mixed/train.log": {"lossvalue": (20, 40), "acc": (20, 40)},
    "field/cyclegan-restart/loss_log.txt": {"D_A (pass 1)": (100, 600), "D_A (pass 2)": (100, 400)},
    "field/tensorboard-csv/run.csv": {"Value": (0, 5)}, "field/stylegan-fid/run": {"fid50k_full": (0, 8)},
    "seed/cyc_resumed.txt": {"D loss (pass 1)": (0, 19), "D loss (pass 2)": (10, 29)},
    "seed/training_resumed.log": {"Loss (pass 1)": (50, 950), "Loss (pass 2)": (600, 1450)},
    "seed/curves_nan/cyc_eta.txt": {"G loss": (0, 30)},
}  # fmt: skip


@pytest.mark.parametrize("case", FIELD)
def test_cases_of_the_field(case):
    path = SHARED / "cases" / case
    if not path.exists():
        pytest.skip("the cases (../shared/cases) are not on this machine")
    curves = read_log(path)
    assert {name: (curves.series[name][0][0], curves.series[name][-1][0]) for name in FIELD[case]} == FIELD[case]
