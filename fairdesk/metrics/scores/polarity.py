"""Whether scores are similarities or distances: by what a file says itself, or by what a person says of it."""

from __future__ import annotations

import re
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr


def holds_distances(measure: str) -> bool | None:
    """Tell whether a measure's numbers are distances (small means alike); None where its name does not say."""
    words = re.findall("[a-z]+", measure.lower().partition(", normalised by group")[0])
    if any(word.startswith(("distance", "dissimilarit")) for word in words):
        return not {"negative", "negated", "minus"} & set(words)
    return False if any(word.startswith("similarit") for word in words) or "negative" in words else None


def as_similarities(scores: ScoreSet, asked: bool, path: Path | None, option: str = "--distance") -> bool:
    """Turn distances into similarities, in place; returns whether they were distances: by the file, else as asked for.

    Raises
    ------
    RequestError
        If distances were asked for, and the file at `path` says that it holds similarities. Without `path` the file wins.
    """
    own = holds_distances(scores.measure)
    if asked and own is False and path is not None:
        raise RequestError(
            tr(
                "{path} says of its scores: {measure}. Large ones mean alike, so they are not distances. Leave {option} out.",
                path=path,
                measure=scores.measure,
                option=option,
            )
        )
    distances = asked if own is None else own
    if distances:
        scores.negate()
    return distances
