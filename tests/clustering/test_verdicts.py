"""Verdicts: kept for good, undoable, honoured by every method, carried between projects, and never broken silently."""

import csv
import itertools
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairdesk.cli import run
from fairdesk.clustering import store
from fairdesk.clustering.cluster_lookup import find_cluster
from fairdesk.clustering.known_people import known_people
from fairdesk.clustering.methods.constrained import corrected
from fairdesk.clustering.naming import name_identity
from fairdesk.clustering.new_version import cluster_faces as cluster
from fairdesk.clustering.params import ClusterParams
from fairdesk.clustering.quality_now import quality_now
from fairdesk.clustering.store import clusters, faces_of, membership, versions
from fairdesk.clustering.verdicts import edits as verdict_edits
from fairdesk.clustering.verdicts import saying
from fairdesk.clustering.verdicts.files import HEADER, read_verdicts, write_verdicts
from fairdesk.errors import RequestError
from fairdesk.jobs.context import QuietContext
from fairdesk.project import Project
from fairdesk.project import verdicts as verdict_rows
from fairdesk.project.faces import largest_faces, set_identity
from fairdesk.project.image_queries import more_like
from fairdesk.project.verdict_constraints import constraints
from fairdesk.project.verdicts import Said, Verdict, remove_verdicts, verdicts
from tests.conftest import add_faces

METHODS = {
    "dbscan": {"eps": 0.8}, "hierarchical": {"n_clusters": 8}, "kmeans": {"n_clusters": 8},
    "hdbscan": {"min_samples": 3},
}  # fmt: skip


def again(project, method="dbscan", **more):
    """Cluster again; returns the result, and the cluster of each face."""
    context = QuietContext(project)
    result = cluster(ClusterParams(method=method, **({"pca": 1.0} | METHODS[method] | more)), context)
    return result, placed(project, result.version)


def placed(project, version):
    return dict(project.db.rows("SELECT face_id, cluster_id FROM cluster_member WHERE clustering_id = ?", (version,)))


@pytest.fixture
def first(filled):
    """Eight clusters of five faces, and their faces."""
    again(filled)
    found = clusters(filled, 1)
    assert [c.faces for c in found] == [5] * 8
    return filled, found, [faces_of(filled, c.id) for c in found]


@pytest.mark.parametrize("method", METHODS)
def test_each_method_honours_all_verdicts(first, method):
    project, found, faces = first
    verdict_edits.say_same(project, found[0], found[1])
    verdict_edits.say_different(project, found[2], found[3])
    found = {c.id: c for c in clusters(project, 1)}
    four, five = find_cluster(project, 1, "4"), find_cluster(project, 1, "5")
    assert verdict_edits.confirm(project, 1, faces[5][:1], four).moved == 1
    assert verdict_edits.reject(project, 1, faces[5][1:2], five).moved == 1
    assert verdict_edits.ignore(project, 1, faces[6][:2]).moved == 2
    result, at = again(project, method)
    assert len({at[f] for f in faces[0] + faces[1]}) == 1
    assert not {at[f] for f in faces[2]} & {at[f] for f in faces[3]}
    assert at[faces[5][0]] in {at[f] for f in faces[4]}
    assert at[faces[5][1]] not in {at[f] for f in faces[5][2:]}
    assert not set(faces[6][:2]) & set(at) and result.faces == 38 and result.ignored == 2
    assert result.contradictions == [] and result.verdicts == len(verdicts(project))


@pytest.mark.parametrize("method", ["kmeans", "hierarchical"])
def test_a_number_that_verdicts_change_is_told_and_kept_as_asked(first, method):
    project, found, faces = first
    as_asked, _ = again(project, method)
    assert (as_asked.clusters, as_asked.clusters_asked) == (8, 8) and "asked" not in as_asked.text()
    verdict_edits.say_same(project, found[0], found[1])
    result, _ = again(project, method)
    assert (result.clusters, result.clusters_asked, result.clusters_before_verdicts) == (7, 8, 8)
    assert "8 asked, 7 after same-person verdicts joined some." in result.text()
    newest = versions(project)[0]
    assert "8 clusters" in newest.name and newest.clusters == 7 and newest.params["n_clusters"] == 8
    verdict_edits.two_people(project, 1, faces[3][:2], faces[3][2:])
    verdict_edits.two_people(project, 1, faces[4][:2], faces[4][2:])
    result, _ = again(project, method)
    assert result.clusters == 9 and "8 asked, 9 after different-people verdicts parted some." in result.text()
    assert again(project)[0].clusters_asked is None


