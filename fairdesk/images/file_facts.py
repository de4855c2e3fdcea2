"""The facts of files, each computed once: recalled where they are kept and the file is unchanged, else looked up and kept."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fairdesk.images.image_sources import reading_order, stamp
from fairdesk.images.inspection import Inspected, content_sha256, inspect_file
from fairdesk.jobs.context import Context
from fairdesk.jobs.pool import processes
from fairdesk.project.kept_facts import NAME, Facts, FactStore, Stamp, user_facts
from fairdesk.project.project import CATALOG

_BATCH = 64
_LOOKED_UP = 10_000  # files that are asked for at once
_LARGE = 4 << 20  # bytes: the hash of a smaller file is computed about as fast as it is looked up


def facts_at(place: Path) -> FactStore:
    """Return the store for the images of a project, or of a folder or archive outside of any; close it after use."""
    return FactStore(place / NAME) if (place / CATALOG).is_file() else user_facts()


def stamped(paths: Sequence[Path]) -> list[tuple[Path, Stamp]]:
    """Return paths with their stamps; those that are not there are left out, as whoever reads them says why."""
    out = []
    for path in paths:
        try:
            out.append((path, stamp(path)))
        except OSError:
            continue
    return out


def keep(store: FactStore, found: Sequence[Inspected]) -> None:
    """Keep what was seen of some files. Of one that changed meanwhile the stamp no longer fits, so it is not recalled."""
    files: list[tuple[Path, Stamp, str]] = []
    contents: list[Facts] = []
    for one in found:
        if one.facts is not None and one.stamp is not None:
            files.append((one.path, one.stamp, one.facts.sha256))
            contents.append(one.facts)
    store.keep(files, contents, now_ns=min((one.seen_ns for one in found if one.facts is not None), default=0))


def look_at(paths: Sequence[Path], store: FactStore, context: Context) -> Iterator[dict[Path, Facts]]:
    """Yield the facts of files, some files at a time; only those that are not known are opened.

    The facts of one that cannot be read say why.
    """
    unknown: list[Path] = []
    for start in range(0, len(paths), _LOOKED_UP):
        part = paths[start : start + _LOOKED_UP]
        known = store.of_files(stamped(part))
        unknown += (path for path in part if path not in known)
        if known:
            context.check()
            yield known
    fresh = list(dict.fromkeys(unknown))
    fresh = [fresh[place] for place in reading_order(fresh)]
    with ThreadPoolExecutor(processes()) as pool:
        for start in range(0, len(fresh), _BATCH):
            context.check()
            seen = list(pool.map(lambda path: inspect_file(path, None), fresh[start : start + _BATCH]))
            keep(store, seen)
            yield {one.path: one.facts or Facts("", why=one.unread) for one in seen}


def sha256_of(path: Path, store: FactStore) -> str:
    """Return the SHA-256 of a file or a member, which is read only if that is not known yet. Raises `OSError`."""
    now, before = time.time_ns(), stamp(path)
    known = store.hashes([(path, before)]).get(path)
    if known is None:
        known = content_sha256(path)
        store.keep([(path, before, known)], now_ns=now)
    return known


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hex; that of a large one (weights, checkpoints) is kept in the user's cache."""
    if stamp(path).size < _LARGE:
        return content_sha256(path)
    with user_facts() as store:
        return sha256_of(path, store)
