"""The processes that a run or exec in the foreground answers for, for those who have to signal them one by one."""

import os

from hull.runtime import members
from hull.runtime.members import ENDED, Member


def signal_all(launcher: int, number: int) -> None:
    """Send a signal once to all below a launcher, the program first; the launcher would pass it on a second time.

    A shell must know of an interrupt before what it waits for has ended by it, or it goes on with the next command.
    """
    done: set[int] = set()
    while found := [one for one in _below(launcher) if one.pid not in done]:
        for one in sorted(found, key=lambda one: one.parent != launcher):
            try:
                os.kill(one.pid, number)
            except ProcessLookupError:
                continue
        done |= {one.pid for one in found}


def _below(launcher: int) -> list[Member]:
    """Return those of the launcher's group and of its children's groups.

    bash takes a group of its own: the one that it came from is not in its pid namespace, so it cannot go back there.
    """
    living = [one for one in map(members.read, members.pids()) if one and one.state not in ENDED]
    groups = {launcher} | {one.group for one in living if one.parent == launcher}
    return [one for one in living if one.group in groups and one.pid != launcher]
