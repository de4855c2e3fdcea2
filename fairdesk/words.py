"""The one way by which a text reaches a person: `tr`. English is the text itself; another language is a file.

A catalogue is `<language>/LC_MESSAGES/fairdesk.mo` in `resources/locale`, or in the folder that FAIRDESK_LOCALE names.
Which language is said by LANGUAGE, LC_ALL, LC_MESSAGES or LANG, as gettext has it; without a catalogue nothing is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from fairdesk.assets import data_root

if TYPE_CHECKING:
    from gettext import NullTranslations

DOMAIN = "fairdesk"
FOLDER = "FAIRDESK_LOCALE"
_SAID_BY = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_ENGLISH = {"C", "POSIX", "en"}

_catalogue: NullTranslations | None = None  # None: English


def tr(text: str, /, **values: object) -> str:
    """Return a text in the language in use, with values put in as `str.format` does where there are any."""
    said = text if _catalogue is None or not text else _catalogue.gettext(text)  # nothing is the head of a catalogue
    return _filled(said, text, values) if values else said


def tr_n(one: str, many: str, n: int, /, **values: object) -> str:
    """Return the text that fits a number of things, which is put in as `{n}`: "1 face", "2 faces"."""
    text = one if n == 1 else many
    said = text if _catalogue is None else _catalogue.ngettext(one, many, n)
    return _filled(said, text, {"n": n, **values})


def mark(text: str, /) -> str:
    """Return a text as it is: it is kept somewhere, and goes through `tr` where it is shown."""
    return text


def in_english() -> bool:
    """Whether texts are shown as they are written."""
    return _catalogue is None


def grouped(shown: str) -> str:
    """Return a number whose thousands are parted by commas ("2,989") as the language in use parts them."""
    return shown.replace(",", getattr(_catalogue, "thousands", ","))


class _Numbers(Formatter):
    """Fills in texts as `str.format` does, with thousands parted as the language in use parts them."""

    def format_field(self, value: object, spec: str) -> str:
        shown = format(value, spec)
        return grouped(shown) if "," in spec else shown


def _filled(said: str, text: str, values: dict[str, object]) -> str:
    try:
        if hasattr(_catalogue, "thousands"):
            return _Numbers().vformat(said, (), values)
        return said.format(**values)
    except (LookupError, ValueError, AttributeError):  # a slip in the translation
        return text.format(**values)


def _languages() -> list[str]:
    """Return the languages wanted, the most wanted first: de_DE.UTF-8 is de_DE and de; those after English do not count."""
    said = next((os.environ[name] for name in _SAID_BY if os.environ.get(name)), "")
    found: list[str] = []
    for one in said.split(":"):
        full = one.partition(".")[0].partition("@")[0]
        plain = full.partition("_")[0]
        if plain in _ENGLISH:
            break
        found += [full, plain]
    return [one for one in dict.fromkeys(found) if one and one.replace("_", "").isalnum()]


def locale_folder() -> Path:
    """Return the folder of the catalogues."""
    return Path(os.environ.get(FOLDER) or data_root() / "resources" / "locale")


def language() -> str:
    """Return the wanted language that has a catalogue: the language of this process."""
    home = locale_folder()
    for one in _languages():
        if (home / one / "LC_MESSAGES" / f"{DOMAIN}.mo").is_file():
            return one
    return "en"


def use(wanted: str) -> None:
    """Use a language in this process, and in those that it starts. A catalogue that cannot be read is as good as none."""
    os.environ["LANGUAGE"] = wanted
    _load()


@contextmanager
def speaking(catalogue: NullTranslations | None) -> Iterator[None]:
    """Speak by another catalogue within the block, None for English: what is written for other readers."""
    global _catalogue
    before, _catalogue = _catalogue, catalogue
    try:
        yield
    finally:
        _catalogue = before


def _load() -> None:
    global _catalogue
    _catalogue = None
    chosen = language()
    if chosen == "en":
        return
    import gettext
    import struct

    folder = str(locale_folder())
    try:
        _catalogue = gettext.translation(DOMAIN, folder, [chosen])
    except (OSError, ValueError, LookupError, struct.error):  # damaged
        return
    gettext.bindtextdomain(DOMAIN, folder)  # argparse asks gettext for its own texts
    gettext.textdomain(DOMAIN)


_load()
