"""Benchmark lists to evaluate on: pair lists of images on disk, and InsightFace's `.bin`, read without running code in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fairdesk.dataset.collection import SourceImage
from fairdesk.dataset.known_images import folder_files
from fairdesk.errors import RequestError
from fairdesk.faces.backbones import SIZE
from fairdesk.images.decoding import opened
from fairdesk.images.folder_layouts import read_tree
from fairdesk.images.formats import UndecodableError
from fairdesk.images.insightface_bins import as_image, read_bin
from fairdesk.jobs.context import Context
from fairdesk.metrics.pair_lists.matching import match_list, names_of
from fairdesk.metrics.pair_lists.pairs import Pair, PairList
from fairdesk.metrics.pair_lists.reading import read_list
from fairdesk.training.heldout_evaluation import Exam, Pairs
from fairdesk.training.training_faces import cut_faces
from fairdesk.words import tr, tr_n

FOLDS = 10  # of a list that names none


@dataclass(frozen=True)
class Listed:
    """A list with its faces: the people in it by name, and how many of its pairs had to be left out."""

    exam: Exam
    people: frozenset[str]
    left_out: int
    pairs: int
    decoded: bool = False
    """Whether its images are pixels already, in an order of colours that nothing in it tells."""


def _blocks(count: int) -> npt.NDArray[np.int64]:
    """Number pairs in ten blocks one after the other, as InsightFace's KFold without shuffling does."""
    return np.arange(count) * FOLDS // count if count >= FOLDS else np.zeros(count, dtype=np.int64)


def _from_bin(path: Path) -> Listed:
    pictures, same = read_bin(path)
    pixels = np.zeros((len(pictures), SIZE, SIZE, 3), dtype=np.uint8)
    good = np.ones(len(pictures), dtype=bool)
    for place, data in enumerate(pictures):
        try:
            if isinstance(data, bytes):
                with opened(data) as image:
                    upright = image.convert("RGB")
            else:
                upright = as_image(data).convert("RGB")
        except UndecodableError:
            good[place] = False
            continue
        fitted = upright if upright.size == (SIZE, SIZE) else upright.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        pixels[place] = np.asarray(fitted)
    rows = np.arange(len(same))
    keep = good[2 * rows] & good[2 * rows + 1]
    pairs = Pairs(
        2 * rows[keep], 2 * rows[keep] + 1, same[keep], np.full(int(keep.sum()), ""), _blocks(len(same))[keep]
    )
    if not keep.any():
        raise RequestError(tr("No pair of {path} has two images that can be read.", path=path))
    decoded = any(not isinstance(one, bytes) for one in pictures)
    return Listed(Exam(path.stem, pixels, pairs), frozenset(), int((~keep).sum()), len(same), decoded)


def _found(name: str, beside: Path, below: Path | None) -> Path:
    path = Path(name)
    if path.is_absolute():
        return path
    return next(
        (home / path for home in (below, beside) if home is not None and (home / path).exists()),
        (below or beside) / path,
    )


def _meant(listed: PairList, below: Path, context: Context) -> dict[str, Path]:
    """Return the images below a folder that the paths of a list mean, as they are found in a project."""
    images = match_list(names_of(listed), *folder_files(read_tree(below)))
    for note in images.notes:
        context.message(note)
    return {name.path: Path(images.images[place].path) for name, place in images.found.items()}


def person_of(path: str, subject: str) -> str:
    """Return who an image of a list is of: as the list says, else the name of its folder."""
    return subject or Path(path).parent.name


def _from_pairs(path: Path, below: Path | None, crop: str, context: Context) -> Listed:
    read = read_list(path)
    if read.templates:
        raise RequestError(tr("{path} compares templates; a training is evaluated on pairs of images.", path=path))
    listed = read.pairs
    names = sorted({name for pair in listed for name in (pair.path1, pair.path2)})
    meant = _meant(read, below, context) if below is not None else {}
    items = [SourceImage(meant.get(name) or _found(name, path.parent, below), name, None, None) for name in names]
    chips = cut_faces(items, crop, context)
    row = {item.relative: place for place, item in enumerate(chips.items)}
    kept: list[Pair] = [pair for pair in listed if pair.path1 in row and pair.path2 in row]
    if not kept:
        raise RequestError(
            tr(
                "No pair of {path} has a face in both images. If its paths are relative, say below which folder: --images-of-lists.",
                path=path,
            )
        )
    named = any(pair.fold != kept[0].fold for pair in kept)
    blocks = {id(pair): block for pair, block in zip(listed, _blocks(len(listed)), strict=True)}
    folds = [pair.fold if named else int(blocks[id(pair)]) for pair in kept]
    groups = [pair.group1 if pair.group1 == pair.group2 else "" for pair in kept]
    pairs = Pairs(
        np.array([row[pair.path1] for pair in kept]),
        np.array([row[pair.path2] for pair in kept]),
        np.array([pair.label == 1 for pair in kept]),
        np.array(groups),
        np.array(folds),
    )
    people = {
        person_of(name, subject)
        for pair in listed
        for name, subject in ((pair.path1, pair.subject1), (pair.path2, pair.subject2))
    }
    return Listed(Exam(path.stem, chips.pixels, pairs), frozenset(people - {""}), len(listed) - len(kept), len(listed))


def read_lists(paths: Sequence[Path], below: Path | None, crop: str, context: Context) -> list[Listed]:
    """Read all lists with their faces; what had to be left out is told.

    Raises
    ------
    RequestError
        If one cannot be read, has no usable pair, or two have one name.
    """
    found: list[Listed] = []
    for path in paths:
        one = _from_bin(path) if path.suffix.lower() == ".bin" else _from_pairs(path, below, crop, context)
        if any(one.exam.name == other.exam.name for other in found):
            raise RequestError(
                tr("Two lists are called {exam}. Rename one, as their figures go by that name.", exam=one.exam.name)
            )
        if one.left_out:
            context.message(
                tr_n(
                    "{file}: {n:,} of {pairs:,} pairs is left out, as an image has no face or cannot be read.",
                    "{file}: {n:,} of {pairs:,} pairs are left out, as an image has no face or cannot be read.",
                    one.left_out,
                    file=path.name,
                    pairs=one.pairs,
                )
            )
        if one.decoded:
            context.message(
                tr("{file} holds decoded images: they are taken as RGB (OpenCV's are BGR).", file=path.name)
            )
        if not one.people:
            context.message(
                tr(
                    "{file} names nobody, so whether its people are among the training images cannot be checked.",
                    file=path.name,
                )
            )
        found.append(one)
    return found
