"""Sample faces drawn by the program, so that it can be tried without anyone's photograph.

An identity is a set of proportions, tones, hair, brows and iris; its pictures differ in light, pose,
expression, background and noise. Groups are skin tones of the Monk scale (Monk, 2019), named by their
number; they are tones of a drawing and stand for no people.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

MONK: dict[int, Colour] = {
    1: (246, 237, 228), 2: (243, 231, 219), 3: (247, 234, 208), 4: (234, 218, 186), 5: (215, 189, 150),
    6: (160, 126, 86), 7: (130, 92, 67), 8: (96, 65, 52), 9: (58, 49, 42), 10: (41, 36, 32),
}  # fmt: skip
HAIR: list[Colour] = [
    (28, 22, 20), (46, 32, 24), (78, 52, 34), (118, 78, 46), (168, 122, 70), (150, 66, 34), (128, 124, 122),
]  # fmt: skip
IRIS: list[Colour] = [(58, 36, 22), (88, 58, 32), (70, 96, 60), (62, 98, 134), (96, 110, 118)]

_CANVAS = 640  # drawn at this size, then scaled down: smooth edges


@dataclass(frozen=True)
class Person:
    """One drawn identity. Lengths are shares of half the face's height."""

    tone: Colour
    hair: Colour
    iris: Colour
    face_width: float
    jaw: float
    chin: float
    eye_gap: float
    eye_size: float
    eye_open: float
    eye_tilt: float
    eye_height: float
    brow_gap: float
    brow_thick: float
    brow_arch: float
    nose_length: float
    nose_width: float
    mouth_width: float
    lip_upper: float
    lip_lower: float
    mouth_height: float
    forehead: float
    hair_volume: float
    hair_length: float
    fringe: float
    ear: float
    stubble: float
    moles: tuple[tuple[float, float], ...]


def draw_person(rng: np.random.Generator, monk: int) -> Person:
    """Make one identity of a tone on the Monk scale (1 to 10)."""
    base = np.array(MONK[monk], dtype=float)
    warm = rng.normal(0, 1)
    tone = base * rng.uniform(0.93, 1.04) + np.array([4, 0, -4]) * warm
    u = rng.uniform
    return Person(
        tone=_colour(tone),
        hair=HAIR[int(rng.integers(len(HAIR)))],
        iris=IRIS[int(rng.integers(len(IRIS)))],
        face_width=u(0.66, 0.86), jaw=u(0.62, 1.0), chin=u(0.90, 1.10),
        eye_gap=u(0.27, 0.38), eye_size=u(0.125, 0.185), eye_open=u(0.38, 0.60), eye_tilt=u(-0.16, 0.16),
        eye_height=u(-0.16, -0.02), brow_gap=u(0.13, 0.24), brow_thick=u(0.030, 0.085), brow_arch=u(0.0, 0.09),
        nose_length=u(0.28, 0.44), nose_width=u(0.11, 0.21), mouth_width=u(0.25, 0.41),
        lip_upper=u(0.025, 0.075), lip_lower=u(0.04, 0.10), mouth_height=u(0.13, 0.22), forehead=u(0.52, 0.74),
        hair_volume=u(0.02, 0.20), hair_length=float(rng.choice([0.0, 0.3, 0.75, 1.15])), fringe=u(-0.5, 0.5),
        ear=u(0.10, 0.17), stubble=float(rng.choice([0.0, 0.0, 0.0, 0.35])),
        moles=tuple((float(u(-0.4, 0.4)), float(u(0.05, 0.5))) for _ in range(int(rng.integers(0, 3)))),
    )  # fmt: skip


def _colour(values: npt.ArrayLike) -> Colour:
    red, green, blue = np.clip(np.asarray(values, dtype=float), 0, 255).astype(int).tolist()
    return red, green, blue


def _shade(colour: Colour, factor: float) -> Colour:
    return _colour(np.array(colour) * factor)


