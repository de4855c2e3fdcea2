"""Intervals of 2,000 subjects, 10^6 pairs in four groups and 1,000 draws against the same evaluation without draws."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.score_files import read_scores


def make(path, pairs=1_000_000, people=2000):
    rng = np.random.default_rng(0)
    first, label = rng.integers(0, people, pairs), rng.random(pairs) < 0.1
    other = rng.integers(0, people // 4, pairs) * 4 + first % 4  # of the same group
    second = np.where(label, first, np.where(other == first, (other + 4) % people, other))
    names = np.array([f"subject{k:05d}" for k in range(people)])
    groups = np.array(["A", "B", "C", "D"])
    np.savez(
        path, score=rng.normal(size=pairs) + 3.2 * label, label=label, subject1=names[first], subject2=names[second],
        group1=groups[first % 4], group2=groups[second % 4],
    )  # fmt: skip


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.npz"
        make(path)
        without, with_draws, longest = np.inf, np.inf, 0.0
        for _ in range(3):
            for draws in (0, 1000):
                start, began = time.perf_counter(), time.process_time()
                asked = [start]
                evaluate(
                    read_scores(path),
                    EvaluateParams(scores=path, by="group", bootstrap=draws),
                    lambda asked=asked: asked.append(time.perf_counter()),
                )
                took = time.process_time() - began
                without, with_draws = (
                    (min(without, took), with_draws) if not draws else (without, min(with_draws, took))
                )
                longest = max(longest, *np.diff(asked))
        verbs = {draws: min(_verb(path, draws) for _ in range(3)) for draws in (0, 1000)}
        print(
            f"the verb, processor time: without draws {verbs[0]:.2f} s, with 1,000 {verbs[1000]:.2f} s: {verbs[1000] / verbs[0]:.1f}x (promised: 4x)"
        )
        print(f"its evaluation alone, processor time: {without:.2f} s, {with_draws:.2f} s: {with_draws / without:.1f}x")
        print(f"longest time in which nobody asked whether to stop: {longest:.2f} s (promised: 1 s)")


def _verb(path, draws):
    """Return the processor time of the whole verb, which other programs on the machine do not change."""
    before = os.times()
    command = [sys.executable, "-m", "fairdesk", "evaluate", str(path), "--by", "group", "--bootstrap", str(draws)]
    subprocess.run(command, check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
