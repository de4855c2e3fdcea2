"""A filter as words, as a verb or a form takes it: group=African set=train age=20:40 sharpness=30: view=NAME."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from fairdesk.errors import RequestError
from fairdesk.project.detections import others_found
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.identities import group_counts
from fairdesk.project.image_queries import OLDEST, Filter, State, image_ids, partly_of_age
from fairdesk.project.quality import MEASURES, Limit
from fairdesk.project.saved_views import saved_views
from fairdesk.project.shown_counts import shown_groups
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    from fairdesk.project.project import Project

_PLAIN = {"group": "group", "identity": "identity", "text": "text", "set": "in_set", "tag": "tag", "gender": "gender",
          "source": "source"}  # fmt: skip
FIELDS = (*_PLAIN, "state", "age", "predicted", "view", "ids", "detector", *MEASURES)
HELP = "FIELD=VALUE with the fields " + ", ".join(FIELDS[: -len(MEASURES)]) + ", or a quality as MEASURE=LOW:HIGH"


def _condition(word: str) -> tuple[str, Any]:
    """Return (field of `Filter`, value) of one word. Raises `ValueError`."""
    field, equals, value = word.partition("=")
    if not equals or field not in FIELDS:
        raise ValueError(
            tr(
                "{word!r} is not FIELD=VALUE with the fields {fields}, or a quality as MEASURE=LOW:HIGH",
                word=word,
                fields=", ".join(FIELDS[: -len(MEASURES)]),
            )
        )
    if field in MEASURES:
        return "quality", Limit.parse(word)
    if field == "state":
        if value not in get_args(State):
            raise ValueError(tr("the states are {states}", states=", ".join(get_args(State))))
        return field, value
    if field == "predicted":
        kind, colon, said = value.partition(":")
        if not colon:
            raise ValueError(tr("{word!r} is not predicted=KIND:VALUE, e.g. predicted=race:black", word=word))
        return field, (kind, said.strip())
    if field == "age":
        low, colon, high = value.partition(":")
        try:
            if not colon:
                raise ValueError
            return field, (float(low or 0), float(high or OLDEST))
        except ValueError:
            raise ValueError(tr("{word!r} is not age=FROM:TO in years (one side may be empty)", word=word)) from None
    if field == "ids":
        return field, _ids(word)
    if field == "detector":
        return field, str(DetectorKey.parse(value))
    return _PLAIN.get(field, field), value


def _ids(word: str) -> tuple[int, ...]:
    out: list[int] = []
    try:
        for part in word.removeprefix("ids=").split(","):
            first, dash, last = part.partition("-")
            out += range(int(first), int(last if dash else first) + 1)
    except ValueError:
        raise ValueError(tr("{word!r} is not ids=NUMBER,FROM-TO,... of images", word=word)) from None
    return tuple(out)


def ids_condition(ids: Iterable[int]) -> str:
    """Return the condition that some images meet and no others, e.g. ids=3-9,12."""
    spans: list[list[int]] = []
    for number in sorted(set(ids)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return "ids=" + ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)


def check_conditions(words: list[str] | None) -> list[str] | None:
    """Return the words as they are, if each can be read. Raises `ValueError` naming the first that cannot."""
    for word in words or []:
        _condition(word)
    return words


def read_conditions(project: Project, words: Sequence[str]) -> Filter:
    """Return the filter of some words: all of them hold; a saved view is what the others add to.

    Raises
    ------
    RequestError
        If the project has no view of that name.
    """
    found = [_condition(word) for word in words]
    wanted = Filter()
    views = dict(saved_views(project))
    for name in (value for field, value in found if field == "view"):
        if name not in views:
            raise RequestError(
                tr(
                    "The project has no saved view {name!r}. It has: {views}",
                    name=name,
                    views=", ".join(views) or "none",
                )
            )
        wanted = views[name]
    for field, value in found:
        if field == "quality":
            wanted = replace(wanted, quality=(*wanted.quality, value))
        elif field != "view":
            wanted = replace(wanted, **{field: value})
    return wanted


def meeting(project: Project, words: Sequence[str]) -> set[int]:
    """Return the ids of the images that meet all conditions.

    Raises
    ------
    RequestError
        If no image does, or the project has no such view.
    """
    found = set(image_ids(project, read_conditions(project, words)).tolist())
    if not found:
        groups = ", ".join(name for name, _, _ in group_counts(project) if name is not None)
        raise RequestError(
            tr(
                "No image of the project meets {conditions}. Its groups are: {groups}.",
                conditions=" ".join(words),
                groups=groups or tr("none"),
            )
        )
    return found


def what_is_meant(project: Project, words: Sequence[str]) -> str | None:
    """Say what the conditions leave open: whose faces are meant, and ages that are ranges; None where nothing is."""
    wanted = read_conditions(project, words)
    told = [_faces_meant(project, wanted, words) if wanted.rests_on_faces else None, ages_meant(project, wanted)]
    return " ".join(one for one in told if one) or None


def ages_meant(project: Project, wanted: Filter) -> str | None:
    """Say how many of the images have a range of ages that lies only partly in the one asked for; None for none."""
    partly = partly_of_age(project, wanted)
    if not partly:
        return None
    return tr_n(
        "{n:,} image has a range of ages that lies only partly within the one asked for, and is included.",
        "{n:,} images have a range of ages that lies only partly within the one asked for, and are included.",
        partly,
    )


def _faces_meant(project: Project, wanted: Filter, words: Sequence[str]) -> str:
    others = others_found(project, wanted.faces_of(project), or_none=True)
    told = tr(
        "{conditions} is meant of the faces that {detector} found.",
        conditions=" ".join(words),
        detector=wanted.faces_of(project),
    )
    if others:
        told += " " + tr(
            "There are also those of {detectors}: say detector=NAME among the conditions.", detectors=others
        )
    return told


def known_conditions(project: Project) -> list[str]:
    """Return conditions a person may choose from: the project's groups, sets, saved views and tags, and what is real."""
    kinds = (("set", "name FROM image_set"), ("view", "name FROM saved_view"), ("tag", "DISTINCT tag FROM image_tag"))  # fmt: skip
    found = [f"{kind}={row[0]}" for kind, what in kinds for row in project.db.rows(f"SELECT {what} ORDER BY 1")]
    return [*(f"group={name}" for name in shown_groups(project)), *found, "state=real"]
