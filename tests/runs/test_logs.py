"""Logs of every known kind, whatever the line ends; broken lines are counted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.runs.curve_export import export_curves as run
from fairdesk.runs.params import CurvesParams
from fairdesk.runs.results import SeriesEnds
from fairdesk.runs.training_logs import read_log, smooth
from tests.conftest import SHARED

ARCFACE = """Training: 2023-01-05 10:00:00,123-rank_id: 0
Training: 2023-01-05 10:00:10,123-Speed 812.50 samples/sec   Loss 41.2034   LearningRate 0.020000   Epoch: 0   Global Step: 20   Fp16 Grad Scale: 65536   Required: 12 hours
Training: 2023-01-05 10:00:20,123-Speed 820.10 samples/sec   Loss 40.1000   LearningRate 0.019900   Epoch: 0   Global Step: 40   Fp16 Grad Scale: 65536   Required: 12 hours
Training: 2023-01-05 10:00:21,123-[lfw][40]XNorm: 22.145893
Training: 2023-01-05 10:00:21,123-[lfw][40]Accuracy-Flip: 0.99350+-0.00340
Training: 2023-01-05 10:00:30,123-Speed 818.20 samples/sec   Loss 39.5   Epoch: 1   Global Step: 60   Required: 11 hours
Training: 2023-01-05 10:00:40,123-Speed what samples/sec   Loss
"""
GAN = "\r[Epoch 0/200] [Batch 0/3] [D loss: 0.712] [G loss: 3.1, adv: 0.6, cycle: 0.2, identity: 0.1] ETA: 1 day, 2:03:04" \
      "\r[Epoch 1/200] [Batch 2/3] [D loss: 5e-1] [G loss: 2.5, adv: 0.5, cycle: 0.19, identity: 0.1] ETA: 0:10:00\n[Epoch ?"  # fmt: skip
PIX = "================ Training Loss ================\n(epoch: 1, iters: 100, time: 0.6, data: 0.3) D_A: 0.4 G_A: 0.3 \n(epoch: 2, iters: 50, time: 0.6, data: 0.3) D_A: 0.2 G_A: nan \n(epoch: 3, iters: \n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_arcface(tmp_path, ends):
    (tmp_path / "t.log").write_bytes(ARCFACE.replace("\n", ends).encode())
    curves = read_log(tmp_path / "t.log")
    assert curves.series["Loss"] == [(20, 41.2034), (40, 40.1), (60, 39.5)]
    assert curves.series["LearningRate"] == [(20, 0.02), (40, 0.0199)]
    assert curves.series["lfw Accuracy-Flip"] == [(40, 0.9935)]
    assert curves.broken == 1 and curves.axis == "global step"


def test_pytorch_gan(tmp_path):
    (tmp_path / "g.txt").write_text(GAN, newline="")
    curves = read_log(tmp_path / "g.txt")
    assert curves.series["D loss"] == [(0, 0.712), (5, 0.5)]
    assert curves.series["G loss"] == [(0, 3.1), (5, 2.5)]
    assert curves.series["identity"][0] == (0, 0.1) and curves.broken == 1


def test_cyclegan_and_pix2pix(tmp_path):
    (tmp_path / "loss_log.txt").write_text(PIX)
    curves = read_log(tmp_path / "loss_log.txt")
    assert curves.series["D_A"] == [(100, 0.4), (150, 0.2)]
    assert curves.broken == 1


def test_a_real_cyclegan_log():
    path = SHARED / "data" / "logs" / "cyclegan_loss_log.txt"
    if not path.exists():
        pytest.skip("the real log (../shared/data/logs) is not on this machine")
    curves = read_log(path)
    lines = [line for line in path.read_text().splitlines() if line.startswith("(epoch")]
    assert {"D_A", "G_A", "cycle_A", "idt_A", "D_B", "G_B", "cycle_B", "idt_B"} <= set(curves.series)
    assert all(len(points) == len(lines) for points in curves.series.values())
    steps = [step for step, _ in curves.series["G_A"]]
    assert steps == sorted(steps) and curves.broken == 0


def test_stylegan(tmp_path):
    rows = [{"Loss/G/loss": {"num": 1, "mean": 1.5 - k / 10, "std": 0}, "Loss/D/loss": {"num": 1, "mean": 0.9, "std": 0},
             "Progress/kimg": {"num": 1, "mean": 4.0 * k, "std": 0}, "timestamp": 1.0} for k in range(3)]  # fmt: skip
    (tmp_path / "stats.jsonl").write_text("\n".join(map(json.dumps, rows)) + '\n{"half": ')
    curves = read_log(tmp_path / "stats.jsonl")
    assert curves.series["Loss/G/loss"] == [(0, 1.5), (4, 1.4), (8, 1.3)]
    assert curves.broken == 1 and curves.axis == "kimg"


def test_csvs(tmp_path):
    (tmp_path / "a.csv").write_text("Epoch,Batch,D_Loss,G_Loss\n0,0,0.7,0.8\n0,1,0.6,0.9\n1,0,0.5,oops\n1\n")
    curves = read_log(tmp_path / "a.csv")
    assert curves.series["D_Loss"] == [(0, 0.7), (1, 0.6), (2, 0.5)] and curves.broken == 2
    (tmp_path / "metrics.csv").write_text("epoch,step,train_loss,val_acc\n0,9,0.5,\n0,19,0.4,0.8\n")
    curves = read_log(tmp_path / "metrics.csv")
    assert curves.series == {"train_loss": [(9, 0.5), (19, 0.4)], "val_acc": [(19, 0.8)]} and curves.broken == 0


def test_no_known_kind(tmp_path):
    (tmp_path / "x.log").write_text("nothing of use")
    with pytest.raises(RequestError, match=r"no known kind[\s\S]*stats\.jsonl"):
        read_log(tmp_path / "x.log")


@pytest.mark.parametrize("suffix", ["png", "svg", "csv"])
def test_export(tmp_path, suffix):
    (tmp_path / "t.log").write_text(ARCFACE)
    context = QuietContext()
    result = run(CurvesParams(log=tmp_path / "t.log", out=tmp_path / f"c.{suffix}", smoothing=0.5), context)
    assert result.series["Loss"] == SeriesEnds(points=3, first=(20, 41.2034), last=(60, 39.5))
    data = (tmp_path / f"c.{suffix}").read_bytes()
    assert {"png": b"\x89PNG", "svg": b"<svg", "csv": b"Loss,20,41.2034"}[suffix] in data
    assert any("1 line of" in text for text in context.messages)


@given(st.floats(-1e3, 1e3), st.integers(1, 30), st.floats(0, 0.99))
def test_a_constant_stays_constant(value, count, weight):
    assert smooth([value] * count, weight) == pytest.approx([value] * count, rel=1e-9, abs=1e-9)


def test_a_folder_is_its_log_or_says_what_to_give(tmp_path):
    row = {"Loss/G/loss": {"mean": 1.0}, "Progress/kimg": {"mean": 0.0}}
    (tmp_path / "stats.jsonl").write_text(json.dumps(row))
    assert read_log(tmp_path).series == {"Loss/G/loss": [(0.0, 1.0)]}
    (tmp_path / "stats.jsonl").rename(tmp_path / "other.txt")
    with pytest.raises(RequestError, match="is a folder, and holds no run"):
        read_log(tmp_path)
