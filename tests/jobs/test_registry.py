"""A job is declared in one folder, and the command line, the forms, the dock and the worker find it there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fairdesk
from fairdesk.jobs.kinds import JobKind
from fairdesk.jobs.registry import job_kinds
from fairdesk.jobs.results import JobResult

TOY = {
    "__init__.py": '"""Counting letters."""\n',
    "params.py": '''"""Parameters."""
from pydantic import Field
from fairdesk.jobs.fields import ExistingFile
from fairdesk.jobs.params import JobParams

class LettersParams(JobParams):
    """Count the letters of a file."""
    file: ExistingFile = Field(description="The file")
    upper: bool = Field(False, description="Capitals only")
''',
    "results.py": '''"""Results."""
from fairdesk.jobs.results import JobResult

class LettersResult(JobResult):
    """Letters that were counted."""
    letters: int

    def text(self) -> str:
        """Say how many."""
        return f"{self.letters} letters"
''',
    "counting.py": '''"""The work."""
from fairdesk.toy.results import LettersResult

def run(params, context):
    """Job: count."""
    text = params.file.read_text()
    context.progress(1, 1, "files")
    count = sum(one.isupper() if params.upper else one.isalpha() for one in text)
    return LettersResult(letters=count, summary=f"{count} letters")
''',
    "jobs.py": '''"""The jobs."""
from fairdesk.jobs.kinds import JobKind, Needs

JOBS = [JobKind("letters", "Count letters", "params:LettersParams", "results:LettersResult", "counting:run", "fairdesk.toy",
                needs=Needs.FOLDERS, positional=("file",))]
''',
}

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from fairdesk.gui.jobs.dock import JobsPanel
from fairdesk.gui.session import Session
from fairdesk.gui.settings import Settings
from fairdesk.gui.theme import Theme
from fairdesk.gui.widgets.parameter_form.form import ParameterForm
from fairdesk.jobs.registry import job_kind
app = QApplication([])
session = Session(Settings(), Theme(app, "light"))
panel = JobsPanel(session)
assert session.open(Path(sys.argv[1]), new=True)
form = ParameterForm(job_kind("letters").params, {})
form.editors["file"].edit.setText(sys.argv[2])
number = session.run("letters", form.params().model_dump(mode="json"))
while number not in session.jobs.jobs or not session.jobs.jobs[number].finished:
    app.processEvents()
print(panel.cards[number].title.text(), panel.cards[number].detail.text(), session.jobs.jobs[number].typed_result().letters)
session.close(keep_jobs=False)
"""


@pytest.fixture
def house(tmp_path):
    """A copy of the program with one folder more."""
    shutil.copytree(Path(fairdesk.__file__).parent, tmp_path / "house" / "fairdesk", ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
    for name in ("ui", "resources"):
        (tmp_path / "house" / name).symlink_to(Path(fairdesk.__file__).parents[1] / name)
    toy = tmp_path / "house" / "fairdesk" / "toy"
    toy.mkdir()
    for name, text in TOY.items():
        (toy / name).write_text(text)
    return tmp_path / "house"


def test_a_job_is_added_in_one_folder(house, tmp_path):
    (tmp_path / "a file.txt").write_text("Ab c")

    def run(*words):
        done = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, cwd=tmp_path, timeout=120,
            env={**os.environ, "PYTHONPATH": str(house), "QT_QPA_PLATFORM": "offscreen"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "letters" in run("-m", "fairdesk", "--help")
    assert run("-m", "fairdesk", "letters", "a file.txt") == "3 letters\n"
    assert '"letters": 1' in run("-m", "fairdesk", "letters", "a file.txt", "--upper", "--json")
    assert (
        run("-c", WINDOW, str(tmp_path / "p.fairdesk"), str(tmp_path / "a file.txt"))
        == "Count letters · a file.txt 3 letters 3\n"
    )


def test_every_job_is_whole():
    """Names fit, functions are there, and what a descriptor says of its parameters is so."""
    kinds = job_kinds()
    assert len(kinds) > 40
    for name, kind in kinds.items():
        fields = kind.params.model_fields
        assert name == kind.name and isinstance(kind, JobKind) and kind.about
        for named in (*kind.positional, kind.instead, kind.without, kind.passes_on):
            assert named in fields or not named, (name, named)
        for part in (*kind.params.only_for, *(n for names in kind.params.sections.values() for n in names)):
            assert part in fields or kind.choice, (name, part)
        assert callable(kind.function())
        assert issubclass(kind.result_model(), JobResult)
