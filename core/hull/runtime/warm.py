"""A network namespace made ahead, its uplink running: a start in a session pays for neither.

A launcher holds it as long as the write end of its standard input is open anywhere: here until a container takes it,
then in the container's launcher alone. So it ends with the container, and with a shell that was killed. The next is
made a moment later, in the pause between two commands. Each serves one container: nobody finds what another left.
"""

import os
from _thread import allocate_lock

from hull.light import TYPE_CHECKING, NamedTuple
from hull.runtime import ops

if TYPE_CHECKING:
    from subprocess import Popen

    from hull.runtime.session import Session

PAUSE = 0.1  # seconds after a start in which its own work goes first


class Ahead(NamedTuple):
    """One namespace taken: what a container's launcher inherits. `leash` keeps it, `namespace` is entered."""

    namespace: int
    leash: int


class Warm:
    """At most one namespace that waits. `uplink` are the ops that make it, the helper's among them."""

    def __init__(self, session: "Session", uplink: tuple[ops.Op, ...]) -> None:
        self.session = session
        self.uplink = uplink
        self._waiting: Popen[bytes] | None = None
        self._taken: list[Popen[bytes]] = []
        self._closed = self._pausing = False
        self._lock = allocate_lock()  # several threads of one process start containers

    def prepare(self) -> None:
        """Start making one, where none waits; return at once."""
        from subprocess import DEVNULL, PIPE

        from hull.runtime.launch import Launch, spawn

        made = ("namespace", "net-outer")
        plan = [("userns-join", self.session.path), made, *self.uplink, ("loopback",), ("hold",)]
        launch = Launch(ops.encode(plan), ("hull-warm",), fds=(self.session.fd,))
        with self._lock:
            self._taken = [child for child in self._taken if child.poll() is None]
            if not self._closed and not self._waits():
                self._waiting = spawn(launch, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True)

    def prepare_soon(self) -> None:
        """Start making the next, where none waits, after a pause in a thread that nobody waits for.

        Not threading's own: it waits until the new thread has had its turn, which a busy machine gives it late.
        """
        from _thread import start_new_thread

        if not (self._pausing or self._waits()):
            self._pausing = True
            start_new_thread(self._prepare_later, ())

    def is_ready(self) -> bool:
        """Whether one waits and could be taken at once."""
        return self._waiting is not None and _has_spoken(self._waiting)

    def take(self, uplink: tuple[ops.Op, ...]) -> Ahead | None:
        """Return the one that waits where it is ready and just what `uplink` would make; the caller closes both."""
        with self._lock:
            child = self._waiting
            if child is None or uplink != self.uplink or not _has_spoken(child):
                return None
            self._waiting = None
            self._taken.append(child)
        try:
            namespace = os.open(f"/proc/{_holder(child)}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except (OSError, ValueError):  # it failed, and its words are not a number
            _let_go(child)
            return None
        assert child.stdin is not None  # noqa: S101 (asked for above)
        ahead = Ahead(namespace, os.dup(child.stdin.fileno()))
        _let_go(child)
        return ahead

    def close(self) -> None:
        """Let the one that waits go, make no other."""
        with self._lock:
            self._closed = True
            child, self._waiting = self._waiting, None
        if child is not None:
            _let_go(child)
            child.wait()

    def _waits(self) -> bool:
        return self._waiting is not None and self._waiting.poll() is None

    def _prepare_later(self) -> None:
        import time
        from contextlib import suppress

        from hull.errors import HullError

        time.sleep(PAUSE)
        self._pausing = False
        with suppress(HullError, OSError):  # the next start makes its own, and says what is wrong
            self.prepare()


def _has_spoken(child: "Popen[bytes]") -> bool:
    """Whether it is ready or has failed."""
    import select

    assert child.stdout is not None  # noqa: S101 (asked for where it was started)
    poller = select.poll()  # select takes no descriptor above 1023, and a server with many clients has such
    poller.register(child.stdout, select.POLLIN)
    return bool(poller.poll(0))


def _holder(child: "Popen[bytes]") -> int:
    """Return the process that is in the namespace, which says its number once the helpers are ready."""
    assert child.stdout is not None  # noqa: S101 (asked for where it was started)
    return int(os.read(child.stdout.fileno(), 32))


def _let_go(child: "Popen[bytes]") -> None:
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