def test_different_people_in_one_cluster_are_taken_apart(first):
    """All in one cluster by the method: the verdicts part it, and the other faces go with the nearer side."""
    project, found, faces = first
    verdict_edits.say_different(project, found[0], found[1])
    _, at = again(project, eps=900)
    assert {at[f] for f in faces[0]}.isdisjoint(at[f] for f in faces[1])
    assert len(set(at.values())) == 2 and len(at) == 40
    for group in faces:  # nobody is torn apart
        assert len({at[f] for f in group}) == 1


def test_corrections_by_hand_are_not_forgotten(first):
    project, found, faces = first
    store.merge_clusters(project, found[0].id, [found[1].id])
    store.move_faces(project, faces[2][:1], found[3].id)
    store.unassign_faces(project, 1, faces[4][:1])
    store.split_faces(project, 1, faces[5][:2])
    _, at = again(project)
    assert len({at[f] for f in faces[0] + faces[1]}) == 1
    assert at[faces[2][0]] == at[faces[3][0]] != at[faces[2][1]]
    assert at[faces[4][0]] not in {at[f] for f in faces[4][1:]}
    assert at[faces[5][0]] == at[faces[5][1]] not in {at[f] for f in faces[5][2:]}


def test_undo_takes_a_verdict_back_with_what_it_moved(first):
    project, found, _ = first
    before = placed(project, 1)
    verdict_edits.say_same(project, found[0], found[1])
    assert len(verdicts(project)) == 1 and placed(project, 1) != before
    project.journal.undo()
    assert verdicts(project) == [] and placed(project, 1) == before
    project.journal.redo()
    (kept,) = verdicts(project)
    assert kept.said is Said.SAME and kept.who == verdict_rows.this_person() and kept.created > 1e9
    remove_verdicts(project, [kept.id])
    assert verdicts(project) == []
    with pytest.raises(RequestError, match="no verdict 99"):
        remove_verdicts(project, [99])


def test_my_newer_word_replaces_my_older_one_another_persons_is_a_contradiction(first, monkeypatch):
    project, found, faces = first
    verdict_edits.say_different(project, found[0], found[1])
    said = verdict_edits.say_same(project, found[0], found[1])
    assert said.replaced and not said.contradictions and [v.said for v in verdicts(project)] == [Said.SAME]
    project.journal.undo()
    assert [v.said for v in verdicts(project)] == [Said.DIFFERENT]
    monkeypatch.setattr(verdict_rows, "this_person", lambda: "ann")
    monkeypatch.setattr(saying, "this_person", lambda: "ann")
    said = verdict_edits.say_same(project, found[0], found[1])
    assert not said.replaced and "different people" in said.contradictions[0] and "ann" in said.contradictions[0]
    result, at = again(project)
    assert len(result.contradictions) == 1 and len({at[f] for f in faces[0] + faces[1]}) == 1
    assert result.caution() and "different people" in result.text()


def test_the_same_said_again_is_one_verdict_and_leaves_no_step(first, monkeypatch):
    project, _, of = first
    faces = of[0][:4]
    for now, said, a, b in (
        (10.0, Said.SAME, faces[:2], faces[2:]), (20.0, Said.SAME, faces[:2], faces[2:]),
        (30.0, Said.SAME, faces[:1:-1], faces[:2]), (40.0, Said.CONFIRMED, faces[:1], faces[2:]),
        (50.0, Said.CONFIRMED, faces[:1], faces[2:]), (60.0, Said.CONFIRMED, faces[2:], faces[:1]),
    ):  # fmt: skip
        monkeypatch.setattr(verdict_rows.time, "time", lambda now=now: now)
        with project.journal.step("say") as connection:
            saying.say(project, connection, said, a, b)
    assert [(one.said, one.created) for one in verdicts(project)] == [
        (Said.SAME, 10.0), (Said.CONFIRMED, 40.0), (Said.CONFIRMED, 60.0),
    ]  # fmt: skip
    monkeypatch.setattr(saying, "this_person", lambda: "another")
    with project.journal.step("say") as connection:
        saying.say(project, connection, Said.SAME, faces[:2], faces[2:])
    assert len(verdicts(project)) == 4
    for _ in range(3):  # another's, and the two words on single faces
        project.journal.undo()
    assert [(one.said, one.created) for one in verdicts(project)] == [(Said.SAME, 10.0)]
    project.journal.undo()
    assert not verdicts(project)


