"""hull diff: what a container changed in its file system."""

from hull.commands._files import Files
from hull.commands._verb import Word
from hull.engine import Engine
from hull.light import Annotated


def diff(engine: Engine, container: Annotated[str, Word("name or id", complete="container")]) -> list[str]:
    """List what a container added (A), changed (C) and deleted (D) in its file system."""
    row = engine.containers.find(container)
    data = b"".join(Files(engine, row).upper().stream("changes"))
    return [line.decode(errors="surrogateescape") for line in data.split(b"\0")[:-1]]
