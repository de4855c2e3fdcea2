"""bf16 by OpenVINO, where it is installed and the processor computes in bf16: half the time of float32, and without PyTorch."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fairdesk.jobs.pool import processes

Vectors = npt.NDArray[np.float32]


@cache
def _core() -> Any:
    """OpenVINO, or None where it is not installed or would compute bf16 as something else."""
    if importlib.util.find_spec("openvino") is None:
        return None
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it tells its makers of each import
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]  # converters: a third of the import, and optional
    try:
        import openvino

        core = openvino.Core()
        able = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except (ImportError, OSError, RuntimeError):  # an installation that is broken counts as none
        return None
    return core if able else None


def has_bf16() -> bool:
    """Whether bf16 is computed here, and by OpenVINO."""
    return _core() is not None


def version() -> str:
    """OpenVINO's version, without what it was built from."""
    import openvino

    return str(openvino.__version__).partition("-")[0]


def bf16_session(model: bytes | Path, output: str | None = None) -> Callable[[npt.NDArray[Any]], Vectors]:
    """Return what runs an ONNX model with one input for one of its outputs, on one core a call: several threads may call it.

    Raises `RuntimeError` where OpenVINO does not take the model, or does not run it.
    """
    core, threads = _core(), processes()
    # Threads that are bound to cores wait there for whatever else a core is taken by.
    how = {"INFERENCE_PRECISION_HINT": "bf16", "NUM_STREAMS": threads, "INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}  # fmt: skip
    read = core.read_model(str(model)) if isinstance(model, Path) else core.read_model(model, b"")
    compiled = core.compile_model(read, "CPU", how)
    of_thread = threading.local()
    alone, begun = threading.Lock(), threading.Event()

    def compute(batch: npt.NDArray[Any]) -> Vectors:
        request = getattr(of_thread, "request", None)
        if request is None:
            request = of_thread.request = compiled.create_infer_request()
        return np.array(request.infer({0: batch})[0 if output is None else output], dtype=np.float32)

    def run(batch: npt.NDArray[Any]) -> Vectors:
        if begun.is_set():
            return compute(batch)
        # OpenVINO fills a table when it is first asked for an array, and lets go of the interpreter meanwhile: a second
        # thread that asks for one then waits for the table and keeps the interpreter, and neither goes on (2026.4.1).
        with alone:
            found = compute(batch)
            begun.set()
            return found

    return run
