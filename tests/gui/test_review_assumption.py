"""A review whose clustering leaves everybody alone: answers that say otherwise have it read again."""

import numpy as np

from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.jobs.context import QuietContext
from fairdesk.project.verdicts import verdicts
from tests.benchmarks.bench_corrections import f1
from tests.clustering.test_assumption import SMALL, crowd, right
from tests.gui.test_review_pane import KEYS, says


def test_answers_that_say_otherwise_have_it_read_again(window, hand, qtbot, project, with_vectors):
    vectors, truth = crowd()
    who = dict(zip(with_vectors(vectors, 4, 10), truth.tolist(), strict=True))
    cluster(ClusterParams(encoder="people", eps=SMALL), QuietContext(project))
    hand.open(project.folder)
    hand.go("clustering")
    hand.do("clustering.review")
    hand.settle()
    pane = window.clustering.review
    first, titles = pane._review, []
    assert "if most people have one photograph" in pane.progress.text()
    pane.bar.compared.connect(lambda *_: titles.append(pane.title.text()))
    answers = 0
    while pane._review is first:
        qtbot.keyClick(pane, KEYS[says(pane.current, who)])
        hand.settle()
        answers += 1
        assert answers < 25
    assert any("how many photographs people have here" in title for title in titles)
    assert "if most people have one photograph" not in pane.progress.text()
    assert len(verdicts(project)) == answers and pane.answered == answers
    assert right(pane._review, who) > 0.97
    shown = f1(pane._review._at, np.array([who[face] for face in pane._review.faces.tolist()]))
    assert shown > 0.97  # the clusters followed, as a step of their own
    for _ in range(2):
        window.session.undo()
        hand.settle()
    assert len(verdicts(project)) == answers - 1
    assert window.clustering.reviewing and pane._review.assumed.holds
    assert "if most people have one photograph" in pane.progress.text()
