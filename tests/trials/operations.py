"""Operations on a tree, done alike inside a try and on a copy: `operations.py TREE JSON`.

Each is `[NAME, NUMBER, NUMBER]`; the numbers choose among what is there, sorted by name, so that both runs choose the
same. Left out on purpose: writing to or renaming one of several names of a file, and moving a directory that was there
before, because the kernel's overlay does these otherwise than a plain file system (docs/TRY.md).
"""

import json
import os
import stat
import sys
from typing import NamedTuple

TIMES = (1_200_000_000_000_000_001, 1_300_000_000_987_654_321)
MODES = (0o000, 0o400, 0o644, 0o755, 0o600, 0o2755, 0o1777, 0o4711, 0o555, 0o700)
NAMES = ("new", "x y", "-rf", "é", "line\nbreak", "a-b", "a", ".hidden", "long" * 20, "\udcff\udcfe")


class Seen(NamedTuple):
    """What operations are chosen by; `linked`: it was ever one of several names. An overlay's st_nlink is wrong."""

    st_mode: int
    linked: bool


class Tree:
    """The tree under its top directory."""

    def __init__(self, top: str) -> None:
        self.top = top
        self.made: set[str] = set()
        self.linked: set[str] = set()
        self.linked = {path for path, _ in self.entries() if self.several(path)}

    def several(self, path: str) -> bool:
        """Whether it is one of several names of a file."""
        one = os.lstat(f"{self.top}/{path}")
        return not stat.S_ISDIR(one.st_mode) and one.st_nlink > 1

    def entries(self) -> list[tuple[str, Seen]]:
        """Return what is there and can be reached by an ordinary owner."""
        found: list[tuple[str, Seen]] = []
        self._below("", found)
        return sorted(found, key=lambda one: os.fsencode(one[0]))

    def _below(self, name: str, found: list[tuple[str, Seen]]) -> None:
        for inner in os.listdir(f"{self.top}/{name}"):
            path = f"{name}/{inner}" if name else inner
            one = os.lstat(f"{self.top}/{path}")
            found.append((path, Seen(one.st_mode, path in self.linked)))
            if stat.S_ISDIR(one.st_mode) and one.st_mode & 0o700 == 0o700:
                self._below(path, found)

    def pick(self, number: int, test) -> str:
        """Return one entry's path for which the test holds, "" where there is none."""
        found = [path for path, one in self.entries() if test(one)]
        return f"{self.top}/{found[number % len(found)]}" if found else ""

    def directory(self, number: int) -> str:
        """Return a directory that can be written to, the top among them."""
        found = [path for path, one in self.entries() if stat.S_ISDIR(one.st_mode) and one.st_mode & 0o700 == 0o700]
        places = [self.top, *(f"{self.top}/{path}" for path in found)]
        return places[number % len(places)]

    def free(self, first: int, second: int) -> str:
        """Return a path where nothing is yet, "" where it is taken."""
        path = f"{self.directory(first)}/{NAMES[second % len(NAMES)]}"
        return "" if os.path.lexists(path) else path


def single(one: Seen) -> bool:
    return stat.S_ISREG(one.st_mode) and not one.linked


def writable(one: Seen) -> bool:
    return single(one) and one.st_mode & 0o600 == 0o600


def directory(one: Seen) -> bool:
    return stat.S_ISDIR(one.st_mode)


def open_directory(one: Seen) -> bool:
    return stat.S_ISDIR(one.st_mode) and one.st_mode & 0o700 == 0o700


def plain(one: Seen) -> bool:
    return not stat.S_ISDIR(one.st_mode) and not one.linked


def operate(tree: Tree, name: str, first: int, second: int) -> None:  # noqa: C901, PLR0912 (a table of words)
    path = ""
    if name == "write" and (path := tree.pick(first, writable)):
        with open(path, "wb") as file:
            file.write(b"%d" % second * (second % 3000))
    elif name == "append" and (path := tree.pick(first, writable)):
        with open(path, "ab") as file:
            file.write(b"+" * (second % 100))
    elif name == "truncate" and (path := tree.pick(first, writable)):
        os.truncate(path, second * 997 % 200_000)
    elif name == "chmod" and (path := tree.pick(first, lambda one: single(one) or directory(one))):
        os.chmod(path, MODES[second % len(MODES)])
    elif name == "utime" and (path := tree.pick(first, lambda one: single(one) or directory(one))):
        os.utime(path, ns=(TIMES[0], TIMES[second % 2]))
    elif name == "create" and (path := tree.free(first, second)):
        with open(path, "wb") as file:
            file.write(b"c" * (second * 31 % 70_000))
    elif name == "mkdir" and (path := tree.free(first, second)):
        os.mkdir(path)
        tree.made.add(path)
    elif name == "symlink" and (path := tree.free(first, second)):
        os.symlink("a/../nowhere", path)
    elif name == "fifo" and (path := tree.free(first, second)):
        os.mkfifo(path, 0o640)
    elif name == "link" and (path := tree.free(first, second)) and (old := tree.pick(second, single)):
        os.link(old, path)
        tree.linked |= {os.path.relpath(one, tree.top) for one in (old, path)}
    elif name == "unlink" and (path := tree.pick(first, lambda one: not stat.S_ISDIR(one.st_mode))):
        os.unlink(path)
    elif name == "rmtree" and (path := tree.pick(first, open_directory)):
        remove(path)
    elif (name == "rename" and (old := tree.pick(first, plain)) and (path := tree.free(second, first))) or (
        name == "over" and (old := tree.pick(first, plain)) and (path := tree.pick(second, single)) and old != path
    ):
        os.rename(old, path)
    elif name == "movedir":
        there = [f"{tree.top}/{path}" for path, one in tree.entries() if open_directory(one)]
        made = [path for path in there if path in tree.made]
        if made and (path := tree.free(second, first)) and not path.startswith(made[first % len(made)]):
            os.rename(made[first % len(made)], path)
    elif name == "attribute" and (path := tree.pick(first, lambda one: writable(one) or open_directory(one))):
        os.setxattr(path, f"user.a{second % 3}", b"v%d" % second)
    elif name == "dirtofile" and (path := tree.pick(first, open_directory)):
        remove(path)
        with open(path, "wb") as file:
            file.write(b"was a directory")
    elif name == "filetodir" and (path := tree.pick(first, single)):
        os.unlink(path)
        os.mkdir(path)
        with open(f"{path}/inner", "wb") as file:
            file.write(b"in it")


def remove(path: str) -> None:
    for name in os.listdir(path):
        inner = f"{path}/{name}"
        if stat.S_ISDIR(os.lstat(inner).st_mode):
            os.chmod(inner, 0o700)
            remove(inner)
        else:
            os.unlink(inner)
    os.rmdir(path)


def run(top: str, operations: list) -> None:
    """Do all of them."""
    os.umask(0o022)
    tree = Tree(top)
    for name, first, second in operations:
        operate(tree, name, first, second)


if __name__ == "__main__":
    run(sys.argv[1], json.loads(sys.argv[2]))
