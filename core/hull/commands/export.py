"""hull export: a container's file system as a tar."""

import os
import stat
import sys
from collections.abc import Iterator

from hull.commands._files import Files
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.light import Annotated
from hull.output import Piece


def export(
    engine: Engine,
    container: Annotated[str, Word("name or id", complete="container")],
    *,
    output: Annotated[str, Flag("write to this file, not to standard output", "o", "FILE", complete="path")] = "",
) -> Iterator[Piece] | None:
    """Write a container's file system as a tar, volumes and other mounts left out."""
    if not output and sys.stdout.isatty():
        raise UserError("cannot write a tar to a terminal", f"hull export -o FILE {container}")
    row = engine.containers.find(container)
    chunks = Files(engine, row).still("export").stream("export")
    engine.history.add("container", "export", row.id, {"name": row.name, "image": row.spec.image})
    if not output:
        return (Piece(1, chunk) for chunk in chunks)
    save(chunks, output)
    return None


def save(chunks: Iterator[bytes], path: str) -> None:
    """Write a file that appears whole or not at all; a device or a pipe as it comes."""
    special = os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode)
    place = path if special else f"{path}.{os.urandom(8).hex()}"
    try:
        with open(place, "wb", 0) as file:
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[file.write(view) :]
        if not special:
            os.replace(place, path)
    except OSError as error:
        raise HostError(f"cannot write {path}: {error.strerror}", "check the path and the space that is left") from None
    finally:
        if not special and os.path.exists(place):
            os.unlink(place)
