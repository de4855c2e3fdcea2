"""A language for tests: every text of the template stands in brackets, its values outside of them.

So a text that is not in brackets was neither translated nor is it a value; the tests say which values are data.
"""

from __future__ import annotations

import importlib.util
import re
import typing
from pathlib import Path
from string import Formatter

from fairdesk.faces.params import DETECTORS, ENCODERS
from fairdesk.jobs.fields import Suggest, said
from fairdesk.jobs.registry import job_kinds
from fairdesk.project.quality import MEASURES

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "qps"
HEADER = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"


def _maker():
    spec = importlib.util.spec_from_file_location("make_catalogue", ROOT / "docs" / "make_catalogue.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKER = _maker()  # docs/make_catalogue.py


def bracketed(text: str) -> str:
    """Put all but the values of a text into brackets."""
    if not MAKER.values_of(text):
        return f"⟦{text}⟧"
    out = ""
    for literal, name, spec, conversion in Formatter().parse(text):
        kept = literal.replace("{", "{{").replace("}", "}}")
        out += f"⟦{kept}⟧" if re.search(r"[^\W\d_]", literal) else kept
        if name is not None:
            out += "{" + name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
    return out


def write(folder: Path) -> Path:
    """Write the catalogue of this language and return the folder of catalogues."""
    texts = {("", ""): [HEADER]}
    for one, many in MAKER.all_texts():
        texts[one, many] = [bracketed(text) for text in (one, many) if text]
    home = folder / LANGUAGE / "LC_MESSAGES"
    home.mkdir(parents=True)
    (home / "fairdesk.mo").write_bytes(MAKER.compiled(texts))
    return folder


def outside(text: str) -> str:
    """Return what of a shown text stands outside of the brackets, brackets within brackets counted."""
    found, depth = [], 0
    for sign in text:
        depth += (sign == "⟦") - (sign == "⟧")
        if depth == 0:
            found.append(" " if sign == "⟧" else sign)
    assert depth == 0, text
    return "".join(found)


def untranslated(text: str, data: list[str]) -> str:
    """Return the words of a shown text that are neither translated nor data; `data` are regular expressions."""
    left = re.sub(r"<[^>]*>|&\w+;", " ", outside(text))
    for pattern in data:
        left = re.sub(pattern, " ", left)
    return " ".join(re.findall(r"[^\W\d_]{2,}", left))


def fixed_values() -> list[str]:
    """Return the values of parameters that options take and forms offer: the command line fixes them."""
    found = set()
    for kind in job_kinds().values():
        for field in kind.params.model_fields.values():
            todo = [field.annotation]
            while todo:
                part = todo.pop()
                if typing.get_origin(part) is typing.Literal:
                    found |= set(typing.get_args(part))
                else:
                    todo += typing.get_args(part)
            suggest = said(field, Suggest)
            found |= set(suggest.values if suggest is not None else ())
            if isinstance(field.default, str):
                found.add(field.default)
    found |= {*ENCODERS, *DETECTORS, *MEASURES}
    return [rf"(?<!\w){re.escape(str(value))}(?!\w)" for value in sorted(map(str, found), key=len, reverse=True)]
