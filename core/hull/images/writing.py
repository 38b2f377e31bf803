"""Files that are written whole or not at all, and what is said where they cannot be."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from hull.errors import HostError


def whole(path: str, chunks: Iterable[bytes], *, synced: bool = False) -> None:
    """Write a file, in place of one that is there; `synced` puts its content on the disk before its name."""
    scratch = aside(path)
    try:
        with open(scratch, "xb") as file:
            file.writelines(chunks)
            if synced:
                file.flush()
                os.fsync(file.fileno())
        os.rename(scratch, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(scratch)


def aside(path: str) -> str:
    """Return a name beside `path` that nobody has."""
    return f"{path}.{os.getpid()}-{os.urandom(6).hex()}"


@contextmanager
def blamed(path: str) -> Iterator[None]:
    """Let what the disk refuses name the place."""
    try:
        yield
    except OSError as error:
        raise HostError(f"cannot write {path}: {error.strerror}", "choose a place of yours with room") from None
