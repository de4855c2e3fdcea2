"""What the window calls the options that a message of a job names: a person there has a control, not a command line."""

from __future__ import annotations

import re

from fairdesk.words import mark, tr

_CONTROLS = {
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
_OPTION = re.compile(r"\bfairdesk [a-z][^\n;:]*|" + "|".join(re.escape(name) + r"(?![\w-])" for name in _CONTROLS))


def named_controls(text: str) -> str:
    """Return a text with the names of controls where it names options; commands, and options without a control, stay."""
    return _OPTION.sub(lambda found: tr(_CONTROLS[found[0]]) if found[0] in _CONTROLS else found[0], text)
