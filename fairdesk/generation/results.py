"""What the generation jobs return."""

from __future__ import annotations

from pydantic import Field

from fairdesk.jobs.results import JobResult, NamesVectors, NextStep, Record, Unreadable
from fairdesk.jobs.wording import listed
from fairdesk.learning.results import TrainingResult
from fairdesk.project.quality import Quality
from fairdesk.words import tr


class TrainGanResult(TrainingResult):
    """A trained GAN."""

    labels: list[str]
    seed: int
    precision: str
    synthetic_images: int
    shown_only: int
    """Images that are in sample grids and not trained on."""
    left_out: list[Unreadable]
    processes: int


class GenerateResult(JobResult):
    """Synthetic faces that were generated."""

    images: int
    identities: int
    out: str
    seed: int
    device: str

    def next_steps(self) -> list[NextStep]:
        """Return that they can be reviewed."""
        return [NextStep.REVIEW]


class InterpolateResult(JobResult):
    """Synthetic faces from one to the next."""

    out: str
    pictures: int
    seed: int


class TranslateResult(JobResult):
    """Translated faces."""

    images: int
    out: str
    unreadable: list[Unreadable]
    left_out: list[Unreadable]
    device: str
    recipes: dict[str, str]
    """How each direction was run."""

    def next_steps(self) -> list[NextStep]:
        """Return that they can be reviewed."""
        return [NextStep.REVIEW]


class FeatureFigures(Record):
    """Distances between real and synthetic faces in an encoder's features; too few images give the reason alone."""

    real: int | None = None
    made: int | None = None
    fid: float | None
    fid_why: str | None = None
    kid: float | None = None
    kid_std: float | None = None
    fid_real: float | None = None
    fid_real_of: str | None = None
    diversity_real: float | None = None
    diversity_made: float | None = None
    precision: float | None = None
    precision_why: str | None = None
    recall: float | None = None
    recall_why: str | None = None


class NearestPair(Record):
    """A synthetic face and the real one nearest to it."""

    a: str
    b: str
    distance: float
    correlation: float
    is_copy: bool = Field(alias="copy")


class AssessResult(JobResult, FeatureFigures):
    """How good synthetic faces are beside real ones."""

    encoder: str
    detector: str
    seed: int
    nearest: list[NearestPair]
    copies: int
    nearer_than_real: int
    real_nearest_1_percent: float
    unreadable: list[Unreadable]
    groups: dict[str, FeatureFigures]

    def next_steps(self) -> list[NextStep]:
        """Return that the nearest pairs can be looked at."""
        return [NextStep.SHOW_PAIRS]


class ReviewedFace(Record):
    """One synthetic face and what was found of it."""

    path: str
    why: list[str]
    """Reasons against it; empty: it passes."""
    nearest: str | None
    nearest_path: str | None
    distance: float | None
    source_distance: float | None
    group: str | None
    group_share: float | None
    group_share_why: str | None
    quality: Quality | None


class GroupShare(Record):
    """The share of a group's nearest real people that are of it: of its synthetic faces, and of its real people."""

    made: float
    real: float | None


class ReviewResult(JobResult, NamesVectors):
    """Which synthetic faces pass, and why the others do not."""

    made: str
    faces: list[ReviewedFace] = []
    passed: int | None = None
    rejected: int | None = None
    limit: float | None = None
    reasons: dict[str, int] = {}
    groups: dict[str, GroupShare] = {}
    imported: int
    left_out: list[Unreadable] = []
    missing: int = 0
    """Files that were chosen and no longer exist, or carry no mark."""
    compared_with: int | None = None
    real_without_vector: int | None = None

    def text(self) -> str:
        """Return the counts, and why faces were rejected."""
        rejected = [f"{face.path}: {'; '.join(face.why)}" for face in self.faces if face.why]
        return "\n".join([self.summary, *self.vector_lines(), *listed(tr("Rejected"), rejected)])

    def next_steps(self) -> list[NextStep]:
        """Return that the faces can be looked at."""
        return [NextStep.SHOW_REVIEW] if self.faces else []


class ContainerResult(JobResult):
    """A container that ended."""

    image: str
    exit_code: int
    lines: int
