"""A table that makes a group or a person who is nearly one that is there: it is made as written, and said."""

import json
import unicodedata

import pytest

from fairdesk.cli import run
from fairdesk.project.identities import alike_lines, folded_name
from fairdesk.project.images import labelled_images


def labelled(project, tmp_path, capsys, rows):
    table = tmp_path / "labels.csv"
    table.write_text("path,identity,group\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    capsys.readouterr()
    assert run(["label", str(project.folder), "--csv", str(table), "--json"]) == 0
    out = capsys.readouterr()
    return json.loads(out.out), out.err


def test_new_groups_and_people_are_told(filled, tmp_path, capsys):
    one, *_, other = labelled_images(filled)
    done, said = labelled(
        filled, tmp_path, capsys, [(str(one.path), "Zoe", one.group.upper()), (str(other.path), "I D 00", "elsewhere")]
    )
    assert [line.split(":")[0] for line in done["alike"]] == ["“I D 00” is new beside id00", "“G0” is new beside g0"]
    assert all(line in said for line in done["alike"])
    again, _ = labelled(filled, tmp_path, capsys, [(str(one.path), "Zoe", one.group.upper())])
    assert not again["alike"]  # it is there now


@pytest.mark.parametrize("name", ["jose", "JOSÉ", "Jos e", "Jose\u0301", unicodedata.normalize("NFD", "José")])
def test_accents_blanks_and_case_are_no_difference(name):
    assert folded_name(name) == folded_name("José")
    assert alike_lines([name], ["José"]) and not alike_lines([name], ["Joss"])


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("रवि", "रव"), ("กี", "กา")])
def test_marks_that_make_another_letter_are_one(one, other):
    assert folded_name(one) != folded_name(other)


def test_of_many_the_first_are_told():
    lines = alike_lines([f"A{n}" for n in range(30)], [f"a{n}" for n in range(30)])
    assert len(lines) == 21 and lines[-1] == "And 10 more."
