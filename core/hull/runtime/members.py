"""The processes of a container as the host's /proc tells them: those of its pid namespace, and all they have started.

A pid namespace inside the container is another one, but whoever made it descends from the container's own processes;
a program that entered (`hull exec`) has a parent outside, but the namespace tells it. Where containers share a pid
namespace (`--pid container:NAME`) their mount namespaces tell them apart. Source: proc(5).
"""

import os

from hull.light import NamedTuple

STOPPED, ENDED = ("T", "t"), ("Z", "X")


class Member(NamedTuple):
    """One process. `state` is proc(5)'s letter, times are clock ticks, `start` since boot, `resident` pages.

    `reaped` is the processor time of the children it has waited for.
    """

    pid: int
    parent: int
    state: str
    name: str
    group: int
    session: int
    terminal: int
    priority: int
    nice: int
    user: int
    system: int
    reaped: int
    threads: int
    start: int
    virtual: int
    resident: int

    @property
    def ticks(self) -> int:
        """Processor time of its own."""
        return self.user + self.system

    @property
    def alive(self) -> bool:
        """Whether its pid is still this process. A zombie is nobody."""
        now = read(self.pid)
        return now is not None and now.start == self.start and now.state not in ENDED


class Table(NamedTuple):
    """One look at /proc: every process, and the pid namespace of each."""

    everyone: dict[int, Member]
    spaces: dict[int, int]

    def _others(self, init: int, found: set[int]) -> set[int]:
        """Return those of a pid namespace's processes that are another container's.

        Whoever has come from outside in another mount namespace than `init` is one's first process, and what has
        neither's follows its parent.
        """
        doors = {pid for pid in found if self.everyone[pid].parent not in found}
        if doors <= {init}:
            return set()
        own = namespace(init, "mnt")
        spaces = {namespace(pid, "mnt") for pid in doors} - {own, 0}
        theirs: set[int] = set()
        for pid in sorted(found if spaces else (), key=lambda pid: (self.everyone[pid].start, pid)):
            space = namespace(pid, "mnt")
            if space in spaces or (space != own and self.everyone[pid].parent in theirs):
                theirs.add(pid)
        return theirs

    @classmethod
    def take(cls) -> "Table":
        """Look now."""
        everyone = {member.pid: member for member in map(read, pids()) if member}
        return cls(everyone, {pid: namespace(pid) for pid in everyone})

    def inside(self, init: int) -> list[Member]:
        """Return the processes of the container whose pid 1 is `init`, that one first; none where it has ended.

        Whoever shares the caller's own namespace is no container: a reused pid must never make the whole machine one.
        """
        space = self.spaces.get(init, 0)
        if space in (0, namespace(os.getpid())):
            return []
        found = {pid for pid, other in self.spaces.items() if other == space}
        others = self._others(init, found)
        found -= others
        grown = True
        while grown:
            more = {member.pid for member in self.everyone.values() if member.parent in found} - found - others
            found |= more
            grown = bool(more)
        return sorted((self.everyone[pid] for pid in found), key=lambda m: (m.pid != init, m.start, m.pid))


def find(init: int) -> list[Member]:
    """Return the processes of one container now; see Table.inside."""
    return Table.take().inside(init) if namespace(init) else []


def pids() -> list[int]:
    """Return every pid that this process sees."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def namespace(pid: int, kind: str = "pid") -> int:
    """Return which namespace of a kind a process is in, 0 where that cannot be told."""
    try:
        return os.stat(f"/proc/{pid}/ns/{kind}").st_ino
    except OSError:
        return 0


def read(pid: int) -> Member | None:
    """Return what /proc says of one process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    head, _, tail = text.rpartition(b")")
    field = [b"", b"", b"", *tail.split()]  # numbered as proc(5) numbers them
    number = [int(f) if f.lstrip(b"-").isdigit() else 0 for f in field]
    return Member(
        pid,
        number[4],
        field[3].decode(),
        head.partition(b"(")[2].decode(errors="replace"),
        number[5],
        number[6],
        number[7],
        number[18],
        number[19],
        number[14],
        number[15],
        number[16] + number[17],
        number[20],
        number[22],
        number[23],
        number[24],
    )


def boot_time() -> float:
    """Return when the machine was started, in seconds since the epoch: the zero of `start`."""
    with open("/proc/stat", encoding="ascii") as file:
        return float(next(line.split()[1] for line in file if line.startswith("btime ")))
