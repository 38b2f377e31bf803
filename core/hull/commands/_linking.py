"""Connect a container to a network and disconnect it, also while it runs."""

import os
import time
from contextlib import ExitStack

from hull.commands import _meeting, _places, _uplinks
from hull.commands._meeting import Joining
from hull.commands._network_words import ALONE, RESERVED
from hull.commands._places import Member
from hull.engine import Engine
from hull.errors import Conflict, UserError
from hull.light import TYPE_CHECKING
from hull.state.containers import Container, NoSuchContainer
from hull.state.networks import Network, NoSuchNetwork, Place
from hull.state.processes import Process, boot_id, start_tick

if TYPE_CHECKING:
    from hull.model import Endpoint, Spec
    from hull.runtime.outer import Desk

Many = tuple[str, ...]
HELD_AT = 4  # where a holder has the namespace open


def connect(engine: Engine, network: str, container: str, asked: "Endpoint") -> None:
    """Connect a container; at once where it runs, with its next start where not. `asked` names no network."""
    if network in _uplinks.USUAL:
        _uplinks.connect(engine, container, asked)
        return
    if network in RESERVED:
        raise UserError(
            f"cannot connect to {network}: only a new container can be there", f"hull run --network {network}"
        )
    known = _places.rows(engine).find(network)
    asked = asked._replace(network=known.name)
    row = engine.containers.find(container)
    _may_connect(row, known)
    with engine.containers.lock(row):
        row = engine.containers.find(row.id)
        if engine.containers.status(row).up:
            _plug(engine, row, known, asked)
        else:
            spec = _with(row, asked)
            _meeting.check(engine, spec)
            engine.containers.respecify(row, spec)


def _may_connect(row: Container, network: Network) -> None:
    mode = row.spec.network.partition(":")[0]
    if mode in ALONE and mode != "none":
        raise UserError(
            f"cannot connect {row.name} to {network.name}: its network is {mode}",
            f"start it anew: hull run --network {network.name}",
        )
    if any(e.network == network.name for e in row.spec.networks):
        raise Conflict(
            f"cannot connect {row.name} to {network.name}: it is on it", f"hull network inspect {network.name}"
        )


def _with(row: Container, asked: "Endpoint") -> "Spec":
    """Return what is asked of a container once it is on one network more; one that was on none has that for its own."""
    way = asked.network if row.spec.network == "none" else row.spec.network
    return row.spec._replace(network=way, networks=(*row.spec.networks, asked))


