"""Weights that a person opens: read without running code, and without letting a small file ask for much memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fairdesk.errors import RequestError
from fairdesk.faces.checkpoint_contents import remedy
from fairdesk.words import tr, tr_n

if TYPE_CHECKING:
    import torch

_DEEP = 4  # how far state dicts are looked for in one another
_MOST_PARTS = 64  # networks in one state dict
_WRAPPED = re.compile(r"(?:(?<=\.)|^)(?:module|_orig_mod)\.")
_COUNTERS = {"n_averaged", "initted", "step", "num_updates", "decay"}  # of averages
_AVERAGED = re.compile(r"ema|averag|shadow", re.I)


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


class Weights(NamedTuple):
    """The weights of one network in a file, and the names under which they lie there."""

    where: tuple[str, ...]
    state: dict[str, torch.Tensor]

    @property
    def averaged(self) -> bool:
        """Whether its place is called an average of the training's steps."""
        return any(_AVERAGED.search(name) for name in self.where)


def _loaded(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import argparse

    import numpy as np
    import torch

    check_archive(path)
    scalar = np.float64(0).__reduce__()[0]  # what a pickled number of NumPy's is made by
    harmless = [argparse.Namespace, np.dtype, scalar, *(type(np.dtype(kind)) for kind in "fdilqb?")]
    with torch.serialization.safe_globals(harmless):  # what stands beside weights: options, the best accuracy
        return torch.load(path, map_location="cpu", weights_only=True)


def _states(loaded: Any, where: tuple[str, ...] = ()) -> Iterator[Weights]:
    """Yield every mapping of names to tensors, however deep it lies."""
    import torch

    if not isinstance(loaded, dict) or len(where) > _DEEP:
        return
    tensors = {str(name): value for name, value in loaded.items() if isinstance(value, torch.Tensor)}
    if tensors:
        check_tensors(tensors)
        yield from _parts({_WRAPPED.sub("", name): value for name, value in tensors.items()}, where)
    for name, value in loaded.items():
        yield from _states(value, (*where, str(name)))


def _parts(state: dict[str, torch.Tensor], where: tuple[str, ...], depth: int = 0) -> Iterator[Weights]:
    """Yield a state dict, and those of the networks in it: `generator.main.0.weight` is a generator's."""
    state = {name: value for name, value in state.items() if name not in _COUNTERS}
    yield Weights(where, state)
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for name, value in state.items():
        first, _, rest = name.partition(".")
        if rest and not first.isdigit():
            groups.setdefault(first, {})[rest] = value
    if depth >= _DEEP or len(groups) > _MOST_PARTS:
        return
    for first, part in groups.items():
        if len(part) > 1:
            yield from _parts(part, (*where, first), depth + 1)


def find_weights(path: Path) -> list[Weights]:
    """Read all weights by name that a file holds, under any key or prefix; the most first, of equals the averaged ones.

    What torch puts before names (`module.` of DataParallel, `_orig_mod.` of torch.compile) is taken off.

    Raises
    ------
    RequestError
        If the file is damaged, hostile, or holds anything but weights; the remedy is told where it can be.
    """
    try:
        found = list(_states(_loaded(path)))
    except Exception as error:  # whatever a hostile or damaged file makes torch raise is a refusal, and told
        if not path.is_file():
            raise RequestError(tr("There is no file {path}.", path=path)) from error
        why = remedy(path) or (str(error) if isinstance(error, HostileError) else type(error).__name__)
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
    return sorted(found, key=lambda one: (-len(one.state), not one.averaged))


def load_state(path: Path) -> dict[str, torch.Tensor]:
    """Read the weights of a file that holds one network's, beside its optimiser's state. Raises as `find_weights` does."""
    return find_weights(path)[0].state


def misfit(network: torch.nn.Module, state: Mapping[str, torch.Tensor]) -> str:
    """Fill a network with weights; returns "", or what does not fit, and then nothing is filled."""
    own = network.state_dict()
    for name, value in state.items():
        if name in own and own[name].shape != value.shape:
            return tr(
                "{name} is {found} and would be {wanted}", name=name, found=_shape(value), wanted=_shape(own[name])
            )
    lacking = [name for name in own if name not in state and not name.endswith("num_batches_tracked")]
    if lacking:
        return tr_n("{n} part is missing: {names}", "{n} parts are missing: {names}", len(lacking), names=_few(lacking))
    surplus = [name for name in state if name not in own]
    if surplus:
        return tr_n("{n} part is unknown: {names}", "{n} parts are unknown: {names}", len(surplus), names=_few(surplus))
    network.load_state_dict(dict(state), strict=False)
    return ""


def _shape(value: torch.Tensor) -> str:
    return " x ".join(map(str, value.shape)) or tr("one number")


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def onnx_errors() -> tuple[type[Exception], ...]:
    """Return what onnxruntime raises: its classes have no common parent of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return tuple(kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception))


def onnx_reason(error: Exception) -> str:
    """Return what onnxruntime says, without its codes, the path and the names of its parts."""
    said = str(error).rsplit("Status Message: ", 1)[-1].splitlines()[0]
    said = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .*? failed:)?", "", said)
    return said[:160].rstrip(" .") + "."


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
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what it raises is told; its own lines are not for people
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=known)
    except onnx_errors() as error:
        raise RequestError(
            tr(
                "{path} cannot be read as an ONNX model: {error}",
                path=path,
                error=onnx_reason(error),
            )
        ) from error
