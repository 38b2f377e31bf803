"""The contents of a try's files, as descriptors: of the caller's own directly, of subordinate ids' by a confined child.

The child is `python -m hull.trials.keeping_source LIST`: as root of the try's map it opens what LIST names, in order,
and hands the descriptors over the socket that is its standard input, a batch at a time.
"""

import os
import socket
import sys
from collections.abc import Generator
from contextlib import suppress

from hull.engine import Engine
from hull.errors import HostError
from hull.kernel import syscalls
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

    from hull.state.containers import Container

BATCH = 64  # descriptors in one message; the kernel takes 253
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TREE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BENEATH = syscalls.RESOLVE_BENEATH | syscalls.RESOLVE_NO_SYMLINKS | syscalls.RESOLVE_NO_MAGICLINKS


class Layers:
    """Opens files below layers."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    def file(self, layer: str, path: str) -> int:
        """Return a descriptor of a layer's file."""
        if layer not in self._open:
            self._open[layer] = os.open(layer, _TREE)
        return syscalls.openat2(self._open[layer], os.fsencode(path.lstrip("/")), _READ, resolve=_BENEATH)

    def close(self) -> None:
        """Close the layers."""
        while self._open:
            os.close(self._open.popitem()[1])


class Source:
    """Gives the files that were announced, (layer, path), in that order."""

    def __init__(self, engine: Engine, flavour: str, scratch: str, files: list[tuple[str, str]]) -> None:
        self._engine, self._flavour, self._scratch = engine, flavour, scratch
        self._files, self._at = files, 0
        self._layers = Layers()
        self._child: Popen[bytes] | None = None
        self._handed: Generator[int, None, None] | None = None
        self._socket: socket.socket | None = None

    @classmethod
    def of_try(cls, engine: Engine, row: "Container", scratch: str, files: list[tuple[str, str]]) -> "Source":
        """Return a source of a try's files, with the map that the try has."""
        flavour = engine.identity(row.spec.userns).layer_flavour
        return cls(engine, flavour, scratch, files)

    def next(self, path: str) -> int:
        """Return a descriptor of the next file, which is the one at `path`."""
        layer, expected = self._files[self._at]
        if expected != path:
            raise HostError(f"cannot read {path}: {expected} was to come", "report it with this message")
        self._at += 1
        if self._handed is None:
            try:
                return self._layers.file(layer, path)
            except PermissionError:
                self._handed = self._start(self._files[self._at - 1 :])
        fd = next(self._handed, -1)
        if fd < 0:
            raise HostError(f"cannot read {path} of the try", "hull diff, then keep again")
        return fd

    def _start(self, files: list[tuple[str, str]]) -> Generator[int, None, None]:
        with open(self._scratch, "wb") as file:
            file.writelines(os.fsencode(f"{layer}\0{path}\0") for layer, path in files)
        self._socket, its = socket.socketpair()
        argv = [sys.executable, "-P", "-m", "hull.trials.keeping_source", self._scratch]
        with its:
            self._child = self._engine.confine(argv, self._flavour, stdin=its.fileno(), stdout=-3)
        return _receive(self._socket)

    def close(self) -> None:
        """Close everything; a child that has more to give is ended, before it can complain."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        if self._handed is not None:
            self._handed.close()
        if self._socket is not None:
            self._socket.close()
        self._layers.close()
        with suppress(FileNotFoundError):
            os.unlink(self._scratch)


def _receive(channel: socket.socket) -> Generator[int, None, None]:
    """Yield descriptors; while one batch is used the next one is on its way."""
    while True:
        try:
            said, fds, _, _ = socket.recv_fds(channel, 1, BATCH)
        except ConnectionError:  # it ended with our last word unread
            return
        if not said:
            return
        with suppress(ConnectionError):
            channel.send(b".")
        pending = list(fds)
        try:
            while pending:
                yield pending.pop(0)
        finally:
            for fd in pending:
                os.close(fd)


def main(argv: list[str]) -> int:
    """Open what the list names and hand it over; it ends before what cannot be opened, which the parent then names."""
    with open(argv[1], "rb") as file:
        words = [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    files = list(zip(words[::2], words[1::2], strict=True))
    layers = Layers()
    with socket.socket(fileno=0) as channel, suppress(ConnectionError):  # the parent has ended: nobody to tell
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            fds = _opened(layers, batch)
            if fds:
                socket.send_fds(channel, [b"."], fds)
            for fd in fds:
                os.close(fd)
            if len(fds) < len(batch) or not channel.recv(1):
                return 1
    return 0


def _opened(layers: Layers, files: list[tuple[str, str]]) -> list[int]:
    """Return descriptors of the files up to the first that cannot be opened."""
    fds: list[int] = []
    with suppress(OSError):
        for one in files:
            fds.append(layers.file(*one))  # noqa: PERF401 (what was opened before an error counts)
    return fds


if __name__ == "__main__":
    sys.exit(main(sys.argv))
