"""--security-opt parsed, and the paths of /proc and /sys that are hidden or read-only by default."""

import os

from hull.errors import HostError, UserError
from hull.light import NamedTuple

MASKED = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)
READONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_CPUS = "/sys/devices/system/cpu"
_WORDS = (
    "seccomp=FILE, seccomp=unconfined, no-new-privileges, systempaths=unconfined, mask=PATH, unmask=PATH, "
    "masked-paths=PATHS, readonly-paths=PATHS"
)
PRIVILEGED = ("seccomp=unconfined", "systempaths=unconfined")  # before what was asked, which may say otherwise


class Security(NamedTuple):
    """What --security-opt decided. `seccomp` is empty (the default), `unconfined`, or a profile's path."""

    seccomp: str
    no_new_privileges: bool
    masked: tuple[str, ...]
    readonly: tuple[str, ...]


def parse_security(options: tuple[str, ...], flavour: str = "range") -> Security:
    """Return the decisions of these --security-opt words; `flavour` is the identity's.

    An option that cannot be put in force is an error, never a note. Set-uid programs work inside unless they are given
    up; where only one id is mapped they could not work anyway, so there no-new-privileges is the default.
    """
    seccomp, quiet = "", flavour == "single"
    masked, readonly = list(usual_masked()), list(READONLY)
    for option in options:
        key, value = _split(option)
        if key == "seccomp":
            seccomp = "" if value in ("builtin", "default") else value
        elif key == "no-new-privileges":
            quiet = _switch(option, value)
        elif key == "mask":
            masked += _paths(option, value)
        elif key == "masked-paths":
            masked = _paths(option, value) if value else []
        elif key == "readonly-paths":
            readonly = _paths(option, value) if value else []
        elif option.lower() in ("systempaths=unconfined", "systempaths:unconfined", "unmask=all"):
            masked, readonly = [], []
        elif key == "unmask":
            paths = _paths(option, value)
            masked, readonly = [p for p in masked if p not in paths], [p for p in readonly if p not in paths]
        else:
            _refuse_unless_off(option, key, value)
    return Security(seccomp, quiet, tuple(dict.fromkeys(masked)), tuple(readonly))


def usual_masked() -> tuple[str, ...]:
    """Return the hidden paths, with the per-processor heat counters of machines that have them."""
    if not os.path.isdir(f"{_CPUS}/cpu0/thermal_throttle"):
        return MASKED
    heat = (f"{_CPUS}/{name}/thermal_throttle" for name in sorted(os.listdir(_CPUS)) if name[3:].isdigit())
    return MASKED + tuple(path for path in heat if os.path.isdir(path))


def _split(option: str) -> tuple[str, str]:
    """Take KEY=VALUE, or KEY:VALUE as older Docker wrote it."""
    key, equals, value = option.partition("=")
    if not equals:
        key, _, value = option.partition(":")
    return key, value


def _switch(option: str, value: str) -> bool:
    if value.lower() not in ("", "true", "1", "false", "0"):
        raise UserError(f"cannot use --security-opt {option}: not true or false", "write no-new-privileges")
    return value.lower() in ("", "true", "1")


def _paths(option: str, value: str) -> list[str]:
    paths = value.split(":")
    if not all(path.startswith("/") and "/../" not in f"{path}/" for path in paths):
        raise UserError(f"cannot use --security-opt {option}: paths must be absolute", "separate several with ':'")
    return paths


def _refuse_unless_off(option: str, key: str, value: str) -> None:
    if (key, value) in (("apparmor", "unconfined"), ("label", "disable")):
        return
    if key in ("apparmor", "label"):
        raise HostError(
            f"cannot apply --security-opt {option}: hull loads no AppArmor or SELinux profile",
            f"leave it out, or say {key}={'unconfined' if key == 'apparmor' else 'disable'}",
        )
    raise UserError(f"cannot use --security-opt {option}: unknown option", f"there are {_WORDS}")
