"""Two models are compared by the groups that are asked for: gender, age, or several together."""

import json

import numpy as np
import pytest

from fairdesk.cli import run


@pytest.fixture
def models(tmp_path):
    """Scores of two models, whose people have a group, a gender and an age."""
    rng = np.random.default_rng(3)
    people = 48
    group, gender, age = np.array(["g1", "g2"])[np.arange(people) % 2], np.array(["F", "M"])[np.arange(people) // 2 % 2], np.array(["20", "40", "60"])[np.arange(people) % 3]  # fmt: skip
    first = np.concatenate([np.repeat(np.arange(people), 8), rng.integers(0, people, 4000)])
    second = first.copy()
    second[people * 8 :] = (first[people * 8 :] + 2 * rng.integers(1, people // 2, 4000)) % people
    label = first == second
    for name in ("a", "b"):
        columns = {f"{kind}{side}": values[who] for side, who in (("1", first), ("2", second)) for kind, values in (("group", group), ("gender", gender), ("age", age))}  # fmt: skip
        images = {"path1": np.char.add("i", np.arange(len(label)).astype(str)), "path2": np.char.add("j", np.arange(len(label)).astype(str))}  # fmt: skip
        names = {"subject1": np.char.add("p", first.astype(str)), "subject2": np.char.add("p", second.astype(str))}
        score = rng.normal(size=len(label)) + 2 * label
        np.savez(tmp_path / f"{name}.npz", score=score, label=label, **columns, **images, **names)
    return [str(tmp_path / f"{name}.npz") for name in ("a", "b")]


@pytest.mark.parametrize("by", ["group", "gender", "group+gender", "none"])
def test_they_are_those_of_each_models_own_evaluation(models, capsys, by):
    words = ["--at", "fmr=0.05", "--bootstrap", "100", "--json"]
    assert run(["compare-scores", *models, "--by", by, *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["by"] == by
    alone = []
    for path in models:
        assert run(["evaluate", path, "--by", by, *words]) == 0
        alone.append(json.loads(capsys.readouterr().out))
    groups = {row.get("group") for row in found["differences"]} - {None}
    if by == "none":
        assert groups == set()
        return
    assert groups == set(alone[0]["groups"]["per_group"])
    for row in found["differences"]:
        if row.get("group") is not None and row["figure"] in ("fmr", "fnmr"):
            values = [one["groups"]["per_group"][row["group"]][row["figure"]] for one in alone]
            assert [row["first"], row["second"]] == values
        elif row["figure"] in ("GARBE", "gini_fmr", "SER"):
            assert [row["first"], row["second"]] == [one["groups"]["fairness"][row["figure"]] for one in alone]
    assert found["normalised_first"]["before"] or found["normalised_first"]["why"]


def test_the_text_says_by_what(models, capsys):
    assert run(["compare-scores", *models, "--by", "gender+age", "--at", "fmr=0.05", "--bootstrap", "0"]) == 0
    assert "Groups are those of gender and age." in capsys.readouterr().out
    np.savez(models[1], **{name: value for name, value in np.load(models[1]).items() if not name.startswith("age")})
    np.savez(models[0], **{name: value for name, value in np.load(models[0]).items() if not name.startswith("age")})
    assert run(["compare-scores", *models, "--by", "age", "--at", "fmr=0.05"]) == 2
    assert "do not name age1 and age2" in capsys.readouterr().err
