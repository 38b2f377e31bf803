"""`hull pull`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated


def pull(
    engine: Engine,
    image: Annotated[str, Word("the image: [HOST[:PORT]/]NAME[:TAG][@DIGEST]", "IMAGE", complete="image")],
    *,
    all_tags: Annotated[bool, Flag("pull every tag of the repository", short="a")] = False,
    quiet: Annotated[bool, Flag("show no progress", short="q")] = False,  # noqa: ARG001 (the front reads it)
    platform: Annotated[str, Flag("the platform to pull, if not this machine's", metavar="OS/ARCH")] = "",
) -> str | list[str]:
    """Fetch an image from a registry.

    What is here already is not fetched again. Prints the reference with everything spelt out.
    """
    from hull import config
    from hull.images import reference

    flavour = engine.identity().layer_flavour
    if not all_tags:
        engine.images.pull(image, platform, flavour)
        return reference.parse(image).canonical
    from hull.images import catalogs

    name = reference.parse(image).name
    names = [f"{name}:{tag}" for tag in catalogs.tags(image, config.load(engine.paths.config))]
    for one in names:
        engine.images.pull(one, platform, flavour)
    return names
