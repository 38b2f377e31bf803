"""Networks of one's own: make, describe, remove. Source of the words and shapes: Docker's network reference."""

import os

from hull.commands import _asked, _places
from hull.commands._network_rows import built_in, labels, members, predefined, row_of
from hull.engine import Engine
from hull.errors import Conflict, UserError
from hull.light import Any, NamedTuple
from hull.state.networks import Network, NoSuchNetwork, Subnet

Many = tuple[str, ...]
PREFIX = "com.docker.network."
MTU = ("mtu", f"{PREFIX}driver.mtu")
# Docker's options of a bridge that say what is so here: they are kept, and shown again. None: any value is.
SO = {
    f"{PREFIX}bridge.enable_icc": "true",
    f"{PREFIX}bridge.enable_ip_masquerade": "true",
    f"{PREFIX}bridge.gateway_mode_ipv4": "nat",
    f"{PREFIX}bridge.gateway_mode_ipv6": "nat",
    f"{PREFIX}bridge.host_binding_ipv4": "0.0.0.0",  # noqa: S104 (what a published port has)
    f"{PREFIX}bridge.default_bridge": "false",
    f"{PREFIX}bridge.name": None,  # it is in a namespace that nobody else sees
}


class Asked(NamedTuple):
    """What `create` was told, as words."""

    subnets: Many = ()
    gateways: Many = ()
    ranges: Many = ()
    v6: bool = False
    internal: bool = False
    labels: Many = ()
    options: Many = ()
    v4: bool | None = None
    reserved: Many = ()
    attachable: bool = False
    driver: str = "bridge"
    scope: str = "local"
    ingress: bool = False
    pools: Many = ()
    size: int = 0


def create(engine: Engine, name: str, asked: Asked) -> str:
    """Make a network; return its id. Nothing runs for it until a container is on it."""
    from hull.commands._network_words import RESERVED
    from hull.network import routes, subnets

    if name in RESERVED:
        raise UserError(f"cannot create the network {name}: the name has a meaning of its own", "choose another name")
    _usable(name)
    options = tuple(map(_option, asked.options))
    seed = os.urandom(5).hex()
    with _places.alone(engine):
        taken = [subnet.subnet for network in _places.rows(engine).all() for subnet in network.subnets]
        words = subnets.Asked(
            *(asked.subnets, asked.gateways, asked.ranges, asked.v6, asked.v4, asked.reserved),
            *((asked.pools, asked.size) if asked.size else ()),
        )
        chosen = subnets.choose(words, taken, routes.occupied(), seed)
        network = Network("", name, chosen, asked.internal, asked.labels, options, attachable=asked.attachable)
        made = _places.rows(engine).add(network._replace(driver=asked.driver, scope=asked.scope, ingress=asked.ingress))
    _places.tell(engine, "create", made)
    return made.id


def _usable(name: str) -> None:
    """Refuse what could not be said after --network, or printed."""
    if not name.strip() or name != name.strip() or not name.isprintable() or set(name) & set(":,=/\\"):
        raise UserError(
            f"cannot name a network {name!r}",
            "names are printable, without ':', ',', '=', '/' and spaces at their ends",
        )


def _option(word: str) -> str:
    key, equals, value = word.partition("=")
    if key in SO:
        if SO[key] not in (None, value.lower()):
            raise UserError(f"cannot use --opt {word}: here it is {SO[key]}", f"leave it out, or write {key}={SO[key]}")
        return word
    if key not in MTU:
        raise UserError(f"cannot use --opt {word}: unknown", "the option is mtu=BYTES")
    if not equals or not value.isdecimal() or not 68 <= int(value) <= 65535:  # noqa: PLR2004 (IPv4's limits)
        raise UserError(f"cannot use --opt {word}: not a size of packets", "write --opt mtu=1400")
    return word


def inspect(engine: Engine, word: str) -> dict[str, Any]:
    """Return the document of a network, with the containers that are on it now."""
    from hull.commands._details import time_text

    if name := predefined(word):
        row = built_in(name)
        network = Network(row.id, row.name, _uplink(engine) if name == "default" else ())
    else:
        network = _places.rows(engine).find(word)
        row = row_of(network)
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": time_text(network.created),
        "Scope": row.scope,
        "Driver": row.driver,
        "EnableIPv4": row.ipv4,
        "EnableIPv6": row.ipv6,
        "IPAM": {"Driver": "default", "Options": {}, "Config": [_config(subnet) for subnet in network.subnets]},
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": network.ingress,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": _containers(engine, network),
        "Options": dict(option.partition("=")[::2] for option in network.options),
        "Labels": labels(network),
    }


def _uplink(engine: Engine) -> tuple[Subnet, ...]:
    """Return what each container has of its own on the default network; with pasta that is this machine's address."""
    from hull.network import slirp4netns, subnets

    return (Subnet(subnets.UPLINK, slirp4netns.GATEWAY),) if engine.host.program("slirp4netns") else ()


def _config(subnet: Subnet) -> dict[str, Any]:
    within = {"IPRange": subnet.ip_range} if subnet.ip_range else {}
    kept = {"AuxiliaryAddresses": dict(word.split("=", 1) for word in subnet.reserved)} if subnet.reserved else {}
    return {"Subnet": subnet.subnet, **within, "Gateway": subnet.gateway, **kept}


def _containers(engine: Engine, network: Network) -> dict[str, Any]:
    found = {}
    for member in members(engine):
        for place in member.places:
            if place.network == network.id:
                found[member.row.id] = {
                    "Name": member.row.name,
                    "EndpointID": _places.endpoint_id(place.container, place.network),
                    "MacAddress": place.mac,
                    "IPv4Address": with_prefix(network, place.address),
                    "IPv6Address": with_prefix(network, place.address6),
                }
    return found


def with_prefix(network: Network, address: str) -> str:
    """Return an address with the length of its subnet's prefix, "" where there is none."""
    from hull.network import subnets

    subnet = next((s for s in network.subnets if address and subnets.holds(s, address)), None)
    return "" if subnet is None else f"{address}/{subnets.prefix(subnet)}"


def remove(engine: Engine, word: str, *, force: bool) -> list[str]:
    """Remove a network that no container is on."""
    if predefined(word):
        raise UserError(f"cannot rm the network {word}: it is always there", "hull network ls lists what can go")
    try:
        network = _places.rows(engine).find(word)
    except NoSuchNetwork:
        if force:
            return []
        raise
    with _places.alone(engine):
        on = [m for m in _places.living(engine) if any(place.network == network.id for place in m.places)]
        if on:
            names = [member.row.name for member in on]
            raise Conflict(
                f"cannot rm the network {network.name}: {' and '.join(names)} {'is' if len(on) == 1 else 'are'} on it",
                f"hull network disconnect {network.name} {names[0]}, or hull rm -f {' '.join(names)}",
            )
        _places.rows(engine).remove(network)
    _places.tell(engine, "destroy", network)
    return [word]


def prune(engine: Engine, words: Many) -> list[str]:
    """Remove the networks that no container is on, or is to be on when it starts; return their names."""
    from hull.commands import _unused

    takes = _asked.prunable(_asked.words(words, _asked.PRUNING))
    wanted = {endpoint.network for row in engine.containers.all() for endpoint in row.spec.networks}
    gone = []
    for network in _places.rows(engine).all():
        if network.ingress or network.name in wanted or not takes(network.created, labels(network)):
            continue
        try:
            remove(engine, network.id, force=True)
        except UserError:
            continue  # somebody came to it a moment ago
        gone.append(network.name)
    _unused.tell(engine, "network", 0)
    return gone
