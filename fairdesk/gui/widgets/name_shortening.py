"""Names that have too little room: cut where they are alike, so that what tells them apart stays. No Qt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

DOTS = "…"


def shortened(names: Sequence[str], fit: Callable[[str], str]) -> list[str]:
    """Return what is said of each name; different names stay different.

    `fit` returns a name, or a cut name, as it has room: with dots where it has not. What all names end with goes first,
    then what all begin with, then both; where two are alike still, what these have in common; at last they are numbered.
    """
    shown = [fit(name) for name in names]
    if len(set(shown)) == len(set(names)):
        return shown
    best = shown
    for cut in _ways(names):
        shown = [fit(text) for text in cut]
        if len(set(shown)) == len(set(names)):
            if all("".join(text.split()) == "".join(one.split()) for text, one in zip(shown, cut, strict=True)):
                return shown
            if len(set(best)) < len(set(names)):
                best = shown
    return best if len(set(best)) == len(set(names)) else _apart(names, best, fit)


def _ways(names: Sequence[str]) -> list[list[str]]:
    """Return the names without what they have in common, in whole words, then in letters."""
    different = sorted(set(names))
    if len(different) < 2:
        return []
    ways = []
    for words in (True, False):
        before, after = _common(different, words=words)
        for start, end in ((0, after), (before, 0), (before, after)):
            ways.append([_cut(name, start, end) for name in names])
    return ways


def _common(names: Sequence[str], *, words: bool) -> tuple[int, int]:
    """Return how many letters all names begin with, and how many they end with; these do not overlap."""
    before = _begin_alike(names)
    if words:
        before = max(at for at in range(before + 1) if all(_between_words(name, at) for name in names))
    rest = min(len(name) for name in names) - before
    after = min(rest, _begin_alike([name[::-1] for name in names]))
    if words:
        after = max(at for at in range(after + 1) if all(_between_words(name, len(name) - at) for name in names))
    return before, after


def _begin_alike(names: Sequence[str]) -> int:
    """Return how many letters all names begin with."""
    first, last = min(names), max(names)
    return next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))


def _between_words(name: str, at: int) -> bool:
    """Tell whether a word or a number ends or begins at a place."""
    return at in (0, len(name)) or not (name[at - 1].isalnum() and name[at].isalnum())


def _cut(name: str, start: int, end: int) -> str:
    kept = name[start : len(name) - end].strip()
    return f"{DOTS if start else ''}{kept}{DOTS if end else ''}"


def _apart(names: Sequence[str], shown: Sequence[str], fit: Callable[[str], str]) -> list[str]:
    """Tell names apart that are shown alike: by what they do not share among themselves, else by a number."""
    alike: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(shown):
        alike[text].append(place)
    out = list(shown)
    for places in alike.values():
        own = [names[place] for place in places]
        if len(set(own)) > 1:
            for cut in _ways(own):
                fitted = [fit(text) for text in cut]
                if len(set(fitted)) == len(set(own)):
                    for place, text in zip(places, fitted, strict=True):
                        out[place] = text
                    break
    if len(set(out)) < len(set(names)):
        number = {name: place + 1 for place, name in enumerate(dict.fromkeys(names))}
        out = [fit(f"{number[name]} {name}") for name in names]
        if len(set(out)) < len(set(names)):
            return [str(number[name]) for name in names]
    return out
