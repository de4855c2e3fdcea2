"""Why a file cannot be read is said in words for people, not in those of a library."""

import io
import json
import zipfile

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.errors import explain, reason
from fairdesk.project.npz import open_npz


@pytest.fixture
def npz(tmp_path):
    def write(content):
        (tmp_path / "a.npz").write_bytes(content)
        return tmp_path / "a.npz"

    return write


def saved(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (saved(vectors=np.array([{}, {}], dtype=object)), "Python objects"),
        (saved(other=np.zeros(3)), "it has no array vectors"),
        (saved(vectors=np.zeros(3))[:100], "damaged"),
        (b"\x80\x04no pickle is loaded", "damaged"),
        (b"", "."),
    ],
)
def test_a_bad_npz(npz, content, said):
    with pytest.raises(Exception) as caught, open_npz(npz(content)) as data:
        np.asarray(data["vectors"])
    text = reason(caught.value)
    assert said in text or said == "."
    assert not any(word in text for word in ("pickle", "archive", "zip"))


def test_bad_json_and_bad_text():
    for text, said in (("{1}", "line 1, column 2"), ('{"a": [1,\n2', "line 2, column 2")):
        with pytest.raises(json.JSONDecodeError) as caught:
            json.loads(text)
        assert reason(caught.value) == f"{said} is not JSON"
    with pytest.raises(UnicodeDecodeError) as wrong:
        b"ab\xff".decode()
    assert reason(wrong.value) == "byte 3 is not text in UTF-8"
    assert reason(zipfile.BadZipFile("File is not a zip file")) == "it is damaged, or another kind of file"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_no_number_is_a_value(tmp_path, capsys, value):
    np.savez(tmp_path / "v.npz", vectors=np.eye(3))
    assert run(["cluster", "--vectors", str(tmp_path / "v.npz"), f"--eps={value}"]) == 2
    assert "--eps: Input should be a finite number" in capsys.readouterr().err


def test_what_sqlite_says_of_a_disk_is_told():
    """As where there is no room for its journal, or a stick was pulled out; Python's own IOError is another."""
    import apsw

    assert "it may be full, taken away or defective" in explain(apsw.IOError("disk I/O error"))
    assert explain(OSError("something")) is None
