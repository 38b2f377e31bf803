"""Hold a container still and let it go on: by its control group's freezer, else by SIGSTOP to each of its processes.

Theory of operation of the second way. Pid 1 stops first and goes on last, so that it never sees its children stop: it
would tell the launcher, and the launcher the shell. What forks while it is being stopped is met in the next look; two
looks in a row that find the same processes, all stopped, end it. A launcher whose child is the program itself (`exec`,
`--no-init`) stops with it, as in any job control; it is given the time to, and is continued afterwards. Source:
cgroup-v2.rst, signal(7).
"""

import os
import select
import signal
import time

from hull.errors import HostError
from hull.light import NamedTuple
from hull.runtime import members, processes
from hull.runtime.members import Member

SECONDS = 10.0
SETTLED = 0.2
INIT = "hull-init"
LEAST, MOST = 0.001, 0.05  # seconds between two looks


class Held(NamedTuple):
    """How a container was held: `method` is freezer or signals; `already` are those that had stopped by themselves."""

    method: str
    already: tuple[tuple[int, int], ...] = ()


def hold(init: int, group: str) -> Held:
    """Freeze the control group, or where `group` is "" stop every process; return when nothing runs any more."""
    if group and os.path.exists(f"{group}/cgroup.freeze"):
        _set(group, frozen=True)
        return Held("freezer")
    before = members.find(init)
    already = tuple((m.pid, m.start) for m in before if m.state in members.STOPPED)
    try:
        _stop(init)
    except HostError:
        release(init, "", already)
        raise
    return Held("signals", already)


def release(init: int, group: str, already: tuple[tuple[int, int], ...] = ()) -> None:
    """Undo `hold`; `group` is "" where it was done by signals, and those in `already` stay stopped."""
    if group:
        _set(group, frozen=False)
        return
    everyone = members.find(init)
    for member in reversed(everyone):
        if (member.pid, member.start) not in already:
            processes.send(member, signal.SIGCONT)
    for launcher in _launchers(everyone):
        if launcher.state in members.STOPPED:
            processes.send(launcher, signal.SIGCONT)


def _stop(init: int) -> None:
    deadline, pause, seen = time.monotonic() + SECONDS, LEAST, set[int]()
    only_init = True
    while True:
        everyone = [m for m in members.find(init) if m.state not in members.ENDED]
        running = [m for m in everyone if m.state not in members.STOPPED]
        if only_init:
            only_init = any(m.pid == init for m in running)
        for member in running:
            if member.pid == init or not only_init:
                processes.send(member, signal.SIGSTOP)
        now = {m.pid for m in everyone}
        if not running and now == seen:
            _await(everyone)
            return
        seen = set() if running else now
        if time.monotonic() > deadline:
            raise HostError(f"cannot stop {_names(running)}: still running after {SECONDS:.0f} seconds", "try it again")
        if running:
            time.sleep(pause)  # nothing tells a process that is no parent when another has stopped
            pause = min(2 * pause, MOST)


def _launchers(everyone: list[Member]) -> list[Member]:
    """Return who waits outside for a process that it may see stop."""
    inside = {m.pid for m in everyone}
    outside = {m.parent for m in everyone if m.name != INIT} - inside - {0, 1}
    return [found for found in map(members.read, outside) if found]


def _await(everyone: list[Member]) -> None:
    """Let launchers stop that are about to: one that stopped after `release` had looked would never go on."""
    deadline = time.monotonic() + SETTLED
    while any(m.state not in (*members.STOPPED, *members.ENDED) for m in _launchers(everyone)):
        if time.monotonic() > deadline:
            return  # with a pseudo-terminal between, it never does
        time.sleep(LEAST)


def _names(running: list[Member]) -> str:
    return ", ".join(f"{m.name} ({m.pid})" for m in running[:5]) or "the container"


def _set(group: str, *, frozen: bool) -> None:
    """Ask the freezer, and wait until the kernel says that it is done."""
    word = str(int(frozen))
    try:
        with open(f"{group}/cgroup.events", encoding="ascii") as events:
            with open(f"{group}/cgroup.freeze", "w", encoding="ascii") as file:
                file.write(word)
            poll = select.poll()
            poll.register(events, select.POLLPRI)
            deadline = time.monotonic() + SECONDS
            while f"frozen {word}" not in events.read():
                if time.monotonic() > deadline:
                    raise HostError(f"cannot freeze {group}: it is not done after {SECONDS:.0f} seconds", "try again")
                poll.poll(1000)
                events.seek(0)
    except OSError as error:
        raise HostError(f"cannot freeze {group}: {error.strerror}", f"see who owns {group}/cgroup.freeze") from None
