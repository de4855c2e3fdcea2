"""How sure a rate would be if pairs were independent; light enough for the window."""

from __future__ import annotations

from typing import Literal

from fairdesk.words import tr

By = Literal["pairs"]
"""What an interval is by, where it is not by subjects: pairs as if they were independent, which is too narrow."""


def threshold_by_pairs() -> str:
    """Say which intervals by pairs take the threshold as known, and which do not."""
    return tr(
        "FMR and FNMR take the threshold as if it were known, EER and TAR take it anew in each draw: the intervals of a TAR "
        "and of the FNMR at its threshold are no mirrors of each other"
    )
