"""What two sets share that they must not: identities, files, near-duplicate images."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import imagehash
from PIL import Image

from fairdesk.dataset.collection import Collection, read_either
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.images.reading import UnreadableImageError, open_image
from fairdesk.images.sources import read_bytes
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import processes

_BATCH = 64
_BITS = 64


def _look(path: Any) -> tuple[str, int] | str:
    """Return a file's SHA-256 and 64-bit perceptual hash (pHash), or why it cannot be read."""
    try:
        data = read_bytes(path)
        image = open_image(path, data)
    except UnreadableImageError as error:
        return error.why
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return hashlib.sha256(data).hexdigest(), perceptual_hash(image)


def perceptual_hash(image: Image.Image) -> int:
    """Return the 64-bit pHash (discrete cosine transform; Zauner, 2010) of an image."""
    return int(str(imagehash.phash(image)), 16)


def near_pairs(first: list[int], second: list[int], distance: int) -> list[tuple[int, int, int]]:
    """Return (i, j, bits) of all hashes that differ in at most `distance` bits.

    Exact: cut into distance + 1 bands, two such hashes agree in one of them (pigeonhole).
    """
    bands = distance + 1
    edges = [round(_BITS * n / bands) for n in range(bands + 1)]
    found: dict[tuple[int, int], int] = {}
    for low, high in pairwise(edges):
        mask = (1 << (high - low)) - 1
        table: dict[int, list[int]] = {}
        for j, value in enumerate(second):
            table.setdefault(value >> low & mask, []).append(j)
        for i, value in enumerate(first):
            for j in table.get(value >> low & mask, ()):
                if (i, j) not in found:
                    bits = (value ^ second[j]).bit_count()
                    if bits <= distance:
                        found[i, j] = bits
    return sorted((i, j, bits) for (i, j), bits in found.items())


def _hashes(collection: Collection, context: Context, done: int, total: int) -> tuple[list[Any], list[dict[str, str]]]:
    out: list[Any] = []
    unreadable = []
    with ThreadPoolExecutor(processes()) as pool:
        for start in range(0, len(collection.items), _BATCH):
            context.check()
            batch = collection.items[start : start + _BATCH]
            for item, seen in zip(batch, pool.map(_look, (item.path for item in batch)), strict=True):
                if isinstance(seen, str):
                    unreadable.append({"path": str(item.path), "why": seen})
                else:
                    out.append((item, *seen))
            context.progress(done + min(len(collection.items), start + _BATCH), total, "images")
    return out, unreadable


def run(params: LeaksParams, context: Context) -> dict[str, Any]:
    """Job: compare two sets. Identities are the same by group and name (by name where one set has no groups)."""
    a, b = read_either(params.a), read_either(params.b)
    people_a, people_b = a.people(), b.people()
    grouped = any(g for g, _ in people_a) and any(g for g, _ in people_b)
    if grouped:
        shared = sorted(set(people_a) & set(people_b))
    else:
        shared = sorted({key for key in people_a if key[1] in {name for _, name in people_b}})
    total = len(a.items) + len(b.items)
    first, bad_a = _hashes(a, context, 0, total)
    second, bad_b = _hashes(b, context, len(a.items), total)
    by_sha: dict[str, list[Any]] = {}
    for item, sha, _ in second:
        by_sha.setdefault(sha, []).append(item)
    same = [(item, other) for item, sha, _ in first for other in by_sha.get(sha, ())]
    equal = {(item.path, other.path) for item, other in same}
    near = [
        (first[i][0], second[j][0], bits)
        for i, j, bits in near_pairs([h for *_, h in first], [h for *_, h in second], params.distance)
        if (first[i][0].path, second[j][0].path) not in equal
    ]
    clean = not (shared or same or near)
    return {
        "clean": clean, "identities": [{"group": group or None, "identity": name} for group, name in shared],
        "files": [{"a": str(x.path), "b": str(y.path)} for x, y in same],
        "near": [{"a": str(x.path), "b": str(y.path), "bits": bits} for x, y, bits in near],
        "unreadable": bad_a + bad_b, "images": [len(a.items), len(b.items)],
        "summary": "Nothing is shared." if clean else
        f"{len(shared):,} identities, {len(same):,} files and {len(near):,} near-duplicate images are on both sides.",
    }  # fmt: skip
