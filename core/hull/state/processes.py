"""Who a process is: a pid is trusted only together with its start time and its boot."""

from hull.light import NamedTuple


class Process(NamedTuple):
    """One process for ever: pids are reused, (pid, start tick, boot) is not."""

    pid: int
    start: int
    boot: str

    def __str__(self) -> str:
        return f"{self.pid} {self.start} {self.boot}"

    @classmethod
    def parse(cls, text: str) -> "Process":
        """Return the process that `str` wrote; an unreadable one is nobody, who is dead."""
        words = text.split(" ")
        return cls(int(words[0]), int(words[1]), words[2]) if len(words) == 3 else cls(0, 0, "")  # noqa: PLR2004

    @classmethod
    def own(cls) -> "Process":
        """Return the calling process; it stays the same across exec."""
        import os

        pid = os.getpid()
        return cls(pid, start_tick(pid), boot_id())

    @property
    def alive(self) -> bool:
        """Whether it still runs. A zombie does not."""
        return self.pid > 0 and self.boot == boot_id() and start_tick(self.pid) == self.start != 0


def start_tick(pid: int) -> int:
    """Return field 22 of /proc/PID/stat, clock ticks since boot; 0 if there is no such process or it is a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in (b"Z", b"X") else int(fields[19])


def boot_id() -> str:
    """Return this boot's UUID."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()
