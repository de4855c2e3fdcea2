"""Parameters of the jobs that find and encode faces."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from fairdesk.faces.search import Search
from fairdesk.images.elsewhere import Place
from fairdesk.jobs.fields import Offer, Pick, Unset
from fairdesk.jobs.params import FieldError, JobParams
from fairdesk.project.conditions import HELP, check_conditions
from fairdesk.project.detector_key import MAX_SIDE, MOST_UPSAMPLE, SIDES, UPSAMPLE, DetectorKey, detector_text
from fairdesk.project.encoder_ref import EncoderRef, encoder_text
from fairdesk.project.recipes import USUAL_SCALING, kind_of
from fairdesk.words import mark, tr

Format = Literal["float32", "bf16", "fp16"]
FORMATS: tuple[Format, ...] = ("float32", "bf16", "fp16")
Precision = Literal["float32", "bf16", "fp16", "auto"]
_SHOWN = re.compile(r"(.+) \(([^()]+)\)")  # an encoder, and in what its vectors differ from its usual ones
DETECTORS = [
    "hog",
    "hog-fast",
    "cnn",
    "whole",
    "deepface:retinaface",
    "deepface:yunet",
    "deepface:mtcnn",
    "deepface:opencv",
]
ENCODERS = [
    "dlib", "dlib-reference", "resnet50", "deepface:VGG-Face", "deepface:Facenet512", "deepface:ArcFace", "deepface:SFace", "deepface:GhostFaceNet",
    "arcface:", "onnx:",
]  # fmt: skip


def taken_apart(values: Any) -> Any:
    """Take a detector that is named in full (hog+all@2/1500, as every result names it) for its name and settings.

    Raises
    ------
    FieldError
        If a setting is given beside it as well, and is another.
    """
    if not isinstance(values, dict) or not isinstance(values.get("detector"), str):
        return values
    try:
        key = DetectorKey.parse(values["detector"])
    except ValueError:
        return values  # the field's own check says what is wrong
    if key.name == values["detector"]:
        return values
    own = {"faces": "all" if key.every else "largest", "upsample": key.upsample, "max_side": key.max_side}
    usual = {"faces": "largest", "upsample": UPSAMPLE, "max_side": MAX_SIDE}
    for name, value in own.items():
        given = values.get(name, usual[name])
        if str(given) not in (str(usual[name]), str(value)):
            raise FieldError(
                name, tr("is {value} in the detector's name, {detector}", value=value, detector=values["detector"])
            )
    return values | own | {"detector": key.name}


def detector_name(value: str | None) -> str | None:
    """Accept the name of a detector; its settings have fields of their own, where `taken_apart` puts them."""
    return None if value is None else DetectorKey.parse(value).name


SCALINGS = "arcface", "unit", "bytes", "imagenet"


def shown_taken_apart(values: Any) -> Any:
    """Take an encoder that is named as lists show it, "onnx:r50.onnx (scaling unit)", for its name and settings.

    Raises
    ------
    FieldError
        If a setting is given beside it as well, and is another.
    """
    shown = _SHOWN.fullmatch(str(values.get("encoder") or "")) if isinstance(values, dict) else None
    if shown is None or _is_a_file(shown[0]):
        return values
    known: dict[str, tuple[str, Any]] = {one: ("precision", one) for one in FORMATS}
    known |= {kind_of(None, None, one): ("scaling", one) for one in SCALINGS if one != USUAL_SCALING}
    known[kind_of(None, True)] = "mirrored", True
    parts = shown[2].split(", ")
    if not all(part in known for part in parts):
        return values  # it is part of the name, or wrong, which the field's own check says
    own = dict(known[part] for part in parts)
    usual = {"precision": "float32", "mirrored": False, "scaling": None}
    for name, value in own.items():
        given = values.get(name, usual[name])
        if given not in (usual[name], value):
            raise FieldError(name, tr("is {value} in the encoder's name, {encoder}", value=value, encoder=shown[0]))
    return values | own | {"encoder": shown[1]}


def _is_a_file(encoder: str) -> bool:
    try:
        file = EncoderRef.parse(encoder).file
    except ValueError:
        return False
    return file is not None and file.is_file()


NAMES = ("mbf", "r18", "r34", "r50", "r100")  # arcface_torch's names of its backbones
TORCHVISION = "torchvision:"


def backbone_name(value: str) -> str:
    """Accept the name of a backbone."""
    if value in NAMES or (value.startswith(TORCHVISION) and len(value) > len(TORCHVISION)):
        return value
    raise ValueError(tr("must be {names} or {prefix}NAME", names=", ".join(NAMES), prefix=TORCHVISION))


def places_of(value: list[str] | None) -> list[str] | None:
    """Accept folders and where they are elsewhere."""
    for text in value or ():
        Place.parse(text)
    return value


def existing_path(value: Path | None) -> Path | None:
    """Accept a path that is there."""
    if value is not None and not value.exists():
        raise ValueError(tr("there is no file or folder {path}", path=value))
    return value


_WORKERS_SEE = mark(
    "Where the workers of a Ray cluster find the originals, if not at the same paths: HERE=THERE, a folder here and the folder or "
    "address (s3://bucket/faces) there"
)
_ENGINE = mark("local: this machine's processes; ray: a Ray cluster that sees the same files")


class DetectParams(JobParams):
    """Detect faces in the project's images."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {"workers_see": ("engine", ("ray",))}
    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Search": ("upsample", "max_side", "where"),
        "Weights": ("weights", "download"),
        "Speed": ("engine", "workers_see"),
    }

    detector: Annotated[str, Offer.DETECTOR] = Field(
        "hog",
        description="hog: fast, frontal faces; hog-fast: enlarges an image only where it found no face, a few boxes differ; cnn: finds more, slow without a GPU; whole: the image is already a face crop; deepface:NAME: one of deepface's",
    )
    faces: Literal["largest", "all"] = Field(
        "largest", title="Keep faces", description="Keep the largest face of each image, or all faces"
    )
    upsample: int = Field(
        UPSAMPLE,
        ge=0,
        le=MOST_UPSAMPLE,
        description="Times to upsample the image first; finds smaller faces, slower",
    )
    max_side: int = Field(
        MAX_SIDE,
        ge=SIDES[0],
        le=SIDES[1],
        title="Longest side",
        description="Larger images are scaled down to this many pixels for detection",
    )

    where: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="Only images of", description="Only images that match: " + HELP
    )
    weights: Annotated[Path | None, Pick.EITHER] = Field(
        None, description="File or folder with the weights of deepface's detector"
    )
    download: bool = Field(
        False,
        title="Download weights",
        description="Download missing weights of deepface's detector (1 to 120 MB) from its authors",
    )
    quality: bool = Field(
        False,
        title="Measure quality too",
        description="Measure the quality of these images: of those that are searched now in the same pass, of others afterwards",
    )
    engine: Literal["local", "ray"] = Field("local", description=_ENGINE)
    workers_see: list[str] | None = Field(None, title="Originals as workers see them", description=_WORKERS_SEE)

    _in_full = model_validator(mode="before")(taken_apart)
    _known = field_validator("detector")(detector_name)
    _there = field_validator("weights")(existing_path)
    _conditions = field_validator("where")(check_conditions)
    _elsewhere = field_validator("workers_see")(places_of)

    @property
    def key(self) -> DetectorKey:
        """The detector with its settings, as its faces are kept under."""
        return DetectorKey(self.detector, self.faces == "all", self.upsample, self.max_side)

    @property
    def search(self) -> Search:
        """What helper processes are told."""
        return Search(self.key, self.weights, self.download, self.quality)

    @classmethod
    def of(cls, key: DetectorKey, **more: Any) -> DetectParams:
        """Return the parameters that find a detector's faces."""
        faces = "all" if key.every else "largest"
        return cls(detector=key.name, faces=faces, upsample=key.upsample, max_side=key.max_side, **more)


