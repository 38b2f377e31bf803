"""The docker client and a Python client against `hull serve` and `podman system service`: the same client, in turns."""

import contextlib
import ctypes
import http.client
import json
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator

from bench.measure import Figure, Side, Skipped, compare, interleave, process
from bench.place import IMAGE, Place, program, version
from bench.pull import debian
from bench.services import Service, env, hull, living, podman
from tests import imagebuild, registries
from tests.waiting import until

RUNS = int(os.environ.get("BENCH_RUNS", "30"))
PULLS = int(os.environ.get("BENCH_PULLS", "5"))
INSPECTS = 100
RUN, INSPECT, PULL, RESIDENT = 0.3, 1.0, 0.6, 60.0
NAME = "bench-api"
SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield every figure about the API."""
    if not (program("docker") and program("podman")):
        yield Skipped("Docker's API", "docker and podman are not both installed")
        return
    with contextlib.ExitStack() as stack:
        try:
            ours, theirs = stack.enter_context(hull(place)), stack.enter_context(podman(place))
            subprocess.run(place.podman("import", "-q", place.archive, IMAGE), check=True, capture_output=True)
            theirs.run("run", "--rm", IMAGE, "true")
        except (OSError, subprocess.SubprocessError, AssertionError) as error:
            yield Skipped("Docker's API", f"podman does not serve here: {error}")
            return
        sides = (ours, theirs)
        yield _clients("docker run --rm true", sides, ("run", "--rm", IMAGE, "true"), RUN)
        yield _clients(
            "docker run --rm --network none true", sides, ("run", "--rm", "--network", "none", IMAGE, "true"), RUN
        )
        for service in sides:
            service.run("create", "--name", NAME, IMAGE, "true")
        yield _clients("docker ps -a", sides, ("ps", "-a"), None)
        yield _inspects(sides)
        with registries.plain() as registry:
            yield from _pulls(sides, registry.address)
        yield _resident(sides)
    yield _left(place)


def _clients(title: str, sides: tuple[Service, Service], words: tuple[str, ...], bound: float | None) -> Figure:
    ours, theirs = (
        Side(f"docker, {one.label}", "", lambda one=one: process(one.docker(*words), env())) for one in sides
    )  # type: ignore[misc]
    return compare(title, ours, theirs._replace(version=version("podman")), RUNS, bound=bound)  # type: ignore[arg-type]


def _inspects(sides: tuple[Service, Service]) -> Figure:
    ours, theirs = (Side(f"http.client, {one.label}", "", lambda one=one: _inspect(one)) for one in sides)  # type: ignore[misc]
    return compare(f"{INSPECTS} inspect on one connection", ours, theirs, RUNS, bound=INSPECT)


def _inspect(service: Service) -> float:
    begun = time.perf_counter()
    with contextlib.closing(http.client.HTTPConnection("d")) as wire:
        wire.sock = socket.socket(socket.AF_UNIX)
        wire.sock.connect(service.path)
        for _ in range(INSPECTS):
            wire.request("GET", f"/v1.41/containers/{NAME}/json")
            answer = wire.getresponse()
            if json.loads(answer.read())["Name"] != f"/{NAME}":
                raise RuntimeError("inspect answers something else")
    return time.perf_counter() - begun


def _pulls(sides: tuple[Service, Service], address: str) -> Iterator[Figure]:
    """Yield pulls of what was never here, and their processor time: the same images for both, one a turn.

    Nothing is removed between: ext4 without a journal is slow to make files beside those that went a moment ago, and
    one side's removal would be the other's time.
    """
    for how in ("gzip", "zstd"):
        references = list(_pushed(how, address))
        ours, theirs = (_Pulling(one, references) for one in sides)
        labelled = [Side(f"docker, {one.service.label}", "", one) for one in (ours, theirs)]
        walls = interleave(labelled[0], labelled[1], PULLS, warm=1)
        yield Figure(f"docker pull, 200 MB, {how}", *labelled, *walls, PULLS, "s", bound=PULL)
        spent = [statistics.median(one.spent[1:]) for one in (ours, theirs)]
        yield Figure(f"processor time of that pull, {how}", *labelled, *spent, PULLS, "s", note="servers alone")


def _pushed(how: str, address: str) -> Iterator[str]:
    """Yield a reference for each turn, to an image of the same Debian and a file that no other turn's has."""
    with open(debian(), "rb") as file:
        tree = file.read()
    for turn in range(PULLS + 1):
        made = imagebuild.image(imagebuild.member(f"{how}-{turn}") + tree, how=how)
        yield imagebuild.push(made, address, f"bench-{turn}", how)


class _Pulling:
    """One side's pulls: called, it takes the next image and returns the seconds; `spent` gets the processor's."""

    def __init__(self, service: Service, references: list[str]) -> None:
        self.service = service
        self.spent: list[float] = []
        self._references = iter(references)

    def __call__(self) -> float:
        until(lambda: not _settling(), "what hull does after a pull", seconds=120)
        os.sync()
        before = self.service.spent
        elapsed = process(self.service.docker("pull", "-q", next(self._references)), env())
        self.spent.append(self.service.spent - before)
        return elapsed


def _settling() -> bool:
    """Whether a process of this user still syncs what was pulled: nobody waits for it, the next turn would pay."""
    return any(b"hull.commands._settling" in _words(pid) for pid in _mine())


def _words(pid: str) -> bytes:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()
    return b""


def _resident(sides: tuple[Service, Service]) -> Figure:
    """Return what the idle server holds after all of this, against the limit; podman's is noted."""
    side = Side("hull serve, idle", "", lambda: 0.0)
    limit = Side("the limit", "", lambda: RESIDENT)
    note = f"podman system service holds {sides[1].resident:.0f} MiB"
    return Figure(
        "resident after all of these", side, limit, sides[0].resident, RESIDENT, 1, "MiB", bound=1.0, note=note
    )


def _left(place: Place) -> Figure:
    """Return how many processes are left of a server and what it did, once its idle time is over."""
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what loses its parent becomes a child of this process
    before = set(living(os.getpid()))
    with hull(place, "1s") as service:
        service.run("run", "--rm", IMAGE, "true")
        service.process.wait(60)
    with contextlib.suppress(AssertionError):
        until(lambda: not set(living(os.getpid())) - before, seconds=5)
    left = float(len(set(living(os.getpid())) - before))
    return Figure("processes left after the idle time", Side("hull serve --idle 1s", "", lambda: left),
                  Side("none may be", "", lambda: 1.0), left, 1.0, 1, "", bound=0.0)  # fmt: skip


def _mine() -> set[str]:
    """Return the processes of this user."""
    return {pid for pid in os.listdir("/proc") if pid.isdigit() and _owner(pid) == os.geteuid()}


def _owner(pid: str) -> int:
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return -1
