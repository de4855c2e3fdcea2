"""A report of groups with any names: its files, its letters, its titles."""

import unicodedata
import warnings

import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.font_manager import findfont, get_font

from fairdesk.figures import lettering as lettering_module
from fairdesk.figures.verification_figures import draw_bars, draw_group_scores, draw_scores, framed, picture
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.evaluation_job import evaluate_scores
from fairdesk.metrics.params import EvaluateParams

NAMES = ("a|b", "a_b", "A_B", "all", "groups", "x" * 300, "x" * 299 + "y", "非洲人" * 60, "😀" * 90, "$\\frac$", "_A")


@pytest.fixture
def report(tmp_path):
    draw = np.random.default_rng(0)
    label = np.tile([0, 1], 20 * len(NAMES))
    group = np.repeat(NAMES, 40)
    np.savez(tmp_path / "s.npz", score=draw.normal(label * 2), label=label, group1=group, group2=group)
    evaluate_scores(
        EvaluateParams(scores=tmp_path / "s.npz", by="group", at="eer", bootstrap=0, out=tmp_path / "out"),
        QuietContext(),
    )
    return tmp_path / "out"


def test_every_group_has_a_plot_of_its_own(report):
    assert (report / "report.html").exists() and (report / "report.pdf").exists()
    files = [path.name for path in report.glob("scores-*.png")]
    assert len(files) == len(NAMES) + 2  # of all comparisons, and of all groups
    assert len({unicodedata.normalize("NFC", name).casefold() for name in files}) == len(files)
    assert max(len(name.encode()) for name in files) < 90


def test_titles_lie_within_their_plots(tmp_path):
    bins = np.linspace(0, 1, 4), np.ones(3), np.ones(3)
    title = "Puntuaciones por grupo: genuinas en línea continua, impostoras discontinua, y aún otras palabras"
    figure = framed(lambda axes: draw_scores(axes, bins, title))
    axes = figure.axes[0]
    assert axes.get_title().replace("\n", " ") == title
    box = axes.title.get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y1 <= figure.bbox.height


def test_letters_are_drawn_in_a_font_that_has_them(monkeypatch):
    lettering_module._others.cache_clear()
    with lettering_module.lettering(["A", "B"]):
        assert rcParams["font.family"] == [lettering_module.PLAIN]
    # DejaVu Sans lacks the letter; of the fonts that come with matplotlib, STIX has it
    lacking = get_font(findfont("DejaVu Sans")).get_charmap().keys()
    letter = next(chr(one) for one in get_font(findfont("STIXGeneral")).get_charmap() if one not in lacking)
    with lettering_module.lettering(["A", letter]), warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rcParams["font.family"][0] == lettering_module.PLAIN and len(rcParams["font.family"]) == 2
        picture(framed(lambda axes: draw_bars(axes, {letter: (0.1, None)}, "FMR")), "pdf")
    monkeypatch.setattr(lettering_module, "_fonts", list)  # a machine that has none with such letters
    lettering_module._others.cache_clear()
    with lettering_module.lettering(["非洲人"]):
        picture(framed(lambda axes: draw_bars(axes, {"非洲人": (0.1, None)}, "FMR")), "svg")


def test_legends_name_every_group():
    curve = np.linspace(0, 1, 4), np.ones(3), np.ones(3)
    names = ["_A", "$\\frac$", "x" * 300]
    with lettering_module.lettering(names):
        figure = framed(lambda axes: draw_group_scores(axes, dict.fromkeys(names, curve)))
        texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        assert len(texts) == 3 and texts[1] == "$\\frac$" and "_A" in texts[0] and len(texts[2]) <= 40
        assert figure.axes[0].get_position().width > 0.5
