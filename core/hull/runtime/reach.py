"""Let root's confined programs reach a Python that lies where only root may go, below /root say.

The ids of root's containers are strangers on the host. In a mount namespace of its own the child sees a tmpfs in the
place of the closed directory, and in it only what it needs; the launcher opens that with root's own rights.
"""

import os
import sys

from hull.paths import closed_above
from hull.runtime.ops import Op


def ops(directories: tuple[str, ...]) -> list[Op]:
    """Return the mount-stage ops that show these directories to strangers, none where strangers reach them anyway."""
    closed: dict[str, list[str]] = {}
    for path in directories:
        place = closed_above(path)
        if place:
            closed.setdefault(place, []).append(path)
    plan: list[Op] = [("namespace", "mount")] if closed else []
    for place, wanted in sorted(closed.items()):
        plan.append(("mount", "tmpfs", place, "nosuid,nodev", "mode=755"))
        outer = [path for path in sorted(wanted) if not any(path.startswith(f"{other}/") for other in wanted)]
        plan += [("bind", path, path, "rec,ro") for path in outer]
    return plan


def python() -> tuple[str, ...]:
    """Return the directories that this Python is made of: its prefixes, its program's, and what it imports from."""
    own = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    program = os.path.dirname(os.path.realpath(sys.executable))
    found = (sys.prefix, sys.base_prefix, program, own, *sys.path)
    return tuple(dict.fromkeys(os.path.realpath(path) for path in found if path and os.path.isdir(path)))
