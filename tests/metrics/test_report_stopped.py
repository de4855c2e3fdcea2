"""A report that is stopped while it is written stops soon, as a stopped job, and leaves nothing half written."""

import os
import signal
import time

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import Stopped
from fairdesk.figures import verification_figures
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.identification.job import identify_probes
from fairdesk.metrics.params import EvaluateParams, IdentifyParams


@pytest.fixture
def scores(tmp_path):
    rng = np.random.default_rng(0)
    n = 2000
    label = rng.random(n) < 0.4
    group = rng.choice(["A", "B", "C"], n)
    first = np.char.add(group, rng.integers(0, 20, n).astype(str))
    other = np.char.add(group, rng.integers(20, 40, n).astype(str))
    path = tmp_path / "scores.npz"
    np.savez(
        path, score=rng.normal(size=n) + 2 * label, label=label, group1=group, group2=group, subject1=first,
        subject2=np.where(label, first, other),
    )  # fmt: skip
    return path


@pytest.fixture
def searched(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "search.npz"
    who = np.array([f"p{k}" for k in range(12)])
    np.savez(path, scores=rng.random((12, 8)), probe_subject=who, gallery_subject=who[:8])
    return path


class Watched(QuietContext):
    """Counts the checks, notes the processor time between two once the job is at its last step, and stops when told."""

    def __init__(self, stop_at=None):
        super().__init__()
        self.checks, self.stop_at, self.longest = 0, stop_at, 0.0
        self.last = None

    def check(self):
        if self.done < 2:  # figures and draws
            return
        if self.last is not None:
            self.longest = max(self.longest, time.process_time() - self.last)
        self.checks += 1
        if self.checks == self.stop_at:
            raise Stopped
        self.last = time.process_time()


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("job", ["evaluate", "identify"])
def test_it_ends_within_a_second_and_leaves_nothing(scores, searched, tmp_path, job):
    def made(out, context):
        if job == "identify":
            return identify_probes(IdentifyParams(scores=searched, out=out, bootstrap=50), context)
        return evaluate_scores(EvaluateParams(scores=scores, out=out, bootstrap=50), context)

    whole = Watched()
    made(tmp_path / "whole", whole)
    assert whole.longest < 1
    before = files_of(tmp_path / "whole")
    for stop_at, folder in ((1, "new"), (whole.checks // 2, "whole"), (whole.checks, "new")):
        with pytest.raises(Stopped):
            made(tmp_path / folder, Watched(stop_at))
    assert not (tmp_path / "new").exists()
    assert files_of(tmp_path / "whole") == before


def test_ctrl_c_during_the_plots_is_a_stopped_verb(scores, tmp_path, monkeypatch, capsys):
    made = []

    def picture(*given, **options):
        made.append(1)
        if len(made) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return original(*given, **options)

    original = verification_figures.picture
    monkeypatch.setattr(verification_figures, "picture", picture)
    assert run(["evaluate", str(scores), "--by", "group", "--bootstrap", "50", "--out", str(tmp_path / "out")]) == 130
    assert len(made) == 3 and not (tmp_path / "out").exists()
    said = capsys.readouterr().err
    assert "Wrote" not in said and "Stopped. No half-written file is left; run it again." in said and "kept" not in said
