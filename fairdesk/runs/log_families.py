"""Curves from programs whose lines say where the training is and then `name: value`: one row a program.

A head says where a line stands (`epoch`, `batch` within it, how many there are: `of`); what follows it are its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from fairdesk.runs.curves import CurveBuilder, Curves
from fairdesk.runs.log_lines import verified
from fairdesk.runs.log_text import NUMBER, lines
from fairdesk.words import mark

_TERM = re.compile(
    rf"(?P<name>[A-Za-z@][\w@./-]*(?:\([\w()]*\)+)?)['\"]?(?:\s*[:=]\s*|\s+(?={NUMBER}\s*\())(?P<value>{NUMBER})(?![\w:])(?:\s*\(\s*(?P<mean>{NUMBER}))?"
)
_NO_CURVE = {"time", "data", "eta", "mem", "memory", "max", "v_num", "img/s", "it/s", "epoch", "step", "iter", "batch"}
_JUDGED_TWICE = re.compile(rf"D\(G\(z\)\):\s*({NUMBER})\s*/\s*({NUMBER})")  # before and after the generator's step


@dataclass(frozen=True)
class Family:
    """One program: how its lines begin, and what is told of it."""

    kind: str
    head: re.Pattern[str]
    bar: bool = False
    """A progress bar, drawn again and again for one step."""
    axis: str = mark("batch")


_BAR = r"\d+%\|[^|\r\n]*\|\s*(?P<batch>\d+)/(?P<of>\d+)\s*\["
FAMILIES = [
    Family("MXNet InsightFace log", re.compile(r"Epoch\[(?P<epoch>\d+)\]\s+Batch\s*\[(?:\d+-)?(?P<batch>\d+)\]")),
    Family("PyTorch DCGAN log", re.compile(r"\[(?P<epoch>\d+)/\d+\]\s*\[(?P<batch>\d+)/(?P<of>\d+)\](?=\s*Loss_)")),
    Family("timm log", re.compile(r"Train:\s*(?P<epoch>\d+)\s*\[\s*(?P<batch>\d+)/(?P<of>\d+)\s*(?:\([^)]*\)\s*)?\]")),
    Family(
        "torchvision log",
        re.compile(r"Epoch:?\s*\[(?P<epoch>\d+)\](?:/\d+)?\s*:?\s*\[\s*(?P<batch>\d+)/(?P<of>\d+)\s*\]"),
    ),
    Family("Lightning progress bar", re.compile(r"Epoch\s+(?P<epoch>\d+)(?:/\d+)?:\s*" + _BAR), bar=True),
    Family("progress bar (accelerate, tqdm)", re.compile(_BAR), bar=True, axis=mark("step")),
    Family(
        mark("lines with an epoch and a step"),
        re.compile(
            r"\bepoch\b[\s:=#\[(]*(?P<epoch>\d+)(?:\s*/\s*\d+)?[^\d\r\n]{1,12}\b(?:step|iter(?:ation)?|batch)\b[\s:=#\[(]*(?P<batch>\d+)(?:\s*/\s*(?P<of>\d+))?",
            re.I,
        ),
    ),
    Family(
        mark("lines with a step"),
        re.compile(r"\b(?:global[_ ]?step|steps?|iter(?:ation)?s?)\b[\s:=#\[(]*(?P<batch>\d+)(?:\s*/\s*\d+)?", re.I),
        axis=mark("step"),
    ),
    Family(
        mark("lines with an epoch"),
        re.compile(r"\bepoch\b[\s:=#\[(]*(?P<batch>\d+)(?:\s*/\s*\d+)?", re.I),
        axis=mark("epoch"),
    ),
]
_EVALUATED = re.compile(r"\bTest(?:\s*\([^)]*\))?:\s*\[\s*(\d+)/(\d+)\s*\]|^\s*\*\s+(?=Acc@)")  # timm, torchvision
_SUMMARY_TERM = re.compile(rf"([A-Za-z][\w@.]*)\s+({NUMBER})")


def family_of(text: str) -> Family | None:
    """Return the program whose lines a text has, with values after their heads."""
    start = text[: 2**20]
    for family in FAMILIES:
        if any(terms for _, terms in _rows(start, family)):
            return family
    return None


def _terms(text: str) -> list[tuple[str, float]]:
    text = _JUDGED_TWICE.sub(r"D(G(z1)): \1 D(G(z2)): \2", text)
    found = [(match["name"], float(match["value"])) for match in _TERM.finditer(text)]
    if not found and "," not in text and "/" not in text:
        found = [(name, float(value)) for name, value in re.findall(rf"\b(\w*loss|\w*acc\w*)\s+({NUMBER})", text, re.I)]
    return [(name, value) for name, value in found if name.lower() not in _NO_CURVE]


_Place = tuple[int | None, int, int | None]  # epoch, batch, how many there are


def _rows(text: str, family: Family) -> Iterator[tuple[_Place | None, list[tuple[str, float]]]]:
    """Yield each line's place and values; a line without a head has no place, and is not read here."""
    for line in lines(text):
        heads = list(family.head.finditer(line))
        if not heads:
            yield None, []
        ends = [*(head.start() for head in heads[1:]), len(line)]
        for head, end in zip(heads, ends, strict=False):
            said = head.groupdict()
            epoch, of = (None if said.get(key) is None else int(said[key]) for key in ("epoch", "of"))
            yield (epoch, int(said["batch"]), of), _terms(line[head.end() : end])


