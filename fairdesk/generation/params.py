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


class GenerateParams(JobParams):
    """Make faces with a trained generator; every file is marked synthetic."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Latents": ("spread", "truncation", "seed"),
        "Device": ("batch_size", "device"),
    }

    run: Annotated[ExistingPath, Offer.GENERATOR] = Field(
        description="A run's folder, one of its checkpoints, another program's weights, or .onnx"
    )
    out: NewFolder = Field(title="Write to", description="The new folder to write")
    images: int = Field(100, ge=1, le=10_000_000, description="How many images in all")
    per_identity: int | None = Field(
        None, ge=1, description="Make identities: a folder for each, with this many of the images"
    )
    label: Annotated[str | None, Unset("those of the group, else all, in turn")] = Field(
        None, description="Which of the labels it has learned to make"
    )
    group: Annotated[str | None, Offer.GROUP] = Field(
        None, description="Group the faces stand for: written to a folder of this name, and kept in their mark"
    )
    spread: float = Field(0.8, ge=0, le=10, description="Standard deviation of an identity's latents around its own")
    truncation: float = Field(
        1.0,
        gt=0,
        le=2,
        description="Less is more alike and cleaner: latents are scaled by it, stylegan2's styles drawn to their mean",
    )
    seed: int = Field(1, ge=0, description="The same seed makes the same faces")
    batch_size: Annotated[int | None, Unset("64 of 64 pixels, fewer of larger ones")] = Field(
        None, ge=1, le=4096, description="Images made at a time"
    )
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


class InterpolateParams(JobParams):
    """Walk from made face to made face: numbered pictures in a folder, or a film (.gif, .mp4)."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Latents": ("label", "truncation", "seed"), "Device": ("device",)}

    run: Annotated[ExistingPath, Offer.GENERATOR] = Field(description="A run's folder, or a checkpoint")
    out: NewFile = Field(title="Write to", description="A new folder, or a .gif or .mp4 file")
    faces: int = Field(4, ge=2, le=1000, title="Keep", description="Faces to pass")
    steps: int = Field(15, ge=1, le=1000, description="Pictures from one to the next")
    label: str | None = Field(None, description="Which label they are of (a run with a condition; default: the first)")
    truncation: float = Field(1.0, gt=0, le=2, description="Less is more alike and cleaner")
    rate: float = Field(15.0, gt=0, le=60, description="Pictures a second of a film")
    seed: int = Field(1, ge=0, description="The same seed walks the same way")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to compute")

    @field_validator("run", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


class AssessParams(JobParams):
    """Say how good made faces are beside real ones: FID, KID, precision and recall, copying, diversity, per group."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Sample": ("images", "examples", "seed"),
        "Weights": ("weights", "download"),
    }

    made: ExistingFolder = Field(description="Folder of made faces")
    real: ExistingFolder = Field(description="Folder of real faces, or a project")
    encoder: Annotated[str, Offer.ENCODER] = Field(
        "dlib",
        description="Whose features are compared: figures of different ones cannot be (arcface:FILE and onnx:FILE too)",
    )
    images: int = Field(5000, ge=8, le=1_000_000, description="At most this many images of each side")
    examples: int = Field(50, ge=1, le=1000, description="Nearest pairs that are looked at for copies")
    seed: int = Field(1, ge=0, description="The same seed takes the same images")
    weights: Annotated[Path | None, Pick.EITHER] = Field(None, description="File or folder with the encoder's weights")
    download: bool = Field(False, description="Fetch missing weights of the encoder from its authors")

    _there = field_validator("made", "real", "weights")(existing_path)
    _known = field_validator("encoder")(encoder_text)


class ReviewParams(JobParams):
    """Check made faces before they enter the project: a face is found, like its source, not too like a real person."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Limits": ("too_like", "like_source", "like_group", "limits"),
        "Weights": ("weights", "download"),
    }

    made: ExistingFolder = Field(description="Folder of made faces")
    encoder: Annotated[str, Offer.ENCODER] = Field("dlib", description="Whose vectors are compared with the project's")
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(
        None, description=DETECTOR_HELP + "; it finds the faces of the synthetic images too"
    )
    too_like: Annotated[float | None, Unset("nearer than 999 of 1,000 pairs of different people here")] = Field(
        None,
        gt=0,
        title="Too close to a real identity",
        description="Too like a real person: nearer than this",
    )
    like_source: Annotated[float | None, Unset("not checked")] = Field(
        None,
        gt=0,
        title="Close to its source",
        description="A translated face is this near to its source, or not of it any more",
    )
    like_group: Annotated[float | None, Unset("told, not checked")] = Field(
        None,
        ge=0,
        le=1,
        title="Close to its group",
        description="At least this share of its 10 nearest real people is of its group, all groups counted as of one size",
    )
    limits: list[str] | None = Field(None, description="Quality, as MEASURE=LOW:HIGH: sharpness=30: side=40:")
    accept: bool = Field(False, description="Import those that pass, marked synthetic; one step that can be undone")
    only: list[str] | None = Field(
        None, description="Import just these files of the folder, as a person chose them, without checking again"
    )
    weights: Annotated[Path | None, Pick.EITHER] = Field(None, description="File or folder with the encoder's weights")
    download: bool = Field(False, description="Fetch missing weights of the encoder from its authors")

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
        "Pictures": ("size", "group"),
        "Device": ("precision", "batch_size", "device"),
    }

    input: ExistingPath = Field(
        description="An image, a folder, a project, or a list (.txt) of identity folders or images, one a line"
    )
    where: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="Only images of", description="Only a project's images of this kind: " + HELP
    )
    g_ab: Annotated[Path | None, Pick.EITHER, Offer.TRANSLATOR] = Field(
        None,
        title="Generator A to B",
        description="Generator A to B: a run or checkpoint, another program's .pth, or .onnx",
    )
    g_ba: Annotated[Path | None, Pick.EITHER, Offer.TRANSLATOR] = Field(
        None, title="Generator B to A", description="Generator B to A"
    )
    direction: Literal["AtoB", "BtoA", "both"] = Field("AtoB", description="Which way to translate")
    out: NewFolder = Field(title="Write to", description="The new folder to write")
    group: Annotated[str | None, Offer.GROUP] = Field(
        None, description="Group the translated faces stand for, kept in their mark (one direction)"
    )
    size: Annotated[int | None, Unset("each image's own")] = Field(
        None, ge=16, le=4096, description="Longer side in pixels; never stretched"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="auto: for 16 images or more the fastest in a short trial, if its pictures are fp32's to 40 dB",
    )
    batch_size: Annotated[int | None, Unset("8 on a GPU, else 1")] = Field(
        None, ge=1, le=256, description="Images of one size at once"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to compute")

    _conditions = field_validator("where")(check_conditions)

    @field_validator("input", "g_ab", "g_ba", "out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @model_validator(mode="after")
    def _generators(self) -> TranslateParams:
        if self.direction in ("AtoB", "both") and self.g_ab is None:
            raise ValueError("the direction AtoB needs --g-ab FILE")
        if self.direction in ("BtoA", "both") and self.g_ba is None:
            raise ValueError("the direction BtoA needs --g-ba FILE")
        if self.group is not None and self.direction == "both":
            raise ValueError("faces of both directions cannot stand for one group: translate one direction at a time")
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
    """Run an external trainer's container image, with its log live; the container is removed afterwards."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Container": ("gpu", "shm", "mount", "env", "user", "network")}

    image: str = Field(
        default_factory=lambda: os.environ.get("IMAGE") or "sg2ada:latest",
        description="Container image (default: $IMAGE, else sg2ada:latest)",
    )
    command: list[str] = Field([], description="Command and its arguments (default: the image's own)")
    gpu: str = Field("0", title="GPUs", description="GPUs to give it: 0, 0,1, all or none")
    shm: str = Field("2g", title="Shared memory", description="Size of its shared memory")
    workdir: ExistingFolder = Field(
        Path("."), title="Working folder", description="Folder it sees as /scratch, its working folder and HOME"
    )

    mount: list[str] = Field(
        [], title="More folders", description="Another folder it sees, as FOLDER:PLACE or FOLDER:PLACE:ro"
    )
    env: list[str] = Field([], title="Variables", description="A variable of its environment, as NAME=VALUE")
    user: Annotated[str | None, Unset("you")] = Field(None, description="Who it runs as, as uid or uid:gid")
    network: bool = Field(False, description="Let it reach the network, with the faces it sees; else it cannot")

    @field_validator("mount")
    @classmethod
    def _mounts(cls, values: list[str]) -> list[str]:
        for value in values:
            folder, place, _ = _mount(value)
            if ":" not in value or not place.startswith("/"):
                raise ValueError(f"{value!r} is not FOLDER:PLACE or FOLDER:PLACE:ro, with a place such as /data")
            if not folder.exists():
                raise ValueError(f"there is no folder {folder}")
        return values

    @field_validator("env")
    @classmethod
    def _environment(cls, values: list[str]) -> list[str]:
        for value in values:
            if not value.partition("=")[0] or "=" not in value:
                raise ValueError(f"{value!r} is not NAME=VALUE")
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
            raise ValueError(f"there is no folder {path}")
        return path

    @field_validator("shm")
    @classmethod
    def _size(cls, value: str) -> str:
        if not value[:-1].isdigit() or value[-1].lower() not in "bkmg":
            raise ValueError("must be a number and b, k, m or g, such as 2g")
        return value
