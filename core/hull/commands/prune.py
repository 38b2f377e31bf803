"""hull prune: remove the containers that have ended; Docker says `container prune`."""

from collections.abc import Callable

from hull.commands import _asked, _listing, _unused, image, rm
from hull.commands._asking import confirm
from hull.commands._files import Files
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.state.containers import Container
from hull.storage import ballast

Many = tuple[str, ...]
Test = Callable[[Container], bool]
ENDED = ("created", "exited", "dead")


def prune(
    engine: Engine,
    what: Annotated[
        str, Word("container, or all: images without a name, too", choices=("container", "all"))
    ] = "container",
    *,
    force: Annotated[bool, Flag("do not ask", "f")] = False,
    filter: Annotated[Many, Flag("until=TIME or AGE, label=KEY[=VALUE], label!=…", metavar="FILTER")] = (),
) -> list[str]:
    """Remove the containers that have ended, and tell what that freed."""
    wanted = parse(filter)
    if not force:
        images_too = " and all images without a name" if what == "all" else ""
        confirm("prune", f"This will remove all stopped containers{images_too}.", "hull prune --force")
    ballast.lend(engine.paths.data)
    done = {"Containers": ended(engine, wanted)}
    ballast.fill(engine.paths.data)
    if what == "all":
        from hull.trials import journal_pruning

        done["Keeps"] = journal_pruning.prune(engine)
        done["Images"] = image.pruned(engine, (), everything=False)
    return _unused.told(done)


def ended(engine: Engine, wanted: Test) -> tuple[list[str], int]:
    """Remove the ended containers that are wanted; return their ids and the bytes that it freed."""
    rows = [row for row in engine.containers.all() if wanted(row) and _ended(engine, row)]
    removed, freed = [], 0
    for row, count in zip(rows, _sizes(engine, rows), strict=True):
        try:
            rm.rm(engine, (row.id,))
        except UserError:
            continue  # started or removed a moment ago
        removed.append(row.id)
        freed += count
    _unused.tell(engine, "container", freed)
    return removed, freed


def _ended(engine: Engine, row: Container) -> bool:
    if engine.containers.forget_if_gone(row):
        return False
    status = engine.containers.status(row)
    return status.state in ENDED and not status.active


def _sizes(engine: Engine, rows: list[Container]) -> list[int]:
    """Return the bytes of each container's own layer; one child counts for all of them."""
    if not rows:
        return []
    from hull.trials import history

    child = Files(engine, rows[0]).upper()
    return history.bytes_of(engine, rows, lambda paths: child.run("size", *paths)["sizes"])


def parse(words: Many) -> Test:
    """Return which containers --filter words let through."""
    takes = _asked.prunable(_asked.words(words, _asked.PRUNING))
    return lambda row: takes(row.created, _listing.labels(row))
