"""Several devices: one process for each, started by torchrun, that share every batch through Lightning Fabric."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, TypeVar

from fairdesk.errors import JobFailed, RequestError, Stopped
from fairdesk.jobs.context import Context, QuietContext
from fairdesk.jobs.messages import CONTROL, EVENTS, LOG, JobSpec, Tail, append_line
from fairdesk.jobs.params import JobParams
from fairdesk.jobs.processes import PARENT
from fairdesk.jobs.results import JobResult
from fairdesk.words import tr, tr_n

Result = TypeVar("Result", bound=JobResult)

_PERIOD = 0.1  # seconds between two looks at what the processes say


def is_shared() -> bool:
    """Whether torchrun has started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def open_fabric(device: str, precision: str) -> Any:
    """Return Fabric, set up for this process: alone, or one of torchrun's."""
    from lightning.fabric import Fabric

    for name in ("lightning.fabric", "lightning.pytorch"):  # they would tell the number format
        logging.getLogger(name).setLevel(logging.WARNING)
    if is_shared():
        world, local = int(os.environ["WORLD_SIZE"]), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        fabric = Fabric(
            accelerator=device, strategy="ddp", devices=local, num_nodes=world // local, precision=precision
        )  # type: ignore[arg-type]
    else:
        fabric = Fabric(accelerator=device, devices=1, precision=precision)  # type: ignore[arg-type]
    fabric.launch()
    return fabric


def precision_of(wanted: str, device: str) -> str:
    """Return Fabric's name of a precision; "auto" is bf16 on a GPU that has it, else fp32."""
    import torch

    if wanted == "auto":
        wanted = "bf16" if device == "cuda" and torch.cuda.is_bf16_supported() else "fp32"
    return {"fp32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}[wanted]


class SharedContext(QuietContext):
    """One process's context: only the first tells and hears, and all stop at the same step.

    `local` is for what a process does by itself, where the others do not stop with it.
    """

    def __init__(self, context: Context, fabric: Any) -> None:
        super().__init__(device=context.device)
        self._own, self._fabric = context, fabric
        self._first = fabric.global_rank == 0
        self.local: Context = context if self._first else QuietContext(device=context.device)
        if self._first:
            self.progress = context.progress  # type: ignore[method-assign]
            self.scalar = context.scalar  # type: ignore[method-assign]
            self.message = context.message  # type: ignore[method-assign]
            self.artifact = context.artifact  # type: ignore[method-assign]
            self.asked = context.asked  # type: ignore[method-assign]

    def check(self) -> None:
        """Ask the first process's person, and do as it says everywhere."""
        stop = False
        if self._first:
            try:
                self._own.check()
            except Stopped:
                stop = True
        if self._fabric.broadcast(stop):
            raise Stopped


def command(kind: str, params: JobParams, devices: int) -> str:
    """Return the command that starts a job on several machines."""
    from fairdesk.jobs.commands import command as plain
    from fairdesk.jobs.registry import job_kind

    line = plain(job_kind(kind), params.model_copy(update={"devices": 1}), "").removeprefix("fairdesk ")
    return (
        f"torchrun --nnodes MACHINES --nproc-per-node {devices} --rdzv-endpoint FIRST_MACHINE:29500 -m fairdesk {line}"
    )


def run_shared(kind: str, params: JobParams, devices: int, context: Context, result: type[Result]) -> Result:
    """Run a job in several processes of this machine, and tell what they tell.

    Raises
    ------
    JobFailed
        If one of them fails.
    Stopped
        If a person stopped it; then a checkpoint is kept, as with one process.
    """
    with tempfile.TemporaryDirectory(prefix="fairdesk-") as temporary:
        home = Path(temporary)
        JobSpec(kind, params.model_dump(mode="json", by_alias=True), device=context.device).write(home)
        line = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={devices}",
                "-m", "fairdesk", "--worker", str(home)]  # fmt: skip
        context.message(
            tr_n(
                "Training in {n} process. On several machines: {command}",
                "Training in {n} processes. On several machines: {command}",
                devices,
                command=command(kind, params, devices),
            )
        )
        with (home / "torchrun").open("wb") as log:
            process = subprocess.Popen(
                line, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env={**os.environ, PARENT: str(os.getpid())},
            )  # fmt: skip
        events, stopping = Tail(home / EVENTS), False
        try:
            while True:
                running = process.poll() is None
                for event in events.read():
                    found = _tell(event, context)
                    if found is not None:
                        process.wait()
                        return result.model_validate(found)
                if not running:
                    break
                try:
                    context.check()
                except Stopped:
                    if not stopping:
                        append_line(home / CONTROL, {"command": "stop"})
                        stopping = True
                time.sleep(_PERIOD)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        told = "\n".join(
            path.read_text(errors="replace")[-2000:] for path in (home / "torchrun", home / LOG) if path.exists()
        )
        raise JobFailed(
            tr(
                "The {n} processes ended without a result. Their last output:\n{output}",
                n=devices,
                output=told[-1500:],
            )
        )


def _tell(event: dict[str, Any], context: Context) -> dict[str, Any] | None:
    """Pass one event on; returns the result where it is the last."""
    match event["event"]:
        case "progress":
            context.progress(event["done"], event["total"], event["unit"])
        case "scalars":
            for name, step, value in event["points"]:
                context.scalar(name, step, value)
        case "message":
            context.message(event["text"])
        case "artifact":
            context.artifact(Path(event["path"]))
        case "failed":
            raise (JobFailed if event["unexpected"] else RequestError)(event["message"])
        case "stopped":
            raise Stopped
        case "done":
            result: dict[str, Any] = event["result"]
            return result
    return None
