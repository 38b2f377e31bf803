"""The network part of a start for a container on named networks, or in another container's."""

import os

from hull.commands import _meeting, _places
from hull.commands._attached import Attached
from hull.commands._meeting import Met
from hull.engine import Engine
from hull.errors import UserError
from hull.model import Attachment, Spec
from hull.network import resolving
from hull.network.backend import Beside
from hull.runtime.session import Session
from hull.runtime.warm import Warm
from hull.state.containers import Container

CONTAINER = "container:"
OWN = "127.0.1.1"  # its own name, below the lines that say its addresses
TAP = "tap0"  # what an uplink is called where eth0 is a network's


def warmed(warm: Warm, session: Session, spec: Spec, found: Attachment) -> Attached:
    """Take the namespace that the session has made ahead, where it is what the container would get.

    Not where the container may administer its network or is started again and again: those make their own.
    """
    length = len(warm.uplink)
    rest = found.ops[length:]
    beside = not rest or rest[0][0] in ("helper", "remove")  # else the uplink's words go on
    ahead = None if spec.administers_network or spec.restart != "no" or not beside else warm.take(found.ops[:length])
    warm.prepare_soon()
    if ahead is None:
        return Attached(found, session)
    met = Met(Session(os.dup(session.fd), session.identity), ahead.namespace, (ahead.leash,))
    return Attached(found._replace(ops=(*met.ops, *found.ops[length:]), namespace=met.path), met.outer, met)


def known(engine: Engine, spec: Spec) -> Spec:
    """Return the spec of a new container with the names of what it means: networks by name, a container by its id."""
    if spec.network.startswith(CONTAINER):
        target = engine.containers.find(spec.network.removeprefix(CONTAINER))
        return spec._replace(network=f"{CONTAINER}{target.id}")
    networks = tuple(
        endpoint._replace(network=network.name) for endpoint, network in _meeting.networks_of(engine, spec)
    )
    first = networks[0].network if networks and spec.network == spec.networks[0].network else spec.network
    return spec._replace(network=first, networks=networks)


def attach(engine: Engine, row: Container) -> Attached:
    """Prepare the network of one start; everything is held by descriptors that its launcher is to inherit."""
    return _shared(engine, row) if row.spec.network.startswith(CONTAINER) else _named(engine, row)


def _named(engine: Engine, row: Container) -> Attached:
    directory, spec = engine.paths.container(row.id), row.spec
    way = _meeting.uplink(engine, spec)
    met = _meeting.meet(engine, row)
    try:
        _nests(engine, spec, met.outer, "the networks of your containers")
        peers = _places.named(engine, met.places) if spec.egress else ()
        beside = Beside(OWN, peers, TAP, resolving.wanted(spec, row.config))
        found = engine.networks.attach(spec._replace(network=way), directory, beside)
        _meeting.announce(engine)
    except BaseException:
        met.close()
        raise
    warnings = found.warnings
    if spec.administers_network:
        warnings += ("CAP_NET_ADMIN changes nothing here: a container on a named network cannot administer it",)
    ops = (*met.ops, *found.ops)
    return Attached(found._replace(ops=ops, namespace=met.path, warnings=warnings), met.outer, met)


def _nests(engine: Engine, spec: Spec, outer: Session, what: str) -> None:
    if not outer.holds(engine.identity(spec.userns)):
        raise UserError(
            f"cannot map the container's ids: they are not among those that {what} map",
            "leave --userns out, or end what runs there and start both anew",
        )


def _shared(engine: Engine, row: Container) -> Attached:
    """Enter another container's network; its names are this one's, too."""
    from hull.network import names

    target = engine.containers.find(row.spec.network.removeprefix(CONTAINER))
    if row.spec.ports:
        raise UserError(
            f"cannot publish ports: the network is that of {target.name}",
            f"publish them where {target.name} is started",
        )
    if row.spec.egress:
        raise UserError(
            f"cannot filter the network of {target.name}: its own --egress holds for all that are in it",
            f"leave out --egress, or say it where {target.name} is created",
        )
    met = _enter(engine, target)
    try:
        _nests(engine, row.spec, met.outer, f"the network of {target.name}")
        directory, theirs = engine.paths.container(row.id), engine.paths.container(target.id)
        place = names.Place(names.hostname(row.spec, directory))
        for name in ("hosts", "resolv.conf"):
            with open(f"{theirs}/{name}", encoding="utf-8", errors="surrogateescape") as file:
                text = file.read(names.MOST)
            names.write(directory, name, text + (f"{OWN}\t{place.hostname}\n" if name == "hosts" else ""))
        names.write(directory, "hostname", f"{place.hostname}\n")
    except BaseException:
        met.close()
        raise
    return Attached(Attachment("container", (), (), namespace=met.path), met.outer, met)


def _enter(engine: Engine, target: Container) -> Met:
    """Open a running container's network namespace and the user namespace that owns it."""
    from hull.runtime.outer import owner_of

    status = engine.containers.status(target)
    if not status.up or target.spec.network == "host":
        why = "it does not run" if not status.up else "it uses the host's"
        fix = f"hull start {target.name}" if not status.up else "take --network host"
        raise UserError(f"cannot enter the network of {target.name}: {why}", fix)
    try:
        fd = os.open(f"/proc/{status.init.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        own = os.stat(f"/proc/{status.init.pid}/ns/user").st_ino
    except OSError as error:
        raise UserError(
            f"cannot enter the network of {target.name}: {error.strerror}", "hull ps shows what runs"
        ) from None
    outer = owner_of(fd, engine.identity())
    if os.fstat(outer.fd).st_ino == own:
        outer.identity = engine.identity(target.spec.userns)
    return Met(outer, fd)
