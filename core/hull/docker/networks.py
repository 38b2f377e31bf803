"""Networks in Docker's words: deeds, documents, and which of hull's is Docker's `bridge`."""

import contextlib
from typing import Any

from hull.commands import _linking, _network_rows, _networks
from hull.commands._asked import PRUNING
from hull.docker import create_networks, filters, networks_asked
from hull.docker.fields import Fields
from hull.docker.filters import Filters
from hull.docker.networks_asked import BRIDGE, Refused
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import Conflict, Missing

USUAL = "default"  # hull's name of the network of containers that name none
PREDEFINED = (BRIDGE, "host", "none", USUAL)
DETAILED = Version(1, 28)  # before, a list told who is on each network


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
    found = _find(engine, word)
    if scope not in ("", found["Scope"]):
        raise Missing(f"network {word} not found")
    return _document(found)


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
    asked = networks_asked.read(engine, fields, version)
    try:
        ident = _networks.create(engine, name, asked)
    except Conflict:
        raise Conflict(f"network with name {name} already exists") from None
    return {"Id": ident, "Warning": ""}


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
    if name in PREDEFINED and name != USUAL:
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
