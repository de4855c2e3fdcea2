"""A resident that keeps a generator loaded and answers with one picture at a time, for the latent explorer.

Requests and answers are JSON lines on standard input and output. Moving along a direction changes the latent;
StyleGAN's directions are the principal ones of its styles (Härkönen et al., NeurIPS 2020), the others' are
an orthonormal basis drawn from a fixed seed.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
from PIL import Image

from fairdesk.errors import RequestError, explain
from fairdesk.generation.making.synthetic_faces import load_generator
from fairdesk.generation.networks.stylegan2 import Styled
from fairdesk.generation.origin import origin
from fairdesk.learning.sample_pictures import to_pixels
from fairdesk.words import tr

DIRECTIONS = 8
_SAMPLES = 1000  # styles whose principal directions are taken


class Explorer:
    """One loaded generator with its directions."""

    def __init__(self, run: Path, device: str = "cpu") -> None:
        self.network, self.meta, self.path = load_generator(run, device)
        self.labels: list[str] = list(self.meta.get("labels") or [])
        self._origin = origin(self.path, self.meta["family"])
        rng = np.random.default_rng(0)
        latent = int(self.meta["latent"])
        if isinstance(self.network, Styled):
            with torch.inference_mode():
                styles = self.network.mapping(
                    torch.from_numpy(rng.standard_normal((_SAMPLES, latent))).float(), self._one_hot(None, _SAMPLES)
                )[:, 0]
            _, sizes, axes = torch.pca_lowrank(styles, q=min(DIRECTIONS, latent))
            self.directions = (axes * (sizes / _SAMPLES**0.5)).T
        else:
            basis, _ = np.linalg.qr(rng.standard_normal((latent, min(DIRECTIONS, latent))))
            self.directions = torch.from_numpy(basis.T).float()

    def _one_hot(self, label: str | None, count: int) -> torch.Tensor | None:
        if not self.labels:
            return None
        place = self.labels.index(label) if label in self.labels else 0
        return torch.nn.functional.one_hot(torch.full((count,), place), len(self.labels)).float()

    def picture(self, seed: int, moves: list[float], truncation: float, label: str | None) -> Image.Image:
        """Return the face of a seed, moved along the directions."""
        z = torch.from_numpy(np.random.default_rng(seed).standard_normal((1, int(self.meta["latent"])))).float()
        step = (
            torch.tensor([*moves, *[0.0] * (len(self.directions) - len(moves))][: len(self.directions)])
            @ self.directions
        )
        own = self._one_hot(label, 1)
        with torch.inference_mode():
            if isinstance(self.network, Styled):
                made = self.network.synthesis(self.network.mapping(z, own, truncation) + step)
            else:
                made = self.network((z + step) * truncation, own)
        return Image.fromarray(to_pixels(made.float().cpu())[0])

    def mark(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return what a saved picture's synthetic mark says."""
        return self._origin | {key: request.get(key) for key in ("seed", "moves", "truncation", "label")}


def serve(source: TextIO, target: TextIO) -> None:
    """Answer requests until the input ends; a wrong one is answered with what is wrong."""
    explorer: Explorer | None = None
    for line in source:
        request = json.loads(line)
        answer: dict[str, Any] = {"id": request.get("id")}
        try:
            if "run" in request:
                explorer = Explorer(Path(request["run"]))
                answer |= {
                    "labels": explorer.labels,
                    "directions": len(explorer.directions),
                    "size": explorer.meta["size"],
                }
            elif explorer is None:
                raise RequestError(tr("No generator is loaded."))
            else:
                image = explorer.picture(
                    int(request["seed"]), request["moves"], float(request["truncation"]), request.get("label")
                )
                buffer = io.BytesIO()
                image.save(buffer, "PNG", compress_level=1)
                answer |= {"png": base64.b64encode(buffer.getvalue()).decode(), "mark": explorer.mark(request)}
        except Exception as error:  # the explorer has to live on, whatever one request does
            answer["error"] = explain(error) or f"{type(error).__name__}: {error}"
        target.write(json.dumps(answer) + "\n")
        target.flush()


def main() -> int:
    """Entry of the resident process; what models print goes to standard error."""
    out = sys.stdout
    sys.stdout = sys.stderr
    torch.set_num_threads(max(1, torch.get_num_threads() - 1))
    serve(sys.stdin, out)
    return 0
