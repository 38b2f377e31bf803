"""`hull rmi`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated


def rmi(
    engine: Engine,
    image: Annotated[tuple[str, ...], Word("references, ids, or the start of ids", "IMAGE", complete="image")],
    *,
    force: Annotated[bool, Flag("remove all references of an id; an image in use loses its names", short="f")] = False,
) -> list[str]:
    """Remove images.

    A reference goes first; the image goes with its last one. Prints what went: references, then the id.
    """
    removed: list[str] = []
    for name in image:
        removed += engine.images.remove(name, force=force)
    return removed
