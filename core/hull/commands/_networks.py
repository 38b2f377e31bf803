"""Networks of one's own: make, list, describe, remove. Source of the words and shapes: Docker's network reference."""

import os
from collections.abc import Callable

from hull.commands import _asked, _places
from hull.commands._places import Member
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Any, NamedTuple
from hull.state.networks import Network, NoSuchNetwork, Subnet

Many = tuple[str, ...]
SHORT = 12
BUILT_IN = {"default": "bridge", "host": "host", "none": "null"}
FILTERS = ("name", "id", "driver", "scope", "label", "type", "dangling")
HEADINGS = {
    "ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE", "IPv4": "IPV4", "IPv6": "IPV6",
    "Internal": "INTERNAL", "Labels": "LABELS", "CreatedAt": "CREATED AT",
}  # fmt: skip


class NetworkRow(NamedTuple):
    """One network; `created` in seconds since the epoch, 0 for one that always was."""

    id: str
    name: str
    driver: str
    scope: str
    internal: bool
    ipv4: bool
    ipv6: bool
    labels: dict[str, str]
    created: float

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        from hull.units import moment

        return {
            "ID": self.id,
            "Name": self.name,
            "Driver": self.driver,
            "Scope": self.scope,
            "IPv4": str(self.ipv4).lower(),
            "IPv6": str(self.ipv6).lower(),
            "Internal": str(self.internal).lower(),
            "Labels": ",".join(f"{key}={value}" for key, value in self.labels.items()),
            "Label": lambda key: self.labels.get(key, ""),
            "CreatedAt": moment(self.created),
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return {**HEADINGS, "Label": lambda key: key.upper()}

    @staticmethod
    def layout(_rows: "list[NetworkRow]") -> Many:
        """Return the columns of the table."""
        return ("ID", "Name", "Driver", "Scope")


class Asked(NamedTuple):
    """What `create` was told, as words."""

    subnets: Many = ()
    gateways: Many = ()
    ranges: Many = ()
    v6: bool = False
    internal: bool = False
    labels: Many = ()
    options: Many = ()


def create(engine: Engine, name: str, asked: Asked) -> str:
    """Make a network; return its id. Nothing runs for it until a container is on it."""
    from hull.commands._flags import container_name
    from hull.commands._network_words import RESERVED
    from hull.network import routes, subnets

    if name in RESERVED:
        raise UserError(f"cannot create the network {name}: the name has a meaning of its own", "choose another name")
    container_name(name)
    options = tuple(map(_option, asked.options))
    seed = os.urandom(5).hex()
    with _places.alone(engine):
        taken = [subnet.subnet for network in _places.rows(engine).all() for subnet in network.subnets]
        words = subnets.Asked(asked.subnets, asked.gateways, asked.ranges, asked.v6)
        chosen = subnets.choose(words, taken, routes.occupied(), seed)
        made = _places.rows(engine).add(Network("", name, chosen, asked.internal, asked.labels, options))
    _places.tell(engine, "create", made)
    return made.id


def _option(word: str) -> str:
    key, equals, value = word.partition("=")
    if key not in ("mtu", "com.docker.network.driver.mtu"):
        raise UserError(f"cannot use --opt {word}: unknown", "the option is mtu=BYTES")
    if not equals or not value.isdecimal() or not 68 <= int(value) <= 65535:  # noqa: PLR2004 (IPv4's limits)
        raise UserError(f"cannot use --opt {word}: not a size of packets", "write --opt mtu=1400")
    return word


def rows(engine: Engine, words: Many, *, whole: bool) -> list[NetworkRow]:
    """Return the networks that the filters let through, the built-in ones with them."""
    asked = _asked.words(words, FILTERS)
    used = {place.network for member in _members(engine) for place in member.places} if "dangling" in asked else set()
    found = [_row(network) for network in _places.rows(engine).all()]
    found += [_built_in(name) for name in BUILT_IN]
    chosen = [row for row in sorted(found, key=lambda row: row.name) if _shown(row, asked, used)]
    return chosen if whole else [row._replace(id=row.id[:SHORT]) for row in chosen]


def _members(engine: Engine) -> list[Member]:
    with _places.alone(engine):
        return _places.living(engine)


def _shown(row: NetworkRow, asked: dict[str, list[str]], used: set[str]) -> bool:
    tests: dict[str, Callable[[str], bool]] = {
        "name": lambda value: value in row.name,
        "id": row.id.startswith,
        "driver": lambda value: row.driver == value,
        "scope": lambda value: row.scope == value,
        "label": lambda value: _asked.labelled(row.labels, value),
        "type": lambda value: value == ("custom" if row.created else "builtin"),
        "dangling": lambda value: bool(row.created) and (row.id not in used) is (value in ("true", "1")),
    }
    return all(_asked.decide(key)(tests[key](value) for value in values) for key, values in asked.items())


def _row(network: Network) -> NetworkRow:
    v4 = any(not subnet.v6 for subnet in network.subnets)
    return NetworkRow(
        network.id, network.name, "bridge", "local", network.internal, v4, network.v6, labels(network), network.created
    )


def _built_in(name: str) -> NetworkRow:
    import hashlib

    ident = hashlib.sha256(f"hull network {name}".encode()).hexdigest()
    return NetworkRow(ident, name, BUILT_IN[name], "local", False, name == "default", False, {}, 0.0)


def labels(network: Network) -> dict[str, str]:
    """Return a network's labels."""
    return {key: value for key, _, value in (word.partition("=") for word in network.labels)}


def inspect(engine: Engine, word: str) -> dict[str, Any]:
    """Return the document of a network, with the containers that are on it now."""
    from hull.commands._details import time_text

    name = "default" if word == "bridge" else word
    if name in BUILT_IN:
        row = _built_in(name)
        network = Network(row.id, row.name, ())
    else:
        network = _places.rows(engine).find(word)
        row = _row(network)
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": time_text(network.created),
        "Scope": "local",
        "Driver": row.driver,
        "EnableIPv4": row.ipv4,
        "EnableIPv6": row.ipv6,
        "IPAM": {"Driver": "default", "Options": {}, "Config": [_config(subnet) for subnet in network.subnets]},
        "Internal": network.internal,
        "Attachable": False,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": _containers(engine, network),
        "Options": dict(option.partition("=")[::2] for option in network.options),
        "Labels": labels(network),
    }


