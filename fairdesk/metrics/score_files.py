"""Score files: the program's own, the original scripts', and other tools'."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError, reason
from fairdesk.images.table_cells import plain_cell, safe_cell
from fairdesk.project.npz import NOT_NPZ, open_npz
from fairdesk.words import tr, tr_n

Floats = npt.NDArray[np.floating]
Strings = npt.NDArray[np.str_]


@dataclass
class ScoreSet:
    """Similarity scores of comparisons: `genuine` and `impostor`, or with labels and subjects pair by pair.

    `score` has shape (n,); the other pairwise arrays too, or are None. A score that is NaN is a failure
    to acquire. `measure` says what the numbers are ("cosine similarity", "negative euclidean distance").
    """

    genuine: Floats | None = None
    impostor: Floats | None = None
    score: Floats | None = None
    label: npt.NDArray[np.bool_] | None = None
    subject1: Strings | None = None
    subject2: Strings | None = None
    group1: Strings | None = None
    group2: Strings | None = None
    fold: npt.NDArray[np.int64] | None = None
    measure: str = ""
    about: dict[str, str | int] = field(default_factory=dict)  # of `ABOUT` what is known: which vectors were compared

    def split(self) -> tuple[Floats, Floats]:
        """Return genuine and impostor scores; the arrays may be sorted in place by the caller."""
        if self.genuine is not None and self.impostor is not None:
            return self.genuine, self.impostor
        assert self.score is not None and self.label is not None
        return self.score[self.label], self.score[~self.label]

    @property
    def grouped(self) -> bool:
        """Whether each comparison names its groups."""
        return self.group1 is not None and self.group2 is not None

    def negate(self) -> None:
        """Turn distances into similarities, in place."""
        for array in (self.genuine, self.impostor, self.score):
            if array is not None:
                np.negative(array, out=array)


ABOUT = ("encoder", "detector", "recipe", "faces", "pair_list", "pair_list_sha256")
_PAIRWISE = ("subject1", "subject2", "group1", "group2")
_GENUINE = {"true", "yes", "genuine", "mated", "same"}
_IMPOSTOR = {"false", "no", "impostor", "imposter", "non-mated", "nonmated", "different"}


def read_scores(path: Path) -> ScoreSet:
    """Read a score file of any known kind.

    Raises
    ------
    RequestError
        Naming the file, the line where there is one, and what was expected.
    """
    if not path.is_file():
        raise RequestError(tr("There is no file {path}.", path=path))
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _read_npz(path)
    if suffix == ".parquet":
        return _read_csv(path, _parquet_lines(path))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read_csv(path, file) if suffix == ".csv" else _read_text(path, file)
    except UnicodeDecodeError as error:
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


def _read_npz(path: Path) -> ScoreSet:
    try:
        with open_npz(path) as data:
            have = set(data.files)
            for genuine, impostor in (("genuine", "impostor"), ("genuine_scores", "imposter_scores")):
                if {genuine, impostor} <= have and "score" not in have:
                    return ScoreSet(
                        _numbers(path, data[genuine]), _numbers(path, data[impostor]), measure=_measure(data),
                        about=_about({name: str(data[name]) for name in ABOUT if name in have and data[name].ndim == 0}),
                    )  # fmt: skip
            if not {"score", "label"} <= have:
                raise RequestError(
                    tr(
                        "{path} holds the arrays {have}; expected genuine and impostor, "
                        "genuine_scores and imposter_scores, or score and label.",
                        path=path,
                        have=", ".join(sorted(have)) or "none",
                    )
                )
            score = _numbers(path, data["score"])
            label = _labels(path, np.asarray(data["label"]))
            out = ScoreSet(score=score, label=label, measure=_measure(data))
            out.about = _about({name: str(data[name]) for name in ABOUT if name in have and data[name].ndim == 0})
            for name in _PAIRWISE:
                if name in have:
                    setattr(out, name, _texts(path, name, np.asarray(data[name])))
            if "fold" in have:
                out.fold = _folds(path, np.asarray(data["fold"]))
            lengths = {len(label), len(score)} | {
                len(getattr(out, n)) for n in (*_PAIRWISE, "fold") if getattr(out, n) is not None
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
        raise RequestError(
            tr(
                "{path} cannot be read as .npz: it is damaged, or holds Python objects ({error}).",
                path=path,
                error=reason(error),
            )
        ) from error


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
    known = [_known_label(str(value)) for value in values]
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
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array.astype(str)


def _folds(path: Path, array: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise RequestError(
            tr("{path}: the folds must be whole numbers in one dimension, not {dtype}.", path=path, dtype=array.dtype)
        )
    return array.astype(np.int64)


def _measure(data: Any) -> str:
    return str(data["measure"]) if "measure" in data.files else ""


def _about(found: dict[str, str]) -> dict[str, str | int]:
    return {
        name: int(value) if name == "faces" and value.isdigit() else value for name, value in found.items() if value
    }


def _read_csv(path: Path, file: Iterable[str]) -> ScoreSet:
    rows = csv.reader(file)
    header = [cell.strip().lower() for cell in next(rows, [])]
    if not {"score", "label"} <= set(header):
        raise RequestError(
            tr(
                "{path}: line 1 must name the columns score and label; it has: {header}",
                path=path,
                header=", ".join(header) or "nothing",
            )
        )
    where = {
        name: header.index(name) for name in ("score", "label", *_PAIRWISE, "fold", "measure", *ABOUT) if name in header
    }
    scores: list[float] = []
    labels: list[bool] = []
    texts: dict[str, list[str]] = {name: [] for name in _PAIRWISE if name in where}
    measure = ""
    about: dict[str, set[str]] = {}
    folds: list[int] = []
    for row in rows:
        if not row:
            continue
        if len(row) != len(header):
            raise RequestError(
                tr_n(
                    "{path}: line {line} has {n} field, the header has {header}.",
                    "{path}: line {line} has {n} fields, the header has {header}.",
                    len(row),
                    path=path,
                    line=rows.line_num,
                    header=len(header),
                )
            )
        scores.append(_score(path, rows.line_num, row[where["score"]]))
        labels.append(_label(path, rows.line_num, row[where["label"]]))
        if "fold" in where:
            folds.append(_fold(path, rows.line_num, plain_cell(row[where["fold"]])))
        for name, column in texts.items():
            column.append(plain_cell(row[where[name]]))
        if not measure and "measure" in where:
            measure = plain_cell(row[where["measure"]])
        for name in ABOUT:
            if name in where:
                about.setdefault(name, set()).add(plain_cell(row[where[name]].strip()))
    known = _about({name: next(iter(values)) for name, values in about.items() if len(values) == 1})
    out = ScoreSet(score=np.array(scores), label=np.array(labels, dtype=bool), measure=measure, about=known)
    for name, column in texts.items():
        setattr(out, name, np.array(column, dtype=str))
    if "fold" in where:
        out.fold = np.array(folds, dtype=np.int64)
    return out


def _fold(path: Path, line: int, text: str) -> int:
    try:
        return int(text.strip() or 0)
    except ValueError:
        raise RequestError(
            tr("{path}: line {line}: the fold {fold!r} is not a whole number.", path=path, line=line, fold=text)
        ) from None


def _score(path: Path, line: int, text: str) -> float:
    text = text.strip()
    if not text:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        raise RequestError(
            tr("{path}: line {line}: the score {text!r} is not a number.", path=path, line=line, text=text)
        ) from None


def _known_label(text: str) -> bool | None:
    """Return whether a label says genuine, or None where it says neither: words, or a number in any notation."""
    lowered = text.strip().lower()
    if lowered in _GENUINE or lowered in _IMPOSTOR:
        return lowered in _GENUINE
    try:
        return {1.0: True, 0.0: False, -1.0: False}.get(float(lowered))
    except ValueError:
        return None


def _label(path: Path, line: int, text: str) -> bool:
    known = _known_label(text)
    if known is not None:
        return known
    raise RequestError(
        tr(
            "{path}: line {line}: the label {text!r} is neither 1 (genuine) nor 0 or -1 (impostor).",
            path=path,
            line=line,
            text=text,
        )
    )


def _read_text(path: Path, file: Iterable[str]) -> ScoreSet:
    """Read `score label`, or bob's 4 columns (claimed real probe score) and 5 (claimed model real probe score)."""
    scores: list[float] = []
    labels: list[bool] = []
    subjects: tuple[list[str], list[str]] = ([], [])
    width = 0
    for number, line in enumerate(file, 1):
        fields = line.split()
        if not fields:
            continue
        width = width or len(fields)
        if len(fields) != width:
            raise RequestError(
                tr_n(
                    "{path}: line {number} has {n} field, the lines before have {width}.",
                    "{path}: line {number} has {n} fields, the lines before have {width}.",
                    len(fields),
                    path=path,
                    number=number,
                    width=width,
                )
            )
        if width in (4, 5):
            claimed, real = fields[0], fields[1 if width == 4 else 2]
            labels.append(claimed == real)
            subjects[0].append(claimed)
            subjects[1].append(real)
            scores.append(_score(path, number, fields[-1]))
        elif width == 2:
            scores.append(_score(path, number, fields[0]))
            labels.append(_label(path, number, fields[1]))
        else:
            raise RequestError(
                tr_n(
                    "{path}: line {number} has {n} field and does not say which scores are genuine. Known text "
                    "files: `score label`, and bob's 4 or 5 columns.",
                    "{path}: line {number} has {n} fields and does not say which scores are genuine. Known text "
                    "files: `score label`, and bob's 4 or 5 columns.",
                    width,
                    path=path,
                    number=number,
                )
            )
    if not scores:
        raise RequestError(tr("{path} holds no scores.", path=path))
    out = ScoreSet(score=np.array(scores), label=np.array(labels, dtype=bool))
    if subjects[0]:
        out.subject1, out.subject2 = np.array(subjects[0]), np.array(subjects[1])
    return out


