"""Parameters of the generation jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from fairdesk.jobs.params import JobParams


class TrainGanParams(JobParams):
    """Train a GAN on a folder of face images."""

    family: Literal["gan", "identity-gan", "dcgan"] = Field(
        "dcgan", description="gan: fully connected; identity-gan: the same, made for identities; dcgan: convolutions"
    )
    data: Path = Field(description="Folder of images (all below it)")
    out: Path = Field(description="Folder of the run")
    image_size: int = Field(64, ge=16, le=256, description="Width and height in pixels; dcgan: 32, 64, 128 or 256")
    epochs: int = Field(200, ge=1, le=100_000, description="Times through all images")
    batch_size: int = Field(64, ge=2, le=4096, description="Images in a step")
    latent: int = Field(100, ge=2, le=1024, description="Numbers in a latent")
    learning_rate: float = Field(2e-4, gt=0, le=1, description="Adam's learning rate (betas .5, .999)")
    seed: int = Field(999, ge=0, description="The same seed gives the same run (on the CPU)")
    preview_every: int = Field(400, ge=1, description="Batches between two sample grids")
    checkpoint_every: int = Field(
        0, ge=0, description="Epochs between two kept checkpoints; 0 keeps the best and the last"
    )
    patience: int = Field(0, ge=0, description="Stop after this many epochs without a better generator loss; 0 never")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="auto: bf16 on a GPU that has it, else fp32"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to compute")
    resume: bool = Field(False, description="Go on with the run in that folder")

    @field_validator("data", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _size(self) -> TrainGanParams:
        if self.family == "dcgan" and self.image_size not in (32, 64, 128, 256):
            raise ValueError("dcgan makes images of 32, 64, 128 or 256 pixels")
        return self


class GenerateParams(JobParams):
    """Make faces with a trained generator; every file is marked synthetic."""

    run: Path = Field(description="A run's folder, or one of its checkpoints")
    out: Path = Field(description="The new folder to write")
    images: int = Field(100, ge=1, le=10_000_000, description="How many images in all")
    per_identity: int | None = Field(
        None, ge=1, description="Make identities: a folder for each, with this many of the images"
    )
    spread: float = Field(0.8, ge=0, le=10, description="Standard deviation of an identity's latents around its own")
    truncation: float = Field(1.0, gt=0, le=2, description="Latents are scaled by this: less is more alike and cleaner")
    seed: int = Field(1, ge=0, description="The same seed makes the same faces")
    batch_size: int = Field(64, ge=1, le=4096, description="Images made at a time")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to compute")

    @field_validator("run", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _whole(self) -> GenerateParams:
        if self.per_identity is not None and self.images % self.per_identity:
            raise ValueError(f"{self.images} images are no whole number of identities with {self.per_identity} each")
        return self
