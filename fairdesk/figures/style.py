"""One colour, symbol and dash for each group, everywhere: safe for colour-blind eyes, and never colour alone."""

from __future__ import annotations

# Okabe and Ito, 2008; black is kept for "all". Yellow is darkened to be readable on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9", "#7F3C8D", "#666666")
SYMBOLS = ("o", "s", "t", "d", "+", "x", "star", "p")  # pyqtgraph's names
MARKERS = ("o", "s", "v", "D", "P", "X", "*", "p")  # matplotlib's names, in the same order
DASHES: tuple[tuple[float, ...], ...] = ((), (4, 2), (1.2, 1.8), (5, 1.8, 1.2, 1.8), (7, 3))
"""Strokes and gaps of lines, in widths of the line; of each eight groups, whose colours are all different, one."""
ALL_LIGHT, ALL_DARK = "#1b1f24", "#e8eaed"
GENUINE, IMPOSTOR = "#009E73", "#D55E00"


def group_style(number: int) -> tuple[str, str, str]:
    """Return (colour, pyqtgraph symbol, matplotlib marker) of the n-th group: of 64, no two are alike."""
    shape = (number + number // len(COLOURS)) % len(SYMBOLS)
    return COLOURS[number % len(COLOURS)], SYMBOLS[shape], MARKERS[shape]


def group_dash(number: int) -> tuple[float, ...]:
    """Return strokes and gaps of the n-th group's line, in its width; empty where it is solid."""
    return DASHES[number // len(COLOURS) % len(DASHES)]


def group_line(number: int) -> str | tuple[float, tuple[float, ...]]:
    """Return the same as matplotlib's style of a line."""
    dash = group_dash(number)
    return (0, dash) if dash else "-"
