"""A random part of a folder: exactly as many as asked, from a seed, or nothing at all."""

from __future__ import annotations

import numpy as np

from fairdesk.dataset.collection import (
    Collection,
    SourceImage,
    contents,
    need_empty,
    read_either,
    read_folder,
    write_items,
)
from fairdesk.dataset.prepare_params import SampleParams
from fairdesk.dataset.results import SampleResult
from fairdesk.errors import RequestError
from fairdesk.jobs.context import Context
from fairdesk.words import tr


def take_sample(params: SampleParams, context: Context) -> SampleResult:
    """Job: sample images or identities. With fewer than asked for it says how many exist and writes nothing."""
    source = read_folder(params.folder, params.layout)
    excluded = _excluded(source, params)
    rng = np.random.default_rng(params.seed)
    if params.images is not None:
        pool = [item for item in source.items if item.key is None or item.key not in excluded]
        if len(pool) < params.images:
            raise RequestError(
                tr(
                    "{images:,} images were asked for, but only {count:,} exist. Nothing was written.",
                    images=params.images,
                    count=len(pool),
                )
            )
        picked = [pool[i] for i in sorted(rng.permutation(len(pool))[: params.images])]
        chosen = [(item, f"{number}_{item.path.name}") for number, item in enumerate(picked)]
    else:
        picked = _identities(source, excluded, params, rng)
        chosen = [(item, item.relative) for item in picked]
    found = contents(picked)
    result = SampleResult(
        **found.model_dump(),
        seed=params.seed,
        out=str(params.out),
        excluded_identities=len(excluded),
        left_out=source.left_out,
        summary=found.words(),
        dry_run=params.dry_run,
    )
    if not params.dry_run:
        need_empty(params.out, source=params.folder)
        about = {"job": "sample", "folder": str(params.folder), "seed": params.seed, "images": params.images,
                 "identities": params.identities, "fraction": params.fraction,
                 "excluding": str(params.excluding) if params.excluding else None}  # fmt: skip
        write_items(chosen, params.out, context, copy=params.copy_files, about=about).tell(result)
        source.need_unchanged()
    return result


def _excluded(source: Collection, params: SampleParams) -> set[tuple[str, str]]:
    """Identities of the source that the other set has; by name alone where one of the two has no groups."""
    if params.excluding is None:
        return set()
    other = read_either(params.excluding).people()
    grouped = any(group for group, _ in other) and any(group for group, _ in source.people())
    names = {name for _, name in other}
    return {key for key in source.people() if (key in other if grouped else key[1] in names)}


def _identities(
    source: Collection, excluded: set[tuple[str, str]], params: SampleParams, rng: np.random.Generator
) -> list[SourceImage]:
    people = source.people()
    if not people:
        raise RequestError(
            tr(
                "{folder} has no identity folders. Give --layout, or sample images with --images N.",
                folder=params.folder,
            )
        )
    picked: list[tuple[str, str]] = []
    for group in sorted({group for group, _ in people}):
        everyone = [key for key in people if key[0] == group]
        free = [key for key in everyone if key not in excluded]
        wanted = params.identities if params.identities is not None else round((params.fraction or 0) * len(everyone))
        if len(free) < wanted:
            raise RequestError(_too_few(group, wanted, len(free), len(everyone) - len(free)))
        picked += [free[i] for i in rng.permutation(len(free))[:wanted]]
    return [item for key in sorted(picked) for item in people[key]]


def _too_few(group: str, wanted: int, free: int, excluded: int) -> str:
    asked = tr("{n:,} identities were asked for", n=wanted)
    if group:
        asked = tr("{n:,} identities in {group} were asked for", n=wanted, group=group)
    if excluded:
        return tr(
            "{asked}, but only {free:,} exist without the {excluded:,} excluded. Nothing was written.",
            asked=asked,
            free=free,
            excluded=excluded,
        )
    return tr("{asked}, but only {free:,} exist. Nothing was written.", asked=asked, free=free)
