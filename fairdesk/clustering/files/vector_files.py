"""A file of embeddings that is clustered without a project: an .npz as `vectors` writes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError, reason
from fairdesk.project.finite import to_float32, unsound, why_unsound
from fairdesk.project.npz import NOT_NPZ, numbers, open_npz, texts
from fairdesk.words import tr, tr_n


@dataclass(frozen=True)
class VectorFile:
    """Embeddings, where their images lie, who they are ("": unknown) and what is said of how they were made."""

    vectors: npt.NDArray[np.float32]
    paths: npt.NDArray[np.str_]
    names: npt.NDArray[np.str_]
    groups: list[str | None]
    made: npt.NDArray[np.bool_]  # synthetic
    about: dict[str, str]


def read_vectors(path: Path) -> VectorFile:
    """Read an .npz with an array `vectors`, and `paths`, `identities`, `groups` where it has them.

    Raises
    ------
    RequestError
        If it is no such file, its arrays do not match, or a vector has numbers that are not finite.
    """
    try:
        with open_npz(path) as data:
            vectors = to_float32(numbers(data, "vectors"))
            n = len(vectors) if vectors.ndim else 0
            paths = texts(data, "paths") if "paths" in data else np.arange(n).astype(np.str_)
            names = texts(data, "identities") if "identities" in data else np.full(n, "")
            groups = texts(data, "groups") if "groups" in data else np.full(n, "")
            about = {name: str(data[name]) for name in ("encoder", "detector", "recipe") if name in data}
            made = numbers(data, "synthetic").astype(bool) if "synthetic" in data else np.zeros(n, dtype=bool)
    except NOT_NPZ as error:
        raise RequestError(
            tr(
                "{path} cannot be read as embeddings, an .npz with an array `vectors`: {error}.",
                path=path,
                error=reason(error),
            )
        ) from error
    if vectors.ndim != 2:
        raise RequestError(
            tr(
                "{path}: `vectors` must be a table, a row for each face and a column for each number; its shape is {shape}.",
                path=path,
                shape=vectors.shape,
            )
        )
    if any(array.shape != (n,) for array in (paths, names, groups, made)):
        raise RequestError(
            tr_n(
                "{path}: `vectors` has shape {shape} and there is {n:,} path; they must match.",
                "{path}: `vectors` has shape {shape} and there are {n:,} paths; they must match.",
                paths.size,
                path=path,
                shape=vectors.shape,
            )
        )
    if not vectors.size:
        raise RequestError(tr("{path} holds no embeddings.", path=path))
    bad = unsound(vectors)
    if len(bad):
        raise RequestError(
            tr(
                "{path}: row {row} of `vectors` ({image}) cannot be used: {why}. Rows of this kind: {count}. "
                "Take them out, or encode these images again.",
                path=path,
                row=int(bad[0]) + 1,
                image=paths[bad[0]],
                why=why_unsound(),
                count=len(bad),
            )
        )
    return VectorFile(vectors, paths, names, [name or None for name in groups.tolist()], made, about)