def write_scores(path: Path, scores: ScoreSet, paths: tuple[list[str], list[str]] | None = None) -> None:
    """Write pairwise scores, as the ending says.

    .npz has the original's arrays beside the pairwise ones; .csv and .parquet have a row a pair; .txt has a score and its
    label (1 or 0) a line, genuine ones first.
    """
    assert scores.score is not None and scores.label is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    ending = path.suffix.lower()
    if ending == ".csv":
        header, rows = _rows(scores, paths)
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for row in rows:
                writer.writerow([safe_cell(_cell(cell)) for cell in row])
    elif ending == ".parquet":
        import pyarrow
        import pyarrow.parquet

        header, rows = _rows(scores, paths)
        columns = zip(*rows, strict=True) if len(scores.score) else [[] for _ in header]
        pyarrow.parquet.write_table(pyarrow.table(dict(zip(header, map(list, columns), strict=True))), part)
    elif ending == ".txt":
        order = np.argsort(~scores.label, kind="stable")
        lines = (f"{float(scores.score[row])!r} {int(scores.label[row])}\n" for row in order)
        part.write_text("".join(lines), encoding="utf-8")
    else:
        texts = _pairwise(scores)
        arrays: dict[str, Any] = dict(texts) | {name: np.array(value) for name, value in scores.about.items()}
        if paths:
            arrays |= {"path1": np.array(paths[0], dtype=str), "path2": np.array(paths[1], dtype=str)}
        genuine, impostor = scores.split()
        with part.open("wb") as binary:
            np.savez(
                binary, score=scores.score, label=scores.label.astype(np.int8), genuine_scores=genuine,
                imposter_scores=impostor, measure=np.array(scores.measure), **arrays,
            )  # fmt: skip
    part.replace(path)


