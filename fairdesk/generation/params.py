"""Parameters of the generation jobs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from fairdesk.faces.params import existing_path
from fairdesk.jobs.fields import DETECTOR_UNSET, ExistingFolder, ExistingPath, NewFile, NewFolder, Offer, Pick, Unset
from fairdesk.jobs.params import JobParams
from fairdesk.project.conditions import HELP, check_conditions
from fairdesk.project.detector_key import HELP as DETECTOR_HELP
from fairdesk.project.detector_key import detector_text
from fairdesk.project.encoder_ref import encoder_text
from fairdesk.project.quality import Limit
from fairdesk.words import tr


class GenerateParams(JobParams):
    """Generate faces with a trained generator; every file is marked synthetic."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Latents": ("spread", "truncation", "seed"),
        "Device": ("batch_size", "device"),
    }

    run: Annotated[ExistingPath, Offer.GENERATOR] = Field(
        title="Generator", description="A run's folder, one of its checkpoints, another program's weights, or .onnx"
    )
    out: NewFolder = Field(title="Output", description="The new folder to write")
    images: int = Field(100, ge=1, le=10_000_000, title="Number of images", description="Number of images in total")
    per_identity: int | None = Field(
        None,
        ge=1,
        title="Images per identity",
        description="Generate identities: one folder each, with this many images",
    )
    label: Annotated[str | None, Unset("those of the group, else all in turn")] = Field(
        None, description="Label to generate (conditional generators)"
    )
    group: Annotated[str | None, Offer.GROUP] = Field(
        None, description="Group the faces represent: name of their folder, and stored in their mark"
    )
    spread: float = Field(
        0.8,
        ge=0,
        le=10,
        title="Latent spread",
        description="Standard deviation of an identity's latents around its own",
    )
    truncation: float = Field(
        1.0,
        gt=0,
        le=2,
        description="Lower: cleaner, less varied faces. Scales the latents; for StyleGAN2 pulls the styles towards their mean",
    )
    seed: int = Field(1, ge=0, description="Random seed; the same seed generates the same faces")
    batch_size: Annotated[int | None, Unset("64 of 64 pixels, fewer of larger ones")] = Field(
        None, ge=1, le=4096, description="Batch size"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Compute device")

    @field_validator("run", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _whole(self) -> GenerateParams:
        if self.per_identity is not None and self.images % self.per_identity:
            raise ValueError(
                tr(
                    "{images} images cannot be divided into identities with {per_identity} each",
                    images=self.images,
                    per_identity=self.per_identity,
                )
            )
        return self


class InterpolateParams(JobParams):
    """Interpolate between generated faces: numbered images in a folder, or an animation (.gif, .mp4)."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Latents": ("label", "truncation", "seed"), "Device": ("device",)}

    run: Annotated[ExistingPath, Offer.GENERATOR] = Field(
        title="Generator", description="A run's folder, or a checkpoint"
    )
    out: NewFile = Field(title="Output", description="A new folder, or a .gif or .mp4 file")
    faces: int = Field(4, ge=2, le=1000, title="Faces", description="Number of faces to interpolate between")
    steps: int = Field(15, ge=1, le=1000, title="Frames between faces", description="Frames from one face to the next")
    label: str | None = Field(None, description="Label to generate (conditional generators; default: the first)")
    truncation: float = Field(1.0, gt=0, le=2, description="Lower: cleaner, less varied faces")
    rate: float = Field(15.0, gt=0, le=60, title="Frames per second", description="Frames per second of an animation")
    seed: int = Field(1, ge=0, description="Random seed; the same seed gives the same faces")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Compute device")

    @field_validator("run", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


class AssessParams(JobParams):
    """Assess synthetic faces against real ones: FID, KID, precision, recall, copying and diversity, by group."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Sample": ("images", "examples", "seed"),
        "Weights": ("weights", "download"),
    }

    made: ExistingFolder = Field(title="Synthetic faces", description="Folder of synthetic faces")
    real: ExistingFolder = Field(title="Real faces", description="Folder of real faces, or a project")
    encoder: Annotated[str, Offer.ENCODER] = Field(
        "dlib",
        title="Embedding model",
        description="Embedding model of the features; figures of different models are not comparable (arcface:FILE, onnx:FILE)",
    )
    images: int = Field(
        5000, ge=8, le=1_000_000, title="Maximum images", description="Maximum number of images on each side"
    )
    examples: int = Field(
        50, ge=1, le=1000, title="Nearest pairs", description="Number of nearest pairs checked for copies"
    )
    seed: int = Field(1, ge=0, description="Random seed; the same seed takes the same images")
    weights: Annotated[Path | None, Pick.EITHER] = Field(None, description="File or folder of the model's weights")
    download: bool = Field(
        False, title="Download weights", description="Download missing weights from the model's authors"
    )

    _there = field_validator("made", "real", "weights")(existing_path)
    _known = field_validator("encoder")(encoder_text)


class ReviewParams(JobParams):
    """Check synthetic faces before they enter the project: face found, close to its source, not too close to a real identity."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Limits": ("too_like", "like_source", "like_group", "limits"),
        "Weights": ("weights", "download"),
    }

    made: ExistingFolder = Field(title="Synthetic faces", description="Folder of synthetic faces")
    encoder: Annotated[str, Offer.ENCODER] = Field(
        "dlib", title="Embedding model", description="Embedding model for the comparison with the project"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(
        None, description=DETECTOR_HELP + "; it also detects the faces of the synthetic images"
    )
    too_like: Annotated[float | None, Unset("nearer than 999 of 1,000 pairs of different people")] = Field(
        None,
        gt=0,
        title="Too close to a real identity",
        description="Distance below which a face is too close to a real identity",
    )
    like_source: Annotated[float | None, Unset("not checked")] = Field(
        None,
        gt=0,
        title="Distance from its source",
        description="Largest distance of a translated face from its source",
    )
    like_group: Annotated[float | None, Unset("reported, not checked")] = Field(
        None,
        ge=0,
        le=1,
        title="Share of its group",
        description="Smallest share of its group among the 10 nearest real people (groups weighted equally)",
    )
    limits: list[str] | None = Field(
        None, title="Quality limits", description="Quality limits, as MEASURE=LOW:HIGH: sharpness=30: side=40:"
    )
    accept: bool = Field(
        False,
        title="Import accepted faces",
        description="Import the faces that pass, marked synthetic; one undoable step",
    )
    only: list[str] | None = Field(
        None,
        title="Only these files",
        description="Import only these files of the folder, as chosen by a person, without checking again",
    )
    weights: Annotated[Path | None, Pick.EITHER] = Field(None, description="File or folder of the model's weights")
    download: bool = Field(
        False, title="Download weights", description="Download missing weights from the model's authors"
    )

    _there = field_validator("made", "weights")(existing_path)
    _known_detector = field_validator("detector")(detector_text)
    _known = field_validator("encoder")(encoder_text)

    @field_validator("limits")
    @classmethod
    def _parse(cls, value: list[str] | None) -> list[str] | None:
        for text in value or []:
            Limit.parse(text)
        return value

    def ranges(self) -> list[Limit]:
        """The limits of quality."""
        return [Limit.parse(text) for text in self.limits or []]


class TranslateParams(JobParams):
    """Translate faces with CycleGAN generators; every file is marked synthetic, names and identity folders are kept."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Images": ("size", "group"),
        "Device": ("precision", "batch_size", "device"),
    }

    input: ExistingPath = Field(
        description="An image, a folder, a project, or a list (.txt) of identity folders or images, one a line"
    )
    where: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="Only images of", description="Only images of a project that match: " + HELP
    )
    g_ab: Annotated[Path | None, Pick.EITHER, Offer.TRANSLATOR] = Field(
        None,
        title="Generator A to B",
        description="Generator A to B: a run or checkpoint, another program's .pth, or .onnx",
    )
    g_ba: Annotated[Path | None, Pick.EITHER, Offer.TRANSLATOR] = Field(
        None, title="Generator B to A", description="Generator B to A"
    )
    direction: Literal["AtoB", "BtoA", "both"] = Field("AtoB", description="Direction of the translation")
    out: NewFolder = Field(title="Output", description="The new folder to write")
    group: Annotated[str | None, Offer.GROUP] = Field(
        None, description="Group the translated faces represent, stored in their mark (one direction)"
    )
    size: Annotated[int | None, Unset("each image's own")] = Field(
        None, ge=16, le=4096, title="Longer side", description="Longer side in pixels; the aspect ratio is kept"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="auto: for 16 images or more the fastest in a short trial that agrees with fp32 to 40 dB",
    )
    batch_size: Annotated[int | None, Unset("8 on a GPU, else 1")] = Field(
        None, ge=1, le=256, description="Batch size (images of one size)"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Compute device")

    _conditions = field_validator("where")(check_conditions)

    @field_validator("input", "g_ab", "g_ba", "out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @model_validator(mode="after")
    def _generators(self) -> TranslateParams:
        if self.direction in ("AtoB", "both") and self.g_ab is None:
            raise ValueError(tr("the direction AtoB needs --g-ab FILE"))
        if self.direction in ("BtoA", "both") and self.g_ba is None:
            raise ValueError(tr("the direction BtoA needs --g-ba FILE"))
        if self.group is not None and self.direction == "both":
            raise ValueError(
                tr("faces of both directions cannot stand for one group: translate one direction at a time")
            )
        return self


def _mount(text: str) -> tuple[Path, str, str]:
    """Split FOLDER:PLACE[:MODE]; the folder may hold colons of its own."""
    head, _, last = text.rpartition(":")
    mode = "rw"
    if last in ("rw", "ro"):
        mode = last
        head, _, last = head.rpartition(":")
    return Path(head).expanduser().absolute(), last, mode


class ContainerParams(JobParams):
    """Run an external trainer in a container, with its live log; the container is removed afterwards."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Container": ("gpu", "shm", "mount", "env", "user", "network")}

    image: str = Field(
        default_factory=lambda: os.environ.get("IMAGE") or "sg2ada:latest",
        description="Container image (default: $IMAGE, else sg2ada:latest)",
    )
    command: list[str] = Field([], description="Command and its arguments (default: the image's own)")
    gpu: str = Field("0", title="GPUs", description="GPUs available to it: 0, 0,1, all or none")
    shm: str = Field("2g", title="Shared memory", description="Size of its shared memory")
    workdir: ExistingFolder = Field(
        Path("."), title="Working folder", description="Folder mounted as /scratch, its working folder and HOME"
    )

    mount: list[str] = Field([], title="Mounts", description="Folder to mount, as FOLDER:PLACE or FOLDER:PLACE:ro")
    env: list[str] = Field([], title="Environment", description="Environment variable, as NAME=VALUE")
    user: Annotated[str | None, Unset("you")] = Field(None, description="User to run as, as uid or uid:gid")
    network: bool = Field(False, description="Allow network access, with the faces it can see")

    @field_validator("mount")
    @classmethod
    def _mounts(cls, values: list[str]) -> list[str]:
        for value in values:
            folder, place, _ = _mount(value)
            if ":" not in value or not place.startswith("/"):
                raise ValueError(
                    tr("{value!r} is not FOLDER:PLACE or FOLDER:PLACE:ro, with a place such as /data", value=value)
                )
            if not folder.exists():
                raise ValueError(tr("there is no folder {folder}", folder=folder))
        return values

    @field_validator("env")
    @classmethod
    def _environment(cls, values: list[str]) -> list[str]:
        for value in values:
            if not value.partition("=")[0] or "=" not in value:
                raise ValueError(tr("{value!r} is not NAME=VALUE", value=value))
        return values

    def all_mounts(self) -> dict[str, dict[str, str]]:
        """Return the folders it sees, as the Docker SDK takes them."""
        every = [(self.workdir, "/scratch", "rw"), *map(_mount, self.mount)]
        return {str(folder): {"bind": place, "mode": mode} for folder, place, mode in every}

    @field_validator("workdir")
    @classmethod
    def _there(cls, value: Path) -> Path:
        path = value.expanduser().absolute()
        if not path.is_dir():
            raise ValueError(tr("there is no folder {path}", path=path))
        return path

    @field_validator("shm")
    @classmethod
    def _size(cls, value: str) -> str:
        if not value[:-1].isdigit() or value[-1].lower() not in "bkmg":
            raise ValueError(tr("must be a number and b, k, m or g, such as 2g"))
        return value
