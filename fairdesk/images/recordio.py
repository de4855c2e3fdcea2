"""MXNet RecordIO (`.rec` with its `.idx`), as InsightFace uses it, read and written without MXNet.

A record is the magic word, a word of 3 bits of part flag and 29 bits of length, the payload, and zeros up
to 4 bytes. A payload that holds the magic word on a 4-byte boundary is stored in parts, without that word
(flags 1, 2 ..., 3). The payload of an image is the header ``<IfQQ`` (flag, label, id, id2), `flag` more
float32 labels, and the encoded picture. Record 0 holds (n + 1, n + 1 + identities); images are 1 to n;
then one record for each identity holds the range (first, last + 1) of its images. Sources: dmlc-core
src/recordio.cc, mxnet python/mxnet/recordio.py, InsightFace common/rec_builder.py.
"""

from __future__ import annotations

import math
import os
import struct
import threading
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from fairdesk.errors import RequestError
from fairdesk.made_sequences import MadeSequence
from fairdesk.words import tr, tr_n

Numbers = npt.NDArray[np.int64]
Labels = npt.NDArray[np.float64]
MAGIC = struct.pack("<I", 0xCED7230A)
_HEADER = struct.Struct("<IfQQ")
_LENGTH = (1 << 29) - 1
_LARGEST_KEY = (1 << 63) - 1
_SAMPLE = 256  # records of an index that are looked up before it is believed
_BLOCK = 1 << 20
MOST_IMAGES = 1 << 24  # labels and ranges are float32: larger whole numbers are not exact


class RecordError(OSError):
    """A record that cannot be read; the text says which and why."""


class RecordCutError(RecordError):
    """A record that the file ends before, or within."""


@dataclass(frozen=True)
class Record:
    """One record: the labels of its header and what follows them."""

    labels: tuple[float, ...]
    id: int
    data: bytes


class Offsets:
    """Where each record begins, by its key: sixteen bytes a record."""

    def __init__(self, keys: Numbers, places: Numbers) -> None:
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        last = np.append(np.diff(keys) != 0, np.ones(min(1, len(keys)), dtype=np.bool_))  # of a key that comes again
        self.keys, self.places = keys[last], places[order][last]

    def __len__(self) -> int:
        return len(self.keys)

    def _at(self, key: int) -> int | None:
        at = int(np.searchsorted(self.keys, key))
        return at if at < len(self.keys) and int(self.keys[at]) == key else None

    def __contains__(self, key: int) -> bool:
        return self._at(key) is not None

    def __getitem__(self, key: int) -> int:
        at = self._at(key)
        if at is None:
            raise KeyError(key)
        return int(self.places[at])

    def __setitem__(self, key: int, place: int) -> None:
        at = self._at(key)
        if at is None:
            raise KeyError(key)
        self.places[at] = place


