"""The job that assesses synthetic faces against real ones, overall and for each group."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fairdesk.dataset.collection import SourceImage, read_either, with_marks
from fairdesk.dataset.picture_similarity import SAME_PICTURE, look_of
from fairdesk.errors import RequestError
from fairdesk.faces.features import Features
from fairdesk.generation.checking.feature_distances import Floats, diversity, fid, kid, nearest, precision_recall
from fairdesk.generation.params import AssessParams
from fairdesk.generation.results import AssessResult, FeatureFigures, NearestPair
from fairdesk.images.image_reading import open_image
from fairdesk.jobs.context import Context, tell_left_out
from fairdesk.words import tr, tr_n

Left = dict[str, str]
_LEAST = 8  # images on a side, for a figure at all


def _sample(items: list[SourceImage], most: int, rng: np.random.Generator) -> list[SourceImage]:
    if len(items) <= most:
        return items
    return [items[i] for i in sorted(rng.permutation(len(items))[:most])]


def _side(
    where: Path, params: AssessParams, rng: np.random.Generator, context: Context, *, made: bool
) -> tuple[list[SourceImage], list[Left]]:
    """Return the images of a side, and what is left out of it: a project's, or marked files', synthetic faces are never real."""
    found = read_either(where)
    items = with_marks(found.items, context)
    left = list(found.left_out)
    if not made:
        left += [{"path": str(i.path), "why": tr("a synthetic face, not a real one")} for i in items if i.synthetic]
        items = [item for item in items if not item.synthetic]
    elif found.layout == "project":
        items = [item for item in items if item.synthetic]
    if len(items) < _LEAST:
        held = tr(
            "{place} holds {n} synthetic images; at least {least} are needed.", place=where, n=len(items), least=_LEAST
        )
        if not made:
            held = tr(
                "{place} holds {n} real images; at least {least} are needed.", place=where, n=len(items), least=_LEAST
            )
        raise RequestError(held)
    return _sample(items, params.images, rng), left


def figures(real: Floats, made: Floats, rng: np.random.Generator) -> FeatureFigures:
    """Return every figure of two sets of features; what cannot be said is None with the reason beside it."""
    order = rng.permutation(len(real))
    half = len(real) // 2
    mean, spread = kid(real, made, rng)
    out = FeatureFigures(
        real=len(real),
        made=len(made),
        fid=fid(real, made),
        kid=mean,
        kid_std=spread,
        fid_real=fid(real[order[:half]], real[order[half:]]),
        fid_real_of=tr("{half} real against {others} other real images", half=half, others=len(real) - half),
        diversity_real=diversity(real),
        diversity_made=diversity(made),
    )
    try:
        out.precision, out.recall = precision_recall(real, made)
    except RequestError as error:
        out.precision_why = out.recall_why = str(error)
    return out


def assess_faces(params: AssessParams, context: Context) -> AssessResult:
    """Job: assess synthetic faces."""
    rng = np.random.default_rng(params.seed)
    (reals, left), (mades, left_made) = (
        _side(where, params, rng, context, made=made) for where, made in ((params.real, False), (params.made, True))
    )
    features = Features(params.encoder, context.device, weights=params.weights, download=params.download)
    total = len(reals) + len(mades)
    real, real_paths, bad = features.of_files([i.path for i in reals], context, 0, total)
    made, made_paths, bad_made = features.of_files([i.path for i in mades], context, len(reals), total)
    bad += left + bad_made + left_made
    tell_left_out(context, bad)
    for found, where in ((real, params.real), (made, params.made)):
        if len(found) < _LEAST:
            raise RequestError(
                tr(
                    "Only {count} images of {where} could be read; at least {least} are needed.",
                    count=len(found),
                    where=where,
                    least=_LEAST,
                )
            )
    near = nearest(real, made)
    limit = float(np.quantile(near.real, 0.01))
    copies = []
    for place in np.argsort(near.distance)[: params.examples]:
        other = real_paths[int(near.place[place])]
        correlation = float(look_of(open_image(made_paths[place])) @ look_of(open_image(other)))
        copies.append(
            NearestPair(
                a=str(made_paths[place]),
                b=str(other),
                distance=float(near.distance[place]),
                correlation=correlation,
                is_copy=correlation >= SAME_PICTURE,
            )
        )
    whole = figures(real, made, rng)
    result = AssessResult(
        **dict(whole),
        encoder=features.name,
        detector="whole",
        seed=params.seed,
        nearest=copies,
        copies=sum(one.is_copy for one in copies),
        nearer_than_real=int((near.distance < limit).sum()),
        real_nearest_1_percent=limit,
        unreadable=bad,
        groups=_groups(reals, mades, real_paths, made_paths, real, made, rng),
    )
    result.summary = _summary(result)
    return result


def _groups(
    reals: list[SourceImage],
    mades: list[SourceImage],
    real_paths: list[Path],
    made_paths: list[Path],
    real: Floats,
    made: Floats,
    rng: np.random.Generator,
) -> dict[str, FeatureFigures]:
    """The same figures for each group that both sides have; too few images give the reason instead."""
    sides = [{item.path: item.group for item in items} for items in (reals, mades)]
    names = sorted({g for g in sides[0].values() if g} & {g for g in sides[1].values() if g})
    out: dict[str, FeatureFigures] = {}
    for name in names:
        picked = [
            values[[n for n, path in enumerate(paths) if side[path] == name]]
            for side, paths, values in ((sides[0], real_paths, real), (sides[1], made_paths, made))
        ]
        if min(map(len, picked)) < _LEAST:
            out[name] = FeatureFigures(
                fid=None,
                fid_why=tr(
                    "{real} real and {made} synthetic images are too few", real=len(picked[0]), made=len(picked[1])
                ),
            )
        else:
            out[name] = figures(picked[0], picked[1], rng)
    return out


def _summary(r: AssessResult) -> str:
    lines = [
        tr(
            "FID {fid:.4g} (real against real {fid_real:.4g}), KID {kid:.4g} ± {kid_std:.2g}, "
            "from {made:,} synthetic and {real:,} real images, features of {encoder}",
            fid=r.fid,
            fid_real=r.fid_real,
            kid=r.kid,
            kid_std=r.kid_std,
            made=r.made,
            real=r.real,
            encoder=r.encoder,
        )
        + ("; " + tr_n("{n:,} file left out", "{n:,} files left out", len(r.unreadable)) if r.unreadable else ""),
        tr(
            "Diversity {made:.4g} (real {real:.4g})",
            made=r.diversity_made,
            real=r.diversity_real,
        ),
    ]
    if r.precision is not None:
        lines[1] += ", " + tr("precision {precision:.3f}, recall {recall:.3f}", precision=r.precision, recall=r.recall)
    told = tr("{copies} of the {count} nearest pairs show the same image", copies=r.copies, count=len(r.nearest))
    lines.append(
        tr_n(
            "Copying: {copies}; {n:,} synthetic image is nearer to a real one than 99 % of real images are to another.",
            "Copying: {copies}; {n:,} synthetic images are nearer to a real one than 99 % of real images are to another.",
            r.nearer_than_real,
            copies=told,
        )
    )
    for name, row in r.groups.items():
        lines.append(f"  {name}: " + (tr("FID {fid:.4g}", fid=row.fid) if row.fid is not None else str(row.fid_why)))
    return "\n".join(lines)
