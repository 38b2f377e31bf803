"""`hull untag`."""

from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated


def untag(
    engine: Engine,
    image: Annotated[str, Word("a reference, an id, or the start of one", "IMAGE", complete="image")],
    names: Annotated[tuple[str, ...], Word("only these names of it", "NAME", complete="image")] = (),
) -> None:
    """Take names from an image, all of them if none is said. The image stays, by its id."""
    engine.images.untag(image, names)
