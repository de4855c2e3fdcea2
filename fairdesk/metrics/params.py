"""Parameters of the metrics jobs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from fairdesk.jobs.fields import (
    DETECTOR_UNSET,
    ColumnsOf,
    Endings,
    ExistingFile,
    ExistingPath,
    NewFile,
    Offer,
    Pick,
    Unset,
)
from fairdesk.jobs.params import FieldError, JobParams
from fairdesk.metrics.pair_lists.columns import parse_columns
from fairdesk.metrics.pair_lists.writing import Format
from fairdesk.metrics.scores.score_tables import parse_score_columns
from fairdesk.project.detector_key import HELP as DETECTOR_HELP
from fairdesk.project.detector_key import detector_text
from fairdesk.words import tr

_COLUMNS_HELP = "Columns of a table whose names do not tell: path1=FILE_A,path2=FILE_B,label=SAME,group1=RACE_A"


def _columns(value: list[str] | None) -> list[str] | None:
    parse_columns(value or [])
    return value


class PairsParams(JobParams):
    """Create a list of genuine and impostor pairs, or convert one."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "List": ("format", "folds", "seed"),
        "Images": ("only_set", "synthetic"),
    }

    genuine: int = Field(
        3000,
        ge=0,
        le=50_000_000,
        title="Genuine pairs",
        description="Genuine pairs (same identity), spread evenly over identities",
    )
    impostor: int = Field(
        3000,
        ge=0,
        le=50_000_000,
        title="Impostor pairs",
        description="Impostor pairs (different identities), spread evenly over identities",
    )
    out: Annotated[Path | None, Pick.NEW_FILE, Unset("exports/lists in the project")] = Field(
        None, title="Output", description="File to write"
    )
    format: Format = Field(
        "csv",
        description="csv: with subjects and groups; pairs, insightface-txt: the text `path1 path2 1`; lfw, rfw: names and numbers; "
        "bfw: its data table; cplfw: two lines a pair; insightface-bin: the faces themselves",
    )
    within_group: bool = Field(False, description="Impostor pairs only within a group")
    folds: int = Field(1, ge=1, le=1000, description="Blocks for cross-validation")
    seed: int = Field(1, ge=0, description="Random seed; the same seed gives the same list")
    synthetic: bool = Field(False, title="Include synthetic", description="Include images marked synthetic")
    only_set: Annotated[str | None, Offer.SET] = Field(
        None, alias="set", title="Set", description="Only images of this set"
    )
    folder: Annotated[Path | None, Pick.FOLDER] = Field(None, description="Use a folder instead of a project")
    from_list: Annotated[Path | None, Pick.EITHER] = Field(
        None,
        alias="from",
        title="List to convert",
        description="Convert this list instead (LFW, RFW, BFW, CFP, AgeDB, CALFW, CPLFW, InsightFace, IJB, text, CSV, Parquet); "
        "with a project, its paths become those of the project's images",
    )
    columns: Annotated[list[str] | None, ColumnsOf("from_list", "pairs")] = Field(
        None, title="Column names", description=_COLUMNS_HELP
    )

    model_config = JobParams.model_config | {"populate_by_name": True}

    _known_columns = field_validator("columns")(_columns)

    @field_validator("out", "folder", "from_list")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @model_validator(mode="after")
    def _together(self) -> PairsParams:
        if self.columns and self.from_list is None:
            raise FieldError("columns", tr("are those of a list that is converted: give it with --from"))
        given = self.model_fields_set & {"genuine", "impostor", "within_group", "folds", "only_set"}
        if self.from_list is not None and any(
            getattr(self, name) != type(self).model_fields[name].default for name in given
        ):
            raise FieldError("from_list", tr("takes all pairs of the list as they are; leave the numbers of pairs out"))
        return self

    @property
    def mapping(self) -> dict[str, str]:
        """Columns by field."""
        return parse_columns(self.columns or [])


SCORE_ENDINGS = (".npz", ".csv", ".parquet", ".txt")


