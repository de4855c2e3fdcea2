"""Logarithmic axes: ticks that are read as numbers, at least two, and none on another."""

import numpy as np
import pytest
from PySide6.QtGui import QFontMetricsF, QGuiApplication

from fairdesk.gui.widgets.number_axis import NumberAxis


@pytest.mark.parametrize("side", ["bottom", "left"])
def test_ticks_are_true_and_apart(qapp, side):
    axis, metrics = NumberAxis(side), QFontMetricsF(QGuiApplication.font())
    rng = np.random.default_rng(3)
    for _ in range(300):
        low = rng.uniform(-6, 8)
        high, size = low + rng.choice([0.001, 0.05, 0.3, 1, 2.5, 6, 30]), rng.uniform(120, 900)
        ((_, places),) = axis.logTickValues(low, high, size, [])
        texts = axis.logTickStrings(places, 1, 1)
        assert len(places) >= (2 if size > 200 else 1), (low, high, size)
        assert len(set(texts)) == len(texts)
        assert all(low - 1e-9 <= place <= high + 1e-9 for place in places)
        for place, text in zip(places, texts, strict=True):
            assert float(text.replace(",", "")) == pytest.approx(10**place, rel=1e-6)
        if side == "left" or high - low < 0.3:  # few digits apart from the narrowest ranges
            continue
        at = [(place - low) / (high - low) * size for place in places]
        widths = [metrics.horizontalAdvance(text) for text in texts]
        gaps = [b - a - (v + w) / 2 for a, b, v, w in zip(at, at[1:], widths, widths[1:], strict=False)]
        assert min(gaps, default=1) > 0, (texts, gaps)


@pytest.mark.parametrize("logarithmic", [False, True])
def test_ticks_have_the_minus_of_tables(qapp, logarithmic):
    axis = NumberAxis("bottom")
    axis.setLogMode(x=logarithmic)
    texts = axis.tickStrings([-6.0, 0.0, 1.0], 1.0, 1.0)
    assert texts == (["1e\u221206", "1", "10"] if logarithmic else ["\u22126", "0", "1"])
