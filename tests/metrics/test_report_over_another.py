"""A report in the folder of an earlier one removes what that one wrote and it does not, and nothing of anybody else."""

import json

import numpy as np

from fairdesk.cli import run
from fairdesk.metrics.report.earlier import files_of_earlier, folder_for
from tests.metrics.test_whole_beside_groups import grouped_study


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_plots_and_tables_of_groups_go_with_their_report(tmp_path, capsys):
    known = {name: value for name, value in vars(grouped_study()).items() if isinstance(value, np.ndarray)}
    np.savez(tmp_path / "s.npz", **known)
    out = tmp_path / "out"
    words = ["evaluate", str(tmp_path / "s.npz"), "--at", "threshold=1.3", "--bootstrap", "0", "--out", str(out)]
    assert run([*words, "--by", "group"]) == 0
    first = names(out)
    assert {"fmr-bars.png", "tables/between.csv"} <= first
    assert first == set(json.loads((out / "evaluation.json").read_text())["files"])
    (out / "notes.txt").write_text("mine")
    (out / "mine.png").write_text("mine")
    assert run(words) == 0
    capsys.readouterr()
    second = json.loads((out / "evaluation.json").read_text())["files"]
    assert names(out) == {*second, "notes.txt", "mine.png"}
    assert "fmr-bars.png" not in second and "tables/between.csv" not in second and "roc.png" in second


def test_a_record_that_names_what_is_not_a_reports_removes_nothing(tmp_path):
    folder = tmp_path / "out"
    (folder / "tables").mkdir(parents=True)
    (tmp_path / "a.csv").write_text("x")
    (folder / "tables" / "b.csv").write_text("x")
    (folder / "c.npz").write_text("x")
    for record in (["../a.csv", str(tmp_path / "a.csv"), "c.npz", 7, "gone.csv", "tables/../../a.csv"], "a.csv", None):
        (folder / "evaluation.json").write_text(json.dumps({"files": record}))
        assert files_of_earlier(folder, "evaluation.json") == set()
    for text in ("", "[1]", "{", '{"files": {}}'):
        (folder / "evaluation.json").write_text(text)
        assert files_of_earlier(folder, "evaluation.json") == set()
    (folder / "evaluation.json").write_text(json.dumps({"files": ["tables/b.csv"]}))
    assert files_of_earlier(folder, "evaluation.json") == {"tables/b.csv"}


def test_another_files_report_keeps_its_folder(tmp_path):
    one, two = tmp_path / "s2.csv", tmp_path / "s2.parquet"
    wanted = tmp_path / "reports" / "s2"
    assert folder_for(wanted, two) == wanted
    wanted.mkdir(parents=True)
    (wanted / "evaluation.json").write_text(json.dumps({"about": {"scores": str(one)}}))
    assert folder_for(wanted, one) == wanted and folder_for(wanted, two) == wanted.with_name("s2-2")
    wanted.with_name("s2-2").mkdir()
    (wanted.with_name("s2-2") / "identification.json").write_text(json.dumps({"about": {"scores": "s2.npz"}}))
    assert (
        folder_for(wanted, two) == wanted.with_name("s2-3") and folder_for(wanted, tmp_path / "s2.npz").name == "s2-2"
    )
    for broken in ("", "[]", '{"about": 1}', '{"about": {"scores": 1}}'):
        (wanted / "evaluation.json").write_text(broken)
        assert folder_for(wanted, two) == wanted
