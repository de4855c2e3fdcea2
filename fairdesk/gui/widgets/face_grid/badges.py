"""What a cell says of its original: that it is missing, is another picture now, or cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from fairdesk.faces.changed_originals import ChangedNow
from fairdesk.project.originals import NONE_MISSING, Missing
from fairdesk.words import tr


@dataclass(frozen=True, eq=False)
class OriginalBadges:
    """The originals that are not as they were imported, as far as that is known: nothing is read to paint a cell."""

    missing: Missing = NONE_MISSING
    changed: frozenset[int] = frozenset()
    damaged: frozenset[int] = frozenset()

    @classmethod
    def of(cls, missing: Missing, now: ChangedNow) -> OriginalBadges:
        """Take what the window knows of a project's originals."""
        return cls(missing, frozenset(now.images), frozenset(now.damaged))

    def text(self, image: int) -> str:
        """Return what the cell of an image bears; empty where all is well."""
        if self.missing.holds(image):
            return tr("missing")
        if image in self.damaged:
            return tr("damaged")
        return tr("changed") if image in self.changed else ""


NO_BADGES = OriginalBadges()
