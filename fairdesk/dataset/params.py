"""Parameters of the dataset's jobs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from fairdesk.dataset.prepare_params import DISTANCE_HELP, LEAKS_HELP, Leaks, check_sizes
from fairdesk.dataset.replaced_prefixes import HELP as PREFIX_HELP
from fairdesk.dataset.replaced_prefixes import check_rules
from fairdesk.faces.params import existing_path
from fairdesk.images.system_places import system_place
from fairdesk.jobs.fields import (
    DETECTOR_UNSET,
    ColumnsOf,
    Endings,
    ExistingFile,
    ExistingFolder,
    ExistingPath,
    NewFile,
    NewFolder,
    Offer,
    Pick,
    Suggest,
    Unset,
)
from fairdesk.jobs.params import JobParams
from fairdesk.project.detector_key import HELP as DETECTOR_HELP
from fairdesk.project.detector_key import detector_text, whose_faces
from fairdesk.project.quality import Limit
from fairdesk.words import tr

FIELDS = ("path", "identity", "group", "gender", "age", "tags")


_WORD = re.compile(rf",\s*(?=(?:{'|'.join(FIELDS)})=)")


def _parse_columns(given: list[str]) -> dict[str, str]:
    """Read FIELD=COLUMN words. Raises `ValueError` if that cannot be."""
    out = {}
    for word in (one for text in given for one in _WORD.split(text)):
        field, equals, column = word.partition("=")
        if not equals or field not in FIELDS or not column:
            raise ValueError(tr("are FIELD=COLUMN with the fields {fields}", fields=", ".join(FIELDS)))
        out[field] = column
    return out


def _columns(value: list[str] | None) -> list[str] | None:
    _parse_columns(value or [])
    return value


class ImportParams(JobParams):
    """Import face images into the project; originals stay where they are, archives stay packed."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Table": ("columns", "base")}

    folder: ExistingPath = Field(
        description="A folder, an archive (.zip, .tar, .rec, .bin), or a table of images (.csv, .tsv, .parquet)"
    )
    layout: Literal["auto", "flat", "identity", "group-identity"] = Field(
        "auto", description="Meaning of the folders: none, one identity each, or groups of identities; auto detects it"
    )
    labels: Annotated[Path | None, Pick.FILE] = Field(
        None,
        title="Label table",
        description="Table with the columns path, identity, group, gender, age, tags; it overrides the folders",
    )
    columns: list[str] | None = Field(
        None,
        title="Column names",
        description="Column names where they differ from the fields: path=FILE identity=WHO group=RACE",
    )
    base: Annotated[Path | None, Pick.FOLDER, Unset("the table's own")] = Field(
        None, title="Base folder", description="Folder that the paths of a table are relative to"
    )
    shared_names: Literal["separate", "join"] = Field(
        "separate",
        description="The same identity name in several groups: different people (separate) or the same person (join)",
    )

    _there = field_validator("labels", "base")(existing_path)

    @field_validator("folder")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        found = value.expanduser().absolute()
        if place := system_place(found / "any"):  # what lies in the folder
            raise ValueError(tr("lies in {place}, a place of the system, where nothing is read", place=place))
        return found

    _known_columns = field_validator("columns")(_columns)

    @property
    def mapping(self) -> dict[str, str]:
        """Columns by field."""
        return _parse_columns(self.columns or [])


class RelinkParams(JobParams):
    """Find originals that were moved, by name, size and hash."""

    old: ExistingFolder = Field(title="Old folder", description="The folder the originals were in")
    new: ExistingFolder = Field(title="New folder", description="The folder they are in now")

    @field_validator("old", "new")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


