"""Texts for people: each goes through `fairdesk.words`, with the values that it names; the template holds them all."""

import ast
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fairdesk
from fairdesk import words
from fairdesk.errors import FairDeskError, explain
from tests import pseudo

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "fairdesk").rglob("*.py"))


def parsed():
    for path in FILES:
        place = path.relative_to(ROOT / "fairdesk")
        yield place, ast.parse(path.read_text(encoding="utf-8"))


def called(node) -> str:
    """Return the name of what is called: `QLabel`, `setText`."""
    func = node.func
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def text_of(node) -> str:
    """Return what is written in a literal or an f-string, without its values."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(text_of(one) for one in getattr(node, "values", ()) if isinstance(one, ast.Constant))


def bare(node):
    """Yield the texts in an expression that reach a person as they are; not what is given to other functions."""
    match node:
        case ast.Constant() | ast.JoinedStr():
            if re.search(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", "", text_of(node))):
                yield text_of(node)
            for part in getattr(node, "values", ()):
                if isinstance(part, ast.FormattedValue):
                    yield from bare(part.value)
        case ast.IfExp():
            yield from bare(node.body)
            yield from bare(node.orelse)
        case ast.BinOp():
            yield from bare(node.left)
            yield from bare(node.right)
        case ast.BoolOp():
            for one in node.values:
                yield from bare(one)
        case ast.List() | ast.Tuple() | ast.Set():
            for one in node.elts:
                yield from bare(one)
        case ast.Starred():
            yield from bare(node.value)
        case ast.Call() if called(node) == "join" and node.args:
            yield from bare(node.args[0])
        case ast.GeneratorExp() | ast.ListComp():
            yield from bare(node.elt)


def house_errors() -> set[str]:
    """Return the names of all errors whose text is for a person."""
    for module in pkgutil.walk_packages(fairdesk.__path__, "fairdesk."):
        if not module.name.startswith("fairdesk.__main__"):
            importlib.import_module(module.name)
    found, todo = set(), [FairDeskError]
    while todo:
        kind = todo.pop()
        found.add(kind.__name__)
        todo += kind.__subclasses__()
    return found


# Where a text is shown, and which of the arguments are; None: all of them.
SINKS = {
    **dict.fromkeys(("QLabel", "QPushButton", "QCheckBox", "QAction", "QMenu", "QDockWidget", "QGroupBox", "Notice"), (0,)),
    **dict.fromkeys(("setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "setStatusTip", "setTitle"), (0,)),
    **dict.fromkeys(("setInformativeText", "setLabelText", "setHeaderLabels", "setHorizontalHeaderLabels", "showMessage", "message"), (0,)),
    **dict.fromkeys(("addRow", "addAction", "TableDialog", "NameDialog", "TextDialog", "Step"), (0,)),
    "addTab": (1,), "ask": (1, 2, 3, 4), "choose_file": (1, 2), "choose_folder": (1,), "ActionSpec": (1, 3, 7), "new_plot": (0, 1, 2),
    "step": (0,), "bring_in": (3,), "FieldError": (1,), "QListWidgetItem": (0,), "QTableWidgetItem": (0,), "QTreeWidgetItem": (0,), "progress": (2,), "listed": (0,),
    "print": (0,),
}  # fmt: skip
NAMED = {
    "placeholderText",
    "tip",
    "help",
    "description",
    "summary",
    "why",
    "text",
    "title",
    "action",
    "about",
    "empty_text",
}
FINE = {"FairDesk", "PNG", "SVG", " – FairDesk", "fairdesk", "d′"}
# Calls whose named arguments are data of a job or a file, translated where they are shown.
KEPT = {"Field", "JobKind", "_Job", "Verb", "JobSpec", "Step", "update", "insert", "mark"}


def of_call(node, name: str):
    """Yield what a call shows to a person."""
    for number in SINKS.get(name, ()):
        if number < len(node.args) and not (name == "ask" and isinstance(node.args[0], ast.Constant)):
            yield node.args[number]
    for keyword in node.keywords if name not in KEPT else ():
        shown = keyword.arg and (keyword.arg in NAMED or keyword.arg.endswith("_why"))
        if shown and (name, keyword.arg) != ("add_argument", "action"):
            yield keyword.value


def of_assignment(node):
    """Yield what is kept under a name that is shown: a reason, a summary."""
    target = node.targets[0]
    name = target.attr if isinstance(target, ast.Attribute) else ""
    name = text_of(target.slice) if isinstance(target, ast.Subscript) else name
    if name.endswith("_why") or name in {"message", "summary", "empty_text"}:
        yield node.value


def shown(node, place: Path, errors: set[str]):
    """Yield the expressions of a node that reach a person."""
    match node:
        case ast.Raise(exc=ast.Call() as made):
            if called(made) in errors or (called(made) == "ValueError" and place.name.endswith("params.py")):
                yield from made.args
        case ast.Call():
            yield from of_call(node, called(node))
        case ast.Dict():
            yield from (v for k, v in zip(node.keys, node.values, strict=True) if k and text_of(k).endswith("why"))
        case ast.Assign():
            yield from of_assignment(node)
        case ast.FunctionDef(name="text" | "line" | "vector_lines" | "explain" | "words" | "told"):
            yield from (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None)


def test_no_text_reaches_a_person_untranslated():
    errors = house_errors()
    assert {"RequestError", "JobFailed", "ParamsError"} <= errors
    found = [
        f"{place}:{node.lineno}: {text!r}"
        for place, tree in parsed()
        for node in ast.walk(tree)
        for one in shown(node, place, errors)
        for text in bare(one)
        if text not in FINE
    ]
    assert not found, "\n".join(found)


def test_each_text_names_the_values_it_is_given():
    """A catalogue can hold only literals, and a value that is missing or misnamed would fail in front of a person."""
    wrong, seen = [], 0
    for place, tree in parsed():
        for node in ast.walk(tree):
            if (
                not isinstance(node, ast.Call)
                or called(node) not in {"tr", "tr_n", "mark"}
                or not isinstance(node.func, ast.Name)
            ):
                continue
            texts = node.args[: 2 if called(node) == "tr_n" else 1]
            literal = [isinstance(one, ast.Constant) and isinstance(one.value, str) for one in texts]
            if not all(literal) and (called(node) != "tr" or isinstance(texts[0], (ast.JoinedStr, ast.BinOp))):
                wrong.append((place, node.lineno, "not a literal"))
            elif all(literal) and called(node) != "mark":
                seen += 1
                given = {keyword.arg for keyword in node.keywords}
                named = set().union(*(pseudo.MAKER.values_of(one.value) for one in texts))
                if called(node) == "tr_n":
                    given.add("n")
                    named.add("n")  # a text may say "one" in words
                if given != named and (given or called(node) == "tr_n"):
                    wrong.append(
                        (place, node.lineno, f"{texts[0].value!r} has {sorted(named)}, is given {sorted(given)}")
                    )
    assert seen > 500
    assert not wrong, "\n".join(map(str, wrong))


def test_the_template_is_of_now():
    made = pseudo.MAKER.template()
    assert pseudo.MAKER.TEMPLATE.read_text(encoding="utf-8") == made, "Texts have changed: run `make words`"
    assert 'msgid "One threshold for all:"' in made  # of a form
    assert (
        'msgid "Detect faces"' in made and 'msgid "Compute each batch in this many parts, to need less memory"' in made
    )  # of jobs
    assert 'msgid "{n:,} face"\nmsgid_plural "{n:,} faces"\nmsgstr[0] ""' in made


def test_values_and_plurals():
    assert words.tr("Found {faces:,} faces", faces=1200) == "Found 1,200 faces"
    assert words.tr("Write {label: [path]}") == "Write {label: [path]}"
    assert [words.tr_n("{n:,} face of {who}", "{n:,} faces of {who}", n, who="Ann") for n in (0, 1, 1000)] == [
        "0 faces of Ann", "1 face of Ann", "1,000 faces of Ann",
    ]  # fmt: skip
    assert words.mark("Group") == "Group" and words.in_english()


POLISH = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\n"

#: somewhere
msgid "{n:,} face"
msgid_plural "{n:,} faces"
msgstr[0] "{n:,} twarz"
msgstr[1] "{n:,} twarze"
msgstr[2] "{n:,} twarzy"

msgid "Saved {path}"
msgstr ""
"Zapisano "
"{path}"

#, fuzzy
msgid "Close"
msgstr "Zamknac"

msgid "Created {project}"
msgstr "Utworzono {projekt}"
"""


