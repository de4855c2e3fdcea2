"""Weights that a person opens: read without running code, and without letting a small file ask for much memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from fairdesk.errors import RequestError
from fairdesk.words import tr

if TYPE_CHECKING:
    import torch

_DEEP = 4  # how far state dicts are looked for in one another


class HostileError(ValueError):
    """A file claims to hold more than it does."""


def check_archive(file: Path | IO[bytes]) -> None:
    """Refuse a torch file that is packed or whose parts claim to be larger than it is.

    torch.save never packs: its parts lie as they are, so that nothing in an honest file is larger than the file.

    Raises
    ------
    HostileError
        If it is such a file.
    """
    if not zipfile.is_zipfile(file):
        return
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    held = sum(part.compress_size for part in parts)
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts) or sum(p.file_size for p in parts) > held:
        raise HostileError(tr("its parts are packed, as no torch file's are"))
    if isinstance(file, Path) and held > file.stat().st_size:
        raise HostileError(tr("its parts claim to be larger than the file"))


def check_tensors(tensors: dict[str, torch.Tensor]) -> None:
    """Refuse tensors that claim more numbers than are stored. Raises `HostileError`."""
    for name, tensor in tensors.items():
        if tensor.is_sparse:
            raise HostileError(tr("{name} is sparse", name=name))
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise HostileError(
                tr("{name} claims {numel:,} numbers, more than the file holds", name=name, numel=tensor.numel())
            )


def _loaded(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    check_archive(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _states(loaded: Any, depth: int = 0) -> Iterator[dict[str, torch.Tensor]]:
    """Yield every mapping of names to tensors, however deep it lies."""
    import torch

    if not isinstance(loaded, dict) or depth > _DEEP:
        return
    tensors = {str(name): value for name, value in loaded.items() if isinstance(value, torch.Tensor)}
    if tensors:
        check_tensors(tensors)
        yield {name.removeprefix("module."): value for name, value in tensors.items()}
    for value in loaded.values():
        yield from _states(value, depth + 1)


def load_states(path: Path) -> list[dict[str, torch.Tensor]]:
    """Read all weights by name that a file holds, under any key, the most first; `module.` before names is taken off.

    Raises
    ------
    RequestError
        If the file is damaged, hostile, or holds anything but weights.
    """
    try:
        loaded = _loaded(path)
        found = list(_states(loaded))
    except Exception as error:  # whatever a hostile or damaged file makes torch raise is a refusal, and told
        why = str(error) if isinstance(error, HostileError) else type(error).__name__
        raise RequestError(
            tr(
                "{path} cannot be read as weights: it is damaged, or holds more than plain weights "
                "(FairDesk never runs code from a file). {why}",
                path=path,
                why=why,
            )
        ) from error
    if not found:
        raise RequestError(
            tr("{path} holds no weights by name. Give a state_dict saved with torch.save or safetensors.", path=path)
        )
    return sorted(found, key=len, reverse=True)


def load_state(path: Path) -> dict[str, torch.Tensor]:
    """Read the weights of a file that holds one network's, beside its optimiser's state. Raises as `load_states` does."""
    return load_states(path)[0]


def onnx_errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises: its classes have no common parent of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return tuple(kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception))


def open_onnx(path: Path, device: str) -> Any:
    """Open an ONNX model for onnxruntime, on the GPU where it can.

    Raises
    ------
    RequestError
        If the file is missing or no ONNX model.
    """
    import onnxruntime

    if not path.is_file():
        raise RequestError(tr("There is no file {path}.", path=path))
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"] if device == "cuda" else ["CPUExecutionProvider"]
    known = [one for one in providers if one in onnxruntime.get_available_providers()]
    try:
        return onnxruntime.InferenceSession(str(path), providers=known)
    except onnx_errors() as error:
        raise RequestError(
            tr(
                "{path} cannot be read as an ONNX model: {error}",
                path=path,
                error=str(error).splitlines()[0][:200],
            )
        ) from error
