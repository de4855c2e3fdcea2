"""The job that makes faces or identities with a trained generator; each file carries its mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from fairdesk import __version__
from fairdesk.errors import RequestError
from fairdesk.generation.foreign import generator_of
from fairdesk.generation.networks import make_networks
from fairdesk.generation.onnx_networks import onnx_generator
from fairdesk.generation.params import GenerateParams
from fairdesk.generation.stylegan2_networks import StyleGenerator
from fairdesk.images.inspecting import file_sha256
from fairdesk.images.marks import save_marked
from fairdesk.images.places import safe_name, write_text
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.checkpoints import is_checkpoint, load_networks, read_checkpoint
from fairdesk.learning.pictures import to_pixels
from fairdesk.runs.folder import last_checkpoint


def load_generator(where: Path, device: str) -> tuple[torch.nn.Module, dict[str, Any], Path]:
    """Load the generator of a run (its last checkpoint), of one checkpoint file, or of another program's file.

    Raises
    ------
    RequestError
        If there is none, or the file is damaged or of another architecture.
    """
    path = last_checkpoint(where)
    if path.suffix.lower() == ".onnx":
        return *onnx_generator(path, device), path
    if path.suffix.lower() in (".pkl", ".pt", ".pth") or (path.is_file() and not is_checkpoint(path)):
        made_elsewhere, meta = generator_of(path)
        return made_elsewhere.eval().to(device), meta, path
    tensors, meta, _ = read_checkpoint(path)
    if meta.get("family") == "cyclegan":
        raise RequestError(f"{path} holds CycleGAN generators, which translate images. Use: fairdesk translate")
    missing = {"family", "latent", "size"} - set(meta)
    if missing:
        raise RequestError(f"{path} does not say what network it holds ({', '.join(sorted(missing))} missing).")
    labels = len(meta.get("labels") or [])
    if meta["family"] == "stylegan2":
        generator: torch.nn.Module = StyleGenerator(
            int(meta["latent"]),
            labels,
            int(meta["latent"]),
            int(meta["size"]),
            int(meta["channel_base"]),
            int(meta["mapping_layers"]),
        )
    else:
        family = "dcgan" if meta["family"] == "dcgan" else "gan"
        generator, _ = make_networks(family, int(meta["latent"]), int(meta["size"]), labels)
    name = "average" if any(key.startswith("net/average/") for key in tensors) else "generator"
    load_networks(tensors, {name: generator}, path)
    return generator.eval().to(device), meta, path


def chosen_labels(params: GenerateParams, meta: dict[str, Any], count: int) -> torch.Tensor | None:
    """Return one-hot labels of all images: the one asked for, or all in turn (identity by identity).

    Raises
    ------
    RequestError
        If the run has no such label.
    """
    names = meta.get("labels") or []
    if not names:
        if params.label is not None:
            raise RequestError(
                "This network was trained without labels, so none can be asked for. Train with --condition."
            )
        return None
    if params.label is not None and params.label not in names:
        raise RequestError(f"This network knows no label {params.label!r}. It has: {', '.join(names[:20])}")
    each = params.per_identity or 1
    places = torch.arange(count) // each % len(names)
    if params.label is not None:
        places = torch.full((count,), names.index(params.label))
    return torch.nn.functional.one_hot(places, len(names)).float()


def make(
    generator: torch.nn.Module,
    meta: dict[str, Any],
    drawn: torch.Tensor,
    labels: torch.Tensor | None,
    truncation: float,
    device: str,
) -> torch.Tensor:
    """Return images (n, 3, h, w) of some latents; truncation scales latents, or draws StyleGAN2's styles to their mean."""
    own = None if labels is None else labels.to(device)
    with torch.inference_mode():
        if meta["family"] == "stylegan2":
            made = generator(drawn.to(device), own, truncation)
        else:
            made = generator((drawn * truncation).to(device), own)
    result: torch.Tensor = made.float().cpu()
    return result


def latents(params: GenerateParams, size: int) -> torch.Tensor:
    """Draw all latents: independent ones, or for each identity its own plus N(0, spread) variations."""
    rng = np.random.default_rng(params.seed)
    if params.per_identity is None:
        drawn = rng.standard_normal((params.images, size))
    else:
        people = params.images // params.per_identity
        own = rng.standard_normal((people, 1, size))
        around = rng.normal(0, params.spread, (people, params.per_identity, size))
        drawn = (own + around).reshape(-1, size)
    return torch.from_numpy(drawn).float()


def run(params: GenerateParams, context: Context) -> dict[str, Any]:
    """Job: make exactly as many images as asked."""
    if params.out.exists() and (not params.out.is_dir() or any(params.out.iterdir())):
        raise RequestError(f"{params.out} exists and is not empty. Choose a new folder for the faces.")
    device = choose_device(params.device)
    generator, meta, path = load_generator(params.run, device)
    drawn = latents(params, int(meta["latent"]))
    labels = chosen_labels(params, meta, len(drawn))
    mark = {"made_by": f"FairDesk {__version__}", "family": meta["family"], "run": params.run.name, "checkpoint": path.name,
            "checkpoint_sha256": file_sha256(path), "step": meta["step"], "seed": params.seed, "truncation": params.truncation}  # fmt: skip
    if params.group:
        mark["group"] = params.group
    files = []
    context.progress(0, len(drawn), "images")
    for start in range(0, len(drawn), params.batch_size):
        context.check()
        span = slice(start, start + params.batch_size)
        made = make(generator, meta, drawn[span], None if labels is None else labels[span], params.truncation, device)
        for offset, pixels in enumerate(to_pixels(made)):
            name = _name(start + offset, params)
            target = params.out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            save_marked(
                Image.fromarray(pixels), target, mark | {"number": start + offset} | _said(labels, meta, start + offset)
            )
            files.append(name)
        context.progress(min(len(drawn), start + params.batch_size), len(drawn), "images")
    write_text(params.out.with_name(params.out.name + ".manifest.json"),
               json.dumps({"synthetic": True, **mark, "files": files}, indent=1) + "\n")  # fmt: skip
    context.artifact(params.out)
    identities = params.images // params.per_identity if params.per_identity else 0
    return {"images": len(files), "identities": identities, "out": str(params.out), "seed": params.seed, "device": device,
            "summary": f"{len(files):,} images" + (f" of {identities:,} identities" if identities else "") + ", all marked synthetic"}  # fmt: skip


def _said(labels: torch.Tensor | None, meta: dict[str, Any], number: int) -> dict[str, Any]:
    return {} if labels is None else {"label": meta["labels"][int(labels[number].argmax())]}


def _name(number: int, params: GenerateParams) -> str:
    home = f"{safe_name(params.group)}/" if params.group else ""
    if params.per_identity is None:
        return f"{home}{number:06d}.png"
    who, image = divmod(number, params.per_identity)
    return f"{home}synthetic-{who + 1:06d}/{image + 1:04d}.png"
