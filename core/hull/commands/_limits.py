"""The limits that run, create and update take, from their flags' words. Source: Docker's run reference."""

import os

from hull.commands import _words
from hull.errors import UserError
from hull.light import Any
from hull.model import Limits

RATES = {"read_bps": "rbps", "write_bps": "wbps", "read_iops": "riops", "write_iops": "wiops"}
SHARES, WEIGHT, SCORE = (2, 262_144), (10, 1000), (-1000, 1000)
Many = tuple[str, ...]


def read(
    *,
    memory: str | None = None,
    memory_swap: str | None = None,
    memory_reservation: str | None = None,
    memory_swappiness: int | None = None,
    oom_kill_disable: bool = False,
    oom_score_adj: int | None = None,
    cpus: float | None = None,
    cpu_shares: int | None = None,
    cpuset_cpus: str | None = None,
    pids_limit: int | None = None,
    blkio_weight: int | None = None,
    **device: Many,
) -> Limits:
    """Return what was asked; `device` are read_bps, write_bps, read_iops, write_iops, words PATH:RATE each."""
    if memory_swappiness is not None and memory_swappiness != -1:
        raise UserError(
            "cannot set --memory-swappiness: cgroup v2 has no such setting for a group",
            "--memory-swap bounds how much is swapped; as root: sysctl vm.swappiness, for the whole machine",
        )
    if oom_kill_disable:
        raise UserError(
            "cannot set --oom-kill-disable: cgroup v2 has no such setting",
            "--oom-score-adj says whom the kernel prefers; --memory-reservation protects memory",
        )
    return Limits(
        None if memory is None else _words.size(memory),
        None if memory_swap is None else -1 if memory_swap == "-1" else _words.size(memory_swap),
        cpus,
        pids_limit,
        cpuset_cpus,
        None if memory_reservation is None else _words.size(memory_reservation),
        within(cpu_shares, SHARES, "--cpu-shares"),
        within(blkio_weight, WEIGHT, "--blkio-weight"),
        tuple(_rate(key, word) for key, words in device.items() for word in words),
        within(oom_score_adj, SCORE, "--oom-score-adj", none=None),
    )


def within(value: int | None, bounds: tuple[int, int], flag: str, none: int | None = 0) -> int | None:
    """Return a number that is between the bounds, None where it says `none`; others are errors."""
    if value is None or value == none:
        return None
    if not bounds[0] <= value <= bounds[1]:
        raise UserError(f"cannot set {flag} to {value}", f"it takes {bounds[0]} to {bounds[1]}")
    return value


def _rate(key: str, word: str) -> str:
    """Return the model's words of `/dev/sda:1mb`."""
    flag = f"--device-{key.replace('_', '-')}"
    path, colon, rate = word.rpartition(":")
    if not colon or not is_disk(path):
        raise UserError(f"cannot read {flag} {word}", f"write {flag} /dev/DISK:RATE")
    count = _words.size(rate) if key.endswith("bps") else _count(flag, rate)
    return f"{RATES[key]} {path} {count}"


def is_disk(path: str) -> bool:
    """Whether a path can stand among the model's words."""
    return os.path.isabs(path) and not any(c.isspace() for c in path)


def _count(flag: str, rate: str) -> int:
    if not rate.isdecimal():
        raise UserError(f"cannot read {flag} {rate}: not a whole number", f"write {flag} /dev/DISK:RATE")
    return int(rate)


def merge(old: Limits, new: Limits) -> Limits:
    """Return the limits after an update: what is new and said replaces what was."""
    said: dict[str, Any] = {k: v for k, v in new._asdict().items() if v is not None and v != ()}
    return old._replace(**said)
