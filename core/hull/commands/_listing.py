"""A container as `ps` shows it: a row with plain values, and Docker's text for each placeholder."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress

from hull.commands import _endpoints
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Any, NamedTuple
from hull.model import Mount, Port
from hull.runtime import plan
from hull.state.containers import Container
from hull.state.status import Status
from hull.units import moment, size, span

SHORT = 12
COMMAND_WIDTH = 20
MOUNT_WIDTH = 15
UP = ("running", "paused", "stopping", "restarting")
HEADINGS = {
    "ID": "CONTAINER ID", "Names": "NAMES", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT",
    "RunningFor": "CREATED", "Ports": "PORTS", "State": "STATE", "Status": "STATUS", "Size": "SIZE", "Labels": "LABELS",
    "Mounts": "MOUNTS", "LocalVolumes": "LOCAL VOLUMES", "Networks": "NETWORKS",
}  # fmt: skip
LAYOUT = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")


class ContainerRow(NamedTuple):
    """One container; times in seconds since the epoch, 0 for what has not happened, sizes in bytes, None if not asked.

    `state` is a word of the life cycle, `status` Docker's sentence, `mounts` names of volumes and host paths, `oom`
    whether the kernel killed it for its memory.
    """

    id: str
    image: str
    command: str
    created: float
    state: str
    status: str
    exit_code: int
    health: str
    started: float
    finished: float
    ports: str
    names: str
    labels: dict[str, str]
    mounts: tuple[str, ...]
    local_volumes: int
    networks: tuple[str, ...]
    size: int | None = None
    virtual_size: int | None = None
    oom: bool = False

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        return {
            "ID": self.id,
            "Names": self.names,
            "Image": self.image,
            "Command": self.command,
            "CreatedAt": moment(self.created),
            "RunningFor": f"{span(time.time() - self.created)} ago",
            "Ports": self.ports,
            "State": "running" if self.state == "stopping" else self.state,
            "Status": self.status,
            "Size": "" if self.size is None else f"{size(self.size)} (virtual {size(self.virtual_size or 0)})",
            "Labels": ",".join(f"{key}={value}" for key, value in self.labels.items()),
            "Label": lambda key: self.labels.get(key, ""),
            "Mounts": ",".join(self.mounts),
            "LocalVolumes": str(self.local_volumes),
            "Networks": ",".join(self.networks),
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders; a label's column is the end of its name."""
        return {**HEADINGS, "Label": lambda key: key.rpartition(".")[2].replace("-", " ").replace("_", " ").upper()}

    @staticmethod
    def layout(rows: "list[ContainerRow]") -> tuple[str, ...]:
        """Return the columns of the table: with sizes where they were asked."""
        return (*LAYOUT, "Size") if rows and rows[0].size is not None else LAYOUT


def row_of(engine: Engine, container: Container, status: Status, *, whole: bool, sized: bool) -> ContainerRow:
    """Return the row of a container; not `whole` shortens ids, commands and mounts."""
    spec = container.spec
    words = " ".join(plan.command(spec, container.config))
    command = words if whole else shortened(words, COMMAND_WIDTH)
    own, virtual = sizes(engine, container) if sized else (None, None)
    mounts = (shown for mount in spec.mounts if (shown := mount_name(container, mount)))
    return ContainerRow(
        container.id if whole else container.id[:SHORT],
        spec.image,
        f'"{command}"',
        container.created,
        status.state,
        state_text(status),
        status.exit_code,
        status.health,
        status.started,
        status.finished,
        port_text(published(engine, container), exposed(container)) if status.state in UP else "",
        container.name,
        labels(container),
        tuple(name if whole else shortened(name, MOUNT_WIDTH) for name in mounts),
        sum(mount.kind == "volume" for mount in spec.mounts),
        _endpoints.names(spec),
        own,
        virtual,
        status.oom,
    )


def state_text(status: Status) -> str:
    """Return Docker's words: `Up 3 minutes (healthy)`, `Restarting (1) 2 seconds ago`, `Exited (0) 2 hours ago`."""
    ago = f" {span(time.time() - status.finished)} ago" if status.finished else ""
    match status.state:
        case "running" | "stopping":
            health = {"starting": " (health: starting)", "": ""}.get(status.health, f" ({status.health})")
            return f"Up {span(time.time() - status.started)}{health}"
        case "paused":
            return f"Up {span(time.time() - status.started)} (Paused)"
        case "restarting":
            return f"Restarting ({status.exit_code}){ago}"
        case "exited":
            return f"Exited ({status.exit_code}){ago}"
        case "removing":
            return "Removal In Progress"
    return status.state.capitalize()


