"""Words whose candidates are read inside an image or a container: users, directories, programs, paths to copy."""

from hull.commands import _complete_inside as inside_
from hull.commands._complete_values import FILES, Asked, Pairs


def user(asked: Asked) -> Pairs:
    """Yield the users that the subject knows, or their groups behind a colon."""
    yield from _ids(asked, "/etc/passwd")


def group(asked: Asked) -> Pairs:
    """Yield the groups that the subject knows."""
    yield from _ids(asked, "/etc/group")


def _ids(asked: Asked, file: str) -> Pairs:
    inside = asked.subject()
    if inside is None:
        return
    user, colon, _ = asked.prefix.partition(":")
    found = inside_.users(inside, "/etc/group" if colon else file)
    yield from ((f"{user}{colon}{name}" if colon else name, about) for name, about in found)


def inside(asked: Asked) -> Pairs:
    """Yield the directories of the subject."""
    inside = asked.subject()
    if inside is not None:
        yield from ((path, about) for path, about in inside_.paths(inside, asked.prefix) if about == "directory")


def program(asked: Asked) -> Pairs:
    """Yield the programs of the subject."""
    inside = asked.subject()
    if inside is not None:
        yield from inside_.programs(asked.here, asked.programs(), inside, asked.prefix)


def copied(asked: Asked) -> Pairs:
    """Yield what cp copies: a path here, or CONTAINER:PATH."""
    name, colon, path = asked.prefix.partition(":")
    if colon and not name.startswith(("/", ".")):
        inside = inside_.of_container(asked.here, name)
        if inside is not None:
            inside = inside._replace(workdir="/")
            yield from ((f"{name}:{found}", about) for found, about in inside_.paths(inside, path or "/"))
        return
    if not asked.prefix.startswith(("/", ".", "~")):
        yield from ((f"{one.name}:", one.about) for one in asked.here.containers(asked.prefix))
    yield FILES, ""
