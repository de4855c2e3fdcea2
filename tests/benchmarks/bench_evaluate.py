"""Evaluating scores against two sorts, pyeer and scikit-learn; every figure is the least of five runs."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.error_rates import area_under_curve, equal_error_rate, sort_scores, threshold_at_fmr
from fairdesk.metrics.scores.score_files import read_scores

_TARGETS = ("0.1", "0.01", "0.001", "0.0001", "0.00001", "0.000001")
_CHILD = """
import sys, json
from pathlib import Path
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.evaluation import evaluate
from fairdesk.metrics.params import EvaluateParams
params = EvaluateParams(scores=Path(sys.argv[1]))
def peak(): return int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
base = peak()
evaluate(read_scores(params.scores), params)
print(json.dumps(peak() - base))
"""


def least(work, times=5):
    """Return the least seconds of several runs, and the last result."""
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - start)
    return best, found


def rates(genuine, impostor):
    """EER, AUC and every TAR point, from scores that are not sorted."""
    scores = sort_scores(genuine, impostor)
    points = [threshold_at_fmr(scores, target) for target in _TARGETS]
    return equal_error_rate(scores), area_under_curve(scores), points


def measure(total, folder, rng):
    """Print the ratios for so many scores, one in ten genuine."""
    from pyeer.eer_info import get_eer_stats
    from sklearn.metrics import roc_curve

    genuine, impostor = rng.normal(2.5, 1, total // 10), rng.normal(0, 1, total - total // 10)
    path = Path(folder) / "s.npz"
    np.savez(path, genuine=genuine, impostor=impostor)
    params, scores = EvaluateParams(scores=path), read_scores(path)
    sorts, _ = least(lambda: (np.sort(genuine), np.sort(impostor)))
    ours, (equal, *_) = least(lambda: rates(genuine, impostor))
    whole, _ = least(lambda: evaluate(scores, params))
    out = subprocess.run([sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True)
    print(f"{total:>12,} scores: two sorts {sorts:.4f} s; EER, AUC, TAR {ours / sorts:.2f}x; evaluate {whole / sorts:.2f}x; "
          f"peak {json.loads(out.stdout) * 1024 / (total * 8):.2f}x the scores' memory above the imports")  # fmt: skip
    if total <= 1_000_000:
        peer, stats = least(lambda: get_eer_stats(genuine, impostor), 1)
        print(f"{'':>12}  pyeer {peer / whole:.0f}x evaluate (EER differs by {abs(stats.eer - equal.eer):.1e})")
    label, both = np.r_[np.ones(len(genuine)), np.zeros(len(impostor))], np.r_[genuine, impostor]
    peer, _ = least(lambda: roc_curve(label, both), 1)
    print(f"{'':>12}  scikit-learn's roc_curve alone {peer / whole:.1f}x evaluate")


def main():
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for total in (100_000, 1_000_000, 10_000_000):
            measure(total, folder, rng)
