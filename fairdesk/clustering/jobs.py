"""The clustering jobs."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import JobKind, Lane, Needs

_Job = partial(JobKind, domain="fairdesk.clustering")

JOBS = [
    _Job(
        "cluster", "Cluster faces", "params:ClusterParams", "results:ClusterResult", "new_version:cluster_faces",
        needs=Needs.EITHER, without="vectors", lane=Lane.HEAVY, facts="vector_counts:faces_to_cluster",
    ),
    _Job(
        "eps", "Choose epsilon", "params:EpsParams", "choosing.results:EpsResult", "choosing.job:list_radii",
        needs=Needs.EITHER, without="vectors", after_stop="",
    ),
    _Job(
        "map", "Make a map", "params:MapParams", "results:MapResult", "maps.job:draw_map", lane=Lane.HEAVY, after_stop="run it again",
    ),
    _Job(
        "load-clusters", "Import a cluster file", "params:LoadClustersParams", "results:LoadClustersResult", "files.cluster_files:load_clusters",
        positional=("file",), after_stop="",
    ),
    _Job(
        "mosaic", "Export a mosaic", "params:MosaicParams", "files.written_results:MosaicResult", "files.mosaics:write_mosaic",
        needs=Needs.EITHER, after_stop="run it again", instead="file", of_instead=("replace_prefix",),
    ),
    _Job(
        "identity-folders", "Export identity folders", "params:FoldersParams", "files.written_results:FoldersResult", "files.identity_folders:write_identity_folders",
        needs=Needs.EITHER, instead="file", of_instead=("replace_prefix",),
    ),
]  # fmt: skip
