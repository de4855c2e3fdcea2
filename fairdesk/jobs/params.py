"""The base of every job's parameters."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from fairdesk.errors import RequestError


class JobParams(BaseModel):
    """Parameters of one job: from this come the form, the options, the kept JSON and the messages."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {}
    """Fields that mean something only while another field has one of some values: a form shows them only then."""

    model_config = ConfigDict(extra="forbid", validate_default=True, use_attribute_docstrings=False)


def readable(error: ValidationError) -> str:
    """Turn a validation error into lines a person reads: the option, what is wrong, what was given."""
    lines = []
    for item in error.errors(include_url=False):
        place = "--" + "-".join(str(part) for part in item["loc"]).replace("_", "-") + ": " if item["loc"] else ""
        message = item["msg"].removeprefix("Value error, ")
        given = "" if isinstance(item["input"], dict) else f" (given: {item['input']!r})"
        lines.append(f"{place}{message}{given}")
    return "\n".join(lines)


def parse(model: type[JobParams], values: dict[str, Any]) -> JobParams:
    """Build parameters from plain values.

    Raises
    ------
    RequestError
        With one line for each value that is wrong.
    """
    try:
        return model(**values)
    except ValidationError as error:
        raise RequestError(readable(error)) from error
