"""Whether scores are similarities or distances: by what a file says itself, or by what a person says of it."""

from __future__ import annotations

import re
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.metrics.scores.score_set import ScoreSet
from fairdesk.words import tr

_FAR = ("distance", "dissimilarit")
_NEGATED = {"negative", "negated", "minus", "inverse", "inverted", "reciprocal"}
_TURNED = re.compile(
    r"[-\u2212\u2013]|1(\.0*)?\s*[-\u2212\u2013/]|(negative|negated|minus|inverse|inverted|reciprocal)\b"
)
"""What a formula begins with that turns large into small."""
_FORMULA = re.compile(r"[/+*^\u2212\u2013]|\b\d[\d.]*\s*-|-\s*\d|-\s|\s-|\b(score|based|from|to|exp|log)\b")
"""What makes it doubtful that a text with a distance in it names a distance."""


def holds_distances(measure: str) -> bool | None:
    """Tell whether a measure's numbers are distances (small means alike); None where its name does not say or is doubtful.

    A name that goes on behind a bracket, comma, colon or equals sign is told by its beginning: "cosine similarity
    (1 - cosine distance)" are similarities.
    """
    text = measure.lower().partition(", normalised by group")[0].lstrip(" (")
    head, *more = re.split("[(,;:=]", text, maxsplit=1)
    rest = "".join(more)
    words, behind = (re.findall("[a-z]+", part) for part in (head, rest))
    near, far = (any(word.startswith(kind) for word in words) for kind in ("similarit", _FAR))
    turned, negated = bool(_TURNED.match(text)), bool(_NEGATED & {*words, *behind})
    if near and far:  # "distance-based similarity", but not "similarity distance"
        return False if not (turned or negated) and words[-1].startswith("similarit") else None
    if near:
        return None if turned or negated else False
    if turned and (far or any(word.startswith(_FAR) for word in behind)):
        return False if not any(word.startswith("similarit") for word in behind) else None
    if not far:
        return False if "negative" in words else None
    if any(word.startswith("similarit") for word in behind):
        return True if _TURNED.match(rest.strip()) else None
    if negated:
        return False
    return None if _FORMULA.search(head) or _FORMULA.search(rest) else True


_JOINED = re.compile(
    "(neg|inv|cos|cosine|l1|l2|euclid|euclidean|manhattan|hamming|angular|squared|feature|face|embedding|)"
    "(dist|dists|distance|distances|dissim|dissimilarity|sim|sims|similarity|similarities)"
)
"""A word of a column's name that may be two, the second of them short."""


_NORMS = {"l1", "l2", "euclid", "euclidean", "manhattan", "angle"}
"""Distances that are called so without saying that they are."""
_SAME = {
    "neg": "negative", "inv": "inverse", "distancia": "distance", "distancias": "distance", "disimilitud": "dissimilarity",
    "similitud": "similarity", "similaridad": "similarity", "coseno": "cosine", "euclidiana": "euclidean", "euclidea": "euclidean",
}  # fmt: skip
_MEASURES = {"distance", "dissimilarity", "similarity"}
_BEFORE = {"hamming", "angular", "squared", "cos", "cosine", "feature", "face", "embedding"}
"""What may stand beside these in the name of a column of scores."""


def _words(name: str) -> list[str]:
    """Return the words of a column's name, joined ones apart and without those for a score."""
    words: list[str] = []
    for word in re.sub("(?<=[a-z0-9])(?=[A-Z])", " ", name.strip()).replace("_", " ").split():
        joined = _JOINED.fullmatch(word.lower())
        if joined is None:
            words += [word] * (word.lower() not in ("score", "scores"))
            continue
        kind, what = joined.groups()
        words += [kind] * bool(kind)
        words.append(
            "distance" if what.startswith("dist") else "dissimilarity" if what.startswith("dis") else "similarity"
        )
    words = [_SAME.get(word.lower(), word) for word in words]
    said = {word.lower() for word in words}
    plain = _NORMS & said and said <= _NORMS | _NEGATED | {"squared"} and "score" not in name.lower()
    return [*words, "distance"] if plain else words


def measure_of_column(name: str) -> str:
    """Return what a column's name says of the scores in it ("cosine_distance", "L2dist"); empty where it says nothing."""
    said = " ".join(_words(name))
    return said if holds_distances(said) is not None else ""


def names_measure(name: str) -> bool:
    """Tell whether a column's name is that of a measure alone ("distance", "l2", "cos_sim"), so that it holds scores."""
    said = {*re.findall(r"\w+", " ".join(_words(name)).lower())}
    return bool(said & _MEASURES) and said <= _MEASURES | _BEFORE | _NORMS | _NEGATED and measure_of_column(name) != ""


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
