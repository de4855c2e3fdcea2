"""Detectors and encoders as text and as values."""

from __future__ import annotations

import json

import pytest

from fairdesk.cli import run
from fairdesk.faces.params import DetectParams, EncodeParams
from fairdesk.project.detector_key import DetectorKey
from fairdesk.project.encoder_ref import EncoderRef, encoder_text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("hog", DetectorKey()), ("cnn+all", DetectorKey("cnn", every=True)), ("hog@2", DetectorKey("hog", upsample=2)),
        ("hog+all@2/1500", DetectorKey("hog", True, 2, 1500)), ("hog/300", DetectorKey("hog", max_side=300)),
        ("deepface:yunet+all@0", DetectorKey("deepface:yunet", True, 0)), ("whole", DetectorKey("whole")),
    ],
)  # fmt: skip
def test_there_and_back(text, key):
    assert str(key) == text and DetectorKey.parse(text) == key
    assert DetectParams.of(key).key == key


def test_what_changes_nothing_is_not_written():
    assert str(DetectorKey.parse("hog@1/2000")) == "hog"
    assert str(DetectorKey("whole", True, 3, 400)) == "whole"


@pytest.mark.parametrize(
    "text", ["", "eyes", "deepface:", "deepface", "hog@", "hog@4", "hog/10", "hog all", "hog/300@2", "all+hog"]
)
def test_no_detectors(text):
    with pytest.raises(ValueError, match=r"hog, hog-fast, cnn, whole|enlarges 0 to"):
        DetectorKey.parse(text)


def test_options_of_the_verb():
    key = DetectorKey("hog", True, 2, 1500)
    assert key.options() == "--detector hog --faces all --upsample 2 --max-side 1500"


@pytest.mark.parametrize(
    ("text", "stored"),
    [("dlib", "dlib"), ("resnet50", "resnet50"), ("deepface:SFace", "deepface:SFace"), ("onnx:/a/b c.onnx", "onnx:b c.onnx"),
     ("arcface:/a/m:1.pth", "arcface:m:1.pth"), ("arcface:/a/run/backbone.safetensors", "arcface:run")],
)  # fmt: skip
def test_encoders(text, stored):
    ref = EncoderRef.parse(text)
    assert (str(ref), ref.stored, encoder_text(text)) == (text, stored, text)
    assert (ref.file is not None) == (ref.kind in ("arcface", "onnx"))


def test_a_run_is_its_weights(tmp_path):
    (tmp_path / "run").mkdir()
    ref = EncoderRef.parse(f"arcface:{tmp_path / 'run'}")
    assert ref.file == tmp_path / "run" / "backbone.safetensors" and ref.stored == "arcface:run"


@pytest.mark.parametrize("text", ["", "dlib:", "dlib:x", "deepface:", "arcface:", "onnx:", "facenet", "file:x"])
def test_no_encoders(text):
    with pytest.raises(ValueError, match=r"dlib, dlib-reference, resnet50, deepface:NAME"):
        EncoderRef.parse(text)


@pytest.mark.parametrize(
    "name",
    [
        "hog",
        "hog+all",
        "hog@2",
        "hog/1500",
        "hog+all@2/1500",
        "cnn@0",
        "whole",
        "deepface:yunet+all",
        "hog-fast/900",
        "hog@1",
    ],
)
def test_detect_takes_every_name_that_results_have(name):
    """As `encode` does: no name that is printed is refused where it is typed."""
    key = DetectorKey.parse(name)
    assert DetectParams(detector=name).key == key == DetectParams(detector=str(key)).key
    assert DetectParams(detector=name) == DetectParams.of(key) and DetectParams(detector=name).detector == key.name
    assert str(DetectParams(detector=name).key) == EncodeParams(detector=name).detector


def test_a_setting_beside_a_full_name_may_not_be_another(capsys, tmp_path):
    assert DetectParams(detector="hog+all@2/1500", faces="all", upsample=2).max_side == 1500
    for given in ({"upsample": 3}, {"max_side": 900}):
        with pytest.raises(ValueError, match=r"in the detector's name, hog\+all@2/1500"):
            DetectParams(detector="hog+all@2/1500", **given)
    for wrong in ("hog+all@9", "hog@x", "eyes+all"):
        with pytest.raises(ValueError, match="detector"):
            DetectParams(detector=wrong)
    assert run(["new", str(tmp_path / "p")]) == 0
    assert run(["detect", str(tmp_path / "p"), "--detector", "hog+all@2/1500", "--upsample", "3"]) == 2
    assert "--upsample: is 2 in the detector's name" in capsys.readouterr().err
    assert run(["detect", str(tmp_path / "p"), "--detector", "hog+all@2/1500", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["detector"] == "hog+all@2/1500"


@pytest.mark.parametrize("text", ["hog@-1", "hog@4", "cnn+all@-2/1500"])
def test_how_often_it_can_enlarge_is_told(text):
    with pytest.raises(ValueError, match="enlarges 0 to 3 times"):
        DetectorKey.parse(text)
