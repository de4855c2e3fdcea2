"""Files that are damaged, hostile or of another kind: each is refused with the reason in words for people."""

import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from fairdesk.clustering.files.cluster_files import read_clusters
from fairdesk.clustering.files.identity_folders import write_identity_folders
from fairdesk.clustering.files.vector_files import read_vectors
from fairdesk.clustering.params import FoldersParams
from fairdesk.dataset.face_encodings import read_encodings
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext

RAW = (
    "object has no",
    "recursion",
    "exceeded",
    "unpack",
    "index",
    "opcode",
    "NoneType",
    "context manager",
    "np.",
    "stack",
    "MARK",
    "digits;",
)


def refused(read, path):
    with pytest.raises(RequestError) as told:
        read(path)
    text = str(told.value)
    assert path.name in text and not [word for word in RAW if word in text.replace(str(path), "")], text
    return text


class Evil:
    def __reduce__(self):
        return os.system, ("echo harm",)


def holding_itself():
    found = []
    found.append(found)
    return pickle.dumps(found)


ENCODING = [{"imagePath": "a.jpg", "loc": None, "encoding": np.arange(4.0)}]
PICKLES = {
    "code": (pickle.dumps(Evil()), "it needs"),
    "deep": (b"\x80\x04" + b"]" * 50_000 + b"a" * 49_999 + b".", "nested too deep"),
    "itself": (holding_itself(), "again and again, or itself"),
    "array never filled": (b"(lp0\n(dp1\nVimagePath\nVa\nsVencoding\ncnumpy.core.multiarray\n_reconstruct\n)Rsa.", "without its numbers"),
    "array half filled": (b"cnumpy.core.multiarray\n_reconstruct\n)R(I1\ntb.", "damaged"),
    "kind half told": (b"cnumpy\ndtype\n(Vi4\ntR(tb.", "damaged"),
    "list as key": (b"(dp0\n(lp1\nI1\ns.", "damaged"),
    "nothing below": (b"a.", "damaged"),
    "unknown place": (b"h\x05.", "damaged"),
    "cut off": (pickle.dumps(ENCODING)[:120], "damaged"),
    "empty": (b"", "damaged"),
    "text": (b"hello world", "damaged"),
    "objects": (pickle.dumps([{"imagePath": "a", "encoding": np.array([1, None])}]), "array of O"),
    "a dictionary": (pickle.dumps({"a": 1}), "it is a dictionary"),
    "a kind": (b"cnumpy\ndtype\n(Vi4\ntR.", "something else"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PICKLES)
def test_pickles(tmp_path, kind, capfd):
    data, why = PICKLES[kind]
    (tmp_path / "e.pickle").write_bytes(data)
    assert why in refused(read_encodings, tmp_path / "e.pickle")
    assert "harm" not in capfd.readouterr().out


JSONS = {
    "deep": ("[" * 100_000, "nested too deep"),
    "huge number": ('{"0": [' + "9" * 5000 + "]}", "thousands of digits"),
    "NaN": ('{"0": NaN}', "must be"),
    "numbers": ('{"0": [1]}', "must be"),
    "no path": ('{"0": [""]}', "must be"),
    "a list": ('[["a"]]', "must be"),
    "empty": ("", "not JSON"),
    "cut off": ('{"0": ["a', "not JSON"),
    "twice": ('{"0": ["a"], "0": ["b"]}', "more than once"),
    "another encoding": ('{"0": ["José"]}'.encode("latin1"), "Save it as UTF-8"),
}


@pytest.mark.parametrize("kind", JSONS)
def test_cluster_files(tmp_path, kind):
    data, why = JSONS[kind]
    (tmp_path / "c.json").write_bytes(data if isinstance(data, bytes) else data.encode())
    assert why in refused(read_clusters, tmp_path / "c.json")


def test_a_cluster_file_in_utf_16_is_read(tmp_path):
    (tmp_path / "c.json").write_bytes('{"0": ["José.jpg"]}'.encode("utf-16"))
    assert read_clusters(tmp_path / "c.json") == {"0": ["José.jpg"]}


ARRAYS = {
    "objects": ({"vectors": np.array([[1, None]], dtype=object)}, "Python objects"),
    "texts": ({"vectors": np.array([["a", "b"]])}, "no numbers"),
    "dates": ({"vectors": np.zeros((2, 2), "M8[s]")}, "no numbers"),
    "fields": ({"vectors": np.zeros((2, 2), [("a", "f4")])}, "no numbers"),
    "complex": ({"vectors": np.zeros((2, 2), complex)}, "complex numbers"),
    "one row": ({"vectors": np.zeros(3)}, "a row for each face"),
    "other name": ({"faces": np.zeros((2, 2))}, "no array vectors"),
    "paths of numbers": ({"vectors": np.ones((2, 2)), "paths": np.ones(2)}, "paths holds no texts"),
    "bad bytes": ({"vectors": np.ones((1, 2)), "paths": np.array([b"\xff\xfe"])}, "not text in UTF-8"),
    "flags of text": ({"vectors": np.ones((1, 2)), "synthetic": np.array(["x"])}, "synthetic holds no numbers"),
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays(tmp_path, kind):
    arrays, why = ARRAYS[kind]
    np.savez(tmp_path / "v.npz", **arrays)
    assert why in refused(read_vectors, tmp_path / "v.npz")


@pytest.mark.parametrize(
    "head",
    [
        b"\x93NUMPY\x01\x00\x40\x00{'descr': '<f4', 'shape': (1000000000000, 128), ",
        b"\x93NUMPY\x01\x00\x02\x00((",
        b"just text",
    ],
)
def test_an_array_with_a_bad_header(tmp_path, head):
    with zipfile.ZipFile(tmp_path / "v.npz", "w") as file:
        file.writestr("vectors.npy", head.ljust(74))
    refused(read_vectors, tmp_path / "v.npz")


def test_one_array_is_no_npz_and_the_message_says_how_to_make_one(tmp_path):
    with (tmp_path / "v.npz").open("wb") as file:
        np.save(file, np.zeros((3, 2)))
    assert "numpy.savez" in refused(read_vectors, tmp_path / "v.npz")


def test_paths_in_bytes_are_utf_8(tmp_path):
    np.savez(tmp_path / "v.npz", vectors=np.ones((1, 2)), paths=np.array(["José.jpg".encode()]))
    assert read_vectors(tmp_path / "v.npz").paths.tolist() == ["José.jpg"]


def test_a_folder_is_no_image_and_missing_files_name_the_remedy(tmp_path):
    (tmp_path / "c.json").write_text(json.dumps({"0": [str(tmp_path), "D:\\x\\1.jpg"]}))
    with pytest.raises(RequestError, match=r"None of the 2 files is there.*--replace-prefix"):
        write_identity_folders(FoldersParams(out=tmp_path / "out", file=tmp_path / "c.json"), QuietContext(None))