def test_a_face_judged_by_itself_leaves_what_was_said_of_its_cluster(first):
    project, found, faces = first
    verdict_edits.say_same(project, found[0], found[1])
    whole = find_cluster(project, 1, str(min(found[0].label, found[1].label)))
    said = verdict_edits.reject(project, 1, faces[0][:1], whole)
    assert not said.replaced and not said.contradictions
    result, at = again(project)
    assert result.contradictions == [] and at[faces[0][0]] != at[faces[0][1]] == at[faces[1][0]]


def test_confirmed_then_rejected(first):
    project, _, faces = first
    verdict_edits.confirm(project, 1, faces[0], find_cluster(project, 1, "0"))
    said = verdict_edits.reject(project, 1, faces[0][:1], find_cluster(project, 1, "0"))
    assert not said.replaced and [(one.verdict, one.faces) for one in said.taken_out] == [(1, faces[0][:1])]
    assert f"Face {faces[0][0]} is taken out of your earlier verdict 1; the rest of it holds." in said.text()
    assert [(v.said, len(v.faces)) for v in verdicts(project)] == [(Said.CONFIRMED, 4), (Said.NOT, 1)]


def test_chains_that_contradict_are_found():
    def say(number, said, faces, others, who="a"):
        return Verdict(number, str(number), said, tuple(faces), tuple(others), who, float(number))

    chain = [say(1, Said.SAME, [1], [2]), say(2, Said.SAME, [2], [3]), say(3, Said.DIFFERENT, [1], [3])]
    found = constraints(chain)
    assert [(c.verdict.id, [v.id for v in c.against]) for c in found.contradictions] == [(1, [3])]
    assert found.together == ((2, 3),)
    found = constraints([chain[2], chain[0], chain[1]])  # the different one is the oldest now
    assert found.contradictions[0].verdict.id == 3 and found.together == ((1, 2, 3),)
    both = constraints([say(1, Said.NOT, [9], [1, 2, 3]), say(2, Said.CONFIRMED, [9], [1, 2])])
    assert [c.verdict.id for c in both.contradictions] == [1]
    assert not constraints([say(1, Said.NOT, [9], [1, 2]), say(2, Said.CONFIRMED, [9], [5, 6])]).contradictions


def test_confirming_a_whole_cluster_makes_its_faces_known(first):
    project, found, faces = first
    set_identity(project, [face for one in faces for face in one], None)
    assert quality_now(project, versions(project)[0]).bcubed_f1 is None
    for one, its in zip(found[:2], faces[:2], strict=True):
        verdict_edits.confirm(project, 1, its, one)
    known = known_people(project, np.array(faces[0] + faces[1]), constraints(verdicts(project)))
    assert (
        known.tolist() == [known[0]] * len(faces[0]) + [known[-1]] * len(faces[1]) and -1 < known[0] != known[-1] > -1
    )
    assert quality_now(project, versions(project)[0]).bcubed_f1 == 1


@pytest.mark.parametrize("faces", [(1,), (1, 2)])
@pytest.mark.parametrize("others", [(), (7, 8)])
def test_faces_that_were_ignored_and_confirmed_since_are_not_ignored(faces, others):
    said = constraints(
        [
            Verdict(1, "1", Said.IGNORED, (1,), (), "a", 1.0),
            Verdict(2, "2", Said.CONFIRMED, faces, others, "b", 2.0),
        ]
    )
    assert not said.ignored and [one.verdict.id for one in said.contradictions] == [1]


def test_a_cluster_that_is_not_there_is_told_those_that_are(first):
    project, _, faces = first
    with pytest.raises(RequestError, match=r"no cluster '99'\. It has: 0, 1, 2, 3, 4, 5, 6, 7\."):
        find_cluster(project, 1, "99")
    store.unassign_faces(project, 1, faces[0][:1])
    for face in faces[1]:
        store.split_faces(project, 1, [face])
    with pytest.raises(RequestError, match=r"It has: -1 \(unclustered\), 0, 1, 2, 3, 4, 5, 6, 7, 8, …, 11\."):
        find_cluster(project, 1, "Ann")


