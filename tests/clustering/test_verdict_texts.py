"""What a verdict says once it is kept: which clusters and faces were meant, in which clustering, and what it changed."""

import json

import pytest

from fairdesk.cli import run
from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.store import clusters, faces_of
from fairdesk.jobs.context import QuietContext
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, Verdict


@pytest.fixture
def made(filled):
    """Eight clusters of five faces, of which 1 is Ann of Asian."""
    cluster(ClusterParams(eps=0.8), QuietContext(filled))
    of = {one.label: one for one in clusters(filled, 1)}
    name_identity(filled, of[1].id, "Ann", "Asian")
    return filled, {label: faces_of(filled, one.id) for label, one in of.items()}


def say(project, capsys, *words):
    """Return what the terminal shows, and then, of the same project, nothing more."""
    capsys.readouterr()
    assert run(["verdict", str(project.folder), *words]) == 0
    return capsys.readouterr().out.strip().splitlines()


def said(project, capsys, *words):
    capsys.readouterr()
    assert run(["verdict", str(project.folder), *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_same_names_both_and_says_their_sizes(made, capsys):
    project, _ = made
    lines = say(project, capsys, "--same", "0", "Ann")
    assert lines[0] == "Kept: same person: Cluster 0, cluster 0 of 5 faces and Ann (Asian), cluster 1 of 5 faces."
    assert lines[1] == "In clustering 1, 5 faces changed their cluster. Now: cluster 0 gone; cluster 1 10 faces."


def test_same_as_json(made, capsys):
    project, _ = made
    done = said(project, capsys, "--same", "0", "1")
    assert done["version"] == 1 and done["moved"] == 5
    assert done["clusters"] == [
        {"label": 0, "title": "Cluster 0", "faces": 5, "faces_now": 0, "meant": True},
        {"label": 1, "title": "Ann", "group": "Asian", "faces": 5, "faces_now": 10, "meant": True},
    ]


def test_different_changes_nothing_and_says_so(made, capsys):
    project, _ = made
    lines = say(project, capsys, "--different", "2", "3")
    assert lines == [
        "Kept: different people: Cluster 2, cluster 2 of 5 faces and Cluster 3, cluster 3 of 5 faces.",
        "In clustering 1, 0 faces changed their cluster.",
    ]


def test_a_face_that_is_moved_names_where_it_came_from(made, capsys):
    project, faces = made
    one, two = faces[2][0], faces[3][0]
    lines = say(project, capsys, "--confirm", str(one), str(two), "--cluster", "1")
    assert lines[0] == f"Kept: confirmed: 2 faces ({one}, {two}) and Ann (Asian), cluster 1 of 5 faces."
    sizes = "cluster 1 7 faces; cluster 2 4 faces; cluster 3 4 faces"
    assert lines[1] == f"In clustering 1, 2 faces changed their cluster. Now: {sizes}."
    lines = say(project, capsys, "--not", str(two), "--cluster", "1")
    assert lines[0] == f"Kept: not this person: face {two} and Ann (Asian), cluster 1 of 7 faces."
    assert lines[1].endswith("1 face changed its cluster. Now: cluster 1 6 faces; unclustered 1 face.")
    done = said(project, capsys, "--ignore", str(one))
    assert done["named"] == [one] and done["beside"] == [] and not any(c["meant"] for c in done["clusters"])
    assert [(c["label"], c["faces"], c["faces_now"]) for c in done["clusters"]] == [(-1, 1, 2), (1, 6, 5)]


def test_faces_beside_faces_are_named(made, capsys):
    project, faces = made
    one, two = faces[4][0], faces[5][0]
    lines = say(project, capsys, "--unsure", str(one), "--with", str(two))
    assert lines == [f"Kept: not sure: face {one} and face {two}.", "It changes no clustering."]
    done = said(project, capsys, "--confirm", str(one), "--with", str(two))
    assert done["named"] == [one] and done["beside"] == [two] and done["version"] == 1
    assert [(c["label"], c["faces"], c["faces_now"]) for c in done["clusters"]] == [(4, 5, 4), (5, 5, 6)]


def test_without_a_clustering_it_says_so(filled, capsys):
    face = filled.db.value("SELECT min(id) FROM face")
    lines = say(filled, capsys, "--ignore", str(face))
    assert lines == [f"Kept: ignored: face {face}.", "There is no clustering that it corrects."]


@pytest.mark.parametrize(
    ("newer", "named"),
    [
        ([(Said.SAME, (33,), (36,)), (Said.SAME, (19,), (33,))], [2]),  # the other says nothing of 36
        ([(Said.SAME, (33,), (36,)), (Said.SAME, (33,), (36,))], [3]),  # either is enough: the newest
        ([(Said.SAME, (33,), (19,)), (Said.SAME, (19,), (36,)), (Said.SAME, (36,), (40,))], [2, 3]),
        ([(Said.SAME, (33,), (19,)), (Said.CONFIRMED, (36,), (19,)), (Said.SAME, (33, 40), (36, 41))], [4]),
    ],
)
@pytest.mark.parametrize("older", [Said.DIFFERENT, Said.NOT])
def test_only_as_few_verdicts_are_named_as_say_the_opposite(older, newer, named):
    words = [(older, (33,), (36,)), *newer]
    every = [Verdict(n, str(n), said, a, b, f"p{n}", float(n)) for n, (said, a, b) in enumerate(words, 1)]
    (found,) = constraints(every).contradictions
    assert found.verdict.id == 1 and sorted(one.id for one in found.because) == named
    for one in every[1:]:
        assert (one.title in found.text()) == (one.id in named)
