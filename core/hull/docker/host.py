"""The machine, as `docker info` describes it."""

import os
import platform

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


def architecture() -> str:
    """Return the architecture as images name it."""
    machine = os.uname().machine
    return ARCHITECTURES.get(machine, machine)


def distribution() -> tuple[str, str]:
    """Return the operating system's name and its version."""
    try:
        words = platform.freedesktop_os_release()
    except OSError:
        words = {}
    return words.get("PRETTY_NAME", "Linux"), words.get("VERSION_ID", "")


def memory() -> int:
    """Return the bytes of memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def warnings(controllers: set[str]) -> list[str]:
    """Return what Docker warns of where these controllers are all that can be given to containers."""
    words = {
        "memory": ("No memory limit support", "No swap limit support"),
        "cpu": ("No cpu shares support", "No cpu cfs quota support", "No cpu cfs period support"),
        "cpuset": ("No cpuset support",),
        "io": (
            *("No io.weight support", "No io.weight (per device) support", "No io.max (rbps) support"),
            *("No io.max (wbps) support", "No io.max (riops) support", "No io.max (wiops) support"),
        ),
        "pids": ("No pids limit support",),
    }
    lines = [
        line for name in ("memory", "cpu", "cpuset", "io", "pids") if name not in controllers for line in words[name]
    ]
    return [f"WARNING: {line}" for line in lines]
