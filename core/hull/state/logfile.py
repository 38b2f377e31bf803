"""The files of one log: which there are, and where in them the last lines begin."""

import os

from hull.light import Any

BLOCK = 1 << 16
GAPS = 3  # names without a file, one after the other, that end a log: a rotation on its way leaves one


class LogFile:
    """One file of a log, read from where `file` stands."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "rb", 0)  # noqa: SIM115
        self.inode = os.fstat(self.file.fileno()).st_ino

    def close(self) -> None:
        """Let go of it."""
        self.file.close()

    def back(self, wanted: int, seen: int) -> tuple[bool, int]:
        """Seek to where the last `wanted` lines begin, `seen` of them in later files (-1: no record was).

        Return whether they begin here, and how many were seen; where not, the file is read from its beginning.
        """
        ffi, lib = _module().ffi, _module().lib
        if wanted == 0:
            self.file.seek(_whole(self.file.fileno()))
            return True, 0
        count, reached = ffi.new("long *", seen), ffi.new("size_t *")
        end, size = _whole(self.file.fileno()), BLOCK
        while end:
            begin = max(0, end - size)
            block = os.pread(self.file.fileno(), end - begin, begin)
            found = lib.hull_log_back(block, len(block), begin == 0, wanted, count, reached)
            if found >= 0:
                self.file.seek(begin + found)
                return True, count[0]
            size = BLOCK if reached[0] < len(block) else size * 2  # a record longer than the block
            end = begin + reached[0]
        self.file.seek(0)
        return False, count[0]


def generations(path: str, after: int = 0) -> list[LogFile]:
    """Open a log's files, oldest first; with `after`, those that are newer than the file of that number and itself.

    A rotation moves each file one name further from the newest, and so does the walk: none that it has not met is ever
    behind it. Its end is to be found: each look can fall on the gap of another rotation, so a name further on says
    whether it is one. The last time that a file is met counts: when a slow walk meets one that is newer than where it
    began, the older ones are still before it.
    """
    found: dict[int, LogFile] = {}
    number, missing = 0, 0
    while missing < GAPS or number <= _last(path):
        file = _open(f"{path}.{number}" if number else path)
        number += 1
        missing = 0 if file else missing + 1
        if file is None:
            continue
        known = found.pop(file.inode, None)
        found[file.inode] = known or file
        if known:
            file.close()
        elif file.inode == after:
            break
    return list(found.values())[::-1]


def _open(path: str) -> LogFile | None:
    try:
        return LogFile(path)
    except FileNotFoundError:
        return None


def _last(path: str) -> int:
    """Return the highest number that a name of the log has now."""
    directory, _, name = path.rpartition("/")
    try:
        entries = os.listdir(directory)
    except FileNotFoundError:
        return 0
    tails = [entry.removeprefix(f"{name}.") for entry in entries if entry.startswith(f"{name}.")]
    return max((int(tail) for tail in tails if tail.isdecimal()), default=0)


def inode(path: str) -> int:
    """Return a file's number, 0 where there is none."""
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def _whole(fd: int) -> int:
    """Return where the last whole record ends."""
    end = os.fstat(fd).st_size
    while end:
        begin = max(0, end - BLOCK)
        at = os.pread(fd, end - begin, begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return 0


def _module() -> Any:
    from importlib import import_module

    return import_module("hull.state._jsonfile")
