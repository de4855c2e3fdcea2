"""Fairness figures, as results have them. A figure that is undefined is None, with the reason beside it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from fairdesk.jobs.results import Record
from fairdesk.jobs.wording import plain, rate
from fairdesk.shares import Interval
from fairdesk.words import tr


class Fairness(Record):
    """Fairness figures over groups; the names are those of the literature."""

    alpha: float
    gini_fmr: float | None
    gini_fmr_why: str | None = None
    fmr_max_over_min: float | None
    fmr_max_over_min_why: str | None = None
    fmr_max_over_geomean: float | None
    fmr_max_over_geomean_why: str | None = None
    fmr_max_over_mean: float | None
    fmr_max_over_mean_why: str | None = None
    fmr_max_minus_min: float | None
    fmr_max_minus_min_why: str | None = None
    fmr_AAD: float | None
    fmr_AAD_why: str | None = None
    fmr_MAD: float | None
    fmr_MAD_why: str | None = None
    fmr_STD_ddof0: float | None
    fmr_STD_ddof0_why: str | None = None
    fmr_STD_ddof1: float | None
    fmr_STD_ddof1_why: str | None = None
    fmr_mean: float | None
    fmr_mean_why: str | None = None
    fmr_geomean: float | None
    fmr_geomean_why: str | None = None
    fmr_worst: float | None
    fmr_worst_why: str | None = None
    gini_fnmr: float | None
    gini_fnmr_why: str | None = None
    fnmr_max_over_min: float | None
    fnmr_max_over_min_why: str | None = None
    fnmr_max_over_geomean: float | None
    fnmr_max_over_geomean_why: str | None = None
    fnmr_max_over_mean: float | None
    fnmr_max_over_mean_why: str | None = None
    fnmr_max_minus_min: float | None
    fnmr_max_minus_min_why: str | None = None
    fnmr_AAD: float | None
    fnmr_AAD_why: str | None = None
    fnmr_MAD: float | None
    fnmr_MAD_why: str | None = None
    fnmr_STD_ddof0: float | None
    fnmr_STD_ddof0_why: str | None = None
    fnmr_STD_ddof1: float | None
    fnmr_STD_ddof1_why: str | None = None
    fnmr_mean: float | None
    fnmr_mean_why: str | None = None
    fnmr_geomean: float | None
    fnmr_geomean_why: str | None = None
    fnmr_worst: float | None
    fnmr_worst_why: str | None = None
    fmr_MAPE: float | None
    fmr_MAPE_why: str | None = None
    FDR: float | None
    FDR_why: str | None = None
    IR: float | None
    IR_why: str | None = None
    GARBE: float | None
    GARBE_why: str | None = None
    accuracy: dict[str, float]
    accuracy_STD_ddof0: float | None
    accuracy_STD_ddof0_why: str | None = None
    accuracy_STD_ddof1: float | None
    accuracy_STD_ddof1_why: str | None = None
    SER: float | None
    SER_why: str | None = None
    parts_why: dict[str, str] = {}
    """By figure: which groups, lacking a kind of pairs, are in the one part of it and not in the other, or in accuracy by genuine pairs alone."""
    of_groups_with_both: dict[str, float] = {}
    """What these figures are of the groups alone that have both rates, where some have one."""
    fmr_worst_group: str | None = None
    """Whose FMR is the highest; several of one rate are listed with commas."""
    fnmr_worst_group: str | None = None
    floored: dict[str, float] = {}
    """Ratios that are infinite, with the rates of no error put at 3 / comparisons (rule of three) instead, but not above the highest seen."""
    intervals: dict[str, Interval] = {}
    """Of each figure, by its name."""
    intervals_why: dict[str, str] = {}
    """Why a figure has no interval: a rate that it rests on has too few subjects, or no draws were made."""
    intervals_by: Literal["pairs"] | None = None
    """Set where intervals and null ranges take pairs for independent: they are too narrow."""
    null_ranges: dict[str, Interval] = {}
    """Where each figure would lie in 95 % of studies if groups did not differ: subjects' groups permuted."""
    null_ranges_why: dict[str, str] = {}

    def worst_lines(self) -> list[str]:
        """Name the group with the highest FMR and with the highest FNMR, or say that none is worse than the others."""
        said = []
        for name, group, worst in (
            (tr("FMR"), self.fmr_worst_group, self.fmr_worst), (tr("FNMR"), self.fnmr_worst_group, self.fnmr_worst),
        ):  # fmt: skip
            if group is not None:
                said.append(tr("highest {rate}: {group}", rate=name, group=group))
            elif worst is not None:
                said.append(tr("no group has the highest {rate}: all have {value}", rate=name, value=rate(worst)))
        return said

    def parts_lines(self, *, values: bool = True) -> list[str]:
        """Say which groups are in one part alone of which figures, and (`values`) what those are of the groups that have both rates."""
        if not self.parts_why:
            return []
        named = {"FDR, IR, GARBE": "FDR", tr("SER, deviation of accuracy"): "SER"}
        lines = [
            tr("{figures}: {why}.", figures=figures, why=self.parts_why[name])
            for figures, name in named.items()
            if getattr(self, name) is not None
        ]
        both = ", ".join(
            f"{name} {plain(self.of_groups_with_both[name], 4)}"
            for name in ("FDR", "IR", "GARBE", "SER")
            if name in self.of_groups_with_both
        )
        if lines and both and values:
            lines.append(tr("Of the groups alone that have both rates: {figures}.", figures=both))
        return lines

    def rows(self) -> list[FairnessRow]:
        """Return each figure with its interval and null range."""
        apart = (
            "alpha", "accuracy", "floored", "of_groups_with_both", "intervals", "intervals_by", "null_ranges", "fmr_worst_group",
            "fnmr_worst_group",
        )  # fmt: skip
        names = [name for name in type(self).model_fields if not name.endswith("_why") and name not in apart]
        return [
            FairnessRow(
                name,
                getattr(self, name),
                getattr(self, f"{name}_why", None) or self.intervals_why.get(name, ""),
                self.intervals.get(name),
                self.null_ranges.get(name),
                self.floored.get(name),
            )
            for name in names
        ]


class FairnessRow(NamedTuple):
    """One figure as a table shows it; `why` it or its interval is undefined, and its value with the floor where it is infinite."""

    name: str
    value: float | None
    why: str
    interval: Interval | None
    null_range: Interval | None
    floored: float | None
