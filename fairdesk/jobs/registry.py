"""Every job there is: its title, its parameter model and its function, both named as strings.

Strings, so that reading this list imports no model library; the worker resolves them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from fairdesk.errors import RequestError
from fairdesk.jobs.lanes import Lane
from fairdesk.jobs.params import JobParams

JobFunction = Callable[[Any, Any], dict[str, Any]]


@dataclass(frozen=True)
class JobKind:
    """One kind of job."""

    name: str
    title: str  # imperative, as a button says it
    params: str
    run: str
    gpu: bool = False  # wants the GPU where there is one
    folders_only: bool = False  # works on folders and files, without a project
    positional: tuple[str, ...] = ()  # parameters that the verb takes without an option's name
    instead: str = ""  # the parameter whose path may stand in the project's place
    verb: str = ""  # where it is not the name: "train arcface"
    lane: Lane = Lane.LIGHT
    heavy_with: str = ""  # the parameter that makes a light job a heavy one, where it is given

    def model(self) -> type[JobParams]:
        """Return the parameter model's class."""
        found = _resolve(self.params)
        assert isinstance(found, type) and issubclass(found, JobParams)
        return found

    def function(self) -> JobFunction:
        """Import and return the job's function. Only the worker and the command line call this."""
        found = _resolve(self.run)
        assert callable(found)
        return cast(JobFunction, found)


