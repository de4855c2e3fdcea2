"""What is wrong with parameters names its field; results dump as the verbs' JSON; old kinds are read."""

import contextlib
import math

import pytest
from pydantic import ValidationError

from fairdesk.clustering.params import ClusterParams
from fairdesk.generation.training.params import DcganParams, gan_params
from fairdesk.jobs.fields import Endings, said
from fairdesk.jobs.messages import JobSpec
from fairdesk.jobs.params import ParamsError, parse
from fairdesk.jobs.registry import job_kind, job_kinds, kind_of, modern
from fairdesk.jobs.results import JobResult
from fairdesk.metrics.params import EvaluateParams
from fairdesk.runs.figure_key import FigureKey


def problems(model, **values):
    with pytest.raises(ParamsError) as caught:
        parse(model, values)
    return caught.value


def test_a_problem_names_its_field_also_where_several_are_checked_together(tmp_path):
    base = {"data": tmp_path, "out": tmp_path / "o"}
    one = problems(DcganParams, **base, batch_size=9, accumulate=2)
    assert [problem.field for problem in one.problems] == ["accumulate"]
    assert str(one) == "--accumulate: a batch of 9 cannot be computed in 2 equal parts"
    assert [p.field for p in problems(DcganParams, **base, image_size=33).problems] == ["image_size"]
    missing = problems(DcganParams)
    assert {p.field for p in missing.problems if p.missing} == {"data", "out"}
    unknown = problems(DcganParams, **base, no_such=1)
    assert unknown.problems[0].field is None and "--no-such" in str(unknown)
    assert [p.field for p in problems(EvaluateParams, scores=tmp_path, alpha=2).problems] == ["alpha"]


def test_an_alias_is_the_option_and_the_name_is_the_field(tmp_path):
    model = job_kind("export").params
    (problem,) = problems(model, out=tmp_path, set=3).problems
    assert problem.field == "only_set" and problem.words(model).startswith("--set: ")


def test_a_family_has_real_defaults_and_reads_what_earlier_versions_kept(tmp_path):
    base = {"data": tmp_path, "out": tmp_path / "o"}
    sizes = {name: gan_params(name, **base).batch_size for name in ("gan", "dcgan", "stylegan2")}
    assert sizes == {"gan": 64, "dcgan": 128, "stylegan2": 32}
    old = {
        "family": "dcgan",
        "batch_size": None,
        "image_size": None,
        "latent": None,
        "r1": None,
        "norm": "instance",
        "epochs": 3,
    }
    name, values = modern("train", old)
    kept = job_kind(name).params(**values, **base)
    assert (name, kept.batch_size, kept.image_size, kept.latent, kept.epochs) == ("train-dcgan", 128, 64, 100, 3)
    with pytest.raises(ValidationError, match="cyclegan needs two folders"):
        gan_params("cyclegan", **base)
    assert kind_of(JobSpec("train", {"family": "nothing"})) is None and kind_of(JobSpec("no such", {})) is None


class Figures(JobResult):
    rate: float | None
    rate_why: str | None = None
    ratio: float = 1.0
    note: str | None = None


def test_undefined_stays_null_with_its_reason_and_absent_is_absent():
    assert Figures(rate=None, rate_why="no pairs", ratio=math.inf).json_values() == {
        "rate": None, "rate_why": "no pairs", "ratio": "inf",
    }  # fmt: skip
    assert Figures(rate=0.5, note="n", summary="s").json_values() == {
        "summary": "s",
        "rate": 0.5,
        "ratio": 1.0,
        "note": "n",
    }
    again = Figures.model_validate(Figures(rate=None, rate_why="w", ratio=-math.inf).json_values())
    assert again.ratio == -math.inf and again.rate is None and again.rate_why == "w"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("EER", FigureKey("EER")),
        ("EER[East Asian]", FigureKey("EER", "East Asian")),
        ("EER[a [b]]", FigureKey("EER", "a [b]")),
        ("EER gap", FigureKey("EER gap")),
        ("lfw EER", FigureKey("EER", None, "lfw")),
        ("my list EER gap", FigureKey("EER gap", None, "my list")),
        ("rfw TAR@FMR=.01[African]", FigureKey("TAR@FMR=.01", "African", "rfw")),
        ("margin[g]", FigureKey("margin", "g")),
        ("FID", FigureKey("FID")),
    ],
)
def test_a_figures_key_is_read_as_it_is_written(text, key):
    assert FigureKey.parse(text) == key and str(key) == text


def test_a_new_file_ends_as_it_must(tmp_path):
    """Every job that writes a file of a kind refuses another ending, in one way, before it works."""
    checked = 0
    for kind in job_kinds().values():
        for name, field in kind.params.model_fields.items():
            endings = said(field, Endings)
            if endings is None:
                continue
            checked += 1
            for bad in ("x", "x.exe", "x.csv.old"):
                with pytest.raises(ParamsError) as caught:
                    parse(kind.params, {name: tmp_path / bad})
                told = [problem for problem in caught.value.problems if problem.field == name]
                assert told and told[0].text.startswith("must end in .") and " or ." in told[0].text
            for good in endings.kinds:
                with contextlib.suppress(ParamsError):
                    parse(kind.params, {name: tmp_path / f"x{good.upper()}"})
                    continue
                assert endings.check(tmp_path / f"x{good.upper()}") is not None
    assert checked >= 8


def test_what_counts_beside_what():
    one = ClusterParams(method="graph", min_samples=3)
    assert not one.counts("min_samples") and one.counts("eps") and one.counts("out")