class RecordFile:
    """A `.rec` file, by key. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        self._lock = threading.Lock()
        self._size = os.fstat(self._file.fileno()).st_size
        self.notes: list[str] = []
        self.offsets = self._indexed()

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def _read(self, length: int, at: int) -> bytes:
        with self._lock:
            self._file.seek(at)
            return self._file.read(length)

    def _indexed(self) -> Offsets:
        """Return where each record begins: by the index if it is there and fits, else by walking through the records."""
        index = self.path.with_suffix(".idx")
        if not index.is_file():
            found = self._scan()
            self.notes = self._told_cut(found)
            return found
        try:
            offsets = _read_index(index)
        except RequestError as error:
            return self._rebuilt(str(error))
        wrong = self._misfit(offsets)
        return (
            offsets
            if wrong is None
            else self._rebuilt(
                tr("{index} does not fit {file}: {wrong}", index=index, file=self.path.name, wrong=wrong)
            )
        )

    def _rebuilt(self, why: str) -> Offsets:
        found = self._scan()
        self.notes = [
            tr(
                "{why}. The places of its {count:,} records were found anew; the file stays as it is.",
                why=why,
                count=len(found),
            ),
            *self._told_cut(found),
        ]
        return found

    def _told_cut(self, found: Offsets) -> list[str]:
        """Say that records found by walking are not all there were: those of a data set of InsightFace end with record 0."""
        if 0 in found or not self.path.with_name("property").is_file():
            return []
        return [
            tr(
                "{file} ends before its record 0, with which a data set of InsightFace ends: it is cut off, and nothing tells how many images it lacks. Put a good copy in its place.",
                file=self.path,
            )
        ]

    def _misfit(self, offsets: Offsets) -> str | None:
        """Return how an index does not fit, by a sample of its records; one that is cut off still fits its index."""
        if not len(offsets):
            return tr("it is empty")
        ordered = np.sort(offsets.places)
        if ordered[0] < 0:
            return tr("it has negative places")
        inside = ordered[: np.searchsorted(ordered, self._size - 8, side="right")]
        if not len(inside):
            return tr("its places lie behind the end")
        for at in {*inside[:: max(1, len(inside) // _SAMPLE)].tolist(), int(inside[-1])}:
            if self._read(4, at) != MAGIC:
                return tr("no record begins at byte {at:,}", at=at)
        if self._read(4, 0) == MAGIC and inside[0] > 0:
            return tr("it lacks the first record")
        end = self._end(int(inside[-1]))
        more = self._read(4, end) == MAGIC and end not in ordered
        return tr("it ends before the records do") if more else None

    def _end(self, at: int) -> int:
        """Return where the record that begins at a byte ends, all its parts."""
        while True:
            word = int.from_bytes(self._read(8, at)[4:], "little")
            flag, length = word >> 29, word & _LENGTH
            at += 8 + length + -length % 4
            if flag in (0, 3) or at + 8 > self._size:
                return at

    def _scan(self) -> Offsets:
        """Find the records by walking; keys are the ids in the headers, or the order where those are not unique.

        A piece that is damaged is passed over: the magic word never lies at a 4-byte boundary inside a record.
        """
        numbers, places = array("Q"), array("q")
        at = 0
        while at + 8 + _HEADER.size <= self._size:
            head = self._read(8 + _HEADER.size, at)
            if head[:4] != MAGIC:
                if not places:
                    raise RequestError(
                        tr("{path} is no RecordIO file: it does not begin with a record.", path=self.path)
                    )
                at = self._next_magic(at)
                continue
            if head[7] >> 5 in (0, 1):  # a whole record, or its first part
                numbers.append(_HEADER.unpack_from(head, 8)[2])
                places.append(at)
            at = self._end(at)
        keys = np.array(numbers, dtype=np.uint64)
        if len(keys) and int(keys.max()) <= _LARGEST_KEY:
            found = Offsets(keys.astype(np.int64), np.array(places, dtype=np.int64))
            if len(found) == len(keys):
                return found
        first = 1
        if len(keys) and keys[0] == 0 and len(self._parse(self.payload_at(places[0], 0)).data) == 0:
            first = 0
        return Offsets(np.arange(first, first + len(keys)), np.array(places, dtype=np.int64))

    def _next_magic(self, at: int) -> int:
        """Return the next 4-byte boundary at which a record may begin, or the end."""
        at += -at % 4
        while at < self._size:
            block = self._read(_BLOCK, at)
            place = block.find(MAGIC)
            while place >= 0:
                if place % 4 == 0:
                    return at + place
                place = block.find(MAGIC, place + 1)
            at += _BLOCK
        return self._size

    def payload(self, key: int) -> bytes:
        """Return a record's payload, its parts joined. Raises `RecordError`."""
        if key not in self.offsets:
            raise RecordError(tr("record {key} is not in the index", key=key))
        return self.payload_at(self.offsets[key], key)

    def payload_at(self, at: int, key: int) -> bytes:
        """Return the payload of the record that begins at a byte. Raises `RecordError`, which names it by its key."""
        parts = []
        while True:
            head = self._read(8, at) if at >= 0 else b""
            if len(head) < 8 and at >= 0:
                raise RecordCutError(tr("record {key} is cut off: it would begin at byte {at:,}", key=key, at=at))
            if head[:4] != MAGIC:
                raise RecordError(
                    tr("record {key} does not start at byte {at:,}, where the index says", key=key, at=at)
                )
            word = int.from_bytes(head[4:], "little")
            flag, length = word >> 29, word & _LENGTH
            part = self._read(length, at + 8)
            if len(part) < length:
                raise RecordCutError(
                    tr(
                        "record {key} is cut off: {count:,} of {length:,} bytes are there",
                        key=key,
                        count=len(part),
                        length=length,
                    )
                )
            parts.append(part)
            at += 8 + length + -length % 4
            if flag in (0, 3):
                return MAGIC.join(parts)

    def record(self, key: int) -> Record:
        """Return a record. Raises `RecordError`."""
        return self._parse(self.payload(key), key)

    @staticmethod
    def _parse(payload: bytes, key: int = 0) -> Record:
        if len(payload) < _HEADER.size:
            raise RecordError(tr("record {key} has no header", key=key))
        flag, label, number, _ = _HEADER.unpack_from(payload)
        end = _HEADER.size + 4 * flag
        if end > len(payload):
            raise RecordError(
                tr("record {key} says it has {flag} labels and is too short for them", key=key, flag=flag)
            )
        labels = struct.unpack_from(f"<{flag}f", payload, _HEADER.size) if flag else (label,)
        return Record(tuple(labels), number, payload[end:])

    def images(self) -> tuple[Numbers, Labels]:
        """Return the keys of the image records in order, and the identity of each (NaN: unreadable)."""
        keys = self._image_keys()
        labels, cut = np.full(len(keys), np.nan), np.zeros(len(keys), dtype=np.bool_)
        for number, at in enumerate(self.offsets.places[np.searchsorted(self.offsets.keys, keys)].tolist()):
            head = self._read(8 + _HEADER.size + 4, at) if at >= 0 else b""
            if len(head) < 8 + _HEADER.size or head[:4] != MAGIC:
                continue
            flag, label, _, _ = _HEADER.unpack_from(head, 8)
            cut[number] = at + 8 + (int.from_bytes(head[4:8], "little") & _LENGTH) > self._size
            if flag and len(head) >= 8 + _HEADER.size + 4:
                label = struct.unpack_from("<f", head, 8 + _HEADER.size)[0]
            labels[number] = label if math.isfinite(label) else np.nan
        whole = ~np.isnan(labels) & ~cut
        people, known = int(self._of_people().sum()), len(np.unique(labels[whole]))
        if not whole.all() and known < people:
            self.notes.append(
                tr_n(
                    "{n:,} of the {all:,} identities of {file} has no image that can be read.",
                    "{n:,} of the {all:,} identities of {file} have no image that can be read.",
                    people - known,
                    file=self.path,
                    all=people,
                )
            )
        return keys, labels

    def _image_keys(self) -> Numbers:
        every: Numbers = self.offsets.keys
        wanted = np.ones(len(every), dtype=np.bool_)
        try:
            first = self.record(0)
        except RecordError:  # it says which are people, and is the last: those have room for nothing else
            wanted = (every != 0) & ~self._of_people()
        else:
            if len(first.labels) == 2 and not first.data:
                wanted = (every > 0) & (every < first.labels[0])
        found: Numbers = every[wanted]
        return found

    def _of_people(self) -> npt.NDArray[np.bool_]:
        """Tell which of all keys are records of people by their size: the last keys, each with a range of keys and no picture."""
        ordered = np.sort(self.offsets.places)
        after = np.searchsorted(ordered, self.offsets.places, side="right")
        ends = np.append(ordered, -1)[after]
        alike = ends - self.offsets.places == 8 + _HEADER.size + 8
        if len(alike):
            last = int(np.argmax(self.offsets.places))
            alike[last] = self._begins_range(int(self.offsets.places[last]))  # it may be cut within itself
        alike &= self.offsets.keys != 0
        others = np.flatnonzero(~alike)
        found = np.zeros(len(alike), dtype=np.bool_)
        found[others[-1] + 1 if len(others) else 0 :] = True
        return found

    def _begins_range(self, at: int) -> bool:
        """Tell whether what begins at a byte is a record of two labels and nothing else."""
        head = self._read(12, at)
        length = int.from_bytes(head[4:8], "little") & _LENGTH
        return head[:4] == MAGIC and length == _HEADER.size + 8 and head[8:] == b"\2\0\0\0"


