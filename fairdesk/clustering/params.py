"""Parameters of the clustering jobs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from fairdesk.dataset.replaced_prefixes import HELP as PREFIX_HELP
from fairdesk.dataset.replaced_prefixes import check_rules
from fairdesk.jobs.fields import DETECTOR_UNSET, LINK, Endings, ExistingFile, NewFile, NewFolder, Offer, Pick, Unset
from fairdesk.jobs.params import FieldError, JobParams
from fairdesk.project.conditions import ids_condition
from fairdesk.project.detector_key import HELP as DETECTOR_HELP
from fairdesk.project.detector_key import detector_text
from fairdesk.words import tr, tr_n

DBSCAN_EPS = 0.5
PERPLEXITY = 30.0  # of t-SNE
CLUSTER_FILES = (".json", ".csv", ".tsv", ".parquet")


class ClusterParams(JobParams):
    """Cluster faces by similarity."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {
        "eps": ("method", ("dbscan", "graph")),
        "min_samples": ("method", ("dbscan", "hdbscan")),
        "n_clusters": ("method", ("hierarchical", "kmeans")),
        "linkage": ("method", ("hierarchical",)),
        "distance": ("method", ("hierarchical",)),
        "pca": ("method", ("hierarchical", "kmeans")),
        "seed": ("method", ("kmeans", "graph")),
    }
    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Method": ("linkage", "distance", "pca", "metric", "seed"),
        "Vectors": ("encoder", "detector"),
        "Output": ("out",),
    }

    encoder: Annotated[str | None, Offer.ENCODER, Unset("the newest")] = Field(
        None, title="Embedding model", description="Model whose embeddings are clustered"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    method: Literal["dbscan", "hierarchical", "kmeans", "hdbscan", "graph"] = Field(
        "dbscan",
        description="dbscan, hdbscan and graph (Chinese Whispers, for very many faces) find the number of clusters; "
        "hierarchical and kmeans are told it",
    )
    eps: Annotated[float | None, Unset("dbscan: 0.5; graph: from the data")] = Field(
        None, gt=0, le=1000, title="Epsilon", description="dbscan, graph: greatest distance of neighbours"
    )
    min_samples: int = Field(
        2,
        ge=1,
        le=1000,
        title="Minimum samples",
        description="dbscan: neighbours that make a core; hdbscan: smallest cluster",
    )
    n_clusters: Annotated[int | None, Unset("the number of identities")] = Field(
        None,
        ge=2,
        title="Number of clusters",
        description="hierarchical, kmeans: how many clusters",
    )
    linkage: Literal["ward", "average", "complete"] = Field(
        "ward", description="hierarchical: which distance two clusters have"
    )
    distance: Annotated[float | None, Unset("cut at the number of clusters")] = Field(
        None,
        gt=0,
        le=1_000_000,
        title="Distance to cut at",
        description="hierarchical: join clusters up to this distance (the linkage's, after PCA), instead of to a number of clusters",
    )
    pca: float = Field(
        0.95,
        gt=0,
        le=1,
        title="PCA share",
        description="hierarchical, kmeans: share of variance kept by PCA first; 1 keeps all",
    )
    metric: Annotated[Literal["euclidean", "cosine"] | None, Unset("what the embedding model is for")] = Field(
        None,
        description="How embeddings are compared; cosine scales them to length 1 first, so that a distance d stands for a cosine of 1 - d²/2",
    )
    seed: int = Field(0, ge=0, description="kmeans, graph: random seed")
    vectors: Annotated[Path | None, Pick.FILE] = Field(
        None, title="Embeddings file", description="Cluster an .npz of embeddings instead of a project"
    )
    out: Annotated[Path | None, Pick.NEW_FILE, Endings(CLUSTER_FILES)] = Field(
        None,
        title="Output",
        description="Also write it: {label: [image path, ...]} as .json, or a row a face as .csv or .parquet",
    )

    _known_detector = field_validator("detector")(detector_text)

    def about(self, asked: int) -> str:
        """Name method and parameters in a few words; so many clusters were asked for, or came of a method that is not told."""
        number = tr_n("{n:,} cluster", "{n:,} clusters", asked)
        eps = f"{DBSCAN_EPS if self.eps is None else self.eps:.4g}"
        text = {
            "dbscan": f"dbscan {eps}, {self.min_samples}",
            "graph": f"graph {eps}",
            "hdbscan": f"hdbscan {self.min_samples}",
            "kmeans": f"kmeans, {number}",
            "hierarchical": f"{self.linkage}, {number if self.distance is None else f'{self.distance:g}'}",
        }[self.method]
        cut = self.method == "hierarchical" and self.distance is not None  # a distance means nothing without it
        other = self.pca != type(self).model_fields["pca"].default
        if self.method in ("kmeans", "hierarchical") and (other or (cut and self.pca < 1)):
            text += f", pca {self.pca:g}"
        return text if self.metric is None else f"{text}, {self.metric}"

    @model_validator(mode="after")
    def _minimum(self) -> ClusterParams:
        if self.method == "hdbscan" and self.min_samples < 2:
            raise ValueError(tr("hdbscan needs --min-samples of at least 2"))
        if self.distance is not None and self.n_clusters is not None:
            raise ValueError(tr("say either how many clusters or the distance to cut at, not both"))
        if self.vectors is not None and self.detector is not None:
            raise ValueError(tr("a file of embeddings is clustered as it is: leave the detector out"))
        return self


class EpsParams(JobParams):
    """List what each greatest distance of neighbours (epsilon of dbscan) comes to, from one computation."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Vectors": ("encoder", "detector", "metric")}

    encoder: Annotated[str | None, Offer.ENCODER, Unset("the newest")] = Field(
        None, title="Embedding model", description="Model whose embeddings are compared"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    min_samples: int = Field(
        2,
        ge=1,
        le=17,
        title="Minimum samples",
        description="dbscan: neighbours that make a core, the face itself counted",
    )
    steps: int = Field(40, ge=2, le=500, description="About how many values to list")
    metric: Annotated[Literal["euclidean", "cosine"] | None, Unset("what the embedding model is for")] = Field(
        None, description="How embeddings are compared; cosine scales them to length 1 first"
    )
    vectors: Annotated[Path | None, Pick.FILE] = Field(
        None, title="Embeddings file", description="Look at an .npz of embeddings instead of a project"
    )

    _known_detector = field_validator("detector")(detector_text)

    @model_validator(mode="after")
    def _of_a_file(self) -> EpsParams:
        if self.vectors is not None and self.detector is not None:
            raise ValueError(tr("a file of embeddings is taken as it is: leave the detector out"))
        return self


class LoadClustersParams(JobParams):
    """Read clusters from a file as a new version beside the others."""

    file: ExistingFile = Field(
        description="{label: [image path, ...]} as .json, or a .csv or .parquet with the columns path, cluster and perhaps name"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, Unset("those shown in the window")] = Field(
        None, description="Detector whose faces the images stand for"
    )
    replace_prefix: Annotated[list[str] | None, Unset("take the paths as they stand")] = Field(
        None, title="Replace prefix", description=PREFIX_HELP
    )

    _known_detector = field_validator("detector")(detector_text)
    _rules = field_validator("replace_prefix")(check_rules)


class MosaicParams(JobParams):
    """Export the faces of a cluster, of each cluster, or chosen ones as a mosaic."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Sheet": ("tile", "columns", "rows", "captions"),
        "Faces": ("faces", "sample", "seed"),
    }

    cluster: Annotated[str | None, Unset("the faces that are named")] = Field(
        None, description="Label of the cluster; -1 is the unclustered faces; all: a file for each cluster"
    )
    faces: Annotated[str | None, Unset("all of the cluster")] = Field(
        None, description="Only these faces of the project, by number: 3-9,12"
    )
    out: Annotated[NewFile, Endings((".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".pdf"))] = Field(
        title="Output", description="Image file to write; with several clusters, NAME-LABEL"
    )
    file: Annotated[Path | None, Pick.FILE] = Field(
        None,
        title="Cluster file",
        description="Clusters to take it from instead of the project: .json, .csv or .parquet",
    )
    replace_prefix: Annotated[list[str] | None, Unset("take the paths as they stand")] = Field(
        None, title="Replace prefix", description=PREFIX_HELP
    )
    version: Annotated[int | None, Offer.VERSION, Unset("the newest")] = Field(
        None, description="Which clustering of the project"
    )
    tile: int = Field(96, ge=16, le=512, title="Tile size", description="Side of a tile in pixels")
    columns: int = Field(5, ge=1, le=100, description="Tiles in a row")
    rows: Annotated[int | None, Unset("as many as needed")] = Field(
        None, ge=1, description="Rows of a sheet; more faces make more files"
    )
    captions: bool = Field(False, description="Write below each face whose it is, or its file's name")
    sample: Annotated[int | None, Unset("all")] = Field(
        None, ge=1, description="Only so many faces of a cluster, drawn at random"
    )
    seed: int = Field(0, ge=0, description="sample: random seed")

    _rules = field_validator("replace_prefix")(check_rules)

    @field_validator("out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("faces")
    @classmethod
    def _numbers(cls, value: str | None) -> str | None:
        if value is not None:
            read_numbers(value)
        return value

    @model_validator(mode="after")
    def _of_what(self) -> MosaicParams:
        need_file(self.replace_prefix, self.file)
        if self.cluster is None and self.faces is None:
            raise FieldError("cluster", tr("say which cluster, or which faces"))
        if self.faces is not None and (self.file is not None or self.cluster == "all"):
            raise FieldError("faces", tr("are those of a project, of one cluster or of any"))
        return self


def need_file(rules: list[str] | None, file: Path | None) -> None:
    """Refuse a rule for the paths of a cluster file where there is none."""
    if rules and file is None:
        raise FieldError("replace_prefix", tr("is for the paths of a cluster file: name that too"))


_MOST_NUMBERS = 10_000_000


def read_numbers(text: str) -> list[int]:
    """Return the numbers of 3-9,12. Raises `ValueError`."""
    found: dict[int, None] = {}
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            raise ValueError(tr("must be numbers: 3-9,12"))
        if len(first) > 15 or len(last) > 15:
            raise ValueError(tr("must be numbers of faces: there are none as large as that"))
        begin, end = int(first), int(last or first)
        if end < begin:
            raise ValueError(tr("must be from the smaller number to the larger: {end}-{begin}", end=end, begin=begin))
        if end - begin + len(found) >= _MOST_NUMBERS:
            raise ValueError(tr("must be no more than {n:,} numbers", n=_MOST_NUMBERS))
        found |= dict.fromkeys(range(begin, end + 1))
    return list(found)


def written_numbers(numbers: Iterable[int]) -> str:
    """Return numbers as `read_numbers` reads them."""
    return ids_condition(numbers).removeprefix("ids=")


class FoldersParams(JobParams):
    """Write one folder per identity (or cluster) that holds links to its images, or copies."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {"Choice": ("version", "unclustered"), "Writing": ("copy_files",)}

    out: NewFolder = Field(title="Output", description="The folder to write")
    file: Annotated[Path | None, Pick.FILE] = Field(
        None,
        title="Cluster file",
        description="Clusters to take them from instead of the project: .json, .csv or .parquet",
    )
    replace_prefix: Annotated[list[str] | None, Unset("take the paths as they stand")] = Field(
        None, title="Replace prefix", description=PREFIX_HELP
    )
    by: Literal["cluster", "identity"] = Field(
        "cluster", title="Folder for each", description="A folder for each cluster, or for each identity as labelled"
    )
    version: Annotated[int | None, Offer.VERSION, Unset("the newest")] = Field(
        None, description="Which clustering of the project"
    )
    copy_files: Annotated[bool, LINK] = Field(
        False, alias="copy", title="Copy the files", description="Copy the files instead of linking to them"
    )
    unclustered: bool = Field(False, description="Also write the unclustered faces, in the folder -1")
    dry_run: bool = Field(False, description="Only show what would be written")

    model_config = ConfigDict(populate_by_name=True)

    _rules = field_validator("replace_prefix")(check_rules)

    @field_validator("out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _of_what(self) -> FoldersParams:
        need_file(self.replace_prefix, self.file)
        return self


class MapParams(JobParams):
    """Lay faces out on a map where those that look alike lie near each other."""

    only_for: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {
        "perplexity": ("method", ("tsne",)),
        "seed": ("method", ("tsne",)),
    }
    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Method": ("perplexity", "seed"),
        "Vectors": ("encoder", "detector"),
        "Output": ("out", "colour_by"),
    }

    method: Literal["pca", "tsne"] = Field(
        "tsne",
        description="pca: the two directions that differ most, at once; tsne: keeps neighbours together, in minutes",
    )
    version: Annotated[int | None, Offer.VERSION, Unset("the newest")] = Field(
        None, description="Which clustering of the project"
    )
    perplexity: float = Field(
        PERPLEXITY, ge=2, le=200, description="tsne: about how many neighbours of each face are kept together"
    )
    seed: int = Field(0, ge=0, description="tsne: random seed")
    encoder: Annotated[str | None, Offer.VECTORS, Unset("that of the clustering")] = Field(
        None, title="Embedding model", description="Model whose embeddings are laid out, instead of a clustering's"
    )
    detector: Annotated[str | None, Offer.FOUND_BY, DETECTOR_UNSET] = Field(None, description=DETECTOR_HELP)
    out: Annotated[
        Path | None,
        Pick.NEW_FILE,
        Endings((".csv", ".parquet", ".png")),
        Unset("the map is kept with the project alone"),
    ] = Field(None, title="Output", description="Also write it: .csv or .parquet (a row a face), or .png")
    colour_by: Literal["cluster", "identity", "group", "verdict"] = Field(
        "cluster", title="Colour by", description="What the colours of a .png mean"
    )

    _known_detector = field_validator("detector")(detector_text)

    @field_validator("out")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @model_validator(mode="after")
    def _one_of_both(self) -> MapParams:
        if self.version is not None and (self.encoder is not None or self.detector is not None):
            raise ValueError(
                tr("a clustering has embeddings of its own: say which clustering or which embeddings, not both")
            )
        return self
