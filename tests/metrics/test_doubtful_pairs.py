"""Pairs whose label is contradicted are told with the reason; paths that differ in capital letters; RFW's folds."""

import json

import numpy as np
import pytest
from PIL import Image

from fairdesk.cli import run
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.params import ImportParams
from fairdesk.dataset.path_matching import KnownFiles
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.doubtful import Labelled, against_identities
from fairdesk.metrics.pair_lists.job import pair_list
from fairdesk.metrics.params import PairsParams, ScoreParams
from fairdesk.metrics.scores.pair_scores import score_pairs
from tests.conftest import add_faces

HEAD = "path1,path2,label\n"
WRONG = "Ann/1.jpg,Ann/2.jpg,1\nAnn/1.jpg,Ben/1.jpg,1\nBen/1.jpg,Ben/2.jpg,0\nAnn/1.jpg,Ben/1.jpg,0\n"
REASONS = [
    (3, "a genuine pair of two identities, Ann and Ben"),
    (4, "an impostor pair of one identity, Ben"),
    (5, "line 3 has the same pair with the other label"),
]


@pytest.fixture
def people(project, tmp_path):
    rng = np.random.default_rng(1)
    for path in ("Ann/1.jpg", "Ann/2.jpg", "Ben/1.jpg", "Ben/2.jpg"):
        (tmp_path / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)).save(tmp_path / "in" / path)
    import_images(ImportParams(folder=tmp_path / "in"), QuietContext(project))
    add_faces(project)
    return project


def test_what_identities_contradict():
    rows = [
        Labelled(1, 1, ("Ann", "A"), ("Ann", "A")),
        Labelled(2, 1, ("Ann", "A"), ("Ben", "A")),
        Labelled(3, 0, ("Ann", "A"), ("Ann", "A")),
        Labelled(4, 0, ("Ann", "A"), ("Ann", "B")),  # one name in two groups may be two people
        Labelled(5, 0, ("", "A"), ("", "A")),
        Labelled(6, 1, ("Ann", "A"), ("", "A")),
        Labelled(7, 0, ("Ann", ""), ("Ben", "")),
        Labelled(8, 0, ("Ann", ""), ("Ann", "B")),
    ]
    assert against_identities(rows) == [
        (2, "a genuine pair of two identities, Ann and Ben"),
        (3, "an impostor pair of one identity, Ann"),
        (8, "an impostor pair of one identity, Ann"),
    ]


def test_an_imported_and_a_scored_list_say_which_labels_are_contradicted(people, tmp_path):
    """The identities are the project's: the list names none. Nothing is left out."""
    (tmp_path / "l.csv").write_text(HEAD + WRONG)
    context = QuietContext(people)
    made = pair_list(PairsParams(from_list=tmp_path / "l.csv", out=tmp_path / "o.csv"), context)
    scored = score_pairs(ScoreParams(pairs=tmp_path / "l.csv", encoder="made-up", out=tmp_path / "s.npz"), context)
    for result in (made, scored):
        assert [(one.line, one.why) for one in result.doubtful] == REASONS
        assert "3 pairs have a label that is contradicted" in result.text()
    assert made.genuine == made.impostor == 2 and scored.pairs == 4
    said = [text for text in context.messages if "3 pairs have a label that is contradicted" in text]
    assert len(said) == 2 and all(f"line {line}: {why}" in text for text in said for line, why in REASONS)


def test_names_in_the_list_itself_are_enough(tmp_path, capsys):
    rows = "".join(f"{row},X,{'Y' if number % 2 else 'X'}\n" for number, row in enumerate(WRONG.split()[:3]))
    (tmp_path / "l.csv").write_text("path1,path2,label,subject1,subject2\n" + rows)
    assert run(["pairs", "--from", str(tmp_path / "l.csv"), "--out", str(tmp_path / "o.csv"), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["doubtful"] == [
        {"line": 3, "why": "a genuine pair of two identities, X and Y"},
        {"line": 4, "why": "an impostor pair of one identity, X"},
    ]
    assert "line 4: an impostor pair of one identity, X" in told.err


def test_a_list_without_contradictions_says_nothing(people, tmp_path):
    (tmp_path / "l.csv").write_text(HEAD + "Ann/1.jpg,Ann/2.jpg,1\nAnn/1.jpg,Ben/1.jpg,0\n")
    context = QuietContext(people)
    made = pair_list(PairsParams(from_list=tmp_path / "l.csv", out=tmp_path / "o.csv"), context)
    assert made.doubtful == [] and not any("contradicted" in text for text in [*context.messages, made.text()])


def test_paths_with_other_capital_letters(people, tmp_path):
    (tmp_path / "l.csv").write_text(HEAD + "ann/1.JPG,ANN\\2.jpg,1\nAnn/1.jpg,ben/1.png,0\n")
    context = QuietContext(people)
    result = score_pairs(ScoreParams(pairs=tmp_path / "l.csv", encoder="made-up", out=tmp_path / "s.npz"), context)
    assert result.dropped == 1  # ann/1.JPG is what Ann/1.jpg is called already
    assert [one.path for one in result.unmatched] == ["ann/1.JPG"]
    assert "another path of the list means it" in result.unmatched[0].why
    assert any("2 paths have other capital letters in the list than here" in text for text in context.messages)


def test_capital_letters_only_where_one_file_fits():
    files = KnownFiles([("/x", "Ann/1.jpg"), ("/x", "ann/1.jpg"), ("/x", "Zoë/3.jpg"), ("/x", "a/4.png")])
    found = files.match(["Ann/1.jpg", "ann/1.jpg"])
    assert found.found == {"Ann/1.jpg": 0, "ann/1.jpg": 1} and not found.other_case
    found = files.match(["ANN/1.jpg", "ZOË/3.JPG", "data/A/4.png", "b/4.PNG"])
    assert found.found == {"ZOË/3.JPG": 2, "data/A/4.png": 3} and found.other_case == ["ZOË/3.JPG", "data/A/4.png"]
    assert found.why["ANN/1.jpg"].startswith("2 images fit") and "ANN/1.jpg" in found.several
    assert files.match_rows(["zoë/3.jpg", "ANN/1.jpg"]).tolist() == [2, -1]


def table(genuine, impostor, fold=0):
    """Return rows of a list whose images are named as LFW's."""
    rows = [f"A{n}/A{n}_0001.jpg,A{n}/A{n}_0002.jpg,1,{fold}\n" for n in range(genuine)]
    return rows + [f"A{n}/A{n}_0001.jpg,B{n}/B{n}_0001.jpg,0,{fold}\n" for n in range(impostor)]


@pytest.mark.parametrize(
    ("folds", "said"),
    [
        ([(100, 300)], "this one has 1 fold (100 genuine and 300 impostor)"),
        ([(300, 300)] * 9, "this one has 9 folds (300 genuine and 300 impostor)"),
        ([(300, 300)] * 9 + [(300, 299)], "this one has 10 folds (300 genuine and 299 impostor, 300 genuine"),
        ([(300, 300)] * 10, None),
    ],
)
def test_rfws_format_with_other_folds_than_rfws_says_so(tmp_path, capsys, folds, said):
    rows = [row for fold, (genuine, impostor) in enumerate(folds) for row in table(genuine, impostor, fold)]
    (tmp_path / "l.csv").write_text("path1,path2,label,fold\n" + "".join(rows))
    assert run(["pairs", "--from", str(tmp_path / "l.csv"), "--format", "rfw", "--out", str(tmp_path / "o.txt")]) == 0
    told = capsys.readouterr().err
    assert (said in told) if said else "RFW's own lists" not in told
