"""Every table that a report of any kind exports: its numbers are those of the JSON, its titles name their unit, and its minus is one."""

import csv
import io
import json
import re
from fractions import Fraction

import numpy as np
import pytest

from fairdesk.cli import run
from fairdesk.metrics.pairs_behind.shown_figures import minus, number
from fairdesk.metrics.report import document as documents
from fairdesk.metrics.report.table_files import as_csv
from fairdesk.metrics.report.tables import Cell, Column, Table
from tests.metrics.test_identification import made
from tests.metrics.test_model_comparison import study

GROUPS = ("-1 \u2212 2", "B-7", "C")
"""Names with either sign: they are nobody's numbers."""


def written(tmp_path, verb, language):
    """Write the report of a verb on scores of which many are negative; return its JSON, files, and tables as they are shown."""
    (one, two), about = study(people=14, bias=1.0, groups=GROUPS)
    one[:3] = np.nan
    fold = np.arange(len(one)) % 5
    for name, score in (("one", one), ("two", two)):
        np.savez(tmp_path / f"{name}.npz", score=score - 4, fold=fold, **about)
    parts = made(groups=GROUPS)
    np.savez(tmp_path / "s.npz", **(parts | {"scores": parts["scores"] - 1}))
    words = {
        "evaluate": ["evaluate", "one.npz", "--by", "group", "--at", "fmr=0.05", "--insightface"],
        "compare-scores": ["compare-scores", "one.npz", "two.npz", "--at", "fmr=0.05"],
        "identify": ["identify", "s.npz", "--by", "group"],
    }[verb]
    words = [str(tmp_path / word) if word.endswith(".npz") else word for word in words]
    out = tmp_path / "out"
    assert run([*words, "--bootstrap", "60", "--language", language, "--out", str(out)]) == 0
    record = {"evaluate": "evaluation", "compare-scores": "comparison", "identify": "identification"}[verb]
    return json.loads((out / f"{record}.json").read_text()), out


@pytest.fixture(params=[(verb, lang) for verb in ("evaluate", "compare-scores", "identify") for lang in ("en", "es")])
def exported(request, tmp_path, monkeypatch, capsys):
    shown = {}
    original = documents._page

    def page(document, *given):
        shown.update({table.name: table for table in document.tables})
        return original(document, *given)

    monkeypatch.setattr(documents, "_page", page)
    monkeypatch.setattr(documents, "_pdf", lambda *_given: b"")
    found, out = written(tmp_path, *request.param)
    capsys.readouterr()
    return request.param, found, out, shown


def rows_of(path):
    heads, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    assert len(heads) == len(set(heads))
    return heads, rows


NUMBER = re.compile(r"(?<![\w-])-[\d.\u221e]")


def test_the_minus_is_ascii_in_files_and_a_minus_where_people_read(exported):
    (verb, _language), _found, out, shown = exported
    negative = 0
    for path in (out / "tables").glob("*.csv"):
        _heads, rows = rows_of(path)
        table = shown[path.stem]
        for row, cells in zip(rows, table.rows, strict=True):
            for text, cell in zip(row, cells, strict=False):
                if cell.given:
                    assert text.removeprefix("'") == cell.text
                    continue
                assert "\u2212" not in text and not NUMBER.search(cell.text), (path.stem, text, cell.text)
                negative += cell.text.startswith("\u2212")
                if re.match("[\u2212+]?[0-9]", cell.text):
                    assert not text.startswith("'"), (path.stem, text)
            for text in row[len(cells) :]:
                assert "\u2212" not in text
    for name in ("table.csv", "cmc.csv", "fnir.csv", "differences.csv"):
        if (out / name).is_file():
            _heads, rows = rows_of(out / name)
            assert not any("\u2212" in text for row in rows for text in row if not any(name in text for name in GROUPS))
    assert negative > (3 if verb != "identify" else 1)
    assert not any(
        NUMBER.search(cell.text) for table in shown.values() for row in table.rows for cell in row if not cell.given
    )
    assert not any(re.search(r"(?<!\w)-\d", table.note.replace(GROUPS[0], "")) for table in shown.values())


def numbers_in(value):
    """Yield every number of a JSON document."""
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers_in(one)
    elif (isinstance(value, (int, float)) and not isinstance(value, bool)) or value in ("inf", "-inf"):
        yield float(value)


def hundred(value):
    """Return a hundred times the digits of a float, as a float."""
    return value if value in (float("inf"), float("-inf")) else float(100 * Fraction(repr(value)))


def test_every_number_of_a_table_is_one_of_the_json_in_the_unit_of_its_title(exported):
    (_verb, language), found, out, shown = exported
    known = set(numbers_in(found))
    hundredfold = {hundred(value) for value in known} | {-hundred(value) for value in known}
    for target in ("0.1", "0.01", "0.001", "0.0001", "0.00001", "0.000001"):
        hundredfold.add(hundred(float(target)))  # the FAR of a TAR and the FPIR of an FNIR: keys of the JSON
    already = {abs(value) for key, value in percents(found)}
    points = {"en": "pp", "es": "p. p."}[language]
    counted = 0
    for path in (out / "tables").glob("*.csv"):
        heads, rows = rows_of(path)
        table = shown[path.stem]
        behind = heads[len(table.columns) :]
        assert all(
            re.search(
                r"(number|low|high|unit|n\u00famero|inferior|superior|unidad|false matches|comparisons|falsas|comparaciones)",
                head,
            )
            for head in behind
        ), behind
        for row in rows:
            told = dict(zip(behind, row[len(table.columns) :], strict=True))
            for head, text in told.items():
                if not text or head.endswith((": unit", ": unidad")):
                    continue
                owner = re.sub(r": [^:]*$", "", head)
                unit = next(
                    (told[f"{owner}: {name}"] for name in ("unit", "unidad") if f"{owner}: {name}" in told), None
                )
                named = re.search(r" \((%|pp|p\. p\.)\)$", head)
                unit = named[1] if named else unit or ""
                value, counted = float(text), counted + 1
                if unit in ("%", points):
                    assert value in hundredfold or abs(value) in already, (path.stem, head, text)
                else:
                    assert unit == "" and (value in known or -value in known), (path.stem, head, text)
    assert counted > 30


