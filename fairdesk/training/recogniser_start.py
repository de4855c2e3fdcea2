"""Where a recogniser's training begins: what can be refused in a moment is, before torch is imported for seconds."""

from __future__ import annotations

from fairdesk.images.insightface_bins import read_bin
from fairdesk.jobs.context import Context
from fairdesk.metrics.pair_lists.reading import read_list
from fairdesk.training.params import RecogniserParams
from fairdesk.training.results import RecogniserResult


def start_training(params: RecogniserParams, context: Context) -> RecogniserResult:
    """Job: train a recogniser. Raises `RequestError` at once where a list to evaluate on cannot be read."""
    for path in params.evaluate_on or ():
        if path.suffix.lower() == ".bin":
            read_bin(path)
        else:
            read_list(path)
    from fairdesk.training.recogniser_training import train_recogniser

    return train_recogniser(params, context)
