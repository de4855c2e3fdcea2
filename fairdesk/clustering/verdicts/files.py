"""Verdicts as CSV, one row a face: what several people said comes together, and what contradicts is shown.

A face is told by its picture's SHA-256 (by its path where none is given) and where it lies in it, so that a file fits
every project that has the pictures, whichever detector it used, and no other pictures that are called the same.
"""

from __future__ import annotations

import csv
import io
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from fairdesk.clustering.results import VerdictRow, VerdictsResult, a_few
from fairdesk.clustering.verdicts.weighing import Book, Weighed
from fairdesk.clustering.verdicts.whole_files import AFTER, cut_off, ends_in_a_line, need_whole
from fairdesk.dataset.table_files import read_table
from fairdesk.errors import RequestError
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.project import Project
from fairdesk.project.portable_faces import FaceFinder, PortableFace, portable_faces
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import OF_FACES, TICK, Said, Verdict, verdicts
from fairdesk.words import tr, tr_n

HEADER = ("verdict", "said", "side", "who", "when", "image", "sha256", "detector", "top", "right", "bottom", "left")
ANSWERED = "answered"  # files of earlier versions lack it, and how many rows follow
SUBJECT, OTHER = "face", "other"
_OFTEN = 99  # answers to one question that a file may tell of


def listed(project: Project, **more: object) -> VerdictsResult:
    """Return all verdicts and what contradicts what."""
    found = verdicts(project)
    return VerdictsResult(
        verdicts=[
            VerdictRow(
                id=v.id, said=v.said.value, faces=list(v.faces), others=list(v.others), who=v.who, created=v.created
            )
            for v in found
        ],
        contradictions=[one.text() for one in constraints(found).contradictions],
        **more,
    )  # type: ignore[arg-type]


def write_verdicts(project: Project, path: Path) -> int:
    """Write all verdicts as CSV, each row with how many follow, so that a file that is cut off is known; returns how many."""
    found = verdicts(project)
    everyone = sorted({face for v in found for face in (*v.faces, *v.others)})
    places = portable_faces(project, everyone)

    after = itertools.count(sum(len(v.faces) + len(v.others) for v in found) - 1, -1)

    def rows() -> Iterator[tuple[object, ...]]:
        yield (*HEADER, ANSWERED, AFTER) if found else HEADER
        for v in found:
            when = datetime.fromtimestamp(v.created).astimezone().isoformat()
            for side, faces in ((SUBJECT, v.faces), (OTHER, v.others)):
                for face in faces:
                    at = places[face]
                    place = at.image, at.sha256, at.detector, *at.box
                    yield v.uuid, v.said.value, side, v.who, when, *place, v.answered, next(after)

    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(safe_rows(rows()))
    write_text(path, buffer.getvalue())
    return len(found)


class _Said(NamedTuple):
    said: Said
    who: str
    created: float
    faces: dict[str, list[tuple[int, PortableFace]]]  # side to the line and place of each face
    answered: str


def _read(path: Path) -> tuple[dict[str, _Said], bool]:
    """Return the verdicts of a file, and whether it may be cut off, as it is of an earlier version and its last line has no end."""
    try:
        table = read_table(path)
        _need_columns(path, table.header)
    except RequestError as error:
        raise cut_off(path, error) from error
    found: dict[str, _Said] = {}
    at = {name: table.header.index(name) for name in (*HEADER, ANSWERED) if name in table.header}
    if AFTER in table.header or not (table.rows or ends_in_a_line(path)):
        there = [
            (row[table.header.index(AFTER)], line)
            for row, line in zip(table.rows, table.lines, strict=True)
            if row != table.header
        ]
        files = 1 + len(table.rows) - len(there)
        need_whole(path, [after for after, _ in there], [line for _, line in there], files)
    for row, line in zip(table.rows, table.lines, strict=True):
        if row == table.header:  # files that were put one behind the other
            continue
        cells = {ANSWERED: ""} | {name: row[place] for name, place in at.items()}
        try:
            said, created, box = _values(cells)
            who = cells["who"] or "unknown"
            new = _Said(said, who, created, {SUBJECT: [], OTHER: []}, cells[ANSWERED])
            one = found.setdefault(cells["verdict"], new)
            _need_alike(one, new)
        except ValueError as error:
            raise RequestError(
                tr("{path}, line {line}: {error}. Nothing was read.", path=path, line=line, error=error)
            ) from error
        place = PortableFace(cells["image"], cells["sha256"], cells["detector"], box)
        one.faces[cells["side"]].append((line, place))
    return found, AFTER not in table.header and not ends_in_a_line(path)


