"""Names of files that are no text: bytes of an old encoding, which no catalogue, list or JSON can hold."""

from __future__ import annotations

import os

from fairdesk.errors import RequestError
from fairdesk.words import tr


def is_text(name: str | os.PathLike[str]) -> bool:
    """Whether a name or path is text, which UTF-8 can hold."""
    try:
        os.fspath(name).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str | os.PathLike[str]) -> str:
    r"""Return a name as text; its bytes that are none as in ``Jos\xe9``."""
    text = os.fspath(name)
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character of UTF-16, as Windows allows it
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


_STEERING = [
    *range(9),
    *range(11, 32),
    *range(127, 160),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
]  # all but \t and \n
_ESCAPED = {code: repr(chr(code))[1:-1] for code in _STEERING}


def without_steering(text: str) -> str:
    r"""Return text whose characters that steer a terminal, or turn its writing round, are escapes: ``a\x1b[31mred``."""
    return text.translate(_ESCAPED)


def in_one_line(text: str) -> str:
    """Return text as `without_steering` does, in one line."""
    return text.translate(_ESCAPED | {9: r"\t", 10: r"\n"})


def why_no_text() -> str:
    """Return what to say of such a name."""
    return tr("its name is not text in UTF-8: rename it")


def need_text(path: str | os.PathLike[str]) -> None:
    """Refuse a path that is no text. Raises `RequestError`."""
    if not is_text(path):
        raise RequestError(f"{printable(path)}: {why_no_text()}.")
