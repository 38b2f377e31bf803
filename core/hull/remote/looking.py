"""What looks at containers of another engine: logs, events, processes, use, ports, changes."""

import time
from collections.abc import Iterator

from hull.commands import _times
from hull.commands import events as events_
from hull.commands import logs as logs_
from hull.commands import port as port_
from hull.commands.stats import INTERVAL, Live, StatsRow
from hull.commands.top import OtherRow
from hull.errors import Missing, UserError
from hull.light import Any
from hull.log import Event
from hull.model import Port
from hull.output import Piece
from hull.remote import streams
from hull.remote.there import Asked, There, container, filters
from hull.storage.published import Published

KINDS = {0: "C", 1: "A", 2: "D"}


def logs(there: There, asked: Asked) -> Iterator[Piece]:
    """Print what a container wrote."""
    now = time.time()
    tail = logs_.lines(asked.tail)
    tty = there.get(container(asked.container, "json"))["Config"].get("Tty", False)
    answer = there.client.call("GET", container(asked.container, "logs"), {
        "stdout": True, "stderr": True, "follow": asked.follow, "timestamps": asked.timestamps,
        "details": asked.details, "tail": "all" if tail < 0 else str(tail),
        "since": _moment(asked.since, "--since", now), "until": _moment(asked.until, "--until", now),
    })  # fmt: skip
    return streams.pieces(answer.chunks(), tty=tty)


def _moment(text: str, flag: str, now: float) -> str | None:
    found = _times.moment(text, flag, now)
    return None if found is None else f"{found // _times.SECOND}.{found % _times.SECOND:09}"


def events(there: There, asked: Asked) -> Iterator[str]:
    """Print events as they come."""
    now = time.time()
    shown = events_.formatted(asked.format)
    query = {
        "since": _moment(asked.since, "--since", now),
        "until": _moment(asked.until, "--until", now),
        "filters": filters(asked.filter) or None,
    }
    answer = there.client.call("GET", "/events", query)
    return (shown(event) for event in answer.documents())


def top(there: There, asked: Asked) -> list[Any]:
    """List a container's processes."""
    if not asked.container:
        raise UserError("hull top needs a container", "hull top CONTAINER")
    found = there.get(container(asked.container, "top"), ps_args=" ".join(asked.options))
    made: Any = type("Row", (OtherRow,), {"__slots__": (), "_fields": tuple(found["Titles"])})
    return [made(values) for values in found["Processes"] or ()]


def port(there: There, asked: Asked) -> list[str]:
    """Tell where ports are."""
    if asked.container in ("add", "rm") and len(asked.ports) > 1:
        raise UserError("cannot publish more ports there: Docker's API has no such thing", "publish with hull run -p")
    found = there.get(container(asked.container, "json"))
    name, bound = str(found["Name"]).removeprefix("/"), found["NetworkSettings"].get("Ports") or {}
    entries = []
    for inside, hosts in bound.items():
        number, _, protocol = inside.partition("/")
        entries += [
            Published(Port(int(number), int(h["HostPort"]), protocol or "tcp", h["HostIp"]), True) for h in hosts or ()
        ]
    if asked.ports:
        return [port_.address(one.port) for one in port_.of(tuple(entries), name, asked.ports[0])]
    return [f"{one.port.container}/{one.port.protocol} -> {port_.address(one.port)}" for one in sorted(entries)]


def diff(there: There, asked: Asked) -> list[str]:
    """Tell what a container changed, in Docker's lines."""
    if not asked.name or asked.other:
        raise UserError("cannot compare states there: Docker's API has none", "hull diff CONTAINER")
    found = there.get(container(asked.name, "changes")) or ()
    return [f"{KINDS.get(one['Kind'], '?')} {one['Path']}" for one in found]


def version(there: There, _asked: Asked) -> str:
    """Tell this hull's version and the engine's."""
    from hull import __version__

    found = there.get("/version")
    name = next((one["Name"] for one in found.get("Components") or () if one.get("Name")), "engine")
    return f"hull {__version__}\n{there.context.name}: {name} {found.get('Version')}, API {found.get('ApiVersion')}"


def stats(there: There, asked: Asked) -> list[StatsRow] | Live:
    """Show what containers use."""
    frames = _frames(there, asked)
    return next(frames) if asked.no_stream else Live(lambda: frames)


def _frames(there: There, asked: Asked) -> Iterator[list[StatsRow]]:
    from hull.contexts.probing import together

    for name in asked.containers:
        there.get(container(name, "json"))
    while True:
        begun = time.monotonic()
        names = asked.containers or [one["Id"] for one in there.get("/containers/json", all=asked.all)]
        found = together(names, lambda name: there.get(container(name, "stats"), stream="0"), 30.0)
        for name, (_, error) in found.items():
            if error is not None and not isinstance(error, Missing):  # it has ended meanwhile
                there.events(Event("warning", name[:12], error.message))
        yield [usage(found[name][0], whole=asked.no_trunc) for name in names if found[name][0]]
        time.sleep(max(0.0, begun + INTERVAL - time.monotonic()))  # what does not run is answered at once


def usage(one: dict[str, Any], *, whole: bool = False) -> StatsRow:
    """Return the row of one document of a container's stats, computed as Docker's client does."""
    memory, networks = one.get("memory_stats") or {}, (one.get("networks") or {}).values()
    cache = (memory.get("stats") or {}).get("inactive_file") or (memory.get("stats") or {}).get(
        "total_inactive_file", 0
    )
    blocks = (one.get("blkio_stats") or {}).get("io_service_bytes_recursive") or ()
    moved = {op: sum(int(b["value"]) for b in blocks if str(b.get("op", "")).lower() == op) for op in ("read", "write")}
    ident = str(one.get("id") or one.get("Id") or "")
    return StatsRow(
        ident if whole else ident[:12], str(one.get("name", "")).removeprefix("/"), _share(one),
        max(0, int(memory.get("usage", 0)) - int(cache)), int(memory.get("limit", 0)),
        sum(int(n.get("rx_bytes", 0)) for n in networks), sum(int(n.get("tx_bytes", 0)) for n in networks),
        moved["read"], moved["write"], int((one.get("pids_stats") or {}).get("current", 0)), "engine",
    )  # fmt: skip


def _share(one: dict[str, Any]) -> float:
    now, before = one.get("cpu_stats") or {}, one.get("precpu_stats") or {}
    used = (now.get("cpu_usage") or {}).get("total_usage", 0) - (before.get("cpu_usage") or {}).get("total_usage", 0)
    passed = now.get("system_cpu_usage", 0) - before.get("system_cpu_usage", 0)
    count = now.get("online_cpus") or len((now.get("cpu_usage") or {}).get("percpu_usage") or ()) or 1
    return 100.0 * used / passed * count if used > 0 and passed > 0 else 0.0
