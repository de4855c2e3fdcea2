"""Runs side by side: what they were made with, what came of it, and what one switch did to every group."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairdesk.errors import RequestError
from fairdesk.images.table_cells import safe_rows
from fairdesk.images.written_files import write_text
from fairdesk.jobs.context import Context
from fairdesk.runs.figure_key import EER, FigureKey
from fairdesk.runs.params import CompareParams, RunsParams
from fairdesk.runs.results import CompareResult, EffectRow, RunRow, RunsResult
from fairdesk.runs.run_records import Run, list_runs, read_run, write_notes
from fairdesk.words import tr, tr_n

_ASIDE = ("out", "resume", "device", "devices")  # says nothing of what was learned


@dataclass(frozen=True)
class Effect:
    """What a change of parameters did to one figure, over runs that share their seed with one of the first kind.

    `half` is half of the 95 % interval of the mean difference (Student's t over seeds); None with one seed.
    """

    switch: str
    figure: str
    seeds: tuple[int, ...]
    mean: float
    half: float | None

    @property
    def told(self) -> str:
        """The effect in words; one inside its interval is called none."""
        if self.half is None:
            return tr("one seed: an effect cannot be told from chance")
        if abs(self.mean) <= self.half:
            return tr("none: the interval includes 0")
        return tr("lower") if self.mean < 0 else tr("higher")


def differing(runs: list[Run]) -> dict[str, list[Any]]:
    """Return the parameters in which runs differ, with the value of each (None where it has no such parameter)."""
    names = dict.fromkeys(name for run in runs for name in run.params)
    found = {name: [run.params.get(name) for run in runs] for name in names if name not in _ASIDE}
    return {name: values for name, values in found.items() if len({json.dumps(v, sort_keys=True) for v in values}) > 1}


def _recipe(run: Run) -> str:
    """A run's parameters without its seed, as one text."""
    kept = {name: value for name, value in run.params.items() if name not in (*_ASIDE, "seed")}
    return json.dumps([run.kind, kept], sort_keys=True)


def _switch(base: Run, other: Run) -> str:
    changed = differing([base, other])
    return ", ".join(f"{name.replace('_', ' ')} {values[1]}" for name, values in changed.items() if name != "seed")


def effects(runs: list[Run]) -> list[Effect]:
    """Return what each recipe did to each evaluated figure, against the first run's recipe with the same seeds."""
    by_recipe: dict[str, dict[int, Run]] = {}
    for run in runs:
        by_recipe.setdefault(_recipe(run), {}).setdefault(int(run.params.get("seed", 0)), run)
    first, *others = by_recipe.values()
    out = []
    for recipe in others:
        seeds = tuple(sorted(set(first) & set(recipe)))
        if not seeds:
            continue
        switch = _switch(first[seeds[0]], recipe[seeds[0]])
        for figure in first[seeds[0]].figures:
            pairs = [(first[s].figures.get(figure), recipe[s].figures.get(figure)) for s in seeds]
            gains = np.array([b - a for a, b in pairs if a is not None and b is not None])
            if FigureKey.parse(figure).name == "margin" or not len(gains):
                continue
            out.append(Effect(switch, figure, seeds, float(gains.mean()), half_interval(gains)))
    return out


def half_interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    """Return half of the 95 % interval of a mean by Student's t; None for a single value."""
    if len(values) < 2:
        return None
    from scipy.stats import t

    return float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values)))


def unpaired(runs: list[Run]) -> list[Run]:
    """Return the runs whose seed the first recipe has not been run with: they are left out of the effects."""
    first = {int(run.params.get("seed", 0)) for run in runs if _recipe(run) == _recipe(runs[0])}
    return [run for run in runs if int(run.params.get("seed", 0)) not in first]


def table(runs: list[Run]) -> tuple[list[str], list[list[str]]]:
    """Return a header and rows: one run a column; parameters that differ, then evaluated figures, then losses."""
    rows = [["steps", *(f"{run.steps:,}" for run in runs)]]
    rows += [[name.replace("_", " "), *(_word(value) for value in values)] for name, values in differing(runs).items()]
    for what in ("figures", "losses"):
        names = dict.fromkeys(name for run in runs for name in getattr(run, what))
        rows += [[name, *(_number(getattr(run, what).get(name)) for run in runs)] for name in names]
    rows.append(["tags", *(", ".join(run.tags) for run in runs)])
    rows.append(["note", *(run.note for run in runs)])
    return ["", *(run.name for run in runs)], [row for row in rows if any(row[1:])]


