"""The verbs: their options, and the job or edit each one runs."""

from __future__ import annotations

import argparse
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairdesk.cli import summaries
from fairdesk.cli.options import add_common, add_options, collect
from fairdesk.cli.running import run_job
from fairdesk.errors import RequestError
from fairdesk.jobs.registry import job_kind
from fairdesk.project import Project
from fairdesk.project.project import CATALOG

Namespace = argparse.Namespace
Result = dict[str, Any]


@dataclass(frozen=True)
class Verb:
    """One verb of the command line; without a `summary` it prints nothing of its own. `go_on` ends "Stopped ..."."""

    name: str
    help: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Namespace], Result | int | None]
    summary: Callable[[Result], str] | None
    go_on: str = ""


def _job(
    name: str, verb: str, summary: Callable[[Result], str], *, skip: tuple[str, ...] = (), device: bool = False
) -> Verb:  # fmt: skip
    """A verb that is one job on a project."""
    kind = job_kind(name)
    model = kind.model()

    def options(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", type=Path, help="The project folder")
        add_options(parser, model, kind.positional, skip)
        if device:
            parser.add_argument(
                "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="Where to compute"
            )

    def run(arguments: Namespace) -> Result:
        params = collect(model, arguments)
        project = Project.open(arguments.project)
        try:
            return run_job(name, params, project, device=getattr(arguments, "device", "auto"))
        finally:
            project.close()

    again = "; run it again to go on"
    return Verb(verb, (model.__doc__ or kind.title).strip().splitlines()[0], options, run, summary, again)


def _or_project(name: str, summary: Callable[[Result], str]) -> Verb:
    """A verb whose first argument is a project, or the path that may stand in its place."""
    kind = job_kind(name)
    model, field = kind.model(), kind.instead

    def options(parser: argparse.ArgumentParser) -> None:
        other = "FILE.json" if field == "file" else "FOLDER"
        parser.add_argument("source", metavar=f"PROJECT|{other}", type=Path, help="A project folder, or the other")
        add_options(parser, model, skip=(field,))

    def run(arguments: Namespace) -> Result:
        source: Path = arguments.source
        plain = source.suffix.lower() == ".json" if field == "file" else not (source / CATALOG).exists()
        if field == "folder" and not source.exists():
            raise RequestError(f"{source} does not exist. Give a project, or a folder of images.")
        if plain:
            return run_job(name, collect(model, arguments, **{field: source}), None)
        params = collect(model, arguments)
        project = Project.open(source)
        try:
            return run_job(name, params, project)
        finally:
            project.close()

    return Verb(name, (model.__doc__ or kind.title).strip().splitlines()[0], options, run, summary)


def _plain(name: str, summary: Callable[[Result], str], *, link: bool = False) -> Verb:
    """A verb that is one job on folders, without a project."""
    kind = job_kind(name)
    model = kind.model()

    def options(parser: argparse.ArgumentParser) -> None:
        add_options(parser, model, kind.positional)
        if link:
            parser.add_argument("--link", action="store_true", help="Link to the files (this is the default)")

    def run(arguments: Namespace) -> Result:
        params = collect(model, arguments)
        if link and arguments.link and params.copy_files:
            raise RequestError("Give either --link or --copy.")
        return run_job(name, params, None)

    return Verb(name, (model.__doc__ or kind.title).strip().splitlines()[0], options, run, summary)


def _project_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help="The project folder")


def _new(arguments: Namespace) -> Result:
    project = Project.create(arguments.project)
    project.close()
    return {"project": str(project.folder)}


def _open(arguments: Namespace) -> int:
    from fairdesk.gui.app import run

    return run([str(arguments.project)] if arguments.project else [])


def _open_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, nargs="?", help="The project folder")


def _cluster_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "project", metavar="PROJECT", type=Path, nargs="?", help="The project folder, unless --vectors is given"
    )
    add_options(parser, job_kind("cluster").model())


def _cluster(arguments: Namespace) -> Result:
    params = collect(job_kind("cluster").model(), arguments)
    if params.vectors is not None:
        return run_job("cluster", params, None)
    if arguments.project is None:
        raise RequestError("Give a project, or an array with --vectors FILE.npz.")
    project = Project.open(arguments.project)
    try:
        return run_job("cluster", params, project)
    finally:
        project.close()


