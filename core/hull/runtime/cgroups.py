"""Put limits in force in a control group of the container's own, or say what is missing and how to get it.

The group is made below one that this user may divide: $HULL_CGROUP, else a scope asked of systemd (whose manager may
move the process there), else the caller's own group. Every value is read back. Source: the kernel's cgroup-v2.rst.
"""

import os
import sys

from hull.errors import HostError, HullError, NotHere
from hull.model import Limits
from hull.runtime import controls
from hull.runtime.membership import LAUNCHER, Tree, find_tree, group_name, listed, wall_before

LIMITING = {"cpu", "cpuset", "io", "memory", "pids"}  # the controllers that a container's limits need
V1 = "it is in use by cgroup v1: boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
DELEGATE = (
    "as root: mkdir -p /etc/systemd/system/user@.service.d && "
    "printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' > /etc/systemd/system/user@.service.d/delegate.conf && "
    "systemctl daemon-reload; then log in anew"
)


def apply(limits: Limits, ident: str, tree: Tree | None = None, *, resident: bool = False) -> str:
    """Return a new group, for the plan's `cgroup` op, with the limits in force.

    Moves the calling process, which is to become the launcher, where that is the way in. A `resident` one, a shell that
    goes on, is never moved: where it would have to be, the limits are refused.
    """
    wanted = controls.settings(limits)
    needed = {name.partition(".")[0] for name in wanted}
    tree = tree or find_tree(needed)
    _require(needed, tree.mount, V1)
    base = _base(ident, tree, needed, resident)
    _require(needed, base, DELEGATE)
    _enable(needed, base, resident)
    group = f"{base}/{group_name(ident)}"
    _make(group)
    try:
        controls.put(group, wanted, limits)
    except HostError:
        os.rmdir(group)
        raise
    return group


def change(group: str, old: Limits, new: Limits) -> None:
    """Put new limits in force in a group that is in use: all of them, or none and an error."""
    before = controls.settings(old) if old.asked else {}
    wanted = {name: value for name, value in controls.settings(new).items() if before.get(name) != value}
    needed = {name.partition(".")[0] for name in wanted}
    base = os.path.dirname(group)
    _require(needed, base, DELEGATE)
    _enable(needed, base, resident=True)
    kept = controls.kept(group, wanted)
    try:
        controls.put(group, wanted, new)
    except HostError:
        controls.restore(group, kept)
        raise


def _make(group: str) -> None:
    """Make the group; what an earlier run of the same container left empty goes first."""
    try:
        try:
            os.mkdir(group)
        except FileExistsError:
            os.rmdir(group)
            os.mkdir(group)
    except OSError as error:
        raise HostError(f"cannot make the control group {group}: {error.strerror}", DELEGATE) from None


def _base(ident: str, tree: Tree, needed: set[str], resident: bool) -> str:
    """Return the group to divide: the first that this user may."""
    from hull.runtime import systemd

    if asked := os.environ.get("HULL_CGROUP", ""):
        if not _divisible(asked):
            raise HostError(f"cannot use HULL_CGROUP={asked}: it is no control group that you may write to", DELEGATE)
        if wall := wall_before(asked, tree):
            fix = "start the shell in a group beside it, below the one that was delegated"
            raise HostError(f"cannot enter HULL_CGROUP={asked} from {tree.own}: {wall} is not yours", fix)
        return asked.rstrip("/")
    refused = systemd.refuses()
    if not refused:
        _stay(needed, resident)
        systemd.enter_scope(f"{group_name(ident)}-{os.getpid()}.scope")  # the last start's may not have gone yet
        return find_tree(set()).own
    if _divisible(tree.own):
        return tree.own
    raise HostError(
        f"cannot limit {listed(needed)}: {refused}, and the group {tree.own} is not yours to divide",
        "log in through systemd, or give a delegated group in HULL_CGROUP",
    )


def _stay(needed: set[str], resident: bool) -> None:
    if resident:
        raise NotHere(
            f"cannot limit {listed(needed)} from inside this shell: its own process would have to move",
            "hull run -d and hull start can; or run hull as a program of its own (in IPython !hull run …), "
            "or give a delegated group in HULL_CGROUP",
        )


def _divisible(group: str) -> bool:
    return os.access(group, os.W_OK) and os.access(f"{group}/cgroup.subtree_control", os.W_OK)


def _require(needed: set[str], group: str, fix: str) -> None:
    missing = needed - set(controls.read(f"{group}/cgroup.controllers").split())
    if missing:
        raise HostError(f"cannot limit {listed(missing)}: no such controller in {group}", fix)


def _enable(needed: set[str], base: str, resident: bool) -> None:
    """Give the controllers to the groups below. A group that is divided may hold no process: move our own aside."""
    absent = needed - set(controls.read(f"{base}/cgroup.subtree_control").split())
    if not absent:
        return
    try:
        if str(os.getpid()) in controls.read(f"{base}/cgroup.procs").split():
            _stay(absent, resident)
            os.makedirs(f"{base}/{LAUNCHER}", exist_ok=True)
            controls.write(f"{base}/{LAUNCHER}/cgroup.procs", str(os.getpid()))
        controls.write(f"{base}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(absent)))
    except OSError as error:
        raise HostError(
            f"cannot divide the control group {base}: {error.strerror}",
            "other processes live in it: give an empty delegated group in HULL_CGROUP, "
            "or run under systemd-run --user --scope -p Delegate=yes",
        ) from None


def available() -> set[str]:
    """Return those of LIMITING that a container's group could have here; none where no group may be divided."""
    from hull.runtime import systemd

    try:
        tree = find_tree(set())
    except HostError:
        return set()
    base = os.environ.get("HULL_CGROUP", "") or tree.own
    if base == tree.own and not systemd.refuses():
        manager = f"user@{os.geteuid()}.service"
        base = f"{base.partition(manager)[0]}{manager}" if manager in base else tree.mount
    elif not _divisible(base):
        return set()
    return set(controls.read(f"{base}/cgroup.controllers").split()) & LIMITING


def main() -> int:
    """Limit a group for real and remove it: print where, or the reason and the fix."""
    try:
        group = apply(Limits(memory=64 << 20, cpus=0.5, pids=64), f"probe-{os.getpid()}")
    except HullError as error:
        print(error.message, error.hint, sep="\n")  # noqa: T201 (the doctor reads it)
        return 1
    os.rmdir(group)
    print(f"works below {os.path.dirname(group)}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
