"""hull builder prune: forget what builds keep for later ones."""

import time

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated
from hull.units import read_span, size

Many = tuple[str, ...]


def builder(
    engine: Engine,
    what: Annotated[str, Word("prune", choices=("prune",))],  # noqa: ARG001 (the only one there is)
    *,
    filter: Annotated[Many, Flag("until=AGE: what was not used for so long", metavar="FILTER")] = (),
    force: Annotated[bool, Flag("do not ask; it never does", "f")] = False,  # noqa: ARG001 (Docker's word)
    all: Annotated[bool, Flag("the same: nothing is kept back", "a")] = False,  # noqa: ARG001 (Docker's word)
) -> list[str]:
    """Forget the steps of builds and remove their cache mounts. Images keep their layers."""
    from hull.builder import pruning

    count, freed = pruning.prune(engine, time.time() - _age(filter))
    return [f"Steps forgotten: {count}", f"Total reclaimed space: {size(freed)}"]


def _age(words: Many) -> float:
    seconds = 0.0
    for word in words:
        key, _, value = word.partition("=")
        if key not in ("until", "unused-for") or not value:
            raise UserError(f"cannot filter by {word!r}", "write --filter until=24h")
        seconds = max(seconds, read_span(value))
    return seconds
