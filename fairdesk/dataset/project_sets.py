"""Divide a project into sets or folds, after a check that nothing leaks between them."""

from __future__ import annotations

import numpy as np

from fairdesk.dataset.as_imported import AsImported
from fairdesk.dataset.collection import project_items
from fairdesk.dataset.folder_split import caution, report
from fairdesk.dataset.identity_partition import Request, partition
from fairdesk.dataset.leaks import Shared, check_sets, refuse
from fairdesk.dataset.params import DivideParams
from fairdesk.dataset.results import DivideResult
from fairdesk.errors import JobFailed, RequestError
from fairdesk.faces.changed_originals import compare_originals
from fairdesk.faces.nothing_done import nothing_read
from fairdesk.jobs.context import Context, choose_vectors
from fairdesk.jobs.results import Unreadable
from fairdesk.project.sets import keep_sets
from fairdesk.words import tr, tr_n


def divide_project(params: DivideParams, context: Context) -> DivideResult:
    """Job: divide. The sets are one undoable step; asked and got are both reported."""
    project = context.project
    every = project_items(project)
    items = [item for item in every if params.synthetic or not item.synthetic]
    if not items:
        raise RequestError(tr("The project has no images to divide. Import some first."))
    names = params.names()
    request = Request(len(names), params.images, params.shares, params.by)
    sets, asked = partition(items, request, np.random.default_rng(params.seed))
    rows, text = report(names, sets, asked)
    unnamed = sum(item.key is None for item in items) if params.by == "identity" else 0
    result = DivideResult(
        sets=rows,
        seed=params.seed,
        by=params.by,
        dry_run=params.dry_run,
        without_identity=unnamed,
        synthetic_left_out=len(every) - len(items),
        warning=caution(names, sets, asked, by_identity=params.by == "identity"),
        summary=text,
    )
    if unnamed:
        context.message(
            tr_n(
                "{n:,} image has no identity and is in no set.",
                "{n:,} images have no identity and are in no set.",
                unnamed,
            )
        )
    if params.leaks != "skip":
        chosen = choose_vectors(context, params.encoder, params.detector) if params.encoder else None
        compared = compare_originals(sorted(item.id for item in items if item.id is not None), context, told=True)
        result.changed, other = compared.changed, set(compared.changed)
        imported = AsImported(project, [item for item in items if str(item.path) in other])
        checked = check_sets(
            sets,
            project.facts,
            context,
            distance=params.distance,
            identities=params.by == "identity",
            vectors=None if chosen is None else project.vectors.rows_of_images(chosen.recipe),
            limit=params.vector_distance,
            imported=imported.facts,
            picture=imported.picture,
        )
        if len(checked.unreadable) == sum(map(len, sets)):
            none = nothing_read(project, {one["path"]: one["why"] for one in checked.unreadable})
            raise JobFailed(f"{none} " + tr("To divide without looking for leaks: --leaks skip"))
        leaks, now = checked.shared, Shared()
        if compared.changed:  # as their files are now they may leak too
            now = check_sets(sets, project.facts, context, distance=params.distance, identities=False).shared.without(
                leaks
            )
            leaks.add(now)
        result.leaks, result.unreadable = leaks.result(), [Unreadable(**one) for one in checked.unreadable]
        result.summary = f"{text}\n{leaks.summary()}"
        if chosen is not None:
            result.rest_on(chosen.about(), chosen.used.vectors)
            params = params.model_copy(update={"detector": chosen.recipe.detector})
        if not params.dry_run:
            refuse(leaks, allow=params.leaks == "allow", context=context, changed=bool(now))
    if not params.dry_run:
        kept = params.model_dump(mode="json", exclude={"dry_run"})
        ids = [[item.id for item in items if item.id is not None] for items in sets]
        keep_sets(project, dict(zip(names, ids, strict=True)), kept)
    return result
