"""A container comes to its named networks: a namespace made before it, wired, and handed to its launcher."""

import os
import time

from hull.commands import _places
from hull.commands._places import Member
from hull.engine import Engine
from hull.errors import Conflict, HostError, UserError
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Endpoint, Spec
from hull.runtime.ops import INHERITED, Op
from hull.state.containers import Container
from hull.state.networks import Network, Place
from hull.state.processes import Process

if TYPE_CHECKING:
    from hull.runtime.outer import Desk, Outer
    from hull.runtime.session import Session

SEPARATE = ("none", "host", "container")


class Met(NamedTuple):
    """What a start inherits: `outer`, the container's network namespace, its networks' ones. All are open here."""

    outer: "Session"
    namespace: int
    kept: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()

    @property
    def ops(self) -> tuple[Op, ...]:
        """The plan's part."""
        return tuple(("keep", f"{INHERITED}{fd}") for fd in self.kept)

    @property
    def path(self) -> str:
        """The namespace that the container enters."""
        return f"{INHERITED}{self.namespace}"

    def close(self) -> None:
        """Let go of everything: the start failed."""
        for fd in (self.namespace, *self.kept):
            os.close(fd)
        self.outer.close()


def networks_of(engine: Engine, spec: Spec) -> list[tuple[Endpoint, Network]]:
    """Return the networks that a spec names; UserError for one that is not there."""
    return [(endpoint, _places.rows(engine).find(endpoint.network)) for endpoint in spec.networks]


def uplink(engine: Engine, spec: Spec) -> str:
    """Return the way out of a container on named networks: as asked, none where all its networks are internal."""
    from hull.network import NAMES

    if spec.network.partition(":")[0] in NAMES:
        return spec.network
    if any(not network.internal for _, network in networks_of(engine, spec)):
        return "default"
    if spec.ports:
        raise UserError(
            "cannot publish ports: every network of the container is internal",
            "add a network with a way out, as --network default",
        )
    return "none"


def check(engine: Engine, spec: Spec) -> None:
    """Fail where a start would: unknown networks, addresses that cannot be.

    Not where only internal networks are named and ports are to be published: another may be connected before the start.
    """
    members = _places.living(engine) if spec.networks else []
    for endpoint, network in networks_of(engine, spec):
        _given(network, endpoint, _used(members, network), ())


def attach(network: Network) -> None:
    """Refuse a network of a swarm to which nobody may come by himself."""
    if not network.open:
        raise Conflict(
            f"could not attach to network {network.name}: network {network.name} not manually attachable",
            "docker network create --driver overlay --attachable NAME",
        )


def meet(engine: Engine, row: Container) -> Met:
    """Make the container's network namespace and plug it into each of its networks."""
    from hull.runtime.outer import Desk

    wanted = networks_of(engine, row.spec)
    for _, network in wanted:
        attach(network)
    with _places.alone(engine):
        members = [m for m in _places.living(engine) if m.row.id != row.id]
        outer = find_outer(engine, members)
        with Desk(engine.identity(), outer) as desk:
            inside = desk.new()
            if outer is None:
                outer = owner(engine, inside)
            met = Met(outer, inside)
            try:
                for number, (endpoint, network) in enumerate(wanted):
                    met = _join(engine, row, desk, met, Joining(endpoint, network, f"eth{number}", members))
            except BaseException:
                met.close()
                raise
    for _, network in wanted:
        _places.tell(engine, "connect", network, row.id, row.name)
    return met


def announce(engine: Engine) -> None:
    """Write the new member into everybody's /etc/hosts, and everybody into its own."""
    _places.refresh(engine)


class Joining(NamedTuple):
    """One network on the way to a container, and who is on all of them."""

    endpoint: Endpoint
    network: Network
    interface: str
    members: list[Member]


def _join(engine: Engine, row: Container, desk: "Desk", met: Met, joining: Joining) -> Met:
    space = open_space(engine, desk, joining)
    met = met._replace(kept=(*met.kept, space))
    place = placed(engine, row, joining)._replace(
        inode=os.fstat(space).st_ino, descriptor=space, since=time.time(), holder=Process.own()
    )
    _wire(desk, space, met.namespace, joining, place)
    _places.rows(engine).put(place)
    return met._replace(places=(*met.places, place))


def open_space(engine: Engine, desk: "Desk", joining: Joining) -> int:
    """Open the network's namespace; the first member makes it."""
    from hull.network import wiring

    found = next(_places.spaces(engine, joining.members, joining.network.id), -1)
    return wiring.make(desk, joining.network) if found < 0 else found


def placed(engine: Engine, row: Container, joining: Joining) -> Place:
    """Return the addresses that the container gets."""
    network, endpoint = joining.network, joining.endpoint
    before = next((p for p in _places.rows(engine).places(network.id) if p.container == row.id), None)
    used = _used([m for m in joining.members if m.row.id != row.id], network)
    v4, v6 = _given(network, endpoint, used, () if before is None else (before.address, before.address6))
    return Place(network.id, row.id, joining.interface, v4, v6, endpoint.mac or mac(row.id, network.id))


def _wire(desk: "Desk", space: int, inside: int, joining: Joining, place: Place) -> None:
    from hull.network import wiring

    try:
        wiring.plug(desk, space, inside, joining.network, place, joining.endpoint.link_local)
    except OSError as error:
        raise HostError(f"cannot wire the network {joining.network.name}: {error.strerror}", "hull doctor") from None


def _used(members: list[Member], network: Network) -> list[str]:
    places = [place for member in members for place in member.places if place.network == network.id]
    return [address for place in places for address in (place.address, place.address6) if address]


def _given(network: Network, endpoint: Endpoint, used: list[str], before: tuple[str, ...]) -> tuple[str, str]:
    """Return the IPv4 and the IPv6 address of an endpoint; what it had `before` it gets again, if that is free."""
    from hull.network import subnets

    found = ["", ""]
    for family, asked in enumerate((endpoint.address, endpoint.address6)):
        of_family = [subnet for subnet in network.subnets if subnet.v6 is bool(family)]
        chosen = next((s for s in of_family if asked and subnets.holds(s, asked)), next(iter(of_family), None))
        if chosen is None:
            if asked:
                raise UserError(
                    f"cannot use the address {asked}: the network {network.name} has no subnet of its family",
                    "make a network with --subnet, or --ipv6",
                )
            continue
        old = next((word for word in before if word and subnets.holds(chosen, word)), "")
        found[family] = subnets.allocate(chosen, used, asked, old)
    return found[0], found[1]


def mac(container: str, network: str) -> str:
    """Return the hardware address of a container on a network: its own, and always the same."""
    digest = _places.endpoint_id(container, network)
    return ":".join(("02", *(digest[at : at + 2] for at in range(0, 10, 2))))


def find_outer(engine: Engine, members: list[Member], *, session: bool = True) -> "Outer | None":
    """Return the user namespace that owns every network of this user; that of the `session` may become it."""
    from hull.runtime.outer import Outer

    for fd in _places.spaces(engine, members):
        try:
            return owner(engine, fd)
        finally:
            os.close(fd)
    kept = engine.session if session else None
    return None if kept is None else Outer(os.dup(kept.fd), kept.identity)


def owner(engine: Engine, network: int) -> "Outer":
    """Return the user namespace that owns a network namespace on which containers meet."""
    from hull.runtime.outer import owner_of

    return owner_of(network, engine.identity())
