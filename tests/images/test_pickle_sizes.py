"""Pickles of a few bytes that would take all memory, or all time, are refused at once."""

import pickle
import time
import tracemalloc

import numpy as np
import pytest

from fairdesk.dataset.face_encodings import read_encodings
from fairdesk.errors import RequestError
from fairdesk.images import careful_pickles
from fairdesk.images.insightface_bins import read_bin

LEVELS = 60


def nested(kind, entry=None):
    """Return a thing that holds two of a thing that holds two of a thing ..., each there once."""
    one = kind() if entry is None else entry
    for _ in range(LEVELS):
        one = kind((one, one))
    return one


def entries(encoding, loc=(1, 20, 20, 1)):
    return [{"imagePath": "a.jpg", "loc": loc, "encoding": encoding}]


def by_dup(levels):
    """Tuples without the memo: what is on top is doubled and made a tuple."""
    return b"\x80\x02(N" + b"2\x86" * levels + b"\x85."


BOMBS = {
    "lists": pickle.dumps(nested(list)),
    "lists, oldest protocol": pickle.dumps(nested(list), 0),
    "in an encoding": pickle.dumps(entries(nested(list, [1.0]))),
    "in a box": pickle.dumps(entries([1.0, 2.0], nested(list, [1]))),
    "a long vector held by many": pickle.dumps([entries(v, None)[0] for v in [[0.5] * 20_000] * 20_000]),
    "a long path held by many": pickle.dumps([{"imagePath": p, "encoding": [1.0]} for p in ["a" * 1_000_000] * 20_000]),
    "an array held by many": pickle.dumps([{"imagePath": "a", "encoding": v} for v in [np.zeros(50_000)] * 20_000]),
    "dictionaries": pickle.dumps(nested(lambda pair=(1, 1): {"a": pair[0], "b": pair[1]})),
    "a tuple as key": b"\x80\x02}" + b"N" + b"2\x86" * LEVELS + b"Ns.",
    "a tuple as key by the memo": b"\x80\x02}N" + b"".join(b"q%ch%c\x86" % (n, n) for n in range(LEVELS)) + b"Ns.",
    "a tuple in a set": b"\x80\x04\x8f(N" + b"2\x86" * LEVELS + b"\x90.",
    "a tuple in a frozen set": b"\x80\x04(N" + b"2\x86" * LEVELS + b"\x91.",
}


@pytest.mark.parametrize("name", BOMBS)
def test_few_bytes_do_not_take_all(tmp_path, name):
    (tmp_path / "x.pickle").write_bytes(BOMBS[name])
    started = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(RequestError, match=r"again and again|not there|damaged|no imagePath|dictionary"):
            read_encodings(tmp_path / "x.pickle")
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    assert time.process_time() - started < 20


def test_lists_that_hold_themselves(tmp_path):
    ring = []
    ring.append(entries(ring)[0])
    (tmp_path / "x.pickle").write_bytes(pickle.dumps(ring))
    with pytest.raises(RequestError, match="again and again, or itself"):
        read_encodings(tmp_path / "x.pickle")


def test_a_verification_set_is_guarded_too(tmp_path):
    (tmp_path / "x.bin").write_bytes(pickle.dumps((nested(list, b"picture"), [True])))
    with pytest.raises(Exception, match="again and again"):
        read_bin(tmp_path / "x.bin")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_is_shared_as_programs_share_it_is_read(tmp_path, protocol):
    """One path for all faces of a picture, one box object for frames of a film, arrays of one kind."""
    path, box = "/photographs/of/a/long/journey/frame.jpg", (10, 60, 60, 10)
    rng = np.random.default_rng(0)
    written = [{"imagePath": path, "loc": box, "encoding": rng.normal(size=128)} for _ in range(200)]
    (tmp_path / "x.pickle").write_bytes(pickle.dumps(written, protocol))
    found = read_encodings(tmp_path / "x.pickle")
    assert len(found) == 200 and found[7].path == path and found[7].box == box
    assert np.array_equal(found[7].vector, written[7]["encoding"].astype(np.float32))


def test_a_chain_of_fetched_tuples_is_no_bomb():
    boxes, chain = [], (0,)
    for _ in range(500):
        chain = (1, chain)
        boxes.append(chain)
    assert careful_pickles.load(pickle.dumps(boxes[:90]))[5] == boxes[5]
