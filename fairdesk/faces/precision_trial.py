"""Which number format a network is fastest in on this device, found by a short trial on drawn faces."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fairdesk.faces.encoders import formats_of, make_encoder
from fairdesk.faces.params import Format
from fairdesk.images.drawn_faces import draw_face, draw_person
from fairdesk.images.pixels import Pixels
from fairdesk.project.boxes import FaceBox
from fairdesk.project.encoder_ref import EncoderRef
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
    likeness: dict[Format, float]  # the least cosine of an embedding and float32's

    def text(self) -> str:
        """Say what was measured and what is used."""
        rates = ", ".join(
            tr("{name} {rate:,.0f} faces a second", name=name, rate=rate)
            if name == "float32"
            else tr(
                "{name} {rate:,.0f} (least cosine to float32 {likeness:.5f})",
                name=name,
                rate=rate,
                likeness=self.likeness[name],
            )
            for name, rate in self.faces_per_second.items()
        )
        return tr(
            "Precision {precision}, by a trial: {rates}; a cosine of {near} is asked for.",
            precision=self.precision,
            rates=rates,
            near=NEAR,
        )


def try_formats(params: EncodeParams, device: str) -> Trial:
    """Compute drawn faces in each format in turn, with as many cores as a thread of the pipeline has."""
    formats = formats_of(EncoderRef.parse(params.encoder), device)
    encoders = {name: make_encoder(params.model_copy(update={"precision": name}), device) for name in formats}
    chips = _faces(encoders["float32"].aligner)
    batch = [chips[place % len(chips)] for place in range(min(params.batch_size, 4 * len(chips)))]
    made: dict[Format, Vectors] = {}
    seconds: dict[Format, list[float]] = {name: [] for name in formats}
    with _one_core(device, encoders.values()):
        for turn in range(_TURNS + 1):
            for name, encoder in encoders.items():
                begin = time.perf_counter()
                made[name] = encoder.compute(batch)
                if turn:  # the first turn loads and warms up
                    seconds[name].append(time.perf_counter() - begin)
    return choose({name: len(batch) / min(seconds[name]) for name in formats}, made)


def choose(rates: dict[Format, float], made: dict[Format, Vectors]) -> Trial:
    """Choose the fastest format that is near enough, where it is faster than float32 by enough."""
    likeness: dict[Format, float] = {name: _likeness(made["float32"], made[name]) for name in made if name != "float32"}
    fit = [name for name in likeness if likeness[name] >= NEAR and rates[name] >= GAIN * rates["float32"]]
    return Trial(max(fit, key=lambda name: rates[name], default="float32"), rates, likeness)


def _likeness(exact: Vectors, short: Vectors) -> float:
    """Return the least cosine of two embeddings of one face."""
    one, other = exact.astype(np.float64), short.astype(np.float64)
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    least = float(((one * other).sum(1) / np.maximum(norms, 1e-30)).min())
    return least if np.isfinite(least) else 0.0  # fp16 overflows


def _faces(aligner: Aligner) -> Sequence[Pixels]:
    chips = []
    for number in range(_PEOPLE):
        rng = np.random.default_rng([7, number])
        picture = np.ascontiguousarray(draw_face(draw_person(rng, number % 10 + 1), rng))
        height, width = picture.shape[:2]
        chips.append(aligner(picture, FaceBox(0, width, height, 0)))
    return chips


@contextmanager
def _one_core(device: str, encoders: Iterable[Encoder]) -> Iterator[None]:
    """Let torch compute with one core on a processor, as each thread of the pipeline does."""
    if device != "cpu" or not any(encoder.engine == "torch" for encoder in encoders):
        yield
        return
    import torch

    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(cores)
