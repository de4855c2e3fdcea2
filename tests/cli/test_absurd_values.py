"""Absurd values of every option of every verb: refused or done, in plain words, in a moment, and nothing half written."""

import argparse
import contextlib
import io
import re
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fairdesk.cli import run
from fairdesk.cli.main import _parser
from fairdesk.errors import JobFailed
from fairdesk.jobs.kinds import JobKind

LONGEST = 20.0  # seconds, torch imported
ABSURD = (
    "", " ", "-1", "0", "1", "nan", "inf", "-inf", "1e309", "99999999999999999999999", "0x10", "1.5", "x" * 3000, "..", "/", "/dev/null",
    "/proc/self/mem", "a\nb", "é\u202e\u0301", "=cmd|' /C calc'!A0", "[1", "{x}", "%s", "$HOME", "a=b=c", "group=", "*", "..//..", "'; DROP TABLE image;--",
    "deepface:", "onnx:", "arcface:/", "1x1", "0x0", "999999x999999", "fmr=nan", "threshold=", "path1=x,path1=y",
)  # fmt: skip
BEGUN = "It would begin now."  # what opens a window, draws faces, asks the network or trains says in its place


def _leaves(parser, words=()):
    children = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not children:
        yield words, parser
    for name, child in children[0].items() if children else ():
        yield from _leaves(child, (*words, name))


def _places():
    """Every (verb, option or positional) that takes a value."""
    for words, parser in _leaves(_parser()):
        for action in parser._actions:
            if action.nargs != 0 and action.dest != "help":
                yield words, action.option_strings[-1] if action.option_strings else action.dest


PARSERS = dict(_leaves(_parser()))
PLACES = list(_places())


def _argument(action, world):
    """A value that is right for what an argument asks for, or nearly."""
    if action.choices:
        return [str(next(iter(action.choices)))]
    if action.dest in ("project",):
        return [str(world / "study")]
    if action.dest == "out":
        return [str(world / "out")]
    if action.dest in ("folder", "data", "input", "a", "b", "data_b", "old", "new"):
        return [str(world / "in")]
    if action.type is int:
        return ["1"]
    return [str(world / "gone")]


def _line(words, place, value, world):
    """A command line in which one place has an absurd value and all that is needed besides has a plain one."""
    parser = PARSERS[words]
    options, positionals = [], []
    if words[0] == "train":  # what is not refused ends soon
        options += [one for one in ("--epochs=1", "--batch-size=2") if not one.startswith(place + "=")]
    for action in parser._actions:
        name = action.option_strings[-1] if action.option_strings else action.dest
        if name == place:
            given_ = [value]
        elif action.required and action.dest != "help":
            given_ = _argument(action, world)
        else:
            continue
        if action.option_strings:
            options += [f"{name}={given_[0]}"]
        else:
            positionals += given_
    return [*words, *options, "--", *positionals] if words[0] != "container" else [*words, *options, *positionals]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A project of two images, and a folder of them."""
    home = tmp_path_factory.mktemp("world")
    rng = np.random.default_rng(0)
    for person in ("a", "b"):
        (home / "in" / person).mkdir(parents=True)
        Image.fromarray(rng.integers(0, 255, (32, 32, 3), dtype=np.uint8)).save(home / "in" / person / "1.png")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert run(["new", str(home / "study")]) == 0
        assert run(["import", str(home / "study"), str(home / "in")]) == 0
    return home


@pytest.fixture(autouse=True)
def _nothing_long(monkeypatch):
    """What would take long, once nothing is wrong with the request, says so instead."""

    def begun(*_args, **_values):
        raise JobFailed(BEGUN)

    function = JobKind.function
    monkeypatch.setattr(
        JobKind, "function", lambda kind: begun if kind.words.split()[0] in ("train", "fetch") else function(kind)
    )
    monkeypatch.setattr("fairdesk.gui.app.run", begun)
    monkeypatch.setattr("fairdesk.cli.demo.draw_faces", begun)


def _there(world):
    return {path for path in world.rglob("*") if world / "study" not in path.parents}


_LIBRARY = re.compile(
    r"Traceback|Internal error|Warning:|\bpydantic\b|HTTPSConnectionPool|http\+docker|<class '|object at 0x|\[Errno"
)


def check(line, world):
    """Run a line in this process and hold it to what every verb promises."""
    (world / "desk").mkdir(exist_ok=True)  # where a name alone is written
    before, started = _there(world), time.process_time()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(world / "desk"), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = run(line)
        except SystemExit as ended:  # --help and the like
            status = ended.code
    shown = f"{line}\n{status}\n{err.getvalue()}"
    assert status in (0, 1, 2, 130), shown
    assert time.process_time() - started < LONGEST, shown
    assert not _LIBRARY.search(err.getvalue() + out.getvalue()), shown
    if status:
        assert err.getvalue().strip() and not out.getvalue(), shown
    if status == 2:
        assert _there(world) == before, shown


@settings(
    max_examples=80, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(
    place=st.sampled_from(PLACES),
    value=st.one_of(st.sampled_from(ABSURD), st.text(max_size=30).filter(lambda t: "\x00" not in t)),
)
def test_absurd_values_are_refused_in_words(world, place, value):
    check(_line(*place, value, world), world)


@pytest.mark.parametrize("words", [words for words, option in PLACES if option == "--out"], ids=" ".join)
def test_an_empty_name_to_write_to(world, words):
    check(_line(words, "--out", "", world), world)


@pytest.mark.parametrize(
    "words",
    [words for words in PARSERS if words[0] in ("fetch", "demo", "open") or words[1:] in (("arcface",), ("cyclegan",))],
    ids=" ".join,
)
def test_what_takes_long_is_refused_before_it_begins(world, words):
    """Every value of a training, the demo and the window that cannot be is refused before anything is imported or drawn."""
    for place in [place for leaf, place in PLACES if leaf == words]:
        for value in ("", "nan", "/dev/null"):
            check(_line(words, place, value, world), world)


def test_they_begin_with_a_plain_request(world, capsys):
    """Else the test above would say nothing."""
    for line in (
        ["train", "arcface", str(world / "in"), "--out", str(world / "r")],
        ["open", str(world / "study")],
        ["demo", "--out", str(world / "d")],
    ):
        assert run(line) == 1
        assert BEGUN in capsys.readouterr().err
