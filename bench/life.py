"""Containers that live on: detached starts, the memory that watches them, their logs, the list of a thousand."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator

from hull.engine import Engine

from bench.measure import Figure, Side, Skipped, process
from bench.place import IMAGE, Place, version

DETACHED = int(os.environ.get("BENCH_DETACHED", "100"))
LISTED = int(os.environ.get("BENCH_LISTED", "1000"))
LOG = int(os.environ.get("BENCH_LOG_MEGABYTES", "1000"))
SLEEP = ("--network", "none", IMAGE, "sleep", "600")
LINE = "a line of a log that is neither short nor long, as programs write them all day: 0123456789"


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield what a life without a daemon costs beside podman and conmon."""
    try:
        subprocess.run(place.podman("import", "-q", place.archive, IMAGE), check=True, capture_output=True)
        subprocess.run(place.podman("run", "--rm", "--cgroups=disabled", *SLEEP[:-2], "true"), check=True)
    except (OSError, subprocess.SubprocessError) as error:
        yield Skipped("life beside podman", f"podman does not run here: {error}")
        return
    yield from _detached(place)
    yield _logs(place)
    yield _listed(place)


def _detached(place: Place) -> Iterator[Figure]:
    words = place.podman("run", "-d", "--cgroups=disabled", "--log-driver", "k8s-file", *SLEEP)
    before = _pids()
    begun = time.perf_counter()
    theirs = [process(words) for _ in range(DETACHED)]
    peer_rate = DETACHED / (time.perf_counter() - begun)
    conmons = _shares(before, "conmon")
    subprocess.run(place.podman("rm", "-f", "-a", "-t", "0"), check=True, capture_output=True)
    cold = [process(place.hull.argv("run", "-d", *SLEEP), env=place.hull.env()) for _ in range(10)]
    place.hull("rm", "-f", *place.hull("ps", "-q").stdout.decode().split(), check=True)
    before = _pids()
    own_rate = _warm(place)
    watching = _shares(before, "hull-monitor", "hull-launch", "hull-init")
    place.hull("rm", "-f", *place.hull("ps", "-q").stdout.decode().split(), check=True, timeout=120)

    def side(label: str, release: str = "") -> Side:
        return Side(label, release, lambda: 0.0)

    podman = version("podman")
    yield Figure(
        "detached starts a second, from a warm Python", side("hull.run(…, detach=True)"), side("podman run -d", podman),
        own_rate, peer_rate, DETACHED, "/s", least=10.0,
    )  # fmt: skip
    yield Figure(
        "detached start, cold command line", side("hull run -d"), side("podman run -d", podman),
        sorted(cold)[len(cold) // 2] * 1e3, sorted(theirs)[len(theirs) // 2] * 1e3, len(cold), "ms",
    )  # fmt: skip
    yield Figure(
        f"memory that watches {DETACHED} containers, sum of PSS", side("monitors, launchers and inits"),
        side("conmon", podman), watching, conmons, 1, "KiB", bound=0.5,
    )  # fmt: skip


def _warm(place: Place) -> float:
    """Return detached starts a second of one Python that has loaded hull."""
    from hull.commands.run import run

    os.environ["HULL_ROOT"] = place.hull.root
    engine = Engine()
    engine.keep()
    run(engine, IMAGE, ("true",), network=("none",), detach=True)
    begun = time.perf_counter()
    for _ in range(DETACHED):
        run(engine, IMAGE, ("sleep", "600"), network=("none",), detach=True)
    rate = DETACHED / (time.perf_counter() - begun)
    engine.close()
    return rate


def _pids() -> set[str]:
    return set(filter(str.isdigit, os.listdir("/proc")))


def _shares(before: set[str], *names: str) -> float:
    """Return the KiB of memory that is the new processes' own, shared pages counted by share (PSS)."""
    total = 0
    for pid in _pids() - before:
        try:
            with open(f"/proc/{pid}/comm") as file:
                if file.read().strip() not in names:
                    continue
            with open(f"/proc/{pid}/smaps_rollup") as lines:
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return float(total)


def _logs(place: Place) -> Figure:
    """Compare reading a gigabyte of log, as it was written by a container, into /dev/null."""
    script = f"yes '{LINE}' | head -c {LOG}000000"
    words = ("--network", "none", IMAGE, "sh", "-c", script)
    ours = place.hull("run", "-d", *words, check=True).stdout.decode().strip()
    place.hull("wait", ours, check=True, timeout=600)
    done = subprocess.run(
        place.podman("run", "-d", "--cgroups=disabled", "--log-driver", "k8s-file", *words),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    theirs = done.stdout.strip()
    subprocess.run(place.podman("wait", theirs), check=True, capture_output=True)
    mine = sorted(process(place.hull.argv("logs", ours), env=place.hull.env()) for _ in range(3))[1]
    peers = sorted(process(place.podman("logs", theirs)) for _ in range(3))[1]
    place.hull("rm", ours, check=True)
    subprocess.run(place.podman("rm", theirs), check=True, capture_output=True)
    rates = (LOG / mine, LOG / peers)
    return Figure(
        f"logs of {LOG} MB", Side("hull logs", "", lambda: 0.0), Side("podman logs", version("podman"), lambda: 0.0),
        *rates, 3, "MB/s", least=1.0, note="of what the program wrote; k8s-file is podman's quickest",
    )  # fmt: skip


def _listed(place: Place) -> Figure:
    from hull.commands.create import create

    os.environ["HULL_ROOT"] = place.hull.root
    engine = Engine()
    for _ in range(LISTED):
        create(engine, IMAGE, ("true",), network=("none",))
    engine.close()
    with tempfile.TemporaryFile() as quiet:
        for _ in range(LISTED):
            subprocess.run(place.podman("create", "--cgroups=disabled", *SLEEP), check=True, stdout=quiet)
    mine = sorted(process(place.hull.argv("ps", "-a"), env=place.hull.env()) for _ in range(10))[5]
    peers = sorted(process(place.podman("ps", "-a")) for _ in range(10))[5]
    title = f"ps -a with {LISTED} containers"
    ours, peer = Side("hull ps -a", "", lambda: 0.0), Side("podman ps -a", version("podman"), lambda: 0.0)
    return Figure(title, ours, peer, mine * 1e3, peers * 1e3, 10, "ms", bound=0.3)
