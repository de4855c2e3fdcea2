"""Error rates of a backbone on identities it has not been trained on, overall and for each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from fairdesk.metrics.error_rates import equal_error_rate, sort_scores, threshold_at_fmr
from fairdesk.training.faces import Chips, normalised

_BATCH = 64


@dataclass(frozen=True)
class Pairs:
    """All pairs of the held-out faces: rows i < j, whether of one person, and the group both are of ("" if not)."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    same: npt.NDArray[np.bool_]
    group: npt.NDArray[np.str_]


def all_pairs(chips: Chips, most: int = 200_000, seed: int = 0) -> Pairs:
    """Return all genuine pairs, and impostor pairs within groups; at most `most` of these, drawn from the seed."""
    keys = np.array(["\0".join(item.key or ("", str(item.path))) for item in chips.items])
    groups = np.array([item.group or "" for item in chips.items])
    first, second = np.triu_indices(len(keys), 1)
    same = keys[first] == keys[second]
    alike = groups[first] == groups[second]
    keep = same | alike
    first, second, same, alike = first[keep], second[keep], same[keep], alike[keep]
    impostors = np.flatnonzero(~same)
    if len(impostors) > most:
        chosen = np.random.default_rng(seed).choice(impostors, most, replace=False)
        rows = np.sort(np.concatenate([np.flatnonzero(same), chosen]))
        first, second, same, alike = first[rows], second[rows], same[rows], alike[rows]
    return Pairs(first, second, same, np.where(alike, groups[first], ""))


def vectors_of(network: torch.nn.Module, chips: Chips, device: str) -> npt.NDArray[np.float32]:
    """Return unit vectors of all chips by a backbone, in evaluation mode."""
    training = network.training
    network.eval()
    rows = []
    with torch.inference_mode():
        for start in range(0, len(chips.pixels), _BATCH):
            batch = normalised(torch.from_numpy(chips.pixels[start : start + _BATCH])).to(device)
            rows.append(network(batch).float().cpu())
    network.train(training)
    return np.asarray(torch.nn.functional.normalize(torch.cat(rows)).numpy())


def error_rates(vectors: npt.NDArray[np.float32], pairs: Pairs) -> dict[str, float]:
    """Return EER, TAR at FMR 1 %, and EER[group] with EER gap (largest minus smallest), of cosine similarities."""
    scores = (vectors[pairs.first] * vectors[pairs.second]).sum(1).astype(np.float64)
    whole = sort_scores(scores[pairs.same], scores[~pairs.same])
    if whole.missing():
        return {}
    out = {"EER": equal_error_rate(whole).eer, "TAR@FMR=.01": 1 - threshold_at_fmr(whole, "0.01").fnmr}
    by_group = {}
    for name in sorted({str(g) for g in pairs.group if g}):
        rows = pairs.group == name
        part = sort_scores(scores[rows & pairs.same], scores[rows & ~pairs.same])
        if not part.missing():
            by_group[name] = equal_error_rate(part).eer
    if len(by_group) > 1:
        out |= {f"EER[{name}]": value for name, value in by_group.items()}
        out["EER gap"] = max(by_group.values()) - min(by_group.values())
    return out
