"""The metrics' jobs."""

from __future__ import annotations

from functools import partial

from fairdesk.jobs.kinds import JobKind, Lane, Needs
from fairdesk.metrics import params, results
from fairdesk.metrics.comparison.results import CompareScoresResult
from fairdesk.metrics.identification.results import IdentifyResult
from fairdesk.metrics.pair_lists.results import PairsResult, ScoreResult
from fairdesk.metrics.scores.all_pairs_results import AllPairsResult

_Job = partial(JobKind, domain="fairdesk.metrics")

JOBS = [
    _Job(
        "pairs", "Create a pair list", params.PairsParams, PairsResult, "pair_lists.job:pair_list",
        needs=Needs.EITHER, instead="folder", without="from_list", without_title="Import a pair list",
        without_those=("genuine", "impostor", "within_group", "folds", "seed", "only_set"),
        facts="pair_lists.counts:pairs_that_exist",
    ),
    _Job(
        "score", "Score a pair list", params.ScoreParams, ScoreResult, "scores.pair_scores:score_pairs", gpu=True,
        facts="scores.score_counts:embeddings_to_compare",
    ),
    _Job(
        "normalise", "Normalise scores by group", params.NormaliseParams, results.NormaliseResult,
        "scores.group_normalisation:normalise_scores", needs=Needs.FOLDERS, positional=("scores",),
    ),
    _Job(
        "evaluate", "Compute error rates", params.EvaluateParams, results.EvaluateResult,
        "evaluation_job:evaluate_scores", needs=Needs.FOLDERS, positional=("scores",),
    ),
    _Job(
        "all-pairs", "Compare every two faces", params.AllPairsParams, AllPairsResult,
        "scores.all_pairs_job:compare_project", lane=Lane.HEAVY,
    ),
    _Job(
        "compare-scores", "Compare two models", params.CompareScoresParams, CompareScoresResult,
        "comparison.job:compare_scores", needs=Needs.FOLDERS, positional=("first", "second"),
    ),
    _Job(
        "identify", "Compute identification rates", params.IdentifyParams, IdentifyResult,
        "identification.job:identify_probes", needs=Needs.FOLDERS, positional=("scores",),
    ),
]  # fmt: skip
