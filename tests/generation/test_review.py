"""Only made faces that are faces, of nobody real, and marked, come into the project."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.near_vectors import distances
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.faces.embedding import encode_faces as encode
from fairdesk.faces.encoders import encode as encode_of
from fairdesk.faces.encoders import make_encoder
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.generation.checking.real_people import Real, impostor_limit, real_faces, shares_of_groups
from fairdesk.generation.checking.review import _check_group, _look, unchecked
from fairdesk.generation.checking.review import review_faces as review
from fairdesk.generation.making.translation import translate_faces as translate
from fairdesk.generation.networks.cyclegan import GeneratorResNet
from fairdesk.generation.params import ReviewParams, TranslateParams
from fairdesk.images.synthetic_marks import mark_of, save_marked
from fairdesk.jobs.context import QuietContext


@pytest.fixture
def study(project, drawn):
    """The drawn faces as if they were real people, but for the last person of each tone."""
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    gone = [i for (i,) in project.db.rows("SELECT id FROM image WHERE path LIKE '%p52%' OR path LIKE '%p72%'")]
    from fairdesk.project.images import hide_images

    encode(EncodeParams(detector="hog"), QuietContext(project))
    hide_images(project, gone)
    return project


@pytest.fixture
def made(drawn, tmp_path):
    """A stranger, a copy of a person, a wall, a stranger without the mark, and a tiny one."""
    home = tmp_path / "made"
    (home / "tone 5" / "s1").mkdir(parents=True)
    stranger, person = (
        Image.open(drawn / "tone 5" / "p52" / "p52_0001.jpg"),
        Image.open(drawn / "tone 5" / "p50" / "p50_0001.jpg"),
    )
    save_marked(stranger, home / "tone 5" / "s1" / "stranger.png", {"run": "r"})
    save_marked(person, home / "tone 5" / "s1" / "copy.png", {"run": "r"})
    save_marked(Image.new("RGB", (90, 90), "grey"), home / "tone 5" / "s1" / "wall.png", {"run": "r"})
    stranger.save(home / "tone 5" / "s1" / "unmarked.png")
    save_marked(stranger.resize((100, 100)), home / "tone 5" / "s1" / "small.png", {"run": "r"})
    return home


def test_who_passes_and_who_does_not(study, made):
    result = review(ReviewParams(made=made, too_like=0.3), QuietContext(study))
    why = {face.path.rsplit("/", 1)[-1]: face.why for face in result.faces}
    assert why["stranger.png"] == [] and why["small.png"] == []
    assert why["copy.png"][0].startswith("too close to a real identity: tone 5/p50")
    assert why["wall.png"] == ["no face was found in it"]
    assert why["unmarked.png"] == ["not marked synthetic: it may be a real person"]
    assert (result.passed, result.imported) == (2, 0)
    assert study.db.value("SELECT count(*) FROM image WHERE synthetic IS NOT NULL") == 0


def test_only_accepted_ones_come_in_marked_in_one_step(study, made):
    before = study.db.rows("SELECT * FROM image")
    result = review(ReviewParams(made=made, too_like=0.3, accept=True), QuietContext(study))
    assert result.imported == 2
    rows = study.db.rows(
        "SELECT path, synthetic, g.name FROM image i JOIN grp g ON g.id = i.group_id WHERE synthetic IS NOT NULL ORDER BY path"
    )
    assert [row[0].rsplit("/", 1)[-1] for row in rows] == ["small.png", "stranger.png"]
    assert {row[2] for row in rows} == {"tone 5"} and json.loads(rows[0][1]) == {"run": "r"}
    study.journal.undo()
    assert study.db.rows("SELECT * FROM image") == before


def test_an_unmarked_picture_never_comes_in(study, made):
    """Neither when all that pass are accepted, nor when a person names it."""
    from fairdesk.project.originals import unreadable

    passing = review(ReviewParams(made=made, too_like=0.0001, accept=True), QuietContext(study))
    assert passing.imported == 2
    study.journal.undo()
    params = ReviewParams(made=made, only=["tone 5/s1/unmarked.png", "tone 5/s1/stranger.png", "gone.png"])
    result = review(params, QuietContext(study))
    assert (result.imported, result.missing) == (1, 2)
    alone = review(ReviewParams(made=made, only=["tone 5/s1/unmarked.png"]), QuietContext(study))
    assert (alone.imported, alone.missing) == (0, 1)
    paths = study.db.rows("SELECT path FROM image WHERE path LIKE '%unmarked%'")
    assert paths == [] and unreadable(study) == []


def test_the_limit_is_the_projects_own(study, made, monkeypatch):
    real = real_faces(study, study.vectors.find("dlib"))
    assert len(real.who) == 16
    with pytest.raises(RequestError, match="--too-like"):
        review(ReviewParams(made=made), QuietContext(study))
    whole, middle = impostor_limit(real, 0.02), impostor_limit(real, 0.5)
    with monkeypatch.context() as patch:  # of a large project some faces with all others
        patch.setattr("fairdesk.generation.checking.real_people._PAIRS", 100)
        assert impostor_limit(real, 0.02) == impostor_limit(real, 0.02) != whole
        assert abs(impostor_limit(real, 0.5) - middle) < 0.05
    assert 0.3 < impostor_limit(real, 0.02) < impostor_limit(real, 0.5) < 1.2


def test_quality_and_the_source(study, made, drawn):
    sources = {"input": str(drawn), "files": [{"path": "tone 5/s1/copy.png", "file": str(drawn / "tone 5/p50/p50_0001.jpg")},
                                              {"path": "tone 5/s1/stranger.png", "file": str(drawn / "tone 7/p70/p70_0001.jpg")}]}  # fmt: skip
    made.with_name("made.manifest.json").write_text(json.dumps(sources))
    result = review(ReviewParams(made=made, too_like=0.3, like_source=0.4, limits=["side=9999:"]), QuietContext(study))
    faces = {face.path.rsplit("/", 1)[-1]: face for face in result.faces}
    assert faces["copy.png"].source_distance < 0.1  # its own source is no other person
    assert not any("too like" in why for why in faces["copy.png"].why)
    assert "no longer close to its source" in faces["stranger.png"].why
    assert "not side at least 9999" in faces["small.png"].why
    assert faces["small.png"].quality.faces == 1


def test_a_damaged_manifest_is_told(study, made):
    """Without it a translated face would be held to be too like its own source."""
    made.with_name("made.manifest.json").write_text('{"files": [{"path"')
    with pytest.raises(RequestError, match=r"made\.manifest\.json says what these faces were made from"):
        review(ReviewParams(made=made, too_like=0.3), QuietContext(study))


def test_shares_of_groups_of_any_size():
    # 30 people with two faces each, the nearest first: a has 20, b 4, and 6 have no group
    groups = ["a", "b", "a", "a", "b", "a", "a", "a", "a", None, "a", *["a"] * 12, *["b"] * 2, *[None] * 5]
    who = [f"{group}/{n}" for n, group in enumerate(groups)]
    real = Real(np.empty((60, 0), dtype=np.float32), who * 2, groups * 2, [], "euclidean")
    table = np.concatenate([np.arange(30.0), np.arange(30.0) + 100])  # the second faces are far from all
    # of the ten nearest people with a group 8 of 20 are of a, 2 of 4 of b: .4 to .5
    assert shares_of_groups(table, real) == {"b": pytest.approx(5 / 9), "a": pytest.approx(4 / 9)}
    assert shares_of_groups(table, real, {"b/1", "b/4"}) == {"a": 1.0, "b": 0.0}  # whom it was translated from
    assert shares_of_groups(table, replace(real, groups=["a"] * 60)) == {}  # one group only
    few = replace(real, groups=([*["a"] * 5, *["b"] * 4, *[None] * 21]) * 2)
    assert shares_of_groups(table, few) == {}  # nine people


def test_a_face_that_is_not_near_its_group(study, made, monkeypatch):
    for module in ("real_people", "review"):
        monkeypatch.setattr(f"fairdesk.generation.checking.{module}.NEIGHBOURS", 3)
    real = real_faces(study, study.vectors.find("dlib"))
    result = review(ReviewParams(made=made, too_like=0.3), QuietContext(study))
    (stranger,) = [face for face in result.faces if face.path.endswith("stranger.png")]
    encoder = make_encoder(EncodeParams(), "cpu")
    pixels, box, _ = _look(made / "tone 5" / "s1" / "stranger.png", DetectParams(faces="all").key)
    order = np.argsort(distances(encode_of(encoder, [(pixels, box)]), real.vectors, "euclidean")[0])
    nearest = list(dict.fromkeys(real.who[n] for n in order))[:3]  # of 2 + 2 people
    fives, sevens = (sum(name.startswith(f"tone {tone}") for name in nearest) for tone in (5, 7))
    assert stranger.group == "tone 5" and stranger.group_share == pytest.approx(fives / (fives + sevens))
    share = 100 * result.groups["tone 5"].made
    assert f"of their own group among the 3 nearest real people: tone 5 {share:.0f} % (real: " in result.summary
    own = []  # of the real people of tone 5, with themselves left out
    for n in [n for n, group in enumerate(real.groups) if group == "tone 5"]:
        order = np.argsort(np.linalg.norm(real.vectors - real.vectors[n], axis=1))
        three = [
            name[:6] for name in dict.fromkeys(real.who[k] for k in order if real.who[k] != real.who[n])
        ]  # 1 + 2 people
        own.append(three.count("tone 5") / (three.count("tone 5") + three.count("tone 7") / 2))
    assert result.groups["tone 5"].real == pytest.approx(np.mean(own))
    strict = review(ReviewParams(made=made, too_like=0.3, like_group=0.99), QuietContext(study))
    assert strict.passed == 0 and strict.reasons["not close to its group"] >= 2
    (far,) = [face.why for face in strict.faces if face.path.endswith("stranger.png")]
    assert far[0].endswith(
        f"{100 * fives / 3:.0f} % of its nearest real people are of tone 5, {100 * max(fives, sevens) / 3:.0f} % of tone {5 if fives > sevens else 7}"
    )


def test_what_is_not_known_of_a_group():
    face = unchecked("x.png", "c")
    _check_group(face, {"a": 0.7, "b": 0.3}, None)
    assert face.group_share is None and face.group_share_why == "no real person of c has an embedding" and not face.why
    _check_group(face, {"a": 0.7, "b": 0.3}, 0.5)
    assert face.why == ["closeness to its group unknown: no real person of c has an embedding"]
    nobody = unchecked("x.png", None)
    _check_group(nobody, {"a": 0.7, "b": 0.3}, 0.5)
    assert nobody.group_share_why == "it represents no group" and not nobody.why


def test_a_translated_one_knows_its_source_and_its_group(project, drawn, tmp_path):
    """From the project's own images, by a filter: the manifest names the originals, the mark the group."""
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    encode(EncodeParams(detector="hog"), QuietContext(project))
    network = GeneratorResNet(1, 4)
    torch.save(network.state_dict(), tmp_path / "g.pth")
    params = TranslateParams(
        input=project.folder, where=["identity=p50"], g_ab=tmp_path / "g.pth", out=tmp_path / "t", group="tone 7", device="cpu"
    )  # fmt: skip
    assert translate(params, QuietContext()).images == 4
    assert {p.parent.name for p in (tmp_path / "t").rglob("*.png")} == {"p50"}
    # a perfect translation: the sources themselves, with the marks of the translated
    rows = json.loads((tmp_path / "t.manifest.json").read_text())["files"]
    for row in rows:
        mark = json.loads(mark_of(tmp_path / "t" / row["path"]))
        assert mark["group"] == "tone 7" and mark["source"] == row["source"]
        save_marked(Image.open(row["file"]), tmp_path / "t" / row["path"], mark)
    result = review(
        ReviewParams(made=tmp_path / "t", too_like=0.1, like_source=0.2, accept=True), QuietContext(project)
    )
    found = [face for face in result.faces if face.source_distance is not None]
    assert {face.group_share_why for face in found} == {"fewer than 10 real people of two groups have an embedding"}
    assert result.imported == len([face for face in result.faces if not face.why]) >= 3
    labels = project.db.rows("SELECT DISTINCT who.name, g.name FROM image i JOIN identity who ON who.id = i.identity_id JOIN grp g ON g.id = who.group_id WHERE i.synthetic IS NOT NULL")  # fmt: skip
    assert labels == [("p50", "tone 7")]
    with pytest.raises(ValueError, match="one direction at a time"):
        TranslateParams(**params.model_dump() | {"direction": "both", "g_ba": tmp_path / "g.pth"})
