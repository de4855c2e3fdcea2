"""FID, KID, precision and recall against torchmetrics and by hand; copies are found."""

import numpy as np
import pytest
import torch
from PIL import Image
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from fairdesk.dataset.image_import import import_images as import_folder
from fairdesk.dataset.params import ImportParams
from fairdesk.errors import RequestError
from fairdesk.generation.checking.assessment import assess_faces as assess
from fairdesk.generation.checking.feature_distances import diversity, fid, kid, mmd, nearest, precision_recall
from fairdesk.generation.params import AssessParams
from fairdesk.images.synthetic_marks import save_marked
from fairdesk.jobs.context import QuietContext

RNG = np.random.default_rng(3)
REAL, MADE = RNG.normal(size=(80, 6)), RNG.normal(0.4, 1.3, size=(60, 6))


def test_fid_is_torchmetrics():
    sides = [(torch.from_numpy(x.mean(0)), torch.from_numpy(np.cov(x, rowvar=False))) for x in (REAL, MADE)]
    theirs = _compute_fid(*sides[0], *sides[1]).item()
    assert fid(REAL, MADE) == pytest.approx(theirs, rel=1e-9)
    assert fid(REAL, REAL) == pytest.approx(0, abs=1e-9)
    few = RNG.normal(size=(4, 20))  # fewer images than numbers: the covariance has no inverse
    assert fid(few, few + 1) == pytest.approx(20, rel=1e-6)
    with pytest.raises(RequestError, match="at least 2 images on each side"):
        fid(REAL[:1], MADE)


def test_kid_is_torchmetrics():
    theirs = poly_mmd(torch.from_numpy(REAL[:60]), torch.from_numpy(MADE), degree=3, gamma=None, coef=1.0).item()
    assert mmd(REAL[:60], MADE) == pytest.approx(theirs, rel=1e-9)
    mean, spread = kid(REAL, MADE, np.random.default_rng(1), subsets=20, size=40)
    assert mean > 0 and spread > 0
    same = [kid(*np.split(RNG.normal(size=(400, 6)), 2), np.random.default_rng(n), subsets=5)[0] for n in range(10)]
    assert abs(np.mean(same)) < 0.02  # unbiased: about 0 for two halves of one


def test_precision_and_recall_by_hand():
    real = np.array([[0.0], [1], [2], [3], [4]])
    made = np.array([[0.5], [1.5], [100], [101], [102.0]])
    assert precision_recall(real, made, k=1) == (0.4, 0.6)
    found = nearest(real, made)
    assert found.place.tolist()[2:] == [4, 4, 4] and found.distance.tolist()[2] == 96 and set(found.real) == {1.0}
    assert diversity(np.array([[0.0], [2], [4]])) == pytest.approx(8 / 3)


def test_made_faces_beside_real_ones(drawn, tmp_path):
    """The drawn faces against themselves, brightened, with two copies among them."""
    home = tmp_path / "made"
    for number, path in enumerate(sorted(drawn.rglob("*.jpg"))):
        target = home / path.parent.parent.name / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        image = Image.open(path).convert("RGB")
        if number >= 2:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((90, 90)).point(lambda v: v // 3 + 90)
        image.save(target, quality=80)
    (home / "tone 5" / "p50" / "bad.jpg").write_bytes(b"x")
    result = assess(AssessParams(made=home, real=drawn, examples=24), QuietContext())
    assert (result.real, result.made, result.encoder) == (24, 24, "dlib (whole pictures as chips)")
    assert 2 <= result.copies <= 4
    copied = {pair.a.rsplit("/", 1)[-1] for pair in result.nearest if pair.is_copy}
    assert {"p50_0001.jpg", "p50_0002.jpg"} <= copied
    assert [u.why for u in result.unreadable] == ["not a picture in a known format"]
    assert set(result.groups) == {"tone 5", "tone 7"} and result.groups["tone 5"].fid > 0
    same = assess(AssessParams(made=drawn, real=drawn), QuietContext())
    assert same.fid == pytest.approx(0, abs=1e-6) and (same.precision, same.recall) == (1.0, 1.0)
    with pytest.raises(RequestError, match="at least 8"):
        assess(AssessParams(made=home / "tone 5" / "p50", real=drawn), QuietContext())


def test_a_made_face_is_never_real_and_its_mark_says_whom_it_stands_for(drawn, tmp_path, project):
    real, made = tmp_path / "real", tmp_path / "made"
    for path in sorted(drawn.rglob("*.jpg")):
        for home in (real, made):
            (home / path.relative_to(drawn)).parent.mkdir(parents=True, exist_ok=True)
        (real / path.relative_to(drawn)).write_bytes(path.read_bytes())
        group = "tone 7" if "tone 5" in str(path) else "tone 5"  # its folder says something else
        with Image.open(path) as image:
            save_marked(image, made / path.relative_to(drawn).with_suffix(".png"), {"run": "r", "group": group})
            if path.stem.endswith("1"):
                save_marked(image, real / "tone 5" / "p50" / f"{path.stem}.png", {"run": "r"})
    context = QuietContext()
    result = assess(AssessParams(made=made, real=real), context)
    assert (result.real, result.made) == (24, 24)
    assert [one.why for one in result.unreadable] == ["a synthetic face, not a real one"] * 6
    assert "6 files left out" in result.summary and any("a synthetic face" in text for text in context.messages)
    tones = [drawn / tone for tone in ("tone 5", "tone 7")]
    crossed = assess(AssessParams(made=tones[1], real=tones[0]), QuietContext())
    assert result.groups["tone 5"].fid == pytest.approx(crossed.fid, rel=0.01)
    import_folder(ImportParams(folder=real), QuietContext(project))
    with pytest.raises(RequestError, match="holds 6 synthetic images"):
        assess(AssessParams(made=project.folder, real=drawn), QuietContext())
