"""Files of embeddings that are clustered without a project: a number that is not finite is refused by its row."""

import numpy as np
import pytest

from fairdesk.cli import run as main
from fairdesk.clustering.files.vector_files import read_vectors
from fairdesk.errors import RequestError


def vectors(count=8):
    return np.random.default_rng(1).normal(size=(count, 4))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e39, 1e300, 1e30])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("method", ["dbscan", "graph", "hdbscan", "kmeans", "hierarchical"])
def test_a_number_that_is_not_finite_is_refused_by_row_and_path(tmp_path, capsys, method, metric, number):
    given = vectors()
    given[5, 2] = number
    np.savez(tmp_path / "e.npz", vectors=given, paths=[f"p{n}.jpg" for n in range(8)])
    assert main(["cluster", "--vectors", str(tmp_path / "e.npz"), "--method", method, "--metric", metric]) == 2
    said = capsys.readouterr().err
    assert "row 6" in said and "p5.jpg" in said and "not finite" in said and "kind: 1" in said


def test_radii_are_not_listed_of_them_either(tmp_path, capsys):
    np.savez(tmp_path / "e.npz", vectors=np.full((3, 4), np.nan))
    assert main(["eps", "--vectors", str(tmp_path / "e.npz")]) == 2
    assert "row 1" in (said := capsys.readouterr().err) and "kind: 3" in said


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int32, np.uint8])
def test_every_kind_of_number_is_read(tmp_path, kind):
    given = (vectors() * 3 + 20).astype(kind)
    np.savez(tmp_path / "e.npz", vectors=given)
    found = read_vectors(tmp_path / "e.npz")
    assert found.vectors.dtype == np.float32 and found.paths.tolist() == [str(n) for n in range(8)]
    np.testing.assert_array_equal(found.vectors, given.astype(np.float32))


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"vectors": vectors()[0]}, "shape"),
        ({"vectors": np.float32(3)}, "shape"),
        ({"vectors": vectors()[:0]}, "holds no embeddings"),
        ({"vectors": vectors()[:, :0]}, "holds no embeddings"),
        ({"vectors": vectors() + 1j}, "complex"),
        ({"vectors": [["a", "b"]]}, "cannot be read"),
        ({"vectors": vectors(), "paths": "one"}, "must match"),
        ({"vectors": vectors(), "paths": ["a", "b"]}, "must match"),
        ({"paths": ["a", "b"]}, "cannot be read"),
    ],
)
def test_what_holds_no_embeddings_is_refused(tmp_path, arrays, why):
    np.savez(tmp_path / "e.npz", **arrays)
    with pytest.raises(RequestError, match=why) as said:
        read_vectors(tmp_path / "e.npz")
    assert "e.npz" in str(said.value)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "e.npz").touch()
    with pytest.raises(RequestError, match="cannot be read"):
        read_vectors(tmp_path / "e.npz")
