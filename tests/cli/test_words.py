"""Every text of the command line goes through the one translation function: seen in a language made for it."""

import json
import os
import re
import subprocess
import sys

import pytest

from fairdesk.cli import run
from fairdesk.cli.verbs import all_verbs
from fairdesk.jobs.registry import job_kinds
from tests import pseudo
from tests.conftest import plain_images

# What is typed, and what an example holds: options, place holders, choices, paths and names of files.
TYPED = [
    r"(?<!\w)--?[\w-]+", r"\bfairdesk( [a-z][\w-]*){0,2}", r"\b\w+=[\w.-]+", r"\bFILE\.json\b", r"(?<![\w.])[A-Z][A-Z_|.]*(?![\w])", r"\{[\w,.:-]+\}", r"\[[\w,-]+\]", r"\bFairDesk\b",
    r"(?<!\w)\.?/[\w./-]*", r"\b[\w-]+\.(fairdesk|csv|npz|json|png)\b", r"\b(g|id)\d+\b",
]  # fmt: skip
FAMILIES = {"train": ("arcface", "gan", "identity-gan", "dcgan", "stylegan2", "cyclegan")}


def check(text, more=()):
    """Fail with the words of an output that are neither translated nor typed."""
    data = [*pseudo.fixed_values(), *TYPED, *more]
    found = [line for line in text.splitlines() if pseudo.untranslated(line, data)] if "⟦" not in text else []
    rest = pseudo.untranslated(text, data)
    assert not rest, (rest, found or text)


@pytest.mark.parametrize("verb", sorted(verb.name for verb in all_verbs()))
def test_the_help_of_every_verb_speaks_one_language(bracketed, capsys, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "500")
    without = [rf"(?<= ){kind.without}\b" for kind in job_kinds().values() if kind.without]  # names of options
    for words in ((verb,), *((verb, family) for family in FAMILIES.get(verb, ()))):
        with pytest.raises(SystemExit):
            run([*words, "--help"])
        out = capsys.readouterr().out
        assert out.startswith("⟦usage: ⟧fairdesk")
        check(out.partition("\n\n")[2], [r"(?m)^ +[a-z]\w*(?= |$)", *(rf"\b{word}\b" for word in words), *without])


def test_the_list_of_verbs_speaks_one_language(bracketed, capsys):
    with pytest.raises(SystemExit):
        run(["--help"])
    verbs = sorted((verb.name for verb in all_verbs()), key=len, reverse=True)  # compare-scores before compare
    check(capsys.readouterr().out, [rf"(?m)^ +{verb}" for verb in verbs])


WRONG = [
    (["import", "STUDY", "nowhere"], 2), (["new", "STUDY"], 2), (["history", "nowhere"], 2), (["cluster", "STUDY"], 2), (["train"], 2),
    (["cluster", "STUDY", "--eps", "far"], 2), (["cluster", "STUDY", "--eps", "-1"], 2), (["cluster", "STUDY", "--color"], 2),
    (["pairs", "STUDY", "--genuine"], 2), (["resize", "STUDY", "--size", "0"], 2), (["undo", "STUDY"], 2), (["purge", "STUDY", "--identity", "Nobody"], 2),
    (["sets", "STUDY", "--freeze", "none"], 2), (["evaluate", "nothing.npz"], 2), (["mosaic", "STUDY", "--cluster", "7", "--out", "m.png"], 2),
    (["name", "STUDY", "--cluster", "1", "--identity", "Ann"], 2), (["explode"], 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_refusals_speak_one_language(bracketed, capsys, tmp_path, monkeypatch, arguments, status):
    monkeypatch.chdir(tmp_path)
    run(["new", "study.fairdesk"])
    capsys.readouterr()
    given = [word.replace("STUDY", "study.fairdesk") for word in arguments]
    assert run(given) == status
    out, err = capsys.readouterr()
    assert not out and "⟦" in err
    check(err, [rf"(?<!\w){re.escape(word)}(?!\w)" for word in (*given, *(verb.name for verb in all_verbs()))])


def test_results_speak_one_language(bracketed, capsys, tmp_path, monkeypatch):
    """A path through the verbs, each read as a person reads it."""
    monkeypatch.chdir(tmp_path)
    faces = plain_images(tmp_path / "faces", 2, 3, 2)
    (faces / "g0" / "broken.png").write_bytes(b"no image")
    for line in (
        "new study.fairdesk", "history study.fairdesk", "import study.fairdesk faces", "history study.fairdesk", "detect study.fairdesk --detector whole",
        "quality study.fairdesk", "divide study.fairdesk --shares .5 .25 .25", "sets study.fairdesk", "sets study.fairdesk --freeze train",
        "duplicates study.fairdesk", "pairs study.fairdesk --genuine 4 --impostor 4 --out pairs.csv", "export study.fairdesk --out copied",
        "balance study.fairdesk --by images --target equal --dry-run", "undo study.fairdesk", "redo study.fairdesk", "vectors study.fairdesk --out v.npz",
    ):  # fmt: skip
        status = run(line.split())
        out, err = capsys.readouterr()
        if line.startswith("vectors"):
            assert status == 2
        else:
            assert status == 0, (line, err)
            assert "⟦" in out, line
        check(
            out + err,
            [r"\bfaces\b", r"\bstudy\b", r"\btrain\b", r"\bvalidation\b", r"\btest\b", re.escape(str(tmp_path))],
        )


def test_the_environment_says_the_language_and_json_keeps_its_keys(tmp_path):
    """In a process of its own, as a person starts it."""
    environment = dict(
        os.environ, LANGUAGE=f"{pseudo.LANGUAGE}:en", FAIRDESK_LOCALE=str(pseudo.write(tmp_path / "locale"))
    )
    study = str(tmp_path / "study.fairdesk")

    def fairdesk(*arguments, **more):
        return subprocess.run(
            [sys.executable, "-m", "fairdesk", *arguments], capture_output=True, text=True, env=environment | more
        )

    assert fairdesk("new", study).stdout == f"⟦Created ⟧{study}\n"
    assert json.loads(fairdesk("history", study, "--json").stdout) == {"steps": []}
    assert fairdesk("history", study).stdout == "⟦No edits yet.⟧\n"
    assert fairdesk("history", study, LANGUAGE="en:qps").stdout == "No edits yet.\n"
    assert (
        fairdesk("history", study, LANGUAGE="", LC_ALL="", LC_MESSAGES="", LANG="qps_QPS.UTF-8").stdout
        == "⟦No edits yet.⟧\n"
    )
    assert fairdesk("history", study, LANGUAGE="xx").stdout == "No edits yet.\n"
