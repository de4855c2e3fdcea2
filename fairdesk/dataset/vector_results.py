"""What writing and reading embeddings returns."""

from __future__ import annotations

from fairdesk import counted
from fairdesk.faces.originals_told import TellsOfOriginals, cautions_of, unread_lines
from fairdesk.jobs.results import Caution, JobResult, RestsOnVectors, Unreadable
from fairdesk.project.recipes import named_encoder
from fairdesk.project.vector_choice import without_checksum
from fairdesk.words import tr, tr_n


class VectorsResult(TellsOfOriginals, RestsOnVectors):
    """Embeddings that were written to a file."""

    out: str
    vectors: int
    dim: int
    unchecked: int = 0
    """Those without a checksum that can be trusted: if their numbers were overwritten, nobody would notice."""
    unchecked_remedy: str = ""
    """What gives them one."""
    synthetic: int | None = None
    hidden: int | None = None
    """Those of hidden images, which are told apart in the file."""
    changed: list[str] = []
    """Originals that are other files now than those that were imported: the embeddings may be of either."""
    damaged: list[Unreadable] = []
    """Originals that are there and cannot be read any more, each with why."""
    missing_paths: list[str] = []
    """Originals that are not where they were; what was made of them before stays."""

    def text(self) -> str:
        """Return count, size and place."""
        said = tr(
            "{vectors} of dimension {dim} in {out}",
            vectors=counted.embeddings(self.vectors),
            dim=self.dim,
            out=self.out,
        )
        if self.encoder is not None:
            said += " " + tr(
                "(encoder {encoder}, detector {detector})",
                encoder=named_encoder(self.encoder, self.precision, self.mirrored, self.scaling),
                detector=self.detector,
            )
        return "\n".join(
            [
                said,
                *self._of_hidden(),
                *self._of_unchecked(),
                *unread_lines([], self.changed, self.damaged, self.missing_paths),
            ]
        )

    def _of_hidden(self) -> list[str]:
        if not self.hidden:
            return []
        said = tr_n("{n:,} of these is of a hidden image.", "{n:,} of these are of hidden images.", self.hidden)
        if not self.out.lower().endswith(".json"):  # the original scripts' list has no room for it
            said += " " + tr("“hidden” in the file tells which.")
        return [said]

    def _of_unchecked(self) -> list[str]:
        return [f"{without_checksum(self.unchecked)} {self.unchecked_remedy}".strip()] if self.unchecked else []

    def caution_parts(self) -> list[Caution]:
        """Say which embeddings have no checksum or are of hidden images, and which originals are other files now."""
        return cautions_of(
            [], self.changed, [*self._of_hidden(), *self._of_unchecked()], self.damaged, self.missing_paths
        )


class LoadEncodingsResult(JobResult, RestsOnVectors):
    """Encodings of a file that are embeddings of the project now."""

    vectors: int
    new_faces: int
    dim: int
    left_out: list[Unreadable]

    def text(self) -> str:
        """Return what was read, and how to use it."""
        lines = [
            tr(
                "{vectors} of dimension {dim}, kept as encoder {encoder} of the faces of {detector} ({new:,} faces are new).",
                vectors=counted.embeddings(self.vectors),
                dim=self.dim,
                encoder=self.encoder,
                detector=self.detector,
                new=self.new_faces,
            )
        ]
        if self.left_out:
            first = self.left_out[0]
            lines.append(
                tr_n(
                    "{n:,} path is left out: {path} ({why})",
                    "{n:,} paths are left out; the first: {path} ({why})",
                    len(self.left_out),
                    path=first.path,
                    why=first.why,
                )
            )
        return "\n".join(lines)
