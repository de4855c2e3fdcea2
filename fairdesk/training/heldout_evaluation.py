"""Error rates of a backbone on identities it has not been trained on, overall and for each group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from fairdesk.metrics.rates.error_rates import equal_error_rate, sort_scores, threshold_at_fmr
from fairdesk.runs.figure_key import EER, GAP, TAR, FigureKey
from fairdesk.training.training_faces import Chips, normalised

_BATCH = 64


@dataclass(frozen=True)
class Pairs:
    """Pairs of faces: their rows, whether of one person, the group both are of ("" if not), and the folds of a list."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    same: npt.NDArray[np.bool_]
    group: npt.NDArray[np.str_]
    fold: npt.NDArray[np.int64] | None = None


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


@dataclass(frozen=True)
class Exam:
    """Faces and pairs to evaluate on; `name` is empty for the held-out identities, and a list's else."""

    name: str
    pixels: npt.NDArray[np.uint8]
    pairs: Pairs

    def figures(self, network: torch.nn.Module, device: str) -> dict[str, float]:
        """Return the figures of a backbone. A list's vectors are those of face and mirrored face, added, as InsightFace does."""
        vectors = vectors_of(network, self.pixels, device, mirrored=bool(self.name))
        found = error_rates(vectors, self.pairs)
        if not self.name:
            return found
        if self.pairs.fold is not None and len(np.unique(self.pairs.fold)) > 1:
            scores = (vectors[self.pairs.first] * vectors[self.pairs.second]).sum(1)
            found = {"accuracy": fold_accuracy(scores, self.pairs.same, self.pairs.fold), **found}
        keys = {FigureKey.parse(key): value for key, value in found.items()}
        return {str(replace(key, source=self.name)): value for key, value in keys.items()}


def fold_accuracy(scores: npt.NDArray[Any], same: npt.NDArray[np.bool_], fold: npt.NDArray[np.int64]) -> float:
    """Return the mean accuracy over folds, each at the threshold that is best on the others (LFW's protocol; Huang et al., 2007)."""
    found = []
    for number in np.unique(fold):
        own = fold == number
        order = np.argsort(scores[~own], kind="stable")
        sorted_scores, sorted_same = scores[~own][order], same[~own][order]
        # accuracy with the threshold at each score: impostors below it and genuine pairs from it on are right
        right = (
            np.concatenate([[0], np.cumsum(~sorted_same)])
            + sorted_same.sum()
            - np.concatenate([[0], np.cumsum(sorted_same)])
        )
        cut = int(right.argmax())
        low, high = (sorted_scores[place] if 0 <= place < len(sorted_scores) else None for place in (cut - 1, cut))
        threshold = -np.inf if low is None else np.inf if high is None else (low + high) / 2
        found.append(((scores[own] >= threshold) == same[own]).mean())
    return float(np.mean(found))


def vectors_of(
    network: torch.nn.Module, pixels: npt.NDArray[np.uint8], device: str, *, mirrored: bool = False
) -> npt.NDArray[np.float32]:
    """Return unit vectors of chips (n, 112, 112, 3) by a backbone, in evaluation mode."""
    training = network.training
    network.eval()
    rows = []
    with torch.inference_mode():
        for start in range(0, len(pixels), _BATCH):
            batch = normalised(torch.from_numpy(pixels[start : start + _BATCH])).to(device)
            batch = batch.contiguous(memory_format=torch.channels_last)
            made = network(batch).float()
            rows.append((made + network(batch.flip(-1)).float() if mirrored else made).cpu())
    network.train(training)
    return np.asarray(torch.nn.functional.normalize(torch.cat(rows)).numpy())


def error_rates(vectors: npt.NDArray[np.float32], pairs: Pairs) -> dict[str, float]:
    """Return EER and TAR at an FMR of 1 %, overall and for each group, of cosine similarities.

    `EER gap` is the largest EER of a group minus the smallest. A group's TAR is at the threshold that gives all
    pairs together an FMR of 1 %, as one threshold serves everybody.
    """
    scores = (vectors[pairs.first] * vectors[pairs.second]).sum(1).astype(np.float64)
    whole = sort_scores(scores[pairs.same], scores[~pairs.same])
    if whole.missing():
        return {}
    point = threshold_at_fmr(whole, "0.01")
    out = {EER: equal_error_rate(whole).eer, TAR: 1 - point.fnmr}
    by_group, accepted = {}, {}
    for name in sorted({str(g) for g in pairs.group if g}):
        rows = pairs.group == name
        part = sort_scores(scores[rows & pairs.same], scores[rows & ~pairs.same])
        if not part.missing():
            by_group[name] = equal_error_rate(part).eer
            accepted[str(FigureKey(TAR, name))] = float((scores[rows & pairs.same] >= point.threshold).mean())
    if len(by_group) > 1:
        out |= {str(FigureKey(EER, name)): value for name, value in by_group.items()}
        out[GAP] = max(by_group.values()) - min(by_group.values())
        out |= accepted
    return out
