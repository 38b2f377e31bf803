"""Read files of layers and of what lies below: by descriptors, bounded, regular files only, no link followed."""

import os
import stat

from hull.light import TYPE_CHECKING
from hull.trials import stacks
from hull.trials.walking_entries import FILE
from hull.trials.walking_places import Places

if TYPE_CHECKING:
    from typing import Self

WHOLE = 64 << 20  # bytes: a file above it is told by its ends
_END = 1 << 20
_CHUNK = 1 << 18


class Reader:
    """Files of any layer; `base` is a descriptor of what lies below, taken over."""

    def __init__(self, base: int) -> None:
        self._places: dict[str, Places] = {"": Places(base)}

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        for places in self._places.values():
            places.close()

    def open(self, layers: list[str], path: str) -> int | None:
        """Open a regular file in the first of `layers` that has one; "" is the base. None where none has.

        PermissionError where a layer may not be read; what may not be of the base is none.
        """
        found = (self._open(layer, path) for layer in layers)
        return next((fd for fd in found if fd is not None), None)

    def _open(self, layer: str, path: str) -> int | None:
        if layer not in self._places:
            self._places[layer] = Places(os.open(layer, stacks.OPEN))
        try:
            parent, name = self._places[layer].parent(path)
            fd = os.open(name, FILE, dir_fd=parent)
        except OSError as error:
            if layer and isinstance(error, PermissionError):
                raise
            return None
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
        return None

    def read(self, layers: list[str], path: str, most: int) -> tuple[int, bytes]:
        """Return the size of a file, -1 where there is none, and at most `most` bytes of it."""
        fd = self.open(layers, path)
        if fd is None:
            return -1, b""
        try:
            size = os.fstat(fd).st_size
            data = _read(fd, min(size, most))
        finally:
            os.close(fd)
        return (size if size > most else len(data)), data.ljust(min(size, most) if size > most else 0, b"\0")

    def digest(self, layers: list[str], path: str, size: int) -> bytes | None:
        """Return what tells a file's content, which has `size` bytes; None where it cannot be read or has another.

        Above WHOLE these are its ends.
        """
        from hashlib import sha256

        fd = self.open(layers, path)
        if fd is None:
            return None
        try:
            if os.fstat(fd).st_size != size:
                return None
            seen = sha256(size.to_bytes(8, "little"))
            if size > WHOLE:
                seen.update(os.pread(fd, _END, 0) + os.pread(fd, _END, size - _END))
                return seen.digest()
            while chunk := os.read(fd, _CHUNK):
                seen.update(chunk)
            return seen.digest()
        finally:
            os.close(fd)


def _read(fd: int, most: int) -> bytes:
    parts = []
    while most > 0 and (chunk := os.read(fd, min(most, _CHUNK))):
        parts.append(chunk)
        most -= len(chunk)
    return b"".join(parts)
