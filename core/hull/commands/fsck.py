"""`hull fsck`: whether the store is whole."""

import os

from hull.commands._verb import Flag
from hull.engine import Engine
from hull.errors import HullError
from hull.light import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from hull.images.checking import Problem
    from hull.images.mending import Mender

DAMAGED = 1


class Findings(list[str]):
    """Lines to print; `exit_code` is 1 where something is left that is not as it should be."""

    exit_code = 0


def fsck(
    engine: Engine,
    *,
    repair: Annotated[bool, Flag("fetch what is damaged again, from where it was pulled", "r")] = False,
    quiet: Annotated[bool, Flag("show no progress", "q")] = False,  # noqa: ARG001 (the front reads it)
) -> list[str]:
    """Check every layer, manifest and row, by digest. Exits 1 where something is damaged and was not mended.

    What killed processes left unfinished is removed on the way.
    """
    from hull.images.checking import Checker, names_of

    lines = Findings()
    broken = [str(row[0]) for row in engine.db.rows("PRAGMA integrity_check") if row[0] != "ok"]
    lines += [f"database: {text}" for text in broken]
    left = len(broken)
    checker = Checker(engine.images, engine.paths, engine.confine, engine.events)
    problems = checker.problems()
    mender = _mender(engine) if repair else None
    for problem in problems:
        users = names_of(engine.images, problem.images)
        outcome = _outcome(engine, mender, problem)
        left += outcome != "fetched again"
        lines.append(f"{problem.text}{f' (of {users})' if users else ''}{f': {outcome}' if outcome else ''}")
    lines += _containers(engine)
    unfinished = _keep(engine)
    lines += unfinished
    left += len(unfinished)
    rows = engine.images.rows
    counts = f"{len(rows.all())} images, {len(rows.layers())} layers, {len(engine.containers.all())} containers"
    lines.append(f"{counts}: {left} damaged" if left else f"{counts}: all is well")
    if left and not repair:
        lines.append("hull fsck --repair fetches again what a registry has")
    lines.exit_code = DAMAGED if left else 0
    return lines


def _mender(engine: Engine) -> "Mender":
    from hull import config
    from hull.images.mending import Mender
    from hull.state.sources import Sources

    flavour = engine.identity().layer_flavour
    return Mender(engine.images, engine.paths, Sources(engine.db), config.load(engine.paths.config), flavour)


def _outcome(engine: Engine, mender: "Mender | None", problem: "Problem") -> str:
    if mender is None:
        return ""
    running = [
        row.name
        for row in engine.containers.all()
        if row.image in problem.images and problem.kind == "layer" and engine.containers.status(row).active
    ]
    if running:
        return f"not mended: {running[0]} runs on it, stop it first"
    try:
        mender.mend(problem)
    except HullError as error:
        return f"not mended: {error.message}"
    return "fetched again"


def _keep(engine: Engine) -> list[str]:
    """Tell of a keep that was cut off and that the beginning of this command could not take up."""
    from hull.trials import journal

    ident = journal.unfinished(engine.paths.data)
    if not ident:
        return []
    with journal.held(engine.paths.data, wait=False) as alone:
        return [f"keep {ident}: cut off, {journal.home(engine.paths.data)}/{ident} has what it saved"] * bool(
            alone and journal.unfinished(engine.paths.data)
        )


def _containers(engine: Engine) -> list[str]:
    """Forget rows without a directory, remove directories without a row; tell of each."""
    from hull.commands._unused import remove_tree

    lines = [
        f"container {row.name}: forgotten, its directory is gone"
        for row in engine.containers.all()
        if engine.containers.forget_if_gone(row)
    ]
    known = {row.id for row in engine.containers.all()}
    for name in sorted(os.listdir(engine.paths.containers)):
        if name not in known:
            remove_tree(engine, f"{engine.paths.containers}/{name}")
            lines.append(f"container {name[:12]}: removed what was left of it")
    from hull.trials.history_states import collect

    lines += [f"checkpoint layer {name}: removed, nothing needs it" for name in collect(engine)]
    return lines
