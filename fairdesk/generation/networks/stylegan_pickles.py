"""StyleGAN's `.pkl` files, read without running the code in them.

stylegan2-ada-pytorch and stylegan3 pickle their networks as code and state, through a hook of their own. Here an
unpickler that knows a handful of names takes the state, and keeps the tensors.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from fairdesk.errors import RequestError, reason
from fairdesk.faces.weight_files import check_archive, check_tensors
from fairdesk.words import tr


class _Kept:
    """Stands for a network or a part of one: its state is kept, its code is not looked at."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.state = meta.get("state", {})


class _Unread:
    """Stands for NumPy's numbers and tables (gains, sizes), which say nothing that the weights do not."""

    def __init__(self, *_: Any) -> None: ...

    def __setstate__(self, _: Any) -> None: ...


def _storage(data: bytes) -> Any:
    check_archive(io.BytesIO(data))
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


_NUMPY = [("multiarray", "scalar"), ("multiarray", "_reconstruct"), ("numeric", "_frombuffer")]
_KNOWN: dict[tuple[str, str], Any] = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _Kept,
    ("dnnlib.util", "EasyDict"): dict,
    ("dnnlib", "EasyDict"): dict,
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    ("torch.storage", "_load_from_bytes"): _storage,
    **{(f"numpy.{core}.{module}", name): _Unread for core in ("core", "_core") for module, name in _NUMPY},
    ("numpy", "dtype"): _Unread,
    ("numpy", "ndarray"): _Unread,
}


class _Careful(pickle.Unpickler):
    """Rebuilds tensors and plain containers; anything else in a pickle is a refusal."""

    def find_class(self, module: str, name: str) -> Any:
        found = _KNOWN.get((module, name))
        if found is None and module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if found is None:
            raise pickle.UnpicklingError(tr("it needs {module}.{name}", module=module, name=name))
        return found


def _tensors(kept: _Kept, prefix: str = "") -> dict[str, torch.Tensor]:
    """Gather a module's parameters and buffers by name, as its state dict would."""
    out: dict[str, torch.Tensor] = {}
    state = kept.state if isinstance(kept.state, Mapping) else {}
    for part in ("_parameters", "_buffers"):
        out |= {
            prefix + key: value for key, value in (state.get(part) or {}).items() if isinstance(value, torch.Tensor)
        }
    for key, child in (state.get("_modules") or {}).items():
        if isinstance(child, _Kept):
            out |= _tensors(child, f"{prefix}{key}.")
    return out


def read_stylegan_pickle(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of the averaged generator in a `.pkl` of stylegan2-ada-pytorch or stylegan3.

    Raises
    ------
    RequestError
        If the file is damaged, or holds anything but such networks.
    """
    try:
        with path.open("rb") as file:
            loaded = _Careful(file).load()
        state = _tensors(loaded["G_ema"])
        check_tensors(state)
    except FileNotFoundError:
        raise RequestError(tr("There is no checkpoint {path}.", path=path)) from None
    except Exception as error:  # whatever a hostile or damaged pickle raises is a refusal, and told
        raise RequestError(
            tr(
                "{path} cannot be read as a StyleGAN pickle ({error}). FairDesk never runs code from a file: a pickle may hold "
                "networks of stylegan2-ada-pytorch or stylegan3 and nothing else.",
                path=path,
                error=reason(error),
            )
        ) from error
    return state
