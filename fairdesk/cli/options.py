"""Command-line options from parameter models, so that nothing is declared twice."""

from __future__ import annotations

import argparse
import types
import typing
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic.fields import FieldInfo

from fairdesk.errors import RequestError
from fairdesk.jobs.params import JobParams, parse


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one plain line with a hint."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the whole usage."""
        raise RequestError(f"{message}\nSee: {self.prog} --help")


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Strip Optional; return the type and whether it is a list."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    if typing.get_origin(annotation) is list:
        return typing.get_args(annotation)[0], True
    return annotation, False


def option_name(name: str, field: FieldInfo) -> str:
    """Return the option of a field: its alias or name, with dashes."""
    return "--" + (field.alias or name).replace("_", "-")


def add_options(
    parser: argparse.ArgumentParser,
    model: type[JobParams],
    positional: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
) -> None:
    """Add an option for each field of a model; some may be positional, some left out."""
    for name, field in model.model_fields.items():
        if name in skip:
            continue
        kind, many = _plain(field.annotation)
        details: dict[str, Any] = {"help": (field.description or "").replace("%", "%%")}
        if kind is bool:
            action = argparse.BooleanOptionalAction if field.default else "store_true"
            details |= {"action": action, "default": argparse.SUPPRESS}
        else:
            choices = typing.get_args(kind) if typing.get_origin(kind) is Literal else None
            details |= {"default": argparse.SUPPRESS}
            if choices:
                details["choices"] = choices
            if many:
                details["nargs"] = "+"
            if not field.is_required() and field.default is not None and not many:
                details["help"] += f" (default: {field.default})"
        if name in positional:
            details.pop("default", None)
            if not field.is_required():
                details |= {"nargs": "?", "default": argparse.SUPPRESS}
            parser.add_argument(name, **details)
        else:
            if kind is not bool and "choices" not in details:
                details["metavar"] = {int: "N", float: "X", Path: "PATH"}.get(kind, name.rsplit("_", 1)[-1].upper())
            parser.add_argument(option_name(name, field), dest=name, required=field.is_required(), **details)


def collect(model: type[JobParams], arguments: argparse.Namespace, **fixed: Any) -> Any:
    """Build the parameters from parsed arguments. Raises `RequestError` for wrong values."""
    values = {name: getattr(arguments, name) for name in model.model_fields if hasattr(arguments, name)}
    values |= fixed
    by_alias = {(model.model_fields[name].alias or name): value for name, value in values.items()}
    return parse(model, by_alias)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what a verb with verbs of its own has to repeat for each of them."""
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="Show where in the program a failure came from"
    )
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="Print the result as one JSON document"
    )
