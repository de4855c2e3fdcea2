"""Results in words, for people; `--json` gives everything."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def _count(number: int, word: str) -> str:
    plural = word[:-1] + "ies" if word.endswith("y") else word + "s"
    return f"{number:,} {word if number == 1 else plural}"


def _listed(title: str, items: list[str], most: int = 10) -> list[str]:
    if not items:
        return []
    shown = [f"  {item}" for item in items[:most]]
    return [f"{title}:", *shown, *([f"  ... and {len(items) - most} more (see --json)"] if len(items) > most else [])]


def _vectors(r: dict[str, Any]) -> list[str]:
    """Say which vectors a result rests on, where it does."""
    if not r.get("encoder"):
        return []
    others = r.get("other_detectors")
    also = f"; it has vectors of {', '.join(others)} too" if others else ""
    faces = f", {r['faces']:,} faces" if isinstance(r.get("faces"), int) else ""
    return [
        f"Encoder {r['encoder']}" + (f", detector {r['detector']}" if r.get("detector") else "") + faces + also + "."
    ]


def imported(r: dict[str, Any]) -> str:
    """What an import brought."""
    lines = [
        f"{_count(r['images'], 'image')} ({r['new']:,} new), {_count(r['identities'], 'identity')}, layout {r['layout']}."
    ]
    lines += [f"  {name}: {count:,} images" for name, count in r["groups"].items()]
    if r["synthetic"]:
        lines.append(f"{r['synthetic']:,} are marked synthetic.")
    lines += _listed("Not readable", [f"{u['path']}: {u['why']}" for u in r["unreadable"]])
    return "\n".join(lines)


def prepared(r: dict[str, Any]) -> str:
    """What a sample, split or flattened folder holds."""
    lines = [("Would write: " if r["dry_run"] else "") + r["summary"]]
    if r.get("seed") is not None:
        lines.append(f"Seed {r['seed']}.")
    if r["collisions"]:
        lines.append(f"{r['collisions']:,} files were renamed for equal names.")
    lines += _listed("Left out", [f"{u['path']}: {u['why']}" for u in r["left_out"]])
    return "\n".join(lines)


def divided(r: dict[str, Any]) -> str:
    """What the sets of a project are."""
    lines = [("Would make:\n" if r["dry_run"] else "") + r["summary"], f"Seed {r['seed']}."]
    if r["synthetic_left_out"]:
        lines.append(f"{r['synthetic_left_out']:,} synthetic images are in no set.")
    if r["without_identity"]:
        lines.append(f"{r['without_identity']:,} images without an identity are in no set.")
    lines += [*_vectors(r), *_listed("Not readable", [f"{u['path']}: {u['why']}" for u in r.get("unreadable", [])])]
    return "\n".join(lines)


def measured(r: dict[str, Any]) -> str:
    """What was measured, and the spread of each measure."""
    lines = [r["summary"]]
    for name, spread in r["measures"].items():
        if spread is not None:
            lines.append(
                f"  {name:<10}  5 % {spread['p5']:.4g}, median {spread['median']:.4g}, 95 % {spread['p95']:.4g}"
            )
    for count, what in ((r["without_face"], "have no face and no measure of one"), (r["unreadable"], "cannot be read"),
                        (r["not_looked_at"], "were not searched for faces yet")):  # fmt: skip
        if count:
            lines.append(f"{count:,} images {what}.")
    return "\n".join(lines)


def reviewed(r: dict[str, Any]) -> str:
    """Which made faces pass, and why the others do not."""
    lines = [r["summary"]]
    lines += _listed("Rejected", [f"{f['path']}: {'; '.join(f['why'])}" for f in r["faces"] if f["why"]])
    return "\n".join(lines)


def sets(r: dict[str, Any]) -> str:
    """The sets, one a line."""
    return (
        "\n".join(
            f"{s['name']}: {s['images']:,} images of {_count(s['identities'], 'identity')}"
            + (", frozen" if s["frozen"] else "")
            + (f" (out of date: {s['out_of_date']})" if s["out_of_date"] else "")
            for s in r["sets"]
        )
        or "No sets yet. Make them with: fairdesk divide PROJECT"
    )


def resized(r: dict[str, Any]) -> str:
    """What was resized."""
    lines = [("Would resize: " if r["dry_run"] else f"{r['written']:,} written: ") + r["summary"]]
    lines += _listed("Not readable", [f"{u['path']}: {u['why']}" for u in r["unreadable"] + r["left_out"]])
    return "\n".join(lines)


def leaked(r: dict[str, Any]) -> str:
    """What two sets share."""
    lines = [r["summary"], *_vectors(r)]
    lines += _listed(
        "Identities", [f"{i['group'] + '/' if i['group'] else ''}{i['identity']}" for i in r["identities"]]
    )
    lines += _listed("The same file", [f"{p['a']}  =  {p['b']}" for p in r["files"]])
    lines += _listed("Near-duplicates", [f"{p['a']}  ~  {p['b']} ({p['bits']} bits)" for p in r["near"]])
    lines += _listed(
        "Near-identical vectors", [f"{p['a']}  ~  {p['b']} ({p['distance']:.3f})" for p in r.get("vectors", [])]
    )
    lines += _listed("Not readable", [f"{u['path']}: {u['why']}" for u in r["unreadable"]])
    return "\n".join(lines)


def detected(r: dict[str, Any]) -> str:
    """How many faces were found."""
    lines = [f"{_count(r['faces'], 'face')} ({r['detector']}); {_count(r['without_face'], 'image')} without a face."]
    lines += _listed("Without a face", r["without_face_paths"])
    lines += _listed("Not readable", [f"{u['path']}: {u['why']}" for u in r["unreadable"]])
    return "\n".join(lines)


def encoded(r: dict[str, Any]) -> str:
    """How many vectors there are."""
    speed = f", {r['per_second']:,.1f} a second" if r["per_second"] else ""
    lines = [
        f"{r['vectors']:,} vectors of {r['dim']} numbers ({r['encoded_now']:,} new{speed}): encoder {r['encoder']}, detector {r['detector']}."
    ]
    lines += _listed("Failed", [f"{u['path']}: {u['why']}" for u in r["failed"]])
    return "\n".join(lines)


def purged(r: dict[str, Any]) -> str:
    """What was purged, and what a person has to see to."""
    lines = [r["summary"]]
    lines += _listed("Removed in the project", r["files_removed"])
    lines += _listed("These files outside of the project still name them", r["outside"])
    lines += _listed("The originals are where they were", r["originals"])
    return "\n".join(lines)


def labelled(r: dict[str, Any]) -> str:
    """What was labelled or predicted."""
    lines = [r["summary"]]
    for kind, groups in r.get("agreement", {}).items():
        lines.append(f"Given group against predicted {kind}:")
        lines += [
            f"  {group}: " + ", ".join(f"{v} {n:,}" for v, n in values.items()) for group, values in groups.items()
        ]
    if r.get("without_face"):
        lines.append(f"{r['without_face']:,} images without a face have no prediction.")
    return "\n".join(lines)


def clustered(r: dict[str, Any]) -> str:
    """What clustering found."""
    text = f"{_count(r['clusters'], 'cluster')}, {r['noise']:,} of {r['faces']:,} faces unclustered."
    if r.get("bcubed_f1") is not None:
        pairwise = "undefined" if r["pairwise_f1"] is None else f"{r['pairwise_f1']:.3f}"
        text += (
            f"\nAgainst known identities: pairwise F1 {pairwise}, BCubed F1 {r['bcubed_f1']:.3f}, "
            f"NMI {r['nmi']:.3f}, ARI {r['ari']:.3f}."
        )
    return "\n".join([text, *_vectors(r)])


def paired(r: dict[str, Any]) -> str:
    """What is in a pair list."""
    lines = [
        f"{r['genuine']:,} genuine and {r['impostor']:,} impostor pairs over {_count(r['identities'], 'identity')}, seed {r['seed']}."
    ]
    lines += [f"Left out: {count:,} {why} images." for why, count in r["left_out"].items() if count]
    return "\n".join(lines)


def scored(r: dict[str, Any]) -> str:
    """What was scored."""
    text = f"{r['pairs']:,} pairs of {r['images']:,} images scored ({r['measure']})."
    text += f"\n{r['dropped']:,} pairs have no score." if r["dropped"] else ""
    return "\n".join([text, *_vectors(r)])


def _rate(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.3g} %"


def evaluated(r: dict[str, Any]) -> str:
    """The error rates, overall and by group."""
    lines = [f"{r['n_genuine']:,} genuine and {r['n_impostor']:,} impostor scores", *_vectors(r)]
    dropped = r["dropped"]
    if dropped["genuine"] or dropped["impostor"]:
        lines.append(f"Dropped, no score: {dropped['genuine']:,} genuine, {dropped['impostor']:,} impostor")
    if r["eer"] is None:
        lines.append(f"EER undefined: {r['eer_why']}")
    else:
        prime = f"{r['d_prime']:.4g}" if r["d_prime"] is not None else "undefined"
        lines.append(f"EER {_rate(r['eer'])} at threshold {r['eer_threshold']:.4g}; AUC {r['auc']:.6g}; d' {prime}")
        for target, row in r["tar_at_far"].items():
            note = "" if row["resolvable"] else "  (below resolution)"
            lines.append(f"  TAR at FAR {target:>8}: {_rate(row['tar']):>8}{note}")
    groups = r.get("groups")
    if groups:
        lines.append(f"Groups at threshold {groups['threshold']:.4g} ({groups['rule']}):")
        width = max(len(name) for name in groups["per_group"])
        for name, row in groups["per_group"].items():
            lines.append(
                f"  {name:<{width}}  FMR {_rate(row['fmr']):>9}  FNMR {_rate(row['fnmr']):>9}  own EER {_rate(row['eer']):>9}"
                f"  ({row['genuine']:,} genuine, {row['impostor']:,} impostor)"
            )
        fair = groups["fairness"]
        shown = [
            f"{key} {'undefined' if fair[key] is None else format(fair[key], '.4g')}" for key in ("FDR", "IR", "GARBE")
        ]
        lines.append("  " + ", ".join(shown) + f" (alpha {fair['alpha']:g})")
    if r.get("report"):
        lines.append(f"Report: {r['report']}")
    return "\n".join(lines)


def history(r: dict[str, Any]) -> str:
    """The kept steps, newest last."""
    if not r["steps"]:
        return "No edits yet."
    return "\n".join(
        f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(step['created']))}  {step['text']}"
        + ("  (undone)" if step["undone"] else "")
        for step in r["steps"]
    )


def said(template: str) -> Callable[[dict[str, Any]], str]:
    """Return a summary that fills a template; of a list its items are said."""
    return lambda r: template.format(
        **{key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in r.items()}
    )
