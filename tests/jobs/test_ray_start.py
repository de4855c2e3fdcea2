"""Ray is begun in a thread that lives as long as it does, and who stops meanwhile is heard."""

import threading
import time

import pytest

from fairdesk.errors import Stopped
from fairdesk.jobs.ray_start import Held


def test_it_is_begun_and_ended_by_one_thread_that_lives_as_long():
    said = []
    held = Held(lambda: said.append(threading.current_thread()), lambda: said.append(threading.current_thread()))
    held.begin(lambda: None)
    time.sleep(0.3)
    assert said == [held] and held.is_alive()
    held.end()
    assert said == [held, held] and not held.is_alive()


def test_what_the_beginning_raises_is_raised_where_it_is_waited_for():
    ended = threading.Event()

    def begin():
        raise OSError(28, "No space left on device")

    held = Held(begin, ended.set)
    with pytest.raises(OSError, match="No space"):
        held.begin(lambda: None)
    held.end()
    assert ended.is_set()


def test_who_stops_is_heard_while_it_begins():
    free, ended, asked = threading.Event(), threading.Event(), []

    def check():
        asked.append(1)
        if len(asked) == 2:
            raise Stopped

    held, begin = Held(lambda: free.wait(30), ended.set), time.monotonic()
    with pytest.raises(Stopped):
        held.begin(check)
    held.end()
    assert time.monotonic() - begin < 8 and not ended.is_set()
    free.set()  # it ends what has begun after all
    assert ended.wait(5)
