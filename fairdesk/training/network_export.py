"""A trained network out as ONNX (or safetensors), and the proof that it says the same: both are run on real faces or latents."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from fairdesk.dataset.collection import read_either
from fairdesk.errors import JobFailed, RequestError, reason
from fairdesk.faces.backbones import SIZE
from fairdesk.faces.encoders import load_backbone
from fairdesk.generation.making.synthetic_faces import at_once, load_generator
from fairdesk.generation.making.translation import load_translator
from fairdesk.jobs.context import Context
from fairdesk.learning.checkpoints import header_of, is_checkpoint, read_checkpoint
from fairdesk.project.encoder_ref import RUN_WEIGHTS
from fairdesk.runs.folder import RunFolder
from fairdesk.training.params import ExportModelParams
from fairdesk.training.results import ExportModelResult
from fairdesk.training.training_faces import cut_faces, normalised
from fairdesk.words import tr, tr_n

TOLERANCE = 1e-4  # of the largest number: how far ONNX may be from torch
_CHECKED = 16  # faces or latents


class _Generator(nn.Module):
    """A generator of latents, and of labels where it has some, with nothing left to choose."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.network(*given)
        return made


def _recogniser(
    params: ExportModelParams, context: Context
) -> tuple[nn.Module, tuple[torch.Tensor, ...], list[str], str, str]:
    path = params.run / RUN_WEIGHTS if params.run.is_dir() else params.run
    network, name = load_backbone(path)
    faces = torch.randn(_CHECKED, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    told = tr("random images")
    where = params.check
    if where is None and params.run.is_dir():
        kept = Path(str(RunFolder.open(params.run).config.get("params", {}).get("data", "")))
        where = kept if kept.exists() else None
    if where is not None:
        chips = cut_faces(read_either(where).items[:_CHECKED], "auto", context)
        faces, told = (
            normalised(torch.from_numpy(chips.pixels)),
            tr_n("{n} face of {place}", "{n} faces of {place}", len(chips.items), place=where),
        )
    return network.eval(), (faces,), ["input"], name, told


def _made(params: ExportModelParams) -> tuple[nn.Module, tuple[torch.Tensor, ...], list[str], str, str]:
    network, meta, _ = load_generator(params.run, "cpu")
    count = max(2, min(_CHECKED, at_once(meta)))
    source = torch.Generator().manual_seed(0)
    given = [torch.randn(count, int(meta["latent"]), generator=source)]
    labels = len(meta.get("labels") or [])
    if labels:
        given.append(nn.functional.one_hot(torch.arange(count) % labels, labels).float())
    return (
        _Generator(network).eval(),
        tuple(given),
        ["z", "labels"][: len(given)],
        tr("{family} generator", family=meta["family"]),
        tr("{n} latents", n=count),
    )


def _translator(params: ExportModelParams) -> tuple[nn.Module, tuple[torch.Tensor, ...], list[str], str, str]:
    network = load_translator(params.run, {"AtoB": "G_AB", "BtoA": "G_BA"}[params.direction], "cpu")
    pictures = torch.rand(_CHECKED, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return (
        network,
        (pictures,),
        ["pictures"],
        tr("cyclegan generator {direction}", direction=params.direction),
        tr("random images"),
    )


def _kind_of(path: Path) -> tuple[str, str]:
    """Return what a file of weights holds: "recogniser", "generator" or "translator", and the norm of a translator.

    Raises
    ------
    RequestError
        If it holds no network that is known here.
    """
    if path.suffix.lower() == ".onnx":
        raise RequestError(tr("{path} is ONNX already, and ONNX cannot be turned back.", path=path))
    if path.suffix.lower() == ".pkl":
        return "generator", ""
    if is_checkpoint(path):
        meta = read_checkpoint(path)[1]
        kind = "translator" if meta.get("family") == "cyclegan" else "generator" if "family" in meta else "recogniser"
        return kind, str(meta.get("norm", "instance"))
    loaders: dict[str, Callable[[], Any]] = {
        "recogniser": lambda: load_backbone(path), "generator": lambda: load_generator(path, "cpu"),
        "translator": lambda: load_translator(path, "G_AB", "cpu"),
    }  # fmt: skip
    refusals = []
    for kind, load in loaders.items():
        try:
            load()
            return kind, header_of(path).get("norm", "instance")
        except RequestError as error:
            refusals.append(tr("as a {kind}: {error}", kind=kind, error=reason(error)))
    raise RequestError("\n".join([tr("{path} holds no network that is known here.", path=path), *refusals]))


def export_network(params: ExportModelParams, context: Context) -> ExportModelResult:
    """Job: export, and compare. Raises `JobFailed` where ONNX says something else than torch."""
    header = {}
    if params.run.is_dir():
        config = RunFolder.open(params.run).config
        kind, norm = "recogniser", str(config.get("params", {}).get("norm", "instance"))
        if config.get("kind") != "recogniser":
            kind = "translator" if config.get("params", {}).get("family") == "cyclegan" else "generator"
    else:
        kind, norm = _kind_of(params.run)
    if kind == "recogniser":
        network, given, names, name, checked_on = _recogniser(params, context)
    elif kind == "translator":
        network, given, names, name, checked_on = _translator(params)
        header = {"norm": norm}
    else:
        network, given, names, name, checked_on = _made(params)
    params.out.parent.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        wanted = network(*given).numpy()
    if params.out.suffix.lower() == ".safetensors":
        state = {key.removeprefix("network."): value.contiguous() for key, value in network.state_dict().items()}
        save_file(
            state,
            params.out,
            header
            | {
                "about": json.dumps(
                    {
                        "from": params.run.name,
                        "what": tr("{name}, checked on {checked_on}", name=name, checked_on=checked_on),
                        "backbone": name,
                    }
                )
            },
        )
        return ExportModelResult(
            out=str(params.out),
            kind=kind,
            difference=0.0,
            summary=tr("{out}: {network}, the weights themselves", out=params.out, network=name),
        )
    difference = _onnx(network, given, names, wanted, params.out)
    context.artifact(params.out)
    return ExportModelResult(
        out=str(params.out),
        kind=kind,
        difference=difference,
        summary=tr(
            "{out}: {network}, checked on {what}; at most {difference:.2g} of the largest number from torch",
            out=params.out,
            network=name,
            what=checked_on,
            difference=difference,
        ),
    )


def _onnx(
    network: nn.Module, given: tuple[torch.Tensor, ...], names: list[str], wanted: np.ndarray[Any, Any], out: Path
) -> float:
    import onnxruntime

    free = {name: {0: "n"} for name in (*names, "output")}
    if names == ["pictures"]:  # a translator takes any size
        free = {name: {0: "n", 2: "height", 3: "width"} for name in (*names, "output")}
    part = out.with_name(out.name + ".part")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own exporter without onnxscript is kept, and says it is old
        torch.onnx.export(
            network, given, str(part), input_names=names, output_names=["output"], dynamic_axes=free, opset_version=17, dynamo=False
        )  # fmt: skip
    session = onnxruntime.InferenceSession(str(part), providers=["CPUExecutionProvider"])
    got = session.run(["output"], {name: value.numpy() for name, value in zip(names, given, strict=True)})[0]
    difference = float(np.abs(np.asarray(got) - wanted).max() / max(float(np.abs(wanted).max()), 1e-12))
    if not difference <= TOLERANCE:
        part.unlink()
        raise JobFailed(
            tr(
                "The ONNX model differs from torch by {difference:.2g} of the largest number (allowed: {tolerance:g}). Nothing was kept.",
                difference=difference,
                tolerance=TOLERANCE,
            )
        )
    part.replace(out)
    return difference
