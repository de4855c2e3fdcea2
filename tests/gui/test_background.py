"""Results of what was asked before a project was closed never arrive after it."""

import threading

from fairdesk.gui.background import Background


def test_a_result_on_its_way_is_not_taken_for_the_next_one(qtbot):
    background, got = Background(), []
    free = threading.Event()
    background.read("list", lambda: free.wait(5) and "of the first project", got.append)
    free.set()
    background.settle()  # it is done then, and the window has not heard of it yet
    background.read("list", lambda: "of the second", got.append)
    qtbot.waitUntil(lambda: not background.busy, timeout=5000)
    assert got == ["of the second"]
    background.close()
