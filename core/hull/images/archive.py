"""A tar archive whose members are read by name.

The archive is indexed once and read by offset; what cannot be (a pipe, a compressed file) is first written, plain, to
an unnamed file in the scratch directory. Nothing in an archive names a path on this machine.
"""

import os
import stat
from collections.abc import Callable, Iterator

from hull.errors import RegistryError, UserError
from hull.images import compression, names, tarheader
from hull.images.tarstream import FileTarStream
from hull.light import IO, NamedTuple

CHUNK = 1 << 18
DOCUMENT_MOST = 4 << 20
MEMBERS_MOST = 1 << 17
_HINT = "it is damaged: save it again"
LINKS_MOST = 8


class Member(NamedTuple):
    """Where a member's content is; `link` is the name of another member instead."""

    offset: int
    size: int
    link: str = ""


class Archive:
    """An indexed archive; close it after the last layer was read."""

    def __init__(self, source: "str | IO[bytes]", scratch: str) -> None:
        self._fd = _seekable(source, scratch)
        self._members: dict[str, Member] = {}
        try:
            self._index()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def _index(self) -> None:
        for entry in tarheader.entries(stream := FileTarStream(self._fd)):
            name = names.clean(entry.name).decode(errors="surrogateescape")
            if entry.kind == tarheader.FILE and entry.pieces is None:
                self._members[name] = Member(stream.offset, entry.size)
            elif entry.kind == tarheader.LINK:
                self._members[name] = Member(0, 0, names.clean(entry.link).decode(errors="surrogateescape"))
            elif entry.kind == tarheader.SYMLINK:
                above = os.path.dirname(name)
                target = os.path.normpath(os.path.join("/", above, entry.link.decode(errors="surrogateescape")))
                self._members[name] = Member(0, 0, target.lstrip("/"))
            if len(self._members) > MEMBERS_MOST:
                raise RegistryError(f"cannot load: more than {MEMBERS_MOST} members", _HINT)

    def member(self, name: str) -> Member:
        """Return where a member is, links followed; a missing one is an error."""
        for _ in range(LINKS_MOST):
            found = self._members.get(os.path.normpath(name))
            if found is None:
                break
            if not found.link:
                return found
            name = found.link
        raise RegistryError(
            f"cannot load: the archive lacks {name[:200]!r}, which it names", "it is damaged: save it again"
        )

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a member's content."""
        member = self.member(name)
        offset, end = member.offset, member.offset + member.size
        while offset < end:
            chunk = os.pread(self._fd, min(CHUNK, end - offset), offset)
            if not chunk:
                raise RegistryError("cannot load: the archive ends too soon", "it is damaged: save it again")
            offset += len(chunk)
            yield chunk

    def document(self, name: str) -> bytes:
        """Return the content of a small member."""
        if self.member(name).size > DOCUMENT_MOST:
            raise RegistryError(f"cannot load: {name[:200]!r} is larger than {DOCUMENT_MOST} bytes", _HINT)
        return b"".join(self.chunks(name))


def _seekable(source: "str | IO[bytes]", scratch: str) -> int:
    """Return a descriptor that can be read at any offset and holds a plain tar."""
    if not isinstance(source, str):
        return _spool(source.read, scratch)
    try:
        fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"cannot read {source}: {error.strerror}", "give a file, or - for standard input") from None
    try:
        regular = stat.S_ISREG(os.fstat(fd).st_mode)
        if regular and compression.detect(os.pread(fd, compression.SNIFF, 0)) == "plain":
            return os.dup(fd)
        return _spool(lambda size: os.read(fd, size), scratch)
    finally:
        os.close(fd)


def _spool(read: Callable[[int], bytes], scratch: str) -> int:
    """Write what `read` gives, decompressed, to a file without a name."""
    import tempfile

    with tempfile.TemporaryFile(dir=scratch) as file:
        for chunk in compression.stream(read):
            file.write(chunk)
        file.flush()
        return os.dup(file.fileno())
