"""The list that a new one takes the place of: told of, where it was another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from fairdesk.errors import FairDeskError
from fairdesk.images.file_facts import file_sha256
from fairdesk.metrics.pair_lists.reading import read_list


@dataclass(frozen=True)
class FormerList:
    """A file that was where a list is written; `pairs` is 0 where it is no list of pairs."""

    sha256: str
    pairs: int


def former_list(out: Path) -> FormerList | None:
    """Look at what is at a place, before it is written over; None where there is nothing."""
    if not out.is_file():
        return None
    digest = file_sha256(out)
    try:
        beside = json.loads(out.with_name(out.name + ".json").read_text())
        if beside["sha256"] == digest:
            return FormerList(digest, int(beside["genuine"]) + int(beside["impostor"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a list of others has nothing beside it: it is read
    try:
        return FormerList(digest, len(read_list(out, {}).pairs))
    except FairDeskError:
        return FormerList(digest, 0)
