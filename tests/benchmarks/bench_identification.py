"""How often intervals of a one-to-many search held the truth, over simulated studies whose truth is known."""

from pathlib import Path

import numpy as np

from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.identification.files import SearchScores
from fairdesk.metrics.identification.job import evaluate_search
from fairdesk.metrics.params import IdentifyParams

DESIGNS = {"100 mated and 100 other subjects": 100, "30 and 30": 30}
IMAGES = 3


def study(rng, people, entries):
    """Scores of probes whose subjects are more or less easy to find; `people` mated ones and as many that are not enrolled.

    With more people than entries several share an entry: for the truth, which many people tell.
    """
    who = np.repeat(np.arange(2 * people), IMAGES)
    ease, liked = rng.normal(scale=0.8, size=2 * people), 0.5 * rng.normal(size=2 * people)
    scores = rng.normal(size=(len(who), entries)) + liked[who][:, None]
    mated = who < people
    rows = np.flatnonzero(mated)
    scores[rows, who[rows] % entries] += 2.6 + ease[who[rows]]
    gallery = np.array([f"g{k}" for k in range(entries)])
    probe = np.where(mated, gallery[who % entries], np.char.add("n", who.astype(str)))
    return SearchScores(scores, probe, gallery, None)


def main(studies=200):
    params = IdentifyParams(scores=Path(__file__), bootstrap=300)
    for design, people in DESIGNS.items():
        big = study(np.random.default_rng(99), 20_000, people)
        whole, _ = evaluate_search(big, params.model_copy(update={"bootstrap": 0}), QuietContext())
        truth = {"rank 1": whole.cmc.pessimistic[0]}
        truth |= {f"FNIR at FPIR {target}": point.fnir_rank1 for target, point in whole.fnir_at_fpir.items()}
        held = {name: [] for name in truth}
        for number in range(studies):
            made = study(np.random.default_rng([number, 7]), people, people)
            result, _ = evaluate_search(made, params, QuietContext())
            found = {"rank 1": result.rank1_ci}
            found |= {f"FNIR at FPIR {target}": point.fnir_rank1_ci for target, point in result.fnir_at_fpir.items()}
            for name, interval in found.items():
                if interval is not None:
                    held[name].append(interval[0] <= truth[name] <= interval[1])
        told = ", ".join(f"{name} {100 * np.mean(kept):.1f}" for name, kept in held.items() if kept)
        print(f"{design}: of a hundred intervals held the truth: {told}")
