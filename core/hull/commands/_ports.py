"""Publish ports of a container that runs, and take them back."""

from hull.commands import port as _port
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING
from hull.model import Port
from hull.state.containers import Container
from hull.state.processes import Process
from hull.storage import published
from hull.storage.published import Published

if TYPE_CHECKING:
    from socket import socket

Many = tuple[str, ...]


def change(engine: Engine, action: str, name: str, words: Many) -> list[str]:
    """Do what `hull port add` and `hull port rm` ask; return what add published, and the words that rm took back."""
    row = engine.containers.find(name)
    with engine.containers.lock(row):
        status = engine.containers.status(row)
        if not status.up:
            raise UserError(f"cannot change the ports of {row.name}: it does not run", f"hull start {row.name}")
        return (_add if action == "add" else _remove)(engine, row, status.init, words)


def _add(engine: Engine, row: Container, first: Process, words: Many) -> list[str]:
    from hull.network import ports

    if row.spec.network in ("none", "host"):
        raise UserError(
            f"cannot publish ports of {row.name}: its network is {row.spec.network}",
            "of none nothing arrives anywhere, of host every port is this machine's already",
        )
    asked = [port for word in words for port in ports.parse(word)]
    directory = engine.paths.container(row.id)
    known, done = published.entries(directory, str(first)), []
    try:
        for port, listener in (pair for one in asked for pair in ports.bind(one)):
            with listener:
                answer = _hand_over(engine, row, first, (port, listener))
            done.append(Published(port, "kept" in answer, str(first)))
    finally:
        published.record(directory, (*known, *done))
    _port.note(engine, row.name, tuple(done))
    return [f"{one.port.container}/{one.port.protocol} -> {_port.address(one.port)}" for one in done]


def _hand_over(engine: Engine, row: Container, first: Process, bound: "tuple[Port, socket]") -> str:
    """Give a bound socket to the container's forwarder, started where there is none."""
    from hull import network
    from hull.network import forwarding
    from hull.runtime import forwarder

    directory = engine.paths.container(row.id)
    place = network.scratch(engine.networks.place(directory), directory)
    answer = forwarding.add(place, *bound)
    if not answer:
        forwarder.start(first, lambda ended: forwarding.argv(f"/proc/{first.pid}/ns/net", ended, place))
        answer = forwarding.add(place, *bound)
    return answer


def _remove(engine: Engine, row: Container, first: Process, words: Many) -> list[str]:
    from hull.errors import HostError
    from hull.network import forwarding

    directory = engine.paths.container(row.id)
    known = published.entries(directory, str(first))
    gone = [one for word in words for one in _port.of(known, row.name, word)]
    try:
        for one in tuple(gone):
            if not forwarding.remove(engine.networks.place(directory), one.port):
                gone = gone[: gone.index(one)]
                raise HostError(
                    f"cannot take back {_port.address(one.port)}: the container's own uplink serves it",
                    f"hull stop {row.name} frees it; ports that hull port added can be taken back",
                )
    finally:
        published.record(directory, tuple(one for one in known if one not in gone))
    return list(words)
