"""Let root's confined programs reach what lies where only root may go: a Python or a store below /root.

The ids of root's containers are strangers on the host. In a mount namespace of its own the child sees a tmpfs in the
place of the closed directory, and in it only what it needs; the launcher opens that with root's own rights.
"""

import os
import stat
import sys

from hull.runtime.ops import Op


def ops(readable: tuple[str, ...], writable: tuple[str, ...]) -> list[Op]:
    """Return the mount-stage ops that show these directories to strangers, none where strangers reach them anyway."""
    closed: dict[str, list[tuple[str, str]]] = {}
    for paths, flags in ((readable, "rec,ro"), (writable, "rec")):
        for path in paths:
            place = closed_above(path)
            if place and (path, flags) not in closed.setdefault(place, []):
                closed[place].append((path, flags))
    plan: list[Op] = [("namespace", "mount")] if closed else []
    for place, wanted in sorted(closed.items()):
        plan.append(("mount", "tmpfs", place, "nosuid,nodev", "mode=755"))
        plan += [("bind", one[0], *one) for one in sorted(wanted) if not _shown(one, wanted)]
    return plan


def closed_above(path: str) -> str:
    """Return the first directory on the way to `path` that strangers may not pass, "" if there is none."""
    place = "/"
    for name in os.path.realpath(path).strip("/").split("/")[:-1]:
        place = os.path.join(place, name)
        try:
            if not os.stat(place).st_mode & stat.S_IXOTH:
                return place
        except OSError:
            return ""
    return ""


def python() -> tuple[str, ...]:
    """Return the directories that this Python is made of: its prefixes, its program's, and what it imports from."""
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    program = os.path.dirname(os.path.realpath(sys.executable))
    found = (sys.prefix, sys.base_prefix, program, own, *sys.path)
    return tuple(dict.fromkeys(os.path.realpath(path) for path in found if path and os.path.isdir(path)))


def _shown(one: tuple[str, str], wanted: list[tuple[str, str]]) -> bool:
    path, flags = one
    return any(path.startswith(f"{other}/") and flags == theirs for other, theirs in wanted)
