"""The one node of a swarm in Docker's words."""

import os
import time
from collections.abc import Callable
from typing import Any

from hull.commands._details import time_text
from hull.docker import host, swarm, swarm_bodies, system
from hull.docker.fields import Fields
from hull.docker.filters import Filters
from hull.engine import Engine
from hull.errors import Missing, UserError
from hull.state.swarm import Swarm


def listed(engine: Engine, asked: Filters) -> list[dict[str, Any]]:
    """Return the node's document, where the filters let it through."""
    found = swarm.current(engine)
    tests: dict[str, Callable[[str], bool]] = {
        "id": found.node.startswith,
        "name": os.uname().nodename.startswith,
        "label": lambda value: _labelled({}, value),  # an engine's
        "node.label": lambda value: _labelled(found.labels, value),
        "role": lambda value: _one_of("role", value, ("manager", "worker")) == "manager",
        "membership": lambda value: _one_of("membership", value, ("accepted", "pending")) == "accepted",
    }
    for key in asked:
        if key not in tests:
            raise UserError(f"invalid filter '{key}'")
    through = all(any(tests[key](value) for value in values) for key, values in asked.items() if values)
    return [_node(found)] if through else []


def _labelled(labels: dict[str, str], word: str) -> bool:
    key, equals, value = word.partition("=")
    return key in labels and (not equals or labels[key] == value)


def _one_of(what: str, word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise UserError(f"Invalid {what} filter: '{word}'")
    return word


def inspect(engine: Engine, word: str) -> dict[str, Any]:
    """Return the document of the node of that id, host name, or beginning of the id."""
    return _node(_meant(engine, word))


def _meant(engine: Engine, word: str) -> Swarm:
    found = swarm.current(engine)
    if word != os.uname().nodename and not (word and found.node.startswith(word)):
        raise Missing(f"node {word} not found")
    return found


def _node(found: Swarm) -> dict[str, Any]:
    name = {"Name": found.name} if found.name else {}
    plugins = [{"Type": kind, "Name": one} for kind, names in sorted(system.plugins().items()) for one in names or ()]
    return {
        "ID": found.node,
        "Version": {"Index": found.node_version},
        "CreatedAt": time_text(found.created),
        "UpdatedAt": time_text(found.node_updated),
        "Spec": {**name, "Labels": found.labels, "Role": "manager", "Availability": found.availability},
        "Description": {
            "Hostname": os.uname().nodename,
            "Platform": {"Architecture": os.uname().machine, "OS": "linux"},
            "Resources": {"NanoCPUs": (os.cpu_count() or 1) * 10**9, "MemoryBytes": host.memory()},
            "Engine": {"EngineVersion": system.server_version(), "Plugins": plugins},
            "TLSInfo": {},
        },
        "Status": {"State": "ready", "Addr": found.host},
        "ManagerStatus": {"Leader": True, "Reachability": "reachable", "Addr": found.address},
    }


def update(engine: Engine, word: str, body: dict[str, Any], version: int) -> None:
    """Change what was said of the node; it stays the swarm's one manager."""
    fields = Fields(body)
    with swarm.alone(engine):
        found = _meant(engine, word)
        role = fields.text("Role")
        if role not in ("manager", "worker"):
            raise UserError(f'invalid Role: "{role}"')
        said = swarm_bodies.availability(fields.text("Availability"))
        if version != found.node_version:
            raise swarm.Stale(swarm.SEQUENCE)
        if role == "worker":
            raise UserError(
                "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm"
            )
        swarm.row(engine).put(
            found._replace(
                name=fields.text("Name"),
                labels=fields.pairs("Labels"),
                availability=said,
                node_version=found.following,
                node_updated=time.time(),
            )
        )


def remove(engine: Engine, word: str) -> None:
    """Say that the one node stays."""
    found = _meant(engine, word)
    raise UserError(
        f"rpc error: code = FailedPrecondition desc = node {found.node} is a cluster manager and is a member of the "
        "raft cluster. It must be demoted to worker before removal"
    )
