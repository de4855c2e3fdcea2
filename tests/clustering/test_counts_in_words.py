"""What is said of one thing says "1 face", never "1 faces"."""

import ast
import re
from pathlib import Path

from fairdesk.clustering.comparison_results import ComparisonResult
from fairdesk.clustering.files.written_results import FoldersResult
from fairdesk.clustering.results import LoadClustersResult, VerdictRow, VerdictsResult

ROOT = Path(__file__).resolve().parents[2] / "fairdesk"
PLACES = [
    *(ROOT / "clustering").rglob("*.py"), *(ROOT / "gui" / "tabs" / "clustering").rglob("*.py"),
    *(ROOT / "gui" / "dialogs").glob("cluster*.py"), ROOT / "gui" / "dialogs" / "verdicts_dialog.py",
    *(ROOT / "cli").glob("*cluster*.py"), ROOT / "cli" / "verdict_verbs.py", *(ROOT / "project").glob("verdict*.py"),
]  # fmt: skip
COUNTED = re.compile(
    r"\{\w+(:[^}]*)?\} (faces|clusters|images|paths|files|folders|verdicts|people|pairs|rows|answers|questions)\b"
)
MANY = (  # of what these count there are always several
    "known or confirmed identity", "Best BCubed F1", "Best silhouette", "Silhouette {value}", "last {n} clusters", "random sample of",
    "DBSCAN of", "Graph clustering of", "PCA of", "for their distances", "at most {most", "--n-clusters {n} is more",
    "{here:,} of {all:,} faces",
)  # fmt: skip


def test_counts_that_may_be_one_have_both_forms():
    assert len(PLACES) > 50
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.args[0].value}"
        for path in PLACES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "mark")
        and isinstance(node.args[0], ast.Constant) and COUNTED.search(node.args[0].value)
        and not any(some in node.args[0].value for some in MANY)
    ]  # fmt: skip
    assert not guilty, "\n".join(guilty)


def test_results_of_one():
    loaded = LoadClustersResult(version=1, detector="whole", clusters=1, faces=1, unknown=1, unknown_paths=["a.jpg"])
    assert loaded.text() == "1 cluster, 1 face; 1 path has no face in the project."
    folders = FoldersResult(folders=1, images=1, out="out", dry_run=False, counts={"a": 1})
    assert folders.text() == "1 image in 1 folder; 0 renamed for equal names."
    row = {"id": 1, "who": "ann", "created": 0.0}
    said = [
        VerdictRow(said="not", faces=[1], others=[2], **row),
        VerdictRow(said="ignored", faces=[1, 2], others=[], **row),
    ]
    lines = VerdictsResult(verdicts=said, contradictions=[]).text().splitlines()
    assert "1 face against 1  ann" in lines[0] and "  2 faces  ann" in lines[1]
    compared = ComparisonResult(
        first=1, second=2, faces=3, only_first=1, only_second=1, moved=0, moved_faces=[], contingency=[],
        pairwise_f1=None, bcubed_f1=None, nmi=None, ari=None,
    )  # fmt: skip
    assert "Only in the first: 1 face, only in the second: 1 face." in compared.text()
