"""`hull rmi`."""

from hull.commands._several import each
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
    for row in engine.containers.all():  # what --rm has just removed uses no image
        engine.containers.forget_if_gone(row)
    return each(image, lambda name: engine.images.remove(name, force=force), flat=True)
