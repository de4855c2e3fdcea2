"""How the lines of a log are gone through: any line ends, none at all, the processes of a distributed training."""

from __future__ import annotations

import re
from collections.abc import Iterator

NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|[nN][aA][nN]|[iI]nf(?:inity)?)"
ENDS = re.compile(r"[\r\n]+")
_BLOCK = 2**18  # characters looked at in one go; between two the window has its turn
_RANK = re.compile(
    r"^\s*(?:\[(?:default|rank)?[ :_]*(\d+)\]:|\[rank[ :_]*(\d+)\]|rank[ :=_]*(\d+)\s*[\]:|,-]|(\d+):)\s?", re.I
)


def blocks(text: str) -> Iterator[str]:
    """Yield a text in blocks that end where a line ends."""
    start = 0
    while start < len(text):
        found = ENDS.search(text, min(len(text), start + _BLOCK))
        end = len(text) if found is None else found.end()
        yield text[start:end]
        start = end


def lines(text: str, head: str = "") -> Iterator[str]:
    """Yield the lines that are not empty; another one begins wherever `head` stands, as some logs lack line ends."""
    for block in blocks(text):
        for line in ENDS.split(block):
            pieces = line.split(head) if head and line.count(head) > 1 else [line]
            for number, piece in enumerate(pieces):
                if whole := (head * (number > 0) + piece).strip():
                    yield whole


def count_lines(block: str) -> int:
    """Return how many lines are not empty."""
    if "\r" not in block and "\n\n" not in block:
        return block.count("\n") + (not block.endswith("\n"))
    return sum(not (line == "" or line.isspace()) for line in ENDS.split(block))


def ranks(text: str) -> dict[int, str]:
    """Return the text of each process, where lines begin with the number of theirs (torchrun, srun); else nothing."""
    if not any(_RANK.match(line) for line in lines(text[:_BLOCK])):
        return {}
    found: dict[int, list[str]] = {}
    unmarked = 0
    for line in lines(text):
        match = _RANK.match(line)
        if match is None:
            unmarked += 1
            continue
        found.setdefault(int(next(one for one in match.groups() if one)), []).append(line[match.end() :])
    if len(found) < 2 or unmarked > sum(map(len, found.values())):
        return {}
    return {rank: "\n".join(found[rank]) for rank in sorted(found)}
