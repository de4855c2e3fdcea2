"""What a job returns: a model whose dump is the verb's JSON, and which says itself in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from fairdesk.project.recipes import named_encoder
from fairdesk.words import mark, tr, tr_n


class NextStep(Enum):
    """What a person can do with a result; the window has the way to each."""

    SHOW_PAIRS = mark("Show pairs")  # pictures side by side
    SHOW_REVIEW = mark("Show faces")  # synthetic faces with their verdicts
    REVIEW = mark("Review…")  # check what was generated before it enters the project
    IMPORT = mark("Import them")


class Record(BaseModel):
    """A part of a result.

    A field that has the default None is left out of the JSON while it is None. A figure that can be undefined has no
    default: it is null then, and its reason stands beside it in a field ending `_why`.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)

    @model_serializer(mode="wrap")
    def _without_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        for name, field in type(self).model_fields.items():
            if field.default is None and getattr(self, name) is None:
                values.pop(field.alias or name, None)
                values.pop(name, None)
        return values


class Caution(NamedTuple):
    """What a person must know before resting on a result; `about` names what it is about, where the job's own form does not mend that."""

    text: str
    about: str = ""
    path: str = ""  # a file that it is about


class JobResult(Record):
    """The result of one job."""

    summary: str = ""
    """What came of it in a few lines, for a card in the window."""

    def text(self) -> str:
        """Return the result as a terminal shows it; the JSON has everything."""
        return self.summary

    def caution(self) -> str | None:
        """Return what a person must know before resting on it, though the job is done; None where all is well."""
        return None

    def caution_parts(self) -> list[Caution]:
        """Return the caution in its parts, each with what it is about."""
        said = self.caution()
        return [] if said is None else [Caution(said)]

    def next_steps(self) -> list[NextStep]:
        """Return what can be done with it, the first thing first."""
        return []

    def json_values(self) -> dict[str, Any]:
        """Return strict JSON: what the verb prints, the worker sends and the job's folder keeps."""
        values = jsonable(self.model_dump(by_alias=True))
        assert isinstance(values, dict)
        if not self.summary:
            values.pop("summary", None)
        return values


class NamesVectors(Record):
    """Which vectors a result rests on; all are absent where it rests on none."""

    encoder: str | None = None
    detector: str | None = None
    recipe: str | None = None
    mirrored: bool | None = None
    """True where each vector is the mean with the mirrored face's (flip test)."""
    precision: str | None = None
    """Of the computation, where it is not float32."""
    scaling: str | None = None
    """Of the pixels that an ONNX model gets, where it is not its usual one."""
    other_detectors: list[str] | None = None
    """Detectors whose faces the encoder has vectors of too."""

    def rest_on(self, about: Mapping[str, Any], faces: int | list[int] | None = None) -> None:
        """Write down what is known of the vectors."""
        for name, value in {**about, **({} if faces is None else {"faces": faces})}.items():
            setattr(self, name, value)

    def vector_lines(self) -> list[str]:
        """Say it in a line."""
        if not self.encoder:
            return []
        parts = [
            tr("Encoder {encoder}", encoder=named_encoder(self.encoder, self.precision, self.mirrored, self.scaling))
        ]
        if self.detector:
            parts.append(tr("detector {detector}", detector=self.detector))
        count = getattr(self, "faces", None)
        if isinstance(count, int):
            parts.append(tr_n("{n:,} face", "{n:,} faces", count))
        line = ", ".join(parts)
        if self.other_detectors:
            line += "; " + tr("it has embeddings of {detectors} too", detectors=", ".join(self.other_detectors))
        return [line + "."]


class RestsOnVectors(NamesVectors):
    """The same, with how many faces have one."""

    faces: int | None = None


class Unreadable(Record):
    """A file that was left out, and why."""

    path: str
    why: str


def jsonable(value: Any) -> Any:
    """Turn figures into strict JSON: infinities become "inf" and "-inf", NaN null, tuples lists."""
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return str(value) if isinstance(value, Path) else value