class _Face:
    """Draws one picture of one person."""

    def __init__(self, person: Person, rng: np.random.Generator) -> None:
        self.p = person
        self.rng = rng
        self.r = _CANVAS * rng.uniform(0.285, 0.325)  # half the face's height
        self.cx = _CANVAS * (0.5 + rng.uniform(-0.03, 0.03))
        self.cy = _CANVAS * (0.53 + rng.uniform(-0.02, 0.02))
        self.yaw = rng.uniform(-0.10, 0.10)
        self.pitch = rng.uniform(-0.035, 0.035)
        self.smile = rng.uniform(-0.02, 0.08)
        self.mouth_open = max(0.0, rng.normal(0.0, 0.03))
        self.brow_raise = rng.uniform(-0.015, 0.03)
        self.lid = rng.uniform(0.82, 1.08)
        self.gaze = rng.uniform(-0.22, 0.22)

    def at(self, x: float, y: float, depth: float = 1.0) -> tuple[float, float]:
        """Map face coordinates to the canvas; features turn with the head by `depth`."""
        squeeze = 1.0 - 0.5 * abs(self.yaw) - 0.35 * self.yaw * np.sign(x) * depth
        return (
            self.cx + self.r * (x * squeeze + self.yaw * depth),
            self.cy + self.r * (y + self.pitch * depth),
        )

    def oval(self) -> list[tuple[float, float]]:
        """The outline of the face: an ellipse above, a tapering jaw below."""
        angles = np.linspace(0, 2 * np.pi, 120, endpoint=False)
        points = []
        for angle in angles:
            x, y = np.cos(angle) * self.p.face_width, np.sin(angle)
            if y > 0:
                x *= 1 - (1 - self.p.jaw) * y**1.5 * 0.55
                y *= self.p.chin
            points.append(self.at(float(x), float(y), 0.15))
        return points

    def draw(self) -> Image.Image:
        p, rng = self.p, self.rng
        image = self._background()
        pen = ImageDraw.Draw(image)
        self._hair_behind(pen)
        neck = _shade(p.tone, 0.80)
        left, right = self.at(-0.36, 0.6, 0.1), self.at(0.36, 0.6, 0.1)
        pen.polygon([left, right, (right[0] + 14, _CANVAS), (left[0] - 14, _CANVAS)], fill=neck)
        cloth = _colour(rng.uniform(30, 220, 3))
        pen.ellipse(
            [self.cx - self.r * 1.5, self.cy + self.r * 1.35, self.cx + self.r * 1.5, _CANVAS + self.r], fill=cloth
        )
        for side in (-1, 1):
            x, y = self.at(side * p.face_width * 0.99, 0.02, 0.1)
            e = self.r * p.ear
            pen.ellipse([x - e * 0.6, y - e * 1.3, x + e * 0.6, y + e * 1.3], fill=_shade(p.tone, 0.88))
        skin = Image.new("RGB", image.size, p.tone)
        skin = self._shading(skin)
        mask = Image.new("L", image.size, 0)
        ImageDraw.Draw(mask).polygon(self.oval(), fill=255)
        image.paste(skin, (0, 0), mask.filter(ImageFilter.GaussianBlur(1.2)))
        self._features(image)
        self._fringe(image)
        return image

    def _background(self) -> Image.Image:
        grey = self.rng.uniform(70, 205)
        first, second = (grey + self.rng.uniform(-26, 26, 3) for _ in range(2))
        ramp = np.linspace(0, 1, _CANVAS)[:, None, None]
        block = np.broadcast_to(first * (1 - ramp) + second * ramp, (_CANVAS, _CANVAS, 3))
        return Image.fromarray(block.astype(np.uint8))

    def _hair_behind(self, pen: ImageDraw.ImageDraw) -> None:
        p = self.p
        width, top = p.face_width + 0.07 + p.hair_volume, -1.03 - p.hair_volume
        box = [*self.at(-width, top, 0.05), *self.at(width, 0.55, 0.05)]
        pen.ellipse(box, fill=p.hair)
        if p.hair_length > 0:
            pen.rounded_rectangle(
                [*self.at(-width, -0.3, 0.05), *self.at(width, p.hair_length, 0.05)], radius=self.r * 0.25, fill=p.hair
            )

    def _shading(self, skin: Image.Image) -> Image.Image:
        """Round the flat tone: darker to the sides, eye sockets, under nose and lip; lighter cheeks and nose."""
        y, x = np.mgrid[0:_CANVAS, 0:_CANVAS].astype(np.float32)
        px = (x - self.cx) / self.r - self.yaw
        py = (y - self.cy) / self.r - self.pitch
        light = 1.05 - 0.26 * (px / self.p.face_width) ** 2 - 0.07 * np.clip(py, 0, None) ** 2

        def blob(cx: float, cy: float, sx: float, sy: float, amount: float) -> None:
            nonlocal light
            light = light + amount * np.exp(-(((px - cx) / sx) ** 2) - ((py - cy) / sy) ** 2)

        p = self.p
        for side in (-1, 1):
            blob(side * p.eye_gap, p.eye_height, 0.19, 0.13, -0.20)
            blob(side * 0.38, 0.26, 0.18, 0.15, 0.07)
            blob(side * p.nose_width * 1.05, p.eye_height + p.nose_length * 0.55, 0.05, 0.20, -0.10)
        nose = p.eye_height + p.nose_length
        blob(0, nose - 0.12, 0.05, 0.18, 0.13)
        blob(0, nose + 0.07, p.nose_width * 1.1, 0.045, -0.20)
        mouth = nose + p.mouth_height
        blob(0, mouth + p.lip_lower + 0.07, 0.16, 0.05, -0.13)
        blob(0, -0.55, 0.40, 0.20, 0.06)
        # The darker the skin, the more its form shows by highlights and the less by shadows.
        pale = sum(p.tone) / 765
        shine = np.clip(light - 0.80, 0, None) * 150 * (1 - pale) ** 1.7
        tint = np.array(p.tone, dtype=np.float32) / max(p.tone)
        array = np.asarray(skin, dtype=np.float32) * (light * (1.02 - 0.12 * pale))[..., None]
        array = array + shine[..., None] * tint
        if p.stubble:
            lower = np.clip((py - 0.30) * 3, 0, 1) * p.stubble
            array = array * (1 - lower[..., None]) + np.array(p.hair, dtype=np.float32) * lower[..., None]
        return Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))

    def _features(self, image: Image.Image) -> None:
        layer = image.copy()
        pen = ImageDraw.Draw(layer)
        p, r = self.p, self.r
        dark = min(1.0, 0.30 + 0.25 * sum(p.tone) / 765)
        line = _shade(p.tone, dark * 0.75)
        for side in (-1, 1):
            self._eye(pen, side, line)
        nose = p.eye_height + p.nose_length
        for side in (-1, 1):
            x, y = self.at(side * p.nose_width * 0.55, nose, 1.25)
            pen.ellipse([x - r * 0.042, y - r * 0.022, x + r * 0.042, y + r * 0.026], fill=_shade(p.tone, 0.36))
            points = [self.at(side * p.nose_width * (0.92 + 0.22 * np.sin(t)), nose - 0.09 + 0.12 * t / 3, 1.2)
                      for t in np.linspace(0, 3, 12)]  # fmt: skip
            pen.line(points, fill=_shade(p.tone, 0.60), width=4, joint="curve")
        self._mouth(pen, nose + p.mouth_height)
        for mx, my in p.moles:
            x, y = self.at(mx, my)
            pen.ellipse([x - 5, y - 5, x + 5, y + 5], fill=_shade(p.tone, 0.45))
        image.paste(layer.filter(ImageFilter.GaussianBlur(1.3)))

    def _eye(self, pen: ImageDraw.ImageDraw, side: int, line: Colour) -> None:
        p, r = self.p, self.r
        width, height = p.eye_size, p.eye_size * p.eye_open * self.lid
        t = np.linspace(0, np.pi, 24)

        def edge(sign: float, grow: float = 1.0) -> list[tuple[float, float]]:
            out = []
            for a in t:
                x, y = -np.cos(a) * width * grow, sign * np.sin(a) ** 0.85 * height * grow
                tilt = -p.eye_tilt * side
                out.append(self.at(side * p.eye_gap + float(x), p.eye_height + float(y) + float(x) * tilt))
            return out

        upper, lower = edge(-1), edge(1)
        white = (238, 234, 228)
        pen.polygon(upper + lower[::-1], fill=white)
        x, y = self.at(side * p.eye_gap + self.gaze * width, p.eye_height)
        iris = r * min(height * 1.08, width * 0.56)
        pen.ellipse([x - iris, y - iris, x + iris, y + iris], fill=p.iris)
        pupil = iris * 0.52
        pen.ellipse([x - pupil, y - pupil, x + pupil, y + pupil], fill=(12, 10, 10))
        pen.ellipse([x - iris * 0.5, y - iris * 0.6, x - iris * 0.15, y - iris * 0.25], fill=(250, 250, 250))
        skin = _shade(p.tone, 0.86)
        lid = [*edge(-1, 1.0), *[(a, b - r * 0.10) for a, b in edge(-1, 1.0)[::-1]]]
        pen.polygon(lid, fill=skin)
        pen.line(upper, fill=_shade(line, 0.5), width=7, joint="curve")
        pen.line(lower, fill=line, width=3, joint="curve")
        pen.line([(a, b - r * 0.055) for a, b in upper[3:-3]], fill=_shade(p.tone, 0.62), width=3, joint="curve")
        base = p.eye_height - p.brow_gap - self.brow_raise
        brow_low, brow_high = [], []
        for s in np.linspace(-1, 1, 16):
            bx = side * (p.eye_gap + 0.01) + s * width * 1.45
            outer = s * side
            rise = p.brow_arch * (1 - (outer - 0.25) ** 2)
            thick = p.brow_thick * (1.0 - 0.55 * max(0.0, outer)) * 0.5
            brow_low.append(self.at(float(bx), base - rise + thick))
            brow_high.append(self.at(float(bx), base - rise - thick))
        brow = p.hair if sum(p.hair) < sum(p.tone) * 0.8 else _shade(p.tone, 0.38)
        pen.polygon(brow_low + brow_high[::-1], fill=brow)

    def _mouth(self, pen: ImageDraw.ImageDraw, y: float) -> None:
        p = self.p
        half = p.mouth_width * (1 + self.smile)
        s = np.linspace(-1, 1, 25)
        corner = -self.smile * 0.9

        def curve(offset: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
            base = y + corner * s**2
            return [self.at(float(a * half), float(b), 1.05) for a, b in zip(s, base + offset, strict=True)]

        bow = p.lip_upper * np.sqrt(np.clip(1 - s**2, 0, 1)) * (1 - 0.30 * np.exp(-((s / 0.16) ** 2)))
        low = p.lip_lower * np.sqrt(np.clip(1 - s**2, 0, 1))
        gap = self.mouth_open * np.sqrt(np.clip(1 - s**2, 0, 1))
        red = _colour(np.array(p.tone) * 0.62 + np.array([46, 4, 10]))
        pen.polygon(curve(-bow - gap) + curve(np.zeros_like(s))[::-1], fill=_shade(red, 0.84))
        pen.polygon(curve(gap) + curve(low + gap)[::-1], fill=red)
        if self.mouth_open > 0.012:
            pen.polygon(curve(-gap) + curve(gap)[::-1], fill=(70, 26, 26))
        else:
            pen.line(curve(np.zeros_like(s)), fill=_shade(red, 0.42), width=5, joint="curve")

    def _fringe(self, image: Image.Image) -> None:
        """Hair over the forehead, cut to the face's outline."""
        p = self.p
        mask = Image.new("L", image.size, 0)
        pen = ImageDraw.Draw(mask)
        pen.polygon(self.oval(), fill=255)
        mask = mask.filter(ImageFilter.MaxFilter(9))
        cut = Image.new("L", image.size, 255)
        hole = ImageDraw.Draw(cut)
        points = [self.at(-1.2, 1.4, 0.3)]
        for s in np.linspace(-1.15, 1.15, 30):
            rise = -p.forehead + 0.42 * abs(s) ** 2.2 + 0.10 * p.fringe * s
            points.append(self.at(float(s), float(rise), 0.3))
        points.append(self.at(1.2, 1.4, 0.3))
        hole.polygon(points, fill=0)
        band = ImageChops.multiply(mask, cut)
        strands = Image.new("RGB", image.size, p.hair)
        image.paste(strands, (0, 0), band.filter(ImageFilter.GaussianBlur(2.5)))


def draw_face(person: Person, rng: np.random.Generator, size: int = 256) -> Image.Image:
    """Draw one picture of a person: new light, pose, expression, background and noise."""
    image = _Face(person, rng).draw()
    background = image.getpixel((4, 4))
    assert isinstance(background, tuple)
    image = image.rotate(float(rng.uniform(-7, 7)), Image.Resampling.BICUBIC, fillcolor=background)
    image = image.resize((size, size), Image.Resampling.LANCZOS)
    array = np.asarray(image, dtype=np.float32)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    slope = rng.uniform(0.0, 0.40)
    array = array * (1 + slope * (np.cos(angle) * x + np.sin(angle) * y))[..., None]
    array = array * rng.uniform(0.86, 1.06) * (1 + rng.normal(0, 0.025, 3))
    array = array + rng.normal(0, rng.uniform(1.0, 4.0), array.shape)
    return Image.fromarray(np.clip(array, 0, 255).astype(np.uint8))


def describe(person: Person) -> dict[str, object]:
    """Return a person's parameters as plain values, for a manifest."""
    return {field.name: getattr(person, field.name) for field in fields(person)}
