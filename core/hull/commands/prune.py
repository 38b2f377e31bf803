"""hull prune: remove the containers that have ended; Docker says `container prune`."""

import time

from hull.commands import rm
from hull.commands._asking import confirm
from hull.commands._files import Files
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.light import Annotated, NamedTuple
from hull.state.containers import Container
from hull.units import size

Many = tuple[str, ...]
ENDED = ("created", "exited", "dead")


class Filter(NamedTuple):
    """What --filter says: made before `until`, with every label in `having`, with none in `lacking`."""

    until: float | None = None
    having: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    def takes(self, row: Container) -> bool:
        """Whether it lets a container through."""
        pairs = {word if "=" in word else f"{word}=" for word in (*row.config.labels, *row.spec.labels)}
        known = pairs | {pair.partition("=")[0] for pair in pairs}
        early = self.until is None or row.created < self.until
        return early and known.issuperset(self.having) and not known.intersection(self.lacking)


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
    removed, freed = ended(engine, wanted)
    lines = ["Deleted Containers:", *removed, ""] if removed else []
    if what == "all":
        images, more = _images(engine)
        freed += more
        lines += ["Deleted Images:", *images, ""] if images else []
    return [*lines, f"Total reclaimed space: {size(freed)}"]


def ended(engine: Engine, wanted: Filter) -> tuple[list[str], int]:
    """Remove the ended containers that are wanted; return their ids and the bytes that it freed."""
    rows = [row for row in engine.containers.all() if wanted.takes(row) and _ended(engine, row)]
    removed, freed = [], 0
    for row, count in zip(rows, _sizes(engine, rows), strict=True):
        try:
            rm.rm(engine, (row.id,))
        except UserError:
            continue  # started or removed a moment ago
        removed.append(row.id)
        freed += count
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
    uppers = [f"{engine.paths.container(row.id)}/upper" for row in rows]
    found: list[int] = Files(engine, rows[0]).upper().run("size", *uppers)["sizes"]
    return found


def _images(engine: Engine) -> tuple[list[str], int]:
    """Remove the images that have no name and no container."""
    removed, freed = [], 0
    rows = engine.images.rows
    for image in rows.all():
        if [key for key, _ in rows.tags(image.id) if "@" not in key] or rows.users(image.id):
            continue
        try:
            engine.images.remove(image.id)
        except HullError:
            continue
        removed.append(image.id)
        freed += image.size
    return removed, freed


def parse(words: Many) -> Filter:
    """Return what --filter words say."""
    wanted = Filter()
    for word in words:
        key, equals, value = word.partition("=")
        if key == "until" and value:
            wanted = wanted._replace(until=_moment(value))
        elif key == "label" and value:
            wanted = wanted._replace(having=(*wanted.having, value))
        elif key == "label!" and value:
            wanted = wanted._replace(lacking=(*wanted.lacking, value))
        else:
            reason = "no value" if equals else "not KEY=VALUE"
            raise UserError(f"cannot filter by {word!r}: {reason}", "until=24h, label=KEY, label=KEY=VALUE, label!=KEY")
    return wanted


def _moment(text: str) -> float | None:
    from hull.commands import _times

    found = _times.moment(text, "--filter until", time.time())
    return None if found is None else found / _times.SECOND
