"""The metrics' jobs."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import JobKind, Lane, Needs

_Job = partial(JobKind, domain="fairdesk.metrics", after_stop="")

JOBS = [
    _Job(
        "pairs", "Create a pair list", "params:PairsParams", "pair_lists.results:PairsResult", "pair_lists.job:pair_list",
        needs=Needs.EITHER, instead="folder", without="from_list", without_title="Import a pair list",
        without_those=("genuine", "impostor", "within_group", "folds", "seed", "only_set"),
        facts="pair_lists.counts:pairs_that_exist",
    ),
    _Job(
        "score", "Score a pair list", "params:ScoreParams", "pair_lists.results:ScoreResult", "scores.pair_scores:score_pairs", gpu=True,
        after_stop="run it again to resume",
        facts="scores.score_counts:embeddings_to_compare",
    ),
    _Job(
        "normalise", "Normalise scores by group", "params:NormaliseParams", "scores.normalisation_results:NormaliseResult",
        "scores.group_normalisation:normalise_scores", needs=Needs.FOLDERS, positional=("scores",),
    ),
    _Job(
        "evaluate", "Compute error rates", "params:EvaluateParams", "results:EvaluateResult",
        "evaluation_job:evaluate_scores", needs=Needs.FOLDERS, positional=("scores",),
    ),
    _Job(
        "all-pairs", "Compare every two faces", "params:AllPairsParams", "scores.all_pairs_results:AllPairsResult",
        "scores.all_pairs_job:compare_project", lane=Lane.HEAVY,
    ),
    _Job(
        "compare-scores", "Compare two models", "params:CompareScoresParams", "comparison.results:CompareScoresResult",
        "comparison.job:compare_scores", needs=Needs.FOLDERS, positional=("first", "second"),
    ),
    _Job(
        "identify", "Compute identification rates", "params:IdentifyParams", "identification.results:IdentifyResult",
        "identification.job:identify_probes", needs=Needs.FOLDERS, positional=("scores",),
    ),
]  # fmt: skip
