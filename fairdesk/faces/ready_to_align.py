"""Imported where helper processes are forked from (`jobs/pool.py`), to have what aligns faces in memory once."""

from __future__ import annotations

import concurrent.futures.process
import gc
from contextlib import suppress

from PIL import Image

from fairdesk.errors import FairDeskError
from fairdesk.faces import dlib_models, pipeline
from fairdesk.jobs import pool

__all__ = ["concurrent", "pipeline", "pool"]

Image.preinit()  # decoders
with suppress(FairDeskError):  # a helper that needs it says what is missing
    dlib_models.five_points()
gc.freeze()  # looking through what is there would copy it for each helper
