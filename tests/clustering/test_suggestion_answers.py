"""Suggestions are answered from the command line alone: each says what to type, faces without a cluster too."""

import json
import shlex
from collections import Counter

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.clustering.agreement import figures
from fairdesk.clustering.store import UNCLUSTERED, clusters, membership, newest_version
from fairdesk.project.verdicts import Said, verdicts
from tests.clustering.test_review import people


@pytest.fixture
def crowd(project, with_vectors):
    """People with two modes and near twins; returns the project and who each face shows."""
    vectors, truth = (some[:240] for some in people(4, count=30, two=0.5, twins=0.4))
    return project, dict(zip(with_vectors(vectors, 4, 6), truth.tolist(), strict=True))


def asked(project, capsys, *more):
    assert run(["suggestions", str(project.folder), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def f1(project, who):
    at = membership(project, newest_version(project))
    loose = {one.id for one in clusters(project, newest_version(project)) if one.label == UNCLUSTERED}
    labels = np.array([-1 if at[face] in loose else at[face] for face in who])
    return figures(labels, np.array(list(who.values()))).bcubed_f1


def test_each_answer_that_is_offered_is_taken(crowd, capsys):
    project, _ = crowd
    kinds = Counter()
    for one in asked(project, capsys, "--limit", "60"):
        kinds[one["kind"]] += 1
        assert set(one["answers"]) == (set() if one["kind"] == "name" else {"yes", "no", "not sure"})
        for words in one["answers"].values():
            assert run(["verdict", str(project.folder), *shlex.split(words), "--json"]) == 0
            assert len(json.loads(capsys.readouterr().out)["verdicts"]) == 1
            assert run(["undo", str(project.folder)]) == 0
            capsys.readouterr()
    assert kinds["belongs"] and kinds["same"] and not verdicts(project)


def test_answers_that_are_typed_bring_clusters_right(crowd, capsys):
    project, who = crowd
    before = f1(project, who)
    for _ in range(40):
        found = [one for one in asked(project, capsys, "--limit", "3") if one["kind"] != "name"]
        if not found:
            break
        sides = [{who[face] for face in side} for side in found[0]["shown"]]
        mixed = any(len(side) > 1 for side in sides)
        yes = (sides[0] == sides[1]) != (found[0]["kind"] == "split")
        words = found[0]["answers"]["not sure" if mixed else "yes" if yes else "no"]
        assert run(["verdict", str(project.folder), *shlex.split(words)]) == 0
        capsys.readouterr()
    assert f1(project, who) > before + 0.05


def test_the_list_names_both_sides_and_what_to_type(crowd, capsys):
    project, _ = crowd
    one = next(one for one in asked(project, capsys, "--limit", "60") if one["kind"] == "belongs")
    assert run(["suggestions", str(project.folder), "--limit", "60"]) == 0
    lines = capsys.readouterr().out.splitlines()
    beside = " ".join(map(str, one["shown"][0]))
    place = next(n for n, line in enumerate(lines) if f"faces {one['faces'][0]}  beside {beside}  worth" in line)
    assert any("rest on likeness alone" in line for line in lines)
    assert run(["verdict", str(project.folder), *shlex.split(one["answers"]["no"])]) == 0
    assert run(["suggestions", str(project.folder)]) == 0
    assert "likeness alone" not in capsys.readouterr().out
    assert lines[place + 1] == f"    yes: fairdesk verdict {project.folder} {one['answers']['yes']}"


def test_two_faces_without_a_cluster_become_one(crowd, capsys):
    project, _ = crowd
    version = newest_version(project)
    home = max(clusters(project, version), key=lambda one: (one.label != UNCLUSTERED, one.faces)).id
    *alone, placed = [face for face, at in membership(project, version).items() if at == home][:4]

    def said(*words):
        assert run(["verdict", str(project.folder), *map(str, words), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert said("--not", *alone, "--with", placed)["moved"] == 3  # several are one other person
    at = membership(project, version)
    assert len({at[face] for face in alone}) == 1 and at[alone[0]] != at[placed] and len(clusters(project, version)) > 1
    assert run(["undo", str(project.folder)]) == 0
    capsys.readouterr()
    assert [said("--not", face, "--with", placed)["moved"] for face in alone] == [1, 1, 1]
    before = membership(project, version)
    loose = before[alone[0]]
    assert next(one.label for one in clusters(project, version) if one.id == loose) == UNCLUSTERED
    assert said("--confirm", alone[0], "--with", alone[1])["moved"] == 2
    at = membership(project, version)
    assert at[alone[0]] == at[alone[1]] not in before.values()
    assert said("--confirm", alone[0], alone[1], "--with", placed)["moved"] == 2
    at = membership(project, version)
    assert at[alone[0]] == at[alone[1]] == home
    assert said("--confirm", placed, "--with", alone[2])["moved"] == 1  # where the other is alone, it comes along
    assert membership(project, version)[alone[2]] == home
    assert said("--not", alone[0], "--with", placed)["moved"] == 1
    assert membership(project, version)[alone[0]] == loose
    assert said("--not", alone[0], "--with", alone[1])["moved"] == 0  # they are apart already
    assert said("--unsure", alone[1], "--with", placed)["moved"] == 0
    assert Said.UNSURE in [one.said for one in verdicts(project)]
    for _ in range(6):
        assert run(["undo", str(project.folder)]) == 0
    assert membership(project, version) == before and len(verdicts(project)) == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--unsure 1", "--unsure 1 --with FACE .."),
        ("--unsure 1 --cluster 0", "leave --cluster out, and say with --with FACE"),
        ("--unsure 1 --cluster 0 --with 2", "leave --cluster out"),
        ("--not 1 --cluster 0 --with 2", "leave one of them out"),
        (
            "--ignore 1 --cluster 0",
            "--cluster goes with --confirm, --not and --unsure alone: leave it out, --ignore says all",
        ),
        ("--different 0 1 --with 2", "--different says all that it needs"),
        ("--confirm 99999 --cluster 0", "no face 99999"),
        ("--confirm 1 --cluster nobody", "nobody"),
        ("--same 0 0", "is one cluster. Name two"),
        ("--same 0 77", "77"),
        ("--confirm one --cluster 0", "one"),
        ("--confirm -3 --cluster 0", "-3"),
        ("--confirm --cluster 0", "--confirm"),
        ("--same 0", "--same"),
        ("--cluster 0", "--same"),
        ("--confirm 1 --ignore 2", "--ignore"),
        ("--confirm 1 --cluster 0 --version 44", "There is no clustering 44"),
        ("--confirm 1 --version 44", "There is no clustering 44"),
        ("--confirm 1 --cluster 0 --with 2", "not both"),
        ("--same 0 1 --with 2", "alone"),
        ("--confirm 1 --with 1", "both sides"),
        ("--not 1 2 --with 3 2", "Face 2 is named on both sides"),
        ("--confirm 1 --with 99999", "no face 99999"),
        ("--unsure 99999 --with 1", "no face 99999"),
    ],
)
def test_sides_that_make_no_sense_are_refused(crowd, capsys, words, told):
    project, _ = crowd
    assert run(["verdict", str(project.folder), *words.split()]) == 2
    assert told in capsys.readouterr().err and not verdicts(project)


@pytest.mark.parametrize("option", ["--confirm", "--not"])
def test_who_is_left_out_is_told_what_to_type_and_that_is_taken(crowd, capsys, option):
    project, _ = crowd
    version = newest_version(project)
    one = next(one for one in clusters(project, version) if one.label != UNCLUSTERED and one.faces > 2)
    face = next(face for face, home in membership(project, version).items() if home == one.id)
    assert run(["verdict", str(project.folder), option, str(face)]) == 2
    told = capsys.readouterr().err
    words = f"verdict {project.folder} {option} {face} --cluster {one.label}"
    assert f"Name a cluster: fairdesk {words};" in told and f"{option} {face} --with FACE .." in told
    assert not verdicts(project)
    assert run(words.split()) == 0 and len(verdicts(project)) == 1


def test_who_is_left_out_of_faces_of_several_clusters_or_none(crowd, capsys):
    project, _ = crowd
    version = newest_version(project)
    first, second = [one for one in clusters(project, version) if one.label != UNCLUSTERED][:2]
    at = membership(project, version)
    two = [next(str(face) for face, home in at.items() if home == one.id) for one in (first, second)]
    assert run(["verdict", str(project.folder), "--confirm", *two]) == 2
    assert "--cluster C; or" in capsys.readouterr().err
