"""Somebody who swaps a directory and a link to elsewhere as fast as he can, while containers start."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextmanager
def swapping(directory: str, outside: str, rounds: int) -> Iterator[None]:
    """Swap `directory`/point, a directory, with /link, which leads `outside`, through a block of `rounds` starts."""
    done, swaps = threading.Event(), list[int]()
    swapper = threading.Thread(target=_swap, args=(directory, outside, done, swaps))
    swapper.start()
    try:
        yield
    finally:
        done.set()
        swapper.join()
    assert len(swaps) > rounds, "the swapper never ran beside a start"


def _swap(shared: str, outside: str, done: threading.Event, swaps: list[int]) -> None:
    """Exchange the two names for good: at no time is either missing."""
    names = [os.fsencode(f"{shared}/{name}") for name in ("point", "link")]
    os.mkdir(names[0])
    os.symlink(outside, names[1])
    libc = ctypes.CDLL(None)
    while not done.is_set():
        assert libc.renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0
        swaps.append(1)
