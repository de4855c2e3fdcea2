"""`fairdesk demo`: the whole path on faces drawn by the program."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from fairdesk.cli.console import ConsoleContext
from fairdesk.clustering.params import ClusterParams, MosaicParams
from fairdesk.dataset.drawn_set import draw_sample_faces as draw_faces
from fairdesk.dataset.params import ImportParams, SampleFacesParams
from fairdesk.errors import RequestError
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.jobs.params import parse
from fairdesk.metrics.params import EvaluateParams, PairsParams, ScoreParams
from fairdesk.metrics.results import EvaluateResult
from fairdesk.project import Project
from fairdesk.words import tr

_IMAGES = 6  # of each identity
_EPS = 0.33  # drawn faces are more alike than photographs: impostor distances are about 0.5, not 0.8


def run(out: Path, *, headless: bool, identities: int = 8, as_json: bool = False) -> int:
    """Make the demo project, or resume an incomplete one, and open the window on it."""
    started = time.monotonic()
    out = out.expanduser().absolute()
    folder, photographs = out / "demo.fairdesk", out / "faces"
    faces = parse(
        SampleFacesParams,
        {
            "out": photographs,
            "tones": [2, 5, 7, 9],
            "identities": identities,
            "images": _IMAGES,
            "size": 256,
            "seed": 1,
        },
    )
    out.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:5.1f} s] {text}", file=sys.stderr, flush=True)

    done = photographs.with_suffix(".manifest.json")
    if not done.exists():
        if photographs.exists():
            raise RequestError(
                tr(
                    "{photographs} is incomplete. Delete {out}, then run the demo again.",
                    photographs=photographs,
                    out=out,
                )
            )
        say(
            tr(
                "Drawing {faces} faces of {people} fictitious people in four skin tones",
                faces=4 * identities * _IMAGES,
                people=4 * identities,
            )
        )
        with ConsoleContext(None, "cpu") as context:
            draw_faces(cast(SampleFacesParams, faces), context)
    project = Project.open(folder) if folder.exists() else Project.create(folder)
    try:
        result = _work(project, photographs, out, say)
    finally:
        project.close()
    told = json.dumps(result.json_values(), indent=1, ensure_ascii=False, allow_nan=False) if as_json else result.text()
    print(file=sys.stderr)
    print(told, file=sys.__stdout__)
    say(tr("Done. The project is {folder}", folder=folder))
    if headless or not _has_display():
        if not headless:
            say(
                tr(
                    "There is no display to open the window on. Later: fairdesk open {folder}",
                    folder=shlex.quote(str(folder)),
                )
            )
        return 0
    from fairdesk.gui.app import run as window

    return window([str(folder)])


def _work(project: Project, photographs: Path, out: Path, say: Callable[[str], None]) -> EvaluateResult:
    from fairdesk.clustering.files.mosaics import write_mosaic
    from fairdesk.clustering.new_version import cluster_faces as cluster
    from fairdesk.clustering.store import newest_version
    from fairdesk.dataset.image_import import import_images
    from fairdesk.faces.detection import find_faces as detect
    from fairdesk.faces.embedding import encode_faces as encode
    from fairdesk.metrics.evaluation_job import evaluate_scores as evaluate
    from fairdesk.metrics.pair_lists.job import make_pair_list as make_pairs
    from fairdesk.metrics.scores.pair_scores import score_pairs as score

    with ConsoleContext(project, "cpu") as context:
        say(tr("Importing them"))
        got = import_images(ImportParams(folder=photographs), context)
        say(
            tr(
                "{images} images, {identities} identities, {groups} groups",
                images=got.images,
                identities=got.identities,
                groups=len(got.groups),
            )
        )
        say(tr("Detecting faces (HOG)"))
        found = detect(DetectParams.model_validate({}), context)
        say(tr("{faces} faces, {without_face} images without one", faces=found.faces, without_face=found.without_face))
        say(tr("Encoding them (dlib)"))
        encoded = encode(EncodeParams.model_validate({}), context)
        say(tr("{vectors} embeddings", vectors=encoded.vectors))
        say(tr("Clustering (DBSCAN, eps {eps})", eps=_EPS))
        if newest_version(project) is None:
            cluster(ClusterParams.model_validate({"eps": _EPS, "out": out / "clusters.json"}), context)
            cluster(ClusterParams.model_validate({"method": "hierarchical"}), context)
            mosaic = {"cluster": "0", "version": 1, "out": out / "cluster-0.png"}
            write_mosaic(MosaicParams.model_validate(mosaic), context)
        say(tr("Making pair lists"))
        wanted = {"genuine": 400, "impostor": 2000, "within_group": True, "out": out / "pairs.csv"}
        pairs = make_pairs(PairsParams.model_validate(wanted), context)
        say(
            tr(
                "{genuine} genuine and {impostor} impostor pairs within groups",
                genuine=pairs.genuine,
                impostor=pairs.impostor,
            )
        )
        say(tr("Scoring and evaluating by group"))
        score(ScoreParams.model_validate({"pairs": out / "pairs.csv", "out": out / "scores.npz"}), context)
        by_group = {"by": "group", "at": "fmr=1e-2", "bootstrap": 1000, "out": out / "report"}
        return evaluate(EvaluateParams.model_validate({"scores": out / "scores.npz", **by_group}), context)


def _has_display() -> bool:
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
