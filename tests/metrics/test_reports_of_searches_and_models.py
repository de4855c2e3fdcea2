"""Searches and comparisons of two models are reported as evaluations are: HTML and PDF, in both languages, the same bytes."""

import html
import json
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from fairdesk.cli import run
from fairdesk.figures import verification_figures
from fairdesk.images.file_facts import file_sha256
from fairdesk.jobs.context import QuietContext
from fairdesk.metrics.comparison.job import compare_scores
from fairdesk.metrics.identification.job import identify_probes
from fairdesk.metrics.params import CompareScoresParams, EvaluateParams, IdentifyParams
from fairdesk.metrics.report import document as documents
from fairdesk.metrics.report import language
from fairdesk.metrics.report.option_words import named_both
from tests.metrics.test_identification import made
from tests.metrics.test_model_comparison import study
from tests.metrics.test_report_language import letters_of
from tests.pseudo import MAKER, bracketed, untranslated


def searched(tmp_path, kind="whole", name="s.npz"):
    """Write a search; each kind lacks something else, so that other reasons are told."""
    people, enrolled = (6, 3) if kind == "few people" else (40, 26)
    parts = made(groups=("q1", "q2"), people=people, enrolled=enrolled)
    scores = parts["scores"]
    if kind == "gaps":
        scores[3, 2:5] = np.nan
        scores[5] = np.nan
        parts["probe_group"] = np.where(np.arange(len(scores)) % 7 == 0, "", parts["probe_group"])
    if kind == "upside down":
        parts["scores"] = -scores
    if kind == "nobody else":
        mated = np.isin(parts["probe_subject"], parts["gallery_subject"])
        parts = parts | {one: parts[one][mated] for one in ("scores", "probe_subject", "probe_group")}
    if kind == "nobody enrolled":
        parts["gallery_subject"] = np.char.add("x", parts["gallery_subject"].astype(str))
    np.savez(tmp_path / name, measure=np.array("cosine similarity"), **parts)
    return tmp_path / name


def two_models(tmp_path, kind="whole"):
    """Write two models' scores of one list."""
    (one, two), about = study(people=4 if kind == "few people" else 12, bias=1.0, groups=("q1", "q2"))
    if kind == "no subjects":
        about = {name: value for name, value in about.items() if not name.startswith("subject")}
    if kind == "no groups":
        about = {name: value for name, value in about.items() if not name.startswith("group")}
    if kind == "lists apart":
        for side, cut in ((one, slice(3)), (two, slice(3, 5))):
            side[cut] = np.nan
    if kind == "upside down":
        one = -one
    if kind == "no errors":
        one = one + 30 * about["label"]
    encoders = {"encoder": np.array("dlib"), "detector": np.array("hog"), "weights_sha256": np.array("cd" * 32)}
    lists = {"pair_list": np.array("pairs.csv"), "pair_list_sha256": np.array("ab" * 32)}
    paths = tmp_path / "q3.npz", tmp_path / "q4.npz"
    for path, score in zip(paths, (one, two), strict=True):
        rows = {
            name: value[5:] if kind == "lists apart" and path == paths[1] else value for name, value in about.items()
        }
        score = score[5:] if kind == "lists apart" and path == paths[1] else score
        np.savez(path, score=score, measure=np.array("cosine similarity"), **rows, **encoders, **lists)
    return paths


def text_of(page):
    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>|<img[^>]*>", "", page, flags=re.S)))


JOBS = [
    *(("identify", kind, {}) for kind in ("whole", "gaps", "upside down", "few people", "nobody else", "nobody enrolled")),
    ("identify", "whole", {"bootstrap": 0}), ("identify", "upside down", {"distance": True}),
    *(("compare", kind, {}) for kind in ("whole", "lists apart", "few people", "no subjects", "no groups", "upside down", "no errors")),
    ("compare", "whole", {"bootstrap": 0}), ("compare", "whole", {"at": "eer"}), ("compare", "whole", {"at": "fmr=0.002"}),
]  # fmt: skip


def report(tmp_path, job, kind="whole", **options):
    """Return the result of a verb with a report."""
    out = options.pop("out", tmp_path / "out")
    if job == "identify":
        given = {"by": "group", "bootstrap": 40} | options
        return identify_probes(IdentifyParams(scores=searched(tmp_path, kind), out=out, **given), QuietContext())
    given = {"at": "fmr=0.05", "bootstrap": 40} | options
    one, two = two_models(tmp_path, kind)
    return compare_scores(CompareScoresParams(first=one, second=two, out=out, **given), QuietContext())


DATA = [
    r"[\w-]+\.(npz|csv|html)", r"q\d", r"FairDesk|Python|NumPy|dlib|hog", r"[0-9a-f]{64}", "FMR|FNMR|FDR|IR|GARBE|SER|FPIR|FNIR",
    r"\d+(\.\d+)?e[+-]?\d+", r"\(--[\w-]+( fmr)?=?[\d.]*\)", "p\\d+",
]  # fmt: skip
"""Values, names, acronyms, and the options that stand behind the names of their controls."""


