"""Parse what -p takes, and choose and check host ports. Source of the grammar: Docker's run reference."""

import os

from hull.errors import HostError, UserError
from hull.light import TYPE_CHECKING
from hull.model import Port

if TYPE_CHECKING:
    from socket import socket

HIGHEST = 65535
UNPRIVILEGED = "/proc/sys/net/ipv4/ip_unprivileged_port_start"


def parse(word: str) -> tuple[Port, ...]:
    """Return the ports of `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`; HOST and CONTAINER may be ranges, `8000-8009`.

    An IPv6 address stands in brackets. A range of host ports for one container port leaves the choice.
    """
    body, slash, protocol = word.partition("/")
    protocol = protocol.lower() if slash else "tcp"
    if protocol not in ("tcp", "udp"):
        raise _wrong(word, f"the protocol {protocol!r} cannot be forwarded")
    address, rest = _address(word, body)
    host, colon, container = rest.rpartition(":")
    inside = _range(word, container)
    if not colon or not host:
        return tuple(Port(number, 0, protocol, address) for number in inside)
    outside = _range(word, host)
    if len(inside) == 1 < len(outside):
        return (Port(inside[0], outside[0], protocol, address, outside[-1]),)
    if len(inside) != len(outside):
        raise _wrong(word, "the two ranges differ in length")
    return tuple(Port(i, o, protocol, address) for i, o in zip(inside, outside, strict=True))


def claim(ports: tuple[Port, ...]) -> tuple[Port, ...]:
    """Return the ports with every host port chosen, after trying to listen on each: the helper that will comes later.

    Held until all are tried, so that two of one request cannot meet. A port that somebody takes in the moment between
    is the helper's error.
    """
    held: list[socket] = []
    try:
        return tuple(_claim(port, held) for port in ports)
    finally:
        for listener in held:
            listener.close()


def _claim(port: Port, held: "list[socket]") -> Port:
    lowest = _lowest()
    last = max(port.host, port.last)
    for number in range(port.host, last + 1):
        if 0 < number < lowest:
            raise HostError(
                f"cannot publish port {number}: an ordinary user's ports begin at {lowest}, and so do a container's",
                f"-p {8000 + number}:{port.container}, or as root: sysctl net.ipv4.ip_unprivileged_port_start={number}",
            )
        try:
            listener = _listen(port, number)
        except OSError as error:
            if number == last:
                raise _taken(port, number, error) from None
            continue
        held.append(listener)
        return port._replace(host=listener.getsockname()[1], last=0)
    raise AssertionError  # the last number either returned or raised


def _listen(port: Port, number: int) -> "socket":
    import socket

    family = socket.AF_INET6 if ":" in port.address else socket.AF_INET
    kind = socket.SOCK_STREAM if port.protocol == "tcp" else socket.SOCK_DGRAM
    listener = socket.socket(family, kind | socket.SOCK_CLOEXEC)
    try:
        if kind == socket.SOCK_STREAM:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((port.address or "0.0.0.0", number))  # noqa: S104 (every address was asked)
        if kind == socket.SOCK_STREAM:
            listener.listen(1)
    except OSError:
        listener.close()
        raise
    return listener


def _taken(port: Port, number: int, error: OSError) -> HostError:
    import errno

    place = f"[{port.address}]:{number}" if ":" in port.address else f"{port.address or '*'}:{number}"
    message = f"cannot publish port {port.container} on {place}: {os.strerror(error.errno or 0)}"
    if error.errno == errno.EADDRNOTAVAIL:
        return HostError(message, "name an address of this machine, or leave it out for all of them")
    return HostError(message, f"find who has it: ss -lntup sport = :{number}; or leave the choice: -p {port.container}")


def _address(word: str, body: str) -> tuple[str, str]:
    """Split an address off; it is checked here, at the edge."""
    if body.startswith("["):
        address, bracket, rest = body[1:].partition("]:")
        if not bracket:
            raise _wrong(word, "']:' is missing after the address")
    elif body.count(":") > 1:
        address, _, rest = body.partition(":")
    else:
        return "", body
    import socket

    try:
        socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except OSError:
        raise _wrong(word, f"{address!r} is not an IP address (IPv6 stands in brackets)") from None
    return address, rest


def _range(word: str, text: str) -> range:
    first, dash, last = text.partition("-")
    for number in (first, last) if dash else (first,):
        if not (number.isascii() and number.isdecimal() and 0 < int(number) <= HIGHEST):
            raise _wrong(word, f"{number!r} is not a port number")
    found = range(int(first), int(last if dash else first) + 1)
    if not found:
        raise _wrong(word, f"the range {text} is empty")
    return found


def _lowest() -> int:
    try:
        with open(UNPRIVILEGED, encoding="ascii") as file:
            return int(file.read())
    except OSError:
        return 1024


def _wrong(word: str, reason: str) -> UserError:
    return UserError(f"cannot publish {word}: {reason}", "write -p [[ADDRESS:]HOST:]PORT[/udp]: -p 127.0.0.1:8080:80")
