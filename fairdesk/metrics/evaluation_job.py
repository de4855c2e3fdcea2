"""The job that evaluates a score file and writes the report."""

from __future__ import annotations

from fairdesk.images.file_facts import file_sha256
from fairdesk.jobs.context import Context
from fairdesk.jobs.read_and_written import need_apart
from fairdesk.metrics.evaluation import evaluate_whole
from fairdesk.metrics.pairs_behind.corrections import corrected, read_known_of
from fairdesk.metrics.pairs_behind.left_out import FILE, files_of, find_left_out, read_with_images
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.report.language import speaking_report
from fairdesk.metrics.report.written import WRITTEN, write_report
from fairdesk.metrics.results import EvaluateResult
from fairdesk.metrics.scores.polarity import as_similarities
from fairdesk.words import tr


def evaluate_scores(params: EvaluateParams, context: Context) -> EvaluateResult:
    """Job: evaluate scores; with `out` also write the report."""
    with speaking_report(params.language if params.out is not None else None):  # rules and reasons are in the report
        return _evaluate(params, context)


def _evaluate(params: EvaluateParams, context: Context) -> EvaluateResult:
    need_apart(params.out, WRITTEN, (params.scores, params.impostor))
    context.progress(0, 3, tr("steps"))
    scores = read_with_images(params)
    people = None if params.labels_of is None else corrected(scores, read_known_of(params.labels_of))
    whole, said = (scores, []) if people is None else (people.whole, people.reasons)
    left_out = find_left_out(whole, params.by, said, files_of(params))
    scores = scores if people is None else people.scores
    scores.path1 = scores.path2 = None  # nothing more asks for the images
    params = params.model_copy(update={"distance": as_similarities(scores, params.distance, params.scores)})
    context.check()
    context.progress(1, 3, tr("steps"))
    found = evaluate_whole(scores, params, context.check)
    result = found.result
    result.corrections = None if people is None else people.told
    result.left_out, result.repeats = left_out.counts(), left_out.repeats
    result.warn([] if left_out.repeats is None else left_out.repeats.lines())
    context.progress(2, 3, tr("steps"))
    result.seed = params.seed
    result.report_language = params.language if params.out is not None else None
    if result.warning:
        context.message(result.warning)
    if params.out is not None:
        about = {
            "scores": str(params.scores), "scores SHA-256": file_sha256(params.scores), "threshold": params.at,
            "threshold from": params.threshold_from, "alpha": params.alpha, "draws of subjects": result.draws or 0,
            "seed": params.seed, **scores.about, "polarity": tr("distances (small means alike)") if params.distance else "similarities",
        }  # fmt: skip
        result.left_out_file = FILE if len(left_out) else None
        page = write_report(params.out, result, found.scores, found.own, about, params, context.check)
        left_out.write(params.out)
        context.artifact(page)
        result.report = str(page)
    context.progress(3, 3, tr("steps"))
    return result
