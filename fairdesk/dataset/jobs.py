"""The dataset's jobs."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import JobKind, Lane, Needs

_Job = partial(JobKind, domain="fairdesk.dataset")
_Folders = partial(_Job, needs=Needs.FOLDERS)

JOBS = [
    _Job("inspect", "Scan a folder", "params:ImportParams", "results:ImportResult", "image_import:scan_folder", lane=Lane.PREVIEW, asked_by="import"),
    _Job("import", "Import images", "params:ImportParams", "results:ImportResult", "image_import:import_images", positional=("folder",), lane=Lane.HEAVY),
    _Job(
        "relink", "Find moved originals", "params:RelinkParams", "results:RelinkResult", "moved_originals:find_moved_originals",
        positional=("old", "new"), facts="moved_originals:to_be_found",
    ),
    _Folders(
        "samples", "Draw sample faces", "params:SampleFacesParams", "results:SampleFacesResult", "drawn_set:draw_sample_faces",
        positional=("out",), lane=Lane.HEAVY,
    ),
    _Folders(
        "fetch", "Download a public face set", "params:FetchParams", "results:FetchResult", "public_sets:download_public_set",
        positional=("out",),
    ),
    _Folders(
        "sample", "Draw a sample", "prepare_params:SampleParams", "results:SampleResult", "random_sample:take_sample",
        positional=("folder",),
    ),
    _Folders(
        "split", "Split into sets", "prepare_params:SplitParams", "results:SplitResult", "folder_split:split_folder",
        positional=("folder",),
    ),
    _Folders(
        "flatten", "Flatten a folder", "prepare_params:FlattenParams", "results:PreparedResult", "folder_copies:flatten_folder",
        positional=("folder",),
    ),
    _Folders(
        "resize", "Resize images", "prepare_params:ResizeParams", "results:ResizeResult", "folder_copies:resize_images",
        positional=("folder",), lane=Lane.HEAVY,
    ),
    _Folders(
        "leaks", "Check for leaks", "prepare_params:LeaksParams", "overlap_results:LeaksResult", "leaks:check_leaks",
        positional=("a", "b"), lane=Lane.HEAVY,
    ),
    _Job(
        "export", "Export images", "prepare_params:ExportParams", "results:ExportResult", "image_export:export_images",
        needs=Needs.EITHER, instead="folder", lane=Lane.HEAVY
    ),
    _Job("duplicates", "Find duplicates", "params:DuplicatesParams", "overlap_results:DuplicatesResult", "duplicates:find_duplicates", lane=Lane.HEAVY),
    _Job("quality", "Measure quality", "params:QualityParams", "quality_results:QualityResult", "quality_measurement:measure_quality", lane=Lane.HEAVY),
    _Job("divide", "Divide into sets", "params:DivideParams", "results:DivideResult", "project_sets:divide_project"),
    _Job("balance", "Balance groups", "params:BalanceParams", "results:BalanceResult", "group_balance:balance_groups"),
    _Job("label", "Label faces", "params:LabelParams", "label_results:LabelResult", "label_sources:label_faces", heavy_with="backend"),
    _Job(
        "vectors", "Export embeddings", "params:VectorsParams", "vector_results:VectorsResult", "vector_export:export_vectors",
        needs=Needs.EITHER, without="from_file", after_stop="",
    ),
    _Job(
        "load-encodings", "Import embeddings", "params:LoadEncodingsParams", "vector_results:LoadEncodingsResult", "encodings_import:load_encodings",
        positional=("file",),
    ),
]  # fmt: skip
