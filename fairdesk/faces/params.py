"""Parameters of the jobs that find and encode faces."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from fairdesk.jobs.params import JobParams

Detector = Literal["hog", "cnn", "whole"]
Encoder = Literal["dlib", "resnet50"]


class DetectParams(JobParams):
    """Find faces in the project's images."""

    detector: Detector = Field(
        "hog",
        description="hog: fast, frontal faces; cnn: finds more, slow without a GPU; whole: the image already is the face",
    )
    faces: Literal["largest", "all"] = Field("largest", description="Keep the largest face of an image, or all of them")
    upsample: int = Field(
        1, ge=0, le=3, description="How many times to enlarge the image first; finds smaller faces, slower"
    )
    max_side: int = Field(
        2000, ge=200, le=20000, description="Larger photographs are scaled down to this many pixels to search them"
    )


class EncodeParams(JobParams):
    """Turn every face into a vector."""

    encoder: Encoder = Field("dlib", description="dlib: 128-d face vectors; resnet50: 2048-d ImageNet features")
    detector: Detector | None = Field(
        None,
        description="Whose faces to encode; images it has not seen are searched first (default: the one used last)",
    )
    weights: Path | None = Field(None, description="File with the resnet50 weights (.pth or .safetensors)")
    download: bool = Field(False, description="Fetch the resnet50 weights (98 MB) from pytorch.org if they are missing")
    engine: Literal["local", "ray"] = Field(
        "local", description="local: this machine's processes; ray: a Ray cluster that sees the same files"
    )
    batch_size: int = Field(32, ge=1, le=1024, description="Faces encoded at a time")

    @field_validator("weights")
    @classmethod
    def _exists(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError(f"there is no file {value}")
        return value
