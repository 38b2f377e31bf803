"""The few netlink requests that wire a network, over a socket that was opened in its namespace and handed out.

Written by hand: to import pyroute2's messages takes longer than a whole start (60 to 600 ms; a request here takes
30 µs). Source: netlink(7), rtnetlink(7), linux/if_link.h.
"""

import errno
import os
import socket
import struct

from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType

NEWLINK, DELLINK, GETLINK, NEWADDR, GETADDR, NEWROUTE, GETROUTE = 16, 17, 18, 20, 22, 24, 26
REQUEST, ACK, DUMP, EXCL, CREATE = 0x1, 0x4, 0x300, 0x200, 0x400
ERROR, DONE = 2, 3
UP = 1
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_MASTER, IFLA_LINKINFO, IFLA_NET_NS_FD = 1, 3, 4, 10, 18, 28
INFO_KIND, INFO_DATA, VETH_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL, IFA_F_NODAD = 1, 2, 0x02
RTA_OIF = 4
NESTED = 0x8000
HEADER, LINK, ADDRESS, ROUTE = "=IHHII", "=BxHiII", "=BBBBi", "=BBBBBBBBI"


class Link(NamedTuple):
    """One network interface."""

    number: int
    name: str
    up: bool


class Veth(NamedTuple):
    """A pair to be made: `name` here, below `master`; `peer` with the address `mac` in another namespace."""

    name: str
    master: int
    peer: str
    mac: str
    namespace: int
    mtu: int = 0


class Netlink:
    """One socket of one network namespace. Takes the descriptor over."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 0, fileno=fd)
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> "Netlink":  # noqa: PYI034 (Self is typing's)
        return self

    def __exit__(
        self, _kind: "type[BaseException] | None", _e: "BaseException | None", _at: "TracebackType | None"
    ) -> None:
        self.close()

    def bridge(self, name: str, mtu: int = 0) -> int:
        """Make a bridge that is up; return its index."""
        body = _link(flags=UP) + text_attribute(IFLA_IFNAME, name) + _mtu(mtu)
        self._do(NEWLINK, CREATE | EXCL, body + nested(IFLA_LINKINFO, text_attribute(INFO_KIND, "bridge")))
        return self.index(name)

    def veth(self, pair: Veth) -> None:
        """Make a pair whose end here is up; the other end is not."""
        peer = (
            _link()
            + text_attribute(IFLA_IFNAME, pair.peer)
            + _mtu(pair.mtu)
            + attribute(IFLA_ADDRESS, mac_bytes(pair.mac))
        )
        peer += attribute(IFLA_NET_NS_FD, struct.pack("=I", pair.namespace))
        info = text_attribute(INFO_KIND, "veth") + nested(INFO_DATA, attribute(VETH_PEER, peer))
        body = _link(flags=UP) + text_attribute(IFLA_IFNAME, pair.name) + _mtu(pair.mtu)
        body += attribute(IFLA_MASTER, struct.pack("=I", pair.master)) + nested(IFLA_LINKINFO, info)
        self._do(NEWLINK, CREATE | EXCL, body)

    def remove(self, name: str) -> None:
        """Remove an interface, the other end of its pair with it; one that is not there is no error."""
        try:
            self._do(DELLINK, 0, _link() + text_attribute(IFLA_IFNAME, name))
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise

    def set_up(self, name: str, *, up: bool = True) -> None:
        """Bring an interface up, or down."""
        self._do(NEWLINK, 0, _link(flags=UP if up else 0) + text_attribute(IFLA_IFNAME, name))

    def address(self, index: int, text: str, prefix: int) -> None:
        """Give an interface an address; an IPv6 one is used at once."""
        family = socket.AF_INET6 if ":" in text else socket.AF_INET
        packed = socket.inet_pton(family, text)
        flags = IFA_F_NODAD if family == socket.AF_INET6 else 0
        head = struct.pack(ADDRESS, family, prefix, flags, 0, index)
        self._do(NEWADDR, CREATE | EXCL, head + attribute(IFA_LOCAL, packed) + attribute(IFA_ADDRESS, packed))

    def index(self, name: str) -> int:
        """Return an interface's index; ENODEV where there is none."""
        return next((link.number for link in self.links() if link.name == name), 0) or _missing(name)

    def links(self) -> list[Link]:
        """Return every interface."""
        found = []
        for body in self.dump(GETLINK):
            _, _, index, flags, _ = struct.unpack_from(LINK, body)
            name = attributes(body, struct.calcsize(LINK))[IFLA_IFNAME]
            found.append(Link(index, name.rstrip(b"\0").decode(), bool(flags & UP)))
        return found

    def of_link(self, index: int) -> list[tuple[int, bytes]]:
        """Return the addresses, then the routes of an interface, as `replay` gives them back."""
        found = [(NEWADDR, body) for body in self.dump(GETADDR) if struct.unpack_from(ADDRESS, body)[4] == index]
        size = struct.calcsize(ROUTE)
        for body in self.dump(GETROUTE):
            out = attributes(body, size).get(RTA_OIF)
            if out is not None and struct.unpack("=I", out)[0] == index:
                found.append((NEWROUTE, body))
        return found

    def replay(self, kept: list[tuple[int, bytes]]) -> None:
        """Give an interface back what it had; what is there already, or comes by itself, is no error."""
        import contextlib

        for kind, body in kept:
            with contextlib.suppress(OSError):
                self._do(kind, CREATE, body)

    def dump(self, kind: int) -> list[bytes]:
        """Return the bodies of everything of one kind."""
        size = {GETLINK: LINK, GETADDR: ADDRESS, GETROUTE: ROUTE}[kind]
        return self._exchange(kind, DUMP, bytes(struct.calcsize(size)))

    def _do(self, kind: int, flags: int, body: bytes) -> None:
        self._exchange(kind, ACK | flags, body)

    def _exchange(self, kind: int, flags: int, body: bytes) -> list[bytes]:
        self._sequence += 1
        self._socket.send(struct.pack(HEADER, 16 + len(body), kind, REQUEST | flags, self._sequence, 0) + body)
        found: list[bytes] = []
        while True:
            data, at = self._socket.recv(1 << 16), 0
            while at < len(data):
                length, answer, _, sequence, _ = struct.unpack_from(HEADER, data, at)
                content, at = data[at + 16 : at + length], at + (length + 3 & ~3)
                if sequence != self._sequence:
                    continue
                if answer == ERROR:
                    _check(struct.unpack_from("=i", content)[0])
                if answer in (ERROR, DONE):
                    return found
                found.append(content)


