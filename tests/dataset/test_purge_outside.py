"""A purge names what jobs of the window wrote outside of the project and still names the person, and says what it does not follow."""

import json

import pytest

from fairdesk.dataset.image_export import export_images
from fairdesk.dataset.params import VectorsParams
from fairdesk.dataset.prepare_params import ExportParams
from fairdesk.dataset.purge import find_images, purge
from fairdesk.dataset.vector_export import export_vectors
from fairdesk.jobs.context import QuietContext


def _job(project, name, written, more=""):
    """Keep a job as the window does: a line for each event."""
    folder = project.folder / "jobs" / name
    folder.mkdir(parents=True)
    lines = [json.dumps({"event": "artifact", "path": str(path)}) for path in written]
    (folder / "events.jsonl").write_text("\n".join([*lines, more]))


@pytest.mark.parametrize("layout", ["identity", "rec", "manifest"])
def test_exports_and_embeddings_of_jobs_are_named(filled, tmp_path, layout):
    out = tmp_path / ("e.csv" if layout == "manifest" else "e")
    export_images(ExportParams(out=out, layout=layout), QuietContext(filled))
    other = tmp_path / "o.csv"
    other.write_text("path,identity\nx.png,nobody\n")
    for name in ("v.npz", "v.csv"):
        export_vectors(VectorsParams(out=tmp_path / name), QuietContext(filled))
    clusters = tmp_path / "c.json"
    images = find_images(filled, identity="id12", group="g1", image=None)
    original = next((tmp_path / "photographs" / "g1" / "id12").iterdir())
    clusters.write_text(json.dumps({"0": [str(original)]}))
    _job(filled, "1", [out, other, tmp_path / "gone.csv"])
    _job(filled, "2", [tmp_path / "v.npz", tmp_path / "v.csv", clusters], more='{"event": "arti')
    result = purge(filled, images, ["id12"])
    assert sorted(result.outside) == sorted(map(str, [out, tmp_path / "v.npz", tmp_path / "v.csv", clusters]))
    assert "Not followed: exported images" in result.text()
    assert out.exists() and clusters.exists()


def test_what_the_project_holds_is_removed_and_not_outside(filled):
    inside = filled.exports("tables", "t.csv")
    inside.parent.mkdir(parents=True, exist_ok=True)
    inside.write_text("g1/id12\n")
    _job(filled, "1", [inside])
    result = purge(filled, find_images(filled, identity="id12", group="g1", image=None), ["id12"])
    assert result.outside == [] and not inside.exists()
