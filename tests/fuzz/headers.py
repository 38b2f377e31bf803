"""Fuzz the tar headers and the decompression alone: many more inputs a second than with files."""

import contextlib
import sys

from hull.errors import RegistryError
from hull.images import compression, names, tarheader
from hull.images.tarstream import TarStream

from tests.fuzz import loop
from tests.fuzz.unpacker import seeds

EXPANDED = 1 << 24


def target(data: bytes) -> None:
    """Every entry ends, names stay below the root, sizes are never negative; what is damaged is the archive's fault."""
    parts, passed = iter([data[i : i + 999] for i in range(0, len(data), 999)]), 0
    stream = TarStream(compression.stream(lambda _: next(parts, b"")))
    with contextlib.suppress(RegistryError):
        for entry in tarheader.entries(stream):
            path = names.clean(entry.name)
            assert b".." not in path.split(b"/")
            assert not path.startswith(b"/")
            assert entry.stored >= 0 <= entry.size
            if entry.pieces is not None:
                assert sum(length for _, length in entry.pieces) == entry.stored
            passed = stream.offset
            if passed > EXPANDED:
                return


if __name__ == "__main__":
    sys.exit(loop.run(target, [seed for seed in seeds() if len(seed) > 2], sys.argv))