@pytest.mark.parametrize(
    "words",
    [
        [(Said.NOT, (1,), (2,)), (Said.CONFIRMED, (2,), (3,))],
        [(Said.NOT, (1,), (2,)), (Said.NOT, (2,), (50,))],
        [(Said.DIFFERENT, (1,), (2,)), (Said.CONFIRMED, (2,), (3,)), (Said.CONFIRMED, (1,), (4,))],
        [(Said.NOT, (1,), (2, 3)), (Said.CONFIRMED, (2, 3), (4,))],
    ],
)
def test_faces_that_are_judged_since_are_still_not_who_they_were_said_not_to_be(words):
    """The other side is no cluster of which a face was judged since: each of its faces was, and nothing contradicts it."""
    said = constraints(
        [Verdict(n, str(n), kind, a, b, f"who {n}", float(n)) for n, (kind, a, b) in enumerate(words, 1)]
    )
    assert not said.contradictions
    assert any(1 in one.faces and 2 in one.others for one in said.apart) and 2 in said.beside(1)[1]


def test_whom_a_face_was_confirmed_with_may_be_judged_since():
    found = [Verdict(1, "1", Said.CONFIRMED, (1,), (60,), "a", 1.0), Verdict(2, "2", Said.NOT, (60,), (100,), "b", 2.0)]
    said = constraints(found)
    assert 60 in said.beside(1)[0] and not said.contradictions
    against = constraints([*found, Verdict(3, "3", Said.NOT, (60,), (1,), "c", 3.0)])
    assert [one.verdict.id for one in against.contradictions] == [1]


