"""What a torch file that cannot be read as weights holds instead, told from its opcodes: nothing in it is run."""

from __future__ import annotations

import io
import pickletools
import zipfile
from pathlib import Path

from fairdesk.words import tr

_PLAIN = ("torch", "collections", "numpy", "_codecs", "builtins", "__builtin__", "copyreg", "copy_reg")
_MOST = 16 * 2**20  # bytes of opcodes that are looked at
_PICKLES = 6  # one after the other in a file of old PyTorch


def remedy(path: Path) -> str:
    """Say what a file holds besides weights, and how to get at its weights; nothing where that cannot be told."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                if any(name.endswith("constants.pkl") for name in names):
                    return tr(
                        "It is a TorchScript program. Save its state_dict: torch.save(torch.jit.load({file!r}).state_dict(), 'weights.pth').",
                        file=path.name,
                    )
                pickled = next((name for name in names if name.endswith("data.pkl")), None)
                data = archive.open(pickled).read(_MOST) if pickled else b""
        else:
            with path.open("rb") as file:
                data = file.read(_MOST)
        found = [name for name in _names(data) if not name.startswith(tuple(f"{one}." for one in _PLAIN))]
    except (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        NotImplementedError,
        zipfile.BadZipFile,
    ):  # damaged: nothing can be told
        return ""
    found += [name for name in _names(data) if name.startswith("torch.nn.modules.")]
    if not found:
        return ""
    return tr(
        "It holds a whole {name}, as torch.save(model) writes it. Save its state_dict, in the program that made it: "
        "torch.save(model.state_dict(), 'weights.pth').",
        name=found[0],
    )


def _names(data: bytes) -> list[str]:
    """Return the names of what the pickles of a file would import, in their order."""
    found: list[str] = []
    stream = io.BytesIO(data)
    for _ in range(_PICKLES):
        texts: list[str] = []
        memo: dict[int, str] = {}
        try:
            for operation, argument, _place in pickletools.genops(stream):
                if operation.name == "GLOBAL":
                    found.append(str(argument).replace(" ", ".", 1))
                elif operation.name == "STACK_GLOBAL" and len(texts) >= 2:
                    found.append(".".join(texts[-2:]))
                elif isinstance(argument, str) and "UNICODE" in operation.name:
                    texts.append(argument)
                elif operation.name == "MEMOIZE" and texts:
                    memo[len(memo)] = texts[-1]
                elif operation.name in ("BINGET", "LONG_BINGET") and argument in memo:
                    texts.append(memo[int(argument)])
        except ValueError:  # what follows the pickles
            break
    return list(dict.fromkeys(found))
