"""Images for training: the ones that sample grids show are not trained on, and a file that vanishes is named."""

import numpy as np
import pytest
import torch
from PIL import Image

from fairdesk.errors import JobFailed
from fairdesk.jobs.context import QuietContext
from fairdesk.learning import training_images as module
from fairdesk.learning.training_images import TrainingImages, UnpairedImages


def numbered(folder, count):
    """Pictures that are told apart by their grey value."""
    folder.mkdir()
    for number in range(count):
        Image.new("RGB", (36, 36), (number, number, number)).save(folder / f"{number:03d}.png")
    return sorted(folder.iterdir())


def values(pictures):
    return {round(float(one.mean() * 127.5 + 127.5)) for one in pictures}


@pytest.mark.parametrize(("count", "spared"), [(50, 5), (49, 0)])
def test_what_a_grid_shows_is_not_trained_on(tmp_path, count, spared):
    data = UnpairedImages(numbered(tmp_path / "a", count), numbered(tmp_path / "b", 7), 32, QuietContext())
    a, b = data.shown()
    assert (len(a), len(b), data.spared, len(data)) == (5, 5, spared, count - spared)
    assert {0, count - 1} <= values(a)  # over the whole set, not its first person
    seen_a, seen_b = set(), set()
    for batch in data.epoch(0, 1, 5):
        seen_a |= values(batch[0])
        seen_b |= values(batch[1])
    assert seen_b == set(range(7))
    trained = set(range(count)) - (values(a) if spared else set())
    rest = len(data) % 5  # an incomplete batch is left out
    assert seen_a <= trained and len(trained - seen_a) == rest
    assert torch.equal(data.shown()[0], a)
    data.close()


def test_a_file_that_vanishes_while_training_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 0)  # as with a set that does not fit into memory
    paths = numbered(tmp_path / "a", 4)
    data = TrainingImages(paths, 16, QuietContext())
    assert np.allclose(data.tensor([2]).numpy(), 2 / 127.5 - 1)
    paths[2].unlink()
    with pytest.raises(JobFailed, match=r"002\.png cannot be read any more"):
        data.tensor([1, 2])
    data.close()
