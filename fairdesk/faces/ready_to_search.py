"""Imported where helper processes are forked from (`jobs/pool.py`), to have dlib's models in memory once, and before they are needed."""

from __future__ import annotations

from contextlib import suppress

from fairdesk.errors import FairDeskError
from fairdesk.faces import dlib_models, ready_to_align

__all__ = ["ready_to_align"]

with suppress(FairDeskError):  # a helper that needs them says what is missing
    dlib_models.hog()
