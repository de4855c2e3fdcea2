"""Letters of plots: names as they are given, in fonts that have their letters, no longer than there is room for."""

from __future__ import annotations

import logging
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.font_manager import (
    FontEntry,
    FontProperties,
    findfont,
    findSystemFonts,
    fontManager,
    get_font,
)

PLAIN = "DejaVu Sans"  # comes with matplotlib: the same on every machine
_LONGEST = 40  # letters of a name in a plot; the tables have all of it
_LAST_RESORT = "Last Resort"  # a box for every letter


@contextmanager
def lettering(texts: Iterable[str]) -> Iterator[None]:
    """Draw within the block in fonts that have the letters of texts; a dollar sign begins no formula."""
    families = [PLAIN, *_others("".join(sorted(set("".join(texts)))))]
    with rc_context({"font.family": families, "text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # no font of the machine has it; the tables keep it
        log = logging.getLogger("matplotlib.font_manager")
        level = log.level
        log.setLevel(logging.ERROR)  # it tells of every font that is not there in bold
        try:
            yield
        finally:
            log.setLevel(level)


@lru_cache(maxsize=64)
def _others(letters: str) -> tuple[str, ...]:
    """Return the font families of this machine that have the letters which the plain one lacks."""
    lacking = {ord(letter) for letter in letters if letter.isprintable()}
    lacking -= get_font(findfont(PLAIN)).get_charmap().keys()
    found: list[str] = []
    for entry in _fonts() if lacking else ():
        has = lacking & get_font(entry.fname).get_charmap().keys()
        if has:
            found.append(entry.name)
            lacking -= has
        if not lacking:
            break
    return tuple(found)


@lru_cache(maxsize=1)
def _fonts() -> list[FontEntry]:
    """Return the regular TrueType fonts of this machine (a PDF takes no others), those without serifs first."""
    known = {entry.fname for entry in fontManager.ttflist}
    for path in sorted(set(findSystemFonts()) - known):  # matplotlib's list is from when it was first started
        try:
            fontManager.addfont(path)
        except (OSError, RuntimeError):
            continue
    regular = [
        entry
        for entry in fontManager.ttflist
        if entry.style == "normal" and entry.weight in (400, "normal", "regular") and _LAST_RESORT not in entry.name
    ]
    regular = [entry for entry in regular if _of_truetype(entry.fname)]
    return sorted(regular, key=lambda one: ("Mono" in one.name, "Sans" not in one.name, one.name, one.fname))


def _of_truetype(path: str) -> bool:
    """Tell whether a font's outlines, or those of the first of a collection, are TrueType's."""
    try:
        with open(path, "rb") as file:
            head = file.read(16)
            if head.startswith(b"ttcf"):
                file.seek(int.from_bytes(head[12:16], "big"))
                head = file.read(4)
    except OSError:
        return False
    return head.startswith((b"\0\1\0\0", b"true"))


def short(name: str) -> str:
    """Return a name on one line, without its middle where it is long."""
    line = " ".join(name.split())
    if len(line) <= _LONGEST:
        return line
    return f"{line[: _LONGEST * 2 // 3]}…{line[-(_LONGEST // 3 - 1) :]}"


def entry(name: str) -> str:
    """Return a name for a legend: matplotlib leaves out those that begin with an underscore."""
    return f"\u200b{short(name)}" if name.startswith("_") else short(name)


def measure(text: str, size: float, weight: str = "normal") -> float:
    """Return how many points wide a text is."""
    return _measured(text, size, weight, tuple(rcParams["font.family"]))


@lru_cache(maxsize=8192)
def _measured(text: str, size: float, weight: str, families: tuple[str, ...]) -> float:
    font = get_font([findfont(FontProperties(family=[family], weight=weight)) for family in families])
    font.set_size(size, 72)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        font.set_text(text)
    return float(font.get_width_height()[0]) / 64


def words(text: str) -> list[str]:
    """Return the words of a text; a number keeps its percent sign."""
    return [word for word in text.replace(" %", "\u00a0%").split(" ") if word]


def wrapped(text: str, size: float, room: float, weight: str = "normal") -> list[str]:
    """Break a text into lines that fit; a word longer than a line is cut."""
    lines = [""]
    for word in words(text):
        while word and measure(word, size, weight) > room:
            sizes = range(1, len(word))
            part = max(1, bisect_right(sizes, room, key=lambda count: measure(word[:count], size, weight)))
            lines += [word[:part]]
            word = word[part:]
        longer = f"{lines[-1]} {word}".strip()
        if measure(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return [line for line in lines if line]


def fit_title(axes: Axes, size: float) -> None:
    """Write a plot's title in lines that are no wider than the plot and the space beside it."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    room = axes.get_window_extent().width * 72 / figure.dpi * 1.08
    axes.title.set_fontsize(size)
    axes.title.set_text("\n".join(wrapped(axes.get_title().replace("\n", " "), size, room)))
