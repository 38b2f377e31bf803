"""What was asked to be mounted becomes ops, those nearest the root first; sources are directories of this host by now.

A mount's options are words. Beside those of its flag, `hull.commands` has added where things are: `lower=PATH`, the
highest first, `upper=PATH` and `work=PATH` of what is stacked.
"""

from hull.model import Mount
from hull.runtime.ops import Op

MOUNT_FLAGS = frozenset(("ro", "rw", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime"))
PROPAGATION = ("private", "rprivate", "slave", "rslave", "shared", "rshared")  # the last two: of an older hull's rows
BIND_FLAGS = frozenset(("rec", "ro-top", "idmap", "nosuid", "nodev", "noexec", *PROPAGATION))


def ops(mounts: tuple[Mount, ...]) -> list[Op]:
    """Return the ops of every mount."""
    plan: list[Op] = []
    for mount in sorted(mounts, key=lambda m: m.target.rstrip("/").count("/")):
        if mount.kind == "tmpfs":
            plan.append(_tmpfs(mount))
            continue
        if mount.kind == "volume" and "nocopy" not in mount.options:
            below = said(mount, "subpath")
            plan.append(("fill-below" if below else "fill", mount.source, *below, mount.target))
        plan += _stack(mount) if said(mount, "lower") else _bind(mount, mount.source)
    return plan


def owners(mounts: tuple[Mount, ...]) -> list[Op]:
    """Return the ops that give what is mounted to the container's user."""
    return [("own", mount.target) for mount in mounts if "own" in mount.options]


def told(mounts: tuple[Mount, ...], ident: str) -> list[tuple[str, dict[str, str]]]:
    """Return the volumes' names and what their events tell, as Docker's do."""
    return [
        (
            mount.source,
            {
                "container": ident,
                "destination": mount.target,
                "driver": "local",
                "propagation": "",
                "read/write": "false" if mount.readonly else "true",
            },
        )
        for mount in mounts
        if mount.kind == "volume" and mount.source
    ]


def said(mount: Mount, key: str) -> list[str]:
    """Return the values of the option words `KEY=…`."""
    return [word[len(key) + 1 :] for word in mount.options if word.startswith(f"{key}=")]


def _tmpfs(mount: Mount) -> Op:
    words = mount.options
    flags = [flag for flag in ("nosuid", "nodev", "noexec") if flag[2:] not in words]
    flags += [w for w in words if w in MOUNT_FLAGS and f"no{w}" not in MOUNT_FLAGS and w not in flags]
    flags += [w for w in words if w == "copy-up"]
    data = [w for w in words if w not in MOUNT_FLAGS and w not in ("copy-up", "own")]
    return ("mount", "tmpfs", mount.target, ",".join([*flags, *(["ro"] if mount.readonly else [])]), ",".join(data))


def _flags(mount: Mount) -> str:
    flags = ["nosuid", "nodev", *(["ro"] if mount.readonly else [])]
    return ",".join(dict.fromkeys([*flags, *(word for word in mount.options if word in BIND_FLAGS)]))


def _bind(mount: Mount, source: str) -> list[Op]:
    below = said(mount, "subpath")
    if below:
        return [("bind-below", source, below[0], mount.target, _flags(mount))]
    return [("bind", source, mount.target, _flags(mount))]


def _stack(mount: Mount) -> list[Op]:
    """Return an overlay; one layer that nobody writes needs none, and the kernel makes none."""
    lowers, upper, work, below = (said(mount, key) for key in ("lower", "upper", "work", "subpath"))
    if not upper and len(lowers) == 1:
        return _bind(mount, lowers[0])
    words = ("".join(upper), "".join(work), "".join(below))
    return [("overlay", *words, mount.target, _flags(mount)), *(("lower", path) for path in lowers)]
