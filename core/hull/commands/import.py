"""`hull import`."""  # noqa: N999 (the verb is spelt as the user types it)

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated


def import_(
    engine: Engine,
    file: Annotated[
        str, Word("a tar of a root file system, compressed or not; - for standard input", "FILE|URL|-", "path")
    ],
    reference: Annotated[str, Word("what to call the image", "[REPOSITORY[:TAG]]")] = "",
    *,
    change: Annotated[
        tuple[str, ...], Flag("apply a Dockerfile instruction (CMD, ENV, USER, …)", short="c", metavar="TEXT")
    ] = (),
    message: Annotated[str, Flag("a comment to keep with the image", short="m", metavar="TEXT")] = "",
    platform: Annotated[str, Flag("what the image is made for, if not this machine", metavar="OS/ARCH")] = "",
) -> str:
    """Make an image of a root file system. Prints its id."""
    import sys

    from hull.commands import _changing
    from hull.errors import UserError

    if file == "-" and sys.stdin.isatty():
        raise UserError("cannot import from a terminal", "hull import FILE, or hull import - < FILE")
    flavour = engine.identity().layer_flavour
    source = sys.stdin.buffer if file == "-" else file
    return engine.images.import_(
        source, reference, change, message=message, platform=platform, flavour=flavour, expand=_changing.expand
    )
