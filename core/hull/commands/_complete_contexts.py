"""The names of contexts, for completion: files are read, nobody is asked."""

from collections.abc import Iterator

from hull.commands._complete_values import Asked


def names(environ: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each with its address."""
    from hull import paths
    from hull.contexts.stored import Stored

    for one in Stored(paths.find(environ).config, environ).all():
        yield one.name, one.description or one.host


def asked(question: Asked) -> Iterator[tuple[str, str]]:
    """Yield those that may stand at a place."""
    return names(question.here.environ)
