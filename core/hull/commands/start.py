"""hull start: run created or ended containers (again), over what they have written."""

from hull.commands import _elsewhere, _life, _start
from hull.commands._several import each
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import NotHere, UserError
from hull.light import Annotated
from hull.runtime.detached import Client, Detached
from hull.runtime.launch import Launch
from hull.state import lifecycle
from hull.state.containers import Container

Many = tuple[str, ...]


def start(
    engine: Engine,
    containers: Annotated[Many, Word("names or ids", complete="container")],
    *,
    attach: Annotated[bool, Flag("show its output, forward signals, end as it ends", "a")] = False,
    interactive: Annotated[bool, Flag("give it the caller's input, too", "i")] = False,
    detach_keys: Annotated[str, Flag("leave it running when these are typed; none are", metavar="KEYS")] = "",
    sig_proxy: Annotated[bool, Flag("forward signals to the program")] = True,
) -> Launch | list[str]:
    """Start containers that were created or have ended."""
    if attach or interactive:
        if len(containers) != 1:
            raise UserError(
                "cannot attach to several containers: what they write would be mixed",
                f"hull start {' '.join(containers)}, without -a or -i",
            )
        from hull.commands.attach import attach as join

        row = engine.containers.find(containers[0])
        if engine.containers.status(row).state == "running":
            return join(engine, row.id, no_stdin=not interactive, sig_proxy=sig_proxy, detach_keys=detach_keys)
        stdin = interactive and row.spec.interactive
        options = _life.attach_options(stdin=stdin, signals=sig_proxy, keys=detach_keys)
        return attached(engine, row, options)
    return each(containers, lambda word: _begin(engine, word))


def _begin(engine: Engine, word: str) -> str:
    begin(engine, engine.containers.find(word))
    return word


def begin(engine: Engine, row: Container, clients: tuple[Client, ...] = ()) -> bool:
    """Start a container detached and return once its program runs; False where it did, and stays as it is.

    `clients` are at its streams from the first byte on; their descriptors are the caller's to close afterwards.
    """
    clients = clients or _elsewhere.given()
    try:
        with engine.containers.lock(row):
            if engine.containers.status(row).state == "running":
                return False
            steps = planned(engine, row, Detached(clients=clients))
            launch = _start.prepared(steps, ("hull", "start", row.name), row.id)
            engine.containers.begin(row)
            _start.detach(engine, row, launch)
    except NotHere:
        _elsewhere.start(engine, row, clients)
    return True


def attached(engine: Engine, row: Container, options: str) -> Launch:
    """Return the start of a container whose client the caller becomes."""
    with engine.containers.lock(row):
        steps = planned(engine, row, Detached(options))
        engine.containers.begin(row)
    return _start.prepared(steps, ("hull", "start", row.name), row.id)


def planned(engine: Engine, row: Container, detached: Detached | None) -> list[tuple[str, ...]]:
    """Return the plan of a start of a container that does not run; the caller holds its lock."""
    from hull.runtime import processes

    status = engine.containers.status(row)
    if engine.containers.starting(row, status):
        raise UserError(f"cannot start {row.name}: it is being started", "hull ps shows when it runs")
    lifecycle.require(row, status.state, "start")
    if not processes.wait(status.parent, _start.LEAVING):
        raise UserError(f"cannot start {row.name}: its last monitor has not ended yet", "try again in a while")
    return _start.plan_of(engine, row, detached)
