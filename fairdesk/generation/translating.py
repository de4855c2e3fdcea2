"""The job that translates images with CycleGAN generators: one, a folder, identity folders, or a list of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from fairdesk import __version__
from fairdesk.dataset.collection import read_folder
from fairdesk.errors import RequestError
from fairdesk.faces.encoders import load_state
from fairdesk.generation.cyclegan_networks import generator_from
from fairdesk.generation.params import TranslateParams
from fairdesk.generation.pictures import to_pixels
from fairdesk.images.inspecting import file_sha256
from fairdesk.images.marks import save_marked
from fairdesk.images.pixels import pixels
from fairdesk.images.places import Names, write_text
from fairdesk.images.reading import UnreadableImageError, open_image
from fairdesk.jobs.context import Context
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.checkpoints import read_checkpoint


def load_translator(path: Path, name: str, device: str) -> torch.nn.Module:
    """Load a generator from a FairDesk checkpoint (by its name in it) or from a plain state dict.

    Raises
    ------
    RequestError
        If the file is missing, damaged, holds more than weights, or another network.
    """
    if not path.is_file():
        raise RequestError(f"There is no generator {path}.")
    if path.suffix == ".safetensors":
        tensors, _, _ = read_checkpoint(path)
        prefix = f"net/{name}/"
        state = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
    else:
        state = load_state(path)
    generator = generator_from(state, str(path))
    generator.eval()
    generator.to(device)
    return generator


def _inputs(params: TranslateParams) -> tuple[list[tuple[Path, str]], list[dict[str, str]]]:
    """Return (image, its path below the output) of everything to translate, and what is left out."""
    if params.input.is_dir():
        found = read_folder(params.input)
        return [(item.path, item.relative) for item in found.items], found.left_out
    if params.input.suffix.lower() == ".txt":
        out, left = [], []
        for number, line in enumerate(params.input.read_text(encoding="utf-8-sig").splitlines(), 1):
            if not line.strip():
                continue
            folder = Path(line.strip()).expanduser()
            folder = folder if folder.is_absolute() else params.input.parent / folder
            if not folder.is_dir():
                raise RequestError(f"{params.input}: line {number} names no folder: {line.strip()}")
            found = read_folder(folder, "flat")
            out += [(item.path, f"{folder.name}/{item.relative}") for item in found.items]
            left += found.left_out
        return out, left
    if not params.input.is_file():
        raise RequestError(f"There is no image, folder or list {params.input}.")
    return [(params.input, params.input.name)], []


def translate_image(generator: torch.nn.Module, image: Image.Image, device: str) -> Image.Image:
    """Translate one image of any size: padded by reflection to multiples of 4, and cut back."""
    tensor = torch.from_numpy(pixels(image)).permute(2, 0, 1)[None].float().div(127.5).sub(1)
    height, width = tensor.shape[2:]
    padding = (0, -width % 4, 0, -height % 4)
    tensor = torch.nn.functional.pad(tensor, padding, mode="replicate")
    with torch.inference_mode():
        made = generator(tensor.to(device)).float().cpu()[:, :, :height, :width]
    return Image.fromarray(to_pixels(made)[0])


def run(params: TranslateParams, context: Context) -> dict[str, Any]:
    """Job: translate. A bad file is listed and the rest goes on."""
    if params.out.exists() and (not params.out.is_dir() or any(params.out.iterdir())):
        raise RequestError(f"{params.out} exists and is not empty. Choose a new folder for the faces.")
    todo, left_out = _inputs(params)
    device = choose_device(params.device)
    ways = []
    for way, path, name in (("AtoB", params.g_ab, "G_AB"), ("BtoA", params.g_ba, "G_BA")):
        if path is not None and params.direction in (way, "both"):
            ways.append((way, load_translator(path, name, device), path))
    hashes = {way: file_sha256(path) for way, _, path in ways}
    names, files = Names(), []
    unreadable: list[dict[str, str]] = []
    context.progress(0, len(todo), "images")
    for done, (source, relative) in enumerate(todo, 1):
        context.check()
        try:
            image = open_image(source)
        except UnreadableImageError as error:
            unreadable.append({"path": relative, "why": error.why})
            continue
        if params.size is not None:
            factor = params.size / max(image.size)
            image = image.resize(
                (max(4, round(image.width * factor)), max(4, round(image.height * factor))), Image.Resampling.BICUBIC
            )
        folder = relative.rpartition("/")[0]
        for way, generator, path in ways:
            name = names.claim(folder, f"{source.stem}_{way}.png")
            target = params.out / folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            mark = {"made_by": f"FairDesk {__version__}", "family": "cyclegan", "direction": way, "checkpoint": path.name,
                    "checkpoint_sha256": hashes[way], "source": source.name}  # fmt: skip
            save_marked(translate_image(generator, image, device), target, mark)
            files.append({"path": f"{folder}/{name}".lstrip("/"), "source": relative, "direction": way})
        context.progress(done, len(todo), "images")
    write_text(params.out.with_name(params.out.name + ".manifest.json"),
               json.dumps({"synthetic": True, "made_by": f"FairDesk {__version__}", "checkpoints": hashes, "input": str(params.input),
                           "files": files}, indent=1) + "\n")  # fmt: skip
    context.artifact(params.out)
    return {"images": len(files), "out": str(params.out), "unreadable": unreadable, "left_out": left_out, "device": device,
            "summary": f"{len(files):,} images from {len(todo) - len(unreadable):,}, all marked synthetic"
            + (f"; {len(unreadable):,} could not be read" if unreadable else "")}  # fmt: skip
