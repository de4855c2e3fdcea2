"""How much a pickle makes of its bytes: a few lists that hold one another twice are as large as the square of the square."""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any

MOST_A_BYTE, ALWAYS = (
    64,
    1_000_000,
)  # things, counted as often as they are held: a pickle's own texts and numbers are one a byte
_STORES, _FETCHES = ("PUT", "BINPUT", "LONG_BINPUT"), ("GET", "BINGET", "LONG_BINGET")
_HOLDS = (list, tuple, dict)
_HASHED = ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET")
_STEPS = {
    one.name: (
        one.stack_before.index(pickletools.markobject) if pickletools.markobject in one.stack_before else None,
        len(one.stack_before),
        len(one.stack_after),
    )
    for one in pickletools.opcodes
}


class TooLargeError(ValueError):
    """A pickle makes far more than it holds, or something that holds itself."""


class TupleSizes:
    """Sizes of tuples while a pickle's operations go by: what is hashed is walked through as often as it is held, and not to be stopped.

    The operations are not carried out: only the size of each thing on the stack is kept, 1 for all but tuples.
    """

    def __init__(self) -> None:
        self._stack: list[int | None] = []  # None is a mark
        self._memo: dict[int, int | None] = {}

    def follow(self, operation: str, argument: Any) -> None:
        """Take in the next operation. Raises `TooLargeError`; `LookupError` where it takes what is not there."""
        stack = self._stack
        if operation == "MARK":
            stack.append(None)
        elif operation in _STORES:
            self._memo[int(argument)] = stack[-1]
        elif operation == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif operation in _FETCHES:
            stack.append(self._memo[int(argument)])
        elif operation == "DUP":
            stack.append(stack[-1])
        else:
            self._step(operation)

    def _step(self, operation: str) -> None:
        mark, before, after = _STEPS[operation]
        size = 1
        if mark is not None:
            while (one := self._stack.pop()) is not None:
                size += one
            before = mark
        for _ in range(before):
            size += self._stack.pop() or 0
        if operation not in _HASHED:
            size = 1
        elif size > ALWAYS:
            raise TooLargeError
        self._stack += [size] * after


def need_in_proportion(found: Any, read: int, size_of: Callable[[Any], int]) -> None:
    """Raise `TooLargeError` if what was made of `read` bytes is far larger than they are, each thing counted as often as it is held.

    `size_of` says how large anything but a list, a tuple or a dictionary is.
    """
    most = MOST_A_BYTE * read + ALWAYS
    sizes: dict[int, int | None] = {}  # of lists, tuples and dictionaries; None while what one holds is being looked at
    todo = [found] if isinstance(found, _HOLDS) else []
    while todo:
        one = todo[-1]
        parts = [*one, *one.values()] if isinstance(one, dict) else one
        if sizes.get(id(one)) is not None:
            todo.pop()
        elif id(one) not in sizes:
            sizes[id(one)] = None
            inner = [part for part in parts if isinstance(part, _HOLDS)]
            if any(sizes.get(id(part), 0) is None for part in inner):
                raise TooLargeError
            todo += inner
        else:
            size = 1 + sum(sizes[id(part)] or 0 if isinstance(part, _HOLDS) else size_of(part) for part in parts)
            if size > most:
                raise TooLargeError
            sizes[id(one)] = size
