"""Choosing parameters by eye: what is shown is what clustering then does."""

import time
from dataclasses import replace

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPointF, Qt

from fairdesk.clustering.agreement import Figures
from fairdesk.clustering.choosing import numbers
from fairdesk.clustering.choosing.known import Known
from fairdesk.clustering.choosing.outcome import Outcome
from fairdesk.clustering.methods.by_name import cluster_vectors
from fairdesk.clustering.methods.density import dbscan
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters
from fairdesk.clustering.verdicts.edits import say_same
from fairdesk.gui.dialogs.job_dialog import JobDialog
from fairdesk.gui.tabs.clustering.best_line import best_line
from fairdesk.gui.tabs.clustering.choose_dialog import ChooseDialog
from fairdesk.jobs.context import QuietContext


@pytest.fixture
def chosen(window, hand, filled):
    """The dialog, with everything drawn."""
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.choose")
    dialog = hand.dialog(ChooseDialog)
    hand.settle()
    yield dialog
    if shiboken6.isValid(dialog):
        dialog.reject()


def form(hand, chosen, qtbot):
    qtbot.mouseClick(chosen.use, Qt.MouseButton.LeftButton)
    dialog = hand.dialog(JobDialog)
    values = dialog.form.values()
    dialog.reject()
    return values


