"""TensorBoard's event files, both ways, beside torch's own writer and TensorBoard's own reader."""

import time

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

from fairdesk.errors import RequestError
from fairdesk.runs.event_files import EventLog
from fairdesk.runs.training_logs import read_log


def test_what_torch_writes_is_read(tmp_path):
    with SummaryWriter(tmp_path / "run") as writer:
        for step in range(5):
            writer.add_scalar("Loss/train", 1.0 / (step + 1), step * 10)
        writer.add_scalar("Loss/train", float("nan"), 60)
        writer.add_text("about", "no curve")
    curves = read_log(tmp_path / "run")
    assert curves.kind.startswith("TensorBoard") and set(curves.series) == {"Loss/train"}
    assert curves.series["Loss/train"][:2] == [(0.0, 1.0), (10.0, 0.5)] and len(curves.series["Loss/train"]) == 6
    assert read_log(next((tmp_path / "run").glob("events*"))).series.keys() == curves.series.keys()


def test_what_is_written_tensorboard_reads_also_after_a_resume(tmp_path):
    first = EventLog(tmp_path, 0)
    for step in range(1, 8):
        first.scalars(step, {"loss": float(step), "EER[g0]": step / 100})
    first.close()
    time.sleep(1.1)  # files of one second are ordered by a counter, in which 10 comes before 9
    second = EventLog(tmp_path, 4)  # the run was stopped and goes on after step 4
    second.scalars(5, {"loss": 50.0})
    second.close()
    theirs = EventAccumulator(str(tmp_path)).Reload()
    assert [(e.step, e.value) for e in theirs.Scalars("loss")] == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 50.0)]
    assert [s for s, _ in read_log(tmp_path).series["EER[g0]"]] == [1, 2, 3, 4]


def test_empty_and_broken_events(tmp_path):
    EventLog(tmp_path / "empty", 0).close()
    with pytest.raises(RequestError, match="no scalars yet"):
        read_log(tmp_path / "empty")
    (tmp_path / "x.txt").write_text("hello")
    with pytest.raises(RequestError, match="TensorBoard events"):
        read_log(tmp_path / "x.txt")


def test_a_run_folder_is_its_losses_and_what_was_evaluated(tmp_path):
    from fairdesk.runs.folder import RunFolder

    run = RunFolder.create(tmp_path / "run", {"kind": "gan"})
    for step in (1, 2, 3):
        run.scalars(step, {"G_loss": step / 3, "D_loss": 1.0})
    run.metrics(2, {"FID": 0.5})
    curves = read_log(tmp_path / "run")
    assert curves.kind == "a run of FairDesk" and set(curves.series) == {"G_loss", "D_loss", "FID"}
    assert curves.series["G_loss"] == [(1.0, 1 / 3), (2.0, 2 / 3), (3.0, 1.0)] and curves.series["FID"] == [(2.0, 0.5)]
