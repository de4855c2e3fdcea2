"""Writes docs/fairdesk.pot, the list of all texts that a person sees, and compiles the translations of it: `make words`.

To translate: copy the template to resources/locale/<language>/LC_MESSAGES/fairdesk.po, fill it in with any editor of
such files, run `make words`, and start FairDesk with LANGUAGE=<language>.
"""

from __future__ import annotations

import ast
import struct
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from jinja2 import Environment, nodes

from fairdesk import __version__
from fairdesk.jobs.fields import Negated, Unset, said, title_of
from fairdesk.jobs.registry import job_kinds
from fairdesk.words import DOMAIN

HOME = Path(__file__).resolve().parent.parent
TEMPLATE = HOME / "docs" / f"{DOMAIN}.pot"
LOCALES = HOME / "resources" / "locale"

Text = tuple[str, str]  # a text, and its plural or nothing
_MARKS = {"tr", "mark"}


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def of_code(path: Path) -> Iterator[Text]:
    """Return the texts that a module gives to `tr`, `tr_n` and `mark`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [_constant(one) for one in node.args[:2]]
        if node.func.id in _MARKS and texts and texts[0]:
            yield texts[0], ""
        elif node.func.id == "tr_n" and texts[0] and texts[1]:
            yield texts[0], texts[1]


def of_form(path: Path) -> Iterator[Text]:
    """Return the texts of a Designer form."""
    for node in ElementTree.parse(path).iter("string"):
        if node.text and node.text.strip() and node.get("notr") != "true":
            yield node.text, ""


def of_page(path: Path) -> Iterator[Text]:
    """Return the texts of a template of a page."""
    for call in Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
        texts = [one.value for one in call.args[:2] if isinstance(one, nodes.Const) and isinstance(one.value, str)]
        if isinstance(call.node, nodes.Name) and call.node.name in {"tr", "tr_n"} and texts:
            yield texts[0], texts[1] if call.node.name == "tr_n" else ""


def of_jobs() -> Iterator[tuple[str, Text]]:
    """Return what jobs say of themselves and of their parameters, each with its module."""
    for kind in job_kinds().values():
        yield f"{kind.domain}.jobs", (kind.title, "")
        yield f"{kind.domain}.jobs", (kind.short, "")
        yield f"{kind.domain}.jobs", (kind.after_stop, "")
        module = kind.params.__module__
        yield module, ((kind.params.__doc__ or "").strip().split("\n")[0], "")
        for section in kind.params.sections:
            yield module, (section, "")
        for name, field in kind.params.model_fields.items():
            yield module, (title_of(name, field), "")
            yield module, (field.description or "", "")
            for note, text in ((said(field, Unset), "means"), (said(field, Negated), "help")):
                if note is not None:
                    yield module, (getattr(note, text), "")


def all_texts() -> dict[Text, set[str]]:
    """Return every text with the files it is in; one that has a plural stands with it only."""
    found: dict[Text, set[str]] = {}
    for path in sorted((HOME / "fairdesk").rglob("*.py")):
        for text in of_code(path):
            found.setdefault(text, set()).add(path.relative_to(HOME).as_posix())
    for path in sorted((HOME / "ui").glob("*.ui")):
        for text in of_form(path):
            found.setdefault(text, set()).add(path.relative_to(HOME).as_posix())
    for path in sorted((HOME / "resources").glob("*.j2")):
        for text in of_page(path):
            found.setdefault(text, set()).add(path.relative_to(HOME).as_posix())
    for module, text in of_jobs():
        if text[0]:
            found.setdefault(text, set()).add(module.replace(".", "/") + ".py")
    for one, many in [text for text in found if text[1]]:
        found[one, many] |= found.pop((one, ""), set())
    return dict(sorted(found.items()))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    lines = escaped.split("\n")
    if len(lines) == 1:
        return f'"{escaped}"'
    kept = [f"{line}\\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return "\n".join(['""', *(f'"{line}"' for line in kept)])


def values_of(text: str) -> set[str]:
    """Return the names of the values in a text; a text with braces of its own has none."""
    try:
        parts = [(name, spec) for _, name, spec, _ in Formatter().parse(text) if name]
    except ValueError:
        return set()
    return {name for name, spec in parts if name.isidentifier() and " " not in (spec or "")}


def template() -> str:
    """Return the template's content; it names files but no lines, so that it changes only where a text does."""
    parts = [
        'msgid ""\nmsgstr ""\n'
        f'"Project-Id-Version: FairDesk {__version__}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
    ]
    for (one, many), files in all_texts().items():
        flag = "#, python-brace-format\n" if values_of(one) else ""
        head = f"#: {' '.join(sorted(files))}\n{flag}msgid {_quoted(one)}\n"
        parts.append(head + (f'msgid_plural {_quoted(many)}\nmsgstr[0] ""\nmsgstr[1] ""\n' if many else 'msgstr ""\n'))
    return "\n".join(parts)


def read_catalogue(text: str) -> dict[Text, list[str]]:
    """Return the translations of a .po file: one of a plain text, several of one with a plural; fuzzy ones are left out."""
    found: dict[Text, list[str]] = {}
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields: dict[str, str] = {}
        name, fuzzy = "", False
        for line in block.split("\n"):
            if line.startswith("#"):
                fuzzy |= line.startswith("#,") and "fuzzy" in line
                continue
            if not line.startswith('"'):
                name, _, line = line.partition(" ")
            if name:
                fields[name] = fields.get(name, "") + ast.literal_eval(line or '""')
        said_by = [value for key, value in fields.items() if key.startswith("msgstr")]
        if "msgid" in fields and not fuzzy and all(said_by):
            found[fields["msgid"], fields.get("msgid_plural", "")] = said_by
    return found


def slips(catalogue: dict[Text, list[str]]) -> list[str]:
    """Return the texts whose translation has other values in it than the text."""
    return [
        one
        for (one, many), texts in catalogue.items()
        if (known := values_of(one) | values_of(many)) and not all(values_of(text) <= known for text in texts)
    ]


def compiled(catalogue: dict[Text, list[str]]) -> bytes:
    """Return the .mo file of a catalogue, as gettext reads it."""
    pairs = sorted(
        ("\0".join(filter(None, text)).encode(), "\0".join(texts).encode()) for text, texts in catalogue.items()
    )
    size = 28 + 16 * len(pairs)
    tables, blobs = [b"", b""], [b"", b""]
    starts = (size, size + sum(len(key) + 1 for key, _ in pairs))
    for pair in pairs:
        for side in (0, 1):
            tables[side] += struct.pack("<II", len(pair[side]), starts[side] + len(blobs[side]))
            blobs[side] += pair[side] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + b"".join(tables) + b"".join(blobs)


def main() -> int:
    """Write the template and compile what there is; 1 where a translation has slips."""
    TEMPLATE.write_text(template(), encoding="utf-8")
    status = 0
    for path in sorted(LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        catalogue = read_catalogue(path.read_text(encoding="utf-8"))
        for text in slips(catalogue):
            print(f"{path}: other values than in the text: {text!r}", file=sys.stderr)
            status = 1
        path.with_suffix(".mo").write_bytes(compiled(catalogue))
    return status


if __name__ == "__main__":
    sys.exit(main())