def test_the_slider_shows_what_a_radius_comes_to(chosen, hand, filled, qtbot):
    page = chosen.radius
    vectors = filled.vectors.load(filled.vectors.find("made-up"))[1]
    assert page.best is not None and page.value == pytest.approx(page.best.value, abs=page.step)
    for place in (page.slider.maximum() // 5, page.slider.maximum() // 2):
        page.slider.setValue(place)
        hand.settle()
        labels = dbscan(vectors, page.value, 2)
        assert page.table.counts.text().startswith(f"{labels.max() + 1:,} cluster")
        assert f"{(labels < 0).sum():,} unclustered" in page.table.counts.text()
        assert [line.value() for line in (page.level, *page.lines)] == [page.value] * 3 == [page.eps.value()] * 3
    assert "k-distance, neighbour 1" in page.distances.getPlotItem().titleLabel.text
    page.samples.setValue(5)
    hand.settle()
    assert "k-distance, neighbour 4" in page.distances.getPlotItem().titleLabel.text
    assert f"{(dbscan(vectors, page.value, 5) < 0).sum():,} unclustered" in page.table.counts.text()
    value = page.value
    values = form(hand, chosen, qtbot)
    assert (values["method"], float(values["eps"]), values["min_samples"]) == ("dbscan", value, 5)


def test_it_says_that_verdicts_are_followed(chosen, hand, filled):
    assert "verdict" not in chosen.told.text()
    chosen.reject()
    made = cluster(ClusterParams(eps=0.8), QuietContext(filled))
    found = clusters(filled, made.version)
    say_same(filled, found[0], found[1])
    hand.do("clustering.choose")
    again = hand.dialog(ChooseDialog)
    hand.settle()
    told = again.told.text()
    again.reject()
    assert told.endswith("Counts and figures follow 1 verdict, as clustering does.")


def test_lines_can_be_dragged_and_plots_clicked(chosen, hand):
    page = chosen.radius
    for move in (
        lambda: page.lines[0].setValue(0.31372),
        lambda: page.level.setValue(0.40131),
        lambda: page._gestures[2].clicked.emit(0.25191, 0.5),
        lambda: page.eps.setValue(0.2),
    ):
        before = page.value
        move()
        assert page.value != before
        assert page.lines[1].value() == page.level.value() == page.eps.value() == page.value
    page.set_eps(99)
    assert page.value == pytest.approx(page.slider.maximum() * page.step)


def test_quality_has_a_column_for_each_group(chosen):
    table = chosen.radius.table.table
    header = [table.horizontalHeaderItem(x).text() for x in range(table.columnCount())]
    assert header == ["All", "g0", "g1"] and table.rowCount() == 8
    assert all(0 <= float(table.item(y, x).text()) <= 1 for y in range(8) for x in range(3))
    assert not chosen.radius.table.silhouette.isVisible()
    legend = [label.text for _, label in chosen.radius._legends[1].item.items]
    assert legend == ["F1", "precision", "recall", "F1 of g0", "F1 of g1"]


def test_without_identities_a_silhouette_of_a_stated_sample(window, hand, filled):
    with filled.db.transaction() as connection:
        connection.execute("UPDATE image SET identity_id = NULL")
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.choose")
    dialog = hand.dialog(ChooseDialog)
    hand.settle()
    assert "nobody is known" in dialog.told.text()
    assert "random sample of 40 faces" in dialog.radius.table.silhouette.text()
    assert not dialog.radius.table.table.isVisible()
    dialog.reject()


def test_a_tree_is_cut_where_the_line_is_dragged(chosen, hand, qtbot):
    chosen.pages.setCurrentWidget(chosen.tree)
    hand.settle()
    page = chosen.tree
    assert page.drawn.tree.faces == 40 and len(page.drawn.leaves) == 40
    page.linkage.setCurrentIndex(page.linkage.findData("average"))
    hand.settle()
    assert page.drawn.tree.linkage == "average"
    page.line.setValue(page.drawn.tree.top * 1.01)
    hand.settle()
    assert page.table.counts.text().startswith("1 cluster ")
    page.line.setValue(page.drawn.tree.joins[-4:-2, 2].mean())
    hand.settle()
    assert page.table.counts.text().startswith("4 clusters") and page.cut.value() == pytest.approx(page.line.value())
    cut = page.cut.value()
    values = form(hand, chosen, qtbot)
    assert values["method"] == "hierarchical" and values["linkage"] == "average"
    assert float(values["distance"]) == pytest.approx(cut) and not values.get("n_clusters")


def test_faces_stand_at_the_leaves_and_follow_the_pointer(chosen, hand, qtbot):
    chosen.pages.setCurrentWidget(chosen.tree)
    hand.settle()
    page = chosen.tree
    qtbot.waitUntil(lambda: page._picture(0) is not None and page._picture(39) is not None, timeout=5000)
    places = page.axis.places()
    assert [number for number, _ in places] == list(range(40))
    apart = np.diff([place.center().x() for _, place in places])
    assert apart.min() > 0 and np.ptp(apart) < 0.01
    assert len({place.top() for _, place in places}) > 1  # in rows, to be seen
    for number in (0, 17):
        view = page.plot.getPlotItem().vb
        page.plot.scene().sigMouseMoved.emit(view.mapViewToScene(QPointF(number + 0.2, 0.01)))
        face = int(page._found.faces[page.drawn.leaves[number].rows[0]])
        assert [item.id for item in page.faces.faces] == [face]
        assert page.leaf.text() == f"1 face below this leaf: {page.faces.faces[0].identity}"


def test_closed_while_it_computes(window, hand, filled, monkeypatch):
    from fairdesk.gui.tabs.clustering import choose_dialog

    hand.open(filled.folder)
    hand.go("clustering")
    ended = []

    def slowly(_project, _recipe, _found, check):
        for _ in range(600):
            time.sleep(0.01)
            try:
                check(0, 1)
            except choose_dialog.Closed:
                ended.append(True)
                raise

    monkeypatch.setattr(choose_dialog, "near", slowly)
    hand.do("clustering.choose")
    hand.dialog(ChooseDialog).reject()
    hand.settle()
    assert ended == [True]


def test_two_faces_are_too_few(window, hand, filled):
    hand.open(filled.folder)
    with filled.db.transaction() as connection:
        connection.execute("UPDATE image SET hidden = 1 WHERE id > 2")
    hand.go("clustering")
    hand.do("clustering.choose")
    dialog = hand.dialog(ChooseDialog)
    hand.settle()
    assert "3 are needed" in dialog.told.text() and not dialog.use.isEnabled()
    dialog.reject()


@pytest.mark.parametrize("method", ["kmeans", "hdbscan"])
def test_a_number_shows_what_it_comes_to(chosen, hand, filled, qtbot, method):
    page = next(one for one in chosen.numbers if one.method == method)
    assert not page.outcomes  # nothing is computed before it is looked at
    chosen.pages.setCurrentWidget(page)
    hand.settle()
    tried = page.numbers.values()
    assert [one.value for one in page.outcomes] == tried and len(tried) > 4
    vectors = filled.vectors.load(filled.vectors.find("made-up"))[1]
    top = max(one.quality.bcubed_f1 for one in page.outcomes)
    assert page.outcomes[page.value.currentIndex()].quality.bcubed_f1 == top
    assert (
        page.told.text()
        == f"Best BCubed F1 at {page.value.currentData():g}, against known identities (40 faces of 8 people)."
    )
    page.choose(tried[2] * 1.04)
    assert page.value.currentData() == tried[2] and page.lines[0].value() == pytest.approx(np.log10(tried[2]))
    params = ClusterParams(**page.parameters)
    labels = cluster_vectors(vectors, params, "euclidean").labels
    assert page.table.counts.text().startswith(f"{labels.max() + 1:,} cluster")
    header = [page.table.table.horizontalHeaderItem(x).text() for x in range(page.table.table.columnCount())]
    assert header == ["All", "g0", "g1"]
    values = form(hand, chosen, qtbot)
    assert values["method"] == method and int(values["n_clusters" if method == "kmeans" else "min_samples"]) == tried[2]


def test_a_number_that_verdicts_change_says_so(window, hand, filled):
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    found = clusters(filled, 1)
    say_same(filled, found[0], found[1])
    hand.open(filled.folder)
    hand.go("clustering")
    hand.do("clustering.choose")
    dialog = hand.dialog(ChooseDialog)
    hand.settle()
    page = next(one for one in dialog.numbers if one.method == "kmeans")
    dialog.pages.setCurrentWidget(page)
    hand.settle()
    assert 8 in page.numbers.values()
    page.choose(8)
    assert "7 clusters" in page.table.counts.text()
    assert "8 asked, 7 after same-person verdicts joined some." in page.table.counts.text()
    dialog.reject()


def test_numbers_of_too_many_faces_are_refused_with_the_reason(chosen, hand, monkeypatch):
    monkeypatch.setitem(numbers.MOST, "kmeans", 20)
    page = chosen.numbers[0]
    chosen.pages.setCurrentWidget(page)
    hand.settle()
    assert "There are 40 faces; this can be looked at for at most 20" in page.told.text()
    assert page.parameters is None and not page.outcomes


def test_each_distance_says_what_it_is_measured_in(chosen, hand):
    dialog = chosen
    radius, tree = dialog.radius, dialog.tree
    assert "Euclidean distance of two embeddings" in radius.told.text() and "Euclidean" in radius.slider.toolTip()
    dialog.pages.setCurrentWidget(tree)
    hand.settle()
    for name, short, long in (
        ("ward", "Ward's", "Ward's distance"),
        ("average", "average linkage", "Average distance"),
        ("complete", "complete linkage", "Greatest distance"),
    ):
        tree.linkage.setCurrentIndex(tree.linkage.findData(name))
        hand.settle()
        assert tree.plot.getPlotItem().getAxis("left").labelText == (
            f"distance of merged clusters ({short}, after PCA 0.95)"
        )
        assert tree.unit.text().startswith(long) and tree.unit.text() == tree.cut.toolTip()
        assert "after a PCA that keeps 0.95 of the variance" in tree.unit.text()


def test_the_best_value_says_by_whom_it_was_judged():
    known = Known(np.array([0, 0, 1, -1, -1, -1, -1]), [None] * 7)
    outcome = Outcome(7, 3, 0, 3, (), Figures(*[1.0] * 8))
    said = "Best BCubed F1 at 7, of the 3 faces of 2 people known alone: of the other 4 faces it says nothing."
    assert best_line(outcome, known) == said
    assert best_line(replace(outcome, quality=None), known) == "Best silhouette at 7."
