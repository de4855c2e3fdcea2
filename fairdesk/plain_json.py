"""JSON from files that anyone may have written."""

from __future__ import annotations

import json
from typing import Any


def parse(text: str | bytes) -> Any:
    """Return what JSON text says. Raises `ValueError`, for text nested so deep that it only means to do harm too."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Return what a JSON object says. Raises `ValueError` if it is none."""
    found = parse(text)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found
