"""Comparisons and their scores, as they are worked with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Strings = npt.NDArray[np.str_]

ABOUT = (
    "encoder", "detector", "recipe", "mirrored", "precision", "scaling", "faces", "pair_list", "pair_list_sha256", "weights_sha256",
)  # fmt: skip
"""What a score file says of the vectors and the list that it was made from."""
PAIRWISE = ("subject1", "subject2", "group1", "group2", "gender1", "gender2", "age1", "age2")
PATHS = ("path1", "path2")
NORMALISED = ", normalised by group ("
"""What stands in the measure of scores that were normalised, between what they were and the method."""


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
    gender1: Strings | None = None
    gender2: Strings | None = None
    age1: Strings | None = None
    age2: Strings | None = None
    path1: Strings | None = None  # these two only where they were asked for
    path2: Strings | None = None
    fold: npt.NDArray[np.int64] | None = None
    measure: str = ""
    about: dict[str, str | int] = field(default_factory=dict)  # of `ABOUT` what is known: which vectors were compared
    told: list[str] = field(default_factory=list)  # how the file was read, where that is a guess by the names in it

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

    def part(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> ScoreSet:
        """Return some of the comparisons, by a mask of shape (n,) or by their rows, with all that is known of them."""
        pairwise = {name: getattr(self, name) for name in ("score", "label", "fold", *PAIRWISE, *PATHS)}
        return replace(self, **{name: value[rows] for name, value in pairwise.items() if value is not None})

    def turn(self, rows: npt.NDArray[np.bool_]) -> None:
        """Change the two sides of the comparisons of a mask: the second image, subject, group, gender and age come first."""
        for name in (*PAIRWISE, *PATHS):
            if name.endswith("1"):
                other = f"{name[:-1]}2"
                one, two = getattr(self, name), getattr(self, other)
                if one is not None and two is not None:
                    setattr(self, name, np.where(rows, two, one))
                    setattr(self, other, np.where(rows, one, two))

    def negate(self) -> None:
        """Turn distances into similarities, in place."""
        for array in (self.genuine, self.impostor, self.score):
            if array is not None:
                np.negative(array, out=array)


def known_about(texts: dict[str, str]) -> dict[str, str | int]:
    """Return what a file says of its vectors and list; `faces` is a number, `mirrored` true or left out."""
    found: dict[str, str | int] = {name: text for name, text in texts.items() if text}
    if texts.get("faces", "").isdigit():
        found["faces"] = int(texts["faces"])
    if "mirrored" in found:
        found["mirrored"] = texts["mirrored"].lower() in ("true", "1", "yes")
    return {name: value for name, value in found.items() if value is not False}