def _need_columns(path: Path, header: Sequence[str]) -> None:
    missing = [name for name in HEADER if name not in header]
    if missing:
        raise RequestError(
            tr(
                "{path} is not a file of verdicts: it lacks the column {missing}. The project that the verdicts are of writes one: fairdesk verdicts THAT-PROJECT --out FILE.csv",
                path=path,
                missing=missing[0],
            )
        )


def _need_alike(one: _Said, new: _Said) -> None:
    """Raise `ValueError` where a row of a verdict is not as its first one: by hand, or of two verdicts with one number."""
    for name, here, first in (
        ("said", new.said, one.said),
        ("who", new.who, one.who),
        ("when", new.created, one.created),
        (ANSWERED, new.answered, one.answered),
    ):
        if here != first:
            line = min(line for places in one.faces.values() for line, _ in places)
            raise ValueError(
                tr("`{name}` is not as in line {line}, though it is the same verdict", name=name, line=line)
            )


def _values(cells: dict[str, str]) -> tuple[Said, float, tuple[int, int, int, int]]:
    """Return what a row says, when, and of which box. Raises `ValueError` that names the column."""
    if cells["said"] not in list(Said):
        raise ValueError(
            tr("`said` is {value!r}; it must be one of: {known}", value=cells["said"], known=", ".join(Said))
        )
    try:
        created = datetime.fromisoformat(cells["when"]).timestamp()
        if created < 0:  # before 1970, which clocks on Windows do not know
            raise ValueError
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            tr("`when` is {value!r}; it must be a time such as 2026-01-31T12:00:00", value=cells["when"])
        ) from None
    if cells["side"] not in (SUBJECT, OTHER):
        raise ValueError(
            tr("`side` is {value!r}; it must be one of: {known}", value=cells["side"], known=f"{SUBJECT}, {OTHER}")
        )
    if set(cells[ANSWERED]) - set("sdSD") or len(cells[ANSWERED]) > _OFTEN:
        raise ValueError(
            tr(
                "`{name}` is {value!r}; it must be letters s (one person) and d (two), or nothing",
                name=ANSWERED,
                value=cells[ANSWERED],
            )
        )
    if not cells["verdict"]:
        raise ValueError(tr("`verdict` is empty"))
    numbers = []
    for name in ("top", "right", "bottom", "left"):
        try:
            numbers.append(int(cells[name]))
        except ValueError:
            raise ValueError(
                tr("`{name}` is {value!r}; it must be a whole number", name=name, value=cells[name])
            ) from None
    top, right, bottom, left = numbers
    return Said(cells["said"]), created, (top, right, bottom, left)


