"""A head that answers and has no machine that works is told in some seconds; one that says nothing is waited for."""

import threading
import time
from importlib.util import find_spec
from types import SimpleNamespace

import pytest

from fairdesk.jobs import ray_nodes
from fairdesk.jobs.ray_nodes import Machines, NoMachineError


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(time=0.0)
    monkeypatch.setattr(ray_nodes, "monotonic", lambda: now.time)
    monkeypatch.setattr(ray_nodes.Machines, "_ask", lambda self: None)  # the test asks
    return now


def machines(monkeypatch, answers):
    """Return what asks a head whose answers are given: states of its machines, or an exception."""

    def answer(timeout):
        found = answers[0] if len(answers) == 1 else answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return {number: SimpleNamespace(state=state) for number, state in enumerate(found)}

    monkeypatch.setattr(ray_nodes, "_client", lambda address: SimpleNamespace(get_all_node_info=answer))
    return Machines("127.0.0.1:6379")


def waited(asking, clock, seconds=40.0):
    """Return after how many seconds it gives up; None where it waits as long as it is asked to."""
    while clock.time < seconds:
        clock.time += 1.0
        asking.note(asking._alive(), clock.time)
        try:
            asking.check()
        except NoMachineError:
            return clock.time
    return None


@pytest.mark.parametrize("states", [[], [1], [1, 1, 1]])
def test_a_head_without_a_machine_that_works_is_told_soon(monkeypatch, clock, states):
    assert 6 < waited(machines(monkeypatch, [states]), clock) < 10


@pytest.mark.parametrize(
    "answers", [[[0]], [[1, 0]], [OSError("busy")], [[], [], [], [0]], [[1], [1], OSError("busy"), [1], [1], [0]]]
)
def test_one_that_works_or_says_nothing_is_waited_for(monkeypatch, clock, answers):
    assert waited(machines(monkeypatch, answers), clock) is None


def test_a_machine_that_dies_while_it_is_waited_for_is_noticed(monkeypatch, clock):
    assert 16 < waited(machines(monkeypatch, [[0]] * 10 + [[1]]), clock) < 20  # it died after ten


def test_where_ray_has_no_such_inside_nothing_is_said(monkeypatch, clock):
    def gone(address):
        raise ImportError("moved")

    monkeypatch.setattr(ray_nodes, "_client", gone)
    assert waited(Machines("127.0.0.1:6379"), clock) is None


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra `ray` is not installed")
def test_ray_has_that_inside():
    from ray._raylet import InnerGcsClient
    from ray.core.generated.gcs_pb2 import GcsNodeInfo

    assert hasattr(InnerGcsClient, "get_all_node_info") and GcsNodeInfo.ALIVE == ray_nodes._ALIVE


def test_a_head_that_says_nothing_holds_nobody(monkeypatch):
    held = threading.Event()
    monkeypatch.setattr(ray_nodes, "_EVERY", 0.01)
    monkeypatch.setattr(ray_nodes, "_client", lambda address: held.wait(20))
    asking = Machines("127.0.0.1:6379")
    begun = time.monotonic()
    for _ in range(20):
        time.sleep(0.01)
        asking.check()
    assert time.monotonic() - begun < 5
    asking.end()
    held.set()
