"""Names that try paths, HTML, formulas or control characters stay text: in folders, reports, tables and the window."""

import csv
import io
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairdesk.cli import run
from fairdesk.dataset.image_export import export_images
from fairdesk.dataset.image_import import import_images
from fairdesk.dataset.label_sources import label_faces
from fairdesk.dataset.params import ImportParams, LabelParams
from fairdesk.dataset.prepare_params import ExportParams
from fairdesk.dataset.table_files import read_table
from fairdesk.images.table_cells import plain_cell, safe_cell, safe_rows
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.pair_lists.pairs import Pair
from fairdesk.metrics.pair_lists.reading import read_pairs
from fairdesk.metrics.pair_lists.writing import write_pairs
from fairdesk.project import Project
from fairdesk.text_names import in_one_line, without_steering
from tests.conftest import plain_images

NAMES = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "<img src=file:///etc/passwd>", "<b>bold</b>", "../../etc", "/etc/passwd",
         "..", "C:\\Windows", "a\x1b[31mred", "'=quoted", "con", "a\tb"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1", "'=1"), ("-1.5", "-1.5"), ("+3", "+3"), ("-inf", "-inf"), ("-a", "'-a"), ("@x", "'@x"), ("\tx", "'\tx"),
     ("'=1", "''=1"), ("'tis", "'tis"), ("", ""), (1.5, 1.5), ("a=1", "a=1")],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_quoted(text, cell):
    assert safe_cell(text) == cell


@given(st.text(max_size=12))
def test_a_cell_is_read_back_as_it_was(text):
    assert plain_cell(safe_cell(text)) == text


def labelled(project, tmp_path):
    """A project whose images have those names as identity and group."""
    root = plain_images(tmp_path / "in", 1, len(NAMES), 1)
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    with (tmp_path / "who.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(safe_rows([("path", "identity", "group"), *zip(paths, NAMES, NAMES, strict=True)]))
    import_images(ImportParams(folder=root), QuietContext(project))
    label_faces(LabelParams(csv=tmp_path / "who.csv"), QuietContext(project))
    assert {row[0] for row in project.db.rows("SELECT name FROM grp")} >= {name for name in NAMES if name != "a\tb"}
    return root


def test_names_stay_text_in_tables_and_folders(project, tmp_path):
    labelled(project, tmp_path)
    out = tmp_path / "out" / "list.csv"
    export_images(ExportParams(out=out, layout="manifest"), QuietContext(project))
    cells = [cell for row in csv.reader(io.StringIO(out.read_text(encoding="utf-8"))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "-")]
    back = read_table(out)
    assert {row[back.header.index("group")] for row in back.rows} >= {"=cmd|' /C calc'!A0", "-2+3", "@SUM(A1)"}
    export_images(ExportParams(out=tmp_path / "tree", layout="group-identity"), QuietContext(project))
    made = list((tmp_path / "tree").rglob("*.png"))
    assert len(made) == len(NAMES) and all(len(path.relative_to(tmp_path / "tree").parts) == 3 for path in made)
    assert {path.name for path in tmp_path.iterdir()} <= {
        "in",
        "who.csv",
        "out",
        "tree",
        "tree.manifest.json",
        "study.fairdesk",
        "home",
    }


def test_names_come_back_from_a_pair_list(tmp_path):
    pairs = [Pair("=a.jpg", "-b.jpg", 1, 0, name, name, name, name) for name in NAMES if name == name.strip()]
    write_pairs(tmp_path / "pairs.csv", pairs, "csv")
    assert "\n'=a.jpg,'-b.jpg" in (tmp_path / "pairs.csv").read_text()
    assert read_pairs(tmp_path / "pairs.csv") == pairs


@pytest.mark.skipif(os.name != "posix", reason="Windows allows no such names")
def test_names_cannot_steer_a_terminal_nor_break_a_list(tmp_path, capfd):
    """A name may hold what clears a screen, a new line, or what turns writing round: printed as escapes, kept as they are."""
    folder = tmp_path / "in"
    plain_images(folder, 1, 1, 2)
    for name in (
        "a\x1b[2Jred.jpg",
        "new\nline.jpg",
        "rtl\u202egpj.exe.jpg",
        "\U0001f600 é.jpg",
        "-rf.jpg",
        "\x9b31m.jpg",
    ):
        (folder / name).write_bytes(b"torn")
    project = str(tmp_path / "p.fairdesk")
    assert run(["new", project]) == run(["import", project, str(folder)]) == 0
    out = capfd.readouterr().out
    lines = [line.strip().partition(": ")[0] for line in out.splitlines() if "not a picture" in line]
    assert set(lines) == {
        r"a\x1b[2Jred.jpg",
        r"new\nline.jpg",
        r"rtl\u202egpj.exe.jpg",
        "\U0001f600 é.jpg",
        "-rf.jpg",
        r"\x9b31m.jpg",
    }
    assert run(["import", project, str(folder / "a\x1b[2Jno")]) == 2
    said = capfd.readouterr().err
    assert r"a\x1b[2Jno does not exist" in said and "\x1b" not in said
    with closing(Project.open(Path(project))) as made:
        assert "a\x1b[2Jred.jpg" in {path.rpartition("/")[2] for (path,) in made.db.rows("SELECT path FROM unreadable")}


def test_what_is_printed_keeps_its_lines_and_letters():
    assert (
        without_steering("é\tx\n日本 \U0001f468‍\U0001f469‍\U0001f467\r\x07")
        == "é\tx\n日本 \U0001f468‍\U0001f469‍\U0001f467\\r\\x07"
    )
    assert in_one_line("a\n\tb") == "a\\n\\tb"
