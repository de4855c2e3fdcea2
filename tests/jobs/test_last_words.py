"""A process that is ended from within, without an exception, has its last words said by another."""

import os
import signal
import subprocess
import sys
import time

import pytest

ENDS = {
    "a library ends it": ("os._exit(1)", True),
    "it is killed": ("os.kill(os.getpid(), 9)", True),
    "it ends its helpers first": (
        "import psutil\n    [one.kill() for one in psutil.Process().children()]\n    os._exit(130)",
        False,
    ),
    "an exception": ("sys.exit('No.')", False),
    "all is well": ("pass", False),
}


@pytest.mark.parametrize("end", ENDS)
def test_they_are_said_where_nothing_else_can_be(end):
    what, said = ENDS[end]
    lines = f"import os, sys\nfrom fairdesk.jobs.last_words import last_words\nwith last_words('It died.', sys.stderr):\n    {what}\n"
    ended = subprocess.run([sys.executable, "-c", lines], stderr=subprocess.PIPE, text=True, timeout=60)
    assert ("It died." in ended.stderr) == said


def test_ctrl_c_does_not_end_who_waits_to_say_them():
    lines = "import os, sys, time\nfrom fairdesk.jobs.last_words import last_words\nimport signal\nsignal.signal(signal.SIGINT, lambda *_: None)\n"
    lines += "with last_words('It died.', sys.stderr):\n    print('ready', flush=True)\n    time.sleep(1.5)\n    os._exit(1)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", lines], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[1] == "It died.\n"
