"""What is said where this process ends without a word, as a library may end it from within; another process waits to say it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_WAIT = "import sys\nif not sys.stdin.buffer.read():\n    sys.stderr.write(sys.argv[1] + '\\n')"


@contextmanager
def last_words(text: str, stream: TextIO) -> Iterator[None]:
    """Write a text to a stream if this process ends while the block is at work; nothing where the block ends, however."""
    try:
        waiting = subprocess.Popen(  # in a session of its own, so that Ctrl-C does not end it
            [sys.executable, "-I", "-S", "-c", _WAIT, text],
            stdin=subprocess.PIPE,
            stderr=stream,
            start_new_session=True,
        )
    except OSError:  # no more processes, or a stream that is no file
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError, subprocess.TimeoutExpired):
            waiting.communicate(b".", timeout=5)
