"""Only made faces that are faces, of nobody real, and marked, come into the project."""

import json

import pytest
import torch
from PIL import Image

from fairdesk.dataset.importing import run as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.faces.encoding import run as encode
from fairdesk.faces.params import EncodeParams
from fairdesk.generation.checking.reviewing import impostor_limit, real_faces
from fairdesk.generation.checking.reviewing import run as review
from fairdesk.generation.making.translating import run as translate
from fairdesk.generation.networks.cyclegan import GeneratorResNet
from fairdesk.generation.params import ReviewParams, TranslateParams
from fairdesk.images.marks import mark_of, save_marked
from fairdesk.jobs.context import QuietContext


@pytest.fixture
def study(project, drawn):
    """The drawn faces as if they were real people, but for the last person of each tone."""
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    gone = [i for (i,) in project.db.rows("SELECT id FROM image WHERE path LIKE '%p52%' OR path LIKE '%p72%'")]
    from fairdesk.dataset.identities import hide_images

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
    why = {face["path"].rsplit("/", 1)[-1]: face["why"] for face in result["faces"]}
    assert why["stranger.png"] == [] and why["small.png"] == []
    assert why["copy.png"][0].startswith("too like a real person: tone 5/p50")
    assert why["wall.png"] == ["no face was found in it"]
    assert why["unmarked.png"] == ["not marked synthetic: it may be a real person"]
    assert (result["passed"], result["imported"]) == (2, 0)
    assert study.db.value("SELECT count(*) FROM image WHERE synthetic IS NOT NULL") == 0


def test_only_accepted_ones_come_in_marked_in_one_step(study, made):
    before = study.db.rows("SELECT * FROM image")
    result = review(ReviewParams(made=made, too_like=0.3, accept=True), QuietContext(study))
    assert result["imported"] == 2
    rows = study.db.rows(
        "SELECT path, synthetic, g.name FROM image i JOIN grp g ON g.id = i.group_id WHERE synthetic IS NOT NULL ORDER BY path"
    )
    assert [row[0].rsplit("/", 1)[-1] for row in rows] == ["small.png", "stranger.png"]
    assert {row[2] for row in rows} == {"tone 5"} and json.loads(rows[0][1]) == {"run": "r"}
    study.journal.undo()
    assert study.db.rows("SELECT * FROM image") == before


def test_the_limit_is_the_projects_own(study, made):
    real = real_faces(study, "dlib")
    assert len(real.who) == 16 or len(real.who) == 15
    with pytest.raises(RequestError, match="--too-like"):
        review(ReviewParams(made=made), QuietContext(study))
    assert 0.3 < impostor_limit(real, 0.02) < impostor_limit(real, 0.5) < 1.2


def test_quality_and_the_source(study, made, drawn):
    sources = {"input": str(drawn), "files": [{"path": "tone 5/s1/copy.png", "file": str(drawn / "tone 5/p50/p50_0001.jpg")},
                                              {"path": "tone 5/s1/stranger.png", "file": str(drawn / "tone 7/p70/p70_0001.jpg")}]}  # fmt: skip
    made.with_name("made.manifest.json").write_text(json.dumps(sources))
    result = review(ReviewParams(made=made, too_like=0.3, like_source=0.4, limits=["side=9999:"]), QuietContext(study))
    faces = {face["path"].rsplit("/", 1)[-1]: face for face in result["faces"]}
    assert faces["copy.png"]["source_distance"] < 0.1  # its own source is no other person
    assert not any("too like" in why for why in faces["copy.png"]["why"])
    assert "not like its source any more" in faces["stranger.png"]["why"]
    assert "not side at least 9999" in faces["small.png"]["why"]
    assert faces["small.png"]["quality"]["faces"] == 1


def test_a_translated_one_knows_its_source_and_its_group(project, drawn, tmp_path):
    """From the project's own images, by a filter: the manifest names the originals, the mark the group."""
    import_folder(ImportParams(folder=drawn), QuietContext(project))
    encode(EncodeParams(detector="hog"), QuietContext(project))
    network = GeneratorResNet(1, 4)
    torch.save(network.state_dict(), tmp_path / "g.pth")
    params = TranslateParams(
        input=project.folder, where=["identity=p50"], g_ab=tmp_path / "g.pth", out=tmp_path / "t", group="tone 7", device="cpu"
    )  # fmt: skip
    assert translate(params, QuietContext())["images"] == 4
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
    found = [face for face in result["faces"] if face["source_distance"] is not None]
    assert len(found) >= 3 and all(face["source_distance"] < 1e-6 for face in found)
    assert result["imported"] == len([face for face in result["faces"] if not face["why"]]) >= 3
    labels = project.db.rows("SELECT DISTINCT who.name, g.name FROM image i JOIN identity who ON who.id = i.identity_id JOIN grp g ON g.id = who.group_id WHERE i.synthetic IS NOT NULL")  # fmt: skip
    assert labels == [("p50", "tone 7")]
    with pytest.raises(ValueError, match="one direction at a time"):
        TranslateParams(**params.model_dump() | {"direction": "both", "g_ba": tmp_path / "g.pth"})
