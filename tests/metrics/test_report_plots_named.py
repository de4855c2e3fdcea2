"""What a report's plots are called: as files, and for those who do not see them."""

import html
import re

import numpy as np
import pytest

from fairdesk.cli.main import run
from fairdesk.metrics.report.written import group_files

GROUPS = ["all", "Groups", "B/C", "B:C"]


def test_no_file_of_a_group_is_called_as_another_plot():
    found = group_files(GROUPS)
    assert list(found) == ["scores-group-all", "scores-group-Groups", "scores-B_C", "scores-B_C_2"]
    assert list(found.values()) == GROUPS and list(group_files(["Asian", "roc"])) == ["scores-Asian", "scores-roc"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_plot_says_in_words_what_it_shows(tmp_path, capsys, language):
    rng = np.random.default_rng(0)
    groups = np.array(GROUPS).repeat(80)
    label = np.tile([True, False], 160)
    np.savez(tmp_path / "s.npz", score=rng.normal(size=320) + 2 * label, label=label, group1=groups, group2=groups)
    words = ["evaluate", str(tmp_path / "s.npz"), "--by", "group", "--at", "threshold=1", "--out", str(tmp_path / "r")]
    assert run([*words, "--language", language, "--label-source", "Self-reported"]) == 0
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    told = [html.unescape(one) for one in re.findall('<img alt="([^"]*)"', page)]
    assert len(told) == len(set(told)) == len(list((tmp_path / "r").glob("*.svg"))) == 12
    scores = {"en": "Scores of {}", "es": "Puntuaciones de {}"}[language]
    assert {scores.format(name) for name in GROUPS} < set(told)
    assert all(" " in one for one in told) and not {one.stem for one in (tmp_path / "r").glob("*.svg")} & set(told)
    assert (tmp_path / "r" / "scores-group-all.svg").is_file() and not list((tmp_path / "r").glob("scores-all_*"))
    shown = re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    if language == "es":
        tips = " ".join(re.findall(' title="([^"]*)"', page))
        assert "declarado por la propia persona" in shown
        assert not re.search(r"self-reported|\b(and|of|mean|sum|target|the|with)\b", shown + tips + " ".join(told))
    else:
        assert "self-reported" in shown
