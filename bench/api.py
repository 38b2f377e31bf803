"""The docker client and a Python client against `hull serve` and `podman system service`: the same client, in turns."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import NamedTuple

from bench.measure import Figure, Side, Skipped, compare, interleave, process
from bench.place import IMAGE, Place, program, version
from bench.pull import debian
from tests import imagebuild, registries
from tests.waiting import until

RUNS = int(os.environ.get("BENCH_RUNS", "30"))
PULLS = int(os.environ.get("BENCH_PULLS", "5"))
INSPECTS = 100
RUN, INSPECT, PULL, RESIDENT = 0.3, 1.0, 0.6, 60.0
SETTINGS = '[containers]\ncgroups = "disabled"\n[engine]\ncgroup_manager = "cgroupfs"\n'
NAME = "bench-api"


class Service(NamedTuple):
    """One server: its label, its socket, its process."""

    label: str
    path: str
    process: "subprocess.Popen[bytes]"

    def docker(self, *words: str) -> list[str]:
        """Return a command line of the docker client."""
        return [program("docker"), "-H", f"unix://{self.path}", *words]

    def run(self, *words: str) -> None:
        """Run the docker client to its end."""
        subprocess.run(self.docker(*words), check=True, capture_output=True, timeout=300)

    @property
    def resident(self) -> float:
        """The MiB that its process holds."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def figures(place: Place) -> Iterator[Figure | Skipped]:
    """Yield every figure about the API."""
    if not (program("docker") and program("podman")):
        yield Skipped("Docker's API", "docker and podman are not both installed")
        return
    with contextlib.ExitStack() as stack:
        try:
            ours, theirs = stack.enter_context(_hull(place)), stack.enter_context(_podman(place))
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
        Side(f"docker, {one.label}", "", lambda one=one: process(one.docker(*words), _env())) for one in sides
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
    """Yield pulls of what is not here: the image is removed between, which is not counted."""
    for how in ("gzip", "zstd"):
        with open(debian(), "rb") as file:
            made = imagebuild.image(file.read(), how=how)
        reference = imagebuild.push(made, address, "bench", how)
        ours, theirs = (_pulling(one, reference) for one in sides)
        mine, peer = interleave(ours, theirs, PULLS, warm=1)
        yield Figure(f"docker pull, 200 MB, {how}", ours, theirs, mine, peer, PULLS, "s", bound=PULL)


def _pulling(service: Service, reference: str) -> Side:
    return Side(f"docker, {service.label}", "", lambda: _pull(service, reference))


def _pull(service: Service, reference: str) -> float:
    os.sync()
    elapsed = process(service.docker("pull", "-q", reference), _env())
    service.run("rmi", reference)
    return elapsed


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
    before = _mine()
    with _hull(place, "1s") as service:
        service.run("run", "--rm", IMAGE, "true")
        service.process.wait(60)
    with contextlib.suppress(AssertionError):
        until(lambda: not _mine() - before, seconds=5)
    left = float(len(_mine() - before))
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


@contextlib.contextmanager
def _hull(place: Place, idle: str = "0") -> Iterator[Service]:
    path = f"{place.base}/h.sock"
    argv = place.hull.argv("serve", "-H", f"unix://{path}", "--idle", idle)
    with _ended(subprocess.Popen(argv, env=place.hull.env(), stdout=subprocess.DEVNULL)) as made:
        until(lambda: os.path.exists(path), "hull serve")
        yield Service("hull serve", path, made)


@contextlib.contextmanager
def _podman(place: Place) -> Iterator[Service]:
    path, settings, names = (f"{place.base}/{name}" for name in ("p.sock", "containers.conf", "registries.conf"))
    for file, text in ((settings, SETTINGS), (names, '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n')):
        with open(file, "w", encoding="ascii") as out:
            out.write(text)
    env = {**os.environ, "CONTAINERS_CONF": settings, "CONTAINERS_REGISTRIES_CONF": names}
    argv = place.podman("system", "service", "--time=0", f"unix://{path}")
    with _ended(subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) as made:
        until(lambda: os.path.exists(path) or made.poll() is not None, "podman system service")
        yield Service("podman system service", path, made)


@contextlib.contextmanager
def _ended(made: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    try:
        yield made
    finally:
        made.terminate()
        made.wait(30)


def _env() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
