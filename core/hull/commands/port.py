"""hull port: where a container's ports are on this machine; add and rm while it runs."""

from hull import log
from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.model import Port
from hull.storage import published
from hull.storage.published import Published

Many = tuple[str, ...]
EVERYWHERE = "0.0.0.0"  # noqa: S104 (shown, not bound)


def port(
    engine: Engine,
    container: Annotated[str, Word("name or id; or add or rm, then a name", complete="container")],
    ports: Annotated[Many, Word("show this one; add: as -p takes it; rm: of the container", "PORT[/PROTOCOL]")] = (),
) -> list[str]:
    """List published ports, tell where one is published, or publish and take back while the container runs.

    `hull port add NAME [[ADDRESS:]HOST:]PORT…` publishes until the container ends, `hull port rm NAME PORT…` takes
    back. A note says where a program inside does not see who called.
    """
    if container in ("add", "rm") and len(ports) > 1:
        from hull.commands import _ports

        return _ports.change(engine, container, ports[0], ports[1:])
    if len(ports) > 1:
        raise UserError("hull port shows one port or all", f"hull port add {container} PORT… publishes")
    row = engine.containers.find(container)
    status = engine.containers.status(row)
    found = published.entries(engine.paths.container(row.id), str(status.init)) if status.up else ()
    if ports:
        found = of(found, row.name, ports[0])
    note(engine, row.name, found)
    if ports:
        return [address(one.port) for one in found]
    return [f"{one.port.container}/{one.port.protocol} -> {address(one.port)}" for one in sorted(found)]


def of(found: tuple[Published, ...], name: str, private: str) -> tuple[Published, ...]:
    """Return those of one port of the container, `PORT[/PROTOCOL]`; none is an error."""
    number, _, protocol = private.partition("/")
    ours = tuple(o for o in found if str(o.port.container) == number and o.port.protocol == (protocol or "tcp"))
    if not ours:
        raise UserError(
            f"no public port {private} published for {name}",
            f"hull port {name} lists them; hull port add {name} {number} publishes it",
        )
    return ours


def note(engine: Engine, name: str, found: tuple[Published, ...]) -> None:
    """Say on standard error which ports hide who calls."""
    hidden = [f"{address(one.port)}/{one.port.protocol}" for one in found if not one.keeps_source]
    if hidden:
        engine.events(log.Event("note", name, f"the client's address is not kept at {', '.join(hidden)}"))


def address(port: Port) -> str:
    """Return where a port is, as Docker writes it."""
    where = port.address or EVERYWHERE
    return f"{f'[{where}]' if ':' in where else where}:{port.host}"
