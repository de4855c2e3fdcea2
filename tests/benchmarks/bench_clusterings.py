"""The clustering methods against scikit-learn: time, peak memory, and whether the labels are the same.

`python -m tests.benchmarks clusterings`; each run is a process of its own. CLUSTERINGS="dbscan 50000 128" runs one line of it. Of the graph method,
which is no scikit-learn's, BCubed F1 is compared with scikit-learn's DBSCAN of the same radius; `graph 1000000 128` takes minutes and is run when asked for.
"""

import json
import os
import subprocess
import sys

SIZES = ((5_000, 128), (20_000, 128), (50_000, 128), (5_000, 512), (20_000, 512), (50_000, 512))
MOST = {"hdbscan": 20_000, "ward": 20_000, "average": 20_000}  # faces
PEER_MOST = {
    "hdbscan": 5_000,
    "ward": 5_000,
    "average": 5_000,
    "graph": 50_000,
}  # scikit-learn takes minutes, or gigabytes, for more

RUN = """
import json, resource, sys, time
import numpy as np
which, who, faces, dims = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
from tests.clustering.test_review import people
vectors, truth = people(1, count=faces // 10, dims=dims, faces=10)
vectors, truth = vectors[:faces], truth[:faces]
from fairdesk.clustering.agreement import agreement
if who == "peer":
    from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering
    model = {"dbscan": DBSCAN(eps=.5, min_samples=2, n_jobs=-1), "hdbscan": HDBSCAN(min_cluster_size=3, copy=True),
             "ward": AgglomerativeClustering(faces // 10, linkage="ward"), "graph": DBSCAN(eps=.5, min_samples=2, n_jobs=-1),
             "average": AgglomerativeClustering(faces // 10, linkage="average")}[which]
    work = lambda: model.fit_predict(vectors)
else:
    from fairdesk.clustering.methods.by_name import cluster_vectors
    from fairdesk.clustering.params import ClusterParams
    import scipy.cluster.hierarchy, threadpoolctl
    more = {"dbscan": {}, "hdbscan": {"min_samples": 3}, "graph": {},
            "ward": {"n_clusters": faces // 10, "pca": 1}, "average": {"n_clusters": faces // 10, "pca": 1, "linkage": "average"}}[which]
    params = ClusterParams(method="hierarchical" if which in ("ward", "average") else which, **more)
    work = lambda: cluster_vectors(vectors, params, "euclidean").labels
start, spent = time.perf_counter(), time.process_time()
try:
    labels = work()
except Exception as error:
    print(json.dumps({"refused": str(error)}))
    raise SystemExit
seconds, spent = time.perf_counter() - start, time.process_time() - spent
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
np.save(sys.argv[5], labels)
print(json.dumps({"seconds": seconds, "gigabytes": peak, "processor": spent, "f1": agreement(labels, truth).bcubed_f1}))
"""


def one(which, who, faces, dims, out):
    done = subprocess.run(
        [sys.executable, "-c", RUN, which, who, str(faces), str(dims), out], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def line(which, faces, dims):
    import tempfile
    from pathlib import Path

    import numpy as np
    from sklearn.metrics import adjusted_rand_score

    with tempfile.TemporaryDirectory() as folder:
        mine, theirs = str(Path(folder) / "mine.npy"), str(Path(folder) / "theirs.npy")
        own = one(which, "own", faces, dims, mine)
        if "refused" in own:
            print(f"{which} {faces:,} x {dims}: refused: {own['refused']}", flush=True)
            return
        text = f"{which} {faces:,} x {dims}: {own['seconds']:.1f} s ({own['processor']:.1f} s of processors), {own['gigabytes']:.2f} GB"
        if faces <= PEER_MOST.get(which, faces):
            peer = one(which, "peer", faces, dims, theirs)
            a, b = np.load(mine), np.load(theirs)
            labels = (
                f"BCubed F1 {own['f1']:.4f}, its DBSCAN's {peer['f1']:.4f}"
                if which == "graph"
                else f"ARI {adjusted_rand_score(a, b):.6f}, {np.count_nonzero((a < 0) != (b < 0))} faces in one of both unclustered"
            )
            text += (
                f"; scikit-learn {peer['seconds']:.1f} s ({peer['processor']:.1f} s), {peer['gigabytes']:.2f} GB:"
                f" {peer['seconds'] / own['seconds']:.1f}x ({peer['processor'] / own['processor']:.1f}x of processors);"
                f" {labels}"
            )
        print(text, flush=True)


def main():
    wanted = os.environ.get("CLUSTERINGS")
    if wanted:
        which, faces, dims = wanted.split()
        line(which, int(faces), int(dims))
        return
    for which in ("dbscan", "hdbscan", "ward", "average", "graph"):
        for faces, dims in SIZES:
            if faces <= MOST.get(which, faces):
                line(which, faces, dims)
