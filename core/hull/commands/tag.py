"""`hull tag`."""

from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated


def tag(
    engine: Engine,
    source: Annotated[str, Word("an image: a reference, an id, or the start of one", "SOURCE", complete="image")],
    target: Annotated[tuple[str, ...], Word("what to call it, too", "TARGET")],
) -> None:
    """Give an image one more name. A name that another image had is this one's from now on."""
    engine.images.tag(source, target)
