"""`hull serve` and `podman system service`, served for a while, and the docker client that asks them."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

from bench.place import Place, program
from tests.waiting import until

SETTINGS = '[containers]\ncgroups = "disabled"\n[engine]\ncgroup_manager = "cgroupfs"\n'
TICK = os.sysconf("SC_CLK_TCK")


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
        """The MiB that its processes hold: podman's first one only waits for a second."""
        return sum(map(_resident, _family(self.process.pid))) / 1024

    @property
    def spent(self) -> float:
        """The seconds of processor time that its processes took, children that have ended included."""
        return sum(map(_ticks, _family(self.process.pid))) / TICK


def living(pid: int) -> list[int]:
    """Return a process and what came of it, as far as they have not ended."""
    return [one for one in _family(pid) if _fields(one)[0] not in "ZX"]


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):  # it has ended meanwhile
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                for child in children.read().split():
                    yield from _family(int(child))


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)  # 0: it has ended


def _ticks(pid: int) -> int:
    return sum(map(int, _fields(pid)[11:15]))


def _fields(pid: int) -> list[str]:
    """Return what the kernel tells of a process, its state first."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()
    return ["X", *["0"] * 20]


@contextlib.contextmanager
def hull(place: Place, idle: str = "0") -> Iterator[Service]:
    """Serve Docker's API over the place's store."""
    path = f"{place.base}/h.sock"
    argv = place.hull.argv("serve", "-H", f"unix://{path}", "--idle", idle)
    with _ended(subprocess.Popen(argv, env=place.hull.env(), stdout=subprocess.DEVNULL)) as made:
        until(lambda: os.path.exists(path), "hull serve")
        yield Service("hull serve", path, made)


@contextlib.contextmanager
def podman(place: Place) -> Iterator[Service]:
    """Serve podman's, over a store of its own; an AssertionError where it does not come."""
    path, settings, names = (f"{place.base}/{name}" for name in ("p.sock", "containers.conf", "registries.conf"))
    for file, text in ((settings, SETTINGS), (names, '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n')):
        with open(file, "w", encoding="ascii") as out:
            out.write(text)
    there = {**os.environ, "CONTAINERS_CONF": settings, "CONTAINERS_REGISTRIES_CONF": names}
    argv = place.podman("system", "service", "--time=0", f"unix://{path}")
    with _ended(subprocess.Popen(argv, env=there, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)) as made:
        until(lambda: os.path.exists(path) or made.poll() is not None, "podman system service")
        yield Service("podman system service", path, made)


@contextlib.contextmanager
def _ended(made: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    try:
        yield made
    finally:
        made.terminate()
        made.wait(30)


def env() -> dict[str, str]:
    """Return the environment of a docker client that is told where to go."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
