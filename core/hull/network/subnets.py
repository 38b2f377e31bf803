"""Which addresses a network has and which one a container gets: pure, with what is in use as an argument."""

import ipaddress
from collections.abc import Iterable, Iterator

from hull.errors import UserError
from hull.light import NamedTuple
from hull.state.networks import Subnet

POOLS, SIZE = ("10.89.0.0/16",), 24  # what hull chooses from, and the prefix of what it chooses
UPLINK = "10.0.2.0/24"  # slirp4netns's own, in each container
SMALLEST = 30  # the longest prefix: a gateway and one container

AnyNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class Asked(NamedTuple):
    """What `network create` was told: words of --subnet, --gateway, --ip-range, which families, what is reserved.

    `v4` is whether IPv4 is wanted whatever the subnets are, None where these say it. What hull chooses of IPv4 has the
    prefix `size` and is in one of `pools`.
    """

    subnets: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    v6: bool = False
    v4: bool | None = None
    reserved: tuple[str, ...] = ()
    pools: tuple[str, ...] = POOLS
    size: int = SIZE


def choose(asked: Asked, taken: Iterable[str], elsewhere: Iterable[str], seed: str) -> tuple[Subnet, ...]:
    """Return a new network's subnets. `taken` are those of other networks, `elsewhere` where the host's routes lead.

    What is asked may not overlap what is taken; what hull chooses avoids both. `seed` is 10 hex digits.
    """
    used = [_network(word) for word in (*taken, UPLINK)]
    found: list[AnyNetwork] = []
    for word in asked.subnets:
        subnet = _subnet(word)
        if other := next((n for n in (*used, *found) if _meet(n, subnet)), None):
            raise UserError(
                f"cannot use the subnet {word}: it overlaps {other}", "hull network inspect shows what is used"
            )
        found.append(subnet)
    if asked.v6 and not any(subnet.version == 6 for subnet in found):  # noqa: PLR2004 (IPv6)
        found.append(_network(f"fd{seed[:2]}:{seed[2:6]}:{seed[6:10]}::/64"))
    v4 = not asked.subnets if asked.v4 is None else asked.v4
    if v4 and not any(subnet.version == 4 for subnet in found):  # noqa: PLR2004 (IPv4)
        found.insert(0, _free([*used, *map(_network, elsewhere)], asked))
    if not found:
        raise UserError("cannot make a network without addresses", "leave out --no-ipv4, or add --ipv6")
    return tuple(_dress(subnet, asked) for subnet in found if _checked(asked, found))


def _checked(asked: Asked, found: list[AnyNetwork]) -> bool:
    spare = [address(word.partition("=")[2], "--aux-address") for word in asked.reserved]
    for word in (*asked.gateways, *asked.ranges, *spare):
        network = _network(word) if word in asked.ranges else _network(address(word, "--gateway"))
        if not any(_within(network, subnet) for subnet in found):
            raise UserError(f"cannot use {word}: no subnet of the network holds it", "add --subnet, as 10.20.0.0/24")
    return True


def _dress(subnet: AnyNetwork, asked: Asked) -> Subnet:
    gateways = [word for word in asked.gateways if _within(_network(word), subnet)]
    ranges = [word for word in asked.ranges if _within(_network(word), subnet)]
    if len(gateways) > 1 or len(ranges) > 1:
        raise UserError(f"cannot give {subnet} several gateways or ranges", "one --gateway, one --ip-range a subnet")
    spare = tuple(word for word in asked.reserved if _within(_network(word.partition("=")[2]), subnet))
    return Subnet(str(subnet), gateways[0] if gateways else str(subnet[1]), ranges[0] if ranges else "", spare)


def allocate(subnet: Subnet, used: Iterable[str], asked: str = "", before: str = "") -> str:
    """Return an address of the subnet: the asked one, the one it had before, or the lowest that is free."""
    spare = {word.partition("=")[2] for word in subnet.reserved}
    network, taken = _network(subnet.subnet), {subnet.gateway, *spare, *used}
    if asked:
        if not _within(_network(asked), network):
            raise UserError(f"cannot use the address {asked}: it is not in {network}", "choose one in the subnet")
        if asked in taken:
            who = "it is reserved" if asked in spare else "a container has it"
            who = "it is the gateway" if asked == subnet.gateway else who
            raise UserError(f"cannot use the address {asked}: {who}", "choose another, or leave it out")
        return asked
    if before and before not in taken and _within(_network(before), network):
        return before
    for host in _hosts(_network(subnet.ip_range or subnet.subnet), network):
        if host not in taken:
            return host
    raise UserError(
        f"cannot find a free address in {subnet.ip_range or network}", "make a network with a larger subnet"
    )


def prefix(subnet: Subnet) -> int:
    """Return the length of a subnet's prefix."""
    return _network(subnet.subnet).prefixlen


def holds(subnet: Subnet, word: str) -> bool:
    """Whether an address is in the subnet."""
    return _within(_network(word), _network(subnet.subnet))


def is_link_local(word: str) -> bool:
    """Whether a word is an address that no router passes on."""
    try:
        return ipaddress.ip_address(word).is_link_local
    except ValueError:
        return False


def _hosts(pool: AnyNetwork, whole: AnyNetwork) -> Iterator[str]:
    for host in pool:
        ends = {whole.network_address} | ({whole.broadcast_address} if whole.version == 4 else set())  # noqa: PLR2004
        if host not in ends:
            yield str(host)


def _free(used: list[AnyNetwork], asked: Asked) -> AnyNetwork:
    for pool in asked.pools:
        for subnet in _network(pool).subnets(new_prefix=asked.size):
            if not any(_meet(subnet, other) for other in used):
                return subnet
    raise UserError(f"cannot find a free subnet in {' or '.join(asked.pools)}", "name one with --subnet")


def _subnet(word: str) -> AnyNetwork:
    try:
        subnet = ipaddress.ip_network(word)
    except ValueError:
        raise UserError(f"cannot use the subnet {word}: it is no network", "write it as 10.20.0.0/24") from None
    if subnet.prefixlen > (SMALLEST if subnet.version == 4 else 126):  # noqa: PLR2004 (as many addresses)
        raise UserError(
            f"cannot use the subnet {word}: it has no room for a gateway and a container", "take a larger one"
        )
    return subnet


def _network(word: str) -> AnyNetwork:
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        raise UserError(f"cannot read {word!r} as an address", "write 10.20.0.5, or 10.20.0.0/24") from None


def address(word: str, flag: str) -> str:
    """Return an address in its usual spelling; UserError where it is none."""
    try:
        return str(ipaddress.ip_address(word))
    except ValueError:
        raise UserError(f"cannot use {flag} {word}: it is not an IP address", f"write {flag} 10.20.0.5") from None


def _meet(one: AnyNetwork, other: AnyNetwork) -> bool:
    return one.version == other.version and one.overlaps(other)


def _within(inner: AnyNetwork, outer: AnyNetwork) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
