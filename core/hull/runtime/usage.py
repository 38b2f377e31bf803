"""What a container uses: from its control group where it has one of its own, else summed over its processes.

A sum misses what programs that entered (`hull exec`) used and whose parent is outside, once they have ended. Source:
cgroup-v2.rst, proc(5); the arithmetic of memory and CPU as `docker stats` documents it.
"""

import os
import time

from hull.light import NamedTuple
from hull.runtime import members

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
HIGHEST = (1 << 64) - 1  # what Docker says where nothing bounds the processes


class Usage(NamedTuple):
    """One look at a container. Bytes; `cpu` seconds since its start, `at` seconds of the monotonic clock.

    `source` is cgroup or processes.
    """

    at: float
    cpu: float
    memory: int
    limit: int
    received: int
    sent: int
    read: int
    written: int
    pids: int
    source: str

    def percent(self, before: "Usage") -> float:
        """Return processor time used since `before`, in hundredths of one core."""
        span = self.at - before.at
        return max(0.0, 100 * (self.cpu - before.cpu) / span) if span > 0 else 0.0


def look(init: int, group: str, table: members.Table) -> Usage:
    """Return what the container with pid 1 `init` uses now; `group` is its own control group, "" for none."""
    inside = table.inside(init)
    at, total = time.monotonic(), machine_memory()
    cpu = sum(m.ticks + m.reaped for m in inside) / TICK
    pids = sum(m.threads for m in inside)
    memory, limit = -1, total
    block = None
    if group:
        cpu = _values(f"{group}/cpu.stat").get("usage_usec", int(cpu * 1e6)) / 1e6
        memory = _number(f"{group}/memory.current", -1)
        inactive = _values(f"{group}/memory.stat").get("inactive_file", 0)
        memory = max(0, memory - inactive) if memory >= 0 else memory
        limit = min(total, _number(f"{group}/memory.max", total))
        pids = _number(f"{group}/pids.current", pids)
        block = _block(f"{group}/io.stat")
    if memory < 0:
        memory = sum(_proportional(m) for m in inside)
    if block is None:
        block = _sum_io([m.pid for m in inside])
    return Usage(at, cpu, memory, limit, *_network(init), *block, pids, "cgroup" if group else "processes")


def machine_memory() -> int:
    """Return the machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * PAGE


def _proportional(member: members.Member) -> int:
    """Return a process's share of the memory it maps; what is shared is divided among those that share it."""
    try:
        with open(f"/proc/{member.pid}/smaps_rollup", "rb") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return member.resident * PAGE


def interfaces(init: int) -> dict[str, tuple[int, ...]]:
    """Return the counters of the container's own interfaces, as proc(5) orders net/dev; none on the host's network."""
    try:
        if os.stat(f"/proc/{init}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino:
            return {}
        with open(f"/proc/{init}/net/dev", encoding="ascii", errors="replace") as file:
            lines = [line.partition(":") for line in file if ":" in line]
    except OSError:
        return {}
    return {name.strip(): tuple(map(int, tail.split())) for name, _, tail in lines if name.strip() != "lo"}


def _network(init: int) -> tuple[int, int]:
    counts = interfaces(init).values()
    return sum(c[0] for c in counts), sum(c[8] for c in counts)


def _block(path: str) -> tuple[int, int] | None:
    """Return bytes read and written, None where the io controller is not there."""
    try:
        with open(path, encoding="ascii") as file:
            words = [word.partition("=") for line in file for word in line.split()[1:]]
    except OSError:
        return None
    total = {key: sum(int(value) for name, _, value in words if name == key) for key in ("rbytes", "wbytes")}
    return total["rbytes"], total["wbytes"]


def _sum_io(pids: list[int]) -> tuple[int, int]:
    read = written = 0
    for pid in pids:
        found = _values(f"/proc/{pid}/io")
        read += found.get("read_bytes:", 0)
        written += found.get("write_bytes:", 0)
    return read, written


def _values(path: str) -> dict[str, int]:
    """Return a file of names and numbers, empty where it cannot be read."""
    try:
        with open(path, encoding="ascii") as file:
            return {words[0]: int(words[1]) for line in file if len(words := line.split()) == 2}  # noqa: PLR2004
    except (OSError, ValueError):
        return {}


def _number(path: str, otherwise: int) -> int:
    try:
        with open(path, encoding="ascii") as file:
            text = file.read().strip()
    except OSError:
        return otherwise
    return int(text) if text.isdecimal() else otherwise
