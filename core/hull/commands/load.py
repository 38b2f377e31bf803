"""`hull load`."""

from hull.commands._verb import Flag
from hull.engine import Engine
from hull.light import Annotated


def load(
    engine: Engine,
    *,
    input: Annotated[str, Flag("read this file, not standard input", short="i", metavar="FILE", complete="path")] = "-",
    quiet: Annotated[bool, Flag("show no progress", short="q")] = False,  # noqa: ARG001 (the front reads it)
    platform: Annotated[str, Flag("which platform of a multi-platform image", metavar="OS/ARCH")] = "",
) -> list[str]:
    """Load images from an archive: docker save's, or an OCI layout, compressed or not.

    Prints the references of what was loaded, the id of an image without one.
    """
    import sys

    from hull.errors import UserError

    if input == "-" and sys.stdin.isatty():
        raise UserError("cannot load from a terminal", "hull load -i FILE, or hull load < FILE")
    flavour = engine.identity().layer_flavour
    return engine.images.load(sys.stdin.buffer if input == "-" else input, flavour, platform)