class ScoreParams(JobParams):
    """Compare the two faces of each pair by their embeddings."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Models": ("also", "metric"), "Table": ("columns",)}

    pairs: ExistingPath = Field(title="Pair list", description="The pair list, of any format")
    encoder: Annotated[str, Offer.VECTORS] = Field(
        "dlib", title="Embedding model", description="Model whose embeddings are compared"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    also: list[str] | None = Field(
        None, title="More models", description="More embedding models to score with, each into a file of its own"
    )
    metric: Literal["own", "cosine", "euclidean"] = Field(
        "own", title="Compared by", description="own: as the model's embeddings are meant to be compared"
    )
    out: Annotated[Path | None, Pick.NEW_FILE, Endings(SCORE_ENDINGS), Unset("exports/scores in the project")] = Field(
        None, title="Output", description="File to write: .npz, .csv, .parquet or .txt"
    )
    columns: Annotated[list[str] | None, ColumnsOf("pairs", "pairs")] = Field(
        None, title="Column names", description=_COLUMNS_HELP
    )

    _known_detector = field_validator("detector")(detector_text)
    _known_columns = field_validator("columns")(_columns)

    @property
    def mapping(self) -> dict[str, str]:
        """Columns of the list by field."""
        return parse_columns(self.columns or [])

    @field_validator("pairs", "out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()


LEAST_DRAWS = 20
"""With fewer, no 2.5 % of them can be told."""


def _draws(value: int | None) -> int | None:
    """Refuse draws that are too few for an interval."""
    if value and value < LEAST_DRAWS:
        raise ValueError(
            tr("too few draws for an interval: give {n} or more (1000 are usual), or 0 for no draws", n=LEAST_DRAWS)
        )
    return value


DrawCount = Annotated[
    int | None, Field(ge=0, le=100_000, title="Draws of subjects"), AfterValidator(_draws), Unset("1000")
]
"""How many draws intervals are made of."""


LabelsOf = Annotated[
    Path | None,
    Pick.FOLDER,
    Unset("the list's own labels"),
    Field(
        title="Labels of the project",
        description="A project whose labels set by people, and comparisons left out, are taken into account",
    ),
]
"""Whose corrections scores follow."""


def _score_columns(value: str | None) -> str | None:
    if value is not None:
        parse_score_columns(value)
    return value


ScoreColumns = Annotated[
    str | None,
    AfterValidator(_score_columns),
    Unset("their own names, BFW's or bob's"),
    Field(
        title="Columns",
        description="Which columns (or arrays) are what, such as score=similarity,label=same,group1=race1",
    ),
]
"""Which column of a table of scores is what."""


ReportLanguage = Annotated[
    Literal["en", "es"] | None,
    Unset("the program's own"),
    Field(title="Language of the report", description="Language of the report"),
]
ReportDate = Annotated[
    str | None,
    Unset("none, so that the same scores give the same report"),
    Field(title="Date in the report", description="The date that the report bears, as it is typed"),
]
LabelSource = Annotated[
    str | None,
    Field(
        title="Source of group labels",
        description="How group labels came about: self-reported, annotated, predicted",
    ),
]
_REPORT = ("language", "date", "label_source")
"""What every report may be told."""


_GROUPED = ("group", "gender", "age", "group+gender", "group+age", "gender+age", "group+gender+age")
"""By what error rates are told for each group, at one threshold."""


By = Literal["none", "group", "gender", "age", "group+gender", "group+age", "gender+age", "group+gender+age"]


class EvaluateParams(JobParams):
    """Compute error rates from scores, overall and for each group."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = dict.fromkeys(
        ("threshold_from", "alpha"), ("by", _GROUPED)
    )
    refused: ClassVar[frozenset[str]] = frozenset(("threshold_from", "alpha"))
    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "File": ("columns", "impostor", "distance", "labels_of"),
        "Protocol": ("folds", "insightface"),
        "Intervals": ("alpha", "bootstrap", "seed"),
        "Report": _REPORT,
    }

    scores: ExistingFile = Field(description="Scores: .npz, .csv, .parquet or text")
    columns: ScoreColumns = None
    impostor: Annotated[Path | None, Pick.FILE] = Field(
        None,
        title="Impostor scores",
        description="A second text file of impostor scores, where the first holds genuine ones only (pyeer)",
    )
    by: By = Field(
        "none", description="group: error rates for each group and fairness figures; or by gender, age, and together"
    )
    at: str = Field(
        "fmr=1e-3",
        title="Operating point",
        description="Threshold for all groups, or for all comparisons: eer, fmr=1e-3 or threshold=0.5",
    )
    threshold_from: str = Field(
        "all", description="The pairs the threshold is taken from: all, within-group or group:NAME"
    )
    alpha: float = Field(
        0.5, ge=0, le=1, title="FMR weight (alpha)", description="Weight of FMR against FNMR in FDR, IR and GARBE"
    )
    bootstrap: DrawCount = Field(
        None,
        description="Draws of subjects (of pairs, where the scores name none) for the intervals; 0: Wilson intervals over pairs alone, which are too narrow",
    )
    distance: bool = Field(
        False, title="Scores are distances", description="The scores are distances (small means similar)"
    )
    folds: Annotated[int | None, Unset("the file's own folds, where it has some")] = Field(
        None,
        ge=2,
        le=1000,
        title="Folds",
        description="Accuracy over so many folds: consecutive blocks of the list, or of each group's part of it",
    )
    labels_of: LabelsOf = None
    insightface: bool = Field(
        False,
        title="InsightFace's rules too",
        description="Also TAR at the nearest FAR and accuracy over folds by InsightFace's rules, to compare with its tables",
    )
    seed: int = Field(1, ge=0, description="Random seed of the draws of subjects")
    out: Annotated[Path | None, Pick.NEW_FOLDER] = Field(
        None, title="Output", description="Folder for the report: HTML, PDF, plots, tables (CSV, LaTeX)"
    )
    language: ReportLanguage = None
    date: ReportDate = None
    label_source: LabelSource = None

    @field_validator("scores", "out", "impostor", "labels_of")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    def named_columns(self) -> dict[str, str] | None:
        """Return the columns of a table that are called otherwise: ours to theirs."""
        return None if self.columns is None else parse_score_columns(self.columns)

    @field_validator("at")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == "eer":
            return value
        match = re.fullmatch(r"(fmr|threshold)=(.+)", value)
        try:
            number = float(match[2]) if match else None
        except ValueError:
            number = None
        if match is None or number is None or number != number:
            raise ValueError(tr("must be eer, fmr=NUMBER (such as fmr=1e-3) or threshold=NUMBER"))
        if abs(number) == float("inf") and "inf" not in match[2].casefold():
            raise ValueError(tr("{text} is too large for a number", text=match[2]))
        if match[1] == "fmr" and not 0 <= number <= 1:
            raise ValueError(tr("an FMR lies between 0 and 1"))
        return value

    @property
    def target_fmr(self) -> float | None:
        """The FMR that the threshold is set for, or None."""
        return float(self.at[4:]) if self.at.startswith("fmr=") else None

    @field_validator("threshold_from")
    @classmethod
    def _source(cls, value: str) -> str:
        if value not in ("all", "within-group") and not (value.startswith("group:") and len(value) > 6):
            raise ValueError(tr("must be all, within-group or group:NAME"))
        return value


