"""Parameters of the jobs that prepare folders of faces: sample, split, flatten, resize, leaks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from fairdesk.jobs.params import JobParams

Layout = Literal["auto", "flat", "identity", "group-identity"]


def _absolute(value: Path) -> Path:
    return value.expanduser().absolute()


class SampleParams(JobParams):
    """Take a random part of a folder: images, or whole identities of each group."""

    folder: Path = Field(description="The folder of images")
    out: Path = Field(description="The new folder to write")
    images: int | None = Field(None, ge=1, description="This many random images, flat, named {number}_{name}")
    identities: int | None = Field(None, ge=1, description="This many identities of each group, whole")
    fraction: float | None = Field(None, gt=0, le=1, description="This share of the identities of each group, whole")
    excluding: Path | None = Field(None, description="Take no identity that is in this folder")
    layout: Layout = Field("auto", description="What the folders mean")
    copy_files: bool = Field(False, alias="copy", description="Copy the files instead of linking to them")
    seed: int = Field(1, ge=0, description="The same seed takes the same images")
    dry_run: bool = Field(False, description="Only say what would be written")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _paths = field_validator("folder", "out")(_absolute)

    @model_validator(mode="after")
    def _one(self) -> SampleParams:
        if sum(value is not None for value in (self.images, self.identities, self.fraction)) != 1:
            raise ValueError("give just one of images, identities and fraction")
        return self


class SplitParams(JobParams):
    """Split a folder into sets that share no identity."""

    folder: Path = Field(description="The folder of images")
    out: list[Path] = Field(min_length=2, description="The new folders, one for each set")
    images: int | None = Field(None, ge=1, description="Images in each set; with whole identities the nearest total")
    shares: list[float] | None = Field(None, description="Share of the images for each set, in every group: .8 .1 .1")
    by: Literal["identity", "image"] = Field(
        "identity", description="identity: nobody is on two sides; image: may leak"
    )
    layout: Layout = Field("auto", description="What the folders mean")
    copy_files: bool = Field(False, alias="copy", description="Copy the files instead of linking to them")
    seed: int = Field(1, ge=0, description="The same seed makes the same sets")
    dry_run: bool = Field(False, description="Only say what would be written")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _path = field_validator("folder")(_absolute)

    @field_validator("out")
    @classmethod
    def _distinct(cls, value: list[Path]) -> list[Path]:
        found = [_absolute(path) for path in value]
        if len(set(found)) != len(found):
            raise ValueError("name a different folder for each set")
        return found

    @model_validator(mode="after")
    def _one(self) -> SplitParams:
        if (self.images is None) == (self.shares is None):
            raise ValueError("give either images or shares")
        if self.shares is not None:
            if len(self.shares) != len(self.out):
                raise ValueError(f"there are {len(self.shares)} shares for {len(self.out)} folders")
            if any(share <= 0 for share in self.shares) or sum(self.shares) > 1 + 1e-9:
                raise ValueError("shares are above 0 and together at most 1")
        return self


class FlattenParams(JobParams):
    """Flatten group/identity/image to group/identity_image."""

    folder: Path = Field(description="The folder of images")
    out: Path = Field(description="The new folder to write")
    copy_files: bool = Field(False, alias="copy", description="Copy the files instead of linking to them")
    dry_run: bool = Field(False, description="Only say what would be written")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _paths = field_validator("folder", "out")(_absolute)


class ResizeParams(JobParams):
    """Resize every image of a tree (Lanczos), structure kept."""

    folder: Path = Field(description="The folder of images")
    out: Path = Field(description="The new folder to write")
    size: str = Field("112x112", description="Width x height in pixels")
    fit: Literal["stretch", "crop", "pad"] = Field(
        "crop", description="What to do where the shape differs: stretch it, crop the middle, or pad with black"
    )
    dry_run: bool = Field(False, description="Only say what would be written")

    _paths = field_validator("folder", "out")(_absolute)

    @field_validator("size")
    @classmethod
    def _pair(cls, value: str) -> str:
        match = re.fullmatch(r"(\d+)x(\d+)", value.replace(" ", "").lower())
        if match is None or not all(1 <= int(side) <= 10_000 for side in match.groups()):
            raise ValueError("must be WIDTHxHEIGHT, such as 112x112")
        return match[0]

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height."""
        width, height = self.size.split("x")
        return int(width), int(height)


class LeaksParams(JobParams):
    """Find what two sets share: identities, files, near-duplicate images."""

    a: Path = Field(description="A folder or a project")
    b: Path = Field(description="The other folder or project")
    distance: int = Field(
        4, ge=0, le=16, description="Near-duplicate: at most this many of 64 bits of the perceptual hash differ"
    )

    _paths = field_validator("a", "b")(_absolute)
