"""Public face sets through scikit-learn's downloaders: only ever when a person asks for one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from urllib.error import URLError

import numpy as np
from PIL import Image

from fairdesk.dataset.params import FetchParams
from fairdesk.dataset.results import FetchResult
from fairdesk.errors import JobFailed, RequestError
from fairdesk.jobs.context import Context
from fairdesk.words import tr


def download_public_set(params: FetchParams, context: Context) -> FetchResult:
    """Job: download a set and write it as identity folders."""
    if params.out.exists() and (not params.out.is_dir() or any(params.out.iterdir())):
        raise RequestError(tr("{out} exists and is not empty. Choose a new folder for the download.", out=params.out))
    context.message(
        tr("Downloading {source} through scikit-learn. This asks the network, as you asked for.", source=params.source)
    )
    context.progress(0, 1, tr("download"))
    try:
        count = _olivetti(params.out) if params.source == "olivetti" else _lfw(params, context)
    except (URLError, ConnectionError, TimeoutError) as error:
        raise JobFailed(
            tr(
                "The download of {source} failed: {reason}. Check the network and try "
                "again, or fetch the set elsewhere and import its folder.",
                source=params.source,
                reason=getattr(error, "reason", error),
            )
        ) from error
    context.artifact(params.out)
    return FetchResult(out=str(params.out), images=count)


def _olivetti(out: Path) -> int:
    from sklearn.datasets import fetch_olivetti_faces

    data = fetch_olivetti_faces()
    for number, (face, person) in enumerate(zip(data.images, data.target, strict=True)):
        home = out / f"s{person + 1:02d}"
        home.mkdir(parents=True, exist_ok=True)
        Image.fromarray((np.asarray(face) * 255).round().astype(np.uint8)).resize((256, 256)).save(
            home / f"{number:03d}.png"
        )
    return len(data.images)


def _lfw(params: FetchParams, context: Context) -> int:
    from sklearn.datasets import fetch_lfw_people

    with tempfile.TemporaryDirectory() as scratch:
        fetch_lfw_people(data_home=scratch, min_faces_per_person=70, resize=None, funneled=False)
        source = Path(scratch) / "lfw_home" / "lfw"
        count = 0
        for home in sorted(path for path in source.iterdir() if path.is_dir()):
            context.check()
            images = sorted(home.glob("*.jpg"))
            if len(images) >= params.min_images:
                shutil.copytree(home, params.out / home.name)
                count += len(images)
    return count
