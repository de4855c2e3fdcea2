"""InsightFace's verification `.bin`: a pickle of pictures, two a pair, and of flags. Read without running code in it."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.errors import RequestError, reason
from fairdesk.images import careful_pickles
from fairdesk.words import tr, tr_n

SIDE = 112  # pixels of its pictures
_FEW, _LEAST = 1000, 200  # a list of more pictures has this many bytes a picture

Picture = bytes | npt.NDArray[np.uint8]


def read_bin(path: Path) -> tuple[list[Picture], npt.NDArray[np.bool_]]:
    """Return the pictures (two for each pair; encoded, or pixels already) and which pairs are of one person.

    Raises
    ------
    RequestError
        If the file is damaged, or holds anything but pictures and flags.
    """
    try:
        data = path.read_bytes()
        whole = careful_pickles.two_lists(careful_pickles.load(data))
        pictures, same = careful_pickles.as_pictures(whole[0]), careful_pickles.as_list(whole[1])
        if len(pictures) > _FEW + len(data) // _LEAST:
            raise ValueError(tr("it claims {count:,} pictures in {data:,} bytes", count=len(pictures), data=len(data)))
        found = [careful_pickles.as_picture(one) for one in pictures]
        flags = np.array([bool(one) for one in same])
        if len(found) != 2 * len(flags) or not len(flags):
            raise ValueError(
                tr_n(
                    "{pictures} pictures for {n} pair",
                    "{pictures} pictures for {n} pairs",
                    len(flags),
                    pictures=len(found),
                )
            )
    except OSError as error:
        raise RequestError(tr("{path} cannot be read: {strerror}", path=path, strerror=error.strerror)) from error
    except Exception as error:  # whatever a hostile or damaged pickle raises is a refusal, and told
        raise RequestError(
            tr(
                "{path} cannot be read as InsightFace's verification .bin ({error}). It holds a list of pictures and a list of flags; "
                "FairDesk never runs code from a file.",
                path=path,
                error=reason(error),
            )
        ) from error
    return found, flags


def member_names(pictures: Sequence[Picture]) -> list[str]:
    """Return the names that the pictures of a `.bin` go by, in its order: pixels become PNG."""
    return [f"{place:06d}{'.jpg' if isinstance(one, bytes) else '.png'}" for place, one in enumerate(pictures)]


def encoded_picture(picture: Picture) -> bytes:
    """Return a picture's bytes as they are, or pixels as PNG."""
    if isinstance(picture, bytes):
        return picture
    buffer = io.BytesIO()
    as_image(picture).save(buffer, "PNG")
    return buffer.getvalue()


def as_image(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    """Return decoded pixels (grey, or taken as RGB) as an image."""
    return Image.fromarray(pixels.squeeze(2) if pixels.shape[2:] == (1,) else pixels)


def write_bin(path: Path, pictures: Sequence[bytes], same: Sequence[bool]) -> None:
    """Write encoded pictures, two a pair, and the flags, as InsightFace's tools do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        pickle.dump((list(pictures), list(same)), file, protocol=4)
    part.replace(path)
