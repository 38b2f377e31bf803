"""The way out of a container that runs: put down and up, and so the usual network connected and disconnected."""

import json
import os
from contextlib import ExitStack

from hull.commands import _meeting, _network_rows, _places
from hull.commands._places import Member
from hull.engine import Engine
from hull.errors import Conflict, UserError
from hull.light import TYPE_CHECKING
from hull.model import Endpoint
from hull.state.containers import Container, NoSuchContainer
from hull.state.networks import Network

if TYPE_CHECKING:
    from hull.model import Spec
    from hull.runtime.outer import Desk

USUAL = ("default", "bridge")  # hull's name of it, and Docker's
DEFAULT, NONE = "default", "none"
APART = ("host", "container")  # networks of which none of ours can be beside
FILE = "uplink"  # what the interfaces of a way out had when they were put down


def kept(engine: Engine, row: Container) -> bool:
    """Whether a container has a way out that was put down."""
    return os.path.exists(f"{engine.paths.container(row.id)}/{FILE}")


def connect(engine: Engine, container: str, asked: Endpoint) -> None:
    """Connect a container to the usual network: give it its way out, at once where it runs."""
    if asked._replace(network="") != Endpoint(""):
        raise UserError(
            "cannot ask for names, addresses or options on the default network: each container is alone there",
            "hull network create NAME, and connect to that",
        )
    row = engine.containers.find(container)
    with engine.containers.lock(row):
        row = engine.containers.find(row.id)
        _may_connect(row)
        spec = row.spec._replace(network=DEFAULT)
        if engine.containers.status(row).up and not _leads_out(engine, row.spec):
            if not kept(engine, row):
                raise UserError(
                    f"cannot connect {row.name} to default while it runs: it was started without a way out",
                    f"hull stop {row.name}, hull network connect default {row.name}, hull start {row.name}",
                )
            _turn(engine, row, up=True)
        engine.containers.respecify(row, spec)
    _tell(engine, "connect", row)


def _may_connect(row: Container) -> None:
    mode = row.spec.network.partition(":")[0]
    if mode == DEFAULT:
        raise Conflict(f"cannot connect {row.name} to default: it is on it", f"hull inspect {row.name}")
    if mode in APART or _is_way(row.spec):
        raise UserError(f"cannot connect {row.name} to default: its network is {mode}", "start it anew: hull run")


def disconnect(engine: Engine, container: str, *, force: bool) -> None:
    """Take the usual network from a container; what named networks it is on may lead out still."""
    try:
        row = engine.containers.find(container)
    except NoSuchContainer:
        if force:
            return
        raise
    with engine.containers.lock(row):
        row = engine.containers.find(row.id)
        if row.spec.network != DEFAULT:
            raise Conflict(f"cannot disconnect {row.name} from default: it is not on it", f"hull inspect {row.name}")
        first = next((endpoint.network for endpoint in row.spec.networks), NONE)
        spec = row.spec._replace(network=first)
        if engine.containers.status(row).up and not _leads_out(engine, spec):
            _turn(engine, row, up=False)
        engine.containers.respecify(row, spec)
    _tell(engine, "disconnect", row)


def _is_way(spec: "Spec") -> bool:
    """Whether a container has a way out by a name of its own, beside any named networks."""
    from hull.network import NAMES

    return spec.network.partition(":")[0] in NAMES and spec.network != NONE


def _leads_out(engine: Engine, spec: "Spec") -> bool:
    """Whether a container whose spec this is has a way out."""
    internal = {network.name: network.internal for network in _places.rows(engine).all()}
    return _is_way(spec) or any(not internal.get(endpoint.network, True) for endpoint in spec.networks)


def _turn(engine: Engine, row: Container, *, up: bool) -> None:
    from hull.runtime.outer import Desk

    with _places.alone(engine), ExitStack() as held:
        mine = next((m for m in _places.living(engine) if m.row.id == row.id), Member(row, ()))
        inside = os.open(f"/proc/{engine.containers.status(row).init.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        held.callback(os.close, inside)
        outer = _meeting.owner(engine, inside)
        held.callback(outer.close)
        with Desk(outer.identity, outer) as desk:
            switch(desk, inside, engine.paths.container(row.id), mine, up=up)


def switch(desk: "Desk", inside: int, directory: str, member: Member, *, up: bool) -> None:
    """Put the way out down, or up with the addresses and routes that it had."""
    from hull.network import wiring
    from hull.network.netlink import Netlink

    path = f"{directory}/{FILE}"
    if up and not os.path.exists(path):
        return
    desk.enter(inside)
    with Netlink(desk.socket()) as link:
        found = wiring.uplinks(link, {place.interface for place in member.places})
        if not up:
            had = {one.name: [(kind, body.hex()) for kind, body in link.of_link(one.number)] for one in found if one.up}
            if had:  # else what was put down before is still to be known
                with open(path, "w", encoding="ascii") as file:
                    json.dump(had, file)
            for name in had:
                link.set_up(name, up=False)
            return
        with open(path, encoding="ascii") as file:
            had = json.load(file)
        for name in (one.name for one in found if one.name in had):
            link.set_up(name)
            link.replay([(kind, bytes.fromhex(body)) for kind, body in had[name]])
    os.unlink(path)


def _tell(engine: Engine, action: str, row: Container) -> None:
    usual = _network_rows.built_in(DEFAULT)
    _places.tell(engine, action, Network(usual.id, USUAL[1], ()), row.id, row.name)
