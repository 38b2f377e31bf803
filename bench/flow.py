"""Bytes through a pipe, and memory of what waits beside a foreground program."""

import os
import subprocess
import time
from collections.abc import Iterator

from bench.measure import Figure, Side, Skipped, interleave
from bench.place import IMAGE, Place, bwrap, program, version

GIBIBYTES = int(os.environ.get("BENCH_GIBIBYTES", "6"))
PIPES = 15
LIMIT = 2 << 20
DETACHED = ("conmon", "catatonit")


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield throughput and memory."""
    yield _throughput(place)
    yield from _memory(place)


def _throughput(place: Place) -> Figure:
    size = GIBIBYTES << 30
    plain = [program("busybox"), "cat"]
    inside = place.hull.argv("run", "-i", "--rm", "--network", "none", IMAGE, "cat")
    ours = Side("head | hull run -i … cat | wc", "", lambda: _pipe(inside, size, place.hull.env()))
    peer = Side("head | busybox cat | wc", "", lambda: _pipe(plain, size, dict(os.environ)))
    mine, theirs = interleave(ours, peer, PIPES, warm=1)
    rates = (size / mine / 1e6, size / theirs / 1e6)
    note = f"{GIBIBYTES} GiB, the container's start included"
    return Figure("pipe throughput", ours, peer, *rates, PIPES, "MB/s", least=0.95, note=note)


def _pipe(argv: list[str], size: int, env: dict[str, str]) -> float:
    begun = time.perf_counter()
    source = subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE)
    middle = subprocess.Popen(argv, stdin=source.stdout, stdout=subprocess.PIPE, env=env)
    sink = subprocess.Popen(["wc", "-c"], stdin=middle.stdout, stdout=subprocess.PIPE)
    for stream in (source.stdout, middle.stdout):
        if stream is not None:
            stream.close()
    counted = int(sink.communicate()[0])
    elapsed = time.perf_counter() - begun
    if middle.wait() or source.wait() or counted != size:
        raise RuntimeError(f"{argv[0]}: {counted} of {size} bytes, exit {middle.returncode}")
    return elapsed


def _memory(place: Place) -> Iterator[Figure | Skipped]:
    cat = ("-i", "--rm", "--network", "none", IMAGE, "cat")
    ours = _resident(place.hull.argv("run", *cat), place.hull.env())
    side = Side("launcher and init, waiting", "", lambda: 0.0)
    limit = Side("the limit: 2 MiB", "", lambda: 0.0)
    yield Figure("resident beside one foreground program", side, limit, ours / 1024, LIMIT / 1024, 1, "KiB", bound=1.0)
    argv = [*bwrap(place)[:-1], "/bin/cat"]
    yield _against(side, ours, "bwrap and its pid 1", version("bwrap"), argv)
    try:
        subprocess.run(place.podman("import", "-q", place.archive, IMAGE), check=True, capture_output=True)
        argv = place.podman("run", "--cgroups=disabled", *cat)
        yield _against(side, ours, "podman and conmon", version("podman"), argv)
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        yield Skipped("resident memory against podman", f"podman does not run here: {error}")


def _against(side: Side, ours: int, label: str, release: str, argv: list[str]) -> Figure:
    theirs = _resident(argv, dict(os.environ))
    peer = Side(label, release, lambda: 0.0)
    return Figure(f"resident, against {label}", side, peer, ours / 1024, theirs / 1024, 1, "KiB", bound=1.0)


def _resident(argv: list[str], env: dict[str, str]) -> int:
    """Return the bytes resident in every process that one waiting `cat` needs, `cat` itself left out."""
    before = _processes()
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"here\n")
    process.stdin.flush()
    if process.stdout.readline() != b"here\n":
        raise RuntimeError(f"{argv[0]}: cat did not answer")
    waiting = [pid for pid in _family(process.pid, before) if _status(pid, "Name") != "cat"]
    total = sum(int(_status(pid, "VmRSS").split()[0]) << 10 for pid in waiting)
    process.communicate(timeout=30)
    if process.returncode:
        raise RuntimeError(f"{argv[0]}: exit {process.returncode}")
    return total


def _processes() -> dict[int, int]:
    """Return every process and its parent."""
    return {pid: int(_status(pid, "PPid") or 0) for pid in map(int, filter(str.isdigit, os.listdir("/proc")))}


def _family(top: int, before: dict[int, int]) -> set[int]:
    """Return the process and all that descend from it or from a monitor that it has left behind."""
    parents = _processes()
    found = {top} | {pid for pid in parents if pid not in before and _status(pid, "Name") in DETACHED}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _status(pid: int, field: str) -> str:
    try:
        with open(f"/proc/{pid}/status") as lines:
            return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{field}:")), "")
    except (FileNotFoundError, ProcessLookupError):
        return ""
