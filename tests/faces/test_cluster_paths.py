"""Each worker looks for some originals before it does anything, and says what it does not find, and what to give."""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from fairdesk.errors import RequestError
from fairdesk.faces.cluster_paths import Probe, look_first, on_workers, with_sums
from fairdesk.jobs.context import QuietContext
from fairdesk.project.detections import unseen_images
from fairdesk.project.erasure import erase_images
from fairdesk.project.faces import face_places, largest_faces


def ready(done):
    done.append("ready")


def test_some_of_each_folder_are_tried(filled, tmp_path):
    home = tmp_path / "photographs"
    todo = unseen_images(filled, "hog")
    seen, (g0, rest) = on_workers(todo, [f"{home / 'g0'}=/mnt/g0"])
    assert [one.path for one in seen[:20]] == [one.path.replace(str(home), "/mnt") for one in todo[:20]]
    assert [one.path for one in seen[20:]] == [one.path for one in todo[20:]]
    assert g0.rule == f"{home / 'g0'}=/mnt/g0" and len(g0.paths) == 10 == len(set(g0.paths))
    assert set(g0.paths) <= {one.path for one in seen[:20]} and rest.rule is None
    assert set(rest.paths) == {one.path for one in todo[20::2]}  # half of twenty, evenly
    home.rename(tmp_path / "gone")  # what is nowhere to be found here need not be there on a worker
    assert [probe.rule for probe in on_workers(todo, [f"{home / 'g0'}=/mnt/g0"])[1]] == [g0.rule]
    assert on_workers(todo, None)[1] == [] and on_workers([], None) == ([], [])


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_rule_that_leads_nowhere_is_named(tmp_path, scheme):
    done, there = [], tmp_path / "there.jpg"
    there.write_bytes(b"x")
    nowhere = [f"{scheme}{tmp_path}/no/{n}.jpg" for n in range(3)]
    look_first([Probe("a=b", (nowhere[0], f"{scheme}{there}"))], ready, (done,))  # one that is there is enough
    assert done == ["ready"]
    with pytest.raises(RequestError) as told:
        look_first([Probe("a=b", (f"{scheme}{there}",)), Probe(f"/a={scheme}/no", tuple(nowhere))], ready, (done,))
    assert done == ["ready"]  # nothing is loaded
    assert re.search(
        rf"does not find {nowhere[0]} \(.*\), nor 2 other originals that were tried\. --workers-see /a={scheme}/no says",
        str(told.value),
    )
    with pytest.raises(RequestError, match=rf"--workers-see {tmp_path}/no=FOLDER-THERE"):
        look_first([Probe(None, (f"{tmp_path}/no/1.jpg",))], ready, (done,))


def test_each_original_has_the_sum_of_what_was_imported(filled, tmp_path):
    home = tmp_path / "photographs"
    todo = unseen_images(filled, "hog")
    first, second, third = (Path(one.path) for one in todo[:3])
    first.write_bytes(first.read_bytes() + b" ")  # replaced since the import: it is refused, here too
    second.unlink()
    imported = filled.db.rows("SELECT sha256 FROM image ORDER BY id")
    with_them = with_sums(todo, QuietContext(filled))
    assert [one._replace(sha256=b"") for one in with_them] == todo
    assert hashlib.sha256(first.read_bytes()).hexdigest() != imported[0][0]
    assert [one.sha256.hex() for one in with_them] == [row[0] for row in imported]
    faces = face_places(filled, largest_faces(filled, "whole", [one.id for one in todo]))
    assert [one.sha256 for one in with_sums(faces, QuietContext(filled))] == [one.sha256 for one in with_them]
    erase_images(filled, [todo[0].id], [])
    assert [one.id for one in with_sums(todo, QuietContext(filled))] == [one.id for one in todo[1:]]
    assert with_sums([], QuietContext(filled)) == [] and home.is_dir() and third.is_file()


def test_members_of_archives_are_looked_for_by_their_archive(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK")
    look_first([Probe(None, (f"{tmp_path}/a.zip/x/1.jpg",))], ready, ([],))
    with pytest.raises(RequestError, match=r"b\.zip/x/1\.jpg"):
        look_first([Probe(None, (f"{tmp_path}/b.zip/x/1.jpg",))], ready, ([],))


def test_an_address_that_nothing_opens_is_told(tmp_path):
    with pytest.raises(RequestError, match="Protocol not known: foo"):
        look_first([Probe("a=foo://b", ("foo://b/1.jpg",))], ready, ([],))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_other_files_of_the_same_names_are_refused(filled, tmp_path, scheme):
    home, there = tmp_path / "photographs", tmp_path / "there"
    todo = unseen_images(filled, "hog")
    shutil.copytree(home, there)
    _, probes = on_workers(todo, [f"{home}={scheme}{there}"])
    done = []
    look_first(probes, ready, (done,))
    assert done == ["ready"] and len(probes[0].sums) == 10
    one, other = sorted(there.rglob("*.png"))[:2]  # they change places
    one.rename(there / "kept")
    other.rename(one)
    (there / "kept").rename(other)
    with pytest.raises(
        RequestError, match=rf"another photograph at {scheme}{one} .* --workers-see .* leads to other files"
    ):
        look_first(probes, ready, (done,))
    assert done == ["ready"]
