"""Committing a container: the cost is the change's, not the image's."""

import os
from collections.abc import Iterator
from functools import partial

from bench.measure import Figure, Side, Skipped, compare, process
from bench.place import IMAGE, Place
from bench.pull import debian

RUNS = int(os.environ.get("BENCH_COMMITS", "9"))
BOUND = 1.2
LARGE, SMALL = 64, 1  # MiB
FILL = "i=0; while [ $i -lt {size} ]; do head -c 1048576 /dev/urandom >/change$i; i=$((i + 1)); done"


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield a small change on a large image over the same on a small one; and a large change over a small one."""
    place.hull("import", debian(), "large", check=True)
    _contain(place, "on-large", "large", SMALL)
    _contain(place, "on-small", IMAGE, SMALL)
    _contain(place, "much", IMAGE, LARGE)
    on_small = Side("of 1 MiB on busybox", "", partial(_commit, place, "on-small"))
    on_large = Side("of 1 MiB on a Debian of 200 MB", "", partial(_commit, place, "on-large"))
    much = Side("of 64 MiB on busybox", "", partial(_commit, place, "much"))
    yield compare("commit, by the size of the image", on_large, on_small, RUNS, bound=BOUND)
    yield compare("commit, by the size of the change", much, on_small, RUNS)


def _contain(place: Place, name: str, image: str, size: int) -> None:
    words = ("run", "--network", "none", "--name", name, image, "sh", "-c", FILL.format(size=size))
    place.hull(*words, check=True)


def _commit(place: Place, name: str) -> float:
    """Return the seconds of one commit whose image and layer are not here yet."""
    elapsed = process(place.hull.argv("commit", name, f"of-{name}"), place.hull.env())
    place.hull("rmi", f"of-{name}", check=True)
    return elapsed
