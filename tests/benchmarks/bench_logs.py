"""Logs of a million lines: how long until their curves are there, beside reading them line by line."""

import re
import tempfile
import time
from pathlib import Path

from fairdesk.runs.training_logs import read_log

LINES = 1_000_000
KINDS = {
    "arcface_torch": (
        lambda n: (
            f"Training: 2021-05-12 10:35:08,{n % 1000:03d}-Speed 1234.56 samples/sec   Loss {40 / (1 + n / 1e5):.4f}   LearningRate 0.1000   "
            f"Epoch: {n // 45490}   Global Step: {n}   Fp16 Grad Scale: 65536   Required: 9 hours\n"
        ),
        re.compile(r"Loss ([\d.]+).*Global Step: (\d+)"),
    ),
    "PyTorch-GAN": (
        lambda n: (
            f"[Epoch {n // 1000}/1000] [Batch {n % 1000}/1000] [D loss: {1 / (n + 1):.6f}] [G loss: {n % 7:.6f}] ETA: 0:00:01\n"
        ),
        re.compile(r"Epoch (\d+)/\d+\] \[Batch (\d+)/(\d+)\] \[D loss: ([\d.]+)\] \[G loss: ([\d.]+)"),
    ),
    "CSV": (
        lambda n: ("step,D_loss,G_loss\n" if n == 0 else "") + f"{n},{1 / (n + 1):.6f},{n % 7:.3f}\n",
        re.compile("([^,]+),([^,]+),([^,]+)"),
    ),
}


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, (line, pattern) in KINDS.items():
            path = Path(folder) / "log"
            path.write_text("".join(map(line, range(LINES))))

            def plain(path=path, pattern=pattern):
                rows = []
                for text in path.open():
                    match = pattern.search(text)
                    if match:
                        rows.append(match.groups())
                return rows

            times = {}
            for what, work in (("ours", lambda path=path: read_log(path)), ("plain", plain)):
                took = []
                for _ in range(3):
                    start = time.perf_counter()
                    work()
                    took.append(time.perf_counter() - start)
                times[what] = sorted(took)[1]
            print(
                f"{name}: {times['ours']:.2f} s; a loop over the lines with one search takes {times['plain']:.2f} s ({times['ours'] / times['plain']:.2f}x that)"
            )
