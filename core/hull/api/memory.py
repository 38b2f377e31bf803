"""Memory that large bodies took, given back: glibc keeps what threads free, in as many heaps as there were threads."""

import ctypes


def give_back() -> None:
    """Give free pages back to the system, where the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none, and keeps none
    if trim is not None:
        trim(0)
