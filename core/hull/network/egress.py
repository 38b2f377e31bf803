"""--egress: what a container may reach. Words become nf_tables rules that the owner of its network namespace installs.

Everything out is refused but loopback, answers to those who were let in, and what a word allows; everything in but
answers, published ports and the peers of the container's own networks. A name means the addresses that it has at the
start: they are written into /etc/hosts, so that what the name gives is what is allowed.
"""

import ipaddress
import socket

from hull.errors import UserError
from hull.light import NamedTuple
from hull.model import Port
from hull.network import nftables as nft
from hull.network.backend import Around, Policy
from hull.network.ports import HIGHEST, span

NONE, DNS, ALL = "none", "dns", "all"
TABLE = "hull"
PROTOCOLS = {"tcp": nft.TCP, "udp": nft.UDP}
EVERY = ("0.0.0.0/0", "::/0")
SOLICITS, ANSWERS = (133, 135, 136), (134, 135, 136)  # neighbour discovery's messages, out and in
WORDS = "none, dns, HOST:PORT, HOST:FIRST-LAST/udp, 192.0.2.0/24:*, [2001:db8::1]:443"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Rule = tuple[str, bytes]


class Target(NamedTuple):
    """One HOST:PORT: a name, `*`, an address or a network in CIDR notation; a range of ports."""

    host: str
    first: int
    last: int
    protocol: str


def check(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words once each is one; `none` and `all` stand alone."""
    for word in words:
        if word in (NONE, ALL):
            if set(words) != {word}:
                raise UserError(f"cannot use --egress {word} together with another", f"leave out {word}, or the others")
        elif word != DNS:
            parse(word)
    return tuple(dict.fromkeys(words))


def parse(word: str) -> Target:
    """Return the target that a word names: HOST:PORT[-PORT][/PROTOCOL], tcp unless said; an IPv6 HOST in brackets."""
    host, colon, rest = word.rpartition(":")
    text, slash, protocol = rest.partition("/")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or (":" in host) != bracketed:
        raise _wrong(word, "it is no HOST:PORT; an IPv6 address stands in brackets")
    if slash and protocol not in PROTOCOLS:
        raise _wrong(word, f"the protocol {protocol!r} is not tcp or udp")
    host = host.strip("[]")
    if host != "*" and _literal(host):
        _check_network(word, host)
    elif host != "*" and not set(host.lower()) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_."):
        raise _wrong(word, f"{host!r} is neither a name nor an address")
    return Target(host, *_ports(word, text), protocol or "tcp")


def decide(words: tuple[str, ...], around: Around) -> Policy:
    """Return the policy of checked words. Names are looked up here; one that has no address allows nothing."""
    names = _look_up(words, around.hosts)
    warnings = tuple(
        f"{name} has no address here and now: --egress {name} allows nothing" for name in names if not names[name]
    )
    known = {name for line in around.hosts for name in line.split()[1:]}
    lines = tuple(f"{address}\t{name}" for name in names if name not in known for address in names[name])
    batches = table(words, around, names).batches()
    return Policy(tuple(("nftables", batch.hex()) for batch in batches), lines, warnings)


def table(words: tuple[str, ...], around: Around, names: dict[str, tuple[str, ...]] | None = None) -> nft.Table:
    """Return the rules of checked words; `names` has the addresses of those that are names."""
    rules: list[Rule] = []
    for word in words:
        if word == DNS:
            rules += [_towards(ipaddress.ip_network(s), 53, 53, p) for s in around.nameservers for p in ("udp", "tcp")]
        elif word != NONE:
            target = parse(word)
            for place in (names or {}).get(target.host) or _places(target.host):
                rules.append(_towards(ipaddress.ip_network(place, strict=False), *target[1:]))
    return nft.Table(TABLE, (*_outward(tuple(rules)), *_inward(around.ports)))


def _outward(allowed: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return (
        ("output", nft.interface("oif", nft.LOOPBACK) + nft.accept()),
        ("output", nft.reply() + nft.state(nft.ESTABLISHED) + nft.accept()),
        *allowed,
        *(("output", _neighbour(kind)) for kind in SOLICITS),
        ("output", nft.protocol(nft.TCP) + nft.reset()),
    )


def _inward(ports: tuple[Port, ...]) -> tuple[Rule, ...]:
    return (
        ("input", nft.interface("iif", nft.LOOPBACK) + nft.accept()),
        ("input", nft.state(nft.ESTABLISHED | nft.RELATED) + nft.accept()),
        ("input", nft.kind("veth") + nft.accept()),
        *(
            ("input", nft.protocol(PROTOCOLS[p.protocol]) + nft.ports(p.container, p.container) + nft.accept())
            for p in ports
            if p.protocol in PROTOCOLS
        ),
        *(("input", _neighbour(kind)) for kind in ANSWERS),
    )


def _towards(network: Network, first: int, last: int, protocol: str) -> Rule:
    place = nft.family(network.version) + nft.destination(network.network_address.packed, network.prefixlen)
    return "output", place + nft.protocol(PROTOCOLS[protocol]) + nft.ports(first, last) + nft.accept()


def _neighbour(kind: int) -> bytes:
    return nft.family(6) + nft.protocol(nft.ICMPV6) + nft.icmp_type(kind) + nft.accept()


def _places(host: str) -> tuple[str, ...]:
    """Return the networks that a host spells out, none of a name."""
    if host == "*":
        return EVERY
    return (host,) if _literal(host) else ()


def _literal(host: str) -> bool:
    return ":" in host or "/" in host or host.replace(".", "").isdecimal()


def _look_up(words: tuple[str, ...], lines: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the addresses of every name: those that were asked for, else as this machine resolves it."""
    found: dict[str, tuple[str, ...]] = {}
    for host in (parse(word).host for word in words if word not in (NONE, DNS)):
        if host != "*" and not _literal(host) and host not in found:
            asked = tuple(line.split()[0] for line in lines if host in line.split()[1:])
            found[host] = asked or _resolve(host)
    return found


def _resolve(name: str) -> tuple[str, ...]:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))


def _check_network(word: str, text: str) -> None:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise _wrong(word, f"{text!r} is no IP address and no network") from None


def _ports(word: str, text: str) -> tuple[int, int]:
    if text == "*":
        return 0, HIGHEST
    try:
        found = span(text)
    except ValueError as error:
        raise _wrong(word, str(error)) from None
    return found[0], found[-1]


def _wrong(word: str, reason: str) -> UserError:
    return UserError(f"cannot use --egress {word}: {reason}", f"write one of {WORDS}")