def _config(subnet: Subnet) -> dict[str, str]:
    within = {"IPRange": subnet.ip_range} if subnet.ip_range else {}
    return {"Subnet": subnet.subnet, **within, "Gateway": subnet.gateway}


def _containers(engine: Engine, network: Network) -> dict[str, Any]:
    found = {}
    for member in _members(engine):
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
    if word in BUILT_IN or word == "bridge":
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
            raise UserError(
                f"cannot rm the network {network.name}: {' and '.join(names)} {'is' if len(on) == 1 else 'are'} on it",
                f"hull network disconnect {network.name} {names[0]}, or hull rm -f {' '.join(names)}",
            )
        _places.rows(engine).remove(network)
    _places.tell(engine, "destroy", network)
    return [word]


def prune(engine: Engine, words: Many) -> list[str]:
    """Remove the networks that no container is on, or is to be on when it starts; return their names."""
    takes = _asked.prunable(_asked.words(words, _asked.PRUNING))
    wanted = {endpoint.network for row in engine.containers.all() for endpoint in row.spec.networks}
    gone = []
    for network in _places.rows(engine).all():
        if network.name in wanted or not takes(network.created, labels(network)):
            continue
        try:
            remove(engine, network.id, force=True)
        except UserError:
            continue  # somebody came to it a moment ago
        gone.append(network.name)
    return gone