class _Beside:
    """Verdicts of a file beside those of the same id that the project has."""

    def __init__(self) -> None:
        self.larger: list[Verdict] = []  # of more faces: taken from it since, or put into the file
        self.versions: list[Verdict] = []  # from which faces were taken out, here or there
        self.differing: list[str] = []

    def takes(self, book: Book, one: Verdict) -> bool:
        """Return whether the project has the verdict of that id; what is to be weighed is noted."""
        if not book.differs(one):
            return book.knows(one)
        before = book.given_at(one.uuid) or one.created
        if book.version(one):
            if one.created >= before:  # what was given again later counts from then
                self.versions.append(one)
            if one.created == before and book.within(one):
                self.larger.append(one)
        elif book.within(one):
            self.larger.append(replace(one, created=before))
        else:
            self.differing.append(one.uuid)
        return True

    def weighed(self, book: Book, new: Sequence[Verdict]) -> Weighed:
        """Return what comes of all; what has more faces than here for no reason is noted as differing."""
        kept = {one.uuid: one for one in (*new, *self.larger, *self.versions)}
        weighed = book.weigh(list(kept.values()))
        if unexplained := book.unexplained(self.larger, weighed):
            self.differing += sorted(unexplained)
            stay = kept.keys() - (unexplained - {one.uuid for one in self.versions})
            weighed = book.weigh([one for key, one in kept.items() if key in stay])
        return weighed


class _LeftOut:
    """Verdicts of a file that say nothing of the project's faces, and the faces that are not here."""

    def __init__(self) -> None:
        self.count = self.one_sided = self.copies = 0  # of verdicts; the last two are among the first
        self.unknown = self.here = 0  # faces of the verdicts that the project did not have
        self._lacking = self._incomplete = ""  # an image that is not here; a verdict that has just one side in the file

    def without(self, one: Verdict, missing: Sequence[PortableFace]) -> Verdict | None:
        """Return what a verdict says of the project's faces, and count what is `missing`; None where it says nothing."""
        self.unknown, self.here = self.unknown + len(missing), self.here + len(one.faces) + len(one.others)
        self._lacking = missing[-1].image if missing else self._lacking
        others = one.others
        if one.said is Said.SAME:  # copies of a picture, of which the project has one
            others = tuple(face for face in others if face not in one.faces)
        if one.faces and (others or one.said in OF_FACES):
            return replace(one, others=others)
        self.count += 1
        if one.faces and one.others:
            self.copies += 1
            return None
        if one.said not in OF_FACES and (one.faces or one.others):
            self.one_sided += 1
        if not missing:
            self._incomplete = one.uuid
        return None

    def why(self, path: Path) -> str:
        """Say why nothing was read, where all were left out."""
        if not self.here:
            return tr("None of the faces in {path} is in this project, for example in {image}. Nothing was read.",
                      path=path, image=self._lacking)  # fmt: skip
        if self.copies == self.count:
            return tr(
                "{path}: “same person” is said of copies of the same pictures alone, which are the same faces here. Nothing was read.",
                path=path,
            )
        if self._lacking:
            return tr("{path}: {here:,} of {all:,} faces are in this project, but no verdict has both of its sides here; {image} is not. Nothing was read.",
                      path=path, here=self.here, all=self.here + self.unknown, image=self._lacking)  # fmt: skip
        return tr("{path}: no verdict has two sides; “{verdict}” needs faces with the side “face”, and others with the side “other”. Nothing was read.",
                  path=path, verdict=self._incomplete)  # fmt: skip


