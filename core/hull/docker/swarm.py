"""A swarm of one node, for clients that begin one to have overlay networks. It starts no services, nobody joins it.

Its networks are the store's named networks: one machine's. What is said of raft, certificates and tasks is kept, and
has nothing to act on.
"""

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from hull.commands import _linking, _networks
from hull.commands._details import time_text
from hull.docker import swarm_bodies
from hull.docker.fields import Fields
from hull.engine import Engine
from hull.errors import HullError
from hull.state.networks import NetworkRows
from hull.state.swarm import Swarm, SwarmRow

INGRESS = "ingress"
LETTERS, LENGTH = "0123456789abcdefghijklmnopqrstuvwxyz", 25  # of an id
TOKEN = "SWMTKN-hull-has-one-node-and-lets-nobody-join"  # noqa: S105 (it opens nothing)
ABSENT = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'  # noqa: E501
SEQUENCE = "rpc error: code = Unknown desc = update out of sequence"
NOT_PART = "This node is not part of a swarm"
PART = 'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.'
LAST = "You are attempting to leave the swarm on a node that is participating as a manager. Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. "  # noqa: E501


class Unavailable(HullError):  # noqa: N818 (what it says)
    """What Docker answers with 503: the swarm is not in the state that was taken for granted."""


class Stale(HullError):  # noqa: N818 (what it says)
    """Somebody else has changed it since it was read: 500, as Docker has it."""


def row(engine: Engine) -> SwarmRow:
    """Return where the swarm is kept."""
    return SwarmRow(engine.db)


def alone(engine: Engine) -> AbstractContextManager[bool]:
    """Let nobody else change it inside the `with`."""
    from hull.state import lockfiles

    return lockfiles.held(engine.paths.locks, "swarm")


def current(engine: Engine) -> Swarm:
    """Return the swarm, as a manager sees it."""
    found = row(engine).find()
    if found is None:
        raise Unavailable(ABSENT)
    return found


def begin(engine: Engine, body: dict[str, Any]) -> str:
    """Make the swarm of a body; return the node's id."""
    with alone(engine):
        there = row(engine).find()
        if there is not None and not body.get("ForceNewCluster"):
            raise Unavailable(PART)
        asked = swarm_bodies.beginning(Fields(body))
        if there is not None:
            return row(engine).put(there._replace(version=there.following)).node
        made = Swarm(_ident(), _ident(), asked.address, asked.spec, _token(), _token())
        made = made._replace(pools=asked.pools, size=asked.size, port=asked.port, availability=asked.availability)
        _networks.create(
            engine, INGRESS, of_pools(made, _networks.Asked(driver="overlay", scope="swarm", ingress=True))
        )
        return row(engine).put(made).node


def of_pools(swarm: Swarm, asked: _networks.Asked) -> _networks.Asked:
    """Return what is asked of a network of the swarm: its subnet is of the swarm's pools."""
    from hull.network.subnets import POOLS

    return asked._replace(pools=swarm.pools or POOLS, size=swarm.size)


def _ident() -> str:
    return "".join(LETTERS[byte % len(LETTERS)] for byte in os.urandom(LENGTH))


def _token() -> str:
    return f"{TOKEN}-{_ident()}"


def leave(engine: Engine, *, force: bool) -> None:
    """End the swarm; its networks go, and who was on one goes on without it."""
    with alone(engine):
        if not row(engine).active():
            raise Unavailable(NOT_PART)
        if not force:
            raise Unavailable(LAST)
        for network in NetworkRows(engine.db).all():
            if network.scope != "swarm":
                continue
            for ident in _networks.inspect(engine, network.id)["Containers"]:
                _linking.disconnect(engine, network.id, ident, force=True)
            _networks.remove(engine, network.id, force=True)
        row(engine).remove()


def inspect(engine: Engine) -> dict[str, Any]:
    """Return the swarm's document."""
    found = current(engine)
    return {**_cluster(found), "JoinTokens": {"Worker": found.worker, "Manager": found.manager}}


def _cluster(found: Swarm) -> dict[str, Any]:
    return {
        "ID": found.id,
        "Version": {"Index": found.version},
        "CreatedAt": time_text(found.created),
        "UpdatedAt": time_text(found.updated),
        "Spec": found.spec,
        "TLSInfo": {},
        "RootRotationInProgress": False,
        "DefaultAddrPool": list(found.pools) or None,
        "SubnetSize": found.size,
        "DataPathPort": found.port,
    }


def update(engine: Engine, body: dict[str, Any], version: int, rotate: Callable[[str], bool]) -> None:
    """Change the swarm's spec; `rotate` is whether a token is to be made anew, by its name in the query."""
    with alone(engine):
        found = current(engine)
        spec = swarm_bodies.spec(Fields(body))
        if version != found.version:
            raise Stale(SEQUENCE)
        worker = _token() if rotate("rotateWorkerToken") else found.worker
        manager = _token() if rotate("rotateManagerToken") else found.manager
        row(engine).put(
            found._replace(spec=spec, worker=worker, manager=manager, version=found.following, updated=time.time())
        )


def info(engine: Engine) -> dict[str, Any]:
    """Return what `/info` tells of it."""
    found = row(engine).find()
    if found is None:
        return {
            "NodeID": "",
            "NodeAddr": "",
            "LocalNodeState": "inactive",
            "ControlAvailable": False,
            "Error": "",
            "RemoteManagers": None,
        }
    return {
        "NodeID": found.node,
        "NodeAddr": found.host,
        "LocalNodeState": "active",
        "ControlAvailable": True,
        "Error": "",
        "RemoteManagers": [{"NodeID": found.node, "Addr": found.address}],
        "Nodes": 1,
        "Managers": 1,
        "Cluster": _cluster(found),
    }
