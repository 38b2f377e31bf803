"""A container's files seen without a mount: directories of layers, the upper over the lower, and what is mounted.

No link is ever followed by the kernel: each name is opened beneath the descriptor of its directory, and what a link
says is looked up again from this tree's own root. Sockets, pipes and devices are never opened. A directory that the
caller may not read shows nothing of its own.
"""

import os
import stat

from hull.images.tree import WHITEOUT_PREFIX, is_opaque, is_whiteout
from hull.light import NamedTuple

LINKS_MOST = 40
FILE_MOST = 1 << 20
_PATH = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Entry(NamedTuple):
    """One name of a directory: `kind` is directory, file, link or other; `runs` whether a file may be executed."""

    name: str
    kind: str
    runs: bool


class Tree:
    """The files below `directories`, the lowest first; `mounts` are host directories by the path they are seen at."""

    def __init__(self, directories: tuple[str, ...], mounts: dict[str, str] | None = None) -> None:
        self._directories = directories
        self._mounts = {f"/{at.strip('/')}": source for at, source in (mounts or {}).items()}

    def entries(self, path: str, *, modes: bool = False) -> list[Entry]:
        """Return what the directory `path` shows; nothing where there is none. `modes` finds out what runs."""
        found = self._walk(path)
        if found is None:
            return []
        place, descriptors = found
        seen: dict[str, Entry] = {}
        gone: set[str] = set()
        try:
            for fd in descriptors:
                _list(fd, seen, gone, modes=modes)
        finally:
            _close(descriptors)
        for at in self._mounts:
            above, _, name = at.rpartition("/")
            if (above or "/") == place and name:
                seen[name] = Entry(name, "directory", runs=False)
        return list(seen.values())

    def kind(self, path: str) -> str:
        """Return what is at `path` once links are followed: directory, file, other, or "" for nothing."""
        found = self._walk(path)
        if found is not None:
            _close(found[1])
            return "directory"
        status = self._last(path, LINKS_MOST)
        return "" if status is None else "file" if stat.S_ISREG(status[1].st_mode) else "other"

    def place(self, path: str) -> str:
        """Return the path of a directory without links, "" where there is none."""
        found = self._walk(path)
        if found is None:
            return ""
        _close(found[1])
        return found[0]

    def changed(self, path: str) -> int:
        """Return when the uppermost part of a directory changed, in nanoseconds; 0 where there is none."""
        found = self._walk(path)
        if found is None or not found[1]:
            return 0
        try:
            return os.fstat(found[1][0]).st_mtime_ns
        finally:
            _close(found[1])

    def read(self, path: str) -> bytes:
        """Return a file's first megabyte, nothing for what is no file or may not be read."""
        found = self._last(path, LINKS_MOST)
        if found is None or not stat.S_ISREG(found[1].st_mode):
            return b""
        at, name = found[0].rpartition("/")[::2]
        walked = self._walk(at or "/")
        if walked is None:
            return b""
        try:
            return next((data for fd in walked[1] if (data := _content(fd, name)) is not None), b"")
        finally:
            _close(walked[1])

    def _last(self, path: str, links: int) -> tuple[str, os.stat_result] | None:
        """Return the path without links and the status of what is no directory."""
        at, name = path.rstrip("/").rpartition("/")[::2]
        found = None if name in ("", ".", "..") else self._walk(at or "/")
        if found is None:
            return None
        place, descriptors = found
        try:
            status, link = _look(descriptors, name)
        finally:
            _close(descriptors)
        if status is None:
            return None
        if link and links:
            return self._last(os.path.join(place, link), links - 1)
        return f"{place.rstrip('/')}/{name}", status

    def _walk(self, path: str) -> tuple[str, list[int]] | None:
        """Return the path of a directory without links, and descriptors of its parts, the uppermost first."""
        parts, links = path.split("/")[::-1], 0
        place: list[str] = []
        stack = [self._root()]
        try:
            while parts:
                name = parts.pop()
                if name in ("", "."):
                    continue
                if name == "..":
                    if place:
                        place.pop()
                        _close(stack.pop())
                    continue
                step, link = self._step(stack[-1], f"/{'/'.join([*place, name])}", name)
                if link:
                    links += 1
                    parts += link.split("/")[::-1]
                    if link.startswith("/"):
                        _shut(stack, 1)
                        place.clear()
                if (not step and not link) or links > LINKS_MOST:
                    return None
                if step:
                    place.append(name)
                    stack.append(step)
            return f"/{'/'.join(place)}", stack.pop()
        finally:
            _shut(stack, 0)

    def _root(self) -> list[int]:
        if "/" in self._mounts:
            return [os.open(self._mounts["/"], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)]
        found = []
        for directory in reversed(self._directories):
            try:
                found.append(os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
            except OSError:
                continue
        return found

    def _step(self, descriptors: list[int], path: str, name: str) -> tuple[list[int], str]:
        """Return the parts of a directory below these, or what the link of that name says."""
        if path in self._mounts:
            try:
                return [os.open(self._mounts[path], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)], ""
            except OSError:
                return [], ""
        found: list[int] = []
        for fd in descriptors:
            try:
                found.append(os.open(name, _PATH, dir_fd=fd))
            except FileNotFoundError:
                continue
            except OSError:  # a whiteout, a link, a file, or one that may not be passed: it hides what is below
                if found:
                    break
                _, link = _look([fd], name)
                return [], link
            if is_opaque(f"/proc/self/fd/{found[-1]}"):
                break
        return found, ""


def _look(descriptors: list[int], name: str) -> tuple[os.stat_result | None, str]:
    """Return the status of the uppermost thing of that name and, of a link, what it says."""
    for fd in descriptors:
        try:
            status = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if is_whiteout(status):
                return None, ""
            return status, os.readlink(name, dir_fd=fd) if stat.S_ISLNK(status.st_mode) else ""
        except FileNotFoundError:
            continue
        except OSError:
            return None, ""
    return None, ""


def _list(fd: int, seen: dict[str, Entry], gone: set[str], *, modes: bool) -> None:
    """Add one part's names to those that parts above have shown or hidden."""
    try:
        readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=fd)
    except OSError:
        return
    try:
        with os.scandir(readable) as entries:
            for entry in entries:
                name = entry.name
                if name in seen or name in gone:
                    continue
                if name.startswith(WHITEOUT_PREFIX):
                    gone.add(name[len(WHITEOUT_PREFIX) :])
                    continue
                if entry.is_dir(follow_symlinks=False):
                    seen[name] = Entry(name, "directory", runs=False)
                elif entry.is_symlink():
                    seen[name] = Entry(name, "link", runs=False)
                elif entry.is_file(follow_symlinks=False):
                    runs = modes and bool(entry.stat(follow_symlinks=False).st_mode & 0o111)
                    seen[name] = Entry(name, "file", runs=runs)
                elif is_whiteout(entry.stat(follow_symlinks=False)):
                    gone.add(name)
                else:
                    seen[name] = Entry(name, "other", runs=False)
    finally:
        os.close(readable)


def _content(fd: int, name: str) -> bytes | None:
    """Return a file's content, None where this part has nothing of that name."""
    try:
        file = os.open(name, _FILE, dir_fd=fd)
    except FileNotFoundError:
        return None
    except OSError:
        return b""
    try:
        return os.read(file, FILE_MOST) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    finally:
        os.close(file)


def _close(descriptors: list[int]) -> None:
    for fd in descriptors:
        os.close(fd)


def _shut(stack: list[list[int]], kept: int) -> None:
    while len(stack) > kept:
        _close(stack.pop())