def read_verdicts(project: Project, path: Path) -> VerdictsResult:
    """Add the verdicts of a file: one undoable step. Those that the project has already are counted, not added twice.

    What is about a picture that only has a name in common with one of the project's is left out, and named; so is what
    differs from the project's verdict of the same number.

    Clusters stay as they are: the next clustering honours all verdicts, and says what contradicts what. A verdict from a
    clock that is ahead counts as given now, so that what is said later outweighs it. Where somebody could not tell, and
    could later, or said what they withdrew later by "not sure", the later word alone is kept, whether it is the file's or
    the project's, and whatever is read first (`weighing.py`). Of two versions of a verdict the one that was given later holds,
    and of the same time the one from which faces were taken out.

    Raises
    ------
    RequestError
        If the file is none of verdicts, a verdict contradicts itself, or nothing in it is about the project's faces.
    """
    found, unended = _read(path)
    if not found:
        return listed(project, added=0, known=0, empty=path.name, unended=unended or None)
    book = Book(project)
    faces = FaceFinder(project)
    new: list[Verdict] = []
    beside = _Beside()
    others: dict[str, None] = {}  # images of the project that are called as in the file and are not those
    stamps, out, had, other_pictures = _stamps(found, book), _LeftOut(), 0, 0
    for key, one in found.items():
        sides: dict[str, list[int]] = {}
        missing: list[PortableFace] = []
        for side, places in one.faces.items():
            at = [faces.at(place) for _, place in places]
            sides[side] = [face for face in at if face is not None]
            missing += [place for (_, place), face in zip(places, at, strict=True) if face is None]
        verdict = Verdict(
            0, key, one.said, _sorted(sides[SUBJECT]), _sorted(sides[OTHER]), one.who, stamps[key], one.answered
        )
        if beside.takes(book, verdict):
            had += 1
            continue
        _need_two_sides(path, one, faces)
        not_these = [place.image for place in missing if faces.other_content(place)]
        if not_these:
            others.update(dict.fromkeys(not_these))
            other_pictures += 1
            continue
        kept = out.without(verdict, missing)
        if kept is not None:
            new.append(kept)
    if not (new or had) and others:
        raise RequestError(
            tr_n(
                "{path}: {n:,} image has the same name here, but other content: {images}. What is said of other pictures is not read. Nothing was read.",
                "{path}: {n:,} images have the same name here, but other content: {images}. What is said of other pictures is not read. Nothing was read.",
                len(others),
                path=path,
                images=a_few(list(others)),
            )
        )
    if not (new or had) and out.count:
        raise RequestError(out.why(path))
    weighed = beside.weighed(book, new)
    differing = beside.differing
    if weighed.added:
        text = tr_n("Read {n:,} verdict from {file}", "Read {n:,} verdicts from {file}", weighed.added, file=path.name)
    elif weighed.shorter:
        text = tr("Read {file}: faces are taken out of verdicts", file=path.name)
    else:
        text = tr("Read {file}: what is in it gave way to later words", file=path.name)
    if weighed:
        with project.journal.step(text, target={"tab": "clustering"}) as connection:
            book.write(connection, weighed)
    ahead = sum(found[one.uuid].created > stamps[one.uuid] for one in weighed.standing)
    return listed(
        project, added=weighed.added, known=had - len(differing), unknown_faces=out.unknown, left_out=out.count, one_sided=out.one_sided or None, of_copies=out.copies or None,
        ahead=ahead or None, told_later=weighed.unsure or None, withdrawn=weighed.withdrawn or None, shorter=weighed.shorter or None,
        differing=differing or None, unended=unended or None,
        other_content=list(others) or None, other_content_verdicts=other_pictures or None,
    )  # fmt: skip


def _stamps(found: dict[str, _Said], book: Book) -> dict[str, float]:
    """Return by id when a file's verdicts count as given; those from a clock that is ahead when they were read first, in their order."""
    now = time.time()
    ahead = sorted({one.created for one in found.values() if one.created > now})
    place = {created: round(now - TICK * (len(ahead) - 1 - at), 6) for at, created in enumerate(ahead)}

    def stamp(key: str, created: float) -> float:
        known = book.given_at(key) if created in place else None
        return place.get(created, created) if known is None else known

    return {key: stamp(key, one.created) for key, one in found.items()}


def _sorted(faces: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(set(faces)))


def _need_two_sides(path: Path, one: _Said, faces: FaceFinder) -> None:
    """Raise `RequestError` where a verdict compares a face with itself."""
    if one.said not in (Said.NOT, Said.DIFFERENT, Said.SAME):
        return
    first = [place for _, place in one.faces[SUBJECT]]
    here = set() if one.said is Said.SAME else {faces.at(place) for place in first} - {None}
    for line, place in one.faces[OTHER]:
        if place in first or faces.at(place) in here:
            raise RequestError(
                tr(
                    "{path}, line {line}: the face in {image} is on both sides of a verdict that says “{said}”. Nothing was read.",
                    path=path,
                    line=line,
                    image=place.image,
                    said=one.said.words,
                )
            )
