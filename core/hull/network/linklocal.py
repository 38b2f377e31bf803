"""Link-local addresses, out of reach unless asked for: a cloud's metadata service, with its secrets, has one."""

from collections.abc import Iterable

from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Network

V4 = "169.254.0.0/16"
METADATA = "169.254.169.254"
# Of IPv6 the services alone: the router of every link has a link-local address.
V6 = ("fe80::a9fe:a9fe/128", "fd00:ec2::254/128", "fd20:ce::254/128")

Op = tuple[str, ...]


def ops(needed: Iterable[str]) -> tuple[Op, ...]:
    """Return the plan's part: routes that lead nowhere, for all but the addresses and networks that are needed."""
    words = [*needed]
    v4 = [word for word in words if word.startswith("169.254.")]
    networks = (*(_without(v4) if v4 else (V4,)), *(one for one in V6 if one.partition("/")[0] not in words))
    return tuple(("unreachable", network) for network in networks)


def _without(words: list[str]) -> tuple[str, ...]:
    from ipaddress import IPv4Network

    rest = [IPv4Network(V4)]
    for word in words:
        hole = IPv4Network(word, strict=False)
        rest = [part for network in rest if not network.subnet_of(hole) for part in _cut(network, hole)]
    return tuple(str(network) for network in sorted(rest))


def _cut(network: "IPv4Network", hole: "IPv4Network") -> "Iterable[IPv4Network]":
    return network.address_exclude(hole) if hole.subnet_of(network) else (network,)
