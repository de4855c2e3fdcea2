"""The verbs that make, open or edit a project at once, and the demo."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fairdesk.cli.job_verbs import add_project, open_project
from fairdesk.cli.options import named_path, whole_number
from fairdesk.cli.verb import Namespace, Verb
from fairdesk.errors import RequestError
from fairdesk.jobs.results import JobResult, Record
from fairdesk.project import Project
from fairdesk.words import mark, tr


class NewResult(JobResult):
    """A project that was made."""

    project: str

    def text(self) -> str:
        """Return where it is."""
        return tr("Created {project}", project=self.project)


class UndoneResult(JobResult):
    """An edit that was undone."""

    undo: str
    step: int

    def text(self) -> str:
        """Return which."""
        return tr("Undone: {undo}", undo=self.undo)


class RedoneResult(JobResult):
    """An edit that was redone."""

    redo: str
    step: int

    def text(self) -> str:
        """Return which."""
        return tr("Redone: {redo}", redo=self.redo)


class StepRow(Record):
    """One kept edit."""

    id: int
    text: str
    created: float
    undone: bool


class HistoryResult(JobResult):
    """The kept edits, the newest last."""

    steps: list[StepRow]

    def text(self) -> str:
        """Return them, one a line."""
        if not self.steps:
            return tr("No edits yet.")
        return "\n".join(
            f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(step.created))}  {step.text}"
            + (tr("  (undone)") if step.undone else "")
            for step in self.steps
        )


def _new(arguments: Namespace) -> JobResult:
    project = Project.create(arguments.project)
    project.close()
    return NewResult(project=str(project.folder))


def _open(arguments: Namespace) -> int:
    if arguments.project is not None and not arguments.project.expanduser().is_dir():
        raise RequestError(
            tr(
                "{folder} is not a folder. Give a project's folder, or make one: fairdesk new {quoted}",
                folder=arguments.project,
                quoted=shlex.quote(str(arguments.project)),
            )
        )
    from fairdesk.gui.app import run

    return run([str(arguments.project)] if arguments.project else [])


def _name_options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--cluster", required=True, metavar="ID", help=tr("The cluster's label or name"))
    parser.add_argument("--identity", required=True, metavar="NAME", help=tr("Who it is"))
    parser.add_argument(
        "--group",
        metavar="G",
        help=tr(
            "The identity's group (default: the one most of its faces have; where they have none, that of the one person of the name)"
        ),
    )
    parser.add_argument("--version", type=whole_number, metavar="N", help=tr("Which clustering (default: the newest)"))


def _name(arguments: Namespace) -> JobResult:
    from fairdesk.clustering.cluster_lookup import find_cluster
    from fairdesk.clustering.naming import foresee, name_cluster
    from fairdesk.clustering.store import need_version

    with open_project(arguments.project) as project:
        cluster = find_cluster(project, need_version(project, arguments.version), arguments.cluster)
        done = name_cluster(project, foresee(project, cluster.id, arguments.identity, arguments.group))
    if arguments.json:
        for line in done.changes():
            print(line, file=sys.stderr)
    return done


def _purge_options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--identity", metavar="NAME", help=tr("The person to remove"))
    parser.add_argument("--group", metavar="G", help=tr("Only the person of this name in this group"))
    parser.add_argument("--image", metavar="PATH", help=tr("The image to remove"))
    parser.add_argument("--yes", action="store_true", help=tr("Confirm: it cannot be undone"))


def _purge(arguments: Namespace) -> JobResult:
    from fairdesk.dataset.purge import find_images, purge

    with open_project(arguments.project) as project:
        images = find_images(project, identity=arguments.identity, group=arguments.group, image=arguments.image)
        if not arguments.yes:
            raise RequestError(
                tr(
                    "This permanently removes {count:,} images from the project, with their embeddings, thumbnails and the whole "
                    "history. It cannot be undone. Originals are not touched. Give --yes to do it.",
                    count=len(images),
                )
            )
        return purge(project, images, [arguments.identity] if arguments.identity else [])


def _sets_options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    told = {
        "freeze": tr("Freeze this set or pair list: it is neither changed nor removed"),
        "thaw": tr("Unfreeze it again"),
        "remove": tr("Remove this set (its images stay)"),
    }
    for name, text in told.items():
        parser.add_argument(f"--{name}", metavar="NAME", help=text)


def _sets(arguments: Namespace) -> JobResult:
    from fairdesk.dataset.results import SetRow, SetsResult
    from fairdesk.project.sets import all_sets, freeze, remove_sets

    with open_project(arguments.project) as project:
        for name, on in ((arguments.freeze, True), (arguments.thaw, False)):
            if name:
                freeze(project, name, on=on)
        if arguments.remove:
            remove_sets(project, [arguments.remove])
        rows = [
            SetRow(
                name=one.name,
                images=one.images,
                identities=one.identities,
                frozen=one.frozen,
                out_of_date=str(one.change) if one.change else None,
                params=one.params,
            )
            for one in all_sets(project)
        ]
        return SetsResult(sets=rows)


def _undo(arguments: Namespace) -> JobResult:
    with open_project(arguments.project) as project:
        step = project.journal.undo()
        return UndoneResult(undo=step.text, step=step.id)


def _redo(arguments: Namespace) -> JobResult:
    with open_project(arguments.project) as project:
        step = project.journal.redo()
        return RedoneResult(redo=step.text, step=step.id)


def _history(arguments: Namespace) -> JobResult:
    with open_project(arguments.project) as project:
        return HistoryResult(
            steps=[StepRow(id=s.id, text=s.text, created=s.created, undone=s.undone) for s in project.journal.history()]
        )


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=named_path, default=Path("demo"), help=tr("Output folder (default: demo)"))
    parser.add_argument("--headless", action="store_true", help=tr("Do not open the window at the end"))
    parser.add_argument(
        "--identities", type=whole_number, default=8, help=tr("Drawn identities in each of four tones (default: 8)")
    )


def _demo(arguments: Namespace) -> int:
    from fairdesk.cli.demo import run

    return run(arguments.out, headless=arguments.headless, identities=arguments.identities, as_json=arguments.json)


def _may_lack_project(parser: argparse.ArgumentParser) -> None:
    add_project(parser, needed=False)


_Options = Callable[[argparse.ArgumentParser], None]
_only_project: _Options = add_project

PROJECT_VERBS = [
    Verb("demo", mark("Run the main workflow on drawn sample faces"), _demo_options, _demo),
    Verb("new", mark("Create an empty project"), _only_project, _new),
    Verb("open", mark("Open a project in the window"), _may_lack_project, _open, json=False),
    Verb("sets", mark("List a project's sets; freeze, unfreeze or remove one"), _sets_options, _sets),
    Verb("name", mark("Turn a corrected cluster into an identity"), _name_options, _name),
    Verb("purge", mark("Permanently remove a person or image; cannot be undone"), _purge_options, _purge),
    Verb("undo", mark("Undo the newest edit"), _only_project, _undo),
    Verb("redo", mark("Redo the edit that was undone"), _only_project, _redo),
    Verb("history", mark("List the edits"), _only_project, _history, keeps=False),
]
