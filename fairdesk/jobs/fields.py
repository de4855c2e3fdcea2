"""What a field of a job's parameters is, said in its annotation: from it the form takes the widget."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from fairdesk.words import tr

Found = TypeVar("Found")


class Pick(Enum):
    """What a path names, and so what is browsed for."""

    FOLDER = "folder"
    FILE = "file"
    EITHER = "folder or file"
    NEW_FOLDER = "new folder"
    NEW_FILE = "new file"


class Offer(Enum):
    """What the open project has for a field; the form offers it in a list."""

    ENCODER = "encoder"  # any, to make vectors with
    VECTORS = "encoder that has embeddings"
    DETECTOR = "detector"  # any, to find faces with
    FOUND_BY = "detector that has found faces"
    SET = "set"
    GROUP = "group"
    RUN = "run"  # any run
    GENERATOR = "generator"  # a run that makes faces
    TRANSLATOR = "translator"  # a run that translates faces
    CONDITION = "condition"  # words of a filter
    VERSION = "clustering version"


@dataclass(frozen=True)
class Suggest:
    """Values to choose among; another may be typed."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Unset:
    """What it means where no value is given; forms and help say it."""

    means: str


@dataclass(frozen=True)
class Negated:
    """A second switch of the command line that says the opposite of the field, for those who like to be explicit."""

    option: str
    help: str


@dataclass(frozen=True)
class ColumnsOf:
    """Says which columns of a table are what; a form shows the table's first rows beside the choice."""

    field: str  # that names the table
    what: Literal["labels", "pairs"]


@dataclass(frozen=True)
class Endings:
    """How the name of a new file may end: another is refused, and the dialog that asks for the file offers these."""

    kinds: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def check(self, path: Path | None) -> Path | None:
        """Return the path. Raises `ValueError` where it ends otherwise."""
        if path is not None and path.suffix.lower() not in self.kinds:
            raise ValueError(tr("must end in {endings}", endings=one_of(self.kinds)))
        return path


def one_of(kinds: tuple[str, ...]) -> str:
    """Return ".npz, .csv or .txt"."""
    *first, last = kinds
    return tr("{first} or {last}", first=", ".join(first), last=last) if first else last


DETECTOR_UNSET = Unset("that of this model's newest embeddings")
LINK = Negated("--link", "Link to the files (this is the default)")

ExistingFolder = Annotated[Path, Pick.FOLDER]
ExistingFile = Annotated[Path, Pick.FILE]
ExistingPath = Annotated[Path, Pick.EITHER]
NewFolder = Annotated[Path, Pick.NEW_FOLDER]
NewFile = Annotated[Path, Pick.NEW_FILE]


def said(field: FieldInfo, kind: type[Found]) -> Found | None:
    """Return the annotation of a kind that a field carries, or None."""
    return next((one for one in field.metadata if isinstance(one, kind)), None)


def title_of(name: str, field: FieldInfo) -> str:
    """Return a field's title, in English."""
    return field.title or (field.alias or name).replace("_", " ").capitalize()
