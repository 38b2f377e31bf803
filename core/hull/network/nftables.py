"""Encode nf_tables messages: just what a policy needs, without a library (pyroute2 takes 60 ms to import).

Source of the numbers: linux/netfilter/nf_tables.h, nfnetlink.h. Attributes are big-endian, what is compared is as the
kernel holds it: meta keys and conntrack's words in the machine's order, packets in the network's.
"""

import struct

from hull.light import NamedTuple
from hull.network.netlink import attribute, nested, text_attribute

INET = 1  # NFPROTO_INET: IPv4 and IPv6
NFPROTO = {4: 2, 6: 10}
TCP, UDP, ICMPV6 = 6, 17, 58
HOOKS = {"input": 1, "output": 3}
DROP, ACCEPT = 0, 1
LOOPBACK = 1  # the interface's number, in every network namespace
ESTABLISHED, RELATED = 2, 4
REPLY = 1

_NLM_REQUEST, _NLM_ACK, _NLM_CREATE, _NLM_APPEND = 0x1, 0x4, 0x400, 0x800
_SUBSYSTEM = 10
_NEWTABLE, _DELTABLE, _NEWCHAIN, _NEWRULE = 0, 2, 3, 6
_BEGIN, _END = 16, 17
_OURS, _BATCH = struct.pack("!BBH", INET, 0, 0), struct.pack("!BBH", 0, 0, _SUBSYSTEM)  # family, version, resource
_META = {"iif": 4, "oif": 5, "nfproto": 15, "l4proto": 16, "iifkind": 26}
_CT = {"state": 0, "direction": 1}
_NETWORK, _TRANSPORT = 1, 2
_EQ, _NEQ, _LTE, _GTE = 0, 1, 3, 5
_REGISTER = 1
_KIND = 16  # IFNAMSIZ
MOST = 24 << 10  # bytes of one batch: its acknowledgements fit a socket's usual buffer


class Table(NamedTuple):
    """A table of ours: chains that drop, and the rules that say what they do not."""

    name: str
    rules: tuple[tuple[str, bytes], ...]

    def batches(self) -> tuple[bytes, ...]:
        """Return the batches that put the table in place of one of its name, in order; each is whole or nothing."""
        name = text_attribute(1, self.name)
        first = [(_NEWTABLE, _NLM_CREATE, name), (_DELTABLE, 0, name), (_NEWTABLE, _NLM_CREATE, name)]
        for chain, hook in HOOKS.items():
            hooked = nested(4, _number(1, hook) + _number(2, 0))
            body = (
                text_attribute(1, self.name)
                + text_attribute(3, chain)
                + hooked
                + _number(5, DROP)
                + text_attribute(7, "filter")
            )
            first.append((_NEWCHAIN, _NLM_CREATE, body))
        rules = [
            (
                _NEWRULE,
                _NLM_CREATE | _NLM_APPEND,
                text_attribute(1, self.name) + text_attribute(2, chain) + nested(4, words),
            )
            for chain, words in self.rules
        ]
        return tuple(_packed([*first, *rules]))


def accept() -> bytes:
    """Return the verdict that lets a packet pass."""
    return _expression("immediate", _number(1, 0) + nested(2, nested(2, _number(1, ACCEPT))))


def interface(direction: str, number: int) -> bytes:
    """Return the match of an interface: `iif` or `oif`."""
    return _meta(direction) + _compare(_EQ, struct.pack("=I", number))


def kind(name: str) -> bytes:
    """Return the match of packets that came through an interface of this kind: veth, tun."""
    return _meta("iifkind") + _compare(_EQ, name.encode().ljust(_KIND, b"\0"))


def state(bits: int) -> bytes:
    """Return the match of any of conntrack's states."""
    masked = _number(1, _REGISTER) + _number(2, _REGISTER) + _number(3, 4)
    masked += nested(4, attribute(1, struct.pack("=I", bits))) + nested(5, attribute(1, bytes(4)))
    return _track("state") + _expression("bitwise", masked) + _compare(_NEQ, bytes(4))


def reply() -> bytes:
    """Return the match of what answers a connection that the other side began."""
    return _track("direction") + _compare(_EQ, bytes([REPLY]))


def family(version: int) -> bytes:
    """Return the match of IPv4 (4) or IPv6 (6)."""
    return _meta("nfproto") + _compare(_EQ, bytes([NFPROTO[version]]))


def protocol(number: int) -> bytes:
    """Return the match of a transport protocol, behind whatever extension headers."""
    return _meta("l4proto") + _compare(_EQ, bytes([number]))


def destination(address: bytes, bits: int) -> bytes:
    """Return the match of packets to a network: its address, its prefix length."""
    if not bits:
        return b""
    size = len(address)
    load = _payload(_NETWORK, 16 if size == 4 else 24, size)  # noqa: PLR2004 (bytes of an IPv4 address)
    mask = ((1 << bits) - 1 << (size * 8 - bits)).to_bytes(size, "big")
    masked = _number(1, _REGISTER) + _number(2, _REGISTER) + _number(3, size)
    masked += nested(4, attribute(1, mask)) + nested(5, attribute(1, bytes(size)))
    return load + (_expression("bitwise", masked) if bits < size * 8 else b"") + _compare(_EQ, address)


def ports(first: int, last: int) -> bytes:
    """Return the match of destination ports; only after `protocol`."""
    load = _payload(_TRANSPORT, 2, 2)
    if first == last:
        return load + _compare(_EQ, struct.pack("!H", first))
    return load + _compare(_GTE, struct.pack("!H", first)) + _compare(_LTE, struct.pack("!H", last))


def icmp_type(number: int) -> bytes:
    """Return the match of an ICMP message's type; only after `protocol`."""
    return _payload(_TRANSPORT, 0, 1) + _compare(_EQ, bytes([number]))


def reset() -> bytes:
    """Return the verdict that refuses a TCP connection."""
    return _expression("reject", _number(1, 1) + attribute(2, b"\0"))


def _packed(messages: list[tuple[int, int, bytes]]) -> list[bytes]:
    """Return batches of at most MOST bytes; every message asks for its acknowledgement."""
    batches, body, number = [], b"", 1
    for kind, flags, attributes in messages:
        message = _message(_SUBSYSTEM << 8 | kind, flags | _NLM_ACK, _OURS, number, attributes)
        if body and len(body) + len(message) > MOST:
            batches.append(body)
            body = b""
        body += message
        number += 1
    batches.append(body)
    ends = [_message(kind, 0, _BATCH, 0, b"") for kind in (_BEGIN, _END)]
    return [ends[0] + batch + ends[1] for batch in batches]


def _message(kind: int, flags: int, about: bytes, number: int, attributes: bytes) -> bytes:
    head = struct.pack("=IHHII", 20 + len(attributes), kind, flags | _NLM_REQUEST, number, 0)
    return head + about + attributes


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("!I", value))


def _expression(name: str, words: bytes) -> bytes:
    return nested(1, text_attribute(1, name) + nested(2, words))


def _meta(key: str) -> bytes:
    return _expression("meta", _number(1, _REGISTER) + _number(2, _META[key]))


def _track(key: str) -> bytes:
    return _expression("ct", _number(1, _REGISTER) + _number(2, _CT[key]))


def _payload(base: int, offset: int, size: int) -> bytes:
    return _expression("payload", _number(1, _REGISTER) + _number(2, base) + _number(3, offset) + _number(4, size))


def _compare(operation: int, value: bytes) -> bytes:
    return _expression("cmp", _number(1, _REGISTER) + _number(2, operation) + nested(3, attribute(1, value)))
