"""Numbers of things in words, for texts that name several: "1 image of 2 identities"."""

from __future__ import annotations

from fairdesk.words import tr_n


def images(n: int) -> str:
    """Say how many images."""
    return tr_n("{n:,} image", "{n:,} images", n)


def faces(n: int) -> str:
    """Say how many faces."""
    return tr_n("{n:,} face", "{n:,} faces", n)


def people(n: int) -> str:
    """Say how many people."""
    return tr_n("{n:,} person", "{n:,} people", n)


def identities(n: int) -> str:
    """Say how many identities."""
    return tr_n("{n:,} identity", "{n:,} identities", n)


def subjects(n: int) -> str:
    """Say how many subjects."""
    return tr_n("{n:,} subject", "{n:,} subjects", n)


def comparisons(n: int) -> str:
    """Say how many comparisons."""
    return tr_n("{n:,} comparison", "{n:,} comparisons", n)


def mated_probes(n: int) -> str:
    """Say how many mated probes."""
    return tr_n("{n:,} mated probe", "{n:,} mated probes", n)


def nonmated_probes(n: int) -> str:
    """Say how many non-mated probes."""
    return tr_n("{n:,} non-mated probe", "{n:,} non-mated probes", n)


def genuine_comparisons(n: int) -> str:
    """Say how many genuine comparisons."""
    return tr_n("{n:,} genuine comparison", "{n:,} genuine comparisons", n)


def impostor_comparisons(n: int) -> str:
    """Say how many impostor comparisons."""
    return tr_n("{n:,} impostor comparison", "{n:,} impostor comparisons", n)


def clusters(n: int) -> str:
    """Say how many clusters."""
    return tr_n("{n:,} cluster", "{n:,} clusters", n)


def embeddings(n: int) -> str:
    """Say how many embeddings."""
    return tr_n("{n:,} embedding", "{n:,} embeddings", n)


def pairs(n: int) -> str:
    """Say how many pairs."""
    return tr_n("{n:,} pair", "{n:,} pairs", n)


def genuine_pairs(n: int) -> str:
    """Say how many genuine pairs."""
    return tr_n("{n:,} genuine pair", "{n:,} genuine pairs", n)


def impostor_pairs(n: int) -> str:
    """Say how many impostor pairs."""
    return tr_n("{n:,} impostor pair", "{n:,} impostor pairs", n)


def genuine_scores(n: int) -> str:
    """Say how many genuine scores."""
    return tr_n("{n:,} genuine score", "{n:,} genuine scores", n)


def impostor_scores(n: int) -> str:
    """Say how many impostor scores."""
    return tr_n("{n:,} impostor score", "{n:,} impostor scores", n)
