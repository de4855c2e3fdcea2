"""Imported where helper processes are forked from (`jobs/pool.py`), to have in memory once what searches, and what finds landmarks."""

from __future__ import annotations

from contextlib import suppress

from fairdesk.errors import FairDeskError
from fairdesk.faces import dlib_models, ready_to_search

__all__ = ["ready_to_search"]

with suppress(FairDeskError):  # a helper that needs it says what is missing
    dlib_models.many_points()
