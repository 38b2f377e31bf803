"""hull rm: remove containers, and whatever a killed launcher left of one."""

import os

from hull import log
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import Conflict, UserError
from hull.light import Annotated
from hull.state import lifecycle
from hull.state.containers import Container, NoSuchContainer
from hull.state.status import Status
from hull.storage import ballast

Many = tuple[str, ...]
PATIENCE = 10.0  # seconds for each of those beside a container that is killed


def rm(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids", complete="container")],
    *,
    force: Annotated[bool, Flag("kill it first if it runs; no complaint if there is none", "f")] = False,
    volumes: Annotated[bool, Flag("remove its volumes that nobody named, too", "v")] = False,
) -> list[str]:
    """Remove containers."""
    ballast.lend(engine.paths.data)
    try:
        removed = each(
            containers, lambda one: _one(engine, one, force=force, volumes=volumes), together=engine, flat=True
        )
    finally:
        ballast.fill(engine.paths.data)
    return removed


def _one(engine: Engine, word: str, *, force: bool, volumes: bool) -> list[str]:
    try:
        row = engine.containers.find(word)
        if force:
            kill(engine.containers.status(row), engine.paths.container(row.id))  # a start holds the lock
        with engine.containers.lock(row):
            _rm(engine, engine.containers.find(row.id), force=force, volumes=volumes)
    except NoSuchContainer:
        if force:
            return []
        raise
    return [word]


def _rm(engine: Engine, row: Container, *, force: bool, volumes: bool) -> None:
    status = engine.containers.status(row)
    if not force and engine.containers.starting(row, status):
        raise Conflict(f"cannot rm {row.name}: it is being started", f"hull rm -f {row.name}")
    if not force:
        lifecycle.require(row, status.state, "rm")
    kill(status, engine.paths.container(row.id))
    told = row.remove and not os.path.isdir(engine.paths.container(row.id))  # its monitor removed it, and said so
    remove(engine, engine.containers.desire(row, "removing"), volumes=volumes or row.remove, told=told)


def kill(status: Status, directory: str) -> None:
    """End the container at once and wait until everybody beside it has finished.

    A monitor is asked first, because it tidies; one that does not answer dies before its container: no restart.
    """
    import signal

    from hull.runtime.processes import send, wait

    if not status.active or _by_monitor(status, directory):
        return
    send(status.monitor, signal.SIGKILL)
    wait(status.monitor, PATIENCE)
    target = status.init if status.init.pid else status.launcher
    send(target, signal.SIGKILL)
    if not wait(status.launcher, PATIENCE):
        send(status.launcher, signal.SIGKILL)
        wait(status.launcher, PATIENCE)


def _by_monitor(status: Status, directory: str) -> bool:
    from hull.runtime import control
    from hull.runtime.processes import wait

    monitor = control.connect(directory) if status.monitor.alive else None
    connection = None if monitor is None else monitor.end()
    if connection is None:
        return False
    with connection:
        return wait(status.monitor, PATIENCE)


def remove(engine: Engine, row: Container, *, volumes: bool = True, told: bool = False) -> None:
    """Remove the directory, the volumes that nobody named where asked, then the row; `told`: it was told of."""
    import shutil

    from hull.commands._container import anonymous
    from hull.runtime import detached

    _remove(engine, engine.paths.container(row.id))
    for name in anonymous(engine, row) if volumes else ():
        _remove_volume(engine, name, row)
    shutil.rmtree(f"{engine.paths.runtime}/{row.id[:16]}", ignore_errors=True)
    engine.containers.forget(row.id)
    _forget_states(engine, row)
    if not told:
        engine.history.add("container", "destroy", row.id, detached.attributes(row.spec, row.name))
    if row.spec.networks:
        from hull.commands import _places

        _places.refresh(engine)


def _forget_states(engine: Engine, row: Container) -> None:
    """Drop the container's checkpoints, and the layers that no other container shares."""
    from hull.state.snapshots import Snapshots

    if Snapshots(engine.db).forget(row.id):
        from hull.trials.history_states import collect

        collect(engine)


def _remove_volume(engine: Engine, name: str, row: Container) -> None:
    """Remove a volume that goes with its container, unless another one mounts it by its name."""
    from contextlib import suppress

    from hull.commands import _volumes

    with suppress(UserError):
        _volumes.remove(engine, name, missing_ok=True, besides=row.name)


def _remove(engine: Engine, directory: str) -> None:
    """Remove a tree, inside the user namespace where mapped ids own files."""
    if os.path.isdir(directory) and not _remove_own(directory):
        from hull.trials import freezing

        freezing.remove(engine, "range", directory, "hull rm it again")


def sweep(engine: Engine) -> None:
    """Clean after --rm containers whose asker was killed; the next start pays a file read for each."""
    from hull.commands import _trial

    _trial.sweep(engine)
    for row in engine.containers.orphans():
        status = engine.containers.status(row)
        if not engine.containers.forget_if_gone(row) and status.state == "exited" and not status.active:
            clean(engine, row, status)


def clean(engine: Engine, row: Container, status: Status) -> None:
    """Finish what a killed launcher of a --rm container could not, and say so."""
    remove(engine, row)
    engine.events(
        log.Event("note", row.name, f"removed what was left of {row.name}: {status.error or 'it ended early'}")
    )


def _closed(work: str) -> list[str]:
    """Return overlay's own directories, which have mode 000: root alone may look inside. A try has several."""
    places = (work, *(entry.path for entry in os.scandir(work) if entry.name != "work"))
    return [path for place in places if os.path.isdir(path := f"{place}/work")]


def _remove_own(directory: str) -> bool:
    import shutil

    try:
        for work in _closed(f"{directory}/work") if os.geteuid() else ():
            os.rmdir(work)
    except OSError:
        return False
    try:
        shutil.rmtree(directory)
    except (OSError, RecursionError):  # shutil's is one frame a level: rm has no such limit
        return False
    return True