def attributes(body: bytes, at: int) -> dict[int, bytes]:
    """Return the attributes that begin at an offset, by number."""
    found: dict[int, bytes] = {}
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, at)
        if length < 4:  # noqa: PLR2004 (its own head)
            break
        found[kind & ~NESTED] = body[at + 4 : at + length]
        at += length + 3 & ~3
    return found


def mac_bytes(text: str) -> bytes:
    """Return a hardware address; ValueError where it is none."""
    packed = bytes.fromhex(text.replace(":", ""))
    if len(packed) != 6 or len(text) != 17:  # noqa: PLR2004 (what an Ethernet address is)
        raise ValueError(text)
    return packed


def _link(flags: int = 0) -> bytes:
    return struct.pack(LINK, socket.AF_UNSPEC, 0, 0, flags, UP)


def attribute(kind: int, data: bytes) -> bytes:
    """Return one attribute of a message, padded."""
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def nested(kind: int, data: bytes) -> bytes:
    """Return an attribute that holds attributes."""
    return attribute(kind | NESTED, data)


def text_attribute(kind: int, text: str) -> bytes:
    """Return an attribute that holds a name."""
    return attribute(kind, text.encode() + b"\0")


def _mtu(mtu: int) -> bytes:
    return attribute(IFLA_MTU, struct.pack("=I", mtu)) if mtu else b""


def _check(code: int) -> None:
    if code:
        raise OSError(-code, os.strerror(-code))


def _missing(name: str) -> int:
    raise OSError(errno.ENODEV, f"no interface {name}")
