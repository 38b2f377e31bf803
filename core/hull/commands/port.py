"""hull port: where a container's ports are on this machine."""

from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.model import Port
from hull.storage import published

EVERYWHERE = "0.0.0.0"  # noqa: S104 (shown, not bound)


def port(
    engine: Engine,
    container: Annotated[str, Word("name or id", complete="container")],
    private: Annotated[str, Word("only this port of the container", "PORT[/PROTOCOL]")] = "",
) -> list[str]:
    """List published ports, or tell where one is published."""
    row = engine.containers.find(container)
    active = engine.containers.status(row).state in ("running", "paused", "stopping")
    ports = published.read(engine.paths.container(row.id)) if active else ()
    if not private:
        return [f"{p.container}/{p.protocol} -> {_address(p)}" for p in sorted(ports)]
    number, _, protocol = private.partition("/")
    found = [p for p in ports if str(p.container) == number and p.protocol == (protocol or "tcp")]
    if not found:
        raise UserError(
            f"no public port {private} published for {row.name}",
            f"hull port {row.name} lists them; hull run -p {number} publishes it",
        )
    return [_address(p) for p in found]


def _address(port: Port) -> str:
    address = port.address or EVERYWHERE
    return f"{f'[{address}]' if ':' in address else address}:{port.host}"