def _resolve(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


_LANES = dict.fromkeys(
    ("import", "samples", "resize", "leaks", "export", "detect", "duplicates", "quality", "cluster"), Lane.HEAVY
) | {"inspect": Lane.PREVIEW, "container": Lane.GPU}  # else on the GPU where there is one, or light
_HEAVY_WITH = {"label": "backend"}


def _kind(
    name: str,
    title: str,
    domain: str,
    params: str,
    run: str,
    positional: str = "",
    *,
    gpu: bool = False,
    folders: bool = False,
    instead: str = "",
    verb: str = "",
) -> JobKind:
    module = params if ":" in params else f"params:{params}"
    lane = _LANES.get(name, Lane.GPU if gpu else Lane.LIGHT)
    where, function = f"fairdesk.{domain}.{module}", f"fairdesk.{domain}.{run}"
    return JobKind(
        name,
        title,
        where,
        function,
        gpu,
        folders,
        tuple(positional.split()),
        instead,
        verb,
        lane,
        _HEAVY_WITH.get(name, ""),
    )


_KINDS = [
    _kind("inspect", "Look through a folder", "dataset", "ImportParams", "importing:inspect", "folder"),
    _kind("import", "Import images", "dataset", "ImportParams", "importing:run", "folder"),
    _kind("relink", "Find moved originals", "dataset", "RelinkParams", "relinking:run", "old new"),
    _kind("samples", "Draw sample faces", "dataset", "SampleFacesParams", "sample_faces:run", "out", folders=True),
    _kind("fetch", "Download a public face set", "dataset", "FetchParams", "fetching:run", "out", folders=True),
    _kind("sample", "Take a sample", "dataset", "prepare_params:SampleParams", "sampling:run", "folder", folders=True),
    _kind("split", "Split into sets", "dataset", "prepare_params:SplitParams", "splitting:run", "folder", folders=True),
    _kind(
        "flatten",
        "Flatten a folder",
        "dataset",
        "prepare_params:FlattenParams",
        "reshaping:flatten",
        "folder",
        folders=True,
    ),
    _kind(
        "resize", "Resize images", "dataset", "prepare_params:ResizeParams", "reshaping:resize", "folder", folders=True
    ),
    _kind("leaks", "Check for leaks", "dataset", "prepare_params:LeaksParams", "leaking:run", "a b", folders=True),
    _kind("export", "Export images", "dataset", "prepare_params:ExportParams", "exporting:run", instead="folder"),
    _kind("detect", "Find faces", "faces", "DetectParams", "detecting:run"),
    _kind("encode", "Encode faces", "faces", "EncodeParams", "encoding:run", gpu=True),
    _kind("duplicates", "Find duplicates", "dataset", "DuplicatesParams", "duplicating:run"),
    _kind("quality", "Measure quality", "dataset", "QualityParams", "measuring:run"),
    _kind("divide", "Divide into sets", "dataset", "DivideParams", "dividing:run"),
    _kind("balance", "Balance groups", "dataset", "BalanceParams", "balancing:run"),
    _kind("label", "Label faces", "dataset", "LabelParams", "labelling:run"),
    _kind("vectors", "Export vectors", "dataset", "VectorsParams", "vector_export:run"),
    _kind("cluster", "Cluster faces", "clustering", "ClusterParams", "running:run"),
    _kind("load-clusters", "Read a cluster file", "clustering", "LoadClustersParams", "files:run", "file"),
    _kind("mosaic", "Write a mosaic", "clustering", "MosaicParams", "mosaics:run", instead="file"),
    _kind("identity-folders", "Write identity folders", "clustering", "FoldersParams", "folders:run", instead="file"),
    _kind("pairs", "Make a pair list", "metrics", "PairsParams", "pairing:run", instead="folder"),
    _kind("score", "Score a pair list", "metrics", "ScoreParams", "scoring:run"),
    _kind(
        "normalise",
        "Normalise scores by group",
        "metrics",
        "NormaliseParams",
        "normalising:run",
        "scores",
        folders=True,
    ),
    _kind("evaluate", "Compute error rates", "metrics", "EvaluateParams", "evaluating:run", "scores", folders=True),
    _kind(
        "train",
        "Train a GAN",
        "generation",
        "TrainGanParams",
        "training.job:run",
        "family data data_b",
        gpu=True,
        folders=True,
    ),
    _kind(
        "train-arcface",
        "Train a recogniser",
        "training",
        "RecogniserParams",
        "training:run",
        "data",
        gpu=True,
        folders=True,
        verb="train arcface",
    ),
    _kind("export-model", "Export a network", "training", "ExportModelParams", "onnx_export:run", "run", folders=True),
    _kind(
        "generate", "Make faces", "generation", "GenerateParams", "making.generating:run", "run", gpu=True, folders=True
    ),
    _kind(
        "interpolate",
        "Walk between faces",
        "generation",
        "InterpolateParams",
        "making.interpolating:run",
        "run",
        gpu=True,
        folders=True,
    ),
    _kind("review", "Review made faces", "generation", "ReviewParams", "checking.reviewing:run", "made", gpu=True),
    _kind(
        "assess",
        "Assess made faces",
        "generation",
        "AssessParams",
        "checking.assessing:run",
        "made real",
        gpu=True,
        folders=True,
    ),
    _kind(
        "translate",
        "Translate faces",
        "generation",
        "TranslateParams",
        "making.translating:run",
        "input",
        gpu=True,
        folders=True,
    ),
    _kind(
        "container", "Run a container", "generation", "ContainerParams", "container:run", "image command", folders=True
    ),
    _kind("animate", "Make a film of the sample grids", "runs", "AnimateParams", "animation:run", "run", folders=True),
    _kind("compare", "Compare runs", "runs", "CompareParams", "comparing:run", "runs", folders=True),
    _kind("runs", "List runs", "runs", "RunsParams", "comparing:listed", "folder", folders=True),
    _kind("curves", "Read a training log", "runs", "CurvesParams", "exporting:run", "log", folders=True),
]

KINDS: dict[str, JobKind] = {kind.name: kind for kind in _KINDS}


def job_kind(name: str) -> JobKind:
    """Return a kind by name. Raises `RequestError` for an unknown one."""
    try:
        return KINDS[name]
    except KeyError:
        raise RequestError(f"There is no job called {name!r}. Known: {', '.join(KINDS)}") from None
