"""JSON from files that anyone may have written."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any


def parse(text: str | bytes, *, unique: bool = False) -> Any:
    """Return what JSON text says. Raises `ValueError`, for text nested so deep that it only means to do harm too.

    `unique` refuses an object that has one key twice, of which otherwise the last counts.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique if unique else None)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except ValueError as error:
        if "integer string conversion" in str(error):  # Python's own limit
            raise ValueError("it holds a whole number of thousands of digits") from None
        raise


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"it has {twice[:60]!r} more than once")
    return found


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Return what a JSON object says. Raises `ValueError` if it is none."""
    found = parse(text)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found
