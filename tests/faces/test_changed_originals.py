"""Originals that were replaced after the import: what reads them says so, and nothing is said of others."""

import json
import os
import shlex
import shutil
from contextlib import closing

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.dataset.duplicates import find_duplicates
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.label_sources import label_faces
from fairdesk.dataset.leaks import check_leaks
from fairdesk.dataset.params import DuplicatesParams, ImportParams, LabelParams, QualityParams
from fairdesk.dataset.prepare_params import LeaksParams
from fairdesk.dataset.quality_measurement import measure_quality
from fairdesk.faces import deepface_models, pipeline
from fairdesk.faces.detection import find_faces
from fairdesk.faces.embedding import encode_faces
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.params import ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from fairdesk.project import Project
from fairdesk.project.images import hide_images
from tests.conftest import plain_images


@pytest.fixture
def originals(tmp_path):
    plain_images(tmp_path / "in", 2, 2, 3, side=20)
    return sorted((tmp_path / "in").rglob("*.png"))


@pytest.fixture
def project(tmp_path, originals):
    made = Project.create(tmp_path / "p.fairdesk")
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(made))
    yield made
    made.close()


def replace(old, new):
    shutil.copyfile(new, old)


def keep_times(old, new):
    """Replace a file by one of the same length, with the old time: only what a program cannot set tells."""
    before = old.stat()
    data = bytearray(old.read_bytes())
    data[-1] ^= 1
    old.write_bytes(data)
    os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))


def rename(old, new):
    aside = old.with_suffix(".aside")
    shutil.copyfile(new, aside)
    aside.replace(old)


@pytest.mark.parametrize(
    "how", [replace, rename, pytest.param(keep_times, marks=pytest.mark.skipif(os.name != "posix", reason="ctime"))]
)
def test_encode_tells_which_originals_were_replaced(project, originals, how):
    how(originals[0], originals[7])
    context = QuietContext(project)
    result = encode_faces(EncodeParams(detector="whole"), context)
    assert result.changed == [str(originals[0])]
    told = [text for text in context.messages if "another file than the one that was imported" in text]
    assert (
        len(told) == 1
        and str(originals[0]) in told[0]
        and f"fairdesk import PROJECT {originals[0].parents[2]}" in told[0]
    )
    assert "1 original has changed" in result.text() and str(originals[0]) in result.text()
    assert "1 original has changed" in result.caution()


def test_faces_that_were_found_before_are_compared_too(project, originals):
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    replace(originals[3], originals[8])
    assert encode_faces(EncodeParams(detector="whole"), QuietContext(project)).changed == [str(originals[3])]


def test_same_contents_with_other_times_are_no_change(project, originals):
    for original in originals:
        os.utime(original)
    aside = originals[0].with_suffix(".aside")
    shutil.copyfile(originals[0], aside)
    aside.replace(originals[0])
    context = QuietContext(project)
    result = encode_faces(EncodeParams(detector="whole"), context)
    assert result.changed == [] and "changed" not in result.text() and result.caution() is None
    assert not any("another file" in text for text in context.messages)


def test_a_missing_file_is_not_a_changed_one(project, originals):
    originals[0].unlink()
    originals[1].unlink()
    originals[1].mkdir()
    result = find_faces(DetectParams(detector="whole"), QuietContext(project))
    assert result.changed == [] and {one.path for one in result.unreadable} == {str(originals[0]), str(originals[1])}


def test_without_kept_facts_the_files_are_read(project, originals, tmp_path):
    project.close()
    (tmp_path / "p.fairdesk" / "facts.sqlite").unlink()
    replace(originals[2], originals[9])
    again = Project.open(tmp_path / "p.fairdesk")
    assert find_faces(DetectParams(detector="whole"), QuietContext(again)).changed == [str(originals[2])]
    again.close()


def test_members_of_an_archive(tmp_path, originals):
    archive = shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    project = Project.create(tmp_path / "z.fairdesk")
    import_images(ImportParams(folder=archive), QuietContext(project))
    replace(originals[4], originals[10])
    shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    changed = find_faces(DetectParams(detector="whole"), QuietContext(project)).changed
    assert len(changed) == 1 and changed[0].endswith(str(originals[4].relative_to(tmp_path / "in")))
    project.close()


