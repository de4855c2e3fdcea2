"""Choosing epsilon by eye: what opening costs once, and what a step of the slider costs. `python -m tests.benchmarks choosing`"""

import time

import numpy as np

from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.radius import Radius
from tests.clustering.test_review import people

FACES = 20_000


def main():
    vectors, truth = people(1, count=FACES // 8, dims=128)
    n = len(vectors)
    groups = [f"group {one % 4}" for one in truth.tolist()]
    for name, known in (
        ("known people in 4 groups", Known(truth, groups)),
        ("nobody known", Known(np.full(n, -1, dtype=np.int64), [None] * n)),
    ):
        start = time.perf_counter()
        radius = Radius(vectors, known)
        opened = time.perf_counter() - start
        times = []
        for eps in radius.values(20):
            start = time.perf_counter()
            radius.outcome(eps, 2)
            times.append(1000 * (time.perf_counter() - start))
        print(
            f"{n:,} faces, {name}: opened in {opened:.1f} s; a step of the slider {np.median(times):.0f} ms,"
            f" at most {max(times):.0f} ms (goal 200)",
            flush=True,
        )
