"""`hull tags`, also spelt `hull tag list`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.light import Annotated


def tags(
    engine: Engine,
    repository: Annotated[str, Word("[HOST[:PORT]/]NAME, without a tag", "REPOSITORY")],
    *,
    limit: Annotated[int, Flag("stop after so many", metavar="N")] = 0,
) -> list[str]:
    """List the tags that a repository has at its registry; `hull tag list` is the same. Tab knows them from then on."""
    from itertools import islice

    from hull import config
    from hull.commands import _complete_remote
    from hull.images import catalogs

    found = list(islice(catalogs.tags(repository, config.load(engine.paths.config)), limit or None))
    if not limit:
        _complete_remote.keep(engine.paths, repository, found)
    return found
