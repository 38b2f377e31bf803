"""An array into a cell and out again, beside the same bytes through shared memory without a container."""

import contextlib
import multiprocessing
import os
import sysconfig
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.reduction import DupFd
from typing import Any

from bench.measure import Figure, Side, Skipped, interleave
from bench.place import Place
from tests.kernels.image import boxed

SIZE = int(float(os.environ.get("BENCH_GIBIBYTES_OF_VALUES", "1")) * (1 << 30))
RUNS = 7
IMAGE = "pybox"


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield the time of an array's way in and out, and of a small value's."""
    try:
        import numpy as np
    except ImportError:
        yield Skipped("an array in and out of a cell", "numpy is not installed")
        return
    box = boxed()
    place.hull("import", "-", IMAGE, input=box.rootfs, check=True)
    packages = f"{sysconfig.get_path('purelib')}:/packages:ro"
    flags = {"network": "none", "volume": [box.words[1], packages], "env": {"PYTHONPATH": "/packages"}}
    array = np.ones(SIZE, np.uint8)
    with _store(place), _reader() as reader:
        ours = Side("hull.cell, in and out", "", lambda: _cell(array, flags))
        peer = Side("written by one process, copied out by another", "", lambda: _copy(array, reader))
        mine, theirs = interleave(ours, peer, RUNS, warm=1)
        note = f"{SIZE >> 20} MiB, the container's start and its import of numpy included"
        yield Figure(
            "an array in and out of a cell", ours, peer, mine * 1000, theirs * 1000, RUNS, bound=2.0, note=note
        )
        small = Side("hull.cell, one number in and out", "", lambda: _cell(1, {**flags, "env": ()}))
        alone = Side("hull.cell without values", "", lambda: _cell(None, {**flags, "env": ()}))
        mine, theirs = interleave(small, alone, RUNS, warm=1)
        yield Figure("what values add to a cell", small, alone, mine * 1000, theirs * 1000, RUNS)


@contextlib.contextmanager
def _store(place: Place) -> Iterator[None]:
    before = os.environ.get("HULL_ROOT")
    os.environ["HULL_ROOT"] = place.hull.root
    try:
        yield
    finally:
        os.environ.pop("HULL_ROOT")
        os.environ.update({} if before is None else {"HULL_ROOT": before})


def _cell(value: Any, flags: dict[str, Any]) -> float:
    import hull

    begun = time.perf_counter()
    if value is None:
        hull.cell(IMAGE, "pass", **flags)
        return time.perf_counter() - begun
    got = hull.cell(IMAGE, "w = v", in_={"v": value}, out=["w"], **flags)["w"]
    elapsed = time.perf_counter() - begun
    if (got != value) if isinstance(value, int) else (got[:: 1 << 12] != value[:: 1 << 12]).any():
        raise RuntimeError("what came back is not what went in")
    return elapsed


def _copy(array: Any, reader: Connection) -> float:
    begun = time.perf_counter()
    fd = os.memfd_create("bench")
    try:
        view = memoryview(array)
        while view:
            view = view[os.write(fd, view) :]
        reader.send((DupFd(fd), array.nbytes))
        if reader.recv() != array.nbytes:
            raise RuntimeError("the other process copied less")
    finally:
        os.close(fd)
    return time.perf_counter() - begun


@contextlib.contextmanager
def _reader() -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_read, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def _read(pipe: Connection) -> None:
    import mmap

    import numpy as np

    with contextlib.suppress(EOFError):
        while True:
            shared, size = pipe.recv()
            fd = shared.detach()
            with mmap.mmap(fd, size, prot=mmap.PROT_READ) as mapped:
                os.close(fd)
                view = np.frombuffer(mapped, np.uint8)
                copy = view.copy()
                del view
            pipe.send(copy.nbytes)
            del copy
