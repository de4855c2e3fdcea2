"""Fetch a model's weights, only when a person allowed it: progress, resume, checksum, and what licence they bear."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from fairdesk.errors import JobFailed, MissingWeights
from fairdesk.words import tr

_CHUNK = 1 << 18
_TIMEOUT = (15, 60)  # seconds to connect, and without a byte


class Watch(Protocol):
    """What a download tells and asks while it runs: a job's context has it."""

    def progress(self, done: int, total: int, unit: str = "") -> None:
        """Say how far it is."""
        ...

    def message(self, text: str) -> None:
        """Say something."""
        ...

    def check(self) -> None:
        """Wait while paused; raise `Stopped` when asked to stop."""
        ...


# Where the licence of a model's weights is written, by the start of the file's name (deepface's README names these).
_LICENCES = {
    "vgg_face": "Oxford VGG, non-commercial research (robots.ox.ac.uk/~vgg/software/vgg_face)",
    "age_model": "deepface, on Oxford VGG-Face (robots.ox.ac.uk/~vgg/software/vgg_face)",
    "gender_model": "deepface, on Oxford VGG-Face (robots.ox.ac.uk/~vgg/software/vgg_face)",
    "race_model": "deepface, on Oxford VGG-Face (robots.ox.ac.uk/~vgg/software/vgg_face)",
    "facenet": "MIT (github.com/davidsandberg/facenet)",
    "openface": "see github.com/iwantooxxoox/Keras-OpenFace",
    "VGGFace2_DeepFace": "see github.com/swghosh/DeepFace",
    "deepid": "see github.com/Ruoyiran/DeepID",
    "arcface": "MIT (github.com/leondgarse/Keras_insightface)",
    "face_recognition_sface": "Apache 2.0 (github.com/opencv/opencv_zoo)",
    "face_detection_yunet": "MIT (github.com/opencv/opencv_zoo)",
    "ghostfacenet": "MIT (github.com/HamadYA/GhostFaceNets)",
    "webface_r50": "InsightFace, non-commercial research (github.com/deepinsight/insightface)",
    "retinaface": "MIT (github.com/serengil/retinaface)",
    "centerface": "MIT (github.com/Star-Clouds/CenterFace)",
    "resnet50": "BSD (github.com/pytorch/vision), trained on ImageNet",
}
# Megabytes, rounded: from the number of weights the published networks have, or the file's own size where it is known.
_SIZES = {
    "vgg_face": 580,
    "age_model": 540,
    "gender_model": 540,
    "race_model": 540,
    "facenet_": 92,
    "facenet512": 95,
    "openface": 15,
    "VGGFace2_DeepFace": 550,
    "arcface": 137,
    "face_recognition_sface": 39,
    "ghostfacenet": 17,
    "retinaface": 119,
    "resnet50": 98,
    "face_detection_yunet": 1,
}


def about(file_name: str) -> tuple[str, int | None]:
    """Return the licence of a weight file as its publisher names it, and about how many megabytes it has."""
    licence = next(
        (text for start, text in _LICENCES.items() if file_name.startswith(start)), tr("see the model's authors")
    )
    return licence, next((size for start, size in _SIZES.items() if file_name.startswith(start)), None)


def missing(file_name: str, place: Path, url: str) -> MissingWeights:
    """Return the failure that asks for a download: which file, from where, how large, under which licence."""
    licence, size = about(file_name)
    return MissingWeights(file_name, str(place), url, licence, size)


def published(url: str) -> tuple[str | None, int | None]:
    """Return the SHA-256 and size a server publishes for a file without sending it (Hugging Face does), else None."""
    import requests

    try:
        head = requests.head(url, allow_redirects=False, timeout=_TIMEOUT).headers
    except requests.RequestException:
        return None, None
    digest = head.get("X-Linked-ETag", "").strip('"').removeprefix("sha256:")
    size = head.get("X-Linked-Size", "")
    return digest if len(digest) == 64 else None, int(size) if size.isdecimal() else None


def fetch(urls: Sequence[str], target: Path, watch: Watch | None = None, sha256: str | None = None) -> str:
    """Download one file from the first address that has it and return its SHA-256.

    What was fetched is kept in a ``.part`` file, and the next try resumes from there. The checksum is the
    one given (or its start), or the one a server publishes; without either the size alone is checked, and that is said.

    Raises
    ------
    JobFailed
        If no address could be reached, or what came is not what was published.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    wanted, size = sha256, None
    for url in urls:
        if wanted is None:
            wanted, size = published(url)
    why = tr("no address is known")
    for url in urls:
        try:
            _get(url, part, target.name, watch)
            break
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            why = _reason(error, url)
    else:
        failed = [tr("The download of {file} failed: {why}.", file=target.name, why=why)]
        if part.exists():
            size_kept = part.stat().st_size / 1e6
            failed.append(tr("{megabytes:,.0f} MB are kept and the next try resumes from there.", megabytes=size_kept))
        url = urls[0] if urls else "?"
        failed.append(tr("Or fetch it on another machine from {url} and put it at {path}.", url=url, path=target))
        raise JobFailed(" ".join(failed))
    digest = _sha256(part)
    if (wanted is not None and not digest.startswith(wanted)) or (size is not None and part.stat().st_size != size):
        part.unlink()
        raise JobFailed(
            tr(
                "{target} came damaged (its checksum is not the published one) and was deleted. Try again.",
                target=target.name,
            )
        )
    os.replace(part, target)
    if watch is not None:
        told = tr("its checksum is the published one") if wanted is not None else tr("its publisher gives no checksum")
        watch.message(
            tr(
                "{file} is at {path}; {told} (SHA-256 {digest}).",
                file=target.name,
                path=target,
                told=told,
                digest=digest,
            )
        )
    return digest


def _reason(error: Exception, url: str) -> str:
    """Say why a download failed, in words: what libraries say of it names their own parts."""
    import requests

    host = urlsplit(url).hostname or url
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return tr("{host} answered {status}", host=host, status=error.response.status_code)
    if isinstance(error, requests.exceptions.SSLError):
        return tr("{host} cannot prove who it is (its certificate is not accepted)", host=host)
    if isinstance(error, requests.exceptions.ProxyError):
        return tr("the proxy does not let through to {host}", host=host)
    if isinstance(error, requests.Timeout):
        return tr("{host} did not answer in time", host=host)
    if isinstance(error, requests.RequestException):
        return tr("{host} cannot be reached", host=host)
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _get(url: str, part: Path, name: str, watch: Watch | None) -> None:
    import requests

    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, stream=True, headers=headers, timeout=_TIMEOUT) as answer:
        if answer.status_code == 416:  # all of it is there already
            return
        answer.raise_for_status()
        if have and answer.status_code != 206:
            have = 0  # the server starts again
        total = have + int(answer.headers.get("Content-Length", 0))
        broken: Exception | None = None
        with part.open("ab" if have else "wb") as file:
            try:
                for chunk in answer.iter_content(_CHUNK):
                    file.write(chunk)
                    have += len(chunk)
                    if watch is not None:
                        watch.check()
                        watch.progress(round(have / 1e6), round(max(total, have) / 1e6), tr("MB of {name}", name=name))
            except (
                requests.exceptions.ChunkedEncodingError
            ) as error:  # also where the server did not say how much comes
                broken = error
        if broken is not None or have < total:
            lost = tr("the connection broke after {have:,.0f} MB", have=have / 1e6)
            if total:
                lost = tr(
                    "the connection broke after {have:,.0f} of {total:,.0f} MB", have=have / 1e6, total=total / 1e6
                )
            raise OSError(lost) from broken


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
