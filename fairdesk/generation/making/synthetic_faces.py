"""The job that makes faces or identities with a trained generator; each file carries its mark."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from fairdesk.errors import RequestError
from fairdesk.generation.networks.foreign import generator_of
from fairdesk.generation.networks.gan import make_networks
from fairdesk.generation.networks.onnx import onnx_generator
from fairdesk.generation.networks.stylegan2 import Styled, StyleGenerator
from fairdesk.generation.origin import origin
from fairdesk.generation.params import GenerateParams
from fairdesk.generation.results import GenerateResult
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.images.written_files import safe_name, write_manifest
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.checkpoints import is_checkpoint, load_networks, need_built, need_fit, read_checkpoint
from fairdesk.learning.sample_pictures import to_pixels
from fairdesk.runs.folder import last_checkpoint
from fairdesk.words import tr, tr_n

_MOST_SIDE, _MOST_LATENT, _MOST_LAYERS = 4096, 4096, 16  # of a network that a checkpoint may describe


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
        raise RequestError(
            tr("{path} holds CycleGAN generators, which translate images. Use: fairdesk translate", path=path)
        )
    missing = {"family", "latent", "size"} - set(meta)
    if missing:
        raise RequestError(
            tr(
                "{path} does not say what network it holds ({missing} missing).",
                path=path,
                missing=", ".join(sorted(missing)),
            )
        )
    labels = len(meta.get("labels") or []) if isinstance(meta.get("labels"), list | None) else -1

    def build() -> torch.nn.Module:
        if labels < 0 or not 0 < int(meta["size"]) <= _MOST_SIDE:
            raise ValueError(tr("no size of a network"))
        if meta["family"] != "stylegan2":
            family = "dcgan" if meta["family"] == "dcgan" else "gan"
            return make_networks(family, int(meta["latent"]), int(meta["size"]), labels)[0]
        if max(int(meta["latent"]), labels) > _MOST_LATENT or int(meta["mapping_layers"]) > _MOST_LAYERS:
            raise ValueError(tr("no size of a network"))
        return StyleGenerator(
            int(meta["latent"]),
            labels,
            int(meta["latent"]),
            int(meta["size"]),
            int(meta["channel_base"]),
            int(meta["mapping_layers"]),
        )

    name = "average" if any(key.startswith("net/average/") for key in tensors) else "generator"
    if meta["family"] == "stylegan2":  # bounded above; torch would import for seconds to make it without memory
        generator = need_built(build, path)
    else:
        need_fit(tensors, name, build, path)
        generator = build()
    load_networks(tensors, {name: generator}, path)
    return generator.eval().to(device), meta, path


def label_places(params: GenerateParams, names: list[str]) -> list[int]:
    """Return the places of the labels to make: the one asked for, those of the group asked for, or all.

    Labels of identities are written GROUP/IDENTITY.

    Raises
    ------
    RequestError
        If there is no such label, or it is one of another group than the faces are to stand for.
    """
    if params.label is not None and params.label not in names:
        told = (
            tr("It has: {labels}", labels=", ".join(names[:20]))
            if names
            else tr("It was trained without: train with --condition.")
        )
        raise RequestError(tr("This network knows no label {label!r}. {known}", label=params.label, known=told))
    of_group = [place for place, name in enumerate(names) if params.group in (name, name.partition("/")[0])]
    if params.label is not None:
        place = names.index(params.label)
        if of_group and place not in of_group:
            raise RequestError(
                tr(
                    "The label {label} is not of the group {group}: these faces would be counted as another group's.",
                    label=params.label,
                    group=params.group,
                )
            )
        return [place]
    if params.group is not None and names and not of_group:
        raise RequestError(
            tr(
                "This network has learned labels, but none of the group {group}. Say which of them stands for it with --label: "
                "{labels}",
                group=params.group,
                labels=", ".join(names[:20]),
            )
        )
    return of_group or list(range(len(names)))


def chosen_labels(params: GenerateParams, meta: dict[str, Any], numbers: range) -> torch.Tensor | None:
    """Return one-hot labels of some images, those of `label_places` in turn (identity by identity); None without labels."""
    names = meta.get("labels") or []
    allowed = torch.tensor(label_places(params, names), dtype=torch.long)
    if not names:
        return None
    places = allowed[torch.tensor(list(numbers)) // (params.per_identity or 1) % len(allowed)]
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
        if isinstance(generator, Styled):
            made = generator(drawn.to(device), own, truncation)
        else:
            made = generator((drawn * truncation).to(device), own)
    result: torch.Tensor = made.float().cpu()
    return result


def at_once(meta: dict[str, Any]) -> int:
    """Return how many pictures are made at a time unless said: fewer of larger ones, as memory goes with their pixels."""
    pixels = int(meta["size"]) ** 2 * (8 if meta["family"] == "stylegan3" else 1)  # it works at up to twice the size
    return max(1, min(64, 64 * 64**2 // pixels))


def latents(params: GenerateParams, size: int, most: int = 64) -> Iterator[torch.Tensor]:
    """Draw latents (at most `most` at a time): independent ones, or for each identity its own plus N(0, spread) variations.

    What is drawn depends on the seed alone, not on the size of a batch.
    """
    own = np.random.default_rng(params.seed)
    around = own.spawn(1)[0]
    each = params.per_identity
    person = np.empty(0)
    for start in range(0, params.images, most):
        count = min(most, params.images - start)
        drawn = np.empty((count, size)) if each else own.standard_normal((count, size))
        for row in range(count if each else 0):
            if (start + row) % (each or 1) == 0:
                person = own.standard_normal(size)
            drawn[row] = person + around.normal(0, params.spread, size)
        yield torch.from_numpy(drawn).float()


def generate_faces(params: GenerateParams, context: Context) -> GenerateResult:
    """Job: make exactly as many images as asked; where it is stopped, the manifest lists those that were made."""
    if params.out.exists() and (not params.out.is_dir() or any(params.out.iterdir())):
        raise RequestError(tr("{out} exists and is not empty. Choose a new folder for the faces.", out=params.out))
    device = choose_device(params.device)
    generator, meta, path = load_generator(params.run, device)
    chosen_labels(params, meta, range(1))
    mark = origin(path, meta["family"]) | {
        "step": meta["step"], "seed": params.seed, "truncation": params.truncation, "spread": params.spread if params.per_identity else None,
    }  # fmt: skip
    mark = {key: value for key, value in mark.items() if value is not None} | {"group": params.group}
    prefix = (
        "synthetic-"
        + hashlib.sha256(json.dumps(mark | {"label": params.label}, sort_keys=True).encode()).hexdigest()[:6]
    )
    files: list[str] = []
    context.progress(0, params.images, tr("images"))
    try:
        for drawn in latents(params, int(meta["latent"]), params.batch_size or at_once(meta)):
            context.check()
            numbers = range(len(files), len(files) + len(drawn))
            labels = chosen_labels(params, meta, numbers)
            made = make(generator, meta, drawn, labels, params.truncation, device)
            for number, pixels in zip(numbers, to_pixels(made), strict=True):
                who, name = _name(number, params, prefix)
                target = params.out / name
                target.parent.mkdir(parents=True, exist_ok=True)
                said = {} if labels is None else {"label": meta["labels"][int(labels[number - numbers.start].argmax())]}
                save_marked(Image.fromarray(pixels), target, mark | {"number": number, "identity": who} | said)
                files.append(name)
            context.progress(len(files), params.images, tr("images"))
    finally:
        if files:
            write_manifest(params.out, {"synthetic": True, **mark}, files)
    context.artifact(params.out)
    identities = params.images // params.per_identity if params.per_identity else 0
    summary = tr_n("{n:,} image, all marked synthetic", "{n:,} images, all marked synthetic", len(files))
    if identities:
        people = tr_n("{n:,} identity", "{n:,} identities", identities)
        summary = tr_n(
            "{n:,} image of {identities}, all marked synthetic",
            "{n:,} images of {identities}, all marked synthetic",
            len(files),
            identities=people,
        )
    return GenerateResult(
        images=len(files),
        identities=identities,
        out=str(params.out),
        seed=params.seed,
        device=device,
        summary=summary,
    )


def _name(number: int, params: GenerateParams, prefix: str) -> tuple[str | None, str]:
    """Return who a synthetic face is, and its place; names of other requests differ, so that their people stay apart."""
    home = f"{safe_name(params.group)}/" if params.group else ""
    if params.per_identity is None:
        return None, f"{home}{number:06d}.png"
    person, image = divmod(number, params.per_identity)
    who = f"{prefix}-{person + 1:06d}"
    return who, f"{home}{who}/{image + 1:04d}.png"
