"""What a step of the journal was about, as a window shows it after an undo: all of its images or faces, or none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

_LISTED = 500  # of as many or more none is listed; earlier versions listed the first 500 of them


def target_of(kind: Literal["images", "faces"], ids: Sequence[int] | npt.NDArray[np.int64]) -> dict[str, Any]:
    """Return the target of a step about some images or faces."""
    return {"tab": "dataset"} | ({kind: [int(one) for one in ids]} if len(ids) < _LISTED else {})


def whole(target: dict[str, Any]) -> dict[str, Any]:
    """Return a target that was read without lists that may be cut off."""
    return {key: said for key, said in target.items() if not isinstance(said, list) or len(said) < _LISTED}
