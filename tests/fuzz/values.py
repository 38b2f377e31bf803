"""Fuzz what reads a container's answer: whatever comes, it is values or damaged."""

import contextlib
import datetime as dt
import decimal
import functools
import os
import sys
import zoneinfo

from hull.values.inside.cell import pack
from hull.values.inside.layout import HEADER, Damaged, open_parcel
from hull.values.inside.unpacking import Unpacker

from tests.fuzz import loop


def target(data: bytes) -> None:
    """Read the bytes as a parcel of somebody who is not trusted, and as the index of one whose buffers are whole."""
    _read(data)
    body = seeds()[-1]
    start = HEADER.unpack_from(body)[1]
    _read(HEADER.pack(b"hullval1", start, len(data), start + len(data)).ljust(64, b"\0") + body[64:start] + data)


def _read(data: bytes) -> None:
    fd = os.memfd_create("fuzz")
    try:
        os.write(fd, data)
        with contextlib.suppress(Damaged):
            values = Unpacker(open_parcel(fd)).values()
            assert all(isinstance(name, str) for name in values)
    finally:
        os.close(fd)


@functools.cache
def seeds() -> list[bytes]:
    """Return an index alone and parcels of every kind of node that is here, the last with all of them."""
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    kinds: list[object] = [
        [1, 2.5, None, "x", (b"yy", {1: frozenset({2})})],
        [dt.datetime(2020, 1, 1, tzinfo=zone), dt.time(1), decimal.Decimal("1.5"), 2**100],
        [list(range(40)), [{"a": n} for n in range(40)]],
    ]
    with contextlib.suppress(ImportError):
        import numpy as np

        kinds.append([np.arange(6.0).reshape(2, 3), np.zeros(2, [("a", "i4"), ("b", "f8", (2,))]), np.float32(1)])
        kinds.append(np.array([1, "a", [2]], object))
    with contextlib.suppress(ImportError):
        import pandas as pd

        day = pd.date_range("2020", periods=2, tz="UTC")
        columns = {"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"]), "d": pd.array([1, None], "Int64")}
        kinds += [pd.DataFrame(columns, index=day), pd.Series([1.5], name="s"), pd.MultiIndex.from_arrays([[1], [2]])]
    parcels = [_parcel(kind) for kind in (*kinds, kinds)]
    _, start, length, _ = HEADER.unpack_from(parcels[-1])
    return [*[parcels[-1][start : start + length]] * len(parcels), *parcels]


def _parcel(value: object) -> bytes:
    fd = os.memfd_create("seed")
    try:
        pack(fd, {}, {"v": value}, pickles=False)
        return os.pread(fd, 1 << 20, 0)
    finally:
        os.close(fd)


if __name__ == "__main__":
    sys.exit(loop.run(target, seeds(), sys.argv))
