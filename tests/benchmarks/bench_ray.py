"""Finding and encoding faces over Ray: two nodes of one core against one node of one core, on this machine."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from tests.benchmarks.bench_faces import PHOTOGRAPHS, many

TIMES = 6  # each photograph


class Timed(QuietContext):
    """Notes when the first and the last results came."""

    def __init__(self, project):
        super().__init__(project)
        self.came = []

    def progress(self, done, total, unit=""):
        self.came.append((time.perf_counter(), done))


def main():
    os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"  # see tests/conftest.py
    import ray
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bare = Project.create(folder / "bare.fairdesk")
        import_images(ImportParams(folder=many(PHOTOGRAPHS, folder / "many", TIMES)), QuietContext(bare))
        bare.close()
        rates = {}
        for turn, nodes in enumerate((1, 2, 2, 1)):
            cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
            for _ in range(nodes):
                cluster.add_node(num_cpus=1)
            ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
            cluster.wait_for_nodes()
            shutil.copytree(folder / "bare.fairdesk", folder / f"{turn}.fairdesk")
            project = Project.open(folder / f"{turn}.fairdesk")
            context, begin = Timed(project), time.perf_counter()
            result = encode_faces(EncodeParams(engine="ray"), context)
            whole = time.perf_counter() - begin
            came = [one for one in context.came if one[1]]
            first, last = came[0], came[-1]
            rate = (last[1] - first[1]) / (last[0] - first[0])
            rates.setdefault(nodes, []).append(rate)
            print(
                f"{nodes} node(s) of one core: {result.vectors} faces in {whole:.1f} s with starting, {rate:.1f} images a second once it runs"
            )
            project.close()
            ray.shutdown()
            cluster.shutdown()
    one, two = (sum(rates[nodes]) / len(rates[nodes]) for nodes in (1, 2))
    print(f"two nodes do {two / one:.2f} times what one does")
