"""The base of every job's parameters, and what is wrong with some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from fairdesk.errors import RequestError
from fairdesk.jobs.fields import Pick, said
from fairdesk.jobs.read_and_written import written_over, wrong_place
from fairdesk.text_names import is_text, printable, why_no_text
from fairdesk.words import mark, tr

# What pydantic says of one value, by the kind of error; other kinds are said in its own words.
_PYDANTIC = {
    "missing": mark("Field required"),
    "extra_forbidden": mark("Extra inputs are not permitted"),
    "int_parsing": mark("Input should be a valid integer, unable to parse string as an integer"),
    "int_type": mark("Input should be a valid integer"),
    "int_from_float": mark("Input should be a valid integer, got a number with a fractional part"),
    "float_parsing": mark("Input should be a valid number, unable to parse string as a number"),
    "float_type": mark("Input should be a valid number"),
    "finite_number": mark("Input should be a finite number"),
    "bool_parsing": mark("Input should be a valid boolean, unable to interpret input"),
    "bool_type": mark("Input should be a valid boolean"),
    "string_type": mark("Input should be a valid string"),
    "list_type": mark("Input should be a valid list"),
    "path_type": mark("Input is not a valid path"),
    "greater_than": mark("Input should be greater than {gt}"),
    "greater_than_equal": "Input should be greater than or equal to {ge}",
    "less_than": mark("Input should be less than {lt}"),
    "less_than_equal": "Input should be less than or equal to {le}",
    "literal_error": mark("Input should be {expected}"),
}

_PLAIN = {"greater_than_equal": mark("must be at least {ge}"), "less_than_equal": mark("must be at most {le}")}
"""What a person reads in place of these."""


_MOST = 2**62


class JobParams(BaseModel):
    """Parameters of one job: from this come the form, the options, the kept JSON and the messages."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {}
    """Fields that mean something only while another field has one of some values: a form shows them only then."""

    refused: ClassVar[frozenset[str]] = frozenset()
    """Those of `only_for` that are refused on the command line where they mean nothing; the others are passed over, and told."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Fields that a form shows under Advanced, by the title of their part; all others come first."""

    model_config = ConfigDict(
        extra="forbid",
        validate_default=True,
        use_attribute_docstrings=False,
        allow_inf_nan=False,
        defer_build=True,  # over a hundred models: each is built when it is first used, not while the window opens
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        """Refuse an empty name to write to, or of what must be given: it would be read as the folder one is in."""
        if isinstance(values, dict):
            for name, field in cls.model_fields.items():
                given = values.get(name)
                if name != "out" and not (field.annotation is Path and field.is_required()):
                    continue
                if any(
                    isinstance(one, str) and not one.strip() for one in (given if isinstance(given, list) else [given])
                ):
                    raise FieldError(name, tr("must name a file or a folder"))
        return values

    @model_validator(mode="after")
    def _storable(self) -> Self:
        """Refuse whole numbers that nothing could keep or count, and paths that are no text."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            for path in value if isinstance(value, list) else [value]:
                if isinstance(path, Path) and not is_text(path):
                    raise FieldError(name, f"{printable(path)}: {why_no_text()}")
            if isinstance(value, int) and abs(value) >= _MOST:
                raise FieldError(name, tr("is too large"))
        return self

    @model_validator(mode="after")
    def _nothing_read_is_written(self) -> Self:
        """Refuse to write over what is read or what a project is made of, and to a place of another kind."""
        by_kind: dict[bool, list[tuple[str, Path]]] = {True: [], False: []}
        folders = set[str]()
        for name, field in type(self).model_fields.items():
            pick, value = said(field, Pick), getattr(self, name)
            if pick is not None:
                paths = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Path)]
                folders |= {name} if pick is Pick.NEW_FOLDER else set()
                by_kind[pick in (Pick.NEW_FILE, Pick.NEW_FOLDER)] += [(name, path) for path in paths]
        for name, out in by_kind[True]:
            if (why := written_over(out, [path for _, path in by_kind[False]])) is not None:
                raise FieldError(name, why)
            if (why := wrong_place(out, folder=name in folders)) is not None:
                raise FieldError(name, why)
        return self

    def counts(self, name: str) -> bool:
        """Return whether a field means something beside the values of the others, as `only_for` says."""
        switch, values = self.only_for.get(name, ("", ()))
        return not switch or getattr(self, switch) in values

    @classmethod
    def option(cls, name: str) -> str:
        """Return the option of a field on the command line: its alias or name, with dashes."""
        return "--" + (cls.model_fields[name].alias or name).replace("_", "-")


class FieldError(PydanticCustomError):
    """What is wrong with one field of a model whose fields are checked together."""

    def __new__(cls, name: str, text: str) -> FieldError:
        """Name the field and say what is wrong with it."""
        return super().__new__(cls, "field", "{text}", {"field": name, "text": text})


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with parameters; `field` is None where it is of several together."""

    field: str | None
    text: str
    given: str | None = None
    missing: bool = False  # the field is needed and was not given

    def words(self, model: type[JobParams]) -> str:
        """Say it for the command line."""
        place = f"{model.option(self.field)}: " if self.field is not None else ""
        return f"{place}{self.text}" + (
            " " + tr("(given: {value})", value=self.given) if self.given is not None else ""
        )


class ParamsError(RequestError):
    """Parameters that cannot be: `problems` say which fields and why."""

    def __init__(self, model: type[JobParams], problems: list[Problem]) -> None:
        super().__init__("\n".join(problem.words(model) for problem in problems))
        self.problems = problems


def _said(item: ErrorDetails) -> str:
    """Return what is wrong with one value, in the language in use."""
    text, said = _PYDANTIC.get(item["type"], ""), item["msg"]
    start, _, rest = text.partition("{")
    name, _, _ = rest.partition("}")
    if text and text == said:
        return tr(text)
    if name and said.startswith(start):
        return tr(_PLAIN.get(item["type"], text), **{name: said.removeprefix(start)})
    return said.removeprefix("Value error, ")  # it is translated already where one of ours has raised it


def _problems(model: type[JobParams], error: ValidationError) -> list[Problem]:
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    found = []
    for item in error.errors(include_url=False):
        loc = item["loc"]
        field = None
        if item["type"] == "field":
            field = str(item["ctx"]["field"])
        elif loc:
            field = names.get(str(loc[0]), str(loc[0]))
        known = field in model.model_fields
        text = _said(item)
        given = None if isinstance(item["input"], dict) or item["type"] == "field" else repr(item["input"])
        if field is not None and not known:
            found.append(Problem(None, f"--{field.replace('_', '-')}: {text}", given))
        else:
            found.append(Problem(field, text, given, item["type"] == "missing"))
    return found


def parse(model: type[JobParams], values: Mapping[str, Any]) -> JobParams:
    """Build parameters from plain values.

    Raises
    ------
    ParamsError
        With each value that is wrong.
    """
    try:
        return model(**values)
    except ValidationError as error:
        raise ParamsError(model, _problems(model, error)) from error
