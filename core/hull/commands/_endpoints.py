"""What `inspect` and `ps` tell of a container's networks, in the shape of Docker's API."""

from hull.commands import _places
from hull.engine import Engine
from hull.light import Any
from hull.model import Endpoint, Spec
from hull.state.containers import Container
from hull.state.networks import Network, NoSuchNetwork, Place


def names(spec: Spec) -> tuple[str, ...]:
    """Return the networks of a container: a way out where one was named, then its named networks."""
    named = tuple(endpoint.network for endpoint in spec.networks)
    return named if spec.network in named else (spec.network, *named)


def settings(engine: Engine, row: Container, *, up: bool) -> dict[str, Any]:
    """Return NetworkSettings.Networks and the first network's own fields."""
    given = {place.network: place for place in _mine(engine, row)} if up and row.spec.networks else {}
    networks: dict[str, Any] = {}
    for name in names(row.spec):
        endpoint = next((e for e in row.spec.networks if e.network == name), None)
        networks[name] = document(row, None) if endpoint is None else _named(engine, row, endpoint, given)
    first: dict[str, Any] = next(
        (d for d in networks.values() if d["IPAddress"] or d["GlobalIPv6Address"]), document(row, None)
    )
    fields = (
        "IPAddress",
        "IPPrefixLen",
        "Gateway",
        "MacAddress",
        "GlobalIPv6Address",
        "GlobalIPv6PrefixLen",
        "IPv6Gateway",
    )
    return {**{field: first[field] for field in fields}, "Networks": networks}


def _mine(engine: Engine, row: Container) -> tuple[Place, ...]:
    with _places.alone(engine):
        members = _places.living(engine)
    return next((member.places for member in members if member.row.id == row.id), ())


def _named(engine: Engine, row: Container, endpoint: Endpoint, given: dict[str, Place]) -> dict[str, Any]:
    try:
        network = _places.rows(engine).find(endpoint.network)
    except NoSuchNetwork:
        return document(row, endpoint)
    return document(row, endpoint, network, given.get(network.id))


def document(
    row: Container, endpoint: Endpoint | None, network: Network | None = None, place: Place | None = None
) -> dict[str, Any]:
    """Return what a container has on one network; empty words where it has nothing now."""
    asked = endpoint or Endpoint("")
    config = {"IPv4Address": asked.address, "IPv6Address": asked.address6, "LinkLocalIPs": list(asked.link_local)}
    names = [row.name, *asked.aliases, row.id[:12]] if endpoint else []
    return {
        "IPAMConfig": {key: value for key, value in config.items() if value} or None,
        "Links": list(asked.links) or None,
        "Aliases": list(asked.aliases) or None,
        "DriverOpts": dict(word.partition("=")[::2] for word in asked.options) or None,
        "NetworkID": network.id if network else "",
        "EndpointID": _places.endpoint_id(place.container, place.network) if place else "",
        "MacAddress": place.mac if place else asked.mac,
        **_addresses(network, place),
        "DNSNames": names or None,
    }


def _addresses(network: Network | None, place: Place | None) -> dict[str, Any]:
    from hull.network import subnets

    found: dict[str, Any] = {}
    for v6, names in ((False, ("IPAddress", "IPPrefixLen", "Gateway")), (True, _V6)):
        address = "" if place is None else place.address6 if v6 else place.address
        subnet = next((s for s in network.subnets if address and subnets.holds(s, address)), None) if network else None
        found |= dict(
            zip(
                names, (address, subnets.prefix(subnet) if subnet else 0, subnet.gateway if subnet else ""), strict=True
            )
        )
    return found


_V6 = ("GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPv6Gateway")
