"""Plots as files: names that look like HTML, endings that are not known, letters of one size."""

import pyqtgraph as pg
import pytest

from fairdesk.errors import RequestError
from fairdesk.gui.hooks import Hooks
from fairdesk.gui.widgets.plot_export import new_plot, write_plot
from fairdesk.gui.widgets.top_legend import TopLegend
from fairdesk.images.written_files import need_ending


@pytest.fixture
def plot(qtbot):
    made = new_plot("", "x", "y")
    qtbot.addWidget(made)
    made.plot([0, 1], [0, 1])
    made.resize(700, 400)
    made.show()
    return made


def test_a_legend_shows_names_as_they_are_written(plot):
    legend = TopLegend(plot)
    names = ["<script>alert(1)</script>", "A & <b>B</b>", "x" * 300]
    legend.show_entries([(name, pg.mkPen("r")) for name in names], "#000000")
    shown = [label.item.toPlainText() for _, label in legend.item.items]
    assert shown[:2] == names[:2] and len(shown[2]) <= 60


@pytest.mark.parametrize("name", ["p.bmp2", "p.jpeg2000", "p", "png", "p.html"])
def test_an_unknown_ending_is_refused_with_those_that_are_known(plot, tmp_path, name):
    with pytest.raises(RequestError, match=r"\.png, \.svg"):
        write_plot(tmp_path / name, plot)
    with pytest.raises(RequestError, match=r"\.csv, \.tex"):
        need_ending(tmp_path / "t.doc", (".csv", ".tex"))
    assert not list(tmp_path.iterdir())


def test_a_refusal_is_told_without_a_traceback(caplog):
    told = []
    hooks = Hooks(told.append)
    try:
        hooks._on_loop(None, {"exception": RequestError("no such ending")})
    finally:
        hooks.remove()
    assert [str(one) for one in told] == ["no such ending"]
    assert not [record for record in caplog.records if record.exc_info]
