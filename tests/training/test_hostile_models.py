"""Lists and models that claim what they do not hold: one plain line, in little time and memory."""

import io
import json
import pickle
import struct
import time
import tracemalloc

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from fairdesk.errors import RequestError
from fairdesk.generation.making.synthetic_faces import load_generator
from fairdesk.images.insightface_bins import read_bin
from fairdesk.images.synthetic_marks import mark_values
from fairdesk.learning.checkpoints import read_checkpoint
from fairdesk.plain_json import parse
from fairdesk.runs.folder import RunFolder, runs_below
from fairdesk.runs.run_records import checkpoints

DEEP = "[" * 100_000


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()


def opcodes(name):
    return (
        b"c" + name.replace(".", "\n", 1).encode() + b"\n"
        if name.count(".") == 1
        else b"c" + b"\n".join(name.rsplit(".", 1)[i].encode() for i in (0, 1)) + b"\n"
    )


LISTS = {
    "ndarray of absurd size": b"\x80\x02]" + opcodes("numpy.ndarray") + b"(\x8a\x05\x00\xbc\xa0\x65\x01\x85X\x02\x00\x00\x00u1tRa]\x88a\x86.",
    "dtype of text": b"\x80\x02" + opcodes("numpy.dtype") + b"X\x02\x00\x00\x00S4\x85R0]]\x86.",
    "a place in memory": b"\x80\x02]r\xff\xff\xff\x7f]\x88a\x86.",
    "bytes longer than the file": b"\x80\x04]\x8e" + struct.pack("<Q", 20 << 30) + b"abc",
    "a buffer of its own": b"\x80\x05]\x96" + struct.pack("<Q", 20 << 30) + b"abc",
    "one picture a million times": b"\x80\x02]C" + bytes([len(png())]) + png() + b"q\x01" + b"(" + b"h\x01" * 1_000_000 + b"e](" + b"\x88" * 500_000 + b"e\x86.",
    "a program": pickle.dumps((print, [True])),
    "nested": b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"]\x86.",
    "words": pickle.dumps((["a", "b"], [True])),
    "dicts": pickle.dumps(([{"x": 1}, {}], [True])),
    "pixels as floats": pickle.dumps(([np.zeros((112, 112, 3), np.float32)] * 2, [True])),
    "pixels of colours first": pickle.dumps(([np.zeros((3, 112, 112), np.uint8)] * 2, [True])),
    "a dictionary of other things": pickle.dumps({"a": [b"x"] * 2, "issame_list": [True]}),
    "dictionaries for pictures": pickle.dumps(([{"image": b"x"}] * 2, [True])),
    "too few": pickle.dumps(([png()], [True])),
    "nothing": b"",
    "text": b"person_a 1 2\n" * 20,
}  # fmt: skip


@pytest.mark.parametrize("what", LISTS)
def test_a_hostile_list_is_refused_at_once(tmp_path, what):
    (tmp_path / "a.bin").write_bytes(LISTS[what])
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(RequestError, match=r"verification \.bin"):
        read_bin(tmp_path / "a.bin")
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()
    assert time.process_time() - start < 10  # with tracemalloc; the million takes 0.6 s without


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ["bytes", "arrays", "flags of numpy", "an array of flags"])
def test_lists_of_every_protocol_are_read(tmp_path, protocol, kind):
    pictures = [np.frombuffer(png(), np.uint8).copy() if kind == "arrays" else png()] * 4
    same = {"flags of numpy": [np.True_, np.False_], "an array of flags": np.array([True, False])}.get(
        kind, [True, False]
    )
    (tmp_path / "a.bin").write_bytes(pickle.dumps((pictures, same), protocol))
    found, flags = read_bin(tmp_path / "a.bin")
    assert found == [png()] * 4 and flags.tolist() == [True, False]


def checkpoint(path, about, tensors=None):
    save_file(tensors or {"rng/torch": torch.zeros(4, dtype=torch.uint8)}, path, {"fairdesk": about})
    return path


GAN = {"family": "gan", "latent": 100, "size": 64, "labels": [], "step": 0, "config": {}}


@pytest.mark.parametrize("about", [
    DEEP, "[]", '{"meta": [], "numbers": 3}', "null", '{"meta": {}}', "nonsense",
    *(json.dumps({"meta": {**GAN, **change}, "numbers": {}}) for change in (
        {"latent": 10**9, "size": 10**6}, {"latent": 10**9}, {"latent": -5}, {"latent": "many"}, {"size": 0}, {"latent": None},
        {"family": "stylegan2"}, {"family": "stylegan2", "channel_base": 1, "mapping_layers": 10**9},
        {"family": "stylegan2", "channel_base": 10**12, "mapping_layers": 2}, {"labels": 7}, {"labels": ["a"] * 1000}, {"family": []},
    )),
])  # fmt: skip
def test_a_checkpoint_that_claims_another_network_is_one_line(tmp_path, about):
    path = checkpoint(tmp_path / "a.safetensors", about)
    start = time.process_time()
    with pytest.raises(RequestError) as refused:
        load_generator(path, "cpu")
    assert time.process_time() - start < 2
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_an_honest_checkpoint_is_read(tmp_path):
    path = checkpoint(tmp_path / "a.safetensors", '{"meta": {"step": 3}, "numbers": {}}')
    assert read_checkpoint(path)[1] == {"step": 3}


def test_a_run_nested_deep_is_one_line(tmp_path):
    run = tmp_path / "p" / "runs" / "deep"
    (run / "checkpoints").mkdir(parents=True)
    (run / "config.json").write_text(DEEP)
    checkpoint(run / "checkpoints" / "last.safetensors", DEEP)
    with pytest.raises(RequestError, match=r"config.json cannot be read: it is nested too deep"):
        _ = RunFolder.open(run).config
    assert runs_below(tmp_path / "p") == [] and checkpoints(run) == []


def test_a_mark_nested_deep_is_kept_as_text():
    assert mark_values(DEEP) == {"text": DEEP}
    with pytest.raises(ValueError, match="too deep"):
        parse('{"a":' * 100_000)


def test_a_hostile_list_is_refused_before_torch_is_imported(tmp_path):
    """The refusal cost ten seconds of processor time, nearly all of it torch's import."""
    import subprocess
    import sys

    (tmp_path / "a.bin").write_bytes(pickle.dumps(({"a": 1}, 2)))
    (tmp_path / "b.txt").write_text("no list of pairs\n")
    code = (
        "import sys; from fairdesk.cli import run; status = run(sys.argv[1:]);"
        " print(status, [name for name in ('torch', 'lightning') if name in sys.modules])"
    )
    for name in ("a.bin", "b.txt"):
        line = [
            "train",
            "arcface",
            str(tmp_path),
            "--out",
            str(tmp_path / "run"),
            "--evaluate-on",
            str(tmp_path / name),
        ]
        done = subprocess.run(
            [sys.executable, "-c", code, *line, "--device", "cpu"], capture_output=True, text=True, timeout=120
        )
        assert done.stdout.strip() == "2 []", done.stdout + done.stderr
        assert name in done.stderr
