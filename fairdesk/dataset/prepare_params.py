"""Parameters of the jobs that prepare folders of faces: sample, split, flatten, resize, leaks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from fairdesk.jobs.fields import LINK, ExistingFolder, NewFolder, Offer, Pick, Unset
from fairdesk.jobs.params import JobParams
from fairdesk.project.conditions import HELP, check_conditions
from fairdesk.project.detector_key import detector_text, whose_faces
from fairdesk.words import mark, tr, tr_n

Layout = Literal["auto", "flat", "identity", "group-identity"]


def _absolute(value: Path) -> Path:
    return value.expanduser().absolute()


def parse_size(text: str) -> str:
    """Check WIDTHxHEIGHT. Raises `ValueError`."""
    match = re.fullmatch(r"(\d+)x(\d+)", text.replace(" ", "").lower())
    if match is None or not all(1 <= int(side) <= 10_000 for side in match.groups()):
        raise ValueError(tr("must be WIDTHxHEIGHT, such as 112x112"))
    return match[0]


Leaks = Literal["refuse", "allow", "skip"]
LEAKS_HELP = mark(
    "If the same or nearly the same image is in two sets: refuse, allow (with a warning), or skip the check"
)
DISTANCE_HELP = mark(
    "Near-duplicate: at most this many of the 64 bits of the perceptual hash differ, and the images correlate by .96"
)


def check_sizes(images: int | None, shares: list[float] | None, folds: int | None, sets: int) -> None:
    """Check that the sizes of sets are given in just one way. Raises `ValueError`."""
    if sum(value is not None for value in (images, shares, folds)) != 1:
        raise ValueError(tr("give just one of images, shares and folds"))
    if folds is not None:
        if sets > 1:
            raise ValueError(tr("folds are numbered under one name: give one"))
        return
    if sets < 2:
        raise ValueError(tr("a split needs at least two sets"))
    if shares is not None:
        if len(shares) != sets:
            raise ValueError(
                tr_n(
                    "there are {count} shares for {n} set",
                    "there are {count} shares for {n} sets",
                    sets,
                    count=len(shares),
                )
            )
        if any(share <= 0 for share in shares) or sum(shares) > 1 + 1e-9:
            raise ValueError(tr("shares are above 0 and together at most 1"))


class SampleParams(JobParams):
    """Draw a random sample of a folder: images, or whole identities of each group."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Source": ("layout", "excluding"),
        "Writing": ("copy_files", "seed"),
    }

    folder: ExistingFolder = Field(description="The folder of images")
    out: NewFolder = Field(title="Output", description="The new folder to write")
    images: int | None = Field(
        None, ge=1, title="Number of images", description="Number of random images, flat, named {number}_{name}"
    )
    identities: int | None = Field(
        None, ge=1, title="Identities per group", description="Number of whole identities of each group"
    )
    fraction: float | None = Field(
        None, gt=0, le=1, title="Share of identities", description="Share of whole identities of each group"
    )
    excluding: Annotated[Path | None, Pick.FOLDER] = Field(
        None, title="Excluding identities of", description="Skip identities that are in this folder"
    )
    layout: Layout = Field("auto", description="Meaning of the folders")
    copy_files: Annotated[bool, LINK] = Field(
        False, alias="copy", title="Copy the files", description="Copy the files instead of linking to them"
    )
    seed: int = Field(1, ge=0, description="Random seed; the same seed takes the same images")
    dry_run: bool = Field(False, description="Only show what would be written")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _paths = field_validator("folder", "out")(_absolute)

    @model_validator(mode="after")
    def _one(self) -> SampleParams:
        if sum(value is not None for value in (self.images, self.identities, self.fraction)) != 1:
            raise ValueError(tr("give just one of images, identities and fraction"))
        return self


