"""A store of one test's own, layers unpacked as hull unpacks them, and ways to look at the result."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hull import log, paths
from hull.engine import Engine
from hull.images import child

from tests.capabilities import missing
from tests.commandline import remove_tree


class Tree:
    """A directory as root of the user namespace sees it; `lowers` make it an overlay of several, lowest first."""

    def __init__(self, engine: Engine, flavour: str, lowers: list[str], answer: dict[str, Any] | None = None) -> None:
        self._engine, self._flavour, self._lowers = engine, flavour, lowers
        self.answer = answer or {}

    @property
    def directory(self) -> str:
        (directory,) = self._lowers
        return directory

    def look(self, *argv: str) -> str:
        """Run a program in the directory; return what it printed."""
        code = 'cd "$0" && exec "$@"'
        place = self._lowers[0]
        if len(self._lowers) > 1:
            code = 'mount -t overlay -o "ro,userxattr,lowerdir=$0" overlay /mnt && cd /mnt && exec "$@"'
            place = ":".join(reversed(self._lowers))
        words = ["/bin/sh", "-c", code, place, *argv]
        if len(self._lowers) > 1:
            words = ["unshare", "--mount", *words]
        pipe = subprocess.PIPE
        started = self._engine.confine(words, self._flavour, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        output, said = started.communicate(timeout=30)
        assert started.returncode == 0, said
        return output.decode(errors="surrogateescape")

    def names(self) -> list[str]:
        """Return every path below, sorted; the listing and stat must agree on each (B03)."""
        found = sorted(self.look("find", ".", "-mindepth", "1", "-printf", r"%P\0").split("\0")[:-1])
        if found:
            self.look("stat", "--", *found)
        return found

    def stat(self, name: str) -> tuple[str, int, int, int]:
        """Return type, mode, uid and gid as seen inside: `regular file`, `directory`, `symbolic link`…"""
        kind, mode, uid, gid = self.look("stat", "-c", "%F|%a|%u|%g", "--", name).strip().split("|")
        return kind.replace("regular empty file", "regular file"), int(mode, 8), int(uid), int(gid)

    def mtime(self, name: str) -> str:
        """Return the time of last change in seconds, nine digits after the point."""
        return self.look("stat", "-c", "%.9Y", "--", name).strip()

    def read(self, name: str) -> str:
        return self.look("cat", "--", name)

    def readlink(self, name: str) -> str:
        return self.look("readlink", "--", name).rstrip("\n")

    def xattrs(self, name: str) -> dict[str, bytes]:
        code = "import os,sys; print({k: os.getxattr(sys.argv[1], k) for k in os.listxattr(sys.argv[1])})"
        return dict(eval(self.look(sys.executable, "-c", code, name)))


class Box:
    """An engine over an empty store, and what it said."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.events: list[log.Event] = []
        self.engine = Engine(paths.find({"HULL_ROOT": f"{base}/store", "HOME": base}), self.events.append)

    @property
    def images(self) -> Any:
        return self.engine.images

    def unpack(self, layer: bytes, flavour: str = "range", lowers: tuple[Tree, ...] = ()) -> Tree:
        """Unpack one layer, compressed or not, without the store around it."""
        layers = self.images.layers
        scratch = layers.scratch(flavour, os.urandom(12).hex())
        answer = layers.unpack(scratch, flavour, iter([layer]))
        if answer["links"]:
            below = [lower.directory for lower in lowers]
            child.run(self.engine.confine, flavour, ["link", scratch, *below], [json.dumps(answer["links"]).encode()])
        return Tree(self.engine, flavour, [scratch], answer)

    def merge(self, *layers: bytes) -> Tree:
        """Unpack layers, lowest first, and look at them as one overlay."""
        done: list[Tree] = []
        for layer in layers:
            done.append(self.unpack(layer, lowers=tuple(done)))
        return Tree(self.engine, "range", [tree.directory for tree in done])

    def store_files(self) -> set[str]:
        """Return what lies in the store beside the database and the lock files."""
        root = f"{self.base}/store"
        found = set()
        for directory, names, files in os.walk(root):
            place = os.path.relpath(directory, root)
            if place in {".", "locks"}:
                names[:] = [name for name in names if name != "locks"]
                continue
            found |= {os.path.join(place, name) for name in (*names, *files)}
        return found

    def summary(self) -> list[str]:
        return [event.text for event in self.events if event.kind == "note"]


@contextlib.contextmanager
def opened() -> Iterator[Box]:
    """Give a box; its directory goes with what mapped ids left there."""
    for name in ("launcher", "userns"):
        if missing(name):
            pytest.skip(f"needs {name}: {missing(name)}")
    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield Box(base)
    finally:
        remove_tree(base)


@pytest.fixture
def box() -> Iterator[Box]:
    """Give a store of this test alone, empty."""
    with opened() as found:
        yield found
