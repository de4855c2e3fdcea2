"""Which number format a network is fastest in on this device, found by a short trial on drawn faces."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import FORMATS, Format
from fairdesk.images.drawn_faces import draw_face, draw_person
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.faces.aligners import Aligner
    from fairdesk.faces.encoders import Encoder, Vectors
    from fairdesk.faces.params import EncodeParams

NEAR = 0.999  # cosine: a format whose embedding of any face of the trial is less like float32's is not used
GAIN = 1.2  # what it must be faster by: embeddings of another format cannot be compared with those that exist
_PEOPLE, _TURNS = 8, 3


@dataclass(frozen=True)
class Trial:
    """What was tried and what came of it."""

    precision: Format
    faces_per_second: dict[Format, float]
    likeness: float  # the least cosine of a bf16 embedding and float32's

    def text(self) -> str:
        """Say what was measured and what is used."""
        return tr(
            "Precision {precision}, by a trial: float32 {exact:,.0f} faces a second, bf16 {short:,.0f}; "
            "least cosine of both {likeness:.5f} (at least {near} is asked for).",
            precision=self.precision,
            exact=self.faces_per_second["float32"],
            short=self.faces_per_second["bf16"],
            likeness=self.likeness,
            near=NEAR,
        )


def try_formats(params: EncodeParams, device: str) -> Trial:
    """Compute drawn faces in each format in turn, with as many cores as a thread of the pipeline has."""
    encoders = {name: make_encoder(params.model_copy(update={"precision": name}), device) for name in FORMATS}
    chips = _faces(encoders["float32"].aligner)
    batch = [chips[place % len(chips)] for place in range(min(params.batch_size, 4 * len(chips)))]
    made: dict[Format, Vectors] = {}
    seconds: dict[Format, list[float]] = {name: [] for name in FORMATS}
    with _one_core(device, encoders["bf16"]):
        for turn in range(_TURNS + 1):
            for name, encoder in encoders.items():
                begin = time.perf_counter()
                made[name] = encoder.compute(batch)
                if turn:  # the first turn loads and warms up
                    seconds[name].append(time.perf_counter() - begin)
    return choose({name: len(batch) / min(seconds[name]) for name in FORMATS}, made)


def choose(rates: dict[Format, float], made: dict[Format, Vectors]) -> Trial:
    """Choose bf16 where it is faster by enough and near enough."""
    exact, short = made["float32"].astype(np.float64), made["bf16"].astype(np.float64)
    norms = np.linalg.norm(exact, axis=1) * np.linalg.norm(short, axis=1)
    likeness = float(((exact * short).sum(1) / np.maximum(norms, 1e-30)).min())
    takes = likeness >= NEAR and rates["bf16"] >= GAIN * rates["float32"]
    return Trial("bf16" if takes else "float32", rates, likeness)


def _faces(aligner: Aligner) -> Sequence[Pixels]:
    chips = []
    for number in range(_PEOPLE):
        rng = np.random.default_rng([7, number])
        picture = np.ascontiguousarray(draw_face(draw_person(rng, number % 10 + 1), rng))
        height, width = picture.shape[:2]
        chips.append(aligner(picture, FaceBox(0, width, height, 0)))
    return chips


@contextmanager
def _one_core(device: str, encoder: Encoder) -> Iterator[None]:
    """Let torch compute with one core on a processor, as each thread of the pipeline does."""
    if device != "cpu" or encoder.engine != "torch":
        yield
        return
    import torch

    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(cores)
