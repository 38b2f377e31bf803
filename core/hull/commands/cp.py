"""hull cp: copy files between a container and this machine."""

import itertools
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hull import log
from hull.commands._files import CHUNK, Child, Files
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.images.files import destination
from hull.images.packing import Packer, Policy
from hull.images.placing import Owners, Placer
from hull.images.resolving import Root, missing
from hull.light import IO, Annotated, NamedTuple
from hull.output import Piece
from hull.state.containers import Container

INSIDE = "contents"  # how the first component is called between the two sides where a directory itself does not go
NOTES = {
    "owners": "{} owners were not kept: only root gives files away",
    "devices": "{} device nodes left out",
    "attributes": "{} extended attributes could not be kept",
}


class Options(NamedTuple):
    """What to keep, what to follow."""

    archive: bool
    follow: bool


def cp(
    engine: Engine,
    source: Annotated[str, Word("what to copy; - for a tar on standard input", "[CONTAINER:]PATH|-", "copied")],
    target: Annotated[str, Word("where to; - for a tar on standard output", "[CONTAINER:]PATH|-", "copied")],
    *,
    archive: Annotated[bool, Flag("keep the numbers of owners", short="a")] = False,
    follow_link: Annotated[bool, Flag("copy what the source links to", short="L")] = False,
    quiet: Annotated[bool, Flag("say nothing of success", short="q")] = False,
) -> Iterator[Piece] | None:
    """Copy files between a container, running or not, and this machine."""
    options = Options(archive, follow_link)
    (from_name, from_path), (to_name, to_path) = side(source), side(target)
    if bool(from_name) == bool(to_name):
        reason = "both sides are containers" if from_name else "neither side is a container"
        raise UserError(f"cannot copy: {reason}", "hull cp CONTAINER:PATH PATH, or hull cp PATH CONTAINER:PATH")
    row = engine.containers.find(from_name or to_name)
    if to_name:
        with writable(engine, row) as inside:
            size = (_unpack if source == "-" else into)(inside, from_path, to_path, options)
    elif target == "-":
        if sys.stdout.isatty():
            raise UserError("cannot write a tar to a terminal", f"hull cp {source} - > FILE")
        chunks = Files(engine, row).live().stream("read", from_path, last_name(from_path), _word(follow_link))
        return (Piece(1, chunk) for chunk in chunks)
    else:
        size = out(engine, Files(engine, row).live(), from_path, to_path, options)
    if not quiet and sys.stderr.isatty():
        engine.events(log.Event("note", "", f"Successfully copied {size} bytes to {target}"))
    return None


def side(word: str) -> tuple[str, str]:
    """Return (container, path), ("", path) for this machine's: a path with a colon begins with / or `.`."""
    name, colon, path = word.partition(":")
    if word == "-" or not colon or word.startswith(("/", ".")) or not name:
        return "", word
    return name, path if path.startswith("/") else f"/{path}"


def last_name(path: str) -> str:
    """Return the last name of a path, `.` where it means what a directory holds."""
    last = path.rstrip("/").rpartition("/")[2]
    if path.endswith("/.") or path == ".":
        return "."
    return os.path.basename(os.path.abspath(path)) or "." if last in ("", ".", "..") else last


def _word(value: bool) -> str:
    return "1" if value else ""


@contextmanager
def writable(engine: Engine, row: Container) -> Iterator[Child]:
    """Give the view to write to; a container that does not run is not started meanwhile: two overlays, one upper."""
    with engine.containers.lock(row):
        child = Files(engine, row).live(writable=True)
        if not child.running:
            yield child
            return
    yield child


def _unpack(child: Child, _source: str, path: str, options: Options) -> int:
    """Unpack the tar on standard input inside."""
    size = 0
    if sys.stdin.isatty():
        raise UserError("cannot read a tar from a terminal", "hull cp - CONTAINER:PATH < FILE")

    def feed(pipe: IO[bytes]) -> None:
        nonlocal size
        while chunk := sys.stdin.buffer.read(CHUNK):
            pipe.write(chunk)
            size += len(chunk)

    child.run("write", path, "archive", "", _word(options.archive), feed=feed)
    return size


def _fix(target: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"mkdir -p {os.path.dirname(target.rstrip('/')) or '.'}"
    return "copy to where you may write and there is room"


def into(child: Child, source: str, path: str, options: Options) -> int:
    """Pack this machine's files as the caller sees them, unpack them inside."""
    try:
        found = Root(None).find(source, follow=options.follow)
    except OSError as error:
        raise HostError(f"cannot copy {source}: {error.strerror}", "check the path") from None
    if found.status is None or (source.endswith(("/", "/.")) and not found.is_directory):
        raise missing("", source, found)
    _refuse_special(source, found.status.st_mode)
    name = last_name(source)
    kind = ("contents" if name == "." else "directory") if found.is_directory else "file"
    packer: list[Packer] = []

    def feed(pipe: IO[bytes]) -> None:
        packer.append(Packer(pipe, Policy(marks=False)))
        packer[0].write(found.directory, found.name, INSIDE if name == "." else name)
        packer[0].close()

    try:
        child.run("write", path, kind, name, _word(options.archive), feed=feed)
    except PermissionError as error:
        raise HostError(f"cannot read {error.filename or source}: {error.strerror}", "copy what you may read") from None
    return packer[0].size


def _refuse_special(path: str, mode: int) -> None:
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode) or stat.S_ISFIFO(mode)):
        raise UserError(f"cannot copy {path}: it is a device or a socket", "copy files, directories and links")


def out(engine: Engine, child: Child, path: str, target: str, options: Options) -> int:
    """Place what the child packs as files of the caller's."""
    from hull.images import tarheader
    from hull.images.tarstream import TarStream

    name, size = last_name(path), 0
    chunks = child.stream("read", path, INSIDE if name == "." else name, _word(options.follow))
    stream = TarStream(chunks)
    entries = tarheader.entries(stream)
    try:
        first = next(entries, None)
        if first is None:
            stream.drain()
            raise UserError(f"cannot copy {path}: it is a device or a socket", "copy files, directories and links")
        kind = ("contents" if name == "." else "directory") if first.kind == tarheader.DIRECTORY else "file"
        fd, top = destination(Root(None), "", target, kind, name)
        placer = Placer(fd, Owners(options.archive, host=True))
        for entry in itertools.chain((first,), entries):
            placer.one(entry, stream, top)
            size += entry.size
        notes = placer.finish(stream)
    except OSError as error:
        if not error.errno:
            raise
        raise HostError(f"cannot copy to {target}: {error.strerror}", _fix(target, error)) from None
    finally:
        chunks.close()
    for note, count in notes.items():
        engine.events(log.Event("warning", "", NOTES.get(note, note).format(count)))
    return size
