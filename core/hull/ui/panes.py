"""The lists of the screen: what each is called, which columns it has, and what it shows of a verb's row."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from hull.ui.columns import Column
from hull.ui.text import Fragment, plain
from hull.units import UNITS, size

LETTERS = {"year": "y", "month": "mo", "week": "w", "day": "d", "hour": "h", "minute": "m"}
UP = ("running", "paused", "stopping", "restarting")
HEALTH = {"healthy": "class:good", "unhealthy": "class:bad", "starting": "class:busy"}
STATES = {"running": "class:good", "paused": "class:busy", "restarting": "class:busy", "stopping": "class:busy",
          "dead": "class:bad", "removing": "class:bad"}  # fmt: skip
SHORT = 12
BUSY = 80  # hundredths of a core from which a number is shown as high


class Pane(NamedTuple):
    """One list. `key` identifies a row, `name` is what people and verbs call it; `tabs` are its details.

    Where it `flows` new rows come on top, and who is there stays there.
    """

    title: str
    columns: tuple[Column, ...]
    key: Callable[[Any], str]
    name: Callable[[Any], str]
    tabs: tuple[str, ...]
    empty: str
    flows: bool = False


def brief(seconds: float) -> str:
    """Return a span in its largest unit: 5s, 3m, 2h, 4d."""
    for unit, length in UNITS:
        if seconds >= length:
            return f"{int(seconds // length)}{LETTERS[unit]}"
    return f"{max(int(seconds), 0)}s"


def ago(moment: float) -> str:
    """Return how long ago a time was; nothing for what never was."""
    return brief(time.time() - moment) if moment else ""


def status(row: Any) -> Fragment:
    """Return a container's state in a few letters, with the time it has lasted or the code it ended with."""
    if row.state == "exited":
        code = "oom" if row.oom else str(row.exit_code)
        return ("class:bad" if row.exit_code else "class:dim", f"exit {code} {ago(row.finished)}".rstrip())
    words = f"{'up' if row.state == 'running' else row.state} {ago(row.started) if row.state in UP else ''}"
    return STATES.get(row.state, "class:dim"), words.rstrip()


def _state(row: Any, state: Any) -> Fragment:
    style = ("class:bad" if row.exit_code else "class:dim") if row.state == "exited" else STATES.get(row.state, "")
    return style, state.glyphs.states.get(row.state, "?")


def _used(show: Callable[[Any], Fragment]) -> Callable[[Any, Any], Fragment]:
    """Return a cell of what a container uses, empty while nobody has looked."""

    def cell(row: Any, state: Any) -> Fragment:
        used = state.used.get(row.id)
        return show(used) if used is not None and used.source and row.state in UP else ("", "")

    return cell


def _cpu(used: Any) -> Fragment:
    return ("class:bad" if used.cpu >= BUSY else ""), f"{used.cpu:.1f}%"


def _text(show: Callable[[Any], str], style: str = "") -> Callable[[Any, Any], Fragment]:
    return lambda row, _: (style, plain(show(row)))


def _tagged(row: Any) -> str:
    return f"{row.repository}:{row.tag}"


def _clock(row: Any) -> str:
    return time.strftime("%H:%M:%S", time.localtime(row["time"]))


def _event_style(row: Any, _: Any) -> Fragment:
    action = row["Action"].partition(":")[0]
    styles = {"die": "class:bad", "oom": "class:bad", "kill": "class:bad", "start": "class:good"}
    return styles.get(action, ""), plain(row["Action"])


def _event_key(row: Any) -> str:
    return f"{row['timeNano']}{row['Action']}{row['Actor']['ID']}"


def _event_name(row: Any) -> str:
    attributes = row["Actor"]["Attributes"]
    return str(attributes.get("name") or attributes.get("image") or row["Actor"]["ID"][:SHORT])


PANES: dict[str, Pane] = {
    "containers": Pane(
        "Containers",
        (
            Column("", _state, 0, 1, 1),
            Column("NAME", _text(lambda row: row.names, "class:name"), 0, 10, 32),
            Column("STATUS", lambda row, _: status(row), 1, 7, 14),
            Column("CPU", _used(_cpu), 2, 6, 7, right=True),
            Column("MEM", _used(lambda used: ("", size(used.memory))), 3, 6, 7, right=True),
            Column("IMAGE", _text(lambda row: row.image), 4, 10, 36),
            Column("HEALTH", lambda row, _: (HEALTH.get(row.health, ""), plain(row.health)), 5, 6, 9),
            Column("NET", _used(lambda used: ("", f"{size(used.received)}/{size(used.sent)}")), 6, 7, 15, right=True),
            Column("PIDS", _used(lambda used: ("", str(used.pids))), 7, 4, 5, right=True),
            Column("AGE", _text(lambda row: ago(row.created), "class:dim"), 8, 3, 4, right=True),
            Column("PORTS", _text(lambda row: row.ports), 9, 8, 40),
            Column("COMMAND", _text(lambda row: row.command, "class:dim"), 10, 12, 60),
        ),
        lambda row: str(row.id),
        lambda row: str(row.names),
        ("logs", "stats", "inspect", "processes"),
        "no containers: hull run -d IMAGE starts one; a shows those that have ended",
    ),
    "images": Pane(
        "Images",
        (
            Column("IMAGE", _text(_tagged, "class:name"), 0, 12, 60),
            Column("SIZE", _text(lambda row: size(row.size)), 1, 6, 7, right=True),
            Column("CREATED", _text(lambda row: ago(row.created)), 2, 4, 7, right=True),
            Column("ID", _text(lambda row: row.id, "class:dim"), 3, SHORT, SHORT),
        ),
        lambda row: f"{_tagged(row)}@{row.id}",
        lambda row: row.id if "<none>" in _tagged(row) else _tagged(row),
        ("layers", "inspect"),
        "no images: hull pull IMAGE brings one",
    ),
    "networks": Pane(
        "Networks",
        (
            Column("NETWORK", _text(lambda row: row.name, "class:name"), 0, 10, 40),
            Column("DRIVER", _text(lambda row: row.driver), 1, 6, 8),
            Column("REACH", _text(lambda row: "internal" if row.internal else ""), 2, 5, 8),
            Column("AGE", _text(lambda row: ago(row.created)), 3, 4, 5, right=True),
            Column("ID", _text(lambda row: row.id, "class:dim"), 4, SHORT, SHORT),
        ),
        lambda row: str(row.name),
        lambda row: str(row.name),
        ("inspect",),
        "no networks: hull network create NAME makes one",
    ),
    "volumes": Pane(
        "Volumes",
        (
            Column("VOLUME", _text(lambda row: row.name, "class:name"), 0, 10, 64),
            Column("USED BY", _text(lambda row: ", ".join(row.users)), 1, 7, 40),
            Column("AGE", _text(lambda row: ago(row.created)), 2, 4, 5, right=True),
            Column("PATH", _text(lambda row: row.mountpoint, "class:dim"), 3, 10, 80),
        ),
        lambda row: str(row.name),
        lambda row: str(row.name),
        ("inspect",),
        "no volumes: hull volume create NAME makes one",
    ),
    "events": Pane(
        "Events",
        (
            Column("TIME", _text(_clock, "class:dim"), 1, 8, 8),
            Column("TYPE", _text(lambda row: row["Type"]), 2, 5, 9),
            Column("ACTION", _event_style, 0, 8, 30),
            Column("NAME", _text(_event_name, "class:name"), 0, 8, 40),
        ),
        _event_key,
        _event_name,
        ("inspect",),
        "nothing has happened in the last hour",
        flows=True,
    ),
}  # fmt: skip
