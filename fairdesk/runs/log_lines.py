"""Curves from the lines of the programs that the original scripts read; the fast paths of logs of a million lines."""

from __future__ import annotations

import re

from fairdesk.runs.curves import CurveBuilder, Curves
from fairdesk.runs.log_text import NUMBER, blocks, count_lines, lines
from fairdesk.words import mark

_ARCFACE = re.compile(
    rf"Speed\s+({NUMBER})\s+samples/sec\s+Loss\s+({NUMBER})(?:\s+LearningRate\s+({NUMBER}))?[^\r\n]*?Global Step:\s*(\d+)"
)
_ARCFACE_LINE = re.compile(r"Training:[^\r\n]*Loss")
_VERIFY = re.compile(rf"\[([\w.-]+)\]\[(\d+)\](Accuracy-Flip|Accuracy-Highest|Accuracy|XNorm):\s*({NUMBER})")


def verified(line: str) -> list[tuple[float, str, float]]:
    """Return step, series and value of InsightFace's verification lines (`[lfw][2000]Accuracy-Flip: 0.99+-0.003`)."""
    return [(int(step), f"{name} {what}", float(value)) for name, step, what, value in _VERIFY.findall(line)]


def is_arcface(text: str) -> bool:
    """Whether it is arcface_torch's log."""
    return bool(_ARCFACE.search(text) or _VERIFY.search(text))


def read_arcface(text: str) -> Curves:
    """InsightFace arcface_torch `training.log`, with and without LearningRate, with verification lines."""
    out = CurveBuilder("arcface_torch training.log", mark("global step"))
    for block in blocks(text):
        rows = _ARCFACE.findall(block)
        steps = [float(row[3]) for row in rows]
        understood = len(rows)
        if not out.goes_on(steps, ["Loss"]):
            out.other += _arcface_lines(out, block)
            continue
        if rows:
            speeds, losses, rates, _ = zip(*rows, strict=True)
            out.extend(steps, {"Loss": list(map(float, losses))})
            kept = [(step, float(rate)) for step, rate in zip(steps, rates, strict=True) if rate]
            out.extend([step for step, _ in kept], {"LearningRate": [rate for _, rate in kept]})
            out.extend(steps, {"Speed": list(map(float, speeds))})
        if "][" in block:
            found = verified(block)
            understood += len(found)
            for step, name, value in found:
                out.add(step, [(name, value)])
        broken = max(0, len(_ARCFACE_LINE.findall(block)) - len(rows)) if block.count("Loss") != len(rows) else 0
        out.broken += broken
        out.other += max(0, count_lines(block) - understood - broken)
    return out.curves()


def _arcface_lines(out: CurveBuilder, block: str) -> int:
    """Read a block line by line, as its steps fall somewhere; returns how many lines are not understood."""
    other = 0
    for line in lines(block, "Training: "):
        match = _ARCFACE.search(line)
        found = verified(line)
        if match is not None:
            speed, loss, rate, step = match.groups()
            rates = [("LearningRate", float(rate))] if rate else []
            out.add(float(step), [("Loss", float(loss)), *rates, ("Speed", float(speed))])
        for at, name, value in found:
            out.add(at, [(name, value)])
        if match is None and not found:
            broken = _ARCFACE_LINE.search(line) is not None
            out.broken += broken
            other += not broken
    return other


class _Shape:
    """The shape of a log's lines as the first one has it: to look for that alone takes a third of the time.

    A block with a line of any other shape is read line by line, by what the shapes have in common.
    """

    def __init__(self, head: str, names: list[str], line: str) -> None:
        terms = "".join(rf"[^\w\r\n]*{re.escape(name)}:\s*({NUMBER})" for name in names)
        self.names = names
        self._colons = line.count(":")
        self._regex = re.compile(head + terms)

    def rows(self, block: str, start: str) -> list[tuple[str, ...]] | None:
        """Return the numbers of each line, or None where a line that begins with `start` is not of this shape."""
        found: list[tuple[str, ...]] = self._regex.findall(block)
        alike = len(found) == block.count(start) and block.count(":") == len(found) * self._colons
        return found if alike else None


