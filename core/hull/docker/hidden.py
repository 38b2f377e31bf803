"""MaskedPaths and ReadonlyPaths: what is hidden of /proc and /sys, asked and told.

Docker 28 hides more by default than those before it, and clients before its API know the shorter list: it is what they
are told of the usual, and the usual is what they get who say it.
"""

from typing import Any

from hull.docker.fields import Fields
from hull.docker.versions import Version
from hull.runtime import protect

UNMASKED = ("systempaths=unconfined",)
LONGER = Version(1, 48)  # since then the default has /proc/interrupts and the processors' heat counters
BEFORE = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)


def asked(host: Fields) -> tuple[str, ...]:
    """Return the security words of a HostConfig: a list replaces the usual one, null is the usual, [] nothing."""
    masked, readonly = host.texts("MaskedPaths", None), host.texts("ReadonlyPaths", None)
    if masked is None and readonly is None:
        return ()
    if not masked and not readonly and masked is not None and readonly is not None:
        return UNMASKED
    words = (
        ("masked-paths", masked, (set(protect.usual_masked()), set(BEFORE))),
        ("readonly-paths", readonly, (set(protect.READONLY),)),
    )
    said = [(key, paths) for key, paths, usual in words if paths is not None and set(paths) not in usual]
    return tuple(f"{key}={':'.join(paths)}" for key, paths in said)


def told(host: dict[str, Any], version: Version) -> None:
    """Give a HostConfig the usual list that the client's version knows."""
    if version < LONGER and host["MaskedPaths"] == list(protect.usual_masked()):
        host["MaskedPaths"] = list(BEFORE)
