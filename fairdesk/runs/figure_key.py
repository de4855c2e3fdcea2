"""What a figure of a run is of: its name, the group, and the list it was measured on. A text in tables and curves."""

from __future__ import annotations

from dataclasses import dataclass

EER, GAP, TAR = "EER", "EER gap", "TAR@FMR=.01"


@dataclass(frozen=True)
class FigureKey:
    """A figure's key; ``str`` gives "EER", "EER[African]" or "lfw EER[African]", and `parse` reads that."""

    name: str
    group: str | None = None  # None: over all
    source: str = ""  # the evaluation list; empty: the identities that were held out

    def __str__(self) -> str:
        said = f"{self.source} {self.name}" if self.source else self.name
        return said if self.group is None else f"{said}[{self.group}]"

    @classmethod
    def parse(cls, text: str) -> FigureKey:
        """Read a key. Any text is one: a name that is not known is kept whole."""
        group = None
        if text.endswith("]") and "[" in text:
            text, _, rest = text.partition("[")
            group = rest[:-1]
        for name in (GAP, EER, TAR):  # the longest first
            if text.endswith(f" {name}"):
                return cls(name, group, text[: -len(name) - 1])
        return cls(text, group)
