"""Command-line options from parameter models, so that nothing is declared twice."""

from __future__ import annotations

import argparse
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic_core import PydanticUndefined

from fairdesk.errors import RequestError
from fairdesk.jobs.fields import Endings, Negated, Unset, said
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.params import JobParams, parse
from fairdesk.words import mark, tr

# What argparse says; it asks gettext for them, as `fairdesk.words` has told that to ask the program's catalogue.
ARGPARSE = (
    mark("usage: "), mark("options"), mark("positional arguments"), mark("show this help message and exit"),
    mark("the following arguments are required: %s"),
    mark("unrecognized arguments: %s"), mark("argument %(argument_name)s: %(message)s"), mark("expected one argument"),
    mark("expected at least one argument"), mark("expected at most one argument"), mark("invalid %(type)s value: %(value)r"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"), mark("not allowed with argument %s"),
    mark("ambiguous option: %(option)s could match %(matches)s"), mark("ignored explicit argument %r"),
    mark("unknown parser %(parser_name)r (choices: %(choices)s)"),
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one plain line with a hint."""

    passes_on: tuple[str, str] | None = None
    """The positional whose rest of the line is passed on, and the one before it."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; of a verb that passes a command on, options may stand on either side of what runs it."""
        if self.passes_on is None or args is None:
            return super().parse_known_args(args, namespace)
        own, first, rest = self._parts(list(args))
        found, unknown = super().parse_known_args(own, namespace)
        command, before = self.passes_on
        if first is not None:
            setattr(found, before, first)
        setattr(found, command, rest)
        return found, unknown

    def _parts(self, args: list[str]) -> tuple[list[str], str | None, list[str]]:
        """Return the verb's own options, the first positional, and the rest: from the second on, or from `--` on."""
        own: list[str] = []
        first: str | None = None
        while args:
            one = args.pop(0)
            if one == "--":
                return own, first, args
            if not one.startswith("-") or one == "-":
                if first is not None:
                    return own, first, [one, *args]
                first = one
                continue
            action = self._option_string_actions.get(one.partition("=")[0])
            if action is None and first is not None:
                self.error(
                    tr("unknown option {option}. If it is the command's, write -- before the command", option=one)
                )
            own.append(one)
            if action is not None and action.nargs is None and "=" not in one and args:
                own.append(args.pop(0))
        return own, first, []

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the whole usage."""
        raise RequestError(tr("{message}\nSee: {prog} --help", message=message, prog=self.prog))


def named_path(text: str) -> Path:
    """Read a path to write to: an empty one would be the folder one is in."""
    if not text.strip():
        raise argparse.ArgumentTypeError(tr("must name a file or a folder"))
    return Path(text)


def new_file(kinds: tuple[str, ...]) -> Callable[[str], Path]:
    """Return a reader of the path of a file to write that ends in one of these."""

    def read(text: str) -> Path:
        path = named_path(text)
        try:
            Endings(kinds).check(path)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return path

    return read


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Strip Optional and Annotated; return the type and whether it is a list."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    if typing.get_origin(annotation) is list:
        return typing.get_args(annotation)[0], True
    return annotation, False


def add_options(parser: argparse.ArgumentParser, kind: JobKind) -> None:
    """Add an argument for each field of a job's parameters, but for the one that stands in the project's place."""
    last = kind.passes_on
    for name in kind.params.model_fields:
        if name not in kind.positional and name != kind.instead:
            _add_option(parser, kind, name)
    for name in kind.positional:
        _, details = _details(kind.params, name)
        details.pop("default", None)
        if not kind.params.model_fields[name].is_required():
            details |= {"nargs": "?", "default": argparse.SUPPRESS}
        if name == last:
            details["nargs"] = argparse.REMAINDER
            assert isinstance(parser, Parser)
            parser.passes_on = (last, kind.positional[0])
        if last and name != last:
            details["metavar"] = name.upper()
        parser.add_argument(name, **details)


def _add_option(parser: argparse.ArgumentParser, kind: JobKind, name: str) -> None:
    model = kind.params
    field = model.model_fields[name]
    plain, details = _details(model, name)
    option = model.option(name)
    opposite = said(field, Negated)
    if opposite is not None:
        both = parser.add_mutually_exclusive_group()
        both.add_argument(option, dest=name, **details)
        both.add_argument(
            opposite.option, dest=name, action="store_false", default=argparse.SUPPRESS, help=tr(opposite.help)
        )
        return
    if kind.passes_on and details.get("nargs") == "+":  # one a time: what is passed on follows the options
        del details["nargs"]
        details["action"] = "append"
    if plain is not bool and "choices" not in details:
        details["metavar"] = {int: "N", float: "X", Path: "PATH"}.get(plain, name.rsplit("_", 1)[-1].upper())
    parser.add_argument(option, dest=name, required=field.is_required(), **details)


def _details(model: type[JobParams], name: str) -> tuple[Any, dict[str, Any]]:
    """Return a field's plain type, and what argparse is told of it."""
    field = model.model_fields[name]
    kind, many = _plain(field.annotation)
    details: dict[str, Any] = {
        "help": tr(field.description or "").replace("%", "%%"),
        "default": argparse.SUPPRESS,
    }
    if kind is bool:
        details["action"] = argparse.BooleanOptionalAction if field.default else "store_true"
        return kind, details
    choices = typing.get_args(kind) if typing.get_origin(kind) is Literal else None
    if choices:
        details["choices"] = choices
    if many:
        details["nargs"] = "+"
    elif field.default is not None and field.default is not PydanticUndefined:
        details["help"] += tr(" (default: {default})", default=field.default)
    unset = said(field, Unset)
    if unset is not None:
        details["help"] += tr(" (default: {means})", means=tr(unset.means))
    return kind, details


def collect(model: type[JobParams], arguments: argparse.Namespace, **fixed: Any) -> Any:
    """Build the parameters from parsed arguments. Raises `RequestError` for wrong values."""
    values = {name: getattr(arguments, name) for name in model.model_fields if hasattr(arguments, name)}
    values |= fixed
    by_alias = {(model.model_fields[name].alias or name): value for name, value in values.items()}
    return parse(model, by_alias)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what a verb with verbs of its own has to repeat for each of them."""
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help=tr("Show the traceback of an error")
    )
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help=tr("Print the result as one JSON document")
    )


def whole_number(text: str) -> int:
    """Read a number that an option takes."""
    try:
        number = int(text[:20])
    except ValueError:
        raise argparse.ArgumentTypeError(tr("{text!r} is no whole number", text=text[:20])) from None
    if abs(number) > 10**9:
        raise argparse.ArgumentTypeError(tr("{number} is too large", number=number))
    return number
