"""The dataset's jobs."""

from __future__ import annotations

from functools import partial

from fairdesk.dataset import params, prepare_params, results
from fairdesk.jobs.kinds import JobKind, Needs
from fairdesk.jobs.lanes import Lane

_Job = partial(JobKind, domain="fairdesk.dataset")
_Folders = partial(_Job, needs=Needs.FOLDERS)

JOBS = [
    _Job("inspect", "Scan a folder", params.ImportParams, results.ImportResult, "importing:inspect", lane=Lane.PREVIEW, asked_by="import"),
    _Job("import", "Import images", params.ImportParams, results.ImportResult, "importing:run", positional=("folder",), lane=Lane.HEAVY),
    _Job(
        "relink", "Find moved originals", params.RelinkParams, results.RelinkResult, "relinking:run",
        positional=("old", "new"),
    ),
    _Folders(
        "samples", "Draw sample faces", params.SampleFacesParams, results.SampleFacesResult, "sample_faces:run",
        positional=("out",), lane=Lane.HEAVY,
    ),
    _Folders(
        "fetch", "Download a public face set", params.FetchParams, results.FetchResult, "fetching:run",
        positional=("out",),
    ),
    _Folders(
        "sample", "Take a sample", prepare_params.SampleParams, results.SampleResult, "sampling:run",
        positional=("folder",),
    ),
    _Folders(
        "split", "Split into sets", prepare_params.SplitParams, results.SplitResult, "splitting:run",
        positional=("folder",),
    ),
    _Folders(
        "flatten", "Flatten a folder", prepare_params.FlattenParams, results.PreparedResult, "reshaping:flatten",
        positional=("folder",),
    ),
    _Folders(
        "resize", "Resize images", prepare_params.ResizeParams, results.ResizeResult, "reshaping:resize",
        positional=("folder",), lane=Lane.HEAVY,
    ),
    _Folders(
        "leaks", "Check for leaks", prepare_params.LeaksParams, results.LeaksResult, "leaking:run",
        positional=("a", "b"), lane=Lane.HEAVY,
    ),
    _Job(
        "export", "Export images", prepare_params.ExportParams, results.ExportResult, "exporting:run",
        needs=Needs.EITHER, instead="folder", lane=Lane.HEAVY
    ),
    _Job("duplicates", "Find duplicates", params.DuplicatesParams, results.DuplicatesResult, "duplicating:run", lane=Lane.HEAVY),
    _Job("quality", "Measure quality", params.QualityParams, results.QualityResult, "measuring:run", lane=Lane.HEAVY),
    _Job("divide", "Divide into sets", params.DivideParams, results.DivideResult, "dividing:run"),
    _Job("balance", "Balance groups", params.BalanceParams, results.BalanceResult, "balancing:run"),
    _Job("label", "Label faces", params.LabelParams, results.LabelResult, "labelling:run", heavy_with="backend"),
    _Job("vectors", "Export vectors", params.VectorsParams, results.VectorsResult, "vector_export:run"),
]  # fmt: skip
