"""The language of a report: English, or one of the files `report.<language>.json` beside the report's template.

It is another matter than the program's own language: a report is for its readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import NullTranslations

from fairdesk import words
from fairdesk.assets import asset


class _Phrases(NullTranslations):
    """A catalogue of phrases; what it lacks stays English.

    Thousands are parted by a narrow space that does not break, decimals by a point: both as the Real Academia Española
    allows (Ortografía, 2010), and alike in texts, tables and plots. A comma would be read as the decimal one.
    """

    thousands = "\u202f"

    def __init__(self, phrases: dict[str, str]) -> None:
        super().__init__()
        self._phrases = phrases

    def gettext(self, message: str) -> str:
        return self._phrases.get(message, message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        text = one if n == 1 else many
        return self._phrases.get(text, text)


def phrases(language: str) -> dict[str, str]:
    """Return the phrases of a language, by their English."""
    found = json.loads(asset("resources", f"report.{language}.json").read_text(encoding="utf-8"))
    return {str(one): str(other) for one, other in found.items()}


@contextmanager
def speaking_report(language: str | None) -> Iterator[str]:
    """Write in a language within the block; yields its name."""
    if language is None:
        yield words.language()
        return
    catalogue = None if language == "en" else _Phrases(phrases(language))
    with words.speaking(catalogue):
        yield language
