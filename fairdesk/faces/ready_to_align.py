"""Imported where helper processes are forked from (`jobs/pool.py`), to have what aligns faces in memory once."""

from __future__ import annotations

from contextlib import suppress

from PIL import Image

from fairdesk.errors import FairDeskError
from fairdesk.faces import dlib_models, pipeline

__all__ = ["pipeline"]

Image.preinit()  # decoders
with suppress(FairDeskError):  # a helper that needs it says what is missing
    dlib_models.five_points()
