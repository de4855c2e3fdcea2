"""Which encoder is meant: one of the program's own, one of deepface's, or a file of the user's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from fairdesk.words import tr

Kind = Literal["dlib", "dlib-reference", "resnet50", "deepface", "arcface", "onnx"]
RUN_WEIGHTS = "backbone.safetensors"  # what a run folder of Training holds
_PLAIN = ("dlib", "dlib-reference", "resnet50")
_FILES = ("arcface", "onnx")


@dataclass(frozen=True)
class EncoderRef:
    """An encoder. As text: ``dlib``, ``dlib-reference``, ``resnet50``, ``deepface:NAME``, ``arcface:FILE``, ``onnx:FILE``."""

    kind: Kind
    name: str = ""  # deepface's name, or the file's

    @classmethod
    def parse(cls, text: str) -> EncoderRef:
        """Read an encoder as text. Raises `ValueError`."""
        kind, _, name = text.partition(":")
        if text not in _PLAIN and (kind in _PLAIN or kind not in get_args(Kind) or not name):
            raise ValueError(tr("must be dlib, dlib-reference, resnet50, deepface:NAME, arcface:FILE or onnx:FILE"))
        return cls(cast(Kind, kind), name)

    @property
    def file(self) -> Path | None:
        """The file with the weights, absolute; of a training's run folder, the one in it. None: not from a file."""
        if self.kind not in _FILES:
            return None
        path = Path(self.name).expanduser().absolute()
        return path / RUN_WEIGHTS if path.is_dir() else path

    @property
    def stored(self) -> str:
        """The name its vectors are kept under: a file's own name (of a run, its folder's), wherever it lies.

        Different files may share it: their vectors are told apart by the weights' SHA-256.
        """
        path = self.file
        if path is None:
            return str(self)
        return f"{self.kind}:{path.parent.name if path.name == RUN_WEIGHTS else path.name}"

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


def encoder_text(value: str | None) -> str | None:
    """Return an encoder as a parameter model keeps it: a file's path absolute. Raises `ValueError`."""
    if value is None:
        return None
    ref = EncoderRef.parse(value)
    return str(ref) if ref.file is None else f"{ref.kind}:{ref.file}"
