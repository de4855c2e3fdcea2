"""The program's log: one file for each that writes, never large, and nothing lost by a verb."""

import logging
import os
import subprocess
import sys
import time

import pytest

from fairdesk import logfile
from fairdesk.cli import run
from fairdesk.logfile import LogFile, log_folder, versions
from fairdesk.project import Project
from fairdesk.state_folder import state_folder


@pytest.fixture
def log():
    made = LogFile("A test")
    yield made
    made.close()


def test_a_log_tells_the_versions(log):
    log.tell_versions()
    logging.getLogger("fairdesk.somewhere").info("hello")
    text = log.path.read_text()
    assert "A test begins" in text and "FairDesk" in text and "Python 3" in text and "torch" in text
    assert text.splitlines()[-1].endswith("fairdesk.somewhere: hello")
    assert log.path == log_folder() / "fairdesk.log"


def test_two_that_write_at_once_have_a_file_each(log):
    other = LogFile("Another")
    assert other.path.name == "fairdesk-2.log"
    log.close()
    logging.getLogger("fairdesk").warning("only there")
    assert "only there" in other.path.read_text() and "only there" not in log.path.read_text()
    other.close()
    third = LogFile("A third")
    assert third.path == log.path  # it is free again
    third.close()
    assert not list(log_folder().glob("*-crash.log"))  # nothing crashed


def test_it_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(logfile, "_BYTES", 2000)
    log = LogFile("A test")
    for number in range(300):
        logging.getLogger("fairdesk").info("line %d of many", number)
    log.close()
    files = sorted(log_folder().glob("fairdesk.log*"))
    assert len(files) == 1 + logfile._OLDER and all(one.stat().st_size <= 2000 for one in files)
    assert "line 299" in logfile.tail(log.path)


def test_without_a_place_for_it_the_work_goes_on(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    log = LogFile("A test")
    assert log.path is None
    log.close()


@pytest.mark.parametrize(
    ("system", "name", "wanted"),
    [("win32", "LOCALAPPDATA", "here/fairdesk"), ("darwin", "HOME", "here/Library/Application Support/fairdesk"),
     ("linux", "XDG_STATE_HOME", "here/fairdesk")],
)  # fmt: skip
def test_each_system_has_its_place(monkeypatch, system, name, wanted):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv(name, "here")
    assert state_folder().as_posix() == wanted


def test_an_internal_error_of_a_verb_is_in_the_log(monkeypatch, capsys, tmp_path):
    def broken(_folder):
        raise KeyError("something odd")

    monkeypatch.setattr(Project, "open", broken)
    assert run(["detect", str(tmp_path / "secret name")]) == 1
    told = capsys.readouterr().err
    assert "Internal error: KeyError" in told and str(log_folder() / "fairdesk.log") in told
    text = (log_folder() / "fairdesk.log").read_text()
    assert "internal error in detect" in text and "Traceback" in text and "secret name" not in text


def test_a_wrong_request_needs_no_log(capsys, tmp_path):
    assert run(["pairs", str(tmp_path / "nowhere")]) == 2
    assert not log_folder().exists()
    assert run(["pairs", str(tmp_path / "nowhere"), "--debug"]) == 2
    assert "A verb begins" in (log_folder() / "fairdesk.log").read_text()


def test_a_crash_leaves_its_stack(tmp_path):
    code = "from fairdesk.logfile import LogFile; import faulthandler; LogFile('A test').catch_crashes(); faulthandler._sigsegv()"
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "XDG_STATE_HOME": str(tmp_path)})
    assert done.returncode != 0
    assert "Fatal Python error" in (tmp_path / "fairdesk" / "log" / "fairdesk-crash.log").read_text()


def test_versions_name_what_is_missing(monkeypatch):
    monkeypatch.setattr(logfile, "_NAMED", ("no-such-library",))
    assert versions()[-1] == "no-such-library is missing"


def test_a_program_that_stands_still_leaves_its_stacks(log):
    log.answers(within=0.2)
    log.answers(within=0.2)  # told in time: only the last one counts
    crashes = log.path.with_name("fairdesk-crash.log")
    end = time.monotonic() + 10
    while "test_a_program_that_stands_still" not in crashes.read_text():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert crashes.read_text().count("Timeout (") == 1
