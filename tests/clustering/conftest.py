"""Fixtures of the tests of clusterings."""

import pytest


@pytest.fixture
def faces(filled):
    """The ids of a filled project's faces, ascending."""
    return [row[0] for row in filled.db.rows("SELECT id FROM face ORDER BY id")]
