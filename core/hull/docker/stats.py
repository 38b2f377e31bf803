"""What a container uses, as GET …/stats tells it; without a control group, what its processes tell."""

import os
import threading
import time
from typing import Any

from hull.commands._details import NEVER, time_text
from hull.engine import Engine
from hull.errors import Missing
from hull.runtime import members, membership, usage
from hull.state.containers import Container

__all__ = ("INTERVAL", "NEVER", "Looks", "Taker")

INTERVAL = 1.0  # seconds between two documents of a stream
NET = (("rx_bytes", 0), ("rx_packets", 1), ("rx_errors", 2), ("rx_dropped", 3), ("tx_bytes", 8), ("tx_packets", 9),
       ("tx_errors", 10), ("tx_dropped", 11))  # fmt: skip
BLOCK = ("io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive", "io_wait_time_recursive",
         "io_merged_recursive", "io_time_recursive", "sectors_recursive")  # fmt: skip
IDLE = {
    "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
    "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
}


class Looks:
    """Looks at every process of this machine, shared by those who want one at about the same time."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._at = -INTERVAL
        self._table = members.Table({}, {})

    def take(self, init: int) -> members.Table:
        """Return a look that is less than half an interval old and sees the process `init`."""
        with self._alone:
            if time.monotonic() - self._at > INTERVAL / 2 or init not in self._table.everyone:
                self._table = members.Table.take()
                self._at = time.monotonic()
            return self._table


class Taker:
    """The documents of one container, each with the last one's processor time."""

    def __init__(self, engine: Engine, word: str, looks: Looks) -> None:
        self._engine = engine
        self._looks = looks
        self._row = engine.containers.find(word)
        self._before: dict[str, Any] = IDLE
        self._read = NEVER

    def again(self) -> dict[str, Any] | None:
        """Return the document now; None where the container has gone."""
        try:
            self._row = self._engine.containers.find(self._row.id)
        except Missing:
            return None
        return self.take()

    def take(self) -> dict[str, Any]:
        """Return the document now, one of zeros where the container does not run."""
        row, status = self._row, self._engine.containers.status(self._row)
        document: dict[str, Any] = {"name": f"/{row.name}", "id": row.id, "num_procs": 0, "storage_stats": {},
                                    "preread": self._read, "precpu_stats": self._before}  # fmt: skip
        if not (status.up and status.init.alive):
            self._before, self._read = IDLE, NEVER
            return {**document, "read": NEVER, "cpu_stats": IDLE, "memory_stats": {}, "pids_stats": {},
                    "blkio_stats": dict.fromkeys(("io_service_bytes_recursive", *BLOCK))}  # fmt: skip
        found = _used(row, status.init.pid, self._looks.take(status.init.pid))
        self._before, self._read = found["cpu_stats"], found["read"]
        return {**document, **found}


def _used(row: Container, init: int, table: members.Table) -> dict[str, Any]:
    group = membership.own_group(init, row.id)
    use = usage.look(init, group, table)
    names = {name: {key: counts[place] for key, place in NET} for name, counts in usage.interfaces(init).items()}
    return {
        "read": time_text(time.time()),
        "pids_stats": {"current": use.pids, "limit": row.spec.limits.pids or usage.HIGHEST},
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"major": 0, "minor": 0, "op": op, "value": count}
                for op, count in (("read", use.read), ("write", use.written))
            ],
            **dict.fromkeys(BLOCK),
        },
        "cpu_stats": _processors(use, table, init),
        "memory_stats": {"usage": use.memory, "stats": {}, "limit": use.limit},
        "networks": names,
    }


def _processors(use: usage.Usage, table: members.Table, init: int) -> dict[str, Any]:
    inside = table.inside(init)
    user, kernel = sum(m.user for m in inside), sum(m.system for m in inside)
    total = round(use.cpu * 1e9)
    in_kernel = total * kernel // (user + kernel) if user + kernel else 0
    return {
        **IDLE,
        "cpu_usage": {
            "total_usage": total,
            "usage_in_kernelmode": in_kernel,
            "usage_in_usermode": total - in_kernel,
        },
        "system_cpu_usage": _machine(),
        "online_cpus": os.cpu_count() or 1,
    }


def _machine() -> int:
    """Return the processor time that this machine has had since its start, idle time too, in nanoseconds."""
    with open("/proc/stat", encoding="ascii") as file:
        words = file.readline().split()[1:8]
    return sum(map(int, words)) * 10**9 // usage.TICK