def _name_options(parser: argparse.ArgumentParser) -> None:
    _project_only(parser)
    parser.add_argument("--cluster", required=True, metavar="ID", help="The cluster's label or name")
    parser.add_argument("--identity", required=True, metavar="NAME", help="Who it is")
    parser.add_argument("--group", metavar="G", help="The identity's group (default: the one most of its faces have)")
    parser.add_argument("--version", type=int, metavar="N", help="Which clustering (default: the newest)")


def _name(arguments: Namespace) -> Result:
    from fairdesk.clustering.corrections import name_identity
    from fairdesk.clustering.versions import find_cluster, newest

    project = Project.open(arguments.project)
    try:
        cluster = find_cluster(project, newest(project, arguments.version), arguments.cluster)
        return name_identity(project, cluster.id, arguments.identity, arguments.group)
    finally:
        project.close()


def _purge_options(parser: argparse.ArgumentParser) -> None:
    _project_only(parser)
    parser.add_argument("--identity", metavar="NAME", help="The person to remove")
    parser.add_argument("--group", metavar="G", help="Only the person of this name in this group")
    parser.add_argument("--image", metavar="PATH", help="The image to remove")
    parser.add_argument("--yes", action="store_true", help="Do it: it cannot be undone")


def _purge(arguments: Namespace) -> Result:
    from fairdesk.dataset.purging import find_images, purge

    project = Project.open(arguments.project)
    try:
        images = find_images(project, identity=arguments.identity, group=arguments.group, image=arguments.image)
        if not arguments.yes:
            raise RequestError(
                f"This removes {len(images):,} images from the project for good, with their vectors, thumbnails and the whole "
                "history. It cannot be undone. Originals are not touched. Give --yes to do it."
            )
        return purge(project, images, [arguments.identity] if arguments.identity else [])
    finally:
        project.close()


def _sets_options(parser: argparse.ArgumentParser) -> None:
    _project_only(parser)
    for name, text in (("freeze", "Freeze this set or pair list: it is neither changed nor removed"),
                       ("thaw", "Thaw it again"), ("remove", "Remove this set (its images stay)")):  # fmt: skip
        parser.add_argument(f"--{name}", metavar="NAME", help=text)


def _sets(arguments: Namespace) -> Result:
    from fairdesk.dataset.sets import all_sets, freeze, remove_sets

    project = Project.open(arguments.project)
    try:
        for name, on in ((arguments.freeze, True), (arguments.thaw, False)):
            if name:
                freeze(project, name, on=on)
        if arguments.remove:
            remove_sets(project, [arguments.remove])
        return {"sets": [
            {"name": s.name, "images": s.images, "identities": s.identities, "frozen": s.frozen,
             "out_of_date": str(s.change) if s.change else None, "params": s.params} for s in all_sets(project)
        ]}  # fmt: skip
    finally:
        project.close()


def _step(word: str) -> Callable[[Namespace], Result]:
    def run(arguments: Namespace) -> Result:
        project = Project.open(arguments.project)
        try:
            step = project.journal.undo() if word == "undo" else project.journal.redo()
            return {word: step.text, "step": step.id}
        finally:
            project.close()

    return run


def _history(arguments: Namespace) -> Result:
    project = Project.open(arguments.project)
    try:
        steps = project.journal.history()
        return {"steps": [{"id": s.id, "text": s.text, "created": s.created, "undone": s.undone} for s in steps]}
    finally:
        project.close()


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("demo"), help="Where to put it (default: demo)")
    parser.add_argument("--headless", action="store_true", help="Do not open the window at the end")
    parser.add_argument("--identities", type=int, default=8, help="Drawn identities in each of four tones (default: 8)")


def _demo(arguments: Namespace) -> int:
    from fairdesk.cli.demo import run

    return run(arguments.out, headless=arguments.headless, identities=arguments.identities)


def _train_options(parser: argparse.ArgumentParser) -> None:
    families = parser.add_subparsers(dest="family", metavar="FAMILY", required=True)
    gan = job_kind("train").model()
    for family in typing.get_args(gan.model_fields["family"].annotation):
        one = families.add_parser(family, help=f"Train: {family}")
        others = [
            name for name, (switch, values) in gan.only_for.items() if switch == "family" and family not in values
        ]
        add_options(one, gan, ("data", "data_b"), ("family", *others))
        add_common(one)
    one = families.add_parser("arcface", help=job_kind("train-arcface").title)
    add_options(one, job_kind("train-arcface").model(), ("data",))
    add_common(one)


def _train(arguments: Namespace) -> Result:
    name = "train-arcface" if arguments.family == "arcface" else "train"
    return run_job(name, collect(job_kind(name).model(), arguments), None)


