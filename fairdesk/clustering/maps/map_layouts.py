"""Vectors in two dimensions: principal components at once, t-SNE in minutes."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fairdesk.clustering.neighbours.search import nearest
from fairdesk.clustering.stages import stoppable
from fairdesk.errors import RequestError
from fairdesk.words import tr

Floats = npt.NDArray[np.float32]
EARLY, MAIN = 250, 500  # steps
EXAGGERATED = 12  # times the attraction, in the early steps
SMALL = 2000  # faces
_EVERY = 10  # steps, after which it is said how far it is
Tell = Callable[[int, int], None]


def principal_components(vectors: Floats) -> Floats:
    """Return the first two principal components of n vectors, of shape (n, 2); the larger side of each is positive."""
    n, dim = vectors.shape
    out = np.zeros((n, 2), dtype=np.float32)
    if n < 2:
        return out
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    chosen = directions[:, ::-1][:, : min(2, dim)]
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
    out[:, : chosen.shape[1]] = centred @ (chosen * signs).astype(np.float32)
    return out


def t_sne(vectors: Floats, perplexity: float, seed: int, tell: Tell) -> Floats:
    """Return the t-SNE layout of n vectors, of shape (n, 2); the same seed and thread count give the same one.

    `tell` is told how far it is, of how much, and may raise to stop it.

    Raises
    ------
    RequestError
        If there are too few vectors.
    """
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    n = len(vectors)
    if n < 5:
        raise RequestError(tr("A t-SNE map needs at least 5 faces; there are {n}. Use pca.", n=n))
    perplexity = min(perplexity, (n - 1) / 3)
    found, squared = nearest(
        vectors, int(3 * perplexity), lambda done, of: tell(done * (EARLY + MAIN) // of // 4, _ALL)
    )
    begin = principal_components(vectors).astype(np.float64)
    begin += np.random.default_rng(seed).normal(scale=1e-3 * max(float(begin[:, 0].std()), 1e-12), size=begin.shape)
    begin *= 1e-4 / max(float(begin[:, 0].std()), 1e-12)
    passed, step_now, wanted, many = 0, 0, True, n >= SMALL

    def look(step: int, _error: float, _places: object) -> bool:
        nonlocal step_now
        step_now = step
        if not many:
            tell(_FIRST + passed + step, _ALL)
        return not wanted  # true ends it

    def work() -> Floats:
        nonlocal passed, step_now
        affinities = PerplexityBasedNN(
            perplexity=perplexity, knn_index=PrecomputedNeighbors(found, np.sqrt(squared)), n_jobs=_threads(n)
        )
        made = TSNE(
            perplexity=perplexity, n_jobs=_threads(n), random_state=seed, callbacks=look, callbacks_every_iters=_EVERY
        )
        layout = made.prepare_initial(affinities=affinities, initialization=begin)
        for steps, exaggeration in ((EARLY, EXAGGERATED), (MAIN, None)):
            layout = layout.optimize(steps, exaggeration=exaggeration)
            passed, step_now = passed + steps, 0
        return np.asarray(layout, dtype=np.float32)

    if not many:
        return work()
    try:  # its steps take seconds each
        return stoppable(lambda _done, _of: tell(_FIRST + passed + step_now, _ALL), work)
    finally:
        wanted = False


_FIRST = (EARLY + MAIN) // 4  # what finding the neighbours counts
_ALL = _FIRST + EARLY + MAIN


def _threads(n: int) -> int:
    if n < SMALL:
        return 1  # threads would wait for each other longer than they work
    said = os.environ.get("OMP_NUM_THREADS", "")
    return int(said) if said.isdigit() and int(said) else os.cpu_count() or 1
