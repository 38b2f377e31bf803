"""Pull and unpack a Debian image of 200 MB from a loopback registry: cold stores, sync between, turn by turn."""

import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Iterator

from bench.measure import Figure, Side, Skipped, interleave
from bench.place import Place, program, version
from tests import imagebuild, registries
from tests.commandline import CommandLine, remove_tree

INCLUDE = "curl,less,procps,python3,vim-tiny"
RUNS = int(os.environ.get("BENCH_PULLS", "5"))


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield the pull against podman's, on the disk and, where there is room, on a temporary file system."""
    tar = _debian()
    print(f"        the image: Debian minbase and {INCLUDE}, {len(tar) / 1e6:.0f} MB as a tar, gzip", flush=True)
    with registries.plain() as registry:
        reference = imagebuild.push(imagebuild.image(tar), registry.address, "debian", "bench")
        for where, base in (("disk", place.base), ("tmpfs", _memory())):
            title = f"pull and unpack, {where}"
            if not base:
                yield Skipped(title, "less than 4 GiB free on a temporary file system")
                continue
            try:
                yield _compare(place._replace(base=base), title, reference)
            except (OSError, subprocess.SubprocessError) as error:
                yield Skipped(title, f"podman does not pull here: {error}")


def _debian() -> bytes:
    """Return a Debian of some 200 MB, made once by mmdebstrap and kept in the cache directory."""
    cache = os.environ.get("HULL_TEST_CACHE") or os.path.expanduser("~/.cache/hull-tests")
    path = f"{cache}/debian-bench.tar"
    if not os.path.exists(path):
        os.makedirs(cache, exist_ok=True)
        words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDE}", "bookworm", f"{path}.new.tar"]
        subprocess.run(words, check=True)
        os.rename(f"{path}.new.tar", path)
    with open(path, "rb") as file:
        return file.read()


def _compare(place: Place, title: str, reference: str) -> Figure:
    numbers = itertools.count()
    ours = Side("hull pull", "", lambda: _hull(place, reference, next(numbers)))
    peer = Side("podman pull", version("podman"), lambda: _podman(place, reference, next(numbers)))
    mine, theirs = interleave(ours, peer, RUNS, warm=1)
    return Figure(title, ours, peer, mine, theirs, RUNS, "s", bound=1.0)


def _hull(place: Place, reference: str, number: int) -> float:
    hull = CommandLine(os.path.join(place.base, f"cold-{number}"))
    os.sync()
    begun = time.perf_counter()
    hull("pull", "-q", reference, check=True, timeout=600)
    elapsed = time.perf_counter() - begun
    remove_tree(hull.root)
    return elapsed


def _podman(place: Place, reference: str, number: int) -> float:
    root = f"podman-{number}"
    os.sync()
    begun = time.perf_counter()
    argv = place.podman("pull", "-q", "--tls-verify=false", reference, root=root)
    subprocess.run(argv, check=True, capture_output=True, timeout=600)
    elapsed = time.perf_counter() - begun
    subprocess.run([program("podman"), "unshare", "rm", "-rf", os.path.join(place.base, root)], check=False)
    return elapsed


def _memory() -> str:
    base = os.environ.get("BENCH_TMPFS", "/dev/shm")
    return base if shutil.disk_usage(base).free > 4 << 30 else ""