def _evaluated(line: str) -> list[tuple[str, float]]:
    """Return what a whole evaluation gave: the mean at its last line, or its summary."""
    match = _EVALUATED.search(line)
    if match is None or (match[1] and int(match[1]) < int(match[2])):
        return []
    rest = line[match.end() :]
    if match[1]:
        found = [(one["name"], float(one["mean"] or one["value"])) for one in _TERM.finditer(rest)]
    else:
        found = [(name, float(value)) for name, value in _SUMMARY_TERM.findall(rest)]
    return [(f"test {name}", value) for name, value in found if name.lower() not in _NO_CURVE]


def read_family(text: str, family: Family) -> Curves:
    """Read the lines of one program."""
    out = CurveBuilder(family.kind, family.axis)
    rows = list(_with_lines(text, family))
    places = [place for place, terms, _ in rows if place is not None and terms]
    base = 1 if places and places[0][0] == 1 and all(place[0] != 0 for place in places) else 0
    longest = max((place[1] for place in places), default=0)
    counts_on = _counts_on(places)
    before = done = 0  # of bars that began again
    last: _Place | None = None
    at = 0.0
    for place, terms, line in rows:
        if place is None:
            found = verified(line)
            for step, name, value in found:
                out.add(step, [(name, value)])
            judged = _evaluated(line)
            out.add(at, judged)
            out.other += not found and not judged and not _EVALUATED.search(line)
            continue
        if not terms:
            out.other += 1
            continue
        epoch, batch, of = place
        if epoch is not None and not counts_on:
            at = float((epoch - base) * (of or longest) + batch)
        else:
            if family.bar and last is not None and batch < last[1] and last[1] == last[2]:
                before += done  # it was full
            at, done = float(before + batch), of or 0
        last = place
        (out.replace if family.bar else out.add)(at, terms)
    return out.curves()


def _with_lines(text: str, family: Family) -> Iterator[tuple[_Place | None, list[tuple[str, float]], str]]:
    for line in lines(text):
        for place, terms in _rows(line, family):
            yield place, terms, line


def _counts_on(places: list[_Place]) -> bool:
    """Whether steps go on over epochs, where no line says how many an epoch has."""
    if any(of is not None for _, _, of in places):
        return False
    inside = [(one[1], two[1]) for one, two in pairwise(places) if one[0] != two[0]]
    return bool(inside) and all(one < two for one, two in inside)
