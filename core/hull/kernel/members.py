"""Make the plain files of a tar without Python between them: members.c says which."""

from hull.light import Any

ROOM = 1 << 17  # bytes of headers that one call may take


class Maker:
    """Makes files; one for each thread."""

    def __init__(self, most: int) -> None:
        """Leave files of `most` bytes and more alone."""
        from importlib import import_module

        module: Any = import_module("hull.kernel._syscalls")
        self._make, self._ffi, self._most = module.lib.hull_members, module.ffi, most
        self._heads = module.ffi.new("unsigned char[]", ROOM)
        self._view = memoryview(module.ffi.buffer(self._heads))

    def make(self, directory: int, above: bytes, data: memoryview) -> tuple[int, int, bytes]:
        """Make the plain files at the start of `data` that are directly below `above`, whose descriptor is `directory`.

        Return how many bytes of `data` they were, how many bytes of content, and their headers. What follows them is
        something else, not whole, or failed: of that nothing was done.
        """
        run = self._make(
            directory, above, len(above), self._ffi.from_buffer(data), len(data), self._most, self._heads, ROOM
        )
        return run.used, run.bytes, bytes(self._view[: run.count * 512])
