"""`hull images`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.images import listing
from hull.light import Annotated, NamedTuple


class ImageRow(NamedTuple):
    """One line: a reference of an image, or an image without any."""

    repository: str
    tag: str
    id: str
    created: float
    size: int


def images(
    engine: Engine,
    repository: Annotated[str, Word("only this repository, or this reference", "REPOSITORY", complete="image")] = "",
    *,
    all: Annotated[bool, Flag("show also images without a reference", short="a")] = False,
    quiet: Annotated[bool, Flag("print ids only", short="q")] = False,
    digests: Annotated[bool, Flag("show the manifests' digests")] = False,
    no_trunc: Annotated[bool, Flag("print whole ids")] = False,
) -> list[ImageRow] | list[listing.Line] | list[str]:
    """List the images that are here."""
    found = listing.rows(engine.images.rows, repository, unnamed=all or not repository)
    lines = [line._replace(id=line.id if no_trunc else line.id.removeprefix("sha256:")[:12]) for line in found]
    if quiet:
        return list(dict.fromkeys(line.id for line in lines))
    if digests:
        return lines
    return [ImageRow(line.repository, line.tag, line.id, line.created, line.size) for line in lines]
