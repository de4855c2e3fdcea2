"""What the command line promises to scripts, verb by verb: options, JSON keys and exit statuses are fixed.

The facts stand here, so that they hold without the specification; where that is beside the project, it is read too.
"""

import argparse
import re

import pytest

from fairdesk.cli import run
from fairdesk.cli.main import _parser
from fairdesk.jobs.registry import job_kinds
from tests.conftest import SHARED

TABLE = SHARED / "spec" / "command-line.md"

# verb: its options, and the keys of its JSON
FIXED = {
    "demo": ("--out --headless", ""), "new": ("", ""),
    "import": ("--layout --labels --shared-names", "images unreadable identities groups shared_names synthetic"),
    "detect": ("--detector --engine", "faces without_face"),
    "encode": ("--encoder --detector --engine", "vectors dim per_second encoder detector"),
    "vectors": ("--encoder --detector --out", "encoder detector"),
    "label": ("--backend --actions --csv", ""),
    "cluster": (
        "--encoder --detector --method --eps --min-samples --n-clusters --pca --out --vectors",
        "clusters noise faces pairwise_f1 bcubed_f1 nmi ari encoder detector",
    ),
    "name": ("--cluster --identity --group", ""), "relink": ("", ""), "purge": ("--identity --yes", ""), "undo": ("", ""),
    "redo": ("", ""), "history": ("", ""), "mosaic": ("--cluster --out", ""), "identity-folders": ("--out --copy --dry-run", ""),
    "sample": ("--out --images --identities --fraction --excluding --link --copy --seed", ""),
    "split": ("--out --images --shares --by --seed", ""), "flatten": ("--out --copy", ""), "resize": ("--out --size --fit", ""),
    "leaks": ("--detector", "encoder detector"), "duplicates": ("--detector", "encoder detector"), "balance": ("--target", ""),
    "pairs": ("--genuine --impostor --out --format --within-group --folds --from --columns --seed", "genuine impostor folds read_as left_out"),
    "score": ("--encoder --detector --pairs --columns --out", "encoder detector"),
    "suggestions": ("--version --limit", ""), "verdict": ("--same --different --confirm --cluster --not --ignore", ""),
    "verdicts": ("--file --out", ""),
    "evaluate": (
        "--columns --by --at --threshold-from --alpha --bootstrap --distance --out",
        "n_genuine n_impostor dropped eer eer_low eer_high eer_threshold eer_interpolated auc d_prime tar_at_far groups",
    ),
    "identify": ("--by --bootstrap --out", "n_mated n_nonmated n_gallery cmc fnir_at_fpir"), "review": ("--detector", "encoder detector"),
    "train": ("--out --image-size --epochs --batch-size --precision --device --resume --seed", ""),
    "generate": ("--images --per-identity --out --seed", ""), "translate": ("--g-ab --g-ba --direction --out", ""),
    "curves": ("--out", "kind series"), "container": ("--gpu --shm --workdir", ""), "open": ("", ""),
}  # fmt: skip
WITHOUT_JSON = {"open"}
FAMILIES = "gan identity-gan dcgan cyclegan stylegan2 arcface"
CHOICES = {
    ("import", "--layout"): "auto flat identity group-identity", ("import", "--shared-names"): "separate join",
    ("detect", "--engine"): "local ray", ("encode", "--engine"): "local ray", ("split", "--by"): "identity image",
    ("cluster", "--method"): "dbscan hierarchical kmeans hdbscan", ("resize", "--fit"): "stretch crop pad",
    ("pairs", "--format"): "csv pairs lfw rfw bfw insightface-txt insightface-bin", ("evaluate", "--by"): "group",
    ("train arcface", "--precision"): "auto fp32 bf16 fp16", ("train gan", "--device"): "auto cpu cuda mps",
    ("translate", "--direction"): "AtoB BtoA both",
}  # fmt: skip


def _children(parser):
    found = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return found[0] if found else {}


@pytest.fixture(scope="module")
def verbs():
    return _children(_parser())


def _options(parser):
    """The options of a verb, with those of each of its families where it has some."""
    own = dict(parser._option_string_actions)
    for child in _children(parser).values():
        own |= child._option_string_actions
    return own


@pytest.mark.parametrize("verb", FIXED)
def test_every_verb_has_its_options(verbs, verb):
    have = set(_options(verbs[verb]))
    assert set(FIXED[verb][0].split()) <= have
    assert ("--json" in have) == (verb not in WITHOUT_JSON) and "--debug" in have and "--help" in have


@pytest.mark.parametrize(("verb", "option"), CHOICES)
def test_every_option_takes_its_values(verbs, verb, option):
    first, _, family = verb.partition(" ")
    parser = _children(verbs[first])[family] if family else verbs[first]
    assert set(CHOICES[verb, option].split()) <= set(parser._option_string_actions[option].choices)


def test_train_has_its_families(verbs):
    assert set(FAMILIES.split()) <= set(_children(verbs["train"]))