@pytest.mark.parametrize(("job", "kind", "options"), JOBS)
def test_every_word_asked_for_a_translation(tmp_path, monkeypatch, job, kind, options):
    made_up = {text: bracketed(text) for texts in MAKER.all_texts() for text in texts if text}
    monkeypatch.setattr(language, "phrases", lambda _language: made_up)
    drawn: list[Figure] = []
    original = verification_figures.framed

    def framed(*given, **more):
        drawn.append(original(*given, **more))
        return drawn[-1]

    told: list[documents.Document] = []
    monkeypatch.setattr(verification_figures, "framed", framed)
    monkeypatch.setattr(verification_figures, "picture", lambda *_given, **_options: b"<svg/>")
    monkeypatch.setattr(documents, "_pdf", lambda document, _check: told.append(document) or b"")
    result = report(tmp_path, job, kind, language="es", label_source="annotated", **options)
    (found,) = told
    said = [found.title, *found.caveats, *found.warnings, *(text for pair in found.facts for text in pair)]
    for table in found.tables:
        said += [table.title, table.note, *(text for one in table.columns for text in (one.title, one.tip))]
        said += [text for row in table.rows for cell in row for text in (cell.text, *cell.tip.split("\n"))]
    said += [plot.said for plot in found.plots.values()]
    in_report = [text for figure in drawn for text in letters_of(figure)] + said
    assert len(in_report) > 60
    terminal = re.sub(r"--(second-)?distance|--at fmr=[\d.]*", " ", result.text().replace(str(tmp_path), ""))
    lines = terminal.replace("/out/", "").split("\n")
    left = {text: rest for text in (*in_report, *lines) if (rest := untranslated(text, DATA))}
    assert not left, json.dumps(left, indent=1, ensure_ascii=False)


ENGLISH = re.compile(
    r"\b(the|of|and|with|is|are|for|one|mean|smallest|largest|cannot|yes|groups?|rate|probes?|first|less)\b"
)


@pytest.mark.parametrize(("job", "kind", "options"), JOBS)
def test_nothing_is_left_in_english_in_a_spanish_report(tmp_path, missed, job, kind, options):
    result = report(tmp_path, job, kind, language="es", label_source="self-reported", **options)
    assert not missed - {"steps"}
    page = (tmp_path / "out" / ("identification.html" if job == "identify" else "comparison.html")).read_text()
    said = text_of(page) + " ".join(html.unescape(one) for one in re.findall('(?:title|alt)="([^"]*)"', page))
    assert ('lang="es"' in page and "declarado por la propia persona" in said) or kind == "no groups"
    assert not ENGLISH.findall(said.replace("de Freitas Pereira and Marcel", "").replace("Wang and Deng", ""))
    assert not ENGLISH.findall(result.text().replace(str(tmp_path), ""))
    assert not missed - {"steps"}


@pytest.mark.parametrize("job", ["identify", "compare"])
@pytest.mark.parametrize("spoken", ["en", "es"])
def test_the_same_inputs_give_the_same_bytes(tmp_path, job, spoken):
    read = lambda name: {
        str(path.relative_to(tmp_path / name)): path.read_bytes()
        for path in (tmp_path / name).rglob("*")
        if path.is_file()
    }
    for name in ("a", "b"):
        report(tmp_path, job, out=tmp_path / name, date="2026-01-02", language=spoken)
    assert read("a") == read("b")
    stem, plots = (
        ("identification", {"cmc"})
        if job == "identify"
        else ("comparison", {"models-roc", "models-det", "differences"})
    )
    wanted = {f"{stem}.{form}" for form in ("html", "pdf", "json")} | {
        f"{one}.{form}" for one in plots for form in ("svg", "png", "pdf")
    }
    assert wanted <= read("a").keys()
    pdf = read("a")[f"{stem}.pdf"]
    assert pdf.startswith(b"%PDF") and b"CreationDate" not in pdf and b"/Type3" not in pdf
    assert str(tmp_path).encode() not in b"".join(one for name, one in read("a").items() if not name.endswith(".json"))
    report(tmp_path, job, out=tmp_path / "c", date="2026-01-03", language=spoken)
    assert {name for name, one in read("c").items() if one != read("a")[name]} == {f"{stem}.html", f"{stem}.pdf"}
    assert {"en": "2026-01-02", "es": "2026-01-02"}[spoken] in text_of(read("a")[f"{stem}.html"].decode())


def test_the_report_of_a_search_says_where_its_numbers_come_from(tmp_path):
    result = report(tmp_path, "identify", label_source="annotated by two people", date="1 May")
    said = text_of((tmp_path / "out" / "identification.html").read_text())
    for wanted in (
        "1 May", "s.npz", file_sha256(tmp_path / "s.npz"), "cosine similarity", "annotated by two people", result.interval,
        "share of non-mated probes with a candidate", "Conformance with the standards is not claimed", "NumPy",
        "below resolution", "the gallery is fixed",
    ):  # fmt: skip
        assert wanted in said, wanted
    assert re.search(r"\b20 100 %", re.sub(r"\s+", " ", said))  # at rank 20
    rank1 = result.cmc.pessimistic[0]
    assert f"{float(f'{100 * rank1:.3g}'):g} %" in said and not re.search(r"fnir_rank1|n_mated|_ci\b", said)


