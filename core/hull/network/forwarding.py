"""The forwarder: listens on this machine and connects inside a container, whatever its backend (launcher/forward.c).

A program inside sees a tcp client's own address; one that came over this machine's loopback seems to come from the
gateway. Of udp and sctp the address is not kept. The control socket takes further ports: who asks binds them.
"""

import os

from hull.errors import HostError
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Port

if TYPE_CHECKING:
    from socket import socket

WORD = "@FORWARD"
CONTROL = "ports"
KEPT = "kept"  # in an answer: the client's address is
LONGEST_SOCKET = 107


class Target(NamedTuple):
    """Where ports lead: the container's own addresses, and whom a client on this machine's loopback seems to be.

    Without addresses the forwarder looks for both in the network, which must be up.
    """

    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()


def ops(ports: tuple[Port, ...], scratch: str, target: Target) -> tuple[tuple[str, ...], ...]:
    """Return the helper's ops; nothing where there is nothing to forward."""
    if not ports:
        return ()
    words = (WORD, "@NETNS", "@EXIT", "@READY", *_words(ports, scratch, target))
    return (("helper", "forwarder", "fd"), *(("helper-arg", word) for word in words))


def argv(netns: str, ended: int, scratch: str) -> list[str]:
    """Return the argv of a forwarder for a container that runs; `ended` is a descriptor with an event at its end."""
    return ["hull-forward", netns, str(ended), *_words((), scratch, Target())]


def keeps_source(port: Port, *, by_backend: bool) -> bool:
    """Whether a program sees who called."""
    return by_backend or port.protocol == "tcp"


def add(scratch: str, port: Port, listener: "socket") -> str:
    """Give the forwarder a bound socket; return its answer, "" where no forwarder is there."""
    name = _name(port)
    return _ask(scratch, f"add {port.protocol} {port.container} {name}", name, listener)


def remove(scratch: str, port: Port) -> str:
    """Take a port back; return the answer, "" where no forwarder is there."""
    return _ask(scratch, f"remove {_name(port)}", _name(port))


def socket_path(scratch: str, name: str) -> str:
    """Return the path of a socket beside a container, checked: the kernel bounds it."""
    path = f"{scratch}/{name}"
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise HostError(
            f"cannot publish ports: {path} is too long for a socket",
            "set XDG_RUNTIME_DIR or HULL_ROOT to a shorter path",
        )
    return path


def _words(ports: tuple[Port, ...], scratch: str, target: Target) -> tuple[str, ...]:
    specs = ";".join(f"{_name(port)} {port.container}" for port in ports)
    return (socket_path(scratch, CONTROL), ",".join(target.addresses) or "-", ",".join(target.gateways) or "-", specs)


def _name(port: Port) -> str:
    return f"{port.protocol} {port.address} {port.host}"


def _ask(scratch: str, text: str, name: str, *sockets: "socket") -> str:
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC) as connection:
        try:
            connection.settimeout(5)
            connection.connect(socket_path(scratch, CONTROL))
            socket.send_fds(connection, [text.encode()], [one.fileno() for one in sockets])
            answer = connection.recv(256).decode(errors="replace")
        except OSError:
            return ""
    if answer.startswith("error"):
        raise HostError(f"cannot change the port {name}: {answer.removeprefix('error: ')}", "hull port lists them")
    return answer
