"""Rows of a cluster whose head is watched. Only ports of this machine are asked."""

import threading
import time

import pytest

from fairdesk.errors import JobFailed, Stopped
from fairdesk.jobs import ray_results
from fairdesk.jobs.ray_results import watched
from tests.jobs.test_ray_connection import SETTINGS, answering, closed


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(ray_results, "_LOOK", 0.1)
    monkeypatch.setattr(ray_results, "_DEAD", 1.0)


def test_rows_come_in_order_and_no_more_are_taken_than_wait():
    taken = []

    def rows():
        for number in range(100):
            taken.append(number)
            yield number

    found = watched(rows(), closed())
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    time.sleep(0.5)
    assert len(taken) <= 6  # three are here, two wait, one is in hand
    assert list(found) == list(range(3, 100))


def test_what_ends_the_rows_is_raised():
    def rows():
        yield 1
        raise KeyError("x")

    found = watched(rows(), closed())
    assert next(found) == 1
    with pytest.raises(KeyError):
        next(found)


def test_who_stops_lets_the_rows_be_closed():
    closed_there = threading.Event()

    def rows():
        try:
            while True:
                yield 1
        finally:
            closed_there.set()

    found = watched(rows(), closed())
    next(found)
    found.close()
    assert closed_there.wait(2)


def test_a_head_that_is_gone_ends_the_wait_and_one_that_answers_does_not():
    blocked = threading.Event()

    def rows():
        yield 1
        blocked.wait(2.5)
        yield 2

    with answering(SETTINGS) as address:
        assert list(watched(rows(), address)) == [1, 2]  # slow, but there
    begin, found, address = time.monotonic(), watched(rows(), closed()), "127.0.0.1"
    assert next(found) == 1
    with pytest.raises(
        JobFailed, match=rf"The first machine of the Ray cluster, {address}:\d+, does not answer any more"
    ):
        next(found)
    assert 0.9 < time.monotonic() - begin < 2.4
    blocked.set()


def test_who_stops_is_heard_while_no_row_comes():
    blocked, asked = threading.Event(), []

    def rows():
        blocked.wait(20)
        yield 1

    def check():
        asked.append(time.monotonic())
        if len(asked) == 3:
            raise Stopped

    begin = time.monotonic()
    with answering(SETTINGS) as address, pytest.raises(Stopped):
        list(watched(rows(), address, check))
    assert len(asked) == 3 and time.monotonic() - begin < 10  # what is being received is waited for, but not for long
    blocked.set()
