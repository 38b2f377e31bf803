"""The files of one log: which there are, and where in them the last lines begin."""

import os

from hull.light import Any

BLOCK = 1 << 16
ATTEMPTS = 100  # to see the files between two rotations


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


def generations(path: str) -> list[LogFile]:
    """Open a log's files, oldest first, as they were between two rotations.

    The newest is opened first: where rotations are too fast to see between two, a file is met twice and never missed.
    """
    files: list[LogFile] = []
    for _ in range(ATTEMPTS):
        for file in files:
            file.close()
        names = _names(path)
        files = [file for file in map(_open, names) if file is not None]
        if names == _names(path) and [file.inode for file in files] == [inode(name) for name in names]:
            break
    return list({file.inode: file for file in files[::-1]}.values())


def _open(path: str) -> LogFile | None:
    try:
        return LogFile(path)
    except FileNotFoundError:
        return None


def _names(path: str) -> list[str]:
    """Return the names a log has now, newest first."""
    directory, _, name = path.rpartition("/")
    numbers = []
    try:
        entries = os.listdir(directory)
    except FileNotFoundError:
        return []
    for entry in entries:
        head, _, number = entry.rpartition(".")
        if head == name and number.isdecimal():
            numbers.append(int(number))
    newest = [path] if os.path.exists(path) else []
    return newest + [f"{path}.{number}" for number in sorted(numbers)]


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
