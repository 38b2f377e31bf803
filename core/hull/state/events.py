"""What happened to containers and images, for `hull events`: lines appended to one file.

A line is `{"Type", "Action", "Actor": {"ID", "Attributes"}, "scope", "time", "timeNano"}`, as `docker events` prints
it, written by one O_APPEND write: verbs and launchers append without a lock. The file is its owner's alone: labels may
hold secrets. At MOST bytes it becomes `events.1` and a new one begins.
"""

import os
import time
from collections.abc import Iterator, Mapping

from hull.light import Any
from hull.paths import Paths

MOST = 4 << 20
BLOCK = 1 << 16
GENERATIONS = 2  # files that a follower holds: a writer that opened the old one before its renaming is heard, too


class Events:
    """The events of one user's store. Nothing that `add` meets stops the verb that tells it."""

    def __init__(self, paths: Paths) -> None:
        self.path = f"{paths.data}/events"

    def add(self, type: str, action: str, ident: str, attributes: Mapping[str, str] | None = None) -> None:
        """Append one event: `add("container", "rename", row.id, {"name": …, "image": …, "oldName": …})`.

        `type` is container, image, volume or network; `action` Docker's word; `ident` the whole id, or the name of
        what has none. The json module stays out: starts tell theirs, too.
        """
        try:
            fd = self._open()
            try:
                os.write(fd, line(type, action, ident, attributes or {}, time.time_ns()))
            finally:
                os.close(fd)
        except OSError:
            return  # a full disk ends no verb

    def read(self) -> Iterator[dict[str, Any]]:
        """Return every event that is kept, oldest first."""
        for path in (f"{self.path}.1", self.path):
            try:
                file = open(path, "rb", 0)  # noqa: SIM115
            except FileNotFoundError:
                continue
            with file:
                yield from _Tail(file).events()

    def follow(self, until: float | None = None, *, past: bool = False, output: int = -1) -> Iterator[dict[str, Any]]:
        """Return events as they come, for ever or until that time; with `past`, those that are kept first.

        `output` is the pipe they go to, see Watch.
        """
        import contextlib

        from hull.state.watch import Watch

        follower = self.follower(past=past)
        with contextlib.closing(Watch(output)) as watch, contextlib.closing(follower):
            while True:
                over = until is not None and time.time() >= until
                watch.add(follower.renew())
                yield from follower.read()
                if over:
                    return
                watch.wait(1.0 if until is None else max(0.0, min(1.0, until - time.time())))

    def follower(self, *, past: bool = False) -> "Follower":
        """Return what reads events as they come, for whoever waits for changes in another way than `follow`."""
        return Follower(self.path, self._generations(past=past))

    def _generations(self, *, past: bool) -> list["_Tail"]:
        """Open what is there, oldest first; without `past`, at its end."""
        tails: list[_Tail] = []
        for path in (self.path, f"{self.path}.1"):  # newest first: a rotation between the two repeats, never skips
            try:
                tail = _Tail(open(path, "rb", 0))  # noqa: SIM115
            except FileNotFoundError:
                continue
            if not past:
                tail.file.seek(0, os.SEEK_END)
            if all(tail.inode != other.inode for other in tails):
                tails.insert(0, tail)
        return tails

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(self.path, flags, 0o600)
        if os.fstat(fd).st_size < MOST:
            return fd
        try:
            self._rotate(fd)
        finally:
            os.close(fd)
        return os.open(self.path, flags, 0o600)

    def _rotate(self, full: int) -> None:
        import contextlib
        import fcntl

        fcntl.flock(full, fcntl.LOCK_EX)  # the full file's own: launchers rotate, too, and take the same
        with contextlib.suppress(FileNotFoundError):  # somebody else was first, and nobody has written since
            if os.path.samestat(os.fstat(full), os.stat(self.path)):
                os.rename(self.path, f"{self.path}.1")


class Follower:
    """The files that hold what is yet to come, oldest first."""

    def __init__(self, path: str, tails: list["_Tail"]) -> None:
        self._path = path
        self._tails = tails

    def renew(self) -> str:
        """Take up the file that has the name now; return the path whose next change tells of more to `read`."""
        try:
            file = open(self._path, "rb", 0)  # noqa: SIM115
        except FileNotFoundError:
            return os.path.dirname(self._path)  # for its first
        newest = _Tail(file)
        if any(newest.inode == tail.inode for tail in self._tails):
            file.close()
        else:
            self._tails.append(newest)
        while len(self._tails) > GENERATIONS:
            self._tails.pop(0).file.close()
        return self._path

    def read(self) -> Iterator[dict[str, Any]]:
        """Return the events that have come since."""
        for tail in self._tails:
            yield from tail.events()

    def close(self) -> None:
        """Let go of the files."""
        while self._tails:
            self._tails.pop().file.close()


class _Tail:
    """One file, read line by line as it grows."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.inode = os.fstat(file.fileno()).st_ino
        self._rest = b""

    def events(self) -> Iterator[dict[str, Any]]:
        """Return the events that have come since; a torn last line waits for its end, a broken one is no event."""
        import json

        while block := self.file.read(BLOCK):
            *lines, self._rest = (self._rest + block).split(b"\n")
            for text in lines:
                try:
                    event = json.loads(text)
                except ValueError:
                    continue
                if isinstance(event, dict) and "Actor" in event:
                    yield event


def line(type: str, action: str, ident: str, attributes: Mapping[str, str], nanoseconds: int) -> bytes:
    """Return one event as it stands in the file."""
    quote = _quote()
    actor = f'{{"ID":{quote(ident)},"Attributes":{encode(attributes)}}}'
    when = f'"scope":"local","time":{nanoseconds // 1_000_000_000},"timeNano":{nanoseconds}'
    return f'{{"Type":{quote(type)},"Action":{quote(action)},"Actor":{actor},{when}}}\n'.encode()


def encode(attributes: Mapping[str, str]) -> str:
    """Return the attributes as a JSON object, keys in order, ASCII only: for the launcher's events, too."""
    quote = _quote()
    return f"{{{','.join(f'{quote(key)}:{quote(attributes[key])}' for key in sorted(attributes))}}}"


def _quote() -> Any:
    try:
        from _json import encode_basestring_ascii as quote  # what the json module uses, without its other parts
    except ImportError:
        from json.encoder import py_encode_basestring_ascii as quote  # type: ignore[no-redef,attr-defined,unused-ignore]
    return quote