ANY = "0.0.0.0"  # noqa: S104 (shown, not bound)


def exposed(container: Container) -> tuple[str, ...]:
    """Return the ports that the image or the user exposes, as NUMBER/PROTOCOL, what is none left out."""
    words = dict.fromkeys((*container.config.ports, *container.spec.exposed))
    return tuple(dict.fromkeys(port for word in words for port in _single(word)))


def _single(word: str) -> Iterator[str]:
    """Yield each port of a word as an image exposes them; a range is several."""
    number, _, protocol = word.partition("/")
    if number.isascii() and number.isdecimal() and len(number) <= len("65535"):
        yield f"{number}/{protocol or 'tcp'}"
        return
    from hull.network import ports

    with suppress(UserError):
        yield from (f"{port.container}/{port.protocol}" for port in ports.parse(word))


def port_text(ports: tuple[Port, ...], exposed: tuple[str, ...]) -> str:
    """Return ports as Docker lists them: neighbours that keep their number as a range, exposed ones without host."""
    open_ = {f"{port.container}/{port.protocol}" for port in ports}
    own = [Port(int(number), 0, protocol or "tcp") for number, _, protocol in (w.partition("/") for w in exposed)]
    groups: dict[tuple[str, str], list[list[int]]] = {}
    moved = []
    shut = [port for port in own if f"{port.container}/{port.protocol}" not in open_]
    for port in sorted((*ports, *shut), key=lambda port: (port.container, port.protocol, port.address)):
        if port.host and port.host != port.container:
            moved.append(f"{address(port)}{port.host}->{port.container}/{port.protocol}")
            continue
        runs = groups.setdefault((address(port) if port.host else "", port.protocol), [])
        if runs and runs[-1][1] + 1 == port.container:
            runs[-1][1] = port.container
        else:
            runs.append([port.container, port.container])
    return ", ".join(
        [*(_range(host, protocol, *run) for (host, protocol), runs in groups.items() for run in runs), *moved]
    )


def _range(host: str, protocol: str, first: int, last: int) -> str:
    text = str(first) if first == last else f"{first}-{last}"
    return f"{host}{text}->{text}/{protocol}" if host else f"{text}/{protocol}"


def address(port: Port) -> str:
    """Return a published port's address with the colon after it."""
    shown = port.address or ANY
    return f"[{shown}]:" if ":" in shown else f"{shown}:"


def published(engine: Engine, container: Container) -> tuple[Port, ...]:
    """Return the ports that are published, or were at the last start; what was asked where none began."""
    from hull.storage import published as chosen

    directory = engine.paths.container(container.id)
    if not chosen.kept(directory):
        return container.spec.ports
    return chosen.read(directory, str(engine.containers.status(container).init))


def labels(container: Container) -> dict[str, str]:
    """Return the image's labels and the container's own over them."""
    words = (*container.config.labels, *container.spec.labels)
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def mount_name(container: Container, mount: Mount) -> str:
    """Return what `ps` calls a mount: a volume by its name, a bind by its path, a tmpfs not at all."""
    if mount.kind == "tmpfs":
        return ""
    return mount.source or container.id


def shortened(text: str, width: int) -> str:
    """Return the text in so many characters, the last one an ellipsis where some are left out."""
    return text if len(text) <= width else text[: width - 1] + "…"


def sizes(engine: Engine, container: Container) -> tuple[int, int]:
    """Return the bytes of a container's own files, and with its image's."""
    from hull.state.snapshots import Snapshots
    from hull.storage import snapshots

    own_layers = snapshots.stack(engine.paths, container.id, Snapshots(engine.db).stack(container.id).layers).all
    try:
        own = sum(sum(_files(layer)) for layer in own_layers)
    except PermissionError:  # directories of mapped users: only inside the namespace
        with engine.confine(["du", "-scbx", "--", *own_layers], stdout=-1, stderr=-3) as child:
            own = int(child.communicate()[0].splitlines()[-1].split()[0] or 0)
    rows = engine.db.rows("SELECT size FROM images WHERE id = ?", container.image)
    return own, own + (int(str(rows[0][0])) if rows else 0)


def _files(directory: str) -> "list[int]":
    """Return the bytes of each file below; what is removed meanwhile counts for nothing."""
    found = list[int]()
    with suppress(FileNotFoundError, NotADirectoryError):
        for entry in os.scandir(directory):
            if entry.is_dir(follow_symlinks=False):
                found += _files(entry.path)
            elif entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    found.append(entry.stat(follow_symlinks=False).st_size)
    return found
