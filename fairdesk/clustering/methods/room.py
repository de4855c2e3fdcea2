"""Whether what a method needs fits into memory: said before it starts, with what would fit."""

from __future__ import annotations

import math

import psutil

from fairdesk.errors import JobFailed
from fairdesk.words import tr

SHARE = 0.6  # of the free memory


def need_memory(needed: float, faces: int, method: str) -> None:
    """Refuse what does not fit. Memory is taken to grow with the square of the number of faces.

    Raises
    ------
    JobFailed
        Naming what is needed, what is free and how many faces would fit.
    """
    free = psutil.virtual_memory().available * SHARE
    if needed > free:
        raise JobFailed(
            tr(
                "{method} of {faces:,} faces needs {gigabytes:,.1f} GB for their distances, and {free:,.1f} GB can be used. "
                "Use dbscan or kmeans, or at most {most:,} faces.",
                method=method,
                faces=faces,
                gigabytes=needed / 1e9,
                free=free / 1e9,
                most=int(faces * math.sqrt(free / needed)),
            )
        )


def need_room(needed: float, what: str, remedy: str) -> None:
    """Refuse what does not fit, whatever it grows with.

    Raises
    ------
    JobFailed
        Saying `what` is to be done, what it needs, what can be used, and the remedy.
    """
    free = psutil.virtual_memory().available * SHARE
    if needed > free:
        raise JobFailed(
            tr(
                "{what} That needs {gigabytes:,.1f} GB, and {free:,.1f} GB can be used. {remedy}",
                what=what,
                gigabytes=needed / 1e9,
                free=free / 1e9,
                remedy=remedy,
            )
        )
