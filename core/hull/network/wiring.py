"""Bridges and pairs of interfaces: a named network is a network namespace with one bridge in it and no way out.

Two networks cannot reach each other, because nothing joins their namespaces. Everything is asked over sockets that a
desk hands out, see `Desk`.
"""

from hull.light import TYPE_CHECKING
from hull.network.netlink import Link, Netlink, Veth
from hull.network.subnets import prefix
from hull.state.networks import Network, Place

if TYPE_CHECKING:
    from hull.light import Protocol
else:
    Protocol = object

BRIDGE = "br0"
LOOPBACK = "lo"
MTU = 65520  # as slirp4netns's: no packet leaves by a bridge, and a third more bytes pass than with 1500


class Desk(Protocol):
    """Who works as root of the user namespace that owns the networks; runtime.outer has one."""

    def new(self) -> int:
        """Make a network namespace, be in it, and return it."""

    def enter(self, network: int) -> None:
        """Be in a network namespace."""

    def socket(self) -> int:
        """Return a socket of NETLINK_ROUTE in the namespace where the desk is."""


def make(desk: Desk, network: Network) -> int:
    """Make a network's namespace with its bridge; return it, open."""
    space = desk.new()
    with Netlink(desk.socket()) as link:
        bridge = link.bridge(BRIDGE, network.mtu or MTU)
        for subnet in network.subnets:
            link.address(bridge, subnet.gateway, prefix(subnet))
    return space


def plug(  # noqa: PLR0917 (each is a different place)
    desk: Desk, space: int, inside: int, network: Network, place: Place, more: tuple[str, ...] = ()
) -> None:
    """Join a container's network namespace, `inside`, with a network's, `space`; `more` are link-local addresses."""
    desk.enter(space)
    with Netlink(desk.socket()) as link:
        name = pair_name(place)
        link.remove(name)  # of a start that was killed
        link.veth(Veth(name, link.index(BRIDGE), place.interface, place.mac, inside, network.mtu or MTU))
    desk.enter(inside)
    with Netlink(desk.socket()) as link:
        index = link.index(place.interface)
        for subnet in network.subnets:
            address = place.address6 if subnet.v6 else place.address
            if address:
                link.address(index, address, prefix(subnet))
        for address in more:
            link.address(index, address, 64 if ":" in address else 16)
        link.set_up(place.interface)


def unplug(desk: Desk, space: int, place: Place) -> None:
    """Take a container's interface away."""
    desk.enter(space)
    with Netlink(desk.socket()) as link:
        link.remove(pair_name(place))


def pair_name(place: Place) -> str:
    """Return what the network's end of a pair is called: 13 characters, one for each container and network."""
    return f"v{place.container[:6]}{place.network[:6]}"


def uplinks(link: Netlink, own: set[str]) -> list[Link]:
    """Return the interfaces of a container that are neither loopback nor those of its networks."""
    return [found for found in link.links() if found.name not in own | {LOOPBACK}]
