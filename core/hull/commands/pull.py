"""`hull pull`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated


def pull(
    engine: Engine,
    image: Annotated[str, Word("the image: [HOST[:PORT]/]NAME[:TAG][@DIGEST]", "IMAGE", complete="image")],
    *,
    quiet: Annotated[bool, Flag("show no progress", short="q")] = False,  # noqa: ARG001 (the front reads it)
    platform: Annotated[str, Flag("the platform to pull, if not this machine's", metavar="OS/ARCH")] = "",
) -> str:
    """Fetch an image from a registry.

    What is here already is not fetched again. Prints the reference with everything spelt out.
    """
    from hull.images import reference

    flavour = "single" if engine.identity().flavour == "single" else "range"
    engine.images.pull(image, platform, flavour)
    return reference.parse(image).canonical
