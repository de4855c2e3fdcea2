"""Score matrices of one-to-many search on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.metrics.rates.error_rates import Floats
from fairdesk.metrics.scores.score_files import SEARCH
from fairdesk.project.npz import NOT_NPZ, open_npz, unreadable
from fairdesk.words import tr

Strings = npt.NDArray[np.str_]


@dataclass
class SearchScores:
    """Similarities of shape (probes, gallery), whose each is, and the group of each probe ("" where unknown)."""

    scores: Floats
    probe_subject: Strings
    gallery_subject: Strings
    probe_group: Strings | None
    measure: str = ""


def holds_search(path: Path) -> bool:
    """Tell whether a file is such a matrix. Raises `RequestError` where it cannot be read."""
    if path.suffix.lower() != ".npz" or not path.is_file():
        return False
    try:
        with open_npz(path) as data:
            return set(SEARCH) <= set(data.files)
    except NOT_NPZ:
        return False


def read_search(path: Path) -> SearchScores:
    """Read a score matrix. Raises `RequestError` naming the array that is wrong."""
    if path.is_dir():
        raise RequestError(tr("{path} is a folder. Give the file of scores.", path=path))
    if not path.is_file():
        raise RequestError(tr("There is no file {path}.", path=path))
    try:
        with open_npz(path) as data:
            missing = [name for name in SEARCH if name not in data.files]
            if missing:
                raise RequestError(
                    tr(
                        "{path} lacks the arrays {missing}. It needs scores (probes, gallery), probe_subject and "
                        "gallery_subject.",
                        path=path,
                        missing=", ".join(missing),
                    )
                )
            scores = np.asarray(data["scores"])
            texts = {name: np.asarray(data[name]) for name in (*SEARCH[1:], "probe_group") if name in data.files}
            measure = str(data["measure"]) if "measure" in data.files and data["measure"].ndim == 0 else ""
    except NOT_NPZ as error:
        raise unreadable(path, error) from error
    if scores.ndim != 2 or scores.dtype.kind not in "fiub":
        raise RequestError(
            tr(
                "{path}: scores must be a table of numbers (probes, gallery), not {dtype} of shape {shape}.",
                path=path,
                dtype=scores.dtype,
                shape=scores.shape,
            )
        )
    if scores.dtype not in (np.float32, np.float64):
        scores = scores.astype(np.float64)
    if 0 in scores.shape:
        raise RequestError(tr("{path}: there are no probes, or no gallery.", path=path))
    for name, array in texts.items():
        wanted = scores.shape[1] if name == "gallery_subject" else scores.shape[0]
        if array.ndim != 1 or len(array) != wanted or array.dtype.kind not in "USiub":
            raise RequestError(
                tr(
                    "{path}: {name} must be {wanted:,} texts or whole numbers, not {dtype} of shape {shape}.",
                    path=path,
                    name=name,
                    wanted=wanted,
                    dtype=array.dtype,
                    shape=array.shape,
                )
            )
        texts[name] = np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array.astype(str)
    return SearchScores(scores, texts["probe_subject"], texts["gallery_subject"], texts.get("probe_group"), measure)