def test_the_report_of_two_models_says_where_its_numbers_come_from(tmp_path):
    result = report(tmp_path, "compare", label_source="annotated by two people", date="1 May")
    said = text_of((tmp_path / "out" / "comparison.html").read_text())
    for wanted in (
        "1 May", "q3.npz", "q4.npz", file_sha256(tmp_path / "q3.npz"), file_sha256(tmp_path / "q4.npz"), "ab" * 32, "cd" * 32,
        "q3: Embedding model", "q4: Detector", "pairs.csv", "annotated by two people", result.interval, "FMR at most 5 % on all pairs",
        "Does q4 treat groups more alike than q3?", "de Freitas Pereira and Marcel, 2021", "max A / min A", "normalised by group",
        "Conformance with the standards is not claimed", "GARBE", "NumPy", "alpha",
    ):  # fmt: skip
        assert wanted in said, wanted
    answers = re.findall(r"<td class=\"text[^>]*>([^<]*)</td>", (tmp_path / "out" / "comparison.html").read_text())
    assert answers.count("yes") == list(result.less_biased.values()).count("yes") > 0
    assert not re.search(r"\b(gini_fmr|max_over|less_biased|_ci)\b", said)


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("job", ["identify", "compare"])
def test_files_of_an_earlier_run_go_and_no_others(tmp_path, job):
    out = tmp_path / "out"
    report(tmp_path, job)
    record = "identification.json" if job == "identify" else "comparison.json"
    written = names(out)
    assert written == set(json.loads((out / record).read_text())["files"])
    (out / "mine.png").write_text("mine")
    (out / "tables" / "mine.csv").write_text("mine")
    report(
        tmp_path, job, "nobody enrolled" if job == "identify" else "no groups", by="none"
    ) if job == "identify" else report(tmp_path, job, "no groups")
    now = set(json.loads((out / record).read_text())["files"])
    gone = {"cmc.png", "cmc.svg"} if job == "identify" else {"tables/less_biased.csv", "tables/models_definitions.tex"}
    assert gone <= written and not gone & now
    assert names(out) == now | {"mine.png", "tables/mine.csv"}


def test_reports_of_three_kinds_stay_beside_each_other(tmp_path):
    words = [
        "evaluate",
        str(two_models(tmp_path)[0]),
        "--bootstrap",
        "0",
        "--at",
        "eer",
        "--by",
        "group",
        "--out",
        str(tmp_path / "out"),
    ]
    assert run(words) == 0
    kept = {name: (tmp_path / "out" / name).read_bytes() for name in names(tmp_path / "out")}
    report(tmp_path, "identify")
    report(tmp_path, "compare")
    assert all((tmp_path / "out" / name).read_bytes() == content for name, content in kept.items())
    assert {"identification.html", "comparison.html", "report.html"} <= names(tmp_path / "out")


def test_models_of_one_name_are_told_apart_by_their_folders_alone(tmp_path):
    paths = []
    for folder, path in zip(("plain", "fair"), two_models(tmp_path), strict=True):
        (tmp_path / folder).mkdir()
        paths.append(path.rename(tmp_path / folder / "scores.npz"))
    params = CompareScoresParams(first=paths[0], second=paths[1], at="fmr=0.05", bootstrap=0, out=tmp_path / "r")
    found = compare_scores(params, QuietContext())
    assert (found.first, found.second) == ("plain/scores.npz", "fair/scores.npz")
    assert str(tmp_path) not in (tmp_path / "r" / "comparison.html").read_text()


def test_a_report_names_options_by_both_their_names(tmp_path):
    """It may be made from the window, where an option is a control, or by the verb."""
    report(tmp_path, "compare", "upside down")
    said = text_of((tmp_path / "out" / "comparison.html").read_text())
    assert "evaluate with “Scores are distances” (--distance)" in said
    report(tmp_path, "compare", at="eer")
    said = text_of((tmp_path / "out" / "comparison.html").read_text())
    assert "Compare at one: “FMR 1 %” as the one threshold for all (--at fmr=0.01)" in said
    report(tmp_path, "identify", "upside down")
    said = text_of((tmp_path / "out" / "identification.html").read_text())
    assert "If small means alike, use “Scores are distances” (--distance)." in said
    assert named_both("Type: fairdesk evaluate a.npz --distance") == "Type: fairdesk evaluate a.npz --distance"


def test_every_report_takes_the_same_words():
    for model in (EvaluateParams, IdentifyParams, CompareScoresParams):
        assert {"out", "language", "date", "label_source"} <= model.model_fields.keys()
        assert model.sections["Report"] == ("language", "date", "label_source")
