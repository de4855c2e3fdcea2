"""Whether a file of verdicts is whole: a copy that was broken off is told, and not read as far as it goes."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from fairdesk.dataset.table_files import encoding_of
from fairdesk.errors import RequestError
from fairdesk.words import tr, tr_n

AFTER = "rows_after"  # the column that says how many rows follow; 0 in the last


def need_whole(path: Path, after: Sequence[str], lines: Sequence[int], files: int) -> None:
    """Raise `RequestError` where rows are missing at a file's end: each file that is in it has a row that none follows.

    So rows may be taken out, or put in another order.

    Parameters
    ----------
    after
        Of each row, how many follow, in the order of the file.
    lines
        The line of each.
    files
        How many files were put one behind the other.
    """
    numbers = []
    for text, line in zip(after, lines, strict=True):
        if not text.isdecimal():
            raise RequestError(
                tr(
                    "{path}, line {line}: `{name}` is {value!r}; it must be a whole number. Nothing was read.",
                    path=path, line=line, name=AFTER, value=text,
                )
            )  # fmt: skip
        numbers.append(int(text))
    if not numbers:
        raise RequestError(
            tr("{path} is cut off: no row is left of it. Nothing was read. Have the file copied again.", path=path)
        )
    if numbers.count(0) >= files and not _broken_off(numbers):
        return
    if not ends_in_a_line(path):
        raise cut_off(path, RequestError(tr("{path} is cut off.", path=path)))
    raise RequestError(
        tr_n(
            "{path} is cut off: after line {line}, {n:,} more was written. Nothing was read. Have the file copied again; to read what is left, delete the column {name}.",
            "{path} is cut off: after line {line}, {n:,} more were written. Nothing was read. Have the file copied again; to read what is left, delete the column {name}.",
            numbers[end := _end(numbers)],
            path=path,
            line=lines[end],
            name=AFTER,
        )
    )


def _broken_off(numbers: Sequence[int]) -> bool:
    """Whether one of some files put one behind the other, without its header, lacks its end.

    Rows that are all there may stand in any order. Else, where each row in turn says one less than the one before but
    where a file begins, every file has to come down to 0. Rows that were taken out by hand leave gaps: these are not judged.
    """
    many = Counter(numbers)
    if all(many[number] <= many[number - 1] for number in many if number):
        return False
    steps = list(itertools.pairwise(numbers))
    in_turn = sum(b == a - 1 for a, b in steps)
    as_written = all(b == a - 1 or b > a or a == 0 for a, b in steps) and 2 * in_turn >= len(steps)
    return as_written and numbers[_end(numbers)] > 0


def _end(numbers: Sequence[int]) -> int:
    """Return the first place at which a file ends before its end; the last place where none does."""
    last = len(numbers) - 1
    return next((at for at in range(last) if numbers[at + 1] > numbers[at] > 0), last)


def cut_off(path: Path, error: RequestError) -> RequestError:
    """Return why a file cannot be read, with the remedy where its last line has no end."""
    if ends_in_a_line(path):
        return error
    return RequestError(
        tr(
            "{error} The file does not end with a whole line: it may be cut off. Nothing was read. Have it copied again; to read the rest, delete its last line, and the column {name} if there is one.",
            error=error,
            name=AFTER,
        )
    )


def ends_in_a_line(path: Path) -> bool:
    """Whether a text file's last line has its end; so has an empty one, and what is no text."""
    try:
        written = path.read_bytes()
        end = written.decode(encoding_of(written[:4]))[-1:]
    except (OSError, ValueError):
        return True
    return end in ("", "\n", "\r")