@pytest.mark.parametrize("seed", range(5))
def test_verdicts_that_one_truth_gives_contradict_nothing(seed):
    """Of faces one by one, from several people, in any order: all hold."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, 6, 30)
    found = []
    for number in range(1, 120):
        a, b = rng.choice(30, 2, replace=False).tolist()
        kinds = (Said.CONFIRMED, Said.SAME) if who[a] == who[b] else (Said.NOT, Said.DIFFERENT)
        found.append(Verdict(number, str(number), kinds[number % 2], (a,), (b,), f"p{number % 3}", float(number)))
    said = constraints(found)
    assert said.contradictions == ()
    vectors = rng.normal(size=(30, 4)).astype(np.float32)
    out, broken = corrected(rng.integers(-1, 5, 30), np.arange(30), vectors, said)
    assert not broken
    for one in found:
        together = out[one.faces[0]] == out[one.others[0]] >= 0
        assert together == (one.said in (Said.CONFIRMED, Said.SAME)), one


SAYS = {True: (Said.SAME, Said.CONFIRMED), False: (Said.DIFFERENT, Said.NOT)}


@pytest.mark.parametrize("newest", [True, False])
def test_a_word_that_is_set_aside_silences_nobody(newest):
    """Ann, then Bob say the opposite of what Cy says last: both are shown, whether they spoke of faces or of clusters."""
    for older in itertools.product(SAYS[not newest], repeat=2):
        said = constraints(
            [
                Verdict(number, str(number), kind, (1, 2), (3, 4), who, float(number))
                for number, (kind, who) in enumerate(
                    zip((*older, SAYS[newest][0]), ("ann", "bob", "cy"), strict=True), 1
                )
            ]
        )
        assert sorted(one.verdict.who for one in said.contradictions) == ["ann", "bob"], older
        assert {v.who for one in said.contradictions for v in one.against} == {"cy"}
    ignored = [
        Verdict(1, "1", Said.SAME, (1,), (3,), "ann", 1.0), Verdict(2, "2", Said.IGNORED, (1,), (), "bob", 2.0),
        Verdict(3, "3", Said.CONFIRMED, (1,), (5,), "cy", 3.0), Verdict(4, "4", Said.DIFFERENT, (3,), (5,), "cy", 4.0),
    ]  # fmt: skip
    said = constraints(
        ignored
    ).contradictions  # 1 is 5, who is not 3: so Ann's word that 1 is 3 does not hold, nor Bob's
    assert [one.verdict.who for one in said] == ["bob", "ann"]


def test_more_like_this_honours_verdicts(first):
    project, found, faces = first
    image = project.db.value("SELECT image_id FROM face WHERE id = ?", (faces[0][0],))
    every = np.array([row[0] for row in project.db.rows("SELECT id FROM image")])
    recipe = project.vectors.choose().recipe.hash
    verdict_edits.say_different(project, found[0], found[1])
    verdict_edits.ignore(project, 1, faces[2][:1])
    like = more_like(project, image, recipe, every).tolist()
    images = dict(project.db.rows("SELECT id, image_id FROM face"))
    assert not set(like) & {images[f] for f in faces[1]} and images[faces[2][0]] not in like and like[0] == image
    assert len(like) == 40 - 5 - 1


def test_another_detectors_faces_are_the_same_faces(first):
    project, found, faces = first
    verdict_edits.say_same(project, found[0], found[1])
    add_faces(project, detector="hog+all@1/1000", box=(1, 9, 9, 0))
    result, at = again(project)
    assert result.detector == "hog+all@1/1000" and not set(at) & set(faces[0])
    images = dict(project.db.rows("SELECT id, image_id FROM face"))
    twins = largest_faces(project, result.detector, [images[f] for f in faces[0] + faces[1]])
    assert len(twins) == 10 and len({at[f] for f in twins}) == 1


def test_csv_carries_verdicts_to_a_copy_and_shows_conflicts(first, tmp_path, monkeypatch):
    import shutil

    project, found, faces = first
    copy_at = tmp_path / "copy.fairdesk"
    project.db.connection.wal_checkpoint()
    shutil.copytree(project.folder, copy_at)
    other = Project.open(copy_at)
    try:
        verdict_edits.say_same(project, found[0], found[1])
        verdict_edits.ignore(project, 1, faces[3][:1])
        monkeypatch.setattr(saying, "this_person", lambda: "=ann")  # a name that a spreadsheet would run
        verdict_edits.say_different(other, found[0], found[1])
        assert write_verdicts(other, tmp_path / "v.csv") == 1
        rows = list(csv.DictReader((tmp_path / "v.csv").read_text().splitlines()))
        assert len(rows) == 10 and {row["side"] for row in rows} == {"face", "other"}
        added = read_verdicts(project, tmp_path / "v.csv")
        assert (added.added, added.known, added.unknown_faces) == (1, 0, 0) and len(added.contradictions) == 1
        assert [v.who for v in verdicts(project)][-1] == "=ann"
        assert read_verdicts(project, tmp_path / "v.csv").known == 1
        assert len(verdicts(project)) == 3
        project.journal.undo()
        assert len(verdicts(project)) == 2
    finally:
        other.close()
    text = (tmp_path / "v.csv").read_text()
    header, first_row = text.splitlines()[0], rows[0] | {"rows_after": "0"}
    wrong = [
        ({"said": "who knows"}, "line 2: `said` is 'who knows'"), ({"when": "yesterday"}, "line 2: `when` is 'yesterday'"),
        ({"left": "1.5"}, "line 2: `left` is '1.5'"), ({"side": "up"}, "line 2: `side` is 'up'"), ({"verdict": ""}, "line 2: `verdict` is empty"),
    ]  # fmt: skip
    bad_files = [(header + "\n" + ",".join((first_row | cells).values()) + "\n", why) for cells, why in wrong]
    for bad, why in (("a,b\n1,2\n", "lacks the column"), *bad_files):
        (tmp_path / "bad.csv").write_text(bad)
        with pytest.raises(RequestError, match=why):
            read_verdicts(project, tmp_path / "bad.csv")
    rows = text.splitlines()
    (tmp_path / "gone.csv").write_text("\n".join([",".join(HEADER), *(f"{r.split(',')[0]},not,face,x,2026-01-01T00:00:00,no.jpg,ff,whole,0,1,1,0" for r in rows[1:2])]))  # fmt: skip
    with pytest.raises(RequestError, match="None of the faces"):
        read_verdicts(project, tmp_path / "gone.csv")


def test_a_clock_that_is_ahead_does_not_overrule_what_is_said_later(first, tmp_path, monkeypatch):
    project, found, faces = first
    verdict_edits.say_different(project, found[0], found[1])
    write_verdicts(project, tmp_path / "v.csv")
    project.journal.undo()
    rows = [line.split(",") for line in (tmp_path / "v.csv").read_text().splitlines()]
    for row in rows[1:]:
        row[4] = "9999-11-26T00:00:00+00:00"
    (tmp_path / "ahead.csv").write_text("\n".join(";".join(row) for row in rows))  # as a spreadsheet saves it
    monkeypatch.setattr(saying, "this_person", lambda: "bob")
    read = read_verdicts(project, tmp_path / "ahead.csv")
    assert (read.added, read.ahead) == (1, 1) and "count" in read.text() and "given now" in read.text()
    (told,) = verdict_edits.say_same(project, found[0], found[1]).contradictions
    assert "(different people" in told.partition("set aside")[0]
    cluster(ClusterParams(eps=0.8), QuietContext(project))
    at = membership(project, 2)
    assert len({at[face] for face in faces[0] + faces[1]}) == 1


def test_a_verdict_whose_other_side_is_missing_says_so(first, tmp_path):
    project, found, _ = first
    verdict_edits.say_different(project, found[0], found[1])
    write_verdicts(project, tmp_path / "v.csv")
    project.journal.undo()
    rows = [line.split(",") for line in (tmp_path / "v.csv").read_text().splitlines()]
    for row in rows[6:]:
        row[5:7] = ["elsewhere.jpg", "00"]
    (tmp_path / "half.csv").write_text("\n".join(",".join(row) for row in rows))
    with pytest.raises(RequestError, match=r"5 of 10 faces are in this project.*elsewhere\.jpg is not"):
        read_verdicts(project, tmp_path / "half.csv")


def test_purge_erases_faces_from_verdicts(first):
    from fairdesk.dataset.purge import purge

    project, found, faces = first
    verdict_edits.say_same(project, found[0], found[1])
    verdict_edits.confirm(project, 1, faces[2][:1], find_cluster(project, 1, "2"))
    images = dict(project.db.rows("SELECT id, image_id FROM face"))
    purge(project, [images[f] for f in (*faces[0][:2], faces[2][0])])
    (left,) = verdicts(project)
    assert left.said is Said.SAME and len(left.faces) + len(left.others) == 8
    assert not {*faces[0][:2], faces[2][0]} & {*left.faces, *left.others}


def test_verbs(first, capsys, tmp_path):
    project, _, faces = first
    here = str(project.folder)

    def said(*arguments, status=0):
        assert run([*arguments, "--json"]) == status
        out = capsys.readouterr()
        return json.loads(out.out) if status == 0 else out.err

    assert said("verdict", here, "--same", "0", "1")["moved"] == 5
    assert said("verdict", here, "--different", "2", "3")["said"] == "different"
    assert said("verdict", here, "--not", str(faces[4][0]), "--cluster", "4")["moved"] == 1
    assert said("verdict", here, "--confirm", str(faces[4][0]), "--cluster", "5")["moved"] == 1
    assert said("verdict", here, "--ignore", str(faces[6][0]))["moved"] == 1
    assert [v["said"] for v in said("verdicts", here)["verdicts"]] == [
        "same",
        "different",
        "not",
        "confirmed",
        "ignored",
    ]
    assert said("verdicts", here, "--out", str(tmp_path / "v.csv"))["out"] == str(tmp_path / "v.csv")
    assert said("verdicts", here, "--remove", "5")["removed"] == 1
    assert said("verdicts", here, "--file", str(tmp_path / "v.csv"))["added"] == 1
    for arguments, why in (
        (("--same", "0", "99"), "no cluster '99'"), (("--same", "0", "0"), "one cluster"), (("--same", "0", "-1"), "unclustered"),
        (("--confirm", "999999", "--cluster", "0"), "no face 999999"), (("--confirm", "1"), "--cluster "),
        (("--ignore", "1", "--cluster", "0"), "alone"), ((), "required"), (("--ignore", "x"), "whole number"),
    ):  # fmt: skip
        assert why in said("verdict", here, *arguments, status=2)


def vectors_of(draw_seed, n=24):
    rng = np.random.default_rng(draw_seed)
    return rng.normal(size=(n, 4)).astype(np.float32), rng.integers(-1, 5, n).astype(np.int64)


SAY = st.tuples(
    st.sampled_from([Said.SAME, Said.DIFFERENT, Said.NOT, Said.CONFIRMED, Said.IGNORED]),
    st.sets(st.integers(0, 23), min_size=1, max_size=6),
    st.sets(st.integers(0, 23), min_size=1, max_size=6),
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 5), st.lists(SAY, max_size=8))
def test_no_verdict_is_broken_silently(seed, says):
    """Whatever was said and whatever the method found: each verdict holds, or is named among the contradictions."""
    vectors, labels = vectors_of(seed)
    faces = np.arange(24)
    found = [
        Verdict(n, str(n), said, tuple(sorted(a)), tuple(sorted(b - a)), "a", float(n))
        for n, (said, a, b) in enumerate(says)
        if b - a or said in verdict_rows.OF_FACES
    ]
    said = constraints(found)
    kept = ~np.isin(faces, list(said.ignored))
    out, broken = corrected(labels[kept], faces[kept], vectors[kept], said)
    at = {int(f): (int(c) if c >= 0 else -2 - int(f)) for f, c in zip(faces[kept], out, strict=True)}
    set_aside = {(c.verdict.id, face) for c in said.contradictions for face in c.faces}
    told = set_aside | {(v.id, face) for v in broken for face in v.faces}
    for place, v in enumerate(found):
        judged = {
            f
            for later in found[place + 1 :]
            if later.said in verdict_rows.OF_FACES
            for f in later.faces
            if (later.id, f) not in set_aside  # such a word silences nobody
        }
        meant = [[f for f in side if f not in judged] or side for side in (v.faces, v.others)]
        a = [f for f in (v.faces if v.said in verdict_rows.OF_FACES else meant[0]) if f in at and (v.id, f) not in told]
        b = [f for f in meant[1] if f in at and (v.id, f) not in told]
        if v.said is Said.SAME and a and b:
            assert len({at[f] for f in a + b}) == 1, v
        if v.said in (Said.DIFFERENT, Said.NOT):
            assert not {at[f] for f in a} & {at[f] for f in b}, v
        if v.said is Said.CONFIRMED:
            assert len({at[f] for f in a}) <= 1, v
        if v.said is Said.IGNORED:
            assert not a, v
    assert len(out) == kept.sum()
    assert (np.unique(out[out >= 0], return_counts=True)[1] > 0).all()


EDITS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 39)), min_size=1, max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EDITS)
def test_undo_of_all_gives_the_same_catalogue(first, edits):
    project, _, _ = first
    tables = ("clustering", "cluster", "cluster_member", "verdict")

    def state():
        return {t: project.db.rows(f"SELECT * FROM {t} ORDER BY 1, 2") for t in tables}

    before, done = state(), 0
    everyone = sorted(placed(project, 1))
    for what, a, b in edits:
        now = [c for c in clusters(project, 1) if c.label >= 0]
        one, two, face = now[a % len(now)], now[b % len(now)], [everyone[b]]
        last = project.journal.next_undo().id
        try:
            if what == 0:
                verdict_edits.say_same(project, one, two)
            elif what == 1:
                verdict_edits.say_different(project, one, two)
            elif what == 2:
                verdict_edits.confirm(project, 1, face, one)
            elif what == 3:
                verdict_edits.reject(project, 1, face, one)
            elif what == 4:
                verdict_edits.ignore(project, 1, face)
            elif what == 5:
                store.split_faces(project, 1, face)
            elif what == 6:
                store.move_faces(project, face, one.id)
            else:
                again(project)
        except RequestError:
            assert project.journal.next_undo().id == last
        done += project.journal.next_undo().id != last
    after = state()
    for _ in range(done):
        project.journal.undo()
    assert state() == before
    for _ in range(done):
        project.journal.redo()
    assert state() == after
    for _ in range(done):
        project.journal.undo()


def test_a_place_that_no_file_can_be_made_in_is_named(first, capsys):
    project, *_ = first
    project.close()
    for out in ("/proc/x.csv", "/proc/a/b/x.csv"):
        assert run(["verdicts", str(project.folder), "--out", out]) == 2
        assert "No file can be made in /proc" in capsys.readouterr().err
    assert run(["clusterings", str(project.folder), "--out", "/proc/x.json"]) == 2
    assert "Internal error" not in capsys.readouterr().err


def test_a_merge_says_which_name_is_kept_and_who_keeps_another(first, capsys):
    project, found, faces = first
    name_identity(project, found[0].id, "Ann", "A")
    name_identity(project, found[1].id, "Bob", "B")
    set_identity(project, faces[1][:2], "Cid", "B")
    project.close()
    assert run(["verdict", str(project.folder), "--same", "0", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["names"] == [
        "The merged cluster is called Ann; the name Bob is dropped.",
        "3 images keep the identity Bob in group B.",
        "2 images keep the identity Cid in group B.",
        "Assign identity says who all faces of the cluster are.",
    ]
    assert run(["verdict", str(project.folder), "--same", "2", "3", "--json"]) == 0  # two that nobody named
    assert json.loads(capsys.readouterr().out)["names"] == []
