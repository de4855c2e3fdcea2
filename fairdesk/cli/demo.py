"""`fairdesk demo`: the whole path on faces drawn by the program."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from fairdesk.cli.running import run_job
from fairdesk.cli.summaries import evaluated
from fairdesk.clustering.params import ClusterParams, MosaicParams
from fairdesk.dataset.params import ImportParams, SampleFacesParams
from fairdesk.errors import RequestError
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.metrics.params import EvaluateParams, PairsParams, ScoreParams
from fairdesk.project import Project

_IMAGES = 6  # of each identity
_EPS = 0.33  # drawn faces are more alike than photographs: impostor distances are about 0.5, not 0.8


def run(out: Path, *, headless: bool, identities: int = 8) -> int:
    """Make the demo project, or go on with one that was begun, and open the window on it."""
    started = time.monotonic()
    out = out.expanduser().absolute()
    folder, photographs = out / "demo.fairdesk", out / "faces"
    out.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {text}", file=sys.stderr, flush=True)

    done = photographs.with_suffix(".manifest.json")
    if not done.exists():
        if photographs.exists():
            raise RequestError(f"{photographs} was begun and not finished. Delete {out}, then run the demo again.")
        say(f"Drawing {4 * identities * _IMAGES} faces of {4 * identities} made-up people in four skin tones")
        run_job("samples", SampleFacesParams(out=photographs, tones=[2, 5, 7, 9], identities=identities,
                                             images=_IMAGES, size=256, seed=1), None)  # fmt: skip
    project = Project.open(folder) if folder.exists() else Project.create(folder)
    try:
        result = _work(project, photographs, out, say)
    finally:
        project.close()
    print()
    print(evaluated(result), file=sys.__stdout__)
    say(f"Done. The project is {folder}")
    if headless or not _has_display():
        if not headless:
            say(f"There is no display to open the window on. Later: fairdesk open {folder}")
        return 0
    from fairdesk.gui.app import run as window

    return window([str(folder)])


def _work(project: Project, photographs: Path, out: Path, say: Any) -> dict[str, Any]:
    say("Importing them")
    got = run_job("import", ImportParams.model_validate({"folder": photographs}), project)
    say(f"{got['images']} images, {got['identities']} identities, {len(got['groups'])} groups")
    say("Finding faces (HOG)")
    found = run_job("detect", DetectParams.model_validate({}), project)
    say(f"{found['faces']} faces, {found['without_face']} images without one")
    say("Encoding them (dlib)")
    encoded = run_job("encode", EncodeParams.model_validate({}), project)
    say(f"{encoded['vectors']} vectors")
    say(f"Clustering (DBSCAN, eps {_EPS})")
    if project.db.value("SELECT count(*) FROM clustering") == 0:
        run_job("cluster", ClusterParams.model_validate({"eps": _EPS, "out": out / "clusters.json"}), project)
        run_job("cluster", ClusterParams.model_validate({"method": "hierarchical"}), project)
        run_job(
            "mosaic", MosaicParams.model_validate({"cluster": "0", "version": 1, "out": out / "cluster-0.png"}), project
        )
    say("Making pair lists")
    pairs = run_job(
        "pairs",
        PairsParams.model_validate({"genuine": 400, "impostor": 2000, "within_group": True, "out": out / "pairs.csv"}),
        project,
    )
    say(f"{pairs['genuine']} genuine and {pairs['impostor']} impostor pairs within groups")
    say("Scoring and evaluating by group")
    run_job("score", ScoreParams.model_validate({"pairs": out / "pairs.csv", "out": out / "scores.npz"}), project)
    return run_job(
        "evaluate",
        EvaluateParams.model_validate(
            {"scores": out / "scores.npz", "by": "group", "at": "fmr=1e-2", "bootstrap": 1000, "out": out / "report"}
        ),
        None,
    )


def _has_display() -> bool:
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
