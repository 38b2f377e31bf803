"""Where saved images go: the bytes of a tar, a file, a directory; what has a name appears whole or not at all."""

import os
import tarfile
from collections.abc import Iterable, Iterator

from hull.errors import UserError
from hull.images import writing
from hull.images.saving import Member
from hull.light import IO

CHUNK = 1 << 18


def tar(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield an archive of the members; the same members make the same bytes."""
    for name, content, mtime in members:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = _size(content), 0o644, max(0, int(mtime))
        yield entry.tobuf(tarfile.PAX_FORMAT)
        yield from chunks(content)
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def file(path: str, chunks: Iterable[bytes]) -> None:
    """Write a file, in place of one that is there."""
    with writing.blamed(path):
        writing.whole(path, chunks)


def directory(path: str, members: Iterable[Member]) -> None:
    """Make a directory of the members; one that is there must be empty."""
    import shutil

    path = path.rstrip("/")
    scratch = writing.aside(path)
    with writing.blamed(path):
        try:
            if os.path.lexists(path) and os.listdir(path):
                raise UserError(f"cannot save to {path}: it is not empty", "remove it, or choose another directory")
            os.mkdir(scratch)
            for name, content, _ in members:
                os.makedirs(os.path.dirname(f"{scratch}/{name}"), exist_ok=True)
                with open(f"{scratch}/{name}", "xb") as target:
                    target.writelines(chunks(content))
            os.rename(scratch, path)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _size(content: bytes | IO[bytes]) -> int:
    return len(content) if isinstance(content, bytes) else content.seek(0, os.SEEK_END)


def chunks(content: bytes | IO[bytes]) -> Iterator[bytes]:
    """Yield what is to be written, a file's from its beginning."""
    if isinstance(content, bytes):
        yield content
        return
    content.seek(0)
    while chunk := content.read(CHUNK):
        yield chunk