class EncodeParams(JobParams):
    """Compute face embeddings."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {"workers_see": ("engine", ("ray",))}
    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Faces": ("where", "mirrored", "unchecked"),
        "Weights": ("weights", "download", "scaling"),
        "Speed": ("precision", "batch_size", "engine", "workers_see"),
    }

    encoder: Annotated[str, Offer.ENCODER] = Field(
        "dlib",
        title="Embedding model",
        description="dlib: 128-d face embeddings; dlib-reference: the same by dlib itself, slow; resnet50: 2048-d ImageNet features; deepface:NAME: one of deepface's; "
        "arcface:FILE: a backbone of arcface_torch; onnx:FILE: any ONNX model of faces",
    )
    scaling: Literal["arcface", "unit", "bytes", "imagenet"] | None = Field(
        None,
        title="Input scaling",
        description="Input scaling of an ONNX model; unless said that of its newest embeddings, else the one said last for this model, else arcface. arcface: -1 to 1; unit: 0 to 1; bytes: 0 to 255; imagenet: normalised",
    )
    detector: Annotated[
        str | None, Offer.DETECTOR, Unset("that of this encoder's newest vectors, else the one used last")
    ] = Field(
        None,
        description="Detector whose faces are encoded; missing faces are detected first",
    )
    weights: Annotated[Path | None, Pick.EITHER] = Field(
        None, description="File with the weights (.pth or .safetensors for resnet50), or their folder"
    )
    download: bool = Field(
        False,
        title="Download weights",
        description="Download missing weights from their authors (resnet50: 98 MB from pytorch.org; deepface's: 5 to 550 MB)",
    )
    where: Annotated[list[str] | None, Offer.CONDITION] = Field(
        None, title="Only images of", description="Only images that match: " + HELP
    )
    precision: Precision = Field(
        "float32",
        description="float32; bf16: faster on a processor or GPU that has it, fp16: on a GPU, with vectors of their own "
        "(dlib's then differ by up to .005 a number); auto: a short trial decides, where no embeddings exist yet",
    )
    mirrored: bool = Field(
        False,
        title="Flip test",
        description="Mean of the embeddings of the face and of its mirror image, as InsightFace's evaluation does",
    )
    unchecked: Literal["keep", "again", "trust"] = Field(
        "keep",
        title="Embeddings without a checksum",
        description="Embeddings whose checksum is damaged or lost. keep: leave them as they are; again: encode these faces again, where the original is there; "
        "trust: take their numbers for right and give them checksums",
    )
    quality: bool = Field(
        False,
        title="Measure quality too",
        description="Measure the quality of these images: of those that are searched now in the same pass, of others afterwards",
    )
    engine: Literal["local", "ray"] = Field("local", description=_ENGINE)
    workers_see: list[str] | None = Field(None, title="Originals as workers see them", description=_WORKERS_SEE)
    batch_size: int = Field(32, ge=1, le=1024, description="Batch size")

    _as_shown = model_validator(mode="before")(shown_taken_apart)
    _known = field_validator("encoder")(encoder_text)
    _known_detector = field_validator("detector")(detector_text)
    _there = field_validator("weights")(existing_path)
    _conditions = field_validator("where")(check_conditions)
    _elsewhere = field_validator("workers_see")(places_of)
