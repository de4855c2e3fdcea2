"""The commands of README and guide run as they are written, one after the other, in one folder.

A training or a generation that takes longer than a moment is stopped as a person would stop it (Ctrl-C), and must end so, with
what it has made usable by the commands that follow. Nothing is downloaded.
"""

import contextlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fairdesk.cli.main import _parser
from fairdesk.images.drawn_faces import draw_face, draw_person
from fairdesk.project.encoder_ref import RUN_WEIGHTS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/guide.md", "docs/intervals.md", "CONTRIBUTING.md")
LONG = 8  # seconds: then Ctrl-C
STOPPED = ("train", "generate", "translate")  # what may take that long
END = 240  # seconds that anything may take, or take to stop
LOG = "".join(
    f"[Epoch {e}/3] [Batch {b}/4] [D loss: {1 / (1 + e + b):.4f}] [G loss: {0.5 + e / 9:.4f}]\n"
    for e in range(3)
    for b in range(4)
)


def commands():
    """Every command line in a code block, with its document."""
    for document in DOCUMENTS:
        for block in re.findall(r"^```[a-z]*\n(.*?)^```", (ROOT / document).read_text(encoding="utf-8"), re.M | re.S):
            for line in block.splitlines():
                if re.match(r"(uv run )?fairdesk \w", line):
                    yield document, shlex.split(line.removeprefix("uv run "), comments=True)[1:]


def test_every_command_is_understood():
    found = list(commands())
    assert len(found) > 20
    for document, words in found:
        try:
            _parser().parse_args(words)
        except SystemExit as ended:
            pytest.fail(f"{document}: fairdesk {shlex.join(words)}: {ended}")


def test_options_that_the_texts_name_are_there():
    """An option in running text belongs to some verb."""
    from tests.cli.test_fixed_part import _children, _options

    known = set()
    for parser in _children(_parser()).values():
        known |= set(_options(parser))
    known |= {
        "--logdir",
        "--wheel",
        "--overrides",
        "--nnodes",
        "--node-rank",
        "--nproc-per-node",
        "--master-addr",
        "--master-port",
        "--address",
    }
    for document in ("README.md", "docs/guide.md"):
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / document).read_text(encoding="utf-8")))
        assert named <= known, (document, named - known)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """What the commands are about: photographs of two groups, and a log."""
    home = tmp_path_factory.mktemp("world")
    for tone, group in ((3, "African"), (7, "Asian")):
        for number in range(6):
            person = draw_person(np.random.default_rng([3, tone, number]), tone)
            place = home / "photographs" / group / f"p{tone}{number}"
            place.mkdir(parents=True)
            for image in range(4):
                rng = np.random.default_rng([3, tone, number, image])
                draw_face(person, rng, 200).save(place / f"p{tone}{number}_{image + 1:04d}.jpg", quality=95)
    (home / "training.log").write_text(LOG)
    return home


def run_as_written(words, home):
    """Run a command; one that takes long is stopped by Ctrl-C. Returns its status, seconds and output."""
    begin = time.monotonic()
    log = home / "said.txt"
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, "-m", "fairdesk", *words], cwd=home, stdout=file, stderr=file)
    try:
        while process.poll() is None and time.monotonic() - begin < END:
            time.sleep(0.2)
            if words[0] in STOPPED and time.monotonic() - begin > LONG and begun(words, home):
                process.send_signal(signal.SIGINT)
                break
        process.wait(END)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
    said = log.read_text(encoding="utf-8")
    return process.returncode, time.monotonic() - begin, said


def begun(words, home):
    """Whether a training has made a step, so that stopping it leaves a checkpoint, and others the folder that they fill."""
    if words[0] != "train":
        return "--out" not in words or (home / words[words.index("--out") + 1]).exists()
    scalars = home / words[words.index("--out") + 1] / "scalars.csv"
    return scalars.exists() and scalars.read_text().count("\n") > 1


def before(words, home):
    """What a command needs that no earlier one has made."""
    recogniser = home / "runs" / "recogniser"
    if words[0] == "compare" and not (home / "runs" / "plain").exists():
        shutil.copytree(recogniser, home / "runs" / "plain")
    if f"arcface:{recogniser.relative_to(home)}" in words and not (recogniser / RUN_WEIGHTS).exists():  # it was stopped
        short = ["train", "arcface", "study.fairdesk", "--out", "runs/short", "--epochs", "1", "--validation", "0"]
        subprocess.run([sys.executable, "-m", "fairdesk", *short], cwd=home, check=True, timeout=END)
        for file in (home / "runs" / "short").glob("backbone.*"):
            shutil.copy(file, recogniser)


README = [words for document, words in commands() if document == "README.md"]


def test_the_readmes_commands_run_as_written(world):
    """In their order: each needs what those before it have made."""
    for words in README:
        before(words, world)
        status, seconds, said = run_as_written(words, world)
        shown = f"fairdesk {shlex.join(words)}\n{status} after {seconds:.0f} s\n{said[-3000:]}"
        assert status == 0 or (status == 130 and words[0] in STOPPED), shown
        assert "Traceback" not in said and "Internal error" not in said, shown
    see_what_they_made(world)


def see_what_they_made(world):
    made = (
        "report/report.html",
        "curves.png",
        "clusters.json",
        "again.npz",
        "train-rec/train.rec",
        "made",
        "translated",
    )
    assert [name for name in made if not (world / name).exists()] == []
