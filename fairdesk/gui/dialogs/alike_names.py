"""The questions about a name, of a person or a group, that differs from a known one in case or blanks alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from fairdesk.gui import async_glue
from fairdesk.gui.dialogs.name_dialog import NameDialog
from fairdesk.project import Project
from fairdesk.project.identities import (
    MOST_ALIKE,
    NamedImages,
    alike_question,
    groups_alike,
    groups_with,
    names_alike,
    namesake_question,
)
from fairdesk.words import tr


async def settled_name(
    parent: QWidget, project: Project, typed: NameDialog, images: Sequence[int]
) -> tuple[str, str | None] | None:
    """Return the name and group that some images get, as typed in a dialog, after a question where a new name is nearly a known one; None where that was dismissed."""
    name, group = typed.name.text().strip(), typed.group_value() or None
    like_group = groups_alike(project, group, images) if group else []
    if group and like_group:
        group = await ask_group(parent, group, like_group)
        if group is None:
            return None
    alike = [] if groups_with(project, name) else names_alike(project, name, images=images)
    one = await ask_who(parent, name, alike) if alike else name
    return (one.name, one.group) if isinstance(one, NamedImages) else None if one is None else (name, group)


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


async def ask_group(parent: QWidget, name: str, alike: Sequence[str]) -> str | None:
    """Ask whether a new group is one that is called nearly so; returns that, the name itself for a new one, None where it was dismissed."""
    others = {tr("This is the group {name}", name=one): one for one in alike[:MOST_ALIKE]}
    question = tr("“{name}” differs in case or blanks alone from a group that is there: {known}. Is it the same group?",
                  name=name, known=", ".join(alike[:MOST_ALIKE]))  # fmt: skip
    said = await async_glue.ask(parent, tr("Group"), question, [*others, tr("A new group")])
    return others.get(said, name) if said is not None else None
