"""The question about a name that differs from a known one in case or blanks alone."""

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
    alike = [] if groups_with(project, name) else names_alike(project, name, images=images)
    one = await ask_who(parent, name, alike) if alike else name
    return (one.name, one.group) if isinstance(one, NamedImages) else None if one is None else (name, group)


async def ask_who(parent: QWidget, name: str, alike: Sequence[NamedImages]) -> NamedImages | str | None:
    """Ask whether a name is one of the people that are called so, or nearly so; returns that one, the name for a new person, None where it was dismissed."""
    others = {
        tr("This is {name} ({group})", name=one.name, group=one.group or tr("no group")): one
        for one in alike[:MOST_ALIKE]
    }
    same = [one for one in alike if one.name == name]
    question = namesake_question(name, same) if same else alike_question(name, alike)
    said = await async_glue.ask(parent, tr("Name"), question, [*others, tr("A new person")])
    return others.get(said, name) if said is not None else None