@pytest.mark.parametrize("verb", [verb for verb in FIXED if FIXED[verb][1]])
def test_every_result_has_its_keys(verb):
    kinds = [kind for kind in job_kinds().values() if kind.words.split()[0] == verb]
    assert kinds
    for kind in kinds:
        have = {field.alias or name for name, field in kind.result_model().model_fields.items()}
        assert set(FIXED[verb][1].split()) <= have, kind.name


EVALUATE = {
    "tar_at_far": "tar fmr threshold false_matches resolvable",
    "per_group": "genuine impostor fmr fnmr false_matches false_non_matches eer d_prime fmr_ci fnmr_ci",
    "fairness": (
        "FDR IR GARBE alpha gini_fmr gini_fnmr fmr_max_over_min fnmr_max_over_min fmr_max_over_geomean fnmr_max_over_geomean"
        " fmr_max_minus_min fnmr_max_minus_min accuracy accuracy_STD_ddof0 accuracy_STD_ddof1 SER"
    ),
}


def test_evaluate_says_all_that_is_promised(capsys, tmp_path):
    import json

    rows = [
        f"{(n % 7) / 7 + label / 2},{label},{group},{group}"
        for n in range(40)
        for label in (0, 1)
        for group in ("A", "B")
    ]
    (tmp_path / "s.csv").write_text("score,label,group1,group2\n" + "\n".join(rows) + "\n")
    assert run(["evaluate", str(tmp_path / "s.csv"), "--by", "group", "--at", "fmr=0.2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(FIXED["evaluate"][1].split()) <= set(found)
    assert set(found["tar_at_far"]) >= {"0.1", "0.01", "0.001", "0.0001", "0.00001", "0.000001"}
    assert all(set(EVALUATE["tar_at_far"].split()) <= set(row) for row in found["tar_at_far"].values())
    groups = found["groups"]
    assert {"threshold", "rule", "per_group", "fairness"} <= set(groups)
    assert all(set(EVALUATE["per_group"].split()) <= set(row) for row in groups["per_group"].values())
    assert set(EVALUATE["fairness"].split()) <= set(groups["fairness"])


def _undefined(value, path=""):
    """Yield the paths of values that are null without a reason beside them."""
    if isinstance(value, dict):
        for key, item in value.items():
            if item is None and f"{key}_why" not in value and not key.endswith("_why"):
                yield f"{path}.{key}"
            yield from _undefined(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _undefined(item, f"{path}[{number}]")


def test_what_is_null_has_its_reason(capsys, tmp_path):
    import json

    (tmp_path / "s.csv").write_text("score,label,group1,group2\n0.5,1,A,A\n0.4,0,A,A\n0.3,0,B,B\n")
    assert run(["evaluate", str(tmp_path / "s.csv"), "--by", "group", "--json"]) == 0
    assert not list(_undefined(json.loads(capsys.readouterr().out)))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["history", "{here}"], 2), (["import", "{here}", "{here}/gone"], 2), (["curves", "{here}/gone"], 2),
        (["evaluate", "{here}/gone.csv"], 2), (["no-such-verb"], 2), (["curves"], 2), (["new", "{here}/p"], 0),
        (["split", "{here}", "--out", "{here}/a", "--shares", "x"], 2), (["resize", "{here}", "--out", "{here}/b", "--size", "0x0"], 2),
    ],
)  # fmt: skip
def test_statuses(capsys, tmp_path, arguments, status):
    assert run([one.replace("{here}", str(tmp_path)) for one in arguments]) == status
    said = capsys.readouterr()
    assert "Traceback" not in said.err and "Internal error" not in said.err
    if status:
        assert said.out == "" and 1 <= len(said.err.strip().splitlines()) <= 6


@pytest.mark.parametrize("verb", FIXED)
def test_every_verb_has_help(verbs, capsys, verb):
    with pytest.raises(SystemExit) as ended:
        run([verb, "--help"])
    assert ended.value.code == 0 and "--" in capsys.readouterr().out


def _rows():
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            yield re.split(r"(?<!\\)\|", line)[1]


def test_the_specification_says_what_stands_here():
    """Whatever verb and option the table names is among the facts above, which hold the program to it."""
    if not TABLE.exists():
        pytest.skip("the specification (../shared/spec/command-line.md) is not on this machine")
    commands = [command for row in _rows() for command in re.findall(r"`([^`]+)`", row)]
    assert len(commands) > 35
    for command in commands:
        verb = command.split()[0]
        assert verb in FIXED, command
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", command))
        assert options <= set(FIXED[verb][0].split()), command
        for option, values in re.findall(r"(--[a-z-]+) ([\w-]+(?:\\\|[\w-]+)+)", command):
            known = next(
                (known for (one, name), known in CHOICES.items() if (one.split()[0], name) == (verb, option)), None
            )
            if known is not None:
                assert set(values.split("\\|")) <= set(known.split()), command