def _word(value: Any) -> str:
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def table_csv(runs: list[Run]) -> str:
    """Return the table as CSV."""
    header, rows = table(runs)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows(safe_rows([header, *rows]))
    return buffer.getvalue()


def by_group(runs: list[Run]) -> dict[str, dict[str, float]]:
    """Return the last EER of each group for each run: run -> group -> rate; "all" is over all."""
    out: dict[str, dict[str, float]] = {}
    for run in runs:
        row = {"all": run.figures["EER"]} if "EER" in run.figures else {}
        keys = {FigureKey.parse(name): value for name, value in run.figures.items()}
        row |= {key.group: value for key, value in keys.items() if key.name == EER and key.group is not None}
        if row:
            out[run.name] = row
    return out


def compare_runs(params: CompareParams, context: Context) -> CompareResult:
    """Job: compare runs."""
    if len(params.runs) < 2:
        raise RequestError(tr("Give at least two runs to compare."))
    runs = [read_run(path) for path in params.runs]
    found = effects(runs)
    left = unpaired(runs)
    if left:
        context.message(
            tr_n(
                "{n} run has a seed that the first kind of run was not trained with, and is left out of the effects: {runs}",
                "{n} runs have a seed that the first kind of run was not trained with, and are left out of the effects: {runs}",
                len(left),
                runs=", ".join(one.name for one in left),
            )
        )
    if params.out is not None:
        if params.out.suffix.lower() == ".csv":
            write_text(params.out, table_csv(runs))
        else:
            from fairdesk.figures.comparison_figure import groups_figure
            from fairdesk.figures.verification_figures import picture

            rates = by_group(runs)
            if not rates:
                raise RequestError(
                    tr("None of these runs has error rates to draw. Write the table instead: --out FILE.csv")
                )
            params.out.parent.mkdir(parents=True, exist_ok=True)
            params.out.write_bytes(picture(groups_figure(rates), params.out.suffix.lower()[1:]))
        context.artifact(params.out)
    header, rows = table(runs)
    lines = [" | ".join(row) for row in (header, *rows)]
    lines += [
        f"{e.switch}: {e.figure} {e.mean:+.4f}" + (f" ± {e.half:.4f}" if e.half is not None else "") + f" ({e.told})"
        for e in found
    ]
    return CompareResult(
        runs=[_row(one, named=False) for one in runs],
        differs=differing(runs),
        effects=[
            EffectRow(
                switch=e.switch,
                figure=e.figure,
                seeds=list(e.seeds),
                mean=e.mean,
                half_interval=e.half,
                half_interval_why=None if e.half is not None else e.told,
                told=e.told,
            )
            for e in found
        ],
        left_out=[one.name for one in left],
        summary="\n".join(lines),
    )


def _row(run: Run, *, named: bool) -> RunRow:
    return RunRow(
        name=run.name,
        path=str(run.path),
        kind=run.kind if named else None,
        family=run.family if named else None,
        steps=run.steps,
        figures=run.figures,
        losses=run.losses,
        tags=list(run.tags),
        note=run.note,
    )


def list_all_runs(params: RunsParams, context: Context) -> RunsResult:
    """Job: list the runs below a folder, or write a run's tags and note."""
    if params.tags is not None or params.note is not None:
        kept = read_run(params.folder)
        tags = kept.tags if params.tags is None else tuple(params.tags)
        write_notes(params.folder, tags, kept.note if params.note is None else params.note)
        runs: list[Run] = [read_run(params.folder)]
        broken: list[dict[str, str]] = []
    else:
        home = params.folder / "runs" if (params.folder / "runs").is_dir() else params.folder
        runs, broken = list_runs(home)
        if not runs and not broken:
            raise RequestError(
                tr(
                    "There are no runs in {home}. Train something first, or name the folder that holds the runs.",
                    home=home,
                )
            )
    for bad in broken:
        context.message(bad["why"])
    lines = []
    for one in runs:
        rates = ", ".join(f"{name} {value:.4g}" for name, value in list((one.figures or one.losses).items())[:4])
        lines.append(
            tr_n(
                "{run}: {family}, {n:,} batch; {rates}",
                "{run}: {family}, {n:,} batches; {rates}",
                one.steps,
                run=one.name,
                family=one.family,
                rates=rates,
            )
            + (f"  [{', '.join(one.tags)}]" if one.tags else "")
        )
    return RunsResult(runs=[_row(one, named=True) for one in runs], unreadable=broken, summary="\n".join(lines))