def _container_options(parser: argparse.ArgumentParser) -> None:
    model = job_kind("container").model()
    repeated = ("mount", "env")  # one a time: IMAGE and its COMMAND follow the options
    add_options(parser, model, skip=("image", "command", *repeated))
    for name in repeated:
        told = model.model_fields[name].description
        parser.add_argument(f"--{name}", action="append", default=argparse.SUPPRESS, metavar=name.upper(), help=told)
    parser.add_argument(
        "image", nargs="?", metavar="IMAGE", help="Container image (default: $IMAGE, else sg2ada:latest)"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="Command and its arguments")


def _container(arguments: Namespace) -> Result:
    import os

    image = arguments.image or os.environ.get("IMAGE") or "sg2ada:latest"
    return run_job("container", collect(job_kind("container").model(), arguments, image=image), None)


VERBS: list[Verb] = [
    Verb("container", "Run an external trainer in a container", _container_options, _container, summaries.said("{summary}")),
    Verb("demo", "Do the whole work on faces drawn by the program", _demo_options, _demo, None),
    Verb("new", "Make an empty project folder", _project_only, _new, summaries.said("Made {project}")),
    Verb("open", "Open the window on a project", _open_options, _open, None),
    _plain("samples", summaries.said("{images} faces of {identities} drawn identities in {out}")),
    _plain("sample", summaries.prepared, link=True),
    _plain("split", summaries.prepared, link=True),
    _plain("flatten", summaries.prepared, link=True),
    _plain("resize", summaries.resized),
    _plain("leaks", summaries.leaked),
    _plain("fetch", summaries.said("{images} images in {out}")),
    _or_project("export", summaries.prepared),
    _job("quality", "quality", summaries.measured),
    _job("divide", "divide", summaries.divided),
    Verb("sets", "List a project's sets; freeze, thaw or remove one", _sets_options, _sets, summaries.sets),
    _job("import", "import", summaries.imported),
    _job("relink", "relink", summaries.said("{relinked} images found again, {missing} still missing.")),
    _job("detect", "detect", summaries.detected),
    _job("encode", "encode", summaries.encoded, device=True),
    _job("duplicates", "duplicates", summaries.leaked),
    _job("balance", "balance", summaries.said("{summary}")),
    _job("label", "label", summaries.labelled),
    _job("vectors", "vectors", summaries.said("{vectors} vectors of {dim} numbers in {out} (encoder {encoder}, detector {detector})")),
    Verb("cluster", "Group faces that look alike", _cluster_options, _cluster, summaries.clustered),
    _job(
        "load-clusters", "load-clusters",
        summaries.said("{clusters} clusters, {faces} faces; {unknown} paths are not in the project."),
    ),
    Verb(
        "name", "Turn a corrected cluster into an identity", _name_options, _name,
        summaries.said("{faces} faces are now {identity} (group {group})."),
    ),
    _or_project("mosaic", summaries.said("{faces} faces of “{title}” in {files}")),
    _or_project("identity-folders", summaries.said("{images} images in {folders} folders; {collisions} renamed for equal names.")),
    _or_project("pairs", summaries.paired),
    _job("score", "score", summaries.scored, device=True),
    _plain("evaluate", summaries.evaluated),
    _plain("normalise", summaries.said("{summary}")),
    Verb("train", "Train a GAN or a face recogniser", _train_options, _train, summaries.said("{summary}"), "; go on with it by --resume"),
    _job("review", "review", summaries.reviewed),
    _plain("interpolate", summaries.said("{summary}")),
    _plain("assess", summaries.said("{summary}")),
    _plain("translate", summaries.said("{summary}")),
    _plain("export-model", summaries.said("{summary}")),
    _plain("generate", summaries.said("{summary}")),
    _plain("animate", summaries.said("{summary}")),
    _plain("curves", summaries.said("{summary}")),
    _plain("runs", summaries.said("{summary}")),
    _plain("compare", summaries.said("{summary}")),
    Verb("purge", "Remove a person or image wholly; cannot be undone", _purge_options, _purge, summaries.purged),
    Verb("undo", "Take back the newest edit", _project_only, _step("undo"), summaries.said("Undone: {undo}")),
    Verb("redo", "Make the edit that was undone again", _project_only, _step("redo"), summaries.said("Done again: {redo}")),
    Verb("history", "List the edits", _project_only, _history, summaries.history),
]  # fmt: skip
