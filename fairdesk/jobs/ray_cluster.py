"""Work spread over a Ray cluster with Ray Data: results stream back as they are ready, and what a dead node had is done again."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from fairdesk.errors import RequestError
from fairdesk.words import tr

if TYPE_CHECKING:
    from fairdesk.jobs.context import Context

Item = TypeVar("Item")
Output = TypeVar("Output")


def map_on_ray(
    function: Callable[[list[Item]], Output],
    items: Sequence[Item],
    size: int,
    context: Context,
    initializer: Callable[..., None],
    arguments: tuple[Any, ...] = (),
) -> Iterator[tuple[list[Item], Output]]:
    """Yield (batch, result) as `map_batches` does, but in the order they are ready, from a Ray cluster.

    That is the one RAY_ADDRESS names, else one that runs on this machine, else one that is started for it. Each core has
    an actor that runs `initializer(*arguments)` once. Ray starts actors again that died, and gives their batches to others;
    its object store bounds how many results wait here.

    Raises
    ------
    RequestError
        If Ray Data is not installed.
    """
    # Ray would report its use to its makers, and copy the working folder of a `uv run`, 7 GB with its environment.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        import ray
        from ray import data
    except ImportError as error:
        raise RequestError(
            tr(
                "The engine ray needs the package ray, which is not installed. Install it with: uv pip install 'fairdesk[ray]'"
            )
        ) from error
    batches = [list(items[start : start + size]) for start in range(0, len(items), size)]
    if not batches:
        return
    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False, logging_level="error", include_dashboard=False)

    class Worker:
        """One core: what `initializer` loads stays in its memory."""

        def __init__(self) -> None:
            initializer(*arguments)

        def __call__(self, rows: dict[str, Any]) -> dict[str, Any]:
            done = [
                pickle.dumps(function(pickle.loads(items))) for items in rows["items"]
            ]  # by ourselves, for ourselves
            return {"number": rows["number"], "done": done}

    settings = data.DataContext.get_current()
    shown, settings.enable_progress_bars = settings.enable_progress_bars, False
    try:
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        rows = [{"number": number, "items": pickle.dumps(batch)} for number, batch in enumerate(batches)]
        results = data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            Worker, batch_size=1, num_cpus=1, compute=data.ActorPoolStrategy(size=min(cores, len(rows)))
        )
        for row in results.iter_rows():
            yield batches[row["number"]], pickle.loads(row["done"])
            context.check()
    finally:
        settings.enable_progress_bars = shown
        if started:
            ray.shutdown()