class SampleFacesParams(JobParams):
    """Draw sample faces: a folder <tone>/<identity>/<image>.png of faces of nobody."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Drawing": ("size", "seed")}

    out: NewFolder = Field(title="Output", description="The folder to write")
    tones: list[int] = Field(
        [2, 5, 7, 9], title="Skin tones", description="Groups: skin tones on the Monk scale, 1 to 10"
    )
    identities: int = Field(10, ge=1, le=10_000, description="Identities in each group")
    images: int = Field(5, ge=1, le=1_000, description="Images of each identity")
    size: int = Field(256, ge=64, le=1024, description="Width and height in pixels")
    seed: int = Field(1, ge=0, description="Random seed; the same seed draws the same faces")

    @field_validator("tones")
    @classmethod
    def _on_scale(cls, value: list[int]) -> list[int]:
        wrong = [tone for tone in value if not 1 <= tone <= 10]
        if wrong or not value:
            raise ValueError(
                tr("tones of the Monk scale are 1 to 10, not {wrong}", wrong=wrong)
                if wrong
                else tr("give at least one tone")
            )
        return sorted(set(value))

    @field_validator("out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


class FetchParams(JobParams):
    """Download a public face set through scikit-learn and write it as identity folders."""

    source: Literal["lfw", "olivetti"] = Field(
        "lfw",
        title="Face set",
        description="lfw: Labeled Faces in the Wild (about 200 MB); olivetti: 400 grey images (about 4 MB)",
    )
    out: NewFolder = Field(title="Output", description="The folder to write")
    min_images: int = Field(
        1, ge=1, title="Minimum images", description="Only identities with at least this many images (lfw)"
    )

    @field_validator("out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


class VectorsParams(JobParams):
    """Export face embeddings as .npz, .json or .csv, with the boxes of the faces; or convert a file of encodings."""

    encoder: Annotated[str | None, Offer.VECTORS, Unset("the newest")] = Field(
        None, title="Embedding model", description="Model whose embeddings are exported"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    out: Annotated[NewFile, Endings((".npz", ".json", ".csv"))] = Field(
        title="Output",
        description="The .npz to write, a .json as the original scripts' list, or a .csv with a row a face",
    )
    from_file: Annotated[Path | None, Pick.FILE, Unset("the project's")] = Field(
        None, alias="from", title="Convert a file",
        description="Encodings to convert instead of a project's: the original scripts' .pickle, .json, .csv or .npz",
    )  # fmt: skip

    model_config = ConfigDict(populate_by_name=True)

    _known_detector = field_validator("detector")(detector_text)

    @field_validator("out", "from_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()


class LoadEncodingsParams(JobParams):
    """Read face encodings from a file, such as the original scripts' pickle, into the project."""

    file: ExistingFile = Field(
        description="A list of imagePath, loc and encoding as .pickle or .json; a .csv with path, top, right, bottom, left, v0, v1, ...; or an .npz"
    )
    detector: Annotated[str, Offer.FOUND_BY] = Field(
        "cnn+all", description="Detector that found these faces (the original scripts used cnn, all faces of an image)"
    )
    metric: Literal["euclidean", "cosine"] = Field(
        "euclidean",
        title="Compared by",
        description="How such encodings are compared: dlib's by their Euclidean distance",
    )
    replace_prefix: Annotated[list[str] | None, Unset("take the paths as they stand")] = Field(
        None, title="Replace prefix", description=PREFIX_HELP
    )

    _rules = field_validator("replace_prefix")(check_rules)

    @field_validator("detector")
    @classmethod
    def _key(cls, value: str) -> str:
        return detector_text(value) or value