def _pairwise(scores: ScoreSet) -> dict[str, Any]:
    """Return what is known of each pair beside its score and label."""
    return {name: getattr(scores, name) for name in (*_PAIRWISE, "fold") if getattr(scores, name) is not None}


def _cell(value: Any) -> Any:
    """Return a score as the text of its very number, empty where there is none; all else as it is."""
    return ("" if np.isnan(value) else repr(float(value))) if isinstance(value, np.floating) else value


def _rows(scores: ScoreSet, paths: tuple[list[str], list[str]] | None) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the names of a table's columns, and its rows: a pair each."""
    values, labels = scores.score, scores.label
    assert values is not None and labels is not None
    texts = _pairwise(scores)
    header = [*(("path1", "path2") if paths else ()), "score", "label", *texts, "measure", *scores.about]
    rows = (
        [
            *((paths[0][row], paths[1][row]) if paths else ()),
            values[row],
            int(labels[row]),
            *(str(column[row]) for column in texts.values()),
            scores.measure,
            *scores.about.values(),
        ]
        for row in range(len(values))
    )
    return header, rows


def export_csv(source: Path, target: Path) -> int:
    """Write any readable score file as CSV (score, label, and what else it names); returns how many scores."""
    scores = read_scores(source)
    if scores.score is None:
        genuine, impostor = scores.split()
        label = np.concatenate([np.ones(len(genuine), dtype=bool), np.zeros(len(impostor), dtype=bool)])
        scores = ScoreSet(
            score=np.concatenate([genuine, impostor]), label=label, measure=scores.measure, about=scores.about
        )
    assert scores.score is not None
    write_scores(target.with_suffix(".csv"), scores)
    return len(scores.score)
