"""hull autostart: containers come back when the machine, or the login, starts."""

import os

from hull import log
from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import HostError
from hull.light import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from hull.runtime.autostart import Store
    from hull.state.containers import Container

ACTIONS = ("enable", "disable", "status", "run")


def autostart(
    engine: Engine,
    action: Annotated[str, Word("enable, disable, status, or run: what is started at boot", choices=ACTIONS)],
) -> list[str]:
    """Start containers with `--restart always` or `unless-stopped` again at boot or login."""
    return {"enable": _enable, "disable": _disable, "status": _status, "run": _run}[action](engine, store_of(engine))


def store_of(engine: Engine) -> "Store":
    """Return what autostart calls the caller's store."""
    from hull.runtime.autostart import Store

    return Store(engine.paths.data, not os.environ.get("HULL_ROOT"))


def _enable(engine: Engine, store: "Store") -> list[str]:
    from hull.runtime import autostart

    where = autostart.enable(store)
    if where.startswith("the unit") and not autostart.lingers():
        text = "they start when you log in and end with your last session (from boot on: loginctl enable-linger)"
        engine.events(log.Event("note", "autostart", text))
    return [f"written: {where}"]


def _disable(_engine: Engine, store: "Store") -> list[str]:
    from hull.runtime import autostart

    return [f"removed: {what}" for what in autostart.disable(store)] or ["nothing to remove"]


def _status(engine: Engine, store: "Store") -> list[str]:
    from hull.runtime import autostart

    places = autostart.places(store)
    lines = [f"enabled: {place}" for place in places] or ["disabled: hull autostart enable"]
    if places and not autostart.lingers():
        lines.append("at login only: loginctl enable-linger starts them at boot")
    return lines + [f"to start: {row.name} ({row.spec.restart})" for row in _wanted(engine)]


def _run(engine: Engine, _store: "Store") -> list[str]:
    """Start each by a process of its own: a limit moves who starts it into the container's scope."""
    import subprocess

    from hull.runtime.autostart import program

    started: list[str] = []
    failed: list[str] = []
    for row in _wanted(engine):
        if engine.containers.status(row).state != "exited":
            continue
        done = subprocess.run(
            [*program(), "start", row.name], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        (failed if done.returncode else started).append(row.name)
        if done.returncode:
            engine.events(log.Event("warning", row.name, done.stderr.strip()))
    if failed:
        raise HostError(f"cannot start {', '.join(failed)}: the reason is above", f"hull start {failed[0]}")
    return started


def _wanted(engine: Engine) -> "list[Container]":
    """Return those that are to run, oldest first: `always` also where somebody stopped it, as Docker has it."""
    return [
        row
        for row in reversed(engine.containers.all())
        if row.spec.restart == "always" or (row.spec.restart == "unless-stopped" and row.desired == "running")
    ]
