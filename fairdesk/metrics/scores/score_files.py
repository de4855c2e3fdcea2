"""Score files: the program's own, the original scripts', and other tools'."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.dataset.table_files import encoding_of
from fairdesk.errors import RequestError
from fairdesk.images.table_cells import safe_cell
from fairdesk.metrics.pair_lists.pairs import known_label
from fairdesk.metrics.scores.score_set import ABOUT, PAIRWISE, PATHS, Floats, ScoreSet, Strings, known_about
from fairdesk.metrics.scores.score_tables import read_score_table
from fairdesk.metrics.scores.score_texts import read_score_text, read_two_texts
from fairdesk.project.npz import NOT_NPZ, open_npz, unreadable
from fairdesk.words import tr

SEARCH = ("scores", "probe_subject", "gallery_subject")
"""The arrays that a file of one-to-many search has."""
SPLIT = (("genuine", "impostor"), ("genuine_scores", "imposter_scores"))
"""The arrays of a file that tells both kinds apart by name."""


def read_scores(
    path: Path, *, paths: bool = False, columns: dict[str, str] | None = None, impostor: Path | None = None
) -> ScoreSet:
    """Read a score file of any known kind; see `_read`. Raises `RequestError`, also where it holds no scores at all."""
    found = _read(path, paths, columns, impostor)
    if not (len(found.score) if found.score is not None else sum(len(kind) for kind in found.split())):
        raise RequestError(tr("{path} holds no scores.", path=path))
    return found


def _read(path: Path, paths: bool, columns: dict[str, str] | None, impostor: Path | None) -> ScoreSet:
    """Read a score file of any known kind, with `paths` also the images of each comparison, where it names them.

    `columns` names a table's columns where they are called otherwise: ours to theirs. `impostor` is a second text file of
    one score a line, where the first holds genuine ones only (pyeer's pair of files).

    Raises
    ------
    RequestError
        Naming the file, the line where there is one, and what was expected.
    """
    for one in (path, impostor):
        if one is not None and one.is_dir():
            raise RequestError(tr("{path} is a folder. Give the file of scores.", path=one))
        if one is not None and not one.is_file():
            raise RequestError(tr("There is no file {path}.", path=one))
    suffix = path.suffix.lower()
    try:
        if impostor is not None:
            return read_two_texts(path, impostor)
        if suffix == ".npz":
            return _read_npz(path, paths, columns or {})
        if suffix == ".parquet":
            return read_score_table(path, _parquet_lines(path), paths, columns)
        with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding_of(raw.peek(2)[:2]), newline="") as file:
            if suffix in (".csv", ".tsv") or columns:
                return read_score_table(path, file, paths, columns)
            return read_score_text(path, file)
    except UnicodeError as error:
        raise RequestError(
            tr("{path} is not a text file. Scores are .npz, .csv, .parquet or text.", path=path)
        ) from error


def _parquet_lines(path: Path) -> Iterator[str]:
    """Return a Parquet table as the lines of a CSV."""
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path).read()
        buffer = pyarrow.BufferOutputStream()
        pyarrow.csv.write_csv(table, buffer)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise RequestError(tr("{path} cannot be read as a Parquet table.", path=path)) from error
    return iter(buffer.getvalue().to_pybytes().decode("utf-8").splitlines(keepends=True))


class _Arrays:
    """The arrays of a file by our names, each read when it is asked for."""

    def __init__(self, path: Path, data: Any, columns: dict[str, str]) -> None:
        """Know which is what: `columns` has ours to theirs, and scores and labels are score and label."""
        there = list(data.files)
        for name in columns.values():
            if name not in there:
                raise RequestError(
                    tr(
                        "{path} has no array {name}; it has: {have}.",
                        path=path,
                        name=name,
                        have=", ".join(sorted(there)),
                    )
                )
        self._data = data
        self._names = {name: name for name in there if name not in columns.values()} | columns
        if {"scores", "labels"} <= set(self._names) and not {"score", "label"} & set(self._names):
            self._names |= {"score": self._names.pop("scores"), "label": self._names.pop("labels")}
        self.files = list(self._names)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = self._data[self._names[name]]
        return found


def _read_npz(path: Path, paths: bool, columns: dict[str, str]) -> ScoreSet:
    try:
        with open_npz(path) as opened:
            data = _Arrays(path, opened, columns)
            have = set(data.files)
            _need_one_set(path, data)
            for genuine, impostor in SPLIT:
                if {genuine, impostor} <= have and "score" not in have:
                    return ScoreSet(
                        _numbers(path, data[genuine]), _numbers(path, data[impostor]), measure=_measure(data),
                        about=known_about({name: str(data[name]) for name in ABOUT if name in have and data[name].ndim == 0}),
                    )  # fmt: skip
            if set(SEARCH) <= have:
                raise RequestError(
                    tr(
                        "{path} holds the scores of a search, every probe against a gallery. Use: identify {path}",
                        path=path,
                    )
                )
            if not {"score", "label"} <= have:
                raise RequestError(
                    tr(
                        "{path} holds the arrays {have}; expected genuine and impostor, "
                        "genuine_scores and imposter_scores, or score and label. "
                        "Or say which is what: --columns score=NAME,label=NAME",
                        path=path,
                        have=", ".join(sorted(have)) or "none",
                    )
                )
            score = _numbers(path, data["score"])
            label = _labels(path, np.asarray(data["label"]))
            out = ScoreSet(score=score, label=label, measure=_measure(data))
            out.about = known_about({name: str(data[name]) for name in ABOUT if name in have and data[name].ndim == 0})
            for name in (*PAIRWISE, *(PATHS if paths else ())):
                if name in have:
                    setattr(out, name, _texts(path, name, np.asarray(data[name])))
            if "fold" in have:
                out.fold = _folds(path, np.asarray(data["fold"]))
            lengths = {len(label), len(score)} | {
                len(getattr(out, n)) for n in (*PAIRWISE, *PATHS, "fold") if getattr(out, n) is not None
            }
            if len(lengths) > 1:
                raise RequestError(
                    tr(
                        "{path}: its arrays differ in length ({lengths}).",
                        path=path,
                        lengths=", ".join(map(str, sorted(lengths))),
                    )
                )
            return out
    except NOT_NPZ as error:
        raise unreadable(path, error) from error


def _need_one_set(path: Path, data: _Arrays) -> None:
    """Refuse a file whose arrays hold two sets of scores; the same ones told apart in two ways are one set."""
    have = set(data.files)
    sets = [names for names in SPLIT if set(names) <= have]
    if {"score", "label"} <= have:
        score, label = data["score"], data["label"]
        of_first: tuple[npt.NDArray[Any], ...]
        if sets and (score.shape != label.shape or score.ndim != 1):
            return  # it is refused with that reason
        known = _labels(path, label) if sets else label
        first, of_first = ("score", "label"), (score[known], score[~known]) if sets else ()
    elif len(sets) == 2:
        first, *sets = sets
        of_first = tuple(data[name] for name in first)
    else:
        return
    for names in sets:
        if not all(_same(data[name], values) for name, values in zip(names, of_first, strict=True)):
            raise RequestError(
                tr(
                    "{path} holds two sets of scores: {first}, and others in {second}. Leave one of them out of the file.",
                    path=path,
                    first=tr(" and ").join(first),
                    second=tr(" and ").join(names),
                )
            )


def _same(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Whether two arrays hold the same scores, in any order and of any precision."""
    if one.shape != other.shape or one.dtype.kind not in "fiub" or other.dtype.kind not in "fiub":
        return one.shape == other.shape and one.dtype == other.dtype and bool((one == other).all())
    least = min((one.dtype, other.dtype), key=lambda kind: kind.itemsize if kind.kind == "f" else 8)
    one, other = (values.astype(least if least.kind == "f" else np.float64, copy=False) for values in (one, other))
    return np.array_equal(one, other, equal_nan=True) or np.array_equal(np.sort(one), np.sort(other), equal_nan=True)


def _numbers(path: Path, array: npt.NDArray[Any]) -> Floats:
    if array.ndim != 1 or array.dtype.kind not in "fiub":
        raise RequestError(
            tr(
                "{path}: scores must be one-dimensional numbers, not {dtype} of shape {shape}.",
                path=path,
                dtype=array.dtype,
                shape=array.shape,
            )
        )
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _labels(path: Path, array: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Read labels of any kind: numbers, truth values or words. Raises `RequestError` naming the first that is none."""
    if array.ndim != 1:
        raise RequestError(
            tr("{path}: the labels have the shape {shape}, not one dimension.", path=path, shape=array.shape)
        )
    if array.dtype.kind == "b":
        return array.astype(bool)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    values, places = np.unique(array, return_inverse=True)
    known = [known_label(str(value)) for value in values]
    if None in known:
        wrong = known.index(None)
        raise RequestError(
            tr(
                "{path}: the label {text} (comparison {row:,} of {count:,}) is neither 1 (genuine) nor 0 or -1 (impostor).",
                path=path,
                text=repr(str(values[wrong])),
                row=int(np.argmax(places == wrong)) + 1,
                count=len(array),
            )
        )
    return np.array(known, dtype=bool)[places]


def _texts(path: Path, name: str, array: npt.NDArray[Any]) -> Strings:
    """Read subjects or groups: texts, or numbers that stand for them."""
    if array.ndim != 1 or array.dtype.kind not in "USiub":
        raise RequestError(
            tr(
                "{path}: {name} must be one-dimensional texts or whole numbers, not {dtype} of shape {shape}.",
                path=path,
                name=name,
                dtype=array.dtype,
                shape=array.shape,
            )
        )
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array.astype(str, copy=False)


def _folds(path: Path, array: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise RequestError(
            tr("{path}: the folds must be whole numbers in one dimension, not {dtype}.", path=path, dtype=array.dtype)
        )
    return array.astype(np.int64)


def _measure(data: _Arrays) -> str:
    return str(data["measure"]) if "measure" in data.files else ""


def write_scores(path: Path, scores: ScoreSet) -> None:
    """Write pairwise scores and all that is known of them, as the ending says.

    .npz has the original's arrays beside the pairwise ones; .csv and .parquet have a row a pair; .txt has a score and its
    label (1 or 0) a line, genuine ones first.
    """
    assert scores.score is not None and scores.label is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    ending = path.suffix.lower()
    if ending == ".csv":
        header, rows = _rows(scores)
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for row in rows:
                writer.writerow([safe_cell(_cell(cell)) for cell in row])
    elif ending == ".parquet":
        import pyarrow
        import pyarrow.parquet

        header, rows = _rows(scores)
        columns = zip(*rows, strict=True) if len(scores.score) else [[] for _ in header]
        pyarrow.parquet.write_table(pyarrow.table(dict(zip(header, map(list, columns), strict=True))), part)
    elif ending == ".txt":
        order = np.argsort(~scores.label, kind="stable")
        lines = (f"{float(scores.score[row])!r} {int(scores.label[row])}\n" for row in order)
        part.write_text("".join(lines), encoding="utf-8")
    else:
        texts = _pairwise(scores)
        arrays: dict[str, Any] = dict(texts) | {name: np.array(value) for name, value in scores.about.items()}
        genuine, impostor = scores.split()
        with part.open("wb") as binary:
            np.savez(
                binary, score=scores.score, label=scores.label.astype(np.int8), genuine_scores=genuine,
                imposter_scores=impostor, measure=np.array(scores.measure), **arrays,
            )  # fmt: skip
    part.replace(path)


def _pairwise(scores: ScoreSet) -> dict[str, Any]:
    """Return what is known of each pair beside its score and label."""
    return {name: getattr(scores, name) for name in (*PAIRWISE, "fold", *PATHS) if getattr(scores, name) is not None}


def _cell(value: Any) -> Any:
    """Return a score as the text of its very number, empty where there is none; all else as it is."""
    return ("" if np.isnan(value) else repr(float(value))) if isinstance(value, np.floating) else value


def _rows(scores: ScoreSet) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the names of a table's columns, and its rows: a pair each."""
    values, labels = scores.score, scores.label
    assert values is not None and labels is not None
    texts = _pairwise(scores)
    paths = {name: texts.pop(name) for name in PATHS if name in texts}
    header = [*paths, "score", "label", *texts, "measure", *scores.about]
    rows = (
        [
            *(str(column[row]) for column in paths.values()),
            values[row],
            int(labels[row]),
            *(str(column[row]) for column in texts.values()),
            scores.measure,
            *scores.about.values(),
        ]
        for row in range(len(values))
    )
    return header, rows


def export_csv(source: Path, target: Path, columns: dict[str, str] | None = None) -> int:
    """Write any readable score file as CSV (score, label, and what else it names); returns how many scores."""
    scores = read_scores(source, paths=True, columns=columns)
    if scores.score is None:
        genuine, impostor = scores.split()
        label = np.concatenate([np.ones(len(genuine), dtype=bool), np.zeros(len(impostor), dtype=bool)])
        scores = ScoreSet(
            score=np.concatenate([genuine, impostor]), label=label, measure=scores.measure, about=scores.about
        )
    assert scores.score is not None
    write_scores(target.with_suffix(".csv"), scores)
    return len(scores.score)
