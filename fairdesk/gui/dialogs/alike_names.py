"""The questions about a name, of a person or a group, that differs from a known one in case or blanks alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.project import Project
from fairdesk.project.faces import commonest_group, images_of_faces
from fairdesk.project.group_changes import Tie, group_changes, tie
from fairdesk.project.identities import (
    MOST_ALIKE,
    NamedImages,
    alike_question,
    find_identity,
    groups_alike,
    names_alike,
    namesake_question,
    namesakes,
)
from fairdesk.project.label_snapshot import LabelSnapshot
from fairdesk.words import tr


def asked_name(
    parent: QWidget, project: Project, question: str, labels: LabelSnapshot | None, faces: Sequence[int]
) -> NameDialog:
    """Return the dialog that asks who some faces are, and tells whom the name means that is typed."""
    people = labels.by_name() if labels is not None else {}
    groups = sorted(one.name for one in labels.group_counts() if one.name is not None) if labels is not None else []
    usual = commonest_group(project, faces)
    tied = tie(project, faces, "")
    return NameDialog(
        question, (sorted(people), groups), parent, people=people, usual=usual, keeps_group=True, tied=tied
    )


async def settled_name(
    parent: QWidget, project: Project, typed: NameDialog, faces: Sequence[int]
) -> tuple[str, str] | None:
    """Return the name and group ("": none) that some faces get, as typed in a dialog; None where a question was dismissed.

    Without a group that is the one which most of the faces have; where several are tied, it is asked which, and no image
    changes its group before that was said. It is asked who is meant where a new person would be called
    as one of another group, or nearly as somebody: one of the same group is then offered first.
    """
    name, chosen = typed.name.text().strip(), typed.group_value()
    images = sorted(set(images_of_faces(project, faces).values()))
    like_group = groups_alike(project, chosen, images) if chosen else []
    if chosen and like_group:
        chosen = await ask_group(parent, chosen, like_group)
        if chosen is None:
            return None
    tied = tie(project, faces, name) if chosen is None else None
    if tied is not None and (chosen := await ask_tied(parent, name, tied)) is None:
        return None
    group = chosen if chosen is not None else commonest_group(project, faces) or ""
    who = await _who(parent, project, name, group, faces)
    if who is None:
        return None
    changes = group_changes(project, images, who[1] or None)
    if not changes or (tied is not None and who[1] == group):  # that the others change was said
        return who
    asked = tr("{name} in {group}:", name=who[0], group=who[1] or tr("no group"))
    button = tr("Name them")
    known = find_identity(project, who[0], who[1] or None) is not None
    text = "\n".join([asked, *(one.text for one in changes)])
    return who if await async_glue.ask(parent, tr("Name"), text, [button], harmful=known) == button else None


async def _who(
    parent: QWidget, project: Project, name: str, group: str, faces: Sequence[int]
) -> tuple[str, str] | None:
    """Ask who is meant where a name is that of nobody in its group, but of somebody elsewhere, or nearly."""
    if find_identity(project, name, group or None) is not None:
        return name, group
    same, alike = namesakes(project, name, faces), names_alike(project, name, faces)
    nearest = next((one for one in alike if one.group == (group or None)), None)
    known = same or alike
    one = await ask_who(parent, name, known, nearest) if known or nearest else name
    if isinstance(one, NamedImages):
        return one.name, one.group or ""
    return None if one is None else (name, group)


async def ask_who(
    parent: QWidget, name: str, alike: Sequence[NamedImages], nearest: NamedImages | None = None
) -> NamedImages | str | None:
    """Ask whether a name is one of the people that are called so, or nearly so; returns that one, the name for a new person, None where it was dismissed.

    Return says that it is a new person, as the line below the name does: nobody is joined by pressing it twice. But where one
    of the same group is called nearly so (`nearest`), that one comes first, and Return means that one.
    """
    if nearest is not None:
        alike = [nearest, *(one for one in alike if one != nearest)]
    others = {
        tr("This is {name} ({group})", name=one.name, group=one.group or tr("no group")): one
        for one in alike[:MOST_ALIKE]
    }
    same = [one for one in alike if one.name == name] if nearest is None else []
    question = namesake_question(name, same) if same else alike_question(name, alike)
    new = tr("A new person")
    said = await async_glue.ask(
        parent, tr("Name"), question, [*others, new], default=new if nearest is None else next(iter(others))
    )
    return others.get(said, name) if said is not None else None


async def ask_tied(parent: QWidget, name: str, tied: Tie) -> str | None:
    """Ask which of the groups that are tied a person is in; returns it, None where it was dismissed."""
    question = tr("{tie} Which group is {name} in? All faces of other groups change to it.", tie=tied.text, name=name)
    detail = tr("For another group, choose it in the field below the name.") if len(tied.groups) > MOST_ALIKE else ""
    return await async_glue.ask(parent, tr("Group"), question, list(tied.groups[:MOST_ALIKE]), detail, harmful=True)


async def ask_group(parent: QWidget, name: str, alike: Sequence[str]) -> str | None:
    """Ask whether a new group is one that is called nearly so; returns that, the name itself for a new one, None where it was dismissed."""
    others = {tr("This is the group {name}", name=one): one for one in alike[:MOST_ALIKE]}
    question = tr("“{name}” differs in case, accents or blanks alone from a group that is there: {known}. Is it the same group?",
                  name=name, known=", ".join(alike[:MOST_ALIKE]))  # fmt: skip
    said = await async_glue.ask(parent, tr("Group"), question, [*others, tr("A new group")])
    return others.get(said, name) if said is not None else None
