"""Which process may move into which control group, and how one more program gets into a running container's.

The kernel lets a process move where the common ancestor of both groups is writable; systemd moves whom it manages, on
request. Source: the kernel's cgroup-v2.rst, "Delegation Containment".
"""

import os

from hull.errors import HostError
from hull.light import NamedTuple

LAUNCHER = "hull-launcher"  # the group beside the container's, for who starts it


class Tree(NamedTuple):
    """A cgroup v2 hierarchy: where it is mounted, and this process's own group in it, both directories."""

    mount: str
    own: str


def find_tree(needed: set[str]) -> Tree:
    """Return the cgroup v2 hierarchy as this process sees it."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        mounts = [line.split(" - ", 1) for line in file]
    mount = next((left.split()[4] for left, right in mounts if right.startswith("cgroup2 ")), "")
    if not mount:
        raise HostError(
            f"cannot limit {listed(needed)}: no cgroup v2 is mounted", "mount -t cgroup2 none /sys/fs/cgroup"
        )
    return Tree(mount, f"{mount}{_group_of('self')}")


def own_group(pid: int, ident: str, mount: str = "") -> str:
    """Return the directory of the control group that was made for the container with pid 1 `pid`, "" for none."""
    try:
        path = _group_of(pid)
        if os.path.basename(path) != group_name(ident):
            return ""
        group = f"{mount or find_tree(set()).mount}{path}"
    except (OSError, HostError):
        return ""
    return group if os.path.isdir(group) else ""


def group_name(ident: str) -> str:
    """Return what a container's own control group is called."""
    return f"hull-{ident[:12]}"


def _group_of(pid: int | str) -> str:
    """Return a process's group below the hierarchy's mount, "" for the mount itself."""
    with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="surrogateescape") as file:
        return next((line.rstrip("\n")[3:] for line in file if line.startswith("0::")), "").rstrip("/")


def listed(names: set[str]) -> str:
    """Return controllers as a message names them."""
    return " and ".join(sorted(names)) or "anything"


def wall_before(group: str, tree: Tree) -> str:
    """Return the group that keeps this process from moving to `group`, "" if none does."""
    shared = os.path.commonpath((os.path.realpath(group), tree.own))
    inside = shared.startswith(tree.mount)  # else it is seen through another mount, and cannot be told from here
    return shared if inside and not os.access(f"{shared}/cgroup.procs", os.W_OK) else ""


def bring(pid: int, tree: Tree | None = None, *, resident: bool = False) -> str:
    """Return the group of a limited container's process, for the plan's `cgroup` op, in this process's reach.

    Moves the calling process, which is to become a launcher, into the container's scope of systemd's, beside its first
    launcher, where that is the way in. A `resident` one, a shell that goes on, is refused in its place.
    """
    tree = tree or find_tree(set())
    try:
        group = f"{tree.mount}{_group_of(pid)}"
    except FileNotFoundError:
        raise HostError("cannot enter the container's control group: it has just ended", "hull ps -a") from None
    if wall := wall_before(group, tree):
        _ask(group, wall, resident)
    return group


def _ask(group: str, wall: str, resident: bool) -> None:
    """Let systemd move this process into the scope that it made for the container."""
    from hull.runtime import systemd

    unit = os.path.basename(os.path.dirname(group))
    refused = systemd.refuses() if unit.endswith(".scope") else "it is in no scope of systemd's"
    if refused or resident:
        raise HostError(
            f"cannot enter the control group {group}: {wall} is not yours, and {refused or 'this shell is to stay'}",
            "run exec as a program of its own (in IPython !hull exec …), where the container was started",
        )
    systemd.attach(unit, f"/{LAUNCHER}")