class SplitParams(JobParams):
    """Split a folder into sets that share no identity."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Sizes": ("folds", "by", "seed"),
        "Leak check": ("leaks", "distance"),
        "Source and writing": ("layout", "copy_files"),
    }

    folder: ExistingFolder = Field(description="The folder of images")
    out: Annotated[list[Path], Pick.NEW_FOLDER] = Field(
        min_length=1,
        title="Output",
        description="The new folders, one for each set (with folds: the one folder that holds them)",
    )
    images: int | None = Field(
        None, ge=1, title="Images per set", description="Images in each set; with whole identities the nearest total"
    )
    shares: list[float] | None = Field(None, description="Share of the images for each set, in every group: .8 .1 .1")
    folds: int | None = Field(None, ge=2, le=100, description="Instead: this many folds of equal size, fold_1 ...")
    by: Literal["identity", "image"] = Field(
        "identity", title="Split by", description="identity: no identity in two sets; image: may leak"
    )
    leaks: Leaks = Field("refuse", title="Leaks between sets", description=LEAKS_HELP)
    distance: int = Field(4, ge=0, le=16, title="Hash distance", description=DISTANCE_HELP)
    layout: Layout = Field("auto", description="Meaning of the folders")
    copy_files: Annotated[bool, LINK] = Field(
        False, alias="copy", title="Copy the files", description="Copy the files instead of linking to them"
    )
    seed: int = Field(1, ge=0, description="Random seed; the same seed makes the same sets")
    dry_run: bool = Field(False, description="Only show what would be written")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _path = field_validator("folder")(_absolute)

    @field_validator("out")
    @classmethod
    def _distinct(cls, value: list[Path]) -> list[Path]:
        found = [_absolute(path) for path in value]
        if len(set(found)) != len(found):
            raise ValueError(tr("name a different folder for each set"))
        inside = next(((a, b) for a in found for b in found if a in b.parents), None)
        if inside is not None:
            raise ValueError(
                tr("{inner} lies in {outer}: one set would hold the other's images", inner=inside[1], outer=inside[0])
            )
        return found

    @model_validator(mode="after")
    def _one(self) -> SplitParams:
        check_sizes(self.images, self.shares, self.folds, len(self.out))
        return self

    def folders(self) -> list[Path]:
        """The folders to write."""
        return self.out if self.folds is None else [self.out[0] / f"fold_{n + 1}" for n in range(self.folds)]


class FlattenParams(JobParams):
    """Flatten group/identity/image to group/identity_image."""

    folder: ExistingFolder = Field(description="The folder of images")
    out: NewFolder = Field(title="Output", description="The new folder to write")
    copy_files: Annotated[bool, LINK] = Field(
        False, alias="copy", title="Copy the files", description="Copy the files instead of linking to them"
    )
    dry_run: bool = Field(False, description="Only show what would be written")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _paths = field_validator("folder", "out")(_absolute)


class ResizeParams(JobParams):
    """Resize every image of a tree (Lanczos), structure kept."""

    folder: ExistingFolder = Field(description="The folder of images")
    out: NewFolder = Field(title="Output", description="The new folder to write")
    size: str = Field("112x112", description="Width x height in pixels")
    fit: Literal["stretch", "crop", "pad"] = Field(
        "crop", description="Where the aspect ratio differs: stretch, crop the middle, or pad with black"
    )
    dry_run: bool = Field(False, description="Only show what would be written")

    _paths = field_validator("folder", "out")(_absolute)

    @field_validator("size")
    @classmethod
    def _pair(cls, value: str) -> str:
        return parse_size(value)

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height."""
        width, height = self.size.split("x")
        return int(width), int(height)


class ExportParams(JobParams):
    """Write a project's images, one of its sets, or a folder as folders, as InsightFace .rec, or as a table."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {
        "classes": ("layout", ("imagefolder",)),
        "size": ("layout", ("rec",)),
        "fit": ("layout", ("rec",)),
    }
    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Images": ("size", "fit"),
        "Source and writing": ("source_layout", "synthetic", "copy_files"),
    }

    folder: Annotated[Path | None, Pick.FOLDER] = Field(None, description="A folder or archive instead of a project")
    out: NewFolder = Field(
        title="Output", description="The new folder to write (for a table: the .csv, .tsv or .parquet file)"
    )
    layout: Literal["group-identity", "identity", "flat", "imagefolder", "rec", "manifest"] = Field(
        "group-identity",
        description="Folder layout; imagefolder: torchvision; rec: train.rec/.idx; manifest: a table",
    )
    classes: Literal["identity", "group"] = Field("identity", description="What a class is (imagefolder)")
    only_set: Annotated[str | None, Offer.SET] = Field(
        None, alias="set", title="Set", description="Only images of this set"
    )
    where: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="Only images of", description="Only images of the project that match: " + HELP
    )
    synthetic: Literal["keep", "leave-out"] = Field(
        "keep", description="Images marked synthetic: keep (still marked) or leave out"
    )
    size: str | None = Field(None, description="Width x height of the images (rec): 112x112")
    fit: Literal["crop", "pad", "stretch"] = Field(
        "crop", description="How to fit where the aspect ratio differs (rec)"
    )
    source_layout: Layout = Field("auto", description="What the source's folders mean")
    copy_files: Annotated[bool, LINK] = Field(
        False, alias="copy", title="Copy the files", description="Copy the files instead of linking to them"
    )
    dry_run: bool = Field(False, description="Only show what would be written")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _conditions = field_validator("where")(check_conditions)

    @field_validator("folder", "out")
    @classmethod
    def _paths(cls, value: Path | None) -> Path | None:
        return None if value is None else _absolute(value)

    @field_validator("size")
    @classmethod
    def _pair(cls, value: str | None) -> str | None:
        return None if value is None else parse_size(value)

    @model_validator(mode="after")
    def _table(self) -> ExportParams:
        if self.layout == "manifest" and self.out.suffix.lower() not in (".csv", ".tsv", ".parquet"):
            raise ValueError(tr("for a manifest out is a .csv, .tsv or .parquet file"))
        return self

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height, or None: as they are."""
        if self.size is None:
            return None
        width, height = self.size.split("x")
        return int(width), int(height)


class LeaksParams(JobParams):
    """Check two sets for leaks: shared identities, files, similar images or similar embeddings."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Vectors": ("encoder", "detector", "vector_distance")}

    a: ExistingFolder = Field(title="First set", description="A folder or a project")
    b: ExistingFolder = Field(title="Second set", description="The other folder or project")
    distance: int = Field(4, ge=0, le=16, title="Hash distance", description=DISTANCE_HELP)
    encoder: Annotated[str | None, Offer.VECTORS] = Field(
        None, title="Embedding model", description="Also compare embeddings of this model (two projects)"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, Unset("the newest that both projects have")] = Field(
        None, description="Detector whose faces are used"
    )
    vector_distance: float = Field(
        0.1,
        gt=0,
        le=2,
        title="Embedding distance",
        description="Embeddings at most this far apart count as near-identical (cosine or Euclidean distance)",
    )

    _paths = field_validator("a", "b")(_absolute)
    _known_detector = field_validator("detector")(detector_text)

    @model_validator(mode="after")
    def _vectors(self) -> LeaksParams:
        whose_faces(self.detector, self.encoder)
        return self