def _read_index(path: Path) -> Offsets:
    keys, places = array("q"), array("q")
    with path.open(encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            fields = line.split()
            if not fields:
                continue
            try:
                key, place = map(int, fields)
                keys.append(key)
                places.append(place)
            except (ValueError, OverflowError):
                raise RequestError(
                    tr(
                        "{path}: line {number} is not a key and an offset: {line!r}",
                        path=path,
                        number=number,
                        line=line.rstrip("\n")[:40],
                    )
                ) from None
    return Offsets(np.array(keys, dtype=np.int64), np.array(places, dtype=np.int64))


class RecordNames(MadeSequence[str]):
    """The names of a RecordIO file's pictures, made when they are asked for; equal to a list of the same."""

    def __init__(self, keys: Numbers, labels: Labels) -> None:
        self.keys, self._labels = keys, labels

    def __len__(self) -> int:
        return len(self.keys)

    def item(self, place: int) -> str:
        """Make the one at a place."""
        label = float(self._labels[place])
        return f"{int(self.keys[place])}.jpg" if math.isnan(label) else f"{int(label)}/{int(self.keys[place])}.jpg"


class RecordWriter:
    """Writes a `.rec` with its `.idx`; use it as a context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._index: list[str] = []

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            self.path.with_suffix(".idx").write_text("".join(self._index), encoding="ascii", newline="\n")

    def write(self, key: int, labels: float | tuple[float, ...], data: bytes = b"", id2: int = 0) -> None:
        """Append a record: one label in the header, or several after it."""
        if isinstance(labels, tuple):
            head = _HEADER.pack(len(labels), 0.0, key, id2) + struct.pack(f"<{len(labels)}f", *labels)
        else:
            head = _HEADER.pack(0, labels, key, id2)
        self._index.append(f"{key}\t{self._file.tell()}\n")
        parts = _split(head + data)
        for place, part in enumerate(parts):
            flag = 0 if len(parts) == 1 else 1 if place == 0 else 3 if place == len(parts) - 1 else 2
            if len(part) > _LENGTH:
                raise RequestError(tr("A record of {count:,} bytes is more than the format can hold.", count=len(part)))
            self._file.write(MAGIC + struct.pack("<I", flag << 29 | len(part)) + part + b"\0" * (-len(part) % 4))


def _split(payload: bytes) -> list[bytes]:
    """Cut a payload at each magic word that lies on a 4-byte boundary; the word itself goes."""
    parts, start, at = [], 0, payload.find(MAGIC)
    while at >= 0:
        if (at - start) % 4 == 0:
            parts.append(payload[start:at])
            start = at + 4
            at = payload.find(MAGIC, start)
        else:
            at = payload.find(MAGIC, at + 1)
    return [*parts, payload[start:]]


def write_faces(
    path: Path, people: Iterable[Iterable[bytes]], size: tuple[int, int] | Callable[[], tuple[int, int]]
) -> None:
    """Write identities of encoded pictures as InsightFace's `train.rec`, `train.idx` and `property`.

    Parameters
    ----------
    path
        The `.rec` file.
    people
        The encoded pictures of each identity; identity k gets the label k.
    size
        Height and width for the file `property`, or what gives them once all pictures are written.

    Raises
    ------
    RequestError
        If there are more images than the format can number.
    """
    with RecordWriter(path) as writer:
        key, ranges = 1, []
        for label, images in enumerate(people):
            first = key
            for data in images:
                if key >= MOST_IMAGES:
                    raise RequestError(
                        tr(
                            "More than {most_images:,} images: .rec cannot number them exactly.",
                            most_images=MOST_IMAGES,
                        )
                    )
                writer.write(key, float(label), data)
                key += 1
            ranges.append((float(first), float(key)))
        for place, span in enumerate(ranges):
            writer.write(key + place, span)
        writer.write(0, (float(key), float(key + len(ranges))), id2=1)
    height, width = size() if callable(size) else size
    text = f"{len(ranges)},{height},{width}\n"
    path.with_name("property").write_text(text, encoding="ascii", newline="\n")
