"""`volume create -o`: what the local driver can do without root, and what it says of the rest."""

from hull.errors import UserError
from hull.light import NamedTuple

PLAIN = frozenset(("nosuid", "nodev", "noexec"))


class Bound(NamedTuple):
    """A directory of the host that a volume stands for, and the words of its mount."""

    device: str
    readonly: bool
    words: tuple[str, ...]


def read(words: tuple[str, ...]) -> dict[str, str]:
    """Return the options of `-o KEY=VALUE` words, checked: a directory of the host, or nothing."""
    options: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in ("type", "device", "o"):
            raise UserError(f"cannot use the volume option {word!r}", "the local driver takes type=, device= and o=")
        options[key] = value
    bound(options)
    return options


def bound(options: dict[str, str]) -> Bound | None:
    """Return the directory that the options bind, None where they say nothing; what nobody could mount is refused."""
    if not options:
        return None
    kind, device = options.get("type", "none"), options.get("device", "")
    asked = [word for word in options.get("o", "").split(",") if word]
    if kind not in ("none", "bind", "") or not {"bind", "rbind"}.intersection(asked):
        raise UserError(f"cannot make a volume of type {kind or 'none'}: {_reason(kind)}", _way(kind))
    if not device.startswith("/"):
        raise UserError(f"cannot make a volume of {device!r}: not an absolute path", "write -o device=/a/directory")
    unknown = [word for word in asked if word not in ("bind", "rbind", "ro", "rw") and word not in PLAIN]
    if unknown:
        raise UserError(f"cannot use the volume option o={unknown[0]}", "known: bind, rbind, ro, nosuid, nodev, noexec")
    rest = tuple(word for word in asked if word in PLAIN)
    return Bound(device, "ro" in asked, ("rec", *rest) if "rbind" in asked else rest)


def _reason(kind: str) -> str:
    if kind == "tmpfs":
        return "memory that several containers share needs somebody who keeps it mounted, and nobody stays"
    if kind in ("none", "bind", ""):
        return "o=bind is missing"
    return "only root may mount it on this machine"


def _way(kind: str) -> str:
    if kind == "tmpfs":
        return "--mount type=tmpfs gives each container its own; -o type=none,device=/dev/shm/NAME,o=bind is shared"
    return "mount it, then: -o type=none -o device=/its/place -o o=bind"
