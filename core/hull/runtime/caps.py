"""Capabilities by name: Docker's default set, --cap-add and --cap-drop."""

from hull.errors import UserError

# In the kernel's order: the position is the bit.
NAMES = """
    CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
"""
DEFAULT = """
    CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
    AUDIT_WRITE
"""


def resolve(add: tuple[str, ...], drop: tuple[str, ...]) -> tuple[frozenset[str], str, str]:
    """Return the CAP_ names a program may ever hold, and the bounding and ambient masks as 16 hex digits.

    Docker's rule: with ALL in `add`, everything but what is dropped by name; with ALL in `drop`, only what is added;
    else the default, less what is dropped, and then what is added. Ambient is empty: a program that is not root inside
    holds nothing. All of these are powers over the container's own namespaces only.
    """
    bits = dict(zip(NAMES.split(), range(_last() + 1), strict=False))
    added, dropped = [_parse(word, bits) for word in add], [_parse(word, bits) for word in drop]
    if "ALL" in added:
        held = set(bits) - set(dropped)
    elif "ALL" in dropped:
        held = set(added)
    else:
        held = (set(DEFAULT.split()) & set(bits)) - set(dropped) | set(added)
    mask = sum(1 << bits[name] for name in held)
    return frozenset(f"CAP_{name}" for name in held), f"{mask:016x}", f"{0:016x}"


def _last() -> int:
    """Return the last capability this kernel knows; without a /proc to tell, every one is assumed."""
    try:
        with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return len(NAMES.split()) - 1


def _parse(word: str, bits: dict[str, int]) -> str:
    name = word.upper().removeprefix("CAP_")
    if name == "ALL" or name in bits:
        return name
    if name in NAMES.split():
        raise UserError(f"cannot use the capability {word}: this kernel does not know it", "leave it out")
    from difflib import get_close_matches

    near = get_close_matches(name, [*bits, "ALL"], 1, 0.4)
    raise UserError(
        f"cannot use the capability {word}: there is none of that name",
        f"did you mean {near[0]}?" if near else "man 7 capabilities lists them",
    )
