"""The verb that lists clusterings, notes what a person says of one, goes back to one, and writes one as a file."""

from __future__ import annotations

import argparse
import time

from fairdesk import counted
from fairdesk.cli.job_verbs import add_project, open_project
from fairdesk.cli.options import new_file, whole_number
from fairdesk.cli.verb import Namespace, Verb
from fairdesk.clustering.params import CLUSTER_FILES
from fairdesk.errors import RequestError
from fairdesk.jobs.results import JobResult, Record
from fairdesk.words import mark, tr, tr_n


class ClusteringRow(Record):
    """One clustering."""

    id: int
    name: str
    method: str
    clusters: int
    faces: int
    bcubed_f1: float | None
    bcubed_f1_why: str | None = None
    known_faces: int | None = None
    """Of how many faces of known identity the figure is."""
    known_people: int | None = None
    """Of how many people these are."""
    created: float
    note: str
    hidden: int
    """Faces of hidden images: they stand in no other count."""
    out_of_date: str | None = None

    def text(self) -> str:
        """Return it as a line; the name begins with its number."""
        parts = [self.name, counted.clusters(self.clusters), counted.faces(self.faces)]
        if self.hidden:
            parts.append(tr_n("{n:,} hidden face beside them", "{n:,} hidden faces beside them", self.hidden))
        parts += [time.strftime("%Y-%m-%d %H:%M", time.localtime(self.created)), " ".join(self.note.split())]
        return "  ".join(part for part in parts if part)


class ClusteringsResult(JobResult):
    """A project's clusterings, the newest first."""

    clusterings: list[ClusteringRow]
    out: str | None = None
    written: int | None = None
    """Faces that were written to `out`."""
    verdicts: int | None = None
    """How many verdicts say something of the clustering that was gone back to."""
    verdicts_broken: int | None = None
    """Of these the ones that do not hold in it."""

    def text(self) -> str:
        """Return them, one a line."""
        from fairdesk.clustering.verdicts.reach import broken_line

        if self.out is not None:
            return tr_n("Wrote {n:,} face to {out}", "Wrote {n:,} faces to {out}", self.written or 0, out=self.out)
        listed = "\n".join(one.text() for one in self.clusterings) or tr("No clusterings yet.")
        if not self.verdicts_broken:
            return listed
        newest = self.clusterings[0].id
        about = broken_line(self.verdicts_broken, self.verdicts or 0)
        return "\n".join([listed, tr("Clustering {version}: {about}", version=newest, about=about)])


def _options(parser: argparse.ArgumentParser) -> None:
    add_project(parser)
    parser.add_argument("--version", type=whole_number, metavar="N", help=tr("Which clustering (default: the newest)"))
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--note", metavar="TEXT", help=tr("Note this on the clustering; an empty text takes the note away")
    )
    one.add_argument("--revert", action="store_true", help=tr("Go back to it: a copy of it becomes the newest"))
    one.add_argument(
        "--out", type=new_file(CLUSTER_FILES), metavar="FILE",
        help=tr("Write it, as it is corrected now, to a .json, .csv or .parquet file"),
    )  # fmt: skip


def _run(arguments: Namespace) -> JobResult:
    from fairdesk.clustering.files.cluster_files import write_clusters
    from fairdesk.clustering.quality_now import quality_now
    from fairdesk.clustering.store import need_version, note_version, revert_to, versions
    from fairdesk.clustering.verdicts.holding import holding_in

    with open_project(arguments.project) as project:
        if arguments.version is not None:
            need_version(project, arguments.version)
        written: dict[str, object] = {}
        if arguments.note is not None:
            note_version(project, need_version(project, arguments.version), arguments.note)
        elif arguments.revert:
            if arguments.version is None:
                raise RequestError(tr("Say with --version N which clustering to go back to."))
            holding = holding_in(project, revert_to(project, arguments.version))
            if holding.verdicts:
                written = {"verdicts": holding.verdicts, "verdicts_broken": holding.broken}
        elif arguments.out is not None:
            path = arguments.out.expanduser().absolute()
            count = write_clusters(project, need_version(project, arguments.version), path)
            written = {"out": str(path), "written": count}
        every = versions(project)
        found = {one.id: quality_now(project, one) for one in every}
        rows = [
            ClusteringRow(
                id=one.id,
                name=one.name,
                method=one.method,
                clusters=one.clusters,
                faces=one.faces,
                bcubed_f1=found[one.id].bcubed_f1,
                bcubed_f1_why=found[one.id].bcubed_f1_why,
                known_faces=found[one.id].known_faces,
                known_people=found[one.id].known_people,
                created=one.created,
                note=one.note,
                hidden=one.hidden,
                out_of_date=one.stale,
            )
            for one in every
        ]
        return ClusteringsResult.model_validate({"clusterings": rows, **written})


CLUSTERING_VERBS = [
    Verb(
        "clusterings",
        mark("List the clusterings; note something on one, go back to it, or write it as a file"),
        _options,
        _run,
    )
]
