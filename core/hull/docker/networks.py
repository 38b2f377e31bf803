"""Networks in Docker's words: bodies of create and connect, documents, and which of hull's is Docker's `bridge`."""

import contextlib
from typing import Any

from hull.commands import _linking, _network_rows, _networks
from hull.commands._asked import PRUNING
from hull.commands._networks import Asked
from hull.docker import create_networks, filters
from hull.docker.fields import Fields
from hull.docker.filters import Filters
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import Conflict, Missing, Unsupported, UserError

USUAL, BRIDGE = "default", "bridge"  # hull's name of the network of containers that name none, and Docker's
PREDEFINED = (BRIDGE, "host", "none", USUAL)
SWARM = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'  # noqa: E501
FAMILIES = Version(1, 48)  # since then a body may say no to IPv4
DETAILED = Version(1, 28)  # before, a list told who is on each network


class Refused(UserError):  # noqa: N818 (what it says)
    """What Docker answers with 403: what nobody may do to a network."""


def shown(name: str) -> str:
    """Return Docker's name of a network."""
    return BRIDGE if name == USUAL else name


def known(word: str) -> str:
    """Return hull's name of a network."""
    return USUAL if word == BRIDGE else word


def listed(engine: Engine, asked: Filters, version: Version) -> list[dict[str, Any]]:
    """Return the documents of the networks that the filters let through."""
    said = {key: [known(value) for value in values] if key == "name" else values for key, values in asked.items()}
    words = filters.words(said, _network_rows.FILTERS)
    found = []
    for row in _network_rows.rows(engine, words, whole=True):
        with contextlib.suppress(Missing):  # removed meanwhile
            found.append(_document(_networks.inspect(engine, row.id), listed=version >= DETAILED))
    return found


def inspect(engine: Engine, word: str, scope: str = "") -> dict[str, Any]:
    """Return one network's document."""
    if scope not in ("", "local"):
        raise Missing(f"network {word} not found")
    return _document(_find(engine, word))


def _find(engine: Engine, word: str) -> dict[str, Any]:
    try:
        return _networks.inspect(engine, word)
    except Missing:
        raise Missing(f"network {word} not found") from None


def _document(found: dict[str, Any], *, listed: bool = False) -> dict[str, Any]:
    ipam = found["IPAM"]
    more: dict[str, Any] = {"Containers": {}} if listed else {}
    return {**found, **more, "Name": shown(found["Name"]), "IPAM": {**ipam, "Options": ipam["Options"] or None}}


def create(engine: Engine, body: dict[str, Any], version: Version) -> dict[str, str]:
    """Make the network of a body; return the answer's."""
    fields = Fields(body)
    name = fields.text("Name")
    if name in PREDEFINED:
        raise Refused(f"operation is not permitted on predefined {name} network")
    _possible(fields)
    try:
        ident = _networks.create(engine, name, _asked(fields, version))
    except Conflict:
        raise Conflict(f"network with name {name} already exists") from None
    return {"Id": ident, "Warning": ""}


def _possible(fields: Fields) -> None:
    """Refuse networks that there are none of here, in Docker's words where it has some."""
    driver = fields.text("Driver") or BRIDGE
    if driver == "overlay" or fields.flag("Ingress") or fields.text("Scope") in ("swarm", "global"):
        raise Refused(SWARM)
    if driver in ("host", "null"):
        raise Refused(f'only one instance of "{driver}" network is allowed')
    if driver in ("macvlan", "ipvlan"):
        raise Unsupported(
            f"cannot create a network of the driver {driver}: it takes root of this machine's own network"
        )
    if driver != BRIDGE:
        raise Missing(f'could not find plugin {driver} in v1 plugin registry: plugin "{driver}" not found')
    for key in ("ConfigOnly", "ConfigFrom"):
        if fields.asked(key) and fields.data[key] != {"Network": ""}:
            raise Unsupported(f"cannot set {key}: hull keeps no configurations of networks apart")


def _asked(fields: Fields, version: Version) -> Asked:
    """Return a body as the verb's words."""
    ipam = fields.inner("IPAM")
    if ipam.text("Driver") not in ("", "default") or ipam.asked("Options"):
        raise Unsupported("cannot use an IPAM driver or its options: hull has its own alone")
    pools = ipam.each("Config")
    v6 = fields.flag("EnableIPv6")
    v4 = None if version < FAMILIES or fields.data.get("EnableIPv4") is None else fields.flag("EnableIPv4")
    reserved = [
        pair for pool in pools for key in ("AuxiliaryAddresses", "AuxAddress") for pair in pool.pairs(key).items()
    ]
    return Asked(
        _each(pools, "Subnet"),
        _each(pools, "Gateway"),
        _each(pools, "IPRange"),
        v6,
        fields.flag("Internal"),
        _words(fields.pairs("Labels")),
        _words(fields.pairs("Options")),
        (v4 is None or v4) if pools or v4 is not None else None,
        tuple(f"{key}={value}" for key, value in reserved),
        fields.flag("Attachable"),
    )


def _each(pools: list[Fields], key: str) -> tuple[str, ...]:
    return tuple(word for pool in pools if (word := pool.text(key)))


def _words(pairs: dict[str, str]) -> tuple[str, ...]:
    return tuple(f"{key}={value}" for key, value in pairs.items())


def remove(engine: Engine, word: str) -> None:
    """Remove a network."""
    found = _find(engine, word)
    if found["Name"] in PREDEFINED:
        raise Refused(f"{shown(found['Name'])} is a pre-defined network and cannot be removed")
    try:
        _networks.remove(engine, found["Id"], force=False)
    except Conflict:
        on = [f'name:"{one["Name"]}" id:"{ident[:12]}"' for ident, one in found["Containers"].items()]
        who = f" ({', '.join(on)})" if on else ""
        raise Refused(f"error while removing network: network {found['Name']} has active endpoints{who}") from None


def prune(engine: Engine, asked: Filters) -> dict[str, Any]:
    """Remove what no container is on; return the answer's body."""
    words = filters.words(asked, PRUNING)
    return {"NetworksDeleted": _networks.prune(engine, words) or None}


def connect(engine: Engine, word: str, body: dict[str, Any]) -> None:
    """Connect the container of a body."""
    fields = Fields(body)
    asked = create_networks.endpoint("", fields.inner("EndpointConfig"))
    found = _find(engine, word)
    name = found["Name"]
    if name in PREDEFINED:
        raise Refused(f"cannot connect to {shown(name)}: only a new container can be there")
    try:
        _linking.connect(engine, name, fields.text("Container"), asked)
    except Conflict as error:
        raise Refused(error.message) from None


def disconnect(engine: Engine, word: str, body: dict[str, Any]) -> None:
    """Disconnect the container of a body."""
    fields = Fields(body)
    container = fields.text("Container")
    try:
        _linking.disconnect(engine, _find(engine, word)["Name"], container, force=fields.flag("Force"))
    except Conflict:
        raise Refused(f"container {container} is not connected to network {word}") from None
