"""Which detector found some faces, and how it was set: all that decides which faces there are."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fairdesk.words import tr

OWN = ("hog", "hog-fast", "cnn", "whole")
DEEPFACE = "deepface:"
UPSAMPLE, MAX_SIDE = 1, 2000  # unless said
MOST_UPSAMPLE, SIDES = 3, (200, 20000)  # what may be said
HELP = "Detector whose faces are used"

_TEXT = re.compile(r"(?P<name>[^+@/]+)(?P<every>\+all)?(?:@(?P<upsample>-?\d+))?(?:/(?P<max_side>-?\d+))?")


@dataclass(frozen=True)
class DetectorKey:
    """A detector with its settings. As text: ``hog``, ``hog+all@2/1500``, ``deepface:yunet``; only what differs is written.

    `every` keeps all faces of an image, not the largest alone. Where the weights lie does not change the faces.
    """

    name: str = "hog"
    every: bool = False
    upsample: int = UPSAMPLE
    max_side: int = MAX_SIDE

    def __post_init__(self) -> None:
        if self.name == "whole":  # the image is the face: nothing else can change it
            for field in ("every", "upsample", "max_side"):
                object.__setattr__(self, field, getattr(DetectorKey, field))

    @classmethod
    def parse(cls, text: str) -> DetectorKey:
        """Read a key as text. Raises `ValueError`."""
        match = _TEXT.fullmatch(text)
        named = match is not None and (
            match["name"] in OWN or match["name"].removeprefix(DEEPFACE) not in ("", match["name"])
        )
        if match is None or not named:
            raise ValueError(
                tr(
                    "must be {own} or {deepface}NAME; a detector with settings of its own is named in full, "
                    "as `detect` names it: hog+all@2/1500",
                    own=", ".join(OWN),
                    deepface=DEEPFACE,
                )
            )
        upsample, side = int(match["upsample"] or UPSAMPLE), int(match["max_side"] or MAX_SIDE)
        if not 0 <= upsample <= MOST_UPSAMPLE or not SIDES[0] <= side <= SIDES[1]:
            raise ValueError(
                tr(
                    "enlarges 0 to {most} times (@), and searches {low} to {high} pixels (/)",
                    most=MOST_UPSAMPLE,
                    low=SIDES[0],
                    high=SIDES[1],
                )
            )
        return cls(match["name"], match["every"] is not None, upsample, side)

    @property
    def deepface(self) -> str | None:
        """The name of deepface's detector, or None: one of our own."""
        return self.name.removeprefix(DEEPFACE) if self.name.startswith(DEEPFACE) else None

    @property
    def searched_side(self) -> int | None:
        """The longest side of an image that is searched as it is, in pixels; None: each is taken as it is."""
        return None if self.name == "whole" else self.max_side

    def with_all_faces(self) -> DetectorKey:
        """Return the same detector, keeping all faces of an image."""
        return replace(self, every=True)

    def options(self) -> str:
        """Return the options of the verb `detect` that look for its faces."""
        out = f"--detector {self.name}" + (" --faces all" if self.every else "")
        out += f" --upsample {self.upsample}" if self.upsample != UPSAMPLE else ""
        return out + (f" --max-side {self.max_side}" if self.max_side != MAX_SIDE else "")

    def __str__(self) -> str:
        text = self.name + ("+all" if self.every else "")
        text += f"@{self.upsample}" if self.upsample != UPSAMPLE else ""
        return text + (f"/{self.max_side}" if self.max_side != MAX_SIDE else "")


def whose_faces(detector: str | None, encoder: object) -> None:
    """Refuse a detector where no vectors are asked for. Raises `ValueError`."""
    if detector is not None and encoder is None:
        raise ValueError(tr("a detector says whose embeddings to compare: give the encoder too (--encoder)"))


def detector_text(value: str | None) -> str | None:
    """Return a detector's key as it is stored, for a field of a parameter model. Raises `ValueError`."""
    return None if value is None else str(DetectorKey.parse(value))
