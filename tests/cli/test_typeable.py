"""Commands that a verb tells people to type are about its own project."""

import re
import shlex

import pytest

from fairdesk.cli import run
from fairdesk.project import Project


@pytest.mark.parametrize(
    "words",
    [["suggestions"], ["map"], ["quality"], ["eps"], ["verdict", "--ignore", "1000"], ["sets"]],
    ids=lambda words: words[0],
)
def test_what_a_verb_tells_to_type_names_the_project(tmp_path, capfd, words):
    home = tmp_path / "my study.fairdesk"
    Project.create(home).close()
    run([words[0], str(home), *words[1:]])
    said = "".join(capfd.readouterr())
    commands = re.findall(r"(?<!\.)fairdesk [a-z-]+ \S.*", said)
    assert "PROJECT" not in said, said
    assert all(str(home) in shlex.split(one.rstrip("`.").partition("`")[0])[2:3] for one in commands), said


def test_of_two_projects_none_is_meant_for_sure(tmp_path, capfd, filled):
    home = tmp_path / "b.fairdesk"
    Project.create(home).close()
    run(["suggestions", str(home)])
    assert str(home) in capfd.readouterr().err
    run(["leaks", str(filled.folder), str(home)])
    assert "fairdesk cluster" not in capfd.readouterr().err
