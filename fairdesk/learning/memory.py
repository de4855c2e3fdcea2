"""Memory: what is free, and what training frees and asks for again in every step."""

from __future__ import annotations

import ctypes
import platform

import psutil

_TRIM, _TOP_PAD, _MMAP = -1, -2, -3  # M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_THRESHOLD of glibc's malloc.h


def keep_freed_memory() -> None:
    """Tell glibc to keep large blocks that are freed, for the next step, until this process ends.

    Else each step gives them back to the kernel and gets fresh ones, cleared page by page: an eighth of a DCGAN step
    on the CPU. Does nothing with another C library.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    for option, value in ((_MMAP, 1 << 30), (_TRIM, 2**31 - 1), (_TOP_PAD, 1 << 26)):
        mallopt(option, value)


def free_memory(device: str) -> int:
    """Return how many bytes are free on a device."""
    if device.startswith("cuda"):
        import torch

        kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()  # by torch, to use again
        return int(torch.cuda.mem_get_info()[0] + kept)
    return int(psutil.virtual_memory().available)
