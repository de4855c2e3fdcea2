"""Networks pickled as the StyleGAN programs do it."""

import sys
import types

import numpy as np
import pytest


@pytest.fixture
def persistent(monkeypatch):
    """Wrap a module so that it is pickled as stylegan2-ada-pytorch and stylegan3 pickle theirs.

    Code and state, rebuilt by their own hook; the state is an object's whole `__dict__`, with NumPy's numbers and tables,
    sets, and None for what a layer has not.
    """
    names = {}
    for module, name in (("torch_utils.persistence", "_reconstruct_persistent_obj"), ("dnnlib.util", "EasyDict")):
        made = types.ModuleType(module)
        names[name] = (
            type(name, (dict,), {"__module__": module})
            if name == "EasyDict"
            else lambda _meta: pytest.fail("its code ran")
        )
        names[name].__module__, names[name].__qualname__, names[name].__name__ = module, name, name
        setattr(made, name, names[name])
        monkeypatch.setitem(sys.modules, module.partition(".")[0], types.ModuleType(module.partition(".")[0]))
        monkeypatch.setitem(sys.modules, module, made)

    class Persistent:
        def __init__(self, module):
            own = {
                "training": False,
                "_parameters": dict(module._parameters),
                "_buffers": dict(module._buffers),
                "_modules": {name: Persistent(child) for name, child in module._modules.items()}
                | {"embed_if_any": None},
                "_non_persistent_buffers_set": set(),
                "weight_gain": 1 / np.sqrt(7),
                "in_size": np.broadcast_to(np.asarray(36), [2]),
                "_init_kwargs": names["EasyDict"](channel_base=np.int64(5), use_fp16=np.bool_(True)),
            }
            code = "import os; os.abort()"
            self.meta = {
                "type": "class",
                "version": 6,
                "module_src": code,
                "class_name": type(module).__name__,
                "state": own,
            }

        def __reduce__(self):
            return names["_reconstruct_persistent_obj"], (self.meta,)

    return Persistent
