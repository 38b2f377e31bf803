"""Parse what -p takes, and choose and check host ports. Source of the grammar: Docker's run reference."""

from collections.abc import Callable

from hull.errors import HostError, UserError
from hull.light import TYPE_CHECKING
from hull.model import Port

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from socket import socket

    from hull.network.choices import Recent

HIGHEST = 65535
PROTOCOLS = ("tcp", "udp", "sctp")
V4, V6 = "0.0.0.0", "::"  # noqa: S104 (every address was asked)
TRIES = 16  # numbers that the kernel picks for one family until the other has one free, too
UNPRIVILEGED = "/proc/sys/net/ipv4/ip_unprivileged_port_start"


def parse(word: str) -> tuple[Port, ...]:
    """Return the ports of `[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]`; HOST and CONTAINER may be ranges, `8000-8009`.

    An IPv6 address stands in brackets; 0.0.0.0 and [::] are every one of a family. A range of host ports for one
    container port leaves the choice.
    """
    body, slash, protocol = word.partition("/")
    protocol = protocol.lower() if slash else "tcp"
    if protocol not in PROTOCOLS:
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


def claim(ports: tuple[Port, ...], v6: Callable[[Port], bool] = lambda _: False, runtime: str = "") -> tuple[Port, ...]:
    """Return the ports with every host port chosen, after trying to bind each: the helper that listens comes later.

    One without an address becomes one of every IPv4 address and, where `v6` says that it can be and this machine has
    IPv6, one of every IPv6 address with the same number. Held until all are tried, so that two of one request cannot
    meet; requests side by side that choose of a range do not either, where `runtime` is the directory that they share.
    A port that somebody takes in the moment between is the helper's error.
    """
    held: list[socket] = []
    with _recent(ports, runtime) as recent:
        try:
            return tuple(
                one for port in ports for one in _claim(port, held, recent, both=not port.address and v6(port))
            )
        finally:
            for listener in held:
                listener.close()


def bind(port: Port) -> "tuple[tuple[Port, socket], ...]":
    """Return the ports that one becomes, each with its number chosen and the socket that has it; of both families."""
    held: list[socket] = []
    return tuple(zip(_claim(port, held, {}, both=not port.address), held, strict=True))


def _recent(ports: tuple[Port, ...], runtime: str) -> "AbstractContextManager[Recent]":
    if runtime and any(port.last for port in ports):
        from hull.network.choices import kept

        return kept(runtime)
    from contextlib import nullcontext

    return nullcontext({})


def _claim(port: Port, held: "list[socket]", recent: "Recent", *, both: bool) -> tuple[Port, ...]:
    import errno
    import time

    lowest, numbers = _lowest(), [0] * TRIES
    if port.host:
        numbers = [*range(port.host, max(port.host, port.last) + 1)]
        numbers.sort(key=lambda number: (port.protocol, number) in recent)
    for number in numbers:
        if 0 < number < lowest:
            raise HostError(
                f"cannot publish port {number}: an ordinary user's ports begin at {lowest}, and so do a container's",
                f"-p {8000 + number}:{port.container}, or as root: sysctl net.ipv4.ip_unprivileged_port_start={number}",
            )
        taken: list[socket] = []
        try:
            found = _bind(port, number, taken, both=both)
        except OSError as error:
            for listener in taken:
                listener.close()
            if error.errno != errno.EADDRINUSE or number == numbers[-1] != 0:
                from hull.network.holders import refusal

                raise refusal(port, number, error) from None
            continue
        held += taken
        recent[port.protocol, found[0].host] = time.monotonic()
        return found
    raise HostError(
        f"cannot publish port {port.container}: no number is free for IPv4 and IPv6", "name one: -p 8080:80"
    )


def _bind(port: Port, number: int, held: "list[socket]", *, both: bool) -> tuple[Port, ...]:
    """Bind one number on the port's address, or on every one of the families; `held` gets the sockets."""
    import errno

    address = port.address or V4
    held.append(_socket(port, address, number))
    number = held[0].getsockname()[1]
    first = port._replace(host=number, last=0, address=address)
    if not both:
        return (first,)
    try:
        held.append(_socket(port, V6, number))
    except OSError as error:
        if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            raise
        return (first,)
    return (first, first._replace(address=V6))


def _socket(port: Port, address: str, number: int) -> "socket":
    import socket

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if port.protocol == "udp" else socket.SOCK_STREAM
    proto = socket.IPPROTO_SCTP if port.protocol == "sctp" else 0
    found = socket.socket(family, kind | socket.SOCK_CLOEXEC, proto)
    try:
        if kind == socket.SOCK_STREAM:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind((address, number))
        if port.protocol == "tcp":
            found.listen(1)  # two that listen cannot share a number, two that are bound can
    except OSError:
        found.close()
        raise
    return found


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


def span(text: str) -> range:
    """Return the port numbers that `N` or `N-M` names; ValueError with the reason."""
    first, dash, last = text.partition("-")
    for number in (first, last) if dash else (first,):
        if not (number.isascii() and number.isdecimal() and 0 < int(number) <= HIGHEST):
            raise ValueError(f"{number!r} is not a port number")
    found = range(int(first), int(last if dash else first) + 1)
    if not found:
        raise ValueError(f"the range {text} is empty")
    return found


def _range(word: str, text: str) -> range:
    try:
        return span(text)
    except ValueError as error:
        raise _wrong(word, str(error)) from None


def _lowest() -> int:
    try:
        with open(UNPRIVILEGED, encoding="ascii") as file:
            return int(file.read())
    except OSError:
        return 1024


def _wrong(word: str, reason: str) -> UserError:
    return UserError(
        f"cannot publish {word}: {reason}", "write -p [[ADDRESS:]HOST:]PORT[/udp|/sctp]: -p 127.0.0.1:8080:80"
    )
