"""The job that translates images with CycleGAN generators: one, a folder, identity folders, or a list of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from fairdesk import counted
from fairdesk.errors import RequestError
from fairdesk.faces.weight_files import Weights, find_weights
from fairdesk.generation.making.translation_inputs import Wanted, wanted_images
from fairdesk.generation.making.translation_recipes import AS_EXPORTED, RECIPES, Network, Recipe, choose
from fairdesk.generation.networks.cyclegan import generator_from
from fairdesk.generation.networks.onnx import OnnxNetwork, onnx_translator
from fairdesk.generation.origin import origin
from fairdesk.generation.params import TranslateParams
from fairdesk.generation.results import TranslateResult
from fairdesk.images.image_reading import UnreadableImageError, open_image
from fairdesk.images.pixels import pixels
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.images.written_files import Names, write_manifest
from fairdesk.jobs.context import Context, tell_left_out
from fairdesk.jobs.devices import choose_device
from fairdesk.learning.checkpoints import header_of, is_checkpoint, read_checkpoint
from fairdesk.learning.memory import free_memory, keep_freed_memory
from fairdesk.learning.sample_pictures import to_pixels
from fairdesk.runs.folder import last_checkpoint
from fairdesk.words import tr

_BYTES_A_PIXEL = 6 * 64 * 4  # six pictures of 64 planes at once, in the first and last layers
_WORTH_A_TRIAL = 16  # images; a trial costs as much as a few of them


def load_translator(path: Path, name: str, device: str) -> torch.nn.Module:
    """Load a generator from a run or checkpoint (by its name in it; averaged, where it is), a plain state dict, or ONNX.

    Raises
    ------
    RequestError
        If the file is missing, damaged, holds more than weights, or another network.
    """
    path = last_checkpoint(path)
    if not path.is_file():
        raise RequestError(tr("There is no generator {path}.", path=path))
    if path.suffix.lower() == ".onnx":
        return onnx_translator(path, device)
    norm = "instance"
    if path.suffix.lower() == ".safetensors" and is_checkpoint(path):
        tensors, meta, _ = read_checkpoint(path)
        norm = str(meta.get("norm", norm))
        averaged = f"net/{name}_average/"
        prefix = averaged if any(key.startswith(averaged) for key in tensors) else f"net/{name}/"
        state = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
    else:
        return _elsewhere(path, name, header_of(path).get("norm", norm)).to(device)
    generator = generator_from(state, str(path), norm)
    generator.eval()
    generator.to(device)
    return generator


def _elsewhere(path: Path, name: str, norm: str) -> torch.nn.Module:
    """Return the generator of another program's file; of several the one that lies under the direction's name.

    Raises
    ------
    RequestError
        If there is none, or it cannot be told which is meant.
    """
    fitting: list[tuple[Weights, torch.nn.Module]] = []
    refusals = []
    for weights in find_weights(path):
        try:
            fitting.append((weights, generator_from(weights.state, str(path), norm)))
        except RequestError as error:
            refusals.append(error)
    if not fitting:
        raise refusals[0]
    wanted = {
        "G_AB": ("G_AB", "netG_A", "G_A2B", "genA2B", "G_A"),
        "G_BA": ("G_BA", "netG_B", "G_B2A", "genB2A", "G_B"),
    }
    meant = [one for one in fitting if any(place in wanted.get(name, (name,)) for place in one[0].where)]
    places = {weights.where for weights, _ in fitting}
    if len(places) > 1 and not meant:
        raise RequestError(
            tr(
                "{path} holds several generators ({places}), and no name tells which is {name}. Save the state_dict of that one.",
                path=path,
                places=", ".join(".".join(place) for place in sorted(places)),
                name=name,
            )
        )
    generator = (meant or fitting)[0][1]
    generator.eval()
    return generator


@dataclass
class _Way:
    """One direction: its generator, and how that is run once it is known."""

    name: str
    path: Path
    generator: torch.nn.Module
    recipe: Recipe | None = None
    run: Network | None = None

    @property
    def sides(self) -> tuple[int, int] | None:
        """Height and width of the only pictures it takes; None: any."""
        return self.generator.sides if isinstance(self.generator, OnnxNetwork) else None

    def translate(self, images: torch.Tensor, precision: str, context: Context, *, trial: bool) -> torch.Tensor:
        """Translate images (n, 3, h, w); the first ones decide how."""
        if self.run is None:
            if isinstance(self.generator, OnnxNetwork):
                self.recipe, self.run = AS_EXPORTED, AS_EXPORTED.prepare(self.generator)
                return self.run(images).cpu()
            if not trial:
                self.recipe = next(one for one in RECIPES if precision in ("auto", one.precision))
                self.run = self.recipe.prepare(self.generator)
                return self.run(images).cpu()
            self.recipe, self.run, trials = choose(self.generator, images, precision)
            told = ", ".join(
                f"{t.recipe.name} {len(images) / t.seconds:.1f}"
                + (f" ({t.psnr:.0f} dB)" if math.isfinite(t.psnr) else "")
                for t in trials
            )
            context.message(
                tr(
                    "{network} runs in {recipe}. Images per second in a short trial: {rates}.",
                    network=self.name,
                    recipe=self.recipe.name,
                    rates=told,
                )
            )
        return self.run(images).cpu()


@dataclass(frozen=True)
class _Source:
    """An image to translate, as the network takes it."""

    path: Path
    folder: str
    relative: str
    who: str | None
    pixels: torch.Tensor  # (3, h, w) in [-1, 1], with rows and columns that are cut off again
    width: int
    height: int
    wanted: tuple[int, int]  # width and height of what is written


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(4, round(size[0] * factor)), max(4, round(size[1] * factor))


def _read(wanted: Wanted, size: int | None, sides: tuple[int, int] | None) -> _Source:
    """Read an image; its last row and column are repeated, and cut off again afterwards.

    A network that takes pictures of one height and width (`sides`) gets the whole image in that; others get it in its
    own size, or the one asked for, to multiples of 4.
    """
    image = open_image(wanted.path)
    final = image.size if size is None else _scaled(image.size, size / max(image.size))
    shown = final if sides is None else _scaled(image.size, min(sides[1] / image.width, sides[0] / image.height))
    if shown != image.size:
        image = image.resize(shown, Image.Resampling.BICUBIC)
    tensor = torch.tensor(pixels(image)).permute(2, 0, 1).float().div(127.5).sub(1)
    height, width = tensor.shape[1:]
    more = (-width % 4, -height % 4) if sides is None else (sides[1] - width, sides[0] - height)
    padded = torch.nn.functional.pad(tensor, (0, more[0], 0, more[1]), mode="replicate")
    folder = wanted.relative.rpartition("/")[0]
    return _Source(wanted.path, folder, wanted.relative, wanted.who, padded, width, height, final)


def _need_memory(source: _Source, device: str) -> None:
    """Raise `UnreadableImageError` for a picture that would not fit into what is free."""
    free, need = free_memory(device), source.pixels[0].numel() * _BYTES_A_PIXEL
    if free is not None and need > free:
        raise UnreadableImageError(
            source.path,
            tr(
                "at {width} x {height} pixels it needs about {need:.0f} GB of memory, {free:.0f} GB are free; give a size",
                width=source.width,
                height=source.height,
                need=need / 1e9,
                free=free / 1e9,
            ),
        )


class _Writer:
    """Translates some images of one size at a time, and writes them."""

    def __init__(
        self, params: TranslateParams, ways: list[_Way], device: str, context: Context, *, trial: bool
    ) -> None:
        self._params, self._ways, self._device, self._trial = params, ways, device, trial
        self._context, self._names = context, Names()
        self._origins = {way.name: origin(way.path, "cyclegan") for way in ways}
        self.files: list[dict[str, str]] = []

    def write(self, sources: list[_Source]) -> None:
        """Translate each way and save beside a mark."""
        if not sources:
            return
        images = torch.stack([source.pixels for source in sources]).to(self._device)
        for way in self._ways:
            made = to_pixels(way.translate(images, self._params.precision, self._context, trial=self._trial))
            for source, picture in zip(sources, made, strict=True):
                name = self._names.claim(source.folder, f"{source.path.stem}_{way.name}.png")
                target = self._params.out / source.folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shown = Image.fromarray(picture[: source.height, : source.width])
                if shown.size != source.wanted:
                    shown = shown.resize(source.wanted, Image.Resampling.BICUBIC)
                save_marked(shown, target, self._mark(way, source))
                self.files.append(
                    {
                        "path": f"{source.folder}/{name}".lstrip("/"),
                        "source": source.relative,
                        "file": str(source.path),
                        "direction": way.name,
                    }
                )

    def _mark(self, way: _Way, source: _Source) -> dict[str, Any]:
        assert way.recipe is not None
        made: dict[str, Any] = {"direction": way.name, "source": source.relative, "precision": way.recipe.precision}
        if way.sides is not None:
            made["worked_at"] = list(way.sides)
        if self._params.size is not None:
            made["size"] = self._params.size
        if self._params.group is not None:  # else the folders say who it is, as the sources' do
            made |= {"group": self._params.group, "identity": source.who}
        return self._origins[way.name] | made

    def recipes(self) -> dict[str, str]:
        """How each direction is run, as far as that is known."""
        return {way.name: way.recipe.name for way in self._ways if way.recipe is not None}

    def write_manifest(self) -> None:
        """Write what was made of what, beside the folder."""
        about = {
            "synthetic": True,
            "checkpoints": self._origins,
            "input": str(self._params.input),
            "recipes": self.recipes(),
        }
        write_manifest(self._params.out, about, self.files)


def _sides_of(ways: list[_Way], context: Context) -> tuple[int, int] | None:
    """Return height and width of the only pictures the networks take, if so. Raises `RequestError` where they differ."""
    all_sides = {way.sides for way in ways}
    if len(all_sides) > 1:
        raise RequestError(tr("The two networks take images of different sizes: translate one direction at a time."))
    (sides,) = all_sides
    if sides is not None:
        context.message(
            tr(
                "The network takes images of {width} x {height} pixels only: images are brought to it, never stretched, and back to their size.",
                width=sides[1],
                height=sides[0],
            )
        )
    return sides


def translate_faces(params: TranslateParams, context: Context) -> TranslateResult:
    """Job: translate. A bad file is listed and the rest continues."""
    if params.out.exists() and (not params.out.is_dir() or any(params.out.iterdir())):
        raise RequestError(tr("{out} exists and is not empty. Choose a new folder for the faces.", out=params.out))
    keep_freed_memory()
    todo, left_out = wanted_images(params, context)
    device = choose_device(params.device)
    ways = [
        _Way(way, last_checkpoint(path), load_translator(path, name, device))
        for way, path, name in (("AtoB", params.g_ab, "G_AB"), ("BtoA", params.g_ba, "G_BA"))
        if path is not None and params.direction in (way, "both")
    ]
    sides = _sides_of(ways, context)
    most = params.batch_size or (8 if device == "cuda" else 1)
    writer = _Writer(params, ways, device, context, trial=len(todo) >= _WORTH_A_TRIAL)
    waiting: list[_Source] = []
    unreadable: list[dict[str, str]] = []
    context.progress(0, len(todo), tr("images"))
    try:
        for done, wanted in enumerate(todo, 1):
            context.check()
            try:
                source = _read(wanted, params.size, sides)
                _need_memory(source, device)
            except UnreadableImageError as error:
                unreadable.append({"path": wanted.relative, "why": error.why})
                continue
            if waiting and (len(waiting) == most or waiting[0].pixels.shape != source.pixels.shape):
                writer.write(waiting)
                waiting = []
                context.progress(done - 1, len(todo), tr("images"))
            waiting.append(source)
        writer.write(waiting)
    finally:
        if writer.files:
            writer.write_manifest()
    context.progress(len(todo), len(todo), tr("images"))
    files = writer.files
    tell_left_out(context, left_out + unreadable)
    context.artifact(params.out)
    return TranslateResult(
        images=len(files),
        out=str(params.out),
        unreadable=unreadable,
        left_out=left_out,
        device=device,
        recipes=writer.recipes(),
        summary=tr(
            "{made} from {read:,}, all marked synthetic",
            made=counted.images(len(files)),
            read=len(todo) - len(unreadable),
        )
        + ("; " + tr("{n:,} could not be translated", n=len(unreadable)) if unreadable else "")
        + ("; " + tr("{n:,} left out", n=len(left_out)) if left_out else ""),
    )