def percents(value, key=""):
    """Yield the numbers that the JSON has in percent, or in percentage points, already."""
    if isinstance(value, dict):
        name = value.get("figure", "") if isinstance(value.get("figure"), str) else ""
        for one, of in value.items():
            inside = one if one.startswith(("accuracy_STD", "fmr_MAPE")) else name or key
            yield from percents(of, inside)
    elif isinstance(value, list):
        for one in value:
            yield from percents(one, key)
    elif key.startswith(("accuracy_STD", "fmr_MAPE")) and isinstance(value, (int, float)):
        yield key, float(value)


def floats(text):
    return None if text == "" else float(text)


def test_files_for_programs_say_cell_by_cell_what_the_json_says(exported):
    (verb, _language), found, out, _shown = exported
    everybody = "all"  # in any language: programs read these files
    if verb == "compare-scores":
        heads, rows = rows_of(out / "differences.csv")
        for row, of in zip((dict(zip(heads, row, strict=True)) for row in rows), found["differences"], strict=True):
            for name in ("first", "second", "difference"):
                assert float(row[name]) == float(of[name])
            assert [floats(row[end]) for end in ("low", "high")] == [
                None if end is None else float(end) for end in of["ci"] or [None, None]
            ]
            assert (row["figure"], row["group"].removeprefix("'"), row["better"]) == (
                of["figure"],
                of.get("group", ""),
                of["better"],
            )
        return
    if verb == "identify":
        heads, rows = rows_of(out / "cmc.csv")
        whole = [(everybody, found), *found["groups"].items()]
        flat = [
            [name, str(rank), one["cmc"]["pessimistic"][rank - 1], one["cmc"]["optimistic"][rank - 1]]
            for name, one in whole for rank in range(1, found["n_gallery"] + 1)
        ]  # fmt: skip
        assert [[row[0].removeprefix("'"), row[1], float(row[2]), float(row[3])] for row in rows] == flat
        heads, rows = rows_of(out / "fnir.csv")
        points = [(name, target, point) for name, one in whole for target, point in one["fnir_at_fpir"].items()]
        for row, (name, target, point) in zip(
            (dict(zip(heads, row, strict=True)) for row in rows), points, strict=True
        ):
            assert (row["group"].removeprefix("'"), row["target_fpir"]) == (name, target)
            for one in ("fnir_rank1", "fpir", "threshold", "misses", "false_positives"):
                assert float(row[one]) == float(point[one])
            for one, of in (("fnir", "fnir_rank1_ci"), ("fpir", "fpir_ci")):
                assert [floats(row[f"{one}_{end}"]) for end in ("low", "high")] == (point.get(of) or [None, None])
        return
    heads, rows = rows_of(out / "table.csv")
    groups = found["groups"]["per_group"]
    whole = found | found["at_threshold"] | {"genuine": found["n_genuine"], "impostor": found["n_impostor"]}
    for row, (name, of) in zip(
        (dict(zip(heads, row, strict=True)) for row in rows), [(everybody, whole), *groups.items()], strict=True
    ):
        assert row["group"].removeprefix("'") == name
        for one in ("fmr", "fnmr", "eer"):
            assert [floats(row[f"{one}_{end}"]) for end in ("low", "high")] == (of.get(f"{one}_ci") or [None, None])
        for one in (
            "genuine",
            "impostor",
            "fmr",
            "fnmr",
            "false_matches",
            "false_non_matches",
            "eer",
            "d_prime",
            "accuracy",
            "subjects",
        ):
            assert float(row[one]) == of[one], (name, one)


def test_one_sign_for_people_and_one_for_programs():
    assert [number(value) for value in (-0.5, float("-inf"), "-inf", "inf", -1.5e-7, 3)] == [
        "\u22120.5", "\u2212\u221e", "\u2212\u221e", "\u221e", "\u22121.5e\u221207", "3",
    ]  # fmt: skip
    assert minus("FMR at most 5 % of B-7, at -0.5") == "FMR at most 5 % of B-7, at \u22120.5"
    columns = [Column("Group", text=True), Column("Figure", text=True), Column("95 %")]
    row = [
        Cell("\u22121 \u2212 2", given=True),
        Cell("largest \u2212 smallest"),
        Cell("\u22121 % to +2 % (too narrow)"),
    ]
    other = [Cell("a"), Cell("\u2212x", given=True), Cell("\u2212\u221e to > 1,000,000")]
    text = as_csv(Table("t", "T", columns, [row, other]))
    assert list(csv.reader(text.splitlines()))[1:] == [
        ["\u22121 \u2212 2", "largest - smallest", "-1 % to +2 % (too narrow)"], ["a", "\u2212x", "-\u221e to > 1,000,000"],
    ]  # fmt: skip
