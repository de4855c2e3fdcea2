"""The comparisons that are in no rates, or in no group's, and those whose label is contradicted: counted, and each listed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.metrics.pairs_behind.corrections import Corrected, corrected, read_known_of
from fairdesk.metrics.pairs_behind.left_out_counts import KINDS, LeftOutCount, Repeats
from fairdesk.metrics.pairs_behind.listed_twice import ListedTwice, find_listed_twice
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.scores.grouped_scores import number_texts, regrouped
from fairdesk.metrics.scores.score_files import read_scores
from fairdesk.metrics.scores.score_set import NORMALISED, PATHS, ScoreSet
from fairdesk.words import in_english, mark, tr

Mask = npt.NDArray[np.bool_]

FILE = "left-out.csv"
HEADER = ("row", "first", "second", "label", "first_group", "second_group", "score", "reason", "counted", "file")
"""In every language the same, so that scripts can rely on them."""
_NOWHERE, _OVERALL, _AS_LABELLED = mark("in no rate"), mark("in no group's rates"), mark("yes, as it is labelled")
_AGAIN = mark("yes, each time")
_REASONS = (
    ("", _NOWHERE),  # what a person said
    (mark("no score"), _NOWHERE),
    (mark("a face has no group"), _OVERALL),
    (mark("a genuine pair of two groups"), _OVERALL),
    (mark("labelled genuine, of two people"), _AS_LABELLED),
    (mark("labelled impostor, of one person"), _AS_LABELLED),
    (mark("listed before with the other label"), _AS_LABELLED),
    (mark("an image with itself"), _AS_LABELLED),
    (mark("listed before"), _AGAIN),
)
"""Why a comparison is left out, and where it counts still; by place in `KINDS`, the weightier first."""
_OWN = mark("no score: an image has no face or no embedding")
"""Why there is no score, where that is known: FairDesk compared the embeddings of an encoder, and nothing else was done."""


@dataclass(frozen=True)
class LeftOut:
    """Comparisons that are left out somewhere; in the file's own order, and its own sense of scores."""

    rows: npt.NDArray[np.int64]
    """Where each stands in its file, from 1; of genuine and impostor scores apart, in its own array or file."""
    kinds: list[int]
    """Places in `_REASONS`."""
    said: list[str]
    """Why a person left it out, where that is the reason."""
    comparisons: ScoreSet
    grouped: bool
    files: tuple[str, str] = ("", "")
    """The names of the file of genuine scores and of that of impostor ones; mostly one."""
    repeats: Repeats | None = None
    """How many are listed twice; None where there are none, or where the images are not known."""

    def __len__(self) -> int:
        return len(self.rows)

    def _groups(self, row: int) -> tuple[str, str]:
        """Return the groups of a comparison's two faces."""
        sides = self.comparisons.group1, self.comparisons.group2
        if not self.grouped or sides[0] is None or sides[1] is None:
            return "", ""
        return str(sides[0][row]), str(sides[1][row])

    def _cells(self) -> list[tuple[str, ...]]:
        """Return the groups that each comparison is counted by, both empty where a face has none."""
        sides = self.comparisons.group1, self.comparisons.group2
        if not self.grouped or sides[0] is None or sides[1] is None:
            return [()] * len(self)
        names, codes = number_texts([sides[0], sides[1]])
        low, high = np.sort(codes.reshape(2, len(self)), axis=0)
        found, place = np.unique(low * len(names) + high, return_inverse=True)
        pairs = [(names[cell // len(names)], names[cell % len(names)]) for cell in found.tolist()]
        return [pair if all(pair) else ("", "") for pair in map(pairs.__getitem__, place.tolist())]

    def _reason(self, kind: int, said: str) -> str:
        """Return why a comparison is left out, in words."""
        own = "encoder" in self.comparisons.about and NORMALISED not in self.comparisons.measure
        return said if not kind else tr(_OWN if kind == KINDS.index("no score") and own else _REASONS[kind][0])

    def counts(self) -> list[LeftOutCount]:
        """Return how many there are of each reason and group."""
        label = self.comparisons.label
        assert label is not None
        found = Counter(zip(self.kinds, self.said, self._cells(), label.tolist(), strict=True))
        return [
            LeftOutCount(
                kind=KINDS[kind], reason=self._reason(kind, said), counted=tr(_REASONS[kind][1]),
                group=_together(*group) if group else "", genuine=found[kind, said, group, True],
                impostor=found[kind, said, group, False],
            )
            for kind, said, group in sorted({key[:3] for key in found})
        ]  # fmt: skip

    def lines(self) -> Iterator[list[str]]:
        """Yield a line of the list for each: see `HEADER`. A side is its image, else its subject."""
        scores = self.comparisons
        assert scores.label is not None
        assert scores.score is not None
        one = scores.subject1 if scores.path1 is None else scores.path1
        two = scores.subject2 if scores.path2 is None else scores.path2
        labels = ("impostor", "genuine") if in_english() else (tr("impostor pair"), tr("genuine pair"))
        for row, (kind, said) in enumerate(zip(self.kinds, self.said, strict=True)):
            score = float(scores.score[row])
            yield [
                str(self.rows[row]), *("" if side is None else str(side[row]) for side in (one, two)),
                labels[int(scores.label[row])], *self._groups(row), "" if np.isnan(score) else repr(score),
                self._reason(kind, said), tr(_REASONS[kind][1]), self.files[0 if scores.label[row] else 1],
            ]  # fmt: skip

    def as_csv(self) -> str:
        """Return the list as CSV."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(safe_rows(self.lines()))
        return buffer.getvalue()

    def write(self, folder: Path) -> None:
        """Write the list beside a report; where there is nothing to list, that of an older report goes."""
        if len(self):
            write_text(folder / FILE, self.as_csv())
        else:
            (folder / FILE).unlink(missing_ok=True)


def _together(one: str, two: str) -> str:
    if not one:
        return tr("no group")
    return one if one == two else tr("{one} and {other}", one=one, other=two)


def find_left_out(scores: ScoreSet, by: str, said: Sequence[str] = (), files: tuple[str, str] = ("", "")) -> LeftOut:
    """Return which comparisons are left out of scores as the file has them, grouped `by` what they are evaluated by.

    `said` is why a person left each out, empty where nobody did.
    """
    apart = 0
    if scores.score is None or scores.label is None:
        genuine, impostor = scores.split()
        apart = len(genuine)
        label = np.arange(len(genuine) + len(impostor)) < len(genuine)
        scores = ScoreSet(score=np.concatenate([genuine, impostor]), label=label)
    assert scores.score is not None
    grouped = by != "none" and scores.grouped
    shown = regrouped(scores, by) if grouped else scores
    kinds = np.full(len(scores.score), -1, dtype=np.int8)
    if said:
        kinds[np.array([bool(why) for why in said], dtype=bool)] = 0
    twice = find_listed_twice(scores, (kinds < 0) & ~np.isnan(scores.score))
    for kind, rows in _found(scores, shown, grouped, twice):
        kinds[rows & (kinds < 0)] = kind
    places = np.flatnonzero(kinds >= 0)
    why = [said[place] if said else "" for place in places.tolist()]
    repeats = None if twice is None else twice.counts()
    numbers = np.where(places < apart, places, places - apart) + 1
    return LeftOut(numbers, kinds[places].tolist(), why, shown.part(places), grouped, files, repeats)


def _found(scores: ScoreSet, shown: ScoreSet, grouped: bool, twice: ListedTwice | None) -> Iterator[tuple[int, Mask]]:
    """Yield each reason, as a place in `_REASONS`, and the comparisons that it holds for.

    `shown` has the groups that rates are of; who a person is goes by the groups as labelled: one name in two may be two.
    """
    assert scores.score is not None
    assert scores.label is not None
    yield 1, np.isnan(scores.score)
    if grouped:
        assert shown.group1 is not None
        assert shown.group2 is not None
        yield 2, (shown.group1 == "") | (shown.group2 == "")
        yield 3, scores.label & (shown.group1 != shown.group2)
    if scores.subject1 is not None and scores.subject2 is not None:
        named = (scores.subject1 != "") & (scores.subject2 != "")
        alike = scores.subject1 == scores.subject2
        yield 4, scores.label & named & ~alike
        home = alike if scores.group1 is None or scores.group2 is None else alike & (scores.group1 == scores.group2)
        yield 5, ~scores.label & named & home
    if twice is not None:
        yield from zip((6, 7, 8), (twice.otherwise, twice.itself, twice.again), strict=True)


def read_with_images(params: EvaluateParams) -> ScoreSet:
    """Read scores with the images of each comparison; without, where these cannot be read and nobody needs them."""
    columns = params.named_columns()
    try:
        return read_scores(params.scores, paths=True, columns=columns, impostor=params.impostor)
    except RequestError:
        if params.labels_of is not None:
            raise
        return read_scores(params.scores, columns=columns, impostor=params.impostor)


def files_of(params: EvaluateParams) -> tuple[str, str]:
    """Return the names of the files of genuine and of impostor scores."""
    return params.scores.name, (params.impostor or params.scores).name


def read_left_out(params: EvaluateParams, *, needed: bool = False) -> LeftOut:
    """Read a score file with the images of its comparisons, and return those that are left out.

    With `needed`, scores that name no image of the project `labels_of` are refused.
    """
    scores = read_with_images(params)
    found: Corrected | None = None
    if params.labels_of is not None and (needed or all(getattr(scores, name) is not None for name in PATHS)):
        found = corrected(scores, read_known_of(params.labels_of), needed=needed)
    if found is None:
        return find_left_out(scores, params.by, files=files_of(params))
    return find_left_out(found.whole, params.by, found.reasons, files_of(params))