class LabelParams(JobParams):
    """Predict labels with deepface, or read labels from a table; labels set by a person are kept."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Table": ("columns",),
        "Faces": ("detector",),
        "Weights": ("weights", "download"),
    }

    backend: Literal["deepface"] | None = Field(None, description="Predict with deepface's models; shown as predicted")
    actions: str = Field(
        "race,gender,age", title="Predict", description="What to predict, separated by commas: race, gender, age"
    )
    csv: Annotated[Path | None, Pick.FILE] = Field(
        None,
        title="Label table",
        description="Table (.csv, .tsv, .parquet) with the columns path, identity, group, gender, age, tags to set",
    )
    columns: Annotated[list[str] | None, ColumnsOf("csv", "labels")] = Field(
        None,
        title="Column names",
        description="Column names where they differ from the fields: path=FILE identity=WHO group=RACE",
    )
    detector: Annotated[str | None, Offer.DETECTOR, Unset("the one whose faces are shown")] = Field(
        None,
        description="Detector whose faces are used; missing faces are detected first",
    )
    weights: Annotated[Path | None, Pick.FOLDER] = Field(
        None, description="Folder with the weights of deepface's models"
    )
    download: bool = Field(
        False,
        title="Download weights",
        description="Download missing weights (about 500 MB per model) from their authors",
    )

    _known_detector = field_validator("detector")(detector_text)
    _there = field_validator("weights", "csv")(existing_path)
    _known_columns = field_validator("columns")(_columns)

    @field_validator("actions")
    @classmethod
    def _actions(cls, value: str) -> str:
        found = [part.strip() for part in value.split(",") if part.strip()]
        wrong = [part for part in found if part not in ("race", "gender", "age")]
        if wrong or not found:
            raise ValueError(tr("can be race, gender and age, not {wrong}", wrong=", ".join(wrong) or "nothing"))
        return ",".join(dict.fromkeys(found))

    @property
    def mapping(self) -> dict[str, str]:
        """Columns by field."""
        return _parse_columns(self.columns or [])

    @model_validator(mode="after")
    def _one(self) -> LabelParams:
        if (self.backend is None) == (self.csv is None):
            raise ValueError(tr("give either a backend or a csv file"))
        return self


class DuplicatesParams(JobParams):
    """Find exact duplicates, near-duplicates and near-identical embeddings."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Vectors": ("encoder", "detector", "vector_distance")}

    distance: int = Field(4, ge=0, le=16, title="Hash distance", description=DISTANCE_HELP)
    encoder: Annotated[str | None, Offer.VECTORS] = Field(
        None, title="Embedding model", description="Also compare embeddings of this model"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    vector_distance: float = Field(
        0.1,
        gt=0,
        le=2,
        title="Embedding distance",
        description="Embeddings at most this far apart count as near-identical (cosine or Euclidean distance)",
    )
    hide: bool = Field(
        False,
        title="Hide exact duplicates",
        description="Hide all but the largest image of each exact duplicate (can be undone)",
    )

    _known_detector = field_validator("detector")(detector_text)

    @model_validator(mode="after")
    def _vectors(self) -> DuplicatesParams:
        whose_faces(self.detector, self.encoder)
        return self


class DivideParams(JobParams):
    """Divide the project into sets that share no identity, stratified by group; they are stored in the project."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Sizes": ("folds", "by", "seed"),
        "Leak check": ("leaks", "distance", "encoder", "detector", "vector_distance"),
        "Synthetic images": ("synthetic",),
    }

    into: list[str] = Field(
        ["train", "validation", "test"],
        min_length=1,
        title="Set names",
        description="Names of the sets (with folds: one name to number)",
    )
    shares: list[float] | None = Field(
        None, description="Share of the images for each set, in every group (three sets: .8 .1 .1 unless said)"
    )
    images: int | None = Field(None, ge=1, description="Instead: images in each set")
    folds: int | None = Field(None, ge=2, le=100, description="Instead: this many folds of equal size")
    by: Literal["identity", "image"] = Field(
        "identity", title="Divide by", description="identity: no identity in two sets; image: may leak"
    )
    synthetic: bool = Field(False, title="Include synthetic", description="Include images marked synthetic")
    leaks: Leaks = Field("refuse", title="Leaks between sets", description=LEAKS_HELP)
    distance: int = Field(4, ge=0, le=16, title="Hash distance", description=DISTANCE_HELP)
    encoder: Annotated[str | None, Offer.VECTORS] = Field(
        None, title="Embedding model", description="Also compare embeddings of this model across the sets"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    vector_distance: float = Field(
        0.1,
        gt=0,
        le=2,
        title="Embedding distance",
        description="Embeddings at most this far apart count as near-identical (cosine or Euclidean distance)",
    )
    seed: int = Field(1, ge=0, description="Random seed; the same seed makes the same sets")
    dry_run: bool = Field(False, description="Only show the planned sets")

    _known_detector = field_validator("detector")(detector_text)

    @field_validator("into")
    @classmethod
    def _distinct(cls, value: list[str]) -> list[str]:
        found = [name.strip() for name in value]
        if not all(found) or len(set(found)) != len(found):
            raise ValueError(tr("name each set once"))
        return found

    @model_validator(mode="after")
    def _sizes(self) -> DivideParams:
        if self.shares is None and self.images is None and self.folds is None:
            count = len(self.into)
            self.shares = [0.8, 0.1, 0.1] if count == 3 else [0.8, 0.2] if count == 2 else [1 / count] * count
        check_sizes(self.images, self.shares, self.folds, len(self.into))
        whose_faces(self.detector, self.encoder)
        return self

    def names(self) -> list[str]:
        """The names of the sets to make."""
        return self.into if self.folds is None else [f"{self.into[0]}_{n + 1}" for n in range(self.folds)]


class QualityParams(JobParams):
    """Measure sharpness, brightness, size and pose of faces; hide or tag images outside the limits."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {"tag": ("action", ("tag",))}
    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Faces": ("detector",)}

    limits: list[str] | None = Field(
        None,
        title="Quality limits",
        description="Accepted ranges, as MEASURE=LOW:HIGH: sharpness=30: side=60: yaw=-.3:.3 faces=1:1",
    )
    action: Literal["count", "hide", "tag"] = Field(
        "count", description="What to do with images outside the limits; hiding can be undone"
    )
    tag: str = Field("low quality", min_length=1, description="Tag for images outside the limits")
    detector: Annotated[str | None, Offer.FOUND_BY, Unset("those shown in the window")] = Field(
        None, description="Detector whose faces are measured"
    )

    _known_detector = field_validator("detector")(detector_text)

    @field_validator("limits")
    @classmethod
    def _parse(cls, value: list[str] | None) -> list[str] | None:
        for text in value or []:
            Limit.parse(text)
        return value

    def ranges(self) -> list[Limit]:
        """The limits."""
        return [Limit.parse(text) for text in self.limits or []]


class BalanceParams(JobParams):
    """Balance groups to a target: hide the surplus, add missing images from a folder, report the shortfall."""

    target: str = Field("equal", description="equal, or shares such as African=.25,Asian=.25,Caucasian=.5")
    by: Literal["images", "identities"] = Field(
        "images", title="Balance by", description="Balance images or identities"
    )
    to: Annotated[str, Suggest(("smallest", "largest"))] = Field(
        "smallest",
        title="Balance to",
        description="Down to the smallest group, up to the largest, or a number for each group (in total, with shares)",
    )
    source: Annotated[Path | None, Pick.FOLDER] = Field(
        None,
        alias="from",
        title="Add from",
        description="Folder (group/identity/image) to add identities from; identities of the project are skipped",
    )
    seed: int = Field(1, ge=0, description="Random seed; the same seed hides and adds the same images")
    dry_run: bool = Field(False, description="Only show the plan")

    model_config = JobParams.model_config | {"populate_by_name": True}

    _there = field_validator("source")(existing_path)

    @field_validator("to")
    @classmethod
    def _to(cls, value: str) -> str:
        if value not in ("smallest", "largest") and not (value.isdecimal() and int(value) > 0):
            raise ValueError(tr("is smallest, largest, or a number"))
        return value

    @field_validator("target")
    @classmethod
    def _shares(cls, value: str) -> str:
        if value != "equal":
            parse_shares(value)
        return value


def parse_shares(text: str) -> dict[str, float]:
    """Read NAME=SHARE,NAME=SHARE. Raises `ValueError` if that cannot be."""
    out: dict[str, float] = {}
    for part in text.split(","):
        name, equals, share = part.rpartition("=")
        try:
            number = float(share)
        except ValueError:
            number = -1.0
        if not equals or not name.strip() or number <= 0:
            raise ValueError(tr("must be equal, or NAME=SHARE,NAME=SHARE with shares above 0"))
        out[name.strip()] = number
    return out