_GAN = r"\[Epoch\s+(\d+)/\d+\]\s*\[Batch\s+(\d+)/(\d+)\]"
_GAN_HEAD = re.compile(_GAN)
_GAN_TERM = re.compile(rf"([A-Za-z][\w ]*?):\s*({NUMBER})")


def is_pytorch_gan(text: str) -> bool:
    """Whether it has lines of PyTorch-GAN."""
    return bool(_GAN_HEAD.search(text))


def read_pytorch_gan(text: str) -> Curves:
    """PyTorch-GAN lines: `[Epoch a/b] [Batch c/d] [D loss: x] [G loss: x, adv: x, cycle: x, identity: x] ETA: ...`."""
    out = CurveBuilder("PyTorch-GAN log", mark("batch"))
    shape: _Shape | None = None
    for block in blocks(text):
        rows = None if shape is None else shape.rows(block, "[Epoch")
        if shape is not None and rows:
            epochs, batches, lengths, *columns = zip(*rows, strict=True)
            steps = [int(e) * float(n) + int(b) for e, b, n in zip(epochs, batches, lengths, strict=True)]
            names = list(map(_gan_name, shape.names))
            if out.goes_on(steps, names):
                out.extend(steps, {name: list(map(float, column)) for name, column in zip(names, columns, strict=True)})
                out.other += max(0, count_lines(block) - len(rows))
                continue
        for line in lines(block, "[Epoch"):
            head = _GAN_HEAD.search(line)
            if head is None:
                broken = line.startswith("[Epoch")
                out.broken += broken
                out.other += not broken
                continue
            epoch, batch, per_epoch = map(int, head.groups())
            terms = _GAN_TERM.findall(line[head.end() :].split("ETA")[0])
            if not terms:
                out.broken += 1
            out.add(float(epoch * per_epoch + batch), [(_gan_name(name), float(value)) for name, value in terms])
            if shape is None and terms:
                shape = _Shape(_GAN, [name for name, _ in terms], line)
    return out.curves()


def _gan_name(name: str) -> str:
    """Return a loss's name: `D loss` and `G loss` keep the word, terms go without."""
    bare = name.removesuffix(" loss")
    return f"{bare} loss" if len(bare) == 1 else bare


_PIX = r"\(epoch:\s*(\d+),\s*iters:\s*(\d+)[^)\r\n]*\)"
_PIX_HEAD = re.compile(_PIX)
_PIX_TERM = re.compile(rf"([\w/]+):\s*({NUMBER})")
_PIX_TITLE = "================"  # written at each start


def is_cyclegan_pix2pix(text: str) -> bool:
    """Whether it has lines of pytorch-CycleGAN-and-pix2pix."""
    return bool(_PIX_HEAD.search(text))


def read_cyclegan_pix2pix(text: str) -> Curves:
    """pytorch-CycleGAN-and-pix2pix `loss_log.txt`: `(epoch: 1, iters: 100, ...) D_A: 0.4 G_A: 0.3 ...`."""
    out = CurveBuilder("pytorch-CycleGAN-and-pix2pix loss_log.txt", mark("iteration"))
    found: list[tuple[int, int, list[str], tuple[str, ...]]] = []  # epoch, iteration, names, numbers
    shape: _Shape | None = None
    for block in blocks(text):
        rows = None if shape is None else shape.rows(block, "(epoch")
        if shape is not None and rows is not None:
            found += [(int(row[0]), int(row[1]), shape.names, row[2:]) for row in rows]
            out.other += max(0, count_lines(block) - len(rows) - block.count("\n" + _PIX_TITLE))
            continue
        for line in lines(block, "(epoch:"):
            head = _PIX_HEAD.search(line)
            if head is None:
                broken = line.startswith("(epoch")
                out.broken += broken
                out.other += not broken and not line.startswith(_PIX_TITLE)
                continue
            terms = _PIX_TERM.findall(line[head.end() :])
            if not terms:
                out.broken += 1
                continue
            names = [name for name, _ in terms]
            found.append((int(head[1]), int(head[2]), names, tuple(value for _, value in terms)))
            shape = shape or _Shape(_PIX, names, line)
    per_epoch = max((iters for _, iters, _, _ in found), default=0)  # iterations start again in each epoch
    for epoch, iters, names, values in found:
        out.add(float((epoch - 1) * per_epoch + iters), zip(names, map(float, values), strict=True))
    return out.curves()
