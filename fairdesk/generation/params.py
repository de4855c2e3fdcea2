"""Parameters of the generation jobs."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from fairdesk.faces.params import ENCODERS, existing_path
from fairdesk.jobs.params import JobParams
from fairdesk.project.conditions import HELP, check_conditions
from fairdesk.project.detector_key import HELP as DETECTOR_HELP
from fairdesk.project.detector_key import detector_text
from fairdesk.project.encoder_ref import encoder_text
from fairdesk.project.quality import Limit


class TrainGanParams(JobParams):
    """Train a GAN on a folder of face images."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {
        **dict.fromkeys(("data_b", "where_b", "blocks", "features", "norm", "lambda_cycle", "lambda_identity", "identity_epochs"),
                        ("family", ("cyclegan",))),
        **dict.fromkeys(("channel_base", "mapping_layers", "r1", "adaptive"), ("family", ("stylegan2",))),
        **dict.fromkeys(("condition", "latent", "assess_every", "assess_images"),
                        ("family", ("gan", "identity-gan", "dcgan", "stylegan2"))),
        "channels_last": ("family", ("dcgan", "cyclegan", "stylegan2")),
    }  # fmt: skip
    family: Literal["gan", "identity-gan", "dcgan", "cyclegan", "stylegan2"] = Field(
        "dcgan",
        description="gan: fully connected; identity-gan: the same, made for identities; dcgan: convolutions; "
        "cyclegan: translates A to B; stylegan2: best pictures, slowest",
    )
    data: Path = Field(
        description="Folder of images (all below it), a project, or a list of images (.txt, one a line); cyclegan: A",
        json_schema_extra={"pick": "either"},
    )
    data_b: Path | None = Field(
        None,
        description="cyclegan: the folder, project or list B (default: A's, with --where-b)",
        json_schema_extra={"pick": "either"},
    )
    where: list[str] | None = Field(None, description="Only a project's images of this kind: " + HELP)
    where_b: list[str] | None = Field(None, description="cyclegan: the same for B, e.g. another group of one project")
    out: Path = Field(description="Folder of the run")
    image_size: int | None = Field(
        None,
        ge=16,
        le=256,
        description="Width and height in pixels (default 64, cyclegan 256); dcgan and stylegan2: 32, 64, 128 or 256",
    )
    epochs: int = Field(200, ge=1, le=100_000, description="Times through all images")
    batch_size: int | None = Field(
        None, ge=1, le=4096, description="Images in a step (default 64, dcgan 128, cyclegan 1, stylegan2 32)"
    )
    condition: Literal["none", "group", "identity"] = Field(
        "none", description="Learn a label with each face, so that faces of one can be asked for (not cyclegan)"
    )
    latent: int | None = Field(None, ge=2, le=1024, description="Numbers in a latent (default 100, stylegan2 128)")
    learning_rate: float | None = Field(
        None, gt=0, le=1, description="Adam's learning rate (default .0002, stylegan2 .002)"
    )
    ema_images: int = Field(
        0, ge=0, description="Half-life in images of the averaged generators (0: none; stylegan2: 10,000 unless said)"
    )
    accumulate: int = Field(1, ge=1, le=64, description="Parts a batch is worked through in, to need less memory")
    channels_last: bool = Field(
        True, description="dcgan, cyclegan, stylegan2: the memory order that convolutions are faster in"
    )
    channel_base: int = Field(
        4096, ge=128, le=32_768, description="stylegan2: width of the networks (the paper's 256 pixels: 16384)"
    )
    mapping_layers: int = Field(8, ge=1, le=8, description="stylegan2: layers from latent to style")
    r1: float | None = Field(
        None, ge=0, description="stylegan2: weight of R1 (default: by size and batch, as published)"
    )
    adaptive: bool = Field(True, description="stylegan2: adaptive augmentation, for small sets")
    seed: int = Field(999, ge=0, description="The same seed gives the same run (on the CPU)")
    preview_every: int | None = Field(
        None, ge=1, description="Batches between two sample grids (default 400, cyclegan 100)"
    )
    blocks: int = Field(9, ge=1, le=16, description="cyclegan: residual blocks of a generator")
    features: int = Field(64, ge=4, le=256, description="cyclegan: width of all four networks (the paper's: 64)")
    norm: Literal["instance", "none"] = Field(
        "instance",
        description="cyclegan: instance as published; none lets a picture keep its own brightness and colours",
    )
    lambda_cycle: float = Field(10.0, ge=0, description="cyclegan: weight of the cycle term")
    lambda_identity: float = Field(5.0, ge=0, description="cyclegan: weight of the identity term")
    identity_epochs: int = Field(
        0, ge=0, description="cyclegan: epochs in which the generators first learn to keep a picture, all else later"
    )
    decay_epoch: int | None = Field(
        None, ge=0, description="Epoch from which the learning rate falls to 0 (default: cyclegan 100, others never)"
    )
    assess_every: int = Field(
        0, ge=0, description="Epochs between two measurements of FID and KID (dlib's features); 0: never (not cyclegan)"
    )
    assess_images: int = Field(256, ge=16, le=50_000, description="Images on each side of such a measurement")
    checkpoint_every: int = Field(
        0, ge=0, description="Epochs between two kept checkpoints; 0 keeps the best and the last"
    )
    patience: int = Field(0, ge=0, description="Stop after this many epochs without a better generator loss; 0 never")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="auto: bf16 on a GPU that has it, else fp32"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to compute")
    deterministic: bool = Field(
        False, description="Only algorithms that give the same numbers each time, on a GPU too (slower)"
    )
    devices: int = Field(
        1, ge=1, le=64, description="GPUs (or processes, on a CPU) of this machine that share each batch"
    )
    resume: bool = Field(False, description="Go on with the run in that folder")

    @field_validator("data", "data_b", "out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    _conditions = field_validator("where", "where_b")(check_conditions)

    @model_validator(mode="after")
    def _fits(self) -> TrainGanParams:
        if self.family == "cyclegan" and self.data_b is None and self.where_b:
            self.data_b = self.data
        if self.family in ("dcgan", "stylegan2") and self.size not in (32, 64, 128, 256):
            raise ValueError(f"{self.family} makes images of 32, 64, 128 or 256 pixels")
        if self.family == "cyclegan" and self.condition != "none":
            raise ValueError("cyclegan has no labels: its two folders are A and B")
        if self.family == "stylegan2" and not self.ema_images:
            self.ema_images = 10_000
        parts = self.accumulate * self.devices
        if self.batch % parts:
            raise ValueError(f"a batch of {self.batch} cannot be worked through in {parts} equal parts")
        if self.identity_epochs >= self.epochs:
            raise ValueError("all epochs would be of the identity term alone: give more --epochs")
        if self.family == "cyclegan" and (self.size % 4 or self.size < 32):
            raise ValueError("cyclegan's image size must be a multiple of 4, at least 32")
        if (self.family == "cyclegan") != (self.data_b is not None):
            raise ValueError("cyclegan needs two folders (or --where and --where-b of one project), the others one")
        if self.family != "cyclegan" and self.batch < 2:
            raise ValueError("a batch needs at least 2 images")
        return self

    @property
    def size(self) -> int:
        """Image size in pixels."""
        return self.image_size or (256 if self.family == "cyclegan" else 64)

    @property
    def latents(self) -> int:
        """Numbers in a latent."""
        return self.latent or (128 if self.family == "stylegan2" else 100)

    @property
    def rate(self) -> float:
        """Adam's learning rate."""
        return self.learning_rate or (0.002 if self.family == "stylegan2" else 2e-4)

    @property
    def decay_start(self) -> int | None:
        """Epoch from which the learning rate falls; None: never."""
        return 100 if self.decay_epoch is None and self.family == "cyclegan" else self.decay_epoch

    @property
    def batch(self) -> int:
        """Images in a step."""
        return self.batch_size or {"dcgan": 128, "cyclegan": 1, "stylegan2": 32}.get(self.family, 64)

    @property
    def every(self) -> int:
        """Batches between two sample grids."""
        return self.preview_every or (100 if self.family == "cyclegan" else 400)


class GenerateParams(JobParams):
    """Make faces with a trained generator; every file is marked synthetic."""

    run: Path = Field(
        description="A run's folder, one of its checkpoints, another program's weights, or .onnx",
        json_schema_extra={"pick": "either"},
    )
    out: Path = Field(description="The new folder to write")
    images: int = Field(100, ge=1, le=10_000_000, description="How many images in all")
    per_identity: int | None = Field(
        None, ge=1, description="Make identities: a folder for each, with this many of the images"
    )
    label: str | None = Field(
        None, description="Which of the labels it has learned to make (default: those of the group, else all, in turn)"
    )
    group: str | None = Field(
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
    batch_size: int | None = Field(
        None, ge=1, le=4096, description="Images made at a time (default: 64 of 64 pixels, fewer of larger ones)"
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

    run: Path = Field(description="A run's folder, or a checkpoint", json_schema_extra={"pick": "either"})
    out: Path = Field(description="A new folder, or a .gif or .mp4 file", json_schema_extra={"pick": "save"})
    faces: int = Field(4, ge=2, le=1000, description="Faces to pass")
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

    made: Path = Field(description="Folder of made faces", json_schema_extra={"pick": "folder"})
    real: Path = Field(description="Folder of real faces, or a project", json_schema_extra={"pick": "folder"})
    encoder: str = Field(
        "dlib",
        json_schema_extra={"choices": list(ENCODERS)},
        description="Whose features are compared: figures of different ones cannot be (arcface:FILE and onnx:FILE too)",
    )
    images: int = Field(5000, ge=8, le=1_000_000, description="At most this many images of each side")
    examples: int = Field(50, ge=1, le=1000, description="Nearest pairs that are looked at for copies")
    seed: int = Field(1, ge=0, description="The same seed takes the same images")
    weights: Path | None = Field(
        None, description="File or folder with the encoder's weights", json_schema_extra={"pick": "either"}
    )
    download: bool = Field(False, description="Fetch missing weights of the encoder from its authors")

    _there = field_validator("made", "real", "weights")(existing_path)
    _known = field_validator("encoder")(encoder_text)


class ReviewParams(JobParams):
    """Check made faces before they enter the project: a face is found, like its source, not too like a real person."""

    made: Path = Field(description="Folder of made faces", json_schema_extra={"pick": "folder"})
    encoder: str = Field(
        "dlib",
        json_schema_extra={"choices": list(ENCODERS)},
        description="Whose vectors are compared with the project's",
    )
    detector: str | None = Field(None, description=DETECTOR_HELP + "; it finds the faces of the made images too")
    too_like: float | None = Field(
        None,
        gt=0,
        description="Too like a real person: nearer than this (default: nearer than 999 of 1,000 pairs of different people here)",
    )
    like_source: float | None = Field(
        None,
        gt=0,
        description="A translated face is this near to its source, or not of it any more (default: not checked)",
    )
    like_group: float | None = Field(
        None,
        ge=0,
        le=1,
        description="At least this share of its 10 nearest real people is of its group, all groups counted as of one size (default: told, not checked)",
    )
    limits: list[str] | None = Field(None, description="Quality, as MEASURE=LOW:HIGH: sharpness=30: side=40:")
    accept: bool = Field(False, description="Import those that pass, marked synthetic; one step that can be undone")
    only: list[str] | None = Field(
        None, description="Import just these files of the folder, as a person chose them, without checking again"
    )
    weights: Path | None = Field(
        None, description="File or folder with the encoder's weights", json_schema_extra={"pick": "either"}
    )
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

    input: Path = Field(
        description="An image, a folder, a project, or a list (.txt) of identity folders or images, one a line",
        json_schema_extra={"pick": "either"},
    )
    where: list[str] | None = Field(None, description="Only a project's images of this kind: " + HELP)
    g_ab: Path | None = Field(
        None,
        description="Generator A to B: a run or checkpoint, another program's .pth, or .onnx",
        json_schema_extra={"pick": "either"},
    )
    g_ba: Path | None = Field(None, description="Generator B to A", json_schema_extra={"pick": "either"})
    direction: Literal["AtoB", "BtoA", "both"] = Field("AtoB", description="Which way to translate")
    out: Path = Field(description="The new folder to write")
    group: str | None = Field(
        None, description="Group the translated faces stand for, kept in their mark (one direction)"
    )
    size: int | None = Field(
        None, ge=16, le=4096, description="Longer side in pixels (default: each image's own); never stretched"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="auto: for 16 images or more the fastest in a short trial, if its pictures are fp32's to 40 dB",
    )
    batch_size: int | None = Field(
        None, ge=1, le=256, description="Images of one size at once (default: 8 on a GPU, else 1)"
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

    image: str = Field("sg2ada:latest", description="Container image")
    command: list[str] = Field([], description="Command and its arguments (default: the image's own)")
    gpu: str = Field("0", description="GPUs to give it: 0, 0,1, all or none")
    shm: str = Field("2g", description="Size of its shared memory")
    workdir: Path = Field(
        Path("."),
        description="Folder it sees as /scratch, its working folder and HOME",
        json_schema_extra={"pick": "folder"},
    )

    mount: list[str] = Field([], description="Another folder it sees, as FOLDER:PLACE or FOLDER:PLACE:ro")
    env: list[str] = Field([], description="A variable of its environment, as NAME=VALUE")
    user: str | None = Field(None, description="Who it runs as, as uid or uid:gid (default: you)")
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