@pytest.fixture
def polish(tmp_path, monkeypatch):
    """A catalogue of a translator's hand, as `make words` compiles it."""
    home = tmp_path / "locale" / "pl" / "LC_MESSAGES"
    home.mkdir(parents=True)
    kept = pseudo.MAKER.read_catalogue(POLISH)
    (home / "fairdesk.mo").write_bytes(pseudo.MAKER.compiled(kept))
    monkeypatch.setenv(words.FOLDER, str(tmp_path / "locale"))
    monkeypatch.setenv("LANGUAGE", "en")
    yield kept
    words.use("en")


def test_a_catalogue_is_a_file(polish, monkeypatch):
    assert pseudo.MAKER.slips(polish) == ["Created {project}"]
    words.use("pl_PL")
    assert words.language() == "pl"
    assert [words.tr_n("{n:,} face", "{n:,} faces", n) for n in (1, 3, 12, 22)] == [
        "1 twarz",
        "3 twarze",
        "12 twarzy",
        "22 twarze",
    ]
    assert words.tr("Saved {path}", path="a") == "Zapisano a"
    assert words.tr("Close") == "Close"  # fuzzy: nobody has looked at it
    assert (
        words.tr("Created {project}", project="p") == "Created p"
    )  # a slip of the translator costs the translation alone
    assert words.tr("") == ""
    words.use("xx:pl")
    assert words.tr("Saved {path}", path="a") == "Zapisano a"
    words.use("en:pl")
    assert words.tr("Saved {path}", path="a") == "Saved a"


