"""The rates of every group at any threshold, at once: for a line that is dragged."""

from __future__ import annotations

import numpy as np

from fairdesk.figures.whole_set import WHOLE
from fairdesk.metrics.evaluation import Evaluated, common_row, fairness_of, matrix_of, whole_rates
from fairdesk.metrics.params import EvaluateParams
from fairdesk.metrics.rates.common_threshold import CommonThreshold, rejects_all
from fairdesk.metrics.rates.error_rates import Floats, Scores, at_threshold
from fairdesk.metrics.rates.sorted_places import place_of
from fairdesk.metrics.rates.threshold_rates import AS_GIVEN
from fairdesk.metrics.results import EvaluateResult
from fairdesk.metrics.scores.grouped_scores import too_many_to_pair
from fairdesk.words import tr


class LiveThreshold:
    """Holds the scores sorted, by group and between every two groups; a look-up is a few bisections.

    Intervals by subjects are not part of it: they take draws.
    """

    def __init__(self, found: Evaluated, params: EvaluateParams) -> None:
        self._result, self._everything, self._own, self._params = found.result, found.scores, found.own, params
        self._names: list[str] = [] if found.grouped is None else found.grouped.names
        self._cells: dict[int, Floats] = {}
        grouped, n = found.grouped, len(self._names)
        if grouped is not None and too_many_to_pair(n) is None:
            use = ~grouped.label & ~np.isnan(grouped.score) & (grouped.code1 >= 0) & (grouped.code2 >= 0)
            cells = (np.minimum(grouped.code1, grouped.code2) * n + np.maximum(grouped.code1, grouped.code2))[use]
            score = grouped.score[use]
            order = np.lexsort((score, cells))
            cells, score = cells[order], score[order]
            bounds = np.searchsorted(cells, np.arange(n * n + 1))
            self._cells = {cell: score[bounds[cell] : bounds[cell + 1]] for cell in range(n * n)}

    def rates(self, threshold: float) -> dict[str, tuple[float, float]]:
        """Return FMR and FNMR of all comparisons (`WHOLE`) and of each group at a threshold in the file's own sense."""
        value = np.float64(-threshold if self._params.distance else threshold)
        out = {}
        reject = rejects_all(threshold, self._result.at_threshold, distance=self._params.distance)
        for name, scores in {WHOLE: self._everything, **self._own}.items():
            if scores.missing() is None:
                point = at_threshold(scores, value, reject_all=reject)
                out[name] = (point.fmr, point.fnmr)
        return out

    def at(self, threshold: float) -> EvaluateResult:
        """Return the evaluation with the groups, or all comparisons, at another threshold, in the file's own sense."""
        value = np.float64(-threshold if self._params.distance else threshold)
        common = CommonThreshold(value, tr(AS_GIVEN), typed=threshold)
        groups = self._result.groups
        whole = whole_rates(self._everything, common, distance=self._params.distance)
        if groups is None:
            whole = whole.model_copy(update={"fmr_ci": None, "fnmr_ci": None})
            return self._result.model_copy(update={"at_threshold": whole})
        params = self._params.model_copy(update={"at": f"threshold={threshold!r}"})
        rows = {
            name: row.model_copy(update=common_row(self._own[name], common)) for name, row in groups.per_group.items()
        }

        def counted(cell: int) -> tuple[int, int]:
            scores = self._cells[cell]
            return len(scores), len(scores) - place_of(scores, value)

        moved = groups.model_copy(
            update={
                "threshold": threshold, "rule": common.rule, "per_group": rows, "fairness": fairness_of(rows, params),
                "fmr_matrix": matrix_of(self._names, counted), "differences": [], "own_thresholds": None, "interval": "",
            }
        )  # fmt: skip
        return self._result.model_copy(update={"groups": moved, "at_threshold": whole, "draws": None})

    @property
    def scores(self) -> dict[str, Scores]:
        """Each group's sorted scores."""
        return self._own
