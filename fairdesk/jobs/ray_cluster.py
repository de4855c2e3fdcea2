"""Work spread over a Ray cluster with Ray Data: results stream back as they are ready, and what a dead node had is done again."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from fairdesk.errors import FairDeskError, JobFailed, RequestError
from fairdesk.jobs.ray_connection import connected
from fairdesk.jobs.ray_results import watched

if TYPE_CHECKING:
    from fairdesk.jobs.context import Context

Item = TypeVar("Item")
Output = TypeVar("Output")
_TO_A_GPU = 8  # actors: they decode and search on their cores, and compute in turn


@dataclass(frozen=True)
class Refusal:
    """That an actor would not do something: plain values, as not every error can be pickled."""

    wrong: bool  # the request was
    text: str

    @classmethod
    def of(cls, error: FairDeskError) -> Refusal:
        """Take what matters of an error."""
        return cls(isinstance(error, RequestError), str(error))

    def error(self) -> FairDeskError:
        """Return the error as it is raised here."""
        return RequestError(self.text) if self.wrong else JobFailed(self.text)


def share_out(cores: int, gpus: int) -> tuple[int, float]:
    """Return how many actors there are, and which share of a GPU each asks for (0: none)."""
    if gpus == 0:
        return max(1, cores), 0.0
    each = max(1, min(_TO_A_GPU, cores // gpus))
    return max(1, min(cores, each * gpus)), 1 / each


def map_on_ray(
    function: Callable[[list[Item]], Output],
    items: Sequence[Item],
    size: int,
    context: Context,
    initializer: Callable[..., None],
    arguments: tuple[Any, ...] = (),
    *,
    gpu: bool = False,
) -> Iterator[tuple[list[Item], Output]]:
    """Yield (batch, result) as `map_batches` does, but in the order they are ready, from a Ray cluster.

    Which cluster that is `ray_connection.connected` says. Each core has
    an actor that runs `initializer(*arguments)` once; with `gpu` they share the cluster's GPUs, if it has any, at most
    eight to each. Ray starts actors again that died, and gives their batches to others; its object store bounds how many
    results wait here.

    Raises
    ------
    RequestError
        If Ray Data is not installed, or RAY_ADDRESS says nothing.
    JobFailed
        If there is no cluster, or it could not go on.
    FairDeskError
        That an actor's initializer or function raised.
    """
    batches = [list(items[start : start + size]) for start in range(0, len(items), size)]
    if not batches:
        return
    context.progress(0, 0)  # the time it takes to begin is none of what is left

    class Worker:
        """One core: what `initializer` loads stays in its memory. What it refuses is an answer: Ray would try it again."""

        def __init__(self) -> None:
            self.refusal: Refusal | None = None
            try:
                initializer(*arguments)
            except FairDeskError as error:
                self.refusal = Refusal.of(error)

        def __call__(self, rows: dict[str, Any]) -> dict[str, Any]:
            done = [pickle.dumps(self.answer(pickle.loads(items))) for items in rows["items"]]  # by and for ourselves
            return {"number": rows["number"], "done": done}

        def answer(self, items: list[Item]) -> Output | Refusal:
            if self.refusal is not None:
                return self.refusal
            try:
                return function(items)
            except FairDeskError as error:
                return Refusal.of(error)

    with connected(context) as ray:
        settings = ray.data.DataContext.get_current()
        shown, settings.enable_progress_bars = settings.enable_progress_bars, False
        try:
            has = ray.cluster_resources()
            actors, share = share_out(int(has.get("CPU", 1)), int(has.get("GPU", 0)) if gpu else 0)
            rows = [{"number": number, "items": pickle.dumps(batch)} for number, batch in enumerate(batches)]
            results = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
                Worker, batch_size=1, num_cpus=1, num_gpus=share or None,
                compute=ray.data.ActorPoolStrategy(size=min(actors, len(rows))),
            )  # fmt: skip
            for row in watched(results.iter_rows(), ray.get_runtime_context().gcs_address, context.check):
                done = pickle.loads(row["done"])
                if isinstance(done, Refusal):
                    raise done.error()
                yield batches[row["number"]], done
                context.check()
        finally:
            settings.enable_progress_bars = shown