@pytest.mark.parametrize("content", [b"", b"no catalogue", b"\xde\x12\x04\x95" + b"\xff" * 40])
def test_a_damaged_catalogue_is_as_good_as_none(polish, tmp_path, content):
    (tmp_path / "locale" / "pl" / "LC_MESSAGES" / "fairdesk.mo").write_bytes(content)
    words.use("pl")
    assert words.tr("Saved {path}", path="a") == "Saved a" and words.in_english()


@pytest.mark.parametrize("said", ["../../etc", "/etc", "pl/../pl", "C.UTF-8", "POSIX", "en_GB.UTF-8"])
def test_only_names_of_languages_are_looked_for(polish, said):
    words.use(said)
    assert words.in_english() and words.language() == "en"


def test_a_worker_speaks_the_language_of_its_window(bracketed, tmp_path):
    """What a job tells arrives in its folder translated: the process inherits the language."""
    from fairdesk.jobs.messages import EVENTS, JobSpec

    JobSpec("unheard-of", {}, None, "cpu", "Nothing").write(tmp_path)
    subprocess.run([sys.executable, "-m", "fairdesk", "--worker", str(tmp_path)], env=os.environ, check=False)
    assert "⟦There is no job called ⟧'unheard-of'" in (tmp_path / EVENTS).read_text(encoding="utf-8")


def test_english_costs_nothing():
    """Neither gettext nor anything else is imported, and no file is looked for."""
    code = "import sys, fairdesk.words; print(sorted({'gettext', 'json', 'struct'} & set(sys.modules)))"
    environment = {k: v for k, v in os.environ.items() if k not in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")}
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.stdout.strip() == "[]", done.stderr


def test_failures_of_the_machine_are_told_in_the_language(bracketed):
    assert explain(MemoryError()).startswith("⟦There is not enough memory")
