"""What the window calls the options that messages of metrics name: a reader of a report may have either before them."""

from __future__ import annotations

import re

from fairdesk.words import mark, tr

CONTROLS = {
    "--at fmr=0.01": mark("“FMR 1 %” as the one threshold for all"),
    "--at fmr=": mark("FMR as the one threshold for all"),
    "--second-distance": mark("“The second are distances”"),
    "--distance": mark("“Scores are distances”"),
    "--by group": mark("“groups by: group”"),
    "--threshold-from all": mark("“from: all pairs”"),
    "--threshold-from within-group": mark("“from: pairs within groups”"),
    "--bootstrap 0": mark("0 at “Draws of subjects”"),
    "--bootstrap": mark("“Draws of subjects”"),
    "--learn-from FILE": mark("“Learn from”"),
    "--learn-from": mark("“Learn from”"),
    "--fmr": mark("“FMR”"),
}
"""Of the forms and pages that show such messages."""
_OPTION = re.compile(r"\bfairdesk [a-z][^\n;:]*|" + "|".join(re.escape(name) + r"(?![\w-])" for name in CONTROLS))


def named_controls(text: str) -> str:
    """Return a text with the names of controls where it names options; commands, and options without a control, stay."""
    if "--" not in text:
        return text
    return _OPTION.sub(lambda found: tr(CONTROLS[found[0]]) if found[0] in CONTROLS else found[0], text)


def named_both(text: str) -> str:
    """Return a text with the name of the control before each option: a report may be made from either."""
    return _OPTION.sub(
        lambda found: f"{tr(CONTROLS[found[0]])} ({found[0]})" if found[0] in CONTROLS else found[0], text
    )
