"""Training steps and translation, beside plain loops as the original scripts write them: the same networks, batches and run, in turn."""

import io
import json
import queue
import shutil
import threading
import time
from pathlib import Path

import numpy as np

from tests.benchmarks.taking_turns import TURNS, medians

NOWHERE = Path("nowhere")


def plain_dcgan(size, batch):
    """PyTorch-GAN's loop: float32, each network judged or made anew, the discriminator's gradients of the generator's step thrown away."""
    import torch

    from fairdesk.generation.networks.gan import make_networks

    generator, discriminator = make_networks("dcgan", 100, size)
    g_opt, d_opt = (torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999)) for n in (generator, discriminator))
    loss = torch.nn.BCELoss()
    images = torch.rand(batch, 3, size, size) * 2 - 1
    valid, fake = torch.ones(batch), torch.zeros(batch)

    def step():
        g_opt.zero_grad()
        made = generator(torch.randn(batch, 100))
        g_loss = loss(discriminator(made), valid)
        g_loss.backward()
        g_opt.step()
        d_opt.zero_grad()
        d_loss = (loss(discriminator(images), valid) + loss(discriminator(made.detach()), fake)) / 2
        d_loss.backward()
        d_opt.step()
        return g_loss.item(), d_loss.item()

    return step


def our_dcgan(size, batch, precision):
    """A step of the program's own task."""
    import torch
    from lightning.fabric import Fabric

    from fairdesk.generation.training.gan import GanTask
    from fairdesk.generation.training.params import gan_params
    from fairdesk.learning.distributed import precision_of
    from fairdesk.learning.memory import keep_freed_memory

    keep_freed_memory()
    params = gan_params(family="dcgan", data=NOWHERE, out=NOWHERE, image_size=size, batch_size=batch, device="cpu", precision=precision)  # fmt: skip
    task = GanTask(params, Fabric(accelerator="cpu", devices=1, precision=precision_of(precision, "cpu")))
    images = torch.rand(batch, 3, size, size) * 2 - 1
    return lambda: task.step(images)


def plain_recogniser(backbone, batch, classes):
    """arcface_torch's loop in float32 on one device."""
    import torch

    from fairdesk.faces.backbones import MobileFaceNet, make_backbone
    from fairdesk.training.heads import MarginHead

    network = MobileFaceNet(scale=2) if backbone == "mbf" else make_backbone(backbone)
    for module in network.modules():
        if isinstance(module, torch.nn.PReLU):
            module.__class__ = torch.nn.PReLU  # PyTorch's own, as there
    head = MarginHead("arcface", 512, classes, 64.0)
    weights = [*network.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(weights, 0.02, momentum=0.9, weight_decay=5e-4)
    images, labels = torch.rand(batch, 3, 112, 112) * 2 - 1, torch.arange(batch) % classes
    margin = torch.full([batch], 0.5)

    def step():
        loss = torch.nn.functional.cross_entropy(head(network(images), labels, margin), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 5)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def chips(count):
    """Noise in place of faces."""
    from fairdesk.dataset.collection import SourceImage
    from fairdesk.training.training_faces import Chips

    pixels = np.random.default_rng(0).integers(0, 256, (count, 112, 112, 3), dtype=np.uint8)
    items = [SourceImage(NOWHERE, str(n), f"person {n % 64}", "all", None, False) for n in range(count)]
    return Chips(pixels, items, [])


def faces(count):
    """Training faces of 64 people."""
    from fairdesk.training.training_faces import TrainingFaces

    return TrainingFaces(chips(count), [n % 64 for n in range(count)], [0] * count, "plain")


def our_recogniser(backbone, batch, classes, precision):
    """A step of the program's own task, from bytes to changed weights."""
    from lightning.fabric import Fabric

    from fairdesk.learning.distributed import precision_of
    from fairdesk.learning.memory import keep_freed_memory
    from fairdesk.training.params import RecogniserParams
    from fairdesk.training.recogniser_task import RecogniserTask

    keep_freed_memory()
    params = RecogniserParams(data=NOWHERE, out=NOWHERE, backbone=backbone, width=2, batch_size=batch, device="cpu", precision=precision)  # fmt: skip
    fabric, images = Fabric(accelerator="cpu", devices=1, precision=precision_of(precision, "cpu")), faces(batch)
    task = RecogniserTask(params, fabric, images, ([str(n) for n in range(classes)], ["all"]), [], "cpu")
    ready = next(images.epoch(0, 0, batch))
    return lambda: task.step(ready)["loss"]


def pipeline(batch, batches):
    """An epoch's batches as the loop gets them, augmented as the step does it."""
    from fairdesk.training.training_faces import Changes, normalised

    images, number = faces(batch * batches), iter(range(10**9))

    def step():
        for pixels, _, _ in images.epoch(next(number), 0, batch):
            Changes.drawn(len(pixels)).applied(normalised(pixels))

    return step


def picture(side):
    import torch

    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(5)) * 2 - 1


