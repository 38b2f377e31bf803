"""A container's files as tars: what Docker's clients copy out and in, and all of them at once."""

import contextlib
import stat
from collections.abc import Iterator
from typing import IO, Any, Protocol

from hull.commands._details import time_text
from hull.commands._files import CHUNK, Child, Files
from hull.commands.cp import last_name, writable
from hull.engine import Engine
from hull.errors import HostError, Missing, UserError
from hull.light import NamedTuple
from hull.runtime.detached import attributes
from hull.state.containers import Container
from hull.storage import overlay

# Go's os.FileMode beside the permissions
BITS = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}
KINDS = {
    stat.S_IFDIR: 1 << 31, stat.S_IFLNK: 1 << 27, stat.S_IFIFO: 1 << 25, stat.S_IFSOCK: 1 << 24,
    stat.S_IFBLK: 1 << 26, stat.S_IFCHR: 1 << 26 | 1 << 21, stat.S_IFREG: 0,
}  # fmt: skip


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int = ..., /) -> bytes:
        """Return up to so many bytes, b"" at the end."""


class How(NamedTuple):
    """How a tar is unpacked: `users` gives all to the container's own user, if it has one, else owners' numbers stay.

    `rigid`: no directory takes the place of something else, nor something else a directory's.
    """

    users: bool = False
    rigid: bool = False


def look(engine: Engine, word: str, path: str) -> tuple[Container, dict[str, Any]]:
    """Return the container, and what Docker's clients are told of a path in it."""
    row = engine.containers.find(word)
    if not path:
        raise UserError("bad parameter: 'path' cannot be empty")
    path = _absolute(path)
    try:
        with _seen(engine, row) as child:
            found = child.run("status", path)
    except Missing as error:
        raise Missing(f"Could not find the file {path} in container {word}") from error
    return row, {
        "name": path.rstrip("/").rpartition("/")[2] or "/",
        "size": found["size"],
        "mode": go_mode(found["mode"]),
        "mtime": time_text(found["time"] / 1e9),
        "linkTarget": found["link"],
    }


def go_mode(mode: int) -> int:
    """Return a mode as Go's os.FileMode has it."""
    return stat.S_IMODE(mode) & 0o777 | KINDS[stat.S_IFMT(mode)] | sum(go for bit, go in BITS.items() if mode & bit)


def pack(engine: Engine, row: Container, path: str) -> Iterator[bytes]:
    """Return a file or directory as a tar, named as its path ends."""
    path = _absolute(path)
    engine.history.add("container", "archive-path", row.id, attributes(row.spec, row.name))
    name = last_name(path) if path.strip("/") else "/"  # Docker's members of the root begin with a slash
    with _seen(engine, row) as child:
        yield from child.stream("read", path, name, "")


def unpack(engine: Engine, word: str, path: str, body: Readable, how: How) -> None:
    """Unpack a tar, compressed or not, into a directory that is there."""
    row = engine.containers.find(word)
    if not path:
        raise UserError("bad parameter: 'path' cannot be empty")
    if row.spec.readonly and not any(_within(path, mount.target) for mount in row.spec.mounts if not mount.readonly):
        raise HostError("container rootfs is marked read-only")

    def feed(pipe: IO[bytes]) -> None:
        while piece := body.read(CHUNK):
            pipe.write(piece)

    try:
        _ensure(engine, row)
        with writable(engine, row) as child:
            user = (row.spec.user or row.config.user) if how.users else ""
            child.run("extract", _absolute(path), user, "1" if how.rigid else "", feed=feed)
    except Missing as error:
        raise Missing(f"Could not find the file {path} in container {word}") from error
    except UserError as error:
        if error.message.endswith("it is not a directory"):
            raise UserError("extraction point is not a directory") from error
        raise
    finally:
        while body.read(CHUNK):
            continue
    engine.history.add("container", "extract-to-dir", row.id, attributes(row.spec, row.name))


def export(engine: Engine, row: Container) -> Iterator[bytes]:
    """Return all files of a container as a tar, what is mounted in it left out."""
    chunks = Files(engine, row).still("export").stream("export")
    engine.history.add("container", "export", row.id, attributes(row.spec, row.name))
    return chunks


@contextlib.contextmanager
def _seen(engine: Engine, row: Container) -> Iterator[Child]:
    """Give the view to read; of one that has yet to start with its mounts, whose places may have to be made."""
    if _ensure(engine, row):
        with writable(engine, row) as child:
            yield child
    else:
        yield Files(engine, row).live()


def _ensure(engine: Engine, row: Container) -> bool:
    """Make the volumes of a container that has yet to start, as its start would; tell whether it has mounts."""
    if engine.containers.status(row).state != "created" or not row.spec.mounts:
        return False
    owner = overlay.owner_of(engine.identity(row.spec.userns))
    for mount in row.spec.mounts:
        if mount.kind == "volume" and mount.source:
            engine.volumes.ensure(mount.source, owner, {}, {})
    return True


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _within(path: str, target: str) -> bool:
    return f"{_absolute(path).rstrip('/')}/".startswith(f"{target.rstrip('/')}/")
