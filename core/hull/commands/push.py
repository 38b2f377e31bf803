"""`hull push`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from hull.images.pushing_layers import Bench


def push(
    engine: Engine,
    image: Annotated[str, Word("what to push: a reference, or an id with a destination", "IMAGE", complete="image")],
    destination: Annotated[str, Word("where to, if not where its name says", "[HOST[:PORT]/]NAME[:TAG]")] = "",
    *,
    all_tags: Annotated[bool, Flag("push every tag that the repository has here", short="a")] = False,
    platform: Annotated[str, Flag("fail unless the image is made for this", metavar="OS/ARCH")] = "",
    compression: Annotated[
        str, Flag("how layers are compressed, where their blobs are not known", metavar="gzip|zstd")
    ] = "",
    quiet: Annotated[bool, Flag("show no progress, print the reference only", short="q")] = False,
) -> list[str]:
    """Bring an image to a registry.

    Only what the registry lacks travels. A layer that was pulled goes with its very bytes while some registry has them;
    otherwise it is packed again, and hull says where that makes another image id. Prints the digest.
    """
    from hull.images import compressing, pushing, reference

    if compression not in ("", *compressing.KINDS):
        raise UserError(f"cannot compress with {compression!r}", f"use one of: {', '.join(compressing.KINDS)}")
    made = bench(engine)
    if all_tags:
        if destination:
            raise UserError("cannot push all tags to one destination", "hull push --all-tags NAME")
        pairs = [(engine.images.holder(str(target))[1], target) for target in pushing.targets(made, image)]
    else:
        pairs = [(engine.images.holder(image)[1], reference.parse(destination or image))]
    lines = []
    for ident, target in pairs:
        done = pushing.push(made, ident, target, compression, platform)
        lines.append(target.canonical if quiet else f"{target.tag}: digest: {done.digest} size: {done.size}")
    return lines


def bench(engine: Engine) -> "Bench":
    """Return what pushes of this engine work with."""
    from hull import config
    from hull.images.pushing_layers import Bench
    from hull.state.sources import Sources

    settings = config.load(engine.paths.config)
    return Bench(engine.paths, engine.images, Sources(engine.db), engine.confine, engine.events, settings)
