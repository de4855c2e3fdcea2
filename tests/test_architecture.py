"""What may import what, beyond the import contracts; forms; shipped files; the Qt canary."""

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from fairdesk.assets import asset, data_root
from fairdesk.project.schema import MIGRATIONS

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "torchvision", "dlib", "face_recognition", "deepface", "sklearn", "scipy", "matplotlib", "pandas")

_SQL = re.compile(
    r"\bSELECT\s|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bUPDATE\s|\bDELETE\s+FROM\b|\bJOIN\s+\w"
    r"|\b(ORDER|GROUP)\s+BY\b|\b(CREATE|DROP|ALTER)\s+(TEMP\s+)?(TABLE|INDEX|VIEW)\b|\bPRAGMA\s+\w|\bVACUUM\b"
    r"|\bWITH\s+\w+\s*(\([^)]*\)\s*)?AS\b|\bjson_each\("
)
_RUNS_SQL = {"execute", "executemany", "executescript"}
_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")
# The tables that a domain alone writes and reads by SQL; all others are the project's.
OWN_TABLES = {
    "clustering": {"clustering", "cluster", "cluster_member"},
    "metrics": {"pair_list", "score_set", "comparison_mark"},
}


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
        "metrics.rates.error_rates",
        "metrics.evaluation",
        "metrics.fairness.figures",
        "metrics.rates.error_curves",
        "clustering.store",
        "dataset.image_import",
    ]
    code = "\n".join(f"import fairdesk.{name}" for name in modules)
    done = imports(code, (*HEAVY, "PySide6"))
    assert done.returncode == 0, done.stderr


def test_the_worker_imports_no_qt():
    done = imports(
        "import fairdesk.jobs.worker, fairdesk.faces.embedding, fairdesk.clustering.new_version, fairdesk.metrics.report.written",
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


def texts_of(tree):
    """The string constants of a module, but for docstrings."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]  # fmt: skip


def sql_in(code):
    """The lines of a module that hold SQL, run it, or open a database."""
    tree = ast.parse(code)
    lines = {node.lineno for node in texts_of(tree) if _SQL.search(node.value)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _RUNS_SQL:
                lines.add(node.lineno)
            case ast.Attribute(value=ast.Attribute(attr="db"), attr=("rows" | "value" | "connection" | "transaction")):
                lines.add(node.lineno)
            case ast.Import(names=names) if any(alias.name == "sqlite3" for alias in names):
                lines.add(node.lineno)
            case _:
                pass
    return sorted(lines)


def test_sql_has_few_homes():
    package = ROOT / "fairdesk"
    guilty = {
        str(path.relative_to(ROOT)): found
        for path in sorted(package.rglob("*.py"))
        if path.parent != package / "project"
        and not (path.name == "store.py" and path.parent.parent == package)
        and (found := sql_in(path.read_text(encoding="utf-8")))
    }
    assert not guilty, "SQL belongs in fairdesk/project or in the store.py of the domain whose tables it is about"


@pytest.mark.parametrize("code", [
    "rows = db.rows('SELECT id FROM image')",
    "x = f'{a} LEFT JOIN grp g ON {b}'",
    "x = 'INSERT OR REPLACE ' 'INTO meta VALUES (1)'",
    "where = ' ORDER BY id'",
    "x = f'UPDATE {table} SET a = 1'",
    "def f():\n    'Told.'\n    return 'DELETE FROM face'",
    "x = 'WITH a (b) AS (VALUES (1))'",
    "connection.execute(text)",
    "project.db.rows(text)",
    "with project.db.transaction() as c: pass",
    "import sqlite3",
])  # fmt: skip
def test_sql_is_noticed(code):
    assert sql_in(code)


@pytest.mark.parametrize("code", [
    "# SELECT id FROM image",
    "'SELECT id FROM image'",
    "def f():\n    'DELETE FROM face'",
    "text = 'Select a set, or update it from a folder. Join the groups with each other.'",
])  # fmt: skip
def test_what_is_no_sql(code):
    assert not sql_in(code)


@pytest.mark.parametrize("store", sorted((ROOT / "fairdesk").glob("*/store.py")), ids=lambda path: path.parent.name)
def test_a_store_names_its_own_tables_alone(store):
    tables = set(re.findall(r"CREATE (?:TABLE|VIEW) (\w+)", "\n".join(MIGRATIONS)))
    texts = " ; ".join(node.value for node in texts_of(ast.parse(store.read_text(encoding="utf-8"))))
    named = set(_TABLE.findall(texts)) & tables
    assert named, "it holds no SQL: is it a store?"
    assert named <= OWN_TABLES[store.parent.name]


def test_the_rule_whose_label_counts_stands_once():
    rule = re.compile(r"max\(\w+\.id\) FROM face|WHEN named\.id|ifnull\(\w+\.group_id, (?!0)|\.image_group_id")
    homes = {"main_face.py", "schema.py"}  # the rule, and the view of each single face's label
    guilty = {
        path.name: node.lineno
        for path in (ROOT / "fairdesk").rglob("*.py")
        for node in texts_of(ast.parse(path.read_text(encoding="utf-8")))
        if path.name not in homes and rule.search(node.value)
    }
    assert not guilty


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


@pytest.mark.parametrize("tab", ["dataset", "clustering", "generation", "training", "metrics"])
def test_a_tab_opens_without_what_only_its_answers_need(tab):
    """scipy.stats takes most of a second."""
    done = imports(f"import fairdesk.gui.tabs.{tab}.tab; print('scipy.stats' in sys.modules)")
    assert (done.stdout.strip(), done.returncode) == ("False", 0), done.stderr


def test_tab_leaves_every_table():
    """In a table of Qt's own Tab goes from cell to cell, and nobody gets out by keys."""
    bad = [
        str(path)
        for path in (ROOT / "fairdesk" / "gui").rglob("*.py")
        if path.read_text(encoding="utf-8").count("QTableWidget(")
        > path.read_text(encoding="utf-8").count("setTabKeyNavigation(False)")
    ]
    assert not bad