class CompareScoresParams(JobParams):
    """Compare two models over the same list: differences of every figure, with intervals."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Report": _REPORT}

    first: ExistingFile = Field(description="Scores of the first model")
    second: ExistingFile = Field(description="Scores of the second model over the same comparisons")
    at: str = Field(
        "fmr=1e-3",
        title="Operating point",
        description="Threshold of each model for all groups: eer, fmr=1e-3 or threshold=0.5",
    )
    by: By = Field(
        "group",
        description="The groups that are compared, where the scores name them; or by gender, age, and together",
    )
    threshold_from: str = Field(
        "all", description="The pairs the thresholds are taken from: all, within-group or group:NAME"
    )
    alpha: float = Field(
        0.5, ge=0, le=1, title="FMR weight (alpha)", description="Weight of FMR against FNMR in FDR, IR and GARBE"
    )
    bootstrap: DrawCount = Field(None, description="Draws of subjects for the intervals; 0: none")
    distance: bool = Field(
        False, title="The first are distances", description="The first scores are distances (small means similar)"
    )
    second_distance: bool = Field(
        False, title="The second are distances", description="The second scores are distances (small means similar)"
    )
    columns: ScoreColumns = None
    second_columns: Annotated[str | None, AfterValidator(_score_columns), Unset("those of the first")] = Field(
        None, title="Columns of the second", description="The columns of the second file, where they are others"
    )
    labels_of: LabelsOf = None
    seed: int = Field(1, ge=0, description="Random seed of the draws of subjects")
    out: Annotated[Path | None, Pick.NEW_FOLDER] = Field(
        None, title="Output", description="Folder for the report: HTML, PDF, plots, tables (CSV, LaTeX)"
    )
    language: ReportLanguage = None
    date: ReportDate = None
    label_source: LabelSource = None

    @field_validator("first", "second", "out", "labels_of")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    def evaluation(self, *, grouped: bool) -> EvaluateParams:
        """Return how each model is evaluated."""
        return EvaluateParams(
            scores=self.first, by=self.by if grouped else "none", at=self.at, threshold_from=self.threshold_from,
            alpha=self.alpha, bootstrap=self.bootstrap, seed=self.seed,
        )  # fmt: skip

    @field_validator("at")
    @classmethod
    def _point(cls, value: str) -> str:
        return EvaluateParams._known(value)

    @field_validator("threshold_from")
    @classmethod
    def _pairs(cls, value: str) -> str:
        return EvaluateParams._source(value)


class AllPairsParams(JobParams):
    """Compare every two faces of the project: exact counts at every TAR point, block by block."""

    encoder: Annotated[str, Offer.VECTORS] = Field(
        "dlib", title="Embedding model", description="Model whose embeddings are compared"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    metric: Literal["own", "cosine", "euclidean"] = Field(
        "own", title="Compared by", description="own: as the model's embeddings are meant to be compared"
    )
    at: Literal["0.1", "0.01", "0.001", "0.0001", "0.00001", "0.000001"] = Field(
        "0.001",
        title="Operating point",
        description="FMR of all impostor comparisons that sets the threshold of the groups",
    )
    out: Annotated[Path | None, Pick.NEW_FOLDER] = Field(
        None, title="Output", description="Folder for the counts (JSON) and the histogram (CSV)"
    )

    _known_detector = field_validator("detector")(detector_text)

    @field_validator("out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()


class IdentifyParams(JobParams):
    """Compute identification rates: who is found in a gallery, and who is taken for another."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Report": _REPORT}

    scores: ExistingFile = Field(
        description="Scores of a search: .npz with scores (probes, gallery), probe_subject, gallery_subject, probe_group"
    )
    by: Literal["none", "group"] = Field("none", description="group: the rates of each group of probes")
    bootstrap: DrawCount = Field(
        None,
        description="Draws of the probes' subjects for the intervals; 0: Wilson intervals over probes, which are too narrow",
    )
    distance: bool = Field(
        False, title="Scores are distances", description="The scores are distances (small means similar)"
    )
    seed: int = Field(1, ge=0, description="Random seed of the draws of subjects")
    out: Annotated[Path | None, Pick.NEW_FOLDER] = Field(
        None, title="Output", description="Folder for the report: HTML, PDF, plots, tables (CSV, LaTeX)"
    )
    language: ReportLanguage = None
    date: ReportDate = None
    label_source: LabelSource = None

    @field_validator("scores", "out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()


class NormaliseParams(JobParams):
    """Normalise scores by group: learned on some subjects, applied to others."""

    scores: ExistingFile = Field(description="Scores that name groups: .npz, .csv or .parquet")
    out: Annotated[NewFile, Endings((".npz", ".csv", ".parquet"))] = Field(
        title="Output", description="File to write: .npz, .csv or .parquet"
    )
    method: Literal["threshold", "zscore"] = Field(
        "threshold",
        description="threshold: every group reaches the FMR at one threshold; zscore: same mean and deviation of impostor scores",
    )
    fmr: str = Field("0.01", title="FMR", description="Target false match rate of every group")
    learn_from: Annotated[Path | None, Pick.FILE, Unset("part of these subjects")] = Field(
        None, description="Scores of other people to learn from"
    )
    share: float = Field(
        0.5,
        gt=0,
        lt=1,
        title="Share to learn from",
        description="Share of each group's people to learn from; they are left out of the result",
    )
    distance: bool = Field(
        False, title="Scores are distances", description="The scores are distances (small means similar)"
    )
    columns: ScoreColumns = None
    labels_of: LabelsOf = None
    seed: int = Field(1, ge=0, description="Random seed; the same seed learns from the same people")

    @field_validator("scores", "out", "learn_from", "labels_of")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("fmr")
    @classmethod
    def _rate(cls, value: str) -> str:
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 < number < 1:
            raise ValueError(tr("an FMR lies between 0 and 1, such as 0.01"))
        return value
