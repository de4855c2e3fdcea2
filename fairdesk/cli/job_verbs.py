"""The verbs that are one job each: made from the jobs' descriptors."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairdesk.cli.options import add_common, add_options, collect
from fairdesk.cli.running import run_job
from fairdesk.cli.verb import Namespace, Verb
from fairdesk.clustering.params import CLUSTER_FILES
from fairdesk.errors import RequestError
from fairdesk.jobs.kinds import JobKind, Needs
from fairdesk.jobs.registry import job_kinds
from fairdesk.jobs.results import JobResult
from fairdesk.project import Project
from fairdesk.project.project import CATALOG
from fairdesk.words import mark, tr

_FAMILY_HELP = {"train": mark("Train a GAN or a face recogniser")}


@contextlib.contextmanager
def open_project(folder: Path) -> Iterator[Project]:
    """Open a project for the length of a verb."""
    project = Project.open(folder)
    try:
        yield project
    finally:
        project.close()


def add_project(parser: argparse.ArgumentParser, *, needed: bool = True, told: str = "") -> None:
    """Add the argument that names the project."""
    parser.add_argument(
        "project", metavar="PROJECT", type=Path, nargs=None if needed else "?", help=told or tr("The project folder")
    )


def _add_options(kind: JobKind, parser: argparse.ArgumentParser) -> None:
    if kind.instead:
        other = "FILE.json" if kind.instead == "file" else "FOLDER"
        parser.add_argument(
            "project", metavar=f"PROJECT|{other}", type=Path, nargs="?" if kind.without else None,
            help=tr("A project folder, or {other}", other=other),
        )  # fmt: skip
    elif kind.without:
        option = kind.params.option(kind.without)
        add_project(parser, needed=False, told=tr("The project folder, unless {option} is given", option=option))
    elif kind.needs is Needs.PROJECT:
        add_project(parser)
    add_options(parser, kind)
    if kind.gpu and "device" not in kind.params.model_fields:
        parser.add_argument(
            "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help=tr("Compute device")
        )


def _run(kind: JobKind, arguments: Namespace) -> JobResult:
    device = getattr(arguments, "device", "auto")
    folder: Path | None = getattr(arguments, "project", None)
    fixed: dict[str, Any] = {}
    if kind.instead and folder is not None:
        plain = folder.suffix.lower() in CLUSTER_FILES if kind.instead == "file" else not (folder / CATALOG).exists()
        if kind.instead == "folder" and not folder.exists():
            raise RequestError(tr("{folder} does not exist. Give a project, or a folder of images.", folder=folder))
        if plain:
            fixed, folder = {kind.instead: folder}, None
    params = collect(kind.params, arguments, **fixed)
    if kind.without and getattr(params, kind.without) is not None and not kind.instead:
        folder = None
    elif kind.without and folder is None and not fixed and getattr(params, kind.without) is None:
        raise RequestError(tr("Give a project, or {option} FILE.", option=kind.params.option(kind.without)))
    if folder is None:
        return run_job(kind, params, None, device=device)
    with open_project(folder) as project:
        return run_job(kind, params, project, device=device)


def _verb(kind: JobKind) -> Verb:
    return Verb(
        kind.words,
        lambda: kind.about,
        lambda parser: _add_options(kind, parser),
        lambda arguments: _run(kind, arguments),
        after_stop=kind.after_stop,
        keeps=bool(kind.after_stop),
    )


def _family(name: str, kinds: list[JobKind]) -> Verb:
    """A verb with a word behind it for each kind: train dcgan, train arcface."""

    def options(parser: argparse.ArgumentParser) -> None:
        families = parser.add_subparsers(dest="chosen_job", metavar="FAMILY", required=True)
        for kind in kinds:
            one = families.add_parser(kind.words.split()[1], help=kind.about, description=kind.about)
            _add_options(kind, one)
            add_common(one)

    def run(arguments: Namespace) -> JobResult:
        return _run(next(kind for kind in kinds if kind.words.split()[1] == arguments.chosen_job), arguments)

    return Verb(
        name,
        _FAMILY_HELP[name] if name in _FAMILY_HELP else lambda: kinds[0].about,
        options,
        run,
        after_stop=kinds[0].after_stop,
    )


def job_verbs() -> list[Verb]:
    """Return a verb for each job; those of several words are one verb together."""
    plain, families = [], dict[str, list[JobKind]]()
    for kind in job_kinds().values():
        if kind.asked_by:
            continue
        first, *rest = kind.words.split()
        if rest:
            families.setdefault(first, []).append(kind)
        else:
            plain.append(_verb(kind))
    return plain + [_family(name, kinds) for name, kinds in families.items()]
