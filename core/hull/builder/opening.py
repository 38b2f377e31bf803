"""Open a build's context and find its Dockerfile and .dockerignore in it."""

import os
import stat
import sys

from hull.builder import remote
from hull.builder.asked import Asked, Sent
from hull.builder.copying import is_tar
from hull.builder.origins import Origin
from hull.builder.workshop import Workshop
from hull.dockerfile import contexts, ignore
from hull.dockerfile.contexts import Context
from hull.dockerfile.parser import LONGEST
from hull.errors import UserError
from hull.images.resolving import Root
from hull.light import IO, NamedTuple

NAMES = ("Dockerfile", "Containerfile")


class Opened(NamedTuple):
    """A context with the file that says what to do: its name for messages and its text."""

    origin: Origin
    file: str
    text: bytes


def open_(shop: Workshop, asked: Asked) -> Opened:
    """Return the context of the command line; what it fetches lies in the build's own directory."""
    if asked.sent is not None:
        return _sent(shop, asked, asked.sent)
    context = contexts.parse(asked.context)
    if context.kind in {"stdin", "url"}:
        directory, text = _streamed(shop, context)
        if text is not None:
            return Opened(Origin("context", directory), "-" if context.kind == "stdin" else context.location, text)
    else:
        directory = tree(shop, context)
    file, text, here = _dockerfile(directory, asked.file, local=context.kind == "directory")
    return Opened(Origin("context", directory, ignore=_ignored(directory, file, here=here)), file, text)


def _sent(shop: Workshop, asked: Asked, sent: Sent) -> Opened:
    """Return what a client has sent. Its Dockerfile lies in the context, whatever the name that it has."""
    name, text, file = asked.file or NAMES[0], sent.text, sent.file
    if os.path.normpath(name).split("/")[0] == "..":
        raise UserError(f"forbidden path outside the build context: {name} ({os.path.normpath(name)})")
    directory = _fresh(shop) if file is None else _unpacked(shop, file, "what the client sent", sent=True)
    if text is None:
        kept = (name,) if asked.file and asked.file != NAMES[0] else (name, name.lower(), NAMES[1])
        name, text = next(((one, data) for one in kept if (data := _read(directory, one)) is not None), (name, None))
    if text is None:
        raise UserError(f"Cannot locate specified Dockerfile: {name}")
    if not text:
        raise UserError(f"the Dockerfile ({name}) cannot be empty")
    ignored = sent.ignore
    if ignored is None:  # it was obeyed before it was sent, but for the two files that the engine must see
        left_out = ignore.parse((_read(directory, ignore.USUAL) or b"").decode("utf-8", "surrogateescape"))
        unseen = [one for one in (os.path.normpath(name), ignore.USUAL) if left_out.ignores(one)]
        ignored = "".join(f"{ignore.literal(one)}\n" for one in unseen)
    return Opened(Origin("context", directory, ignore=ignored), name, text)


def tree(shop: Workshop, context: Context) -> str:
    """Return the directory of a context: its own, or where it was fetched to."""
    if context.kind == "directory":
        return context.location
    if context.kind == "git":
        return remote.git(shop, context, asked=True)[0]
    if context.kind == "archive":
        with open(context.location, "rb") as file:
            return _unpacked(shop, file, context.location)
    if context.kind != "url":
        raise UserError(f"cannot take files from the {context.kind} {context.location}", "hull load it, name the image")
    path, _, _ = remote.download(shop, context.location)
    with open(path, "rb") as file:
        return _unpacked(shop, file, context.location)


def named(shop: Workshop, label: str, context: Context) -> Origin:
    """Return an additional context; one that is a directory has a .dockerignore of its own."""
    directory = tree(shop, context)
    return Origin(label, directory, ignore=_ignored(directory))


def _streamed(shop: Workshop, context: Context) -> tuple[str, bytes | None]:
    """Return the directory of what comes as a stream, and its text where it is a Dockerfile alone."""
    if context.kind == "stdin":
        if sys.stdin.isatty():
            raise UserError("cannot build from a terminal", "hull build - < Dockerfile, or name a directory")
        path = f"{_fresh(shop)}/stream"
        with open(path, "wb") as file:
            while chunk := sys.stdin.buffer.read(1 << 18):
                file.write(chunk)
    else:
        path, _, _ = remote.download(shop, context.location)
    with open(path, "rb") as file:
        if is_tar(file):
            file.seek(0)
            return _unpacked(shop, file, context.location), None
        file.seek(0)
        return _fresh(shop), file.read()


def _fresh(shop: Workshop) -> str:
    path = f"{shop.directory}/context-{os.urandom(6).hex()}"
    os.mkdir(path, 0o700)
    return path


def _unpacked(shop: Workshop, file: IO[bytes], label: str, *, sent: bool = False) -> str:
    """Unpack an archive, confined, into a directory that this process may read.

    One that was `sent` is taken as Docker's engine takes it: names that climb end at its top, and modes may be none.
    """
    if not is_tar(file):
        raise UserError(f"cannot build from {label}: it is no tar archive", "name a directory, an archive or a URL")
    file.seek(0)
    step = shop.step()
    shop.worker.ask("prepare", step=step, top="", stubs=[])

    def feed(sink: IO[bytes]) -> None:
        while chunk := file.read(1 << 18):
            sink.write(chunk)

    spot = {"path": "/", "single": False, "chown": "0:0", "chmod": "u+rX" if sent else "", "lenient": sent}
    shop.worker.ask("place", feed=feed, step=step, layers=[], names=[], spot=spot)
    return f"{step}/upper"


def _dockerfile(directory: str, asked: str, *, local: bool) -> tuple[str, bytes, bool]:
    """Return the path of the Dockerfile as the user knows it, its text, and whether it is a path of this machine."""
    if asked == "-":
        return "-", sys.stdin.buffer.read(), False
    if asked and local and os.path.exists(asked):
        with open(asked, "rb") as file:
            return asked, file.read(), True
    for name in (asked,) if asked else NAMES:
        text = _read(directory, name)
        if text is not None:
            return name, text, False
    raise UserError(f"cannot read {asked or ' or '.join(NAMES)}: there is none in the context", "name one with -f FILE")


def _ignored(directory: str, file: str = "", *, here: bool = False) -> str:
    """Return the patterns of what the context leaves out: beside the Dockerfile, else in the context."""
    beside, *inside = ignore.candidates(file)
    if here and os.path.exists(beside):
        with open(beside, encoding="utf-8", errors="surrogateescape") as found:
            return found.read()
    if file not in ("", "-"):
        inside = [beside, *inside]
    texts = (_read(directory, name) for name in inside)
    text = next((one for one in texts if one is not None), b"")
    return text.decode("utf-8", "surrogateescape")


def _read(directory: str, name: str) -> bytes | None:
    """Return a file of the context, links followed inside it only; None where there is none."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = Root(fd).find(f"/{os.path.relpath(name, directory) if os.path.isabs(name) else name}")
    except (FileNotFoundError, NotADirectoryError):
        return None
    finally:
        os.close(fd)
    try:
        if found.status is None or not stat.S_ISREG(found.status.st_mode):
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # what is a file now may be a pipe then
        with open(os.open(found.name, flags, dir_fd=found.directory), "rb") as file:
            text = file.read(LONGEST + 1)
    finally:
        os.close(found.directory)
    if len(text) > LONGEST:
        raise UserError(f"cannot read {name}: it is larger than {LONGEST >> 20} MiB", "name a Dockerfile")
    return text
