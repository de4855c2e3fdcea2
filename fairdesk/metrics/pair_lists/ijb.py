"""IJB's lists: pairs of templates, the images of each, and galleries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairdesk.dataset.table_files import read_table, read_text
from fairdesk.errors import RequestError
from fairdesk.metrics.pair_lists.lfw import Line
from fairdesk.metrics.pair_lists.pairs import Member, Pair, PairList, label_of
from fairdesk.words import tr

_PAIRS, _MEMBERS = "template_pair_label", "face_tid_mid"


def members_file(path: Path) -> Path | None:
    """Return the list of the templates' images that lies beside a list of pairs."""
    named = path.with_name(path.name.replace(_PAIRS, _MEMBERS))
    if named != path and named.is_file():
        return named
    found = sorted(path.parent.glob(f"*{_MEMBERS}*.txt"))
    return found[0] if len(found) == 1 else None


def is_template_pairs(path: Path, lines: Sequence[Line]) -> bool:
    """Whether lines are two numbers of templates and a label: by the name, or by the list of images beside it."""
    numbers = all(len(line.fields) == 3 and all(one.lstrip("-").isdecimal() for one in line.fields) for line in lines)
    return numbers and (_PAIRS in path.name or members_file(path) is not None)


def read_template_pairs(path: Path, lines: Sequence[Line]) -> PairList:
    """Read pairs of templates, and the images of each from the list beside it."""
    beside = members_file(path)
    if beside is None:
        raise RequestError(
            tr(
                "{path} compares templates, and which images they hold is not known: put the data set's "
                "…_face_tid_mid.txt beside it.",
                path=path,
            )
        )
    templates: dict[str, list[Member]] = {}
    for number, line in enumerate(read_text(beside).split("\n"), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 3:
            raise RequestError(
                tr(
                    "{path}: line {number} is not a file, a template and a medium: {line}",
                    path=beside,
                    number=number,
                    line=line,
                )
            )
        templates.setdefault(fields[1], []).append(Member(fields[0], fields[2]))
    pairs = []
    for row in lines:
        one, other, label = row.fields
        for name in (one, other):
            if name not in templates:
                raise RequestError(
                    tr("{path}: line {number}: {file} has no template {name}.", path=path, number=row.number, file=beside.name, name=name)
                )  # fmt: skip
        pairs.append(Pair(one, other, label_of(path, row.number, label), line=row.number))
    used = {name for pair in pairs for name in (pair.path1, pair.path2)}
    return PairList(pairs, "ijb", templates={name: images for name, images in templates.items() if name in used})


@dataclass
class Template:
    """A template of a gallery or of probes: who it is of, and its images."""

    subject: str
    files: list[str] = field(default_factory=list)


def read_gallery(path: Path) -> dict[str, Template]:
    """Read IJB's lists for identification: TEMPLATE_ID, SUBJECT_ID and FILENAME are columns of a CSV."""
    table = read_table(path)
    lowered = [name.lower() for name in table.header]
    wanted = ("template_id", "subject_id", "filename")
    missing = [name for name in wanted if name not in lowered]
    if missing:
        raise RequestError(
            tr("{path} has no column {names}. It has: {header}", path=path, names=", ".join(missing), header=", ".join(table.header))
        )  # fmt: skip
    places = [lowered.index(name) for name in wanted]
    out: dict[str, Template] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        number, subject, file = (row[place] for place in places)
        found = out.setdefault(number, Template(subject))
        if found.subject != subject:
            raise RequestError(
                tr(
                    "{path}: line {line}: template {number} is of {one} before and of {other} here.",
                    path=path,
                    line=line,
                    number=number,
                    one=found.subject,
                    other=subject,
                )
            )
        found.files.append(file)
    return out
