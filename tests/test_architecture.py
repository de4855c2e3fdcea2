"""What may import what, beyond the import contracts; forms; shipped files; the Qt canary."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fairdesk.assets import asset, data_root

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "torchvision", "dlib", "face_recognition", "deepface", "sklearn", "scipy", "matplotlib", "pandas")


def imports(code, blocked=()):
    blocks = "".join(f"sys.modules[{name!r}] = None\n" for name in blocked)
    return subprocess.run(
        [sys.executable, "-c", f"import sys\n{blocks}{code}"], capture_output=True, text=True, cwd=ROOT
    )


def test_the_window_needs_no_model_library():
    done = imports(
        "import fairdesk.gui.app; print([m for m in sys.modules if m.split('.')[0] in ('pyqtgraph',)])", HEAVY
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"  # pyqtgraph waits for the first plot


def test_the_core_needs_neither_qt_nor_models():
    modules = [
        "project",
        "project.image_queries",
        "images.image_reading",
        "images.folder_layouts",
        "jobs.registry",
        "jobs.worker",
        "metrics.error_rates",
        "metrics.evaluation",
        "metrics.fairness",
        "metrics.error_curves",
        "clustering.store",
        "dataset.image_import",
    ]
    code = "\n".join(f"import fairdesk.{name}" for name in modules)
    done = imports(code, (*HEAVY, "PySide6"))
    assert done.returncode == 0, done.stderr


def test_the_worker_imports_no_qt():
    done = imports(
        "import fairdesk.jobs.worker, fairdesk.faces.embedding, fairdesk.clustering.new_version, fairdesk.metrics.report",
        ("PySide6",),
    )
    assert done.returncode == 0, done.stderr


def test_no_file_grows_too_long():
    long = {
        p.relative_to(ROOT): n
        for p in (ROOT / "fairdesk").rglob("*.py")
        if (n := len(p.read_text().splitlines())) > 500
    }
    assert not long


def test_no_dialog_is_executed():
    guilty = [
        p
        for p in (ROOT / "fairdesk" / "gui").rglob("*.py")
        for line in p.read_text().splitlines()
        if ".exec(" in line and "drag.exec(" not in line
    ]
    assert not guilty


@pytest.mark.parametrize("form", sorted((ROOT / "ui").glob("*.ui")), ids=lambda p: p.name)
def test_forms_are_well_made(form, tmp_path):
    tree = ElementTree.parse(form)
    assert not [p for p in tree.iter("property") if p.get("name") == "styleSheet"]
    names = [w.get("name") for w in tree.iter("widget")]
    assert len(names) == len(set(names))
    users = [p for p in (ROOT / "fairdesk" / "gui").rglob("*.py") if f'"{form.name}"' in p.read_text()]
    assert len(users) == 1


def test_shipped_files_are_found():
    assert data_root() == ROOT
    assert asset("resources", "report.html.j2").exists()
    with pytest.raises(FileNotFoundError, match="Install it again"):
        asset("ui", "nothing.ui")


def test_qt_keeps_its_reference_to_none(qapp):
    """PySide6 6.12.0 on Python 3.11 loses one at each void call and aborts after some thousand."""
    from PySide6.QtWidgets import QLabel

    label = QLabel()
    before = sys.getrefcount(None)
    for i in range(500):
        label.setText(str(i))
        label.resize(i, i)
    assert sys.getrefcount(None) > before - 200
