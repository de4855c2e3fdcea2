"""A ROC and a DET leave out no curve's end, no triangle and no ring: each lies within the axes, or is named in words."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import norm

from fairdesk.figures.drawn_rates import probit_ticks
from fairdesk.figures.verification_figures import draw_det, draw_roc
from fairdesk.metrics.rates.error_curves import error_curve
from fairdesk.metrics.rates.error_rates import sort_scores


def study(seed, genuine, impostor, apart, spread=1.0):
    rng = np.random.default_rng(seed)
    return sort_scores(rng.normal(apart, spread, genuine), rng.normal(0, spread, impostor))


SETS = {
    "few high scores": {"": study(0, 640, 7000, 4), "A": study(1, 160, 1500, 3), "B": study(2, 160, 1500, 5)},
    "overlapping": {"": study(3, 300, 900, 0.1), "A": study(4, 40, 90, 0.0)},
    "upside down": {"": study(5, 60, 400, -3)},
    "apart": {"": study(6, 50, 400, 20), "A": study(7, 20, 30, 20)},
    "an impostor on top, a genuine score below all": {
        "": sort_scores(np.array([-9.0, *range(1, 20)]), np.array([99.0, *np.linspace(-2, 2, 30)]))
    },
    "ten million": {"": sort_scores(np.linspace(0, 9, 10**5), np.linspace(-9, 3, 10**7))},
}
THRESHOLDS = (-2.5, 0.0, 2.0, 5.2, 6.5)


def drawn(draw, scores, threshold):
    curves = []
    for name, one in scores.items():
        fmr, fnmr = (one.impostor >= threshold).mean(), (one.genuine < threshold).mean()
        curves.append(error_curve(name, one, common=(float(fmr), float(fnmr))))
    axes = Figure().add_subplot()
    draw(axes, curves)
    return axes, curves


def marks(axes, kind):
    return [line for line in axes.lines if line.get_marker() == kind and len(line.get_xdata()) == 1]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("draw", [draw_roc, draw_det])
def test_all_of_it_lies_within_the_axes(name, threshold, draw):
    axes, curves = drawn(draw, SETS[name], threshold)
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    if draw is draw_roc:
        x0, x1 = np.log10([x0, x1])
    for line in axes.lines:
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        if not len(x):
            continue
        x = np.log10(x) if draw is draw_roc else x
        assert np.isfinite(x).all() and np.isfinite(y).all()
        away = min((x.min() - x0) / (x1 - x0), (x1 - x.max()) / (x1 - x0))
        assert min(away, (y.min() - y0) / (y1 - y0), (y1 - y.max()) / (y1 - y0)) > 0.015  # no symbol is cut in half
    assert len(marks(axes, "<")) == len(curves)
    if draw is draw_det:
        assert len(marks(axes, "v")) == len(curves)
    said = curves[0].common in ((0.0, 1.0), (1.0, 0.0))
    assert len(axes.texts) == said and len(marks(axes, "o")) == (0 if said else len(curves))


def test_a_ring_without_a_false_match_stands_at_its_tar():
    axes, curves = drawn(draw_roc, SETS["few high scores"], 6.5)
    assert [curve.common[0] for curve in curves] == [0, 0, 0]
    for line, (_, one) in zip(marks(axes, "o"), SETS["few high scores"].items(), strict=True):
        assert line.get_xdata()[0] == 3 / one.ni
        assert line.get_ydata()[0] == pytest.approx((one.genuine >= 6.5).mean())


def test_a_rate_of_errors_alone_stands_at_one_less_its_bound():
    """The highest score is an impostor's: without a false match nothing is accepted, FNMR 100 %, drawn at 1 - 3 / 20."""
    axes, _ = drawn(draw_det, SETS["an impostor on top, a genuine score below all"], 2.5)
    (triangle,), (below,) = marks(axes, "<"), marks(axes, "v")
    assert norm.cdf([triangle.get_xdata()[0], triangle.get_ydata()[0]]) == pytest.approx([3 / 31, 17 / 20])
    assert norm.cdf([below.get_xdata()[0], below.get_ydata()[0]]) == pytest.approx([28 / 31, 3 / 20])


def test_where_nothing_lies_no_axis_goes():
    axes, curves = drawn(draw_det, SETS["few high scores"], 3.5)
    most = max(
        fmr
        for curve in curves
        for fmr, fnmr in [*curve.bounds, *zip(curve.fmr, curve.fnmr, strict=True)]
        if 0 < fnmr < 1
    )
    assert most < norm.cdf(axes.get_xlim()[1]) < 2 * most


def test_too_few_comparisons_for_a_bound_are_named():
    few = sort_scores(np.array([0.8, 0.9]), np.array([0.1, 0.2, 0.85]))
    enough = study(8, 40, 90, 2)
    axes, _ = drawn(draw_det, {"": enough, "Two people": few}, 0.5)
    assert "Two people" in axes.get_xlabel() and "all" not in axes.get_xlabel()
    axes, _ = drawn(draw_det, {"": enough, **{f"group {n}": few for n in range(9)}}, 0.5)
    assert "group 3, 5 more" in axes.get_xlabel() and "group 4" not in axes.get_xlabel()
    axes, _ = drawn(draw_det, {"": enough}, 0.5)
    assert axes.get_xlabel() == "FMR"


@pytest.mark.parametrize("ends", [(1e-9, 0.99999), (1e-4, 0.5), (0.1, 0.4), (0.9, 0.999)])
def test_probit_axes_have_some_ticks_and_not_too_many(ends):
    low, high = norm.ppf(ends)
    places = probit_ticks(low, high)
    assert 2 <= len(places) <= 9 and all(low <= place <= high for place in places)
