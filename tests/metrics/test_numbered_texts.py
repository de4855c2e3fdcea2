"""Texts are numbered as a dictionary numbers them, whatever their widths, and should their hashes collide."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairdesk.metrics.scores import grouped_scores
from fairdesk.metrics.scores.grouped_scores import number_texts

texts = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6), max_size=30)


def expected(columns):
    names = sorted({str(text) for column in columns for text in column})
    return names, [names.index(str(text)) for column in columns for text in column]


@given(st.lists(texts, min_size=1, max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_texts(columns):
    columns = [np.array(column, dtype=str) for column in columns]
    names, codes = number_texts(columns)
    assert (names, codes.tolist()) == expected(columns)


def test_many_texts_that_a_sample_misses():
    rng = np.random.default_rng(0)
    one = np.array([f"s{n}" for n in rng.integers(0, 40_000, 200_000)])
    two = np.array([f"person {n}" for n in range(1000)])
    names, codes = number_texts([one, two])
    assert names == sorted(set(one.tolist()) | set(two.tolist()))
    assert (np.array(names)[codes] == np.concatenate([one.astype("U12"), two])).all()


@pytest.mark.parametrize("shared", [1, 3])
def test_texts_of_one_hash_are_told_apart(monkeypatch, shared):
    monkeypatch.setattr(grouped_scores, "text_hashes", lambda column: np.arange(len(column), dtype=np.uint64) % shared)
    columns = [np.array(["b", "a", "c", "a", "b", "c", "c"]), np.array(["a", "zz", "b"])]
    names, codes = number_texts(columns)
    assert (names, codes.tolist()) == expected(columns)
