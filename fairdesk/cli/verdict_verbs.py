"""The verbs that give verdicts on clusters and faces, list them, and carry them between projects."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairdesk.cli.console import ConsoleContext
from fairdesk.cli.job_verbs import add_project, open_project
from fairdesk.cli.options import new_file, whole_number
from fairdesk.cli.verb import Namespace, Verb
from fairdesk.errors import RequestError
from fairdesk.jobs.read_and_written import written_over, wrong_place
from fairdesk.jobs.results import JobResult
from fairdesk.words import mark, tr

if TYPE_CHECKING:
    from fairdesk.clustering.records import Cluster
    from fairdesk.project import Project


def _verdict_options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--same", nargs=2, metavar=("A", "B"), help=tr("Two clusters are one person: they are merged"))
    one.add_argument("--different", nargs=2, metavar=("A", "B"), help=tr("Two clusters are two people"))
    one.add_argument(
        "--confirm",
        nargs="+",
        type=whole_number,
        metavar="FACE",
        help=tr(
            "These faces are the person of --cluster, or of the faces of --with. One face goes where most of the others are; "
            "several before --with are one person with them, and all are put together"
        ),
    )
    one.add_argument(
        "--not", nargs="+", type=whole_number, dest="reject", metavar="FACE",
        help=tr("These faces are not the person of --cluster, or of the faces of --with (then several are one other person)"),
    )  # fmt: skip
    one.add_argument(
        "--ignore",
        nargs="+",
        type=whole_number,
        metavar="FACE",
        help=tr("These faces are of no interest: leave them out"),
    )
    one.add_argument(
        "--unsure", nargs="+", type=whole_number, metavar="FACE",
        help=tr("Nobody can tell whether these faces are the person of --with: it is not asked again"),
    )  # fmt: skip
    parser.add_argument("--cluster", metavar="C", help=tr("The cluster's label or name"))
    parser.add_argument("--with", nargs="+", type=whole_number, dest="beside", metavar="FACE", help=tr("Other faces"))
    parser.add_argument("--version", type=whole_number, metavar="N", help=tr("Which clustering (default: the newest)"))


def _need_the_other_side(arguments: Namespace) -> None:
    """Raise `RequestError` where it is said twice whom faces are compared with, or where nothing is compared."""
    cluster, beside = arguments.cluster is not None, arguments.beside is not None
    if (cluster or beside) and not (arguments.confirm or arguments.reject or arguments.unsure):
        given = "--same" if arguments.same else "--different" if arguments.different else "--ignore"
        raise RequestError(
            tr(
                "{option} goes with --confirm, --not and --unsure alone: leave it out, {given} says all that it needs.",
                option="--cluster" if cluster else "--with",
                given=given,
            )
        )
    if arguments.unsure and cluster:
        raise RequestError(
            tr("--unsure compares faces with faces: leave --cluster out, and say with --with FACE .. which are meant.")
        )
    if cluster and beside:
        raise RequestError(
            tr(
                "--cluster and --with both say whom the faces are compared with: leave one of them out, they go not both."
            )
        )


def _whom(project: Project, version: int | None, arguments: Namespace) -> str:
    """Say what is missing where nobody says whom faces are compared with, and what to type instead."""
    from fairdesk.clustering.store import clusters, homes_of

    option = next(name for name in ("confirm", "reject", "unsure") if getattr(arguments, name))
    faces: list[int] = getattr(arguments, option)
    option = {"reject": "not"}.get(option, option)
    typed = f"--{option} {' '.join(map(str, faces))}"
    beside = tr("compare them with other faces: fairdesk verdict {project} {typed} --with FACE ..",
                project=shlex.quote(str(arguments.project)), typed=typed)  # fmt: skip
    if option == "unsure":
        return tr("{typed} does not say whom these faces are compared with. So {beside}", typed=typed, beside=beside)
    label = "C"
    if version is not None:
        homes = set(homes_of(project, version, faces).values())
        found = [one.label for one in clusters(project, version, list(homes)) if one.label >= 0] if homes else []
        label = str(found[0]) if len(found) == 1 else "C"
    return tr(
        "{typed} does not say whom these faces are compared with. Name a cluster: fairdesk verdict {project} {typed} --cluster {label}; "
        "or {beside}",
        typed=typed,
        project=shlex.quote(str(arguments.project)),
        label=label,
        beside=beside,
    )


def _verdict(arguments: Namespace) -> JobResult:
    from fairdesk.clustering.cluster_lookup import find_cluster
    from fairdesk.clustering.store import need_version, newest_version
    from fairdesk.clustering.verdicts import edits

    _need_the_other_side(arguments)
    with open_project(arguments.project) as project:
        if arguments.ignore and arguments.version is None:
            return edits.ignore(project, newest_version(project), arguments.ignore)
        if (
            not (arguments.same or arguments.different or arguments.ignore)
            and arguments.cluster is arguments.beside is None
        ):
            newest = newest_version(project) if arguments.version is None else need_version(project, arguments.version)
            raise RequestError(_whom(project, newest, arguments))
        version = need_version(project, arguments.version)
        if arguments.ignore:
            return edits.ignore(project, version, arguments.ignore)
        if arguments.same or arguments.different:
            a, b = (find_cluster(project, version, label) for label in arguments.same or arguments.different)
            return _same(project, version, a, b) if arguments.same else edits.say_different(project, a, b)
        if arguments.unsure:
            return edits.not_sure(project, arguments.unsure, arguments.beside)
        if arguments.beside:
            judge = edits.one_person if arguments.confirm else edits.two_people
            return judge(project, version, arguments.confirm or arguments.reject, arguments.beside)
        cluster = find_cluster(project, version, arguments.cluster)
        if arguments.confirm:
            return edits.confirm(project, version, arguments.confirm, cluster)
        return edits.reject(project, version, arguments.reject, cluster)


def _same(project: Project, version: int, a: Cluster, b: Cluster) -> JobResult:
    """Two clusters are one person; says which name is kept."""
    from fairdesk.clustering.store import clusters, faces_of
    from fairdesk.clustering.verdicts import edits
    from fairdesk.clustering.verdicts.lost_names import lost_names

    before = {one.id: faces_of(project, one.id) for one in (a, b)}
    done = edits.say_same(project, a, b)
    left = {one.id for one in clusters(project, version, [a.id, b.id])}
    keep, gone = (a, b) if a.id in left else (b, a)
    return done.model_copy(update={"names": lost_names(project, keep, [(gone, before[gone.id])])})


def _verdicts_options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--file", type=Path, metavar="CSV", help=tr("Add the verdicts of this file"))
    parser.add_argument("--out", type=new_file((".csv",)), metavar="CSV", help=tr("Write all verdicts to this file"))
    parser.add_argument("--remove", nargs="+", type=whole_number, metavar="N", help=tr("Remove these verdicts"))


def _verdicts(arguments: Namespace) -> JobResult:
    from fairdesk.clustering.verdicts.files import listed, read_verdicts, write_verdicts
    from fairdesk.project.verdicts import remove_verdicts

    why = written_over(arguments.out, [arguments.file]) or wrong_place(arguments.out, folder=False)
    if why is not None:
        raise RequestError(why)
    with open_project(arguments.project) as project:
        done: dict[str, Any] = {}
        if arguments.remove:
            done["removed"] = remove_verdicts(project, arguments.remove)
        if arguments.file is not None:
            read = read_verdicts(project, arguments.file)
            done |= read.model_dump(exclude={"summary", "verdicts", "contradictions"})  # these are listed below
        if arguments.out is not None:
            write_verdicts(project, arguments.out.expanduser().absolute())
            return listed(project, out=str(arguments.out), **done)
        return listed(project, **done)


def _suggestions_options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--version", type=whole_number, metavar="N", help=tr("Which clustering (default: the newest)"))
    parser.add_argument(
        "--limit", type=whole_number, default=20, metavar="N", help=tr("How many questions (default: 20)")
    )
    parser.add_argument(
        "--random",
        action="store_true",
        help=tr("Ask about faces drawn at random instead: how many are as thought says how far to trust the estimate"),
    )


def _suggestions(arguments: Namespace) -> JobResult:
    from fairdesk.clustering.review.suggestions import suggestions

    if arguments.limit < 1:
        raise RequestError(tr("--limit must be at least 1 (given: {limit}).", limit=arguments.limit))
    with open_project(arguments.project) as project, ConsoleContext(project) as context:

        def tell(done: int, of: int) -> None:
            context.check()
            context.progress(done, of, tr("steps"))

        return suggestions(project, arguments.version, arguments.limit, tell, drawn=arguments.random)


def _compare_options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("first", type=whole_number, metavar="A", help=tr("The number of a clustering"))
    parser.add_argument("second", type=whole_number, metavar="B", help=tr("The number of the other"))


def _compare(arguments: Namespace) -> JobResult:
    from fairdesk.clustering.comparison import compare_versions

    with open_project(arguments.project) as project:
        return compare_versions(project, arguments.first, arguments.second)


VERDICT_VERBS = [
    Verb(
        "compare-clusterings",
        mark("Compare two clusterings: what moved, and how alike they are"),
        _compare_options,
        _compare,
        keeps=False,
    ),
    Verb(
        "suggestions",
        mark("List the questions to a person that are worth most"),
        _suggestions_options,
        _suggestions,
        keeps=False,
    ),
    Verb(
        "verdict", mark("Say that clusters or faces are one person, two, or of no interest"), _verdict_options, _verdict
    ),
    Verb("verdicts", mark("List, write, read or remove verdicts"), _verdicts_options, _verdicts),
]
