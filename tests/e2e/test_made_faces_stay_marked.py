"""A made face through every list and export, and back: it is left out, or still marked."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from fairdesk.cli.main import run as main
from fairdesk.images.drawn_faces import draw_face, draw_person
from fairdesk.images.synthetic_marks import mark_of, save_marked


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Two groups of two people with two photographs each, and one made face of each person."""
    home = tmp_path_factory.mktemp("made") / "faces"
    for tone in (3, 8):
        for number in range(2):
            person = draw_person(np.random.default_rng([tone, number]), tone)
            folder = home / f"tone {tone}" / f"p{tone}{number}"
            folder.mkdir(parents=True)
            for image in range(3):
                picture = draw_face(person, np.random.default_rng([tone, number, image]), 96)
                if image == 2:
                    save_marked(picture, folder / "made.png", {"run": "r"})
                else:
                    picture.save(folder / f"{image}.png")
    return home


@pytest.fixture
def verb(capsys):
    def run_verb(*words):
        got = main([str(word) for word in (*words, "--json")])
        out, err = capsys.readouterr()
        assert got == 0, err
        return json.loads(out)

    return run_verb


def manifest(place):
    return json.loads(place.with_name(f"{place.name}.manifest.json").read_text())


def marked_files(folder):
    return {path for path in folder.rglob("*") if path.is_file() and path.suffix == ".png" and mark_of(path)}


def test_out_of_a_folder(verb, faces, tmp_path):
    for out, *words in (
        ("sampled", "sample", faces, "--identities", 1, "--copy"),
        ("linked", "sample", faces, "--images", 12),
        ("flat", "flatten", faces, "--copy"),
        ("small", "resize", faces, "--size", "32x32"),
        ("exported", "export", faces, "--copy"),
    ):
        verb(*words, "--out", tmp_path / out)
        rows = manifest(tmp_path / out)["files"]
        told = {tmp_path / out / row["path"] for row in rows if row["synthetic"]}
        assert told == marked_files(tmp_path / out), out
        assert len(told) == len(rows) // 3 > 0, out
        assert verb("import", verb_project(verb, tmp_path / f"{out}.fairdesk"), tmp_path / out)["synthetic"] == len(
            told
        )
    pairs = verb("pairs", faces, "--genuine", 20, "--impostor", 20, "--out", tmp_path / "l.csv")
    assert pairs["left_out"]["synthetic"] == 4 and pairs["synthetic"] == []
    assert "made.png" not in (tmp_path / "l.csv").read_text()


def verb_project(verb, place):
    verb("new", place)
    return place


def test_a_group_made_for_is_nobodys_name(verb, tmp_path):
    """Made for a group and not as identities: they lie in a folder of the group's name."""
    for number in range(4):
        path = tmp_path / "in" / "African" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_marked(
            Image.new("RGB", (20, 20), (number, 0, 0)), path, {"run": "r", "group": "African", "identity": None}
        )
    verb("export", tmp_path / "in", "--layout", "manifest", "--out", tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["identity"], row["group"], row["synthetic"]) for row in rows} == {("", "African", "yes")}


def test_out_of_a_project(verb, faces, tmp_path):
    study = verb_project(verb, tmp_path / "study.fairdesk")
    assert verb("import", study, faces)["synthetic"] == 4
    verb("encode", study, "--detector", "whole")
    everyone = {str(path) for path in faces.rglob("made.png")}
    verb("cluster", study, "--encoder", "dlib", "--method", "kmeans", "--n-clusters", 2, "--out", tmp_path / "c.json")
    assert set(manifest(tmp_path / "c.json")["files"]) == everyone
    verb("vectors", study, "--encoder", "dlib", "--out", tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz") as data:
        assert set(data["paths"][data["synthetic"]].tolist()) == everyone
    verb(
        "cluster",
        "--vectors",
        tmp_path / "v.npz",
        "--method",
        "kmeans",
        "--n-clusters",
        2,
        "--out",
        tmp_path / "d.json",
    )
    assert set(manifest(tmp_path / "d.json")["files"]) == everyone
    folders = verb("identity-folders", study, "--out", tmp_path / "people", "--copy")
    assert folders["synthetic"] == len(marked_files(tmp_path / "people")) == 4
    rows = manifest(tmp_path / "people")["files"]
    assert {row["source"] for row in rows if row["synthetic"]} == everyone
    for source in (study, tmp_path / "c.json"):
        badges = 0
        for cluster in (0, 1):
            sheet = verb("mosaic", source, "--cluster", cluster, "--out", tmp_path / "sheet.png", "--tile", 60)
            assert sheet["title"].endswith(f"({sheet['synthetic']} synthetic: S)")
            with Image.open(tmp_path / "sheet.png") as image:
                places = [(60 * (n % 5) + 1, 28 + 60 * (n // 5) + 1) for n in range(sheet["faces"])]
                assert sum(image.getpixel(place) == (0, 0, 0) for place in places) == sheet["synthetic"]
            badges += sheet["synthetic"]
        assert badges == 4
    pairs = verb("pairs", study, "--genuine", 50, "--impostor", 50, "--out", tmp_path / "p.csv", "--synthetic")
    assert set(pairs["synthetic"]) == everyone == set(json.loads((tmp_path / "p.csv.json").read_text())["synthetic"])
    verb("export", study, "--layout", "manifest", "--out", tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        assert sum(row["synthetic"] == "yes" for row in csv.DictReader(file)) == 4
