"""What COPY and ADD select of a tree: wildcards, .dockerignore, --exclude, --parents; as a tar, or as a digest of it.

The tree is a context, or the layers of a stage: links on the way to a source are followed inside it and end there, and
nothing below a source is followed. A context that tries to leave itself finds nothing.
"""

import os
import posixpath
import stat
from collections.abc import Callable, Iterator

from hull.builder.matching import SPECIAL, matches
from hull.errors import UserError
from hull.images.resolving import Found, Root
from hull.light import IO, NamedTuple


class Selection(NamedTuple):
    """What is wanted: `patterns` of paths; `ignore` and `excludes` are lines as .dockerignore has them."""

    patterns: tuple[str, ...]
    ignore: str = ""
    excludes: tuple[str, ...] = ()
    parents: bool = False
    label: str = "COPY"


class Source(NamedTuple):
    """One source that was found: `path` in the tree, `name` what it is called at the destination ("" its content)."""

    found: Found
    path: str
    name: str


class Entry(NamedTuple):
    """One file or directory: `base` below the directory `fd`, or with "" the directory itself."""

    fd: int
    base: str
    name: str
    status: os.stat_result


class Collection:
    """The sources of one instruction in the tree below `fd`. `opened` hears of descriptors that must stay as long."""

    def __init__(self, fd: int, selection: Selection, opened: Callable[[int], object] = lambda _fd: None) -> None:
        from hull.dockerfile import ignore

        self._root, self._opened = Root(fd), opened
        self._selection = selection
        self._ignore = ignore.parse(selection.ignore)
        self._excludes = ignore.of(tuple(selection.excludes))
        self.sources = [one for pattern in selection.patterns for one in self._find(pattern)]

    @property
    def single(self) -> bool:
        """Whether it is one file, whose name at the destination the destination decides."""
        return len(self.sources) == 1 and not self.sources[0].found.is_directory and not self._selection.parents

    def split(self) -> "list[Collection]":
        """Return a collection of each source alone."""
        import copy

        made = []
        for source in self.sources:
            one = copy.copy(self)
            one.sources = [source]
            made.append(one)
        return made

    def digest(self, *, owners: bool = False) -> str:
        """Return a digest of names, kinds, modes and content, times left out.

        `owners` are the image's; a context has none: what is copied from it is root's, whoever has it here.
        """
        import hashlib
        import json

        total = hashlib.sha256()
        for entry in self._entries():
            mode, what = entry.status.st_mode, ""
            if stat.S_ISREG(mode):
                with open(_file(entry), "rb") as file:
                    what = hashlib.file_digest(file, "sha256").hexdigest()
            elif stat.S_ISLNK(mode):
                what = os.readlink(entry.base, dir_fd=entry.fd)
            whose = (entry.status.st_uid, entry.status.st_gid) if owners else ()
            row = (entry.name, mode, *whose, what) if entry.name else ("", stat.S_IFMT(mode))  # the destination is ours
            total.update(json.dumps(row).encode())
        return total.hexdigest()

    def write(self, stream: IO[bytes]) -> None:
        """Write the entries as a tar."""
        from hull.images.packing import Packer, Policy

        packer = Packer(stream, Policy(marks=False))
        for entry in self._entries():
            if entry.base:
                packer.entry(entry.fd, entry.base, entry.name)
            else:
                packer.head(entry.fd, entry.name or ".")
        packer.close()

    def _find(self, pattern: str) -> Iterator[Source]:
        pivot = 0
        if self._selection.parents and "/./" in f"/{pattern}":
            pivot = len([part for part in f"/{pattern}".partition("/./")[0].split("/") if part])
        clean = posixpath.normpath(f"/{pattern}").lstrip("/")
        found = [self._source(path, pivot) for path in self._paths(clean)]
        there = [one for one in found if one is not None]
        if not there and not (SPECIAL.search(pattern) and len(self._selection.patterns) > 1):
            why = "the .dockerignore leaves it out" if self._ignored_there(clean) else "no such file or directory"
            raise UserError(
                f"cannot {self._selection.label} {pattern}: {why}", "paths are relative to the root of the source"
            )
        yield from there

    def _paths(self, clean: str) -> list[str]:
        return matches(self._root, clean, deep=self._selection.parents) if clean else [""]

    def _ignored_there(self, clean: str) -> bool:
        return not SPECIAL.search(clean) and bool(self._ignore) and self._ignore.ignores(clean)

    def _source(self, path: str, pivot: int) -> Source | None:
        try:
            found = self._root.find(f"/{path}")
        except (FileNotFoundError, NotADirectoryError):
            return None
        self._opened(found.directory)
        if found.status is None:
            return None
        if path and self._ignore and not found.is_directory and self._ignore.ignores(path):
            return None
        if path and self._ignore and found.is_directory and self._ignore.prunes(path):
            return None
        if self._selection.parents:
            return Source(found, path, "/".join(path.split("/")[pivot:]))
        return Source(found, path, "" if found.is_directory else path.rpartition("/")[2])

    def _entries(self) -> Iterator[Entry]:
        seen: set[str] = set()
        for source in self.sources:
            if self._selection.parents:
                yield from self._above(source, seen)
            found, name = source.found, source.name
            if found.is_directory:
                assert found.status is not None  # noqa: S101 (a directory has one)
                top = Entry(found.directory, "", name, found.status)
                yield from self._below(top, source.path, [top])
            elif not self._left_out(name if self._selection.parents else source.name):
                status = os.stat(found.name, dir_fd=found.directory, follow_symlinks=False)
                yield Entry(found.directory, found.name, name, status)

    def _above(self, source: Source, seen: set[str]) -> Iterator[Entry]:
        """Yield the directories that lead to a source's name."""
        parts, names = source.path.split("/"), source.name.split("/")
        for count in range(1, len(names)):
            name = "/".join(names[:count])
            if name not in seen:
                seen.add(name)
                found = self._root.find("/" + "/".join(parts[: len(parts) - len(names) + count]))
                try:
                    if found.is_directory and found.status is not None:
                        yield Entry(found.directory, "", name, found.status)
                finally:
                    os.close(found.directory)

    def _below(self, directory: Entry, path: str, pending: list[Entry]) -> Iterator[Entry]:
        """Yield a directory and what is below it; one that is left out itself comes only with something that is not."""
        if not (path and self._ignore and self._ignore.ignores(path)):
            yield from pending
            pending = []
        for base in sorted(os.listdir(directory.fd)):
            name = f"{directory.name}/{base}" if directory.name else base
            inner = f"{path}/{base}" if path else base
            try:
                status = os.stat(base, dir_fd=directory.fd, follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone meanwhile
            if self._left_out(name):
                continue
            if stat.S_ISDIR(status.st_mode):
                if self._ignore and self._ignore.prunes(inner):
                    continue
                fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory.fd)
                try:
                    below = Entry(fd, "", name, status)
                    for entry in self._below(below, inner, [*pending, below]):
                        yield entry
                        pending = []
                finally:
                    os.close(fd)
            elif not (self._ignore and self._ignore.ignores(inner)):
                yield from pending
                pending = []
                yield Entry(directory.fd, base, name, status)

    def _left_out(self, name: str) -> bool:
        return bool(self._excludes) and self._excludes.ignores(name)


def _file(entry: Entry) -> int:
    return os.open(entry.base, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=entry.fd)
