"""The limits of a HostConfig, as create and update take them."""

from typing import Any

from hull.commands import _limits
from hull.commands._details_host import RATES
from hull.docker.fields import Fields
from hull.errors import Unsupported, UserError
from hull.model import Limits

PERIOD = 100_000  # microseconds
LEAST = 6 << 20  # bytes of memory that Docker lets a container have
# Docker's fields that control groups of version 2 have nothing for.
NONE = {
    "MemorySwappiness": "cgroup v2 has no such setting for a group",
    "OomKillDisable": "cgroup v2 has no such setting",
    "KernelMemory": "the kernel no longer has such a limit",
    "KernelMemoryTCP": "the kernel no longer has such a limit",
    "CpuRealtimePeriod": "cgroup v2 has no such setting",
    "CpuRealtimeRuntime": "cgroup v2 has no such setting",
    "BlkioWeightDevice": "hull sets one weight for all disks",
    "CpusetMems": "hull binds no memory nodes",
    "CgroupParent": "hull makes a container's group where it may",
}
USUAL: dict[str, object] = {"MemorySwappiness": -1}
# What each field of a limit needs, and Docker's words where that is not here.
NEEDS = {
    "memory": ("memory", "memory limit capabilities", "Limitation"),
    "memory_swap": ("memory", "", ""),
    "reservation": ("memory", "memory soft limit capabilities", "Limitation"),
    "cpus": ("cpu", "CPU CFS scheduler", "Limitation"),
    "shares": ("cpu", "CPU shares", "Shares"),
    "cpuset": ("cpuset", "cpuset", "Cpuset"),
    "pids": ("pids", "PIDs limit capabilities", "PIDs limit"),
    "block_weight": ("io", "Block I/O weight", "Weight"),
    "devices": ("io", "Block I/O rates", "Rates"),
}


def read(host: Fields, lacking: frozenset[str] | None = None) -> tuple[Limits, list[str]]:
    """Return the limits, and of those that need a controller of `lacking` Docker's warnings instead of them."""
    warnings = []
    for key, why in NONE.items():
        if host.asked(key) and host.data[key] != USUAL.get(key):
            if lacking is None:
                raise Unsupported(f"cannot set HostConfig.{key}: {why}")
            warnings.append(f"HostConfig.{key} discarded: {why}.")
    found = asked(host)
    if lacking:
        for name, (controller, what, lost) in NEEDS.items():
            if controller in lacking and getattr(found, name):
                nothing: dict[str, Any] = {name: () if name == "devices" else None}
                found = found._replace(**nothing)
                text = f"Your kernel does not support {what} or the cgroup is not mounted. {lost} discarded."
                warnings += [text] if what else []
    return found, warnings


def asked(host: Fields) -> Limits:
    """Return the limits that are said; 0 says nothing."""
    memory, swap = host.number("Memory") or None, host.number("MemorySwap") or None
    _check_memory(memory, swap)
    return Limits(
        memory=memory,
        memory_swap=swap if memory or (swap or 0) > 0 else None,
        cpus=_cpus(host),
        pids=_pids(host),
        cpuset=host.text("CpusetCpus") or None,
        reservation=host.number("MemoryReservation") or None,
        shares=_limits.within(host.number("CpuShares"), _limits.SHARES, "CpuShares"),
        block_weight=_limits.within(host.number("BlkioWeight"), _limits.WEIGHT, "BlkioWeight"),
        devices=tuple(_rate(word, rate) for key, word in RATES.items() for rate in host.each(key)),
        oom_score=_limits.within(host.number("OomScoreAdj") or None, _limits.SCORE, "OomScoreAdj"),
    )


def _rate(word: str, rate: Fields) -> str:
    path, count = rate.text("Path"), rate.number("Rate") or 0
    if not _limits.is_disk(path):
        raise UserError(f"invalid {rate.name('Path')}: an absolute path without spaces is wanted, not {path!r}")
    if count < 0:
        raise rate.wrong("Rate", "no number below 0")
    return f"{word} {path} {count}"


def _check_memory(memory: int | None, swap: int | None) -> None:
    if memory is not None and memory < LEAST:
        raise UserError("Minimum memory limit allowed is 6MB")
    if memory is None and swap is not None and swap > 0:
        raise UserError("You should always set the Memory limit when using Memoryswap limit, see usage")
    if memory is not None and swap is not None and 0 < swap < memory:
        raise UserError("Minimum memoryswap limit should be larger than memory limit, see usage")


def _cpus(host: Fields) -> float | None:
    nano, quota, period = (host.number(key) or 0 for key in ("NanoCpus", "CpuQuota", "CpuPeriod"))
    if nano and (quota or period):
        raise UserError("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if nano < 0 or (0 < quota < 1000):  # noqa: PLR2004 (the kernel's least, 1 ms)
        raise UserError("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    if period and not 1000 <= period <= 1_000_000:  # noqa: PLR2004 (the kernel's bounds)
        raise UserError("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    if nano:
        return nano / 1e9
    return quota / (period or PERIOD) if quota > 0 else None


def _pids(host: Fields) -> int | None:
    found = host.number("PidsLimit")
    return None if not found else max(found, -1)


def lacking() -> frozenset[str]:
    """Return the controllers that no container's group could have here."""
    from hull.runtime import cgroups

    return frozenset(("memory", "cpu", "cpuset", "pids", "io")) - cgroups.available()
