"""Who is on which named network now, where its namespace is held, and what everybody's /etc/hosts says of it.

Whoever changes anything holds the lock (`alone`). A container that was killed is noticed by the next who looks.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

from hull.engine import Engine
from hull.light import NamedTuple
from hull.state.containers import Container, NoSuchContainer
from hull.state.networks import Network, NetworkRows, Place

LOCK = "networks"


class Member(NamedTuple):
    """A container that has a place, and the places that it has."""

    row: Container
    places: tuple[Place, ...]


def alone(engine: Engine) -> AbstractContextManager[bool]:
    """Let nobody else change networks inside the `with`."""
    from hull.state import lockfiles

    return lockfiles.held(engine.paths.locks, LOCK)


def rows(engine: Engine) -> NetworkRows:
    """Return the networks' rows."""
    return NetworkRows(engine.db)


def living(engine: Engine) -> list[Member]:
    """Return the members that are there, in the order of joining; forget the places of those that are not."""
    found: dict[str, list[Place]] = {}
    for place in rows(engine).places():
        if place.inode:
            found.setdefault(place.container, []).append(place)
    members = []
    for ident, places in found.items():
        row = _row(engine, ident)
        held = tuple(place for place in places if row is not None and _lives(engine, row, place))
        if row is not None and held:
            members.append(Member(row, held))
        for place in places:
            if place not in held:
                forget(engine, row, place)
    rows(engine).tidy()
    return members


def forget(engine: Engine, row: Container | None, place: Place) -> None:
    """Take a place back and tell that its container has left; what it was given it gets again, if that is free then."""
    if row is None:
        rows(engine).drop(place.network, place.container)
    else:
        rows(engine).put(place._replace(inode=0, descriptor=-1))
    network = next((known for known in rows(engine).all() if known.id == place.network), None)
    if network is not None:
        tell(engine, "disconnect", network, place.container, row.name if row else "")


def tell(engine: Engine, action: str, network: Network, container: str = "", name: str = "") -> None:
    """Tell `hull events` what happened to a network."""
    attributes = {"name": network.name, "type": network.driver}
    if container:
        attributes |= {"container": container} | ({"containerName": name} if name else {})
    engine.history.add("network", action, network.id, attributes)


def endpoint_id(container: str, network: str) -> str:
    """Return the id of a container on a network, always the same."""
    import hashlib

    return hashlib.sha256(f"{container} {network}".encode()).hexdigest()


def _row(engine: Engine, ident: str) -> Container | None:
    try:
        return engine.containers.find(ident)
    except NoSuchContainer:
        return None


def _lives(engine: Engine, row: Container, place: Place) -> bool:
    """Whether the container has the place: somebody of ours is beside it, or its starter is on the way to that."""
    status = engine.containers.status(row)
    over = max(status.started, status.finished) > place.since
    return status.active or (place.holder.alive and not over)


def space(engine: Engine, member: Member, place: Place) -> int:
    """Open the namespace of a member's network, -1 where none of its holders is there any more."""
    status = engine.containers.status(member.row)
    for process in (place.holder, status.parent, status.launcher):
        if not process.alive:
            continue
        try:
            fd = os.open(f"/proc/{process.pid}/fd/{place.descriptor}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            continue
        if os.fstat(fd).st_ino == place.inode:
            return fd
        os.close(fd)
    return -1


def spaces(engine: Engine, members: list[Member], network: str = "") -> Iterator[int]:
    """Open the namespaces of a network, of all where none is named, one by one, as their holders have them."""
    for member in members:
        for place in member.places:
            if network in ("", place.network):
                fd = space(engine, member, place)
                if fd >= 0:
                    yield fd


def publish(engine: Engine, members: list[Member]) -> None:
    """Write the names of all members on shared networks into everybody's /etc/hosts."""
    from hull.network import names

    on: dict[str, list[tuple[Member, Place]]] = {}
    for member in members:
        for place in member.places:
            on.setdefault(place.network, []).append((member, place))
    known = {network.id: network.name for network in rows(engine).all()}
    called = {member.row.name for member in members}
    for member in members:
        lines: list[str] = []
        for place in member.places:
            links = _links(member.row, known.get(place.network, ""))
            for other, its in on[place.network]:
                more = [alias for name, alias in links if means(name, other.row, called)]
                network = known.get(place.network, "")
                words = _words(other.row, network, more)
                lines += [names.member(address, words, network) for address in _addresses(its)]
        names.tell(engine.paths.container(member.row.id), list(dict.fromkeys(lines)))


def _links(row: Container, network: str) -> list[tuple[str, str]]:
    """Return the containers that this one has names for on a network, and the names."""
    asked = next((e.links for e in row.spec.networks if e.network == network), ())
    return [(name, alias) for name, _, alias in (link.partition(":") for link in asked)]


def means(word: str, row: Container, called: set[str]) -> bool:
    """Whether a link's word is a container's: its name or, where nobody is `called` so, the beginning of its id."""
    return word == row.name or (word not in called and row.id.startswith(word))


def _words(row: Container, network: str, more: Iterable[str] = ()) -> list[str]:
    """Return what a container is called on a network, its name first."""
    endpoint = next((e for e in row.spec.networks if e.network == network), None)
    aliases = endpoint.aliases if endpoint else ()
    words = dict.fromkeys((row.name, *aliases, *more, row.id[:12], row.spec.host_name(row.id)))
    return [word for word in words if word]


def _addresses(place: Place) -> list[str]:
    return [address for address in (place.address, place.address6) if address]


def named(engine: Engine, places: tuple[Place, ...]) -> tuple[str, ...]:
    """Return a line `ADDRESS NAME…` for each member on the networks of these places, and for each of their subnets."""
    on = {place.network for place in places}
    known = {network.id: network for network in rows(engine).all() if network.id in on}
    lines = [f"{subnet.subnet}\t{network.name}" for network in known.values() for subnet in network.subnets]
    for member in living(engine):
        for place in member.places:
            if place.network in known:
                words = " ".join(_words(member.row, known[place.network].name))
                lines += [f"{address}\t{words}" for address in _addresses(place)]
    return tuple(lines)


def refresh(engine: Engine) -> None:
    """Look who is there, and tell everybody; nothing is done, or opened, where there never was a network."""
    if not engine.db.rows("SELECT 1 FROM endpoints LIMIT 1"):
        return
    with alone(engine):
        publish(engine, living(engine))