def test_the_verbs_say_it(project, originals, tmp_path, capsys):
    project.close()
    replace(originals[0], originals[7])
    assert run(["detect", str(tmp_path / "p.fairdesk"), "--detector", "whole", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["changed"] == [str(originals[0])]
    assert "another file than the one that was imported" in said.err


def test_what_was_done_before_is_told_of_too(project, originals):
    asked = EncodeParams(detector="whole")
    encode_faces(asked, QuietContext(project))
    assert encode_faces(asked, QuietContext(project)).changed == []
    replace(originals[5], originals[0])
    context = QuietContext(project)
    again = encode_faces(asked, context)
    assert (again.encoded_now, again.changed) == (0, [str(originals[5])]) and again.caution()
    assert sum("another file" in text for text in context.messages) == 1
    assert find_faces(DetectParams(detector="whole"), QuietContext(project)).changed == [str(originals[5])]
    others = EncodeParams(detector="whole", where=["group=g0"])
    in_group = "g0" in originals[5].parts
    assert encode_faces(others, QuietContext(project)).changed == ([str(originals[5])] if in_group else [])
    import_images(ImportParams(folder=originals[0].parents[2]), QuietContext(project))
    assert encode_faces(asked, QuietContext(project)).changed == []


def pair_list(path, *pairs):
    path.write_text("path1,path2,label\n" + "".join(f"{one},{other},1\n" for one, other in pairs))
    return path


def test_scores_tell_of_the_originals_of_their_images_alone(project, originals, tmp_path, capsys):
    encode_faces(EncodeParams(detector="whole"), QuietContext(project))
    replace(originals[1], originals[6])
    replace(originals[9], originals[6])
    pairs = pair_list(tmp_path / "pairs.csv", (originals[0], originals[1]), (originals[3], originals[4]))
    asked = ScoreParams(pairs=pairs, encoder="dlib", out=tmp_path / "s.npz")
    context = QuietContext(project)
    result = score_pairs(asked, context)
    assert result.changed == [str(originals[1])]
    assert sum("another file" in text for text in context.messages) == 1
    assert "1 original has changed" in result.text() and "1 original has changed" in result.caution()
    verb = ["score", str(project.folder), "--encoder", "dlib", "--pairs", str(pairs), "--out", str(tmp_path / "t.npz")]
    project.close()
    assert run([*verb, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"] == [str(originals[1])]


def test_scores_that_encode_first_say_it_once(project, originals, tmp_path):
    replace(originals[1], originals[6])
    pairs = pair_list(tmp_path / "pairs.csv", (originals[0], originals[1]))
    context = QuietContext(project)
    result = score_pairs(ScoreParams(pairs=pairs, encoder="dlib", detector="whole", out=tmp_path / "s.npz"), context)
    assert result.changed == []  # what stands in its place is not encoded
    assert sum("is another file than the one that was imported" in text for text in context.messages) == 1
    assert result.genuine + result.impostor == 0 or np.isnan(np.load(tmp_path / "s.npz")["score"]).all()


def test_what_stood_in_an_originals_place_for_a_while_leaves_nothing(project, originals, tmp_path):
    """A wrong volume at the same path: no embedding of it is kept, and the right one is made once the original is back."""
    data, before = originals[1].read_bytes(), originals[1].stat()
    params = EncodeParams(encoder="dlib", detector="whole")
    with closing(Project.create(tmp_path / "fresh.fairdesk")) as fresh:
        import_images(ImportParams(folder=tmp_path / "in"), QuietContext(fresh))
        encode_faces(params, QuietContext(fresh))
        order, right = fresh.vectors.of_images(fresh.vectors.choose().recipe)
        right = np.array(right)[np.argsort(order)]
    replace(originals[1], originals[6])
    first = encode_faces(params, QuietContext(project))
    recipe = project.vectors.choose().recipe
    known = project.vectors.of_images(recipe)[0]
    assert first.changed == [str(originals[1])] and len(known) == len(originals) - 1
    originals[1].write_bytes(data)
    os.utime(originals[1], ns=(before.st_atime_ns, before.st_mtime_ns))
    again = encode_faces(params, QuietContext(project))
    images, vectors = project.vectors.of_images(recipe)
    assert again.changed == [] and len(images) == len(originals)
    assert np.abs(np.array(vectors)[np.argsort(images)] - right).max() < 1e-5


def test_predictions_tell_it(project, originals, monkeypatch):
    monkeypatch.setattr(deepface_models, "prepare", lambda *_args, **_more: None)
    monkeypatch.setattr(deepface_models, "analyse", lambda *_args: {"gender": ("female", 0.9)})
    find_faces(DetectParams(detector="whole"), QuietContext(project))
    asked = LabelParams(backend="deepface", actions="gender")
    assert label_faces(asked, QuietContext(project)).changed == []
    replace(originals[2], originals[6])
    again = label_faces(asked, QuietContext(project))
    assert again.changed == [str(originals[2])] and "1 original has changed" in again.text() and again.caution()


def test_every_verb_tells_missing_originals_where_nothing_is_read(project, originals, tmp_path, capsys):
    params = EncodeParams(encoder="dlib", detector="whole")
    encode_faces(params, QuietContext(project))
    capsys.readouterr()
    measure_quality(QualityParams(detector="whole"), QuietContext(project))
    originals[1].unlink()
    originals[4].unlink()
    hide_images(project, [9])
    originals[8].unlink()  # whoever hid it need not hear of it
    verbs = ["detect --detector whole", "encode --encoder dlib --detector whole", "quality", "vectors --out v.npz"]
    old = shlex.quote(os.path.commonpath([originals[1].parent, originals[4].parent]))
    for verb, *options in map(str.split, verbs):
        options = [str(tmp_path / one) if one == "v.npz" else one for one in options]
        capsys.readouterr()
        assert run([verb, str(project.folder), *options]) == 0
        said = capsys.readouterr().out
        command = f"fairdesk relink {shlex.quote(str(project.folder))} {old} NEW-FOLDER"
        assert f"2 originals are missing (Find moved originals: {command}):" in said
        assert f"  {originals[1]}\n  {originals[4]}" in said and str(originals[8]) not in said


def test_duplicates_tell_what_was_replaced_and_what_is_gone(project, originals, tmp_path):
    replace(originals[3], originals[8])
    originals[5].unlink()
    context = QuietContext(project)
    result = find_duplicates(DuplicatesParams(), context)
    assert result.changed == [str(originals[3])] and result.missing == 1 and result.unreadable == []
    assert sum("another file than the one that was imported" in text for text in context.messages) == 1
    (gone,) = [text for text in context.messages if "1 original is missing" in text]
    assert str(originals[5]) in gone and "relink" in gone
    assert "1 original has changed" in result.text() and "1 original has changed" in result.caution()
    originals[0].unlink()
    hide_images(project, [1, 4])  # what is hidden is not compared, and so not told
    assert str(originals[5]) in [find_duplicates(DuplicatesParams(), context), context.messages[-1]][1]
    hide_images(project, [6])
    result = find_duplicates(DuplicatesParams(), context)
    assert (result.changed, result.missing, result.caution()) == ([], 0, None)


def test_leaks_tell_of_both_sides(project, originals, tmp_path):
    other = tmp_path / "other.fairdesk"
    with closing(Project.create(other)) as second:
        import_images(ImportParams(folder=tmp_path / "in"), QuietContext(second))
    replace(originals[3], originals[8])
    originals[5].unlink()
    context = QuietContext()
    result = check_leaks(LeaksParams(a=project.folder, b=other), context)
    assert result.changed == [str(originals[3])] * 2
    assert sum("another file than the one that was imported" in text for text in context.messages) == 2
    assert [one.path for one in result.unreadable] == [str(originals[5])] * 2
    assert (
        f"1 original is missing (Find moved originals): {originals[5]}" in result.caution()
    )  # the same file on both sides
    assert "2 originals have changed" in result.caution()
    result = check_leaks(LeaksParams(a=tmp_path / "in", b=other), context)
    assert result.changed == [str(originals[3])]
    assert check_leaks(LeaksParams(a=tmp_path / "in", b=tmp_path / "in"), context).caution() is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_an_originals_place_is_told_and_the_rest_goes_on(project, originals):
    originals[2].unlink()
    os.mkfifo(originals[2])
    encode_faces(EncodeParams(encoder="dlib", detector="whole"), QuietContext(project))
    assert len(project.vectors.of_images(project.vectors.choose().recipe)[0]) == len(originals) - 1
    assert find_duplicates(DuplicatesParams(), QuietContext(project)) is not None


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("how", [replace, rename])
def test_what_is_replaced_during_the_run_leaves_nothing(project, originals, monkeypatch, how, known):
    """After the look at its start: it is refused as it is read, told, and encoded once it is imported again."""
    monkeypatch.setattr("fairdesk.jobs.pool.processes", lambda: 1)
    if known:
        find_faces(DetectParams(detector="whole"), QuietContext(project))
    data, plain = originals[7].read_bytes(), pipeline.read_pixels

    def read(path, *sums):
        if originals[7].read_bytes() == data:  # the first that is read: the look was before
            how(originals[7], originals[2])
        return plain(path, *sums)

    monkeypatch.setattr(pipeline, "read_pixels", read)
    params = EncodeParams(encoder="dlib", detector="whole")
    first = encode_faces(params, QuietContext(project))
    assert first.changed == [] and (first.vectors, first.encoded_now) == (11, 11)
    (left,) = [*first.unreadable, *first.failed]
    assert str(originals[7]).endswith(left.path) and "another file" in left.why and "another file" in first.caution()
    assert encode_faces(params, QuietContext(project)).changed == [str(originals[7])]
    import_images(ImportParams(folder=originals[0].parents[2]), QuietContext(project))
    again = encode_faces(params, QuietContext(project))
    assert (again.vectors, again.encoded_now, again.changed) == (12, 1, []) and again.caution() is None
    recipe = project.vectors.choose().recipe
    images, vectors = project.vectors.of_images(recipe)
    paths = {row[0]: row[1] for row in project.db.rows("SELECT id, path FROM image")}
    place = {originals[0].parents[2] / paths[image]: row for row, image in enumerate(images.tolist())}
    np.testing.assert_allclose(
        vectors[place[originals[7]]], vectors[place[originals[2]]], atol=1e-5
    )  # the same photograph
