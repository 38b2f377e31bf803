"""The user namespace that owns the network namespaces of containers that meet, and who works in it for the caller.

A container's own user namespace nests in it, so its program cannot administer its network. Nobody keeps it but the
network namespaces that it owns; it is found again from any of them. Source of the ioctl: ioctl_ns(2).
"""

import os

from hull.errors import Bug, HostError
from hull.light import TYPE_CHECKING
from hull.model import Identity
from hull.runtime import ops
from hull.runtime.session import Session

if TYPE_CHECKING:
    from subprocess import Popen
    from types import TracebackType

NS_GET_USERNS = 0xB701
ROUTE = 0  # netlink's protocols
PACKET = 64
PATIENCE = 20.0


class Outer(Session):
    """A mapped user namespace, open as `fd`: what Session is, of another process's making."""

    def holds(self, identity: Identity) -> bool:
        """Whether every id of `identity` is mapped here, so that its namespace can nest in this one."""
        from hull.runtime.launch import nest

        try:
            nest(identity.uids, self.identity.uids)
            nest(identity.gids, self.identity.gids)
        except Bug:
            return False
        return True


def owner_of(network: int, identity: Identity) -> Outer:
    """Return the user namespace that owns an open network namespace; its ids are mapped as `identity` says."""
    import fcntl

    try:
        fd = fcntl.ioctl(network, NS_GET_USERNS)
    except OSError as error:
        raise HostError(f"cannot find the owner of a network namespace: {error.strerror}", "hull doctor") from None
    os.set_inheritable(fd, False)
    return Outer(fd, identity)


class Desk:
    """A child that is root of an outer namespace, of a new one where none is given; gone when this is closed.

    Each method is one request. What is returned is open here, close-on-exec.
    """

    def __init__(self, identity: Identity, outer: Session | None = None) -> None:
        import socket
        from subprocess import DEVNULL, PIPE

        from hull.runtime.launch import Launch, identity_ops, spawn

        plan: list[ops.Op] = [("userns-join", outer.path)] if outer else identity_ops(identity, None)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        launch = Launch(ops.encode([*plan, ("hand-out",)]), ("hull-desk",), fds=(outer.fd,) if outer else ())
        with theirs:
            self._child: Popen[bytes] = spawn(launch, stdin=theirs, stdout=DEVNULL, stderr=PIPE)
        ours.settimeout(PATIENCE)
        self._socket = ours

    def new(self) -> int:
        """Make a network namespace, be in it, and return it."""
        return self._given("new")

    def enter(self, network: int) -> None:
        """Be in a network namespace that the outer one owns."""
        self._ask("enter", network)

    def socket(self, protocol: int = ROUTE) -> int:
        """Return a netlink socket of the network namespace where the child is; it has the rights of its owner."""
        return self._given(f"socket {protocol}")

    def keep(self, process: int, network: int) -> int:
        """Leave a process that keeps a namespace open until the process of a pidfd ends; return its pid."""
        return self._ask("keep", process, network)[0]

    def close(self) -> None:
        """Let the child go."""
        self._socket.close()
        if self._child.poll() is None:
            self._child.communicate()

    def _given(self, request: str) -> int:
        fds = self._ask(request)[1]
        if not fds:
            raise Bug(f"nothing was handed out for {request!r}", "report it")
        return fds[0]

    def _ask(self, request: str, *passed: int) -> tuple[int, list[int]]:
        import socket

        try:
            socket.send_fds(self._socket, [request.encode()], passed)
            answer, fds, _, _ = socket.recv_fds(self._socket, PACKET, 1)
        except OSError:
            answer, fds = b"", []
        word, _, number = answer.decode().partition(" ")
        if word == "ok":
            for fd in fds:
                os.set_inheritable(fd, False)
            return int(number), fds
        reason = os.strerror(int(number)) if word == "error" else self._last_words()
        raise HostError(f"cannot prepare a network ({request.partition(' ')[0]}): {reason}", "hull doctor")

    def _last_words(self) -> str:
        self._socket.close()
        told = self._child.communicate()[1].decode(errors="replace").strip()
        return told.removeprefix("hull: ") or "its process ended without a word"

    def __enter__(self) -> "Desk":  # noqa: PYI034 (Self is typing's)
        return self

    def __exit__(
        self, _kind: "type[BaseException] | None", _e: "BaseException | None", _at: "TracebackType | None"
    ) -> None:
        self.close()
