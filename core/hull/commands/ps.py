"""hull ps: the containers."""

import time

from hull.commands._verb import Flag
from hull.commands.rm import clean
from hull.engine import Engine
from hull.light import Annotated, NamedTuple
from hull.model import Port
from hull.runtime import plan
from hull.state.containers import Container
from hull.state.status import Status
from hull.units import span

SHORT = 12
COMMAND_WIDTH = 20


class ContainerRow(NamedTuple):
    """One container as `ps` shows it; `created` in seconds since the epoch."""

    container_id: str
    image: str
    command: str
    created: float
    status: str
    ports: str
    names: str


def ps(
    engine: Engine,
    *,
    all: Annotated[bool, Flag("show those that have ended, too", "a")] = False,
    quiet: Annotated[bool, Flag("print ids only", "q")] = False,
    no_trunc: Annotated[bool, Flag("do not shorten ids and commands")] = False,
) -> list[ContainerRow] | list[str]:
    """List containers."""
    rows = []
    for container in engine.containers.all():
        if engine.containers.forget_if_gone(container):
            continue
        status = engine.containers.status(container)
        if status.state == "gone":
            continue  # removed a moment ago, by --rm
        if status.state == "exited" and container.remove:
            clean(engine, container, status)
            continue
        if all or status.state == "running":
            rows.append(_row(container, status, whole=no_trunc))
    return [row.container_id for row in rows] if quiet else rows


def _row(container: Container, status: Status, *, whole: bool) -> ContainerRow:
    words = " ".join(plan.command(container.spec, container.config))
    shown = words if whole or len(words) <= COMMAND_WIDTH else words[: COMMAND_WIDTH - 1] + "…"
    return ContainerRow(
        container.id if whole else container.id[:SHORT],
        container.spec.image,
        f'"{shown}"',
        container.created,
        state_text(status),
        ", ".join(map(_port, container.spec.ports)) if status.state == "running" else "",
        container.name,
    )


def state_text(status: Status) -> str:
    """Return Docker's words: `Up 3 minutes`, `Exited (0) 2 hours ago`, `Created`."""
    if status.state == "running":
        return f"Up {span(time.time() - status.started)}"
    if status.state == "exited":
        ended = f" {span(time.time() - status.finished)} ago" if status.finished else ""
        return f"Exited ({status.exit_code}){ended}"
    return status.state.capitalize()


def _port(port: Port) -> str:
    address = port.address or "0.0.0.0"  # noqa: S104 (shown, not bound)
    return f"{f'[{address}]' if ':' in address else address}:{port.host}->{port.container}/{port.protocol}"
