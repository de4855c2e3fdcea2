"""Evaluating scores against pyeer and scikit-learn."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

_CHILD = """
import sys, time, json
from pathlib import Path
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
params = EvaluateParams(scores=Path(sys.argv[1]))
def peak(): return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
base = peak()
scores = read_scores(params.scores)
start = time.perf_counter()
result, _ = evaluate(scores, params)
print(json.dumps([time.perf_counter() - start, base, peak(), result["eer"]]))
"""


def ours(path):
    import json

    out = subprocess.run([sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True).stdout
    return json.loads(out)


def main():
    from pyeer.eer_info import get_eer_stats
    from sklearn.metrics import roc_curve

    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for total in (100_000, 1_000_000, 10_000_000):
            genuine, impostor = rng.normal(2.5, 1, total // 10), rng.normal(0, 1, total - total // 10)
            path = Path(folder) / "s.npz"
            np.savez(path, genuine=genuine, impostor=impostor)
            runs = [ours(path) for _ in range(3)]
            seconds = min(run[0] for run in runs)
            used = (runs[0][2] - runs[0][1]) * 1024 / (total * 8)
            line = f"{total:>12,} scores: ours {seconds:.3f} s, peak {used:.2f}x the scores' memory above the imports"
            if total <= 1_000_000:
                start = time.perf_counter()
                stats = get_eer_stats(genuine, impostor)
                peer = time.perf_counter() - start
                line += f"; pyeer {peer:.2f} s, {peer / seconds:.0f}x ours (EER differs by {abs(stats.eer - runs[0][3]):.1e})"
            start = time.perf_counter()
            roc_curve(np.r_[np.ones(len(genuine)), np.zeros(len(impostor))], np.r_[genuine, impostor])
            peer = time.perf_counter() - start
            print(f"{line}; scikit-learn's roc_curve alone {peer:.2f} s, {peer / seconds:.1f}x ours")
