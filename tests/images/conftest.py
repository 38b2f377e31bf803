"""A store of one test's own, confined as hull confines it, and an unpacker without the store around it."""

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

from tests.capabilities import missing
from tests.commandline import remove_tree

Events = list[log.Event]


@pytest.fixture
def place() -> Iterator[str]:
    """Give a directory that mapped ids can pass through, removed with what they left."""
    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    yield base
    remove_tree(base)


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def engine(place: str, events: Events) -> Engine:
    for name in ("launcher", "userns"):
        if missing(name):
            pytest.skip(f"needs {name}: {missing(name)}")
    return Engine(paths.find({"HULL_ROOT": f"{place}/store", "HOME": place}), events.append)


class Unpacked:
    """What the confined child made of a layer: a directory, its answer, and ways to look at it."""

    def __init__(self, engine: Engine, flavour: str, directory: str, answer: dict[str, Any]) -> None:
        self.engine, self.flavour, self.directory, self.answer = engine, flavour, directory, answer

    def path(self, name: str | bytes = b"") -> bytes:
        return os.path.join(os.fsencode(self.directory), os.fsencode(name))

    def names(self) -> list[str]:
        """Return every path below, sorted, as root of the user namespace sees them."""
        return sorted(self.look("find", ".", "-mindepth", "1", "-printf", r"%P\n").split("\n")[:-1])

    def stat(self, name: str) -> tuple[str, int, int, int]:
        """Return type, mode, uid and gid as seen inside: regular, directory, link, char…"""
        kind, mode, uid, gid = self.look("stat", "-c", "%F|%a|%u|%g", "--", name).strip().split("|")
        return kind, int(mode, 8), int(uid), int(gid)

    def read(self, name: str) -> str:
        return self.look("cat", "--", name)

    def xattrs(self, name: str) -> dict[str, bytes]:
        code = "import os,sys; print({k: os.getxattr(sys.argv[1], k) for k in os.listxattr(sys.argv[1])})"
        return dict(eval(self.look(sys.executable, "-c", code, name)))

    def look(self, *argv: str) -> str:
        """Run a program as root of the user namespace, in the directory."""
        pipe = subprocess.PIPE
        code = 'cd "$0" && exec "$@"'
        argv = ("/bin/sh", "-c", code, self.directory, *argv)
        child = self.engine.confine(list(argv), self.flavour, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        output, said = child.communicate(timeout=30)
        assert child.returncode == 0, said
        return output.decode(errors="surrogateescape")


class Unpack:
    """Unpack layers, confined; `refuse` expects an error and returns its message."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._layers = engine.images.layers

    def __call__(self, layer: bytes, flavour: str = "range", lowers: tuple[Unpacked, ...] = ()) -> Unpacked:
        scratch = self._layers.scratch(flavour, os.urandom(12).hex())
        answer = self._layers.unpack(scratch, flavour, iter([layer]))
        if answer["links"]:
            from hull.images import child

            below = [lower.directory for lower in lowers]
            chunks = [json.dumps(answer["links"]).encode()]
            child.run(self._engine.confine, flavour, ["link", scratch, *below], chunks)
        return Unpacked(self._engine, flavour, scratch, answer)


@pytest.fixture
def unpack(engine: Engine) -> Unpack:
    return Unpack(engine)