def _plug(engine: Engine, row: Container, network: Network, asked: "Endpoint") -> None:
    from hull.network import wiring
    from hull.runtime.outer import Desk

    _meeting.attach(network)
    with _places.alone(engine), ExitStack() as held:  # a server connects again and again
        members = _places.living(engine)
        inside = os.open(f"/proc/{engine.containers.status(row).init.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        held.callback(os.close, inside)
        outer = _meeting.owner(engine, inside)
        held.callback(outer.close)
        lacks = row.spec.network == "none" and not network.internal and not _uplinks.kept(engine, row)
        if lacks or not _same(engine, members, outer.fd, row):
            reason = "it was started without a way out" if lacks else "its own user namespace owns its network"
            raise UserError(
                f"cannot connect {row.name} to {network.name} while it runs: {reason}",
                f"hull stop {row.name}, hull network connect {network.name} {row.name}, hull start {row.name}",
            )
        mine = next((m for m in members if m.row.id == row.id), Member(row, ()))
        joining = Joining(asked, network, _interface(mine), members)
        with Desk(outer.identity, outer) as desk:
            place = _meeting.placed(engine, row, joining)
            space = _meeting.open_space(engine, desk, joining)
            held.callback(os.close, space)
            wiring.plug(desk, space, inside, network, place, asked.link_local)
            place = _held(engine, row, desk, space, place)
            if not network.internal:
                _uplinks.switch(desk, inside, engine.paths.container(row.id), mine, up=True)
        _places.rows(engine).put(place)
        row = engine.containers.respecify(row, _with(row, asked))
        _places.publish(engine, _places.living(engine))
    _places.tell(engine, "connect", network, row.id, row.name)


def _same(engine: Engine, members: list[Member], outer: int, row: Container) -> bool:
    """Whether the user namespace that owns the container's network is that of all networks, or can become it."""
    known = _meeting.find_outer(engine, [m for m in members if m.row.id != row.id], session=False)
    if known is None:
        status = engine.containers.status(row)
        return os.fstat(outer).st_ino != os.stat(f"/proc/{status.init.pid}/ns/user").st_ino
    try:
        return os.path.samestat(os.fstat(known.fd), os.fstat(outer))
    finally:
        known.close()


def _interface(mine: Member) -> str:
    used = {place.interface for place in mine.places}
    return next(f"eth{number}" for number in range(len(used) + 1) if f"eth{number}" not in used)


def _held(engine: Engine, row: Container, desk: "Desk", space: int, place: Place) -> Place:
    """Leave a process that keeps the network as long as the container runs: its launcher cannot be given it now."""
    beside = os.pidfd_open(engine.containers.status(row).parent.pid)
    try:
        pid = desk.keep(beside, space)
    finally:
        os.close(beside)
    holder = Process(pid, start_tick(pid), boot_id())
    return place._replace(inode=os.fstat(space).st_ino, descriptor=HELD_AT, since=time.time(), holder=holder)


def disconnect(engine: Engine, network: str, container: str, *, force: bool) -> None:
    """Disconnect a container; `force` does not complain of a network or a container that is not there."""
    if network in _uplinks.USUAL:
        _uplinks.disconnect(engine, container, force=force)
        return
    try:
        known = _places.rows(engine).find(network)
        row = engine.containers.find(container)
    except (NoSuchNetwork, NoSuchContainer):
        if force:
            return
        raise
    left = tuple(e for e in row.spec.networks if e.network != known.name)
    if len(left) == len(row.spec.networks):
        raise Conflict(
            f"cannot disconnect {row.name} from {known.name}: it is not on it", f"hull network inspect {known.name}"
        )
    with engine.containers.lock(row), _places.alone(engine):
        members = _places.living(engine)
        mine = next((m for m in members if m.row.id == row.id), Member(row, ()))
        place = next((p for p in mine.places if p.network == known.id), None)
        if place is not None:
            _unplug(engine, mine, place)
        _places.rows(engine).drop(known.id, row.id)
        way = row.spec.network
        if way == known.name:
            way = left[0].network if left else "none"
        engine.containers.respecify(row, row.spec._replace(networks=left, network=way))
        _places.publish(engine, _places.living(engine))
    _places.tell(engine, "disconnect", known, row.id, row.name)


def _unplug(engine: Engine, mine: Member, place: Place) -> None:
    import signal

    from hull.network import names, wiring
    from hull.runtime.outer import Desk
    from hull.runtime.processes import send

    space = _places.space(engine, mine, place)
    if space < 0:
        return
    outer = _meeting.owner(engine, space)
    left = Member(mine.row, tuple(other for other in mine.places if other != place))
    try:
        with Desk(outer.identity, outer) as desk:
            wiring.unplug(desk, space, place)
            if not _leads_out(engine, left):
                pid = engine.containers.status(mine.row).init.pid
                inside = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
                _uplinks.switch(desk, inside, engine.paths.container(mine.row.id), left, up=False)
                os.close(inside)
    finally:
        os.close(space)
        outer.close()
    if place.descriptor == HELD_AT and place.holder != Process.own():
        send(place.holder, signal.SIGKILL)
    if not left.places:
        names.tell(engine.paths.container(mine.row.id), [])


def _leads_out(engine: Engine, member: Member) -> bool:
    """Whether what a container is on leaves it a way out."""
    if member.row.spec.network.partition(":")[0] in RESERVED:
        return True
    internal = {network.id: network.internal for network in _places.rows(engine).all()}
    return any(not internal.get(place.network, True) for place in member.places)
