"""Columns of labels whose name says that a 1 in them is two different people: they are read as it says."""

from __future__ import annotations

import re
from pathlib import Path

from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.pairs import known_label
from fairdesk.words import tr

_NAME = re.compile(
    "(is|are|es|son|label|pair)*"
    "(different|diff|differs|distinct|impost[eo]rs?|mismatch(ed|es)?|negative"
    "|(non|not|no|un)(the)?(match(ed|es|ing)?|mated|same|genuine|identical)"
    "|distint[oa]s?|diferentes?|impostor(as?|es)|nocoinciden?|no(es)?(el|la)?mism[oa]s?)"
    "(person|persons|people|subjects?|identity|identities|pairs?|label|flag|personas?|sujetos?)*"
)
"""What such a column is called, without blanks, underscores and hyphens."""
_ANSWER = re.compile(r"true|t|yes|y|sí|si|false|f|no|n|[-+\d.,e]+")
_EITHER = ("positive", "pos", "negative", "neg")


class DifferenceColumn:
    """Reads the labels of such a column: a 1 or a yes is an impostor pair.

    Words that name a pair themselves ("genuine", "mismatch") mean the same as in every column.
    """

    def __init__(self, name: str) -> None:
        self._name, self._turned = name, False

    def label_of(self, path: Path, line: int, text: str) -> bool:
        """Return whether a label says genuine. Raises `RequestError` naming the line."""
        known = self._known(text.strip().lower())
        if known is None:
            raise RequestError(
                tr(
                    "{path}: line {line}: the label {text!r} is not known. In a column called {name}, 1 means two different "
                    "people, 0 the same person.",
                    path=path,
                    line=line,
                    text=text.strip(),
                    name=self._name,
                )
            )
        return known

    def _known(self, word: str) -> bool | None:
        if word in _EITHER:  # of what, the name's or a pair's?
            return None
        found = known_label(word)
        if found is None or _ANSWER.fullmatch(word) is None:
            return found
        self._turned = True
        return not found

    def told(self) -> list[str]:
        """Say how its labels were read, where a reader of the other columns' labels would take them for their opposite."""
        said = tr("Labels: 1 means two different people, as the column's name says: {name}.", name=self._name)
        return [said] if self._turned else []


def difference_column(name: str) -> DifferenceColumn | None:
    """Return the reader of a column whose name says that a yes is two different people ("is_impostor"); None of others."""
    return None if _NAME.fullmatch(re.sub(r"[\W_]+", "", name.lower())) is None else DifferenceColumn(name)
