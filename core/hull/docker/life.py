"""What is asked of one container beside its creation and start, in Docker's words where clients look at them."""

import contextlib
from typing import Any

from hull.commands import kill as kill_
from hull.commands import pause as pause_
from hull.commands import prune as prune_
from hull.commands import rename as rename_
from hull.commands import restart as restart_
from hull.commands import rm as rm_
from hull.commands import stop as stop_
from hull.commands import top as top_
from hull.commands import unpause as unpause_
from hull.commands._asked import PRUNING
from hull.docker import containers, create, filters, links
from hull.engine import Engine
from hull.errors import Conflict, HullError, UserError
from hull.runtime import signals
from hull.state.containers import Container, NameInUse

HELD = ("running", "paused", "restarting", "stopping")  # states in which it is not removed without force


def stop(engine: Engine, word: str, seconds: int | None, signal: str) -> bool:
    """Stop it; return whether it ran. Less than 0 seconds wait for ever."""
    row = engine.containers.find(word)
    number(signal)
    if not engine.containers.status(row).active:
        return False
    stop_.end(engine, row, seconds, signal or None)
    return True


def restart(engine: Engine, word: str, seconds: int | None, signal: str) -> None:
    """Stop and start it."""
    number(signal)
    restart_.restart(engine, (engine.containers.find(word).id,), time=seconds, signal=signal or None)


def kill(engine: Engine, word: str, signal: str) -> None:
    """Send a signal, KILL where none is named."""
    row = engine.containers.find(word)
    number(signal, f"cannot kill container: {word}: invalid signal: {signal}")
    if not engine.containers.status(row).active:
        raise Conflict(f"cannot kill container: {word}: container {row.id} is not running")
    kill_.kill(engine, (row.id,), signal=signal or "KILL")


def number(signal: str, otherwise: str = "") -> int:
    """Return a signal's number, 0 for no word; `otherwise` is the error of one that is none, SIG42 too."""
    invalid = UserError(otherwise or f"Invalid signal: {signal}")
    if signal.upper().startswith("SIG") and signal[3:].isdecimal():
        raise invalid
    try:
        return signals.number(signal) if signal else 0
    except UserError:
        raise invalid from None


def rename(engine: Engine, word: str, name: str) -> None:
    """Give it another name."""
    new = name.removeprefix("/")
    row = engine.containers.find(word)
    if not new:
        raise UserError("Neither old nor new names may be empty")
    create.container_name(name)
    if new == row.name:
        raise UserError("Renaming a container with the same name as its current name")
    try:
        rename_.rename(engine, row.id, new)
    except NameInUse as error:
        raise containers.in_use(new, error) from None


def pause(engine: Engine, word: str) -> None:
    """Hold it still."""
    row = engine.containers.find(word)
    state = engine.containers.status(row).state
    if state in ("paused", "restarting"):
        raise Conflict(f"Container {row.id} is {'already paused' if state == 'paused' else 'restarting'}")
    _running(engine, row)
    pause_.pause(engine, (row.id,))


def unpause(engine: Engine, word: str) -> None:
    """Let it go on."""
    row = engine.containers.find(word)
    if engine.containers.status(row).state != "paused":
        raise Conflict(f"Container {row.id} is not paused")
    unpause_.unpause(engine, (row.id,))


def remove(engine: Engine, word: str, *, force: bool, volumes: bool) -> None:
    """Remove it; one that is there no more is missing, with force as well."""
    row = engine.containers.find(word)
    state = engine.containers.status(row).state
    if row.desired == "removing" and row.remover.alive:
        raise Conflict(f"removal of container {word} is already in progress")
    if state in HELD and not force:
        told = "running" if state == "stopping" else state
        before = "unpause and stop" if state == "paused" else "stop"
        raise Conflict(
            f'cannot remove container "{row.name}": container is {told}: '
            f"{before} the container before removing or force remove"
        )
    rm_.rm(engine, (row.id,), force=force, volumes=volumes)


def clear(engine: Engine, ident: str) -> None:
    """Remove a container that was to be removed at its end and could not start, unless it has gone or runs."""
    with contextlib.suppress(HullError):
        rm_.rm(engine, (ident,), volumes=True)


def unlink(engine: Engine, word: str) -> None:
    """Take a link back: CONTAINER/ALIAS."""
    with engine.containers.lock(links.linked(engine, word)[0]):  # what others change of it meanwhile would be lost
        row, _other = links.linked(engine, word)
        alias = word.rpartition("/")[2]
        left = tuple(link for link in row.spec.links if link.partition(":")[2] != alias)
        engine.containers.respecify(row, row.spec._replace(links=left))


def processes(engine: Engine, word: str, options: tuple[str, ...]) -> dict[str, Any]:
    """Return the document of GET …/top."""
    row = engine.containers.find(word)
    _running(engine, row)
    rows = top_.cells(engine, row, options)
    return {"Titles": list(rows[0]), "Processes": [list(cells) for cells in rows[1:]]}


def _running(engine: Engine, row: Container) -> None:
    status = engine.containers.status(row)
    if not status.up:
        raise Conflict(f"Container {row.id} is {'restarting' if status.state == 'restarting' else 'not running'}")


def prune(engine: Engine, asked: filters.Filters) -> tuple[list[str], int]:
    """Remove the ended ones that filters let through; return their ids and the bytes that it freed."""
    return prune_.ended(engine, prune_.parse(filters.words(asked, PRUNING)))
