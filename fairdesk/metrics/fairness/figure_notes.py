"""What each figure is called, how it is made, where it comes from, and which value means equal groups."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from fairdesk.words import mark, tr


@dataclass(frozen=True)
class FigureNote:
    """A figure's name, formula (A: the groups' FMRs, B: their FNMRs, n: how many) and source."""

    title: str
    formula: str
    source: str = ""
    even: str = mark("0 for equal groups, larger for less equal ones")


_ONE = mark("1 for equal groups, larger for less equal ones")
_NONE = mark("no figure of equality")
_NIST = mark("NIST IR 8429 (FRVT Part 8)")
_FAIRCAL = mark("Salvador et al., FairCal, ICLR 2022")

FIGURES: dict[str, FigureNote] = {
    "FDR": FigureNote(
        mark("FDR"),
        mark("1 - (alpha (max A - min A) + (1 - alpha) (max B - min B))"),
        mark("de Freitas Pereira and Marcel, 2021"),
        mark("1 for equal groups, smaller for less equal ones; it hardly moves where rates are small"),
    ),
    "IR": FigureNote(mark("IR"), mark("(max A / min A)^alpha (max B / min B)^(1 - alpha)"), _NIST, _ONE),
    "GARBE": FigureNote(mark("GARBE"), mark("alpha G(A) + (1 - alpha) G(B)"), mark("Howard et al., 2022")),
    "gini_fmr": FigureNote(
        mark("FMR: Gini coefficient"),
        mark("G(A) = n / (n - 1) sum |Ai - Aj| / (2 n^2 mean A)"),
        mark("Howard et al., 2022"),
    ),
    "fmr_max_over_min": FigureNote(mark("FMR: largest / smallest"), mark("max A / min A"), _NIST, _ONE),
    "fmr_max_over_geomean": FigureNote(
        mark("FMR: largest / geometric mean"), mark("max A / (A1 ... An)^(1/n)"), _NIST, _ONE
    ),
    "fmr_max_over_mean": FigureNote(mark("FMR: largest / mean"), mark("max A / mean A"), "", _ONE),
    "fmr_max_minus_min": FigureNote(mark("FMR: largest − smallest"), mark("max A - min A")),
    "fmr_AAD": FigureNote(mark("FMR: mean deviation (AAD)"), mark("mean |Ai - mean A|"), _FAIRCAL),
    "fmr_MAD": FigureNote(mark("FMR: largest deviation (MAD)"), mark("max |Ai - mean A|"), _FAIRCAL),
    "fmr_STD_ddof0": FigureNote(mark("FMR: standard deviation (ddof 0)"), mark("sqrt(mean (Ai - mean A)^2)"), _FAIRCAL),
    "fmr_STD_ddof1": FigureNote(mark("FMR: standard deviation (ddof 1)"), mark("sqrt(sum (Ai - mean A)^2 / (n - 1))")),
    "fmr_mean": FigureNote(mark("FMR: mean of the groups"), mark("mean A"), "", _NONE),
    "fmr_geomean": FigureNote(mark("FMR: geometric mean"), mark("(A1 ... An)^(1/n)"), "", _NONE),
    "fmr_worst": FigureNote(mark("FMR: worst group"), mark("max A"), "", _NONE),
    "fmr_MAPE": FigureNote(
        mark("FMR: deviation from the target in % (MAPE)"),
        mark("100 mean |Ai - target| / target"),
        mark("Robinson et al., BFW, CVPRW 2020"),
        mark("0 where every group has the FMR aimed at, larger farther away"),
    ),
    "gini_fnmr": FigureNote(
        mark("FNMR: Gini coefficient"),
        mark("G(B) = n / (n - 1) sum |Bi - Bj| / (2 n^2 mean B)"),
        mark("Howard et al., 2022"),
    ),
    "fnmr_max_over_min": FigureNote(mark("FNMR: largest / smallest"), mark("max B / min B"), _NIST, _ONE),
    "fnmr_max_over_geomean": FigureNote(
        mark("FNMR: largest / geometric mean"), mark("max B / (B1 ... Bn)^(1/n)"), _NIST, _ONE
    ),
    "fnmr_max_over_mean": FigureNote(mark("FNMR: largest / mean"), mark("max B / mean B"), "", _ONE),
    "fnmr_max_minus_min": FigureNote(mark("FNMR: largest − smallest"), mark("max B - min B")),
    "fnmr_AAD": FigureNote(mark("FNMR: mean deviation (AAD)"), mark("mean |Bi - mean B|"), _FAIRCAL),
    "fnmr_MAD": FigureNote(mark("FNMR: largest deviation (MAD)"), mark("max |Bi - mean B|"), _FAIRCAL),
    "fnmr_STD_ddof0": FigureNote(
        mark("FNMR: standard deviation (ddof 0)"), mark("sqrt(mean (Bi - mean B)^2)"), _FAIRCAL
    ),
    "fnmr_STD_ddof1": FigureNote(
        mark("FNMR: standard deviation (ddof 1)"), mark("sqrt(sum (Bi - mean B)^2 / (n - 1))")
    ),
    "fnmr_mean": FigureNote(mark("FNMR: mean of the groups"), mark("mean B"), "", _NONE),
    "fnmr_geomean": FigureNote(mark("FNMR: geometric mean"), mark("(B1 ... Bn)^(1/n)"), "", _NONE),
    "fnmr_worst": FigureNote(mark("FNMR: worst group"), mark("max B"), "", _NONE),
    "accuracy_STD_ddof0": FigureNote(
        mark("Accuracy: deviation (ddof 0)"),
        mark("sqrt(mean (acc - mean)^2)"),
        mark("Wang and Deng, RFW, CVPR 2020"),
    ),
    "accuracy_STD_ddof1": FigureNote(
        mark("Accuracy: deviation (ddof 1)"),
        mark("sqrt(sum (acc - mean)^2 / (n - 1))"),
        mark("Wang and Deng, RFW, CVPR 2020"),
    ),
    "SER": FigureNote(
        mark("SER: largest error / smallest"),
        mark("max(100 - acc) / min(100 - acc)"),
        mark("Wang and Deng, RFW, CVPR 2020"),
        _ONE,
    ),
    "alpha": FigureNote(mark("alpha, the weight of the FMR"), "", "", _NONE),
}


def smaller_is_fairer(name: str) -> bool | None:
    """Tell whether a smaller value means more equal groups; None for what is no figure of equality."""
    note = FIGURES.get(name)
    if note is None or note.even == _NONE:
        return None
    return name != "FDR"


LESS_FAIR, FAIRER = "less fair", "fairer"


def beyond_chance(name: str, value: float | None, usual: tuple[float, float] | None) -> str | None:
    """Tell on which side of its null range a figure lies: `LESS_FAIR`, `FAIRER`; None within it, or where there is none."""
    smaller = smaller_is_fairer(name)
    if value is None or usual is None or smaller is None or usual[0] <= value <= usual[1]:
        return None
    if any(math.isclose(value, end, rel_tol=1e-9) for end in usual):  # one number, by two ways
        return None
    return LESS_FAIR if (value > usual[1]) == smaller else FAIRER


def figure_tip(name: str) -> str:
    """Return formula, source and direction of a figure in a few lines."""
    note = FIGURES.get(name)
    if note is None:
        return ""
    lines = [note.formula, *letters_of(note.formula), note.source, note.even]
    return "\n".join(tr(line) for line in lines if line)


def letters_of(formula: str) -> list[str]:
    """Return what the letters of a formula stand for, where it has them."""
    words = set(re.findall("[A-Za-z]+", formula))
    return [
        mark("A: the FMR of each group") if words & {"A", "Ai", "Aj", "An"} else "",
        mark("B: the FNMR of each group") if words & {"B", "Bi", "Bj", "Bn"} else "",
        mark("G: the Gini coefficient") if "G" in words else "",
        mark("alpha: the weight of the FMR") if "alpha" in words else "",
        mark("acc: the accuracy of each group in %") if "acc" in words else "",
        mark("n: how many groups") if words & {"n", "An", "Bn"} else "",
    ]