def plain_translation(side):
    """PyTorch-GAN's generator, called on an image."""
    import torch

    from fairdesk.generation.networks.cyclegan import GeneratorResNet, InstanceNorm

    network = GeneratorResNet(9).eval()
    for module in network.modules():
        if isinstance(module, InstanceNorm):
            module.__class__ = torch.nn.InstanceNorm2d  # PyTorch's own, as there
    image = picture(side)

    def step():
        with torch.no_grad():
            return network(image).numpy()

    return step


def our_translation(side, precision):
    """The recipe that the program's own trial chooses."""
    from fairdesk.generation.making.translation_recipes import choose
    from fairdesk.generation.networks.cyclegan import GeneratorResNet
    from fairdesk.learning.memory import keep_freed_memory

    keep_freed_memory()
    image = picture(side)
    _, run, _ = choose(GeneratorResNet(9).eval(), image, precision)
    return lambda: run(image).numpy()


def our_explorer(family):
    """An answer of the latent explorer's resident at 64 x 64: from a slider's values to a picture on its way."""
    import tempfile

    from PIL import Image

    from fairdesk.generation.making.latent_explorer import serve
    from fairdesk.generation.training.gan_training import train_gan as train
    from fairdesk.generation.training.params import gan_params
    from fairdesk.jobs.context import QuietContext

    home = Path(tempfile.mkdtemp())
    (home / "in").mkdir()
    for number in range(4):
        Image.effect_noise((64, 64), 60).convert("RGB").save(home / "in" / f"{number}.png")
    train(gan_params(family=family, data=home / "in", out=home / "run", image_size=64, batch_size=4, epochs=1, device="cpu"), QuietContext())  # fmt: skip
    asked = json.dumps({"id": 1, "seed": 3, "moves": [0.5, 1.0], "truncation": 0.8})
    start = json.dumps({"run": str(home / "run")})
    answers = io.StringIO()
    lines = queue.Queue()
    lines.put(start)
    threading.Thread(target=serve, args=(iter(lines.get, None), answers), daemon=True).start()

    def step():
        told = answers.tell()
        lines.put(asked)
        while answers.tell() == told:
            time.sleep(0.0005)

    while not answers.tell():
        time.sleep(0.01)
    shutil.rmtree(home)
    return step


def tell(title, found, images):
    """Print images a second, and how many times the first program's."""
    first = next(iter(found.values()))
    told = [f"{name} {images / seconds:.1f} ({first / seconds:.2f}x)" for name, seconds in found.items()]
    print(f"{title}: images a second: {', '.join(told)}", flush=True)


def main():
    print(f"2 threads; medians of {TURNS} steps, in turn, each program in a process of its own")
    both = ("fp32", "bf16")
    found, _ = medians({"plain": (plain_dcgan, (64, 128))} | {p: (our_dcgan, (64, 128, p)) for p in both})
    tell("DCGAN 64 x 64, batch 128", found, 128)
    for backbone, batch in (("mbf", 32), ("r18", 16)):
        programs = {"plain": (plain_recogniser, (backbone, batch, 64))}
        programs |= {p: (our_recogniser, (backbone, batch, 64, p)) for p in both}
        found, _ = medians(programs | {"pipeline": (pipeline, (batch, 4))})
        found["pipeline"] /= 4
        tell(f"{backbone}, batch {batch}", found, batch)
        print(f"  the pipeline delivers {found['bf16'] / found['pipeline']:.1f}x what the faster step takes")
    programs = {"plain": (plain_translation, (256,))} | {p: (our_translation, (256, p)) for p in (*both, "auto")}
    found, made = medians(programs)
    tell("CycleGAN, 9 blocks, 256 x 256, one by one", found, 1)
    for name in (*both, "auto"):
        error = np.square(made[name].astype(np.float64) - made["plain"]).mean()
        print(f"  {name}: {10 * np.log10(4 / error):.1f} dB against plain")
    found, _ = medians({family: (our_explorer, (family,)) for family in ("dcgan", "stylegan2")})
    told = ", ".join(f"{family} {1000 * seconds:.1f} ms" for family, seconds in found.items())
    print(f"The latent explorer answers at 64 x 64: {told}")
