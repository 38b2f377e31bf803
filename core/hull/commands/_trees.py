"""A run or exec that a shell, a kernel or an event loop starts beside itself: how it is tied to them, how all ends."""

import os
import signal
from subprocess import PIPE, TimeoutExpired

from hull.light import Any
from hull.runtime import launch, members
from hull.runtime.members import ENDED, Member

ESCALATION = ((signal.SIGINT, 0.4), (signal.SIGTERM, 0.6), (signal.SIGKILL, 1.0))  # signal, seconds it gets


def tied(**options: Any) -> dict[str, Any]:
    """Return the Popen options of a launcher whose output is read, in a session of its own, that dies with this thread.

    A notebook's kernel signals its own group, and a program must not be hit twice; an interactive shell that reached
    our terminal would take it.
    """
    return {"stdout": PIPE, "stderr": PIPE, "start_new_session": True, "env": launch.tied(), **options}


def end(process: Any) -> None:
    """End a process group within two seconds, gently at first."""
    for number, patience in ESCALATION:
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except TimeoutExpired:
            continue
        except ProcessLookupError:
            pass
        break
    process.wait()


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
