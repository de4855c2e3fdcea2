"""Ctrl-C in a terminal, which reaches a verb and all its helpers: status 130 at once, no traceback, and nothing goes on."""

import os
import select
import sys
import time

import psutil
import pytest

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.jobs.context import QuietContext
from fairdesk.jobs.helper_server import FORKED
from fairdesk.project import Project
from tests.conftest import plain_images

pty = pytest.importorskip("pty")  # there is none on Windows

LINE = b"Stopped at once."


class Terminal:
    """A verb in a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.number, self._terminal = pty.fork()
        if self.number == 0:
            os.execv(sys.executable, [sys.executable, "-m", "fairdesk", *arguments])
        self.shown = b""

    def _read(self) -> bool:
        if select.select([self._terminal], [], [], 0.02)[0]:
            try:
                self.shown += os.read(self._terminal, 65536)
            except OSError:  # all who had it open are gone
                return False
        return True

    def until(self, text: bytes) -> None:
        deadline = time.monotonic() + 60
        while text not in self.shown and time.monotonic() < deadline and self._read():
            pass
        assert text in self.shown, self.shown

    def press_ctrl_c(self) -> None:
        os.write(self._terminal, b"\x03")

    def status(self, seconds: float = 10) -> int:
        """Return the exit status; whoever takes longer is killed, and has none."""
        deadline, ended = time.monotonic() + seconds, 0
        while not ended and time.monotonic() < deadline:
            self._read() or time.sleep(0.02)
            ended, status = os.waitpid(self.number, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        for process in [*psutil.Process(self.number).children(recursive=True), psutil.Process(self.number)]:
            process.kill()
        os.waitpid(self.number, 0)
        pytest.fail(f"it goes on after {seconds} s: {self.shown.decode(errors='replace')}")


@pytest.mark.skipif(not FORKED, reason="the server of helpers tells that the verb is being imported")
@pytest.mark.parametrize("after", [0.0, 0.1, 0.3])
def test_ctrl_c_while_a_verb_is_imported_is_one_plain_line(project_at, after):
    verb = Terminal("encode", str(project_at("P")))
    deadline = time.monotonic() + 60
    while not psutil.Process(verb.number).children() and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(after)
    verb.press_ctrl_c()
    assert verb.status() == 130
    assert verb.shown.count(LINE) == 1
    assert b"Traceback" not in verb.shown


def test_a_second_ctrl_c_ends_a_verb_and_its_helpers(project_at, tmp_path):
    project = project_at("P")
    plain_images(tmp_path / "photographs", 1, 2, 30, 600)  # so large that a batch takes a while
    opened = Project.open(project)
    import_folder(ImportParams(folder=tmp_path / "photographs"), QuietContext(opened))
    opened.close()
    verb = Terminal("encode", str(project))
    verb.until(b"Detecting faces first")
    time.sleep(1)  # helpers are at work
    helpers = psutil.Process(verb.number).children(recursive=True)
    verb.press_ctrl_c()
    verb.until(b"Stopping after this item")
    verb.press_ctrl_c()
    pressed = time.monotonic()
    assert verb.status() == 130
    assert time.monotonic() - pressed < 5  # half a second where nothing else has the cores
    assert len(helpers) > 1
    _, left = psutil.wait_procs(helpers, 5)
    assert not left
    assert verb.shown.count(LINE) == 1
    assert b"Traceback" not in verb.shown
