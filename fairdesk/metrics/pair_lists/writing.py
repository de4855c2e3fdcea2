"""Writing pair lists, in the formats that others read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from fairdesk.errors import RequestError
from fairdesk.images.image_reading import UnreadableImageError
from fairdesk.images.insightface_bins import write_bin
from fairdesk.images.written_files import write_text
from fairdesk.metrics.pair_lists import lfw, path_lines, tables
from fairdesk.metrics.pair_lists.pairs import LeftOutLine, Pair
from fairdesk.words import tr

Format = Literal["csv", "pairs", "lfw", "rfw", "bfw", "insightface-txt", "insightface-bin", "cplfw", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)
_ENDINGS = {"csv": ".csv", "bfw": ".csv", "parquet": ".parquet", "insightface-bin": ".bin"}

_BINARY = ("parquet", "insightface-bin")
_OTHERS = (".parquet", ".bin", ".npz", ".mat", ".pkl", ".pickle")  # endings that readers go by


class Written(NamedTuple):
    """The pairs that a list holds, and what had to be left out."""

    pairs: Sequence[Pair]
    left_out: list[LeftOutLine]


def ending(form: str) -> str:
    """Return the ending of a list's name in a format."""
    return _ENDINGS.get(form, ".txt")


def need_ending(path: Path, form: str) -> None:
    """Raise `RequestError` where a name's ending says another format: such a list could not be read again."""
    suffix = path.suffix.lower()
    if suffix in _OTHERS and _ENDINGS.get(form) != suffix:
        raise RequestError(
            tr(
                "{path} ends in {suffix}, which is not the format {format}. End it in {ending}.",
                path=path.name,
                suffix=suffix,
                format=form,
                ending=ending(form),
            )
        )
    if form in _BINARY and suffix != _ENDINGS[form]:
        raise RequestError(
            tr(
                "A list of the format {format} must end in {ending}, not as {path}.",
                format=form,
                ending=ending(form),
                path=path.name,
            )
        )


def write_pairs(
    path: Path,
    pairs: Sequence[Pair],
    form: str,
    *,
    genders: Mapping[str, str] | None = None,
    picture: Callable[[str], bytes] | None = None,
) -> Written:
    """Write a pair list; returns what was written (`insightface-bin`: not the pairs of images that cannot be read).

    Parameters
    ----------
    genders
        The gender of a path, where it is known (`bfw`).
    picture
        Returns the encoded face of a path, for `insightface-bin`.

    Raises
    ------
    RequestError
        If the pairs cannot be said in that format: blanks in paths (`pairs`), names (`lfw`).
    """
    if not pairs:
        raise RequestError(tr("There is no pair to write."))
    if form == "parquet":
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        tables.write_parquet(part, pairs)
        part.replace(path)
        return Written(pairs, [])
    if form == "insightface-bin":
        assert picture is not None
        return _write_bin(path, pairs, picture)
    if form == "csv":
        text = tables.csv_text(pairs)
    elif form == "bfw":
        text = tables.bfw_text(pairs, genders or {})
    elif form in ("lfw", "rfw"):
        text = lfw.text_of(pairs, form)
    elif form == "cplfw":
        text = path_lines.two_lines_text(pairs, form)
    else:
        text = path_lines.triples_text(pairs, form)
    write_text(path, text)
    return Written(pairs, [])


def _write_bin(path: Path, pairs: Sequence[Pair], picture: Callable[[str], bytes]) -> Written:
    read: dict[str, bytes] = {}
    pictures: list[bytes] = []
    kept: list[Pair] = []
    left_out = []
    for place, pair in enumerate(pairs, 1):
        try:
            for name in (pair.path1, pair.path2):
                if name not in read:
                    read[name] = picture(name)
        except UnreadableImageError as error:
            left_out.append(LeftOutLine(pair.line or place, f"{error.path}: {error.why}"))
            continue
        pictures += [read[pair.path1], read[pair.path2]]
        kept.append(pair)
    if not kept:
        raise RequestError(tr("No pair has two images that can be read. The first: {why}", why=left_out[0].why))
    write_bin(path, pictures, [bool(pair.label) for pair in kept])
    return Written(kept, left_out)
