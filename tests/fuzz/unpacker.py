"""Fuzz the unpacker beneath a real directory, as root of a user namespace: nothing outside may change.

Two kinds of input: bytes (damaged archives and compressions) and programs (random members over a few names, so that
links, whiteouts and directories meet each other). The first byte chooses.
"""

import contextlib
import os
import random
import shutil
import sys
import tempfile

from hull.errors import HostError, RegistryError
from hull.images import compression, tree, unpack
from hull.images.tarstream import TarStream

from tests import imagebuild
from tests.fuzz import loop
from tests.imagebuild import directory, hardlink, layer, member, symlink

NAMES = ("a", "b", "a/b", "a/b/c", "b/a", ".", "a/.wh.b", ".wh.a", "a/.wh..wh..opq", "a/../b", "b//a/./c", "../x")
TARGETS = ("a", "b", "..", "../..", "/", ".", "a/b", "../canary", "../../canary/file", "/a", "nowhere", "b/../..", "")


def program(source: random.Random) -> bytes:
    """Return an archive of random members over few names."""
    members = []
    for _ in range(source.randrange(1, 25)):
        name, target = source.choice(NAMES), source.choice(TARGETS)
        mode = source.choice((0o755, 0o000, 0o2777, 0o4755))
        members.append(source.choice((
            lambda n=name, m=mode: member(n, b"data", mode=m),
            lambda n=name, m=mode: directory(n, m),
            lambda n=name, t=target: symlink(n, t),
            lambda n=name, t=target: hardlink(n, t),
            lambda n=name: member(n, kind=b"6"),
            lambda n=name: member(n, kind=b"3"),
        ))())  # fmt: skip
    return layer(*members)


def seeds() -> list[bytes]:
    """Return honest archives of every feature, plain and compressed."""
    pax = {"path": b"long/" * 30, "mtime": b"1.5", "SCHILY.xattr.user.a": b"b", "uid": b"5000000"}
    sparse = {"GNU.sparse.map": b"0,1,4096,1", "GNU.sparse.size": b"8192", "GNU.sparse.name": b"s"}
    version_1 = {"GNU.sparse.major": b"1", "GNU.sparse.minor": b"0", "GNU.sparse.realsize": b"600"}
    full = layer(
        directory("d/"), member("d/f", b"x" * 700), symlink("l", "d"), member("l/g"), hardlink("h", "d/f"),
        member("p", pax=pax), member("s", b"ab", pax=sparse),
        member("t", b"1\n0\n1\n".ljust(512, b"\0") + b"z", pax=version_1),
        member("././@LongLink", b"n" * 200 + b"\0", "L", magic=b"ustar  \0"), member("x"), member("d/.wh.f"),
        member("null", kind=b"3"),
    )  # fmt: skip
    return [
        full,
        imagebuild.compress(full, "gzip"),
        imagebuild.compress(full, "zstd"),
        *(b"\1" + bytes([n]) for n in range(9)),
    ]


class Target:
    """Unpack each input in an empty directory beside a canary, look at the canary, remove the directory."""

    def __init__(self, base: str) -> None:
        self._base = base
        os.mkdir(f"{base}/canary")
        with open(f"{base}/canary/file", "w") as file:
            file.write("untouched")
        self._expected = self._outside()
        self._open = len(os.listdir("/proc/self/fd"))

    def __call__(self, data: bytes) -> None:
        archive = program(random.Random(data)) if data[:1] == b"\1" else data
        root = f"{self._base}/root"
        os.mkdir(root)
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        parts = iter([archive])
        try:
            with contextlib.suppress(RegistryError, HostError):
                unpack.Unpacker(fd, "single").run(TarStream(compression.stream(lambda _: next(parts, b""))))
            assert self._outside() == self._expected, "something outside changed"
        finally:
            os.close(fd)
            above = os.open(self._base, os.O_RDONLY | os.O_DIRECTORY)
            tree.remove(above, b"root")
            os.close(above)
        assert sorted(os.listdir(self._base)) == ["canary"]
        assert len(os.listdir("/proc/self/fd")) == self._open, "a descriptor was left open"

    def _outside(self) -> list[tuple[object, ...]]:
        found = [os.lstat(f"{self._base}/{place}") for place in ("canary", "canary/file")]
        names = tuple(sorted(set(os.listdir(self._base)) - {"root"}))
        return [names, *((s.st_mode, s.st_uid, s.st_nlink, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for s in found)]


def main(argv: list[str]) -> int:
    """Become root of a user namespace, then fuzz."""
    if os.environ.get("HULL_FUZZ_INSIDE") != "1":
        return _confined(argv)
    os.umask(0)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    base = tempfile.mkdtemp(prefix="hull-fuzz-", dir=memory)
    try:
        return loop.run(Target(base), seeds(), argv)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _confined(argv: list[str]) -> int:
    from hull import paths
    from hull.engine import Engine

    with tempfile.TemporaryDirectory() as base:
        engine = Engine(paths.find({"HULL_ROOT": f"{base}/store", "HOME": base}))
        env = {**os.environ, "HULL_FUZZ_INSIDE": "1"}
        words = [sys.executable, "-m", "tests.fuzz.unpacker", *argv[1:]]
        return engine.confine(words, "range", env=env).wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
