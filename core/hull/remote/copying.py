"""`cp` between the caller's files and a container of another engine, by the packing and placing that cp does here."""

import sys
from collections.abc import Callable, Generator, Iterator

from hull import log
from hull.commands import cp as cp_
from hull.contexts.client import Client
from hull.errors import HostError, Missing, UserError
from hull.light import IO, Any
from hull.output import Piece
from hull.remote.archives import TAR, document, source
from hull.remote.pipe import Pipe, renamed
from hull.remote.there import Asked, There, container

DIRECTORY, LINK = 1 << 31, 1 << 27  # of Go's file modes


def cp(there: There, asked: Asked) -> Iterator[Piece] | None:
    """Copy files between a container there and this machine."""
    options = cp_.Options(asked.archive, asked.follow_link)
    (from_name, from_path), (to_name, to_path) = cp_.side(asked.source), cp_.side(asked.target)
    if bool(from_name) == bool(to_name):
        reason = "both sides are containers" if from_name else "neither side is a container"
        raise UserError(f"cannot copy: {reason}", "hull cp CONTAINER:PATH PATH, or hull cp PATH CONTAINER:PATH")
    child: Any = Child(there.client, from_name or to_name)
    if to_name and asked.source == "-":
        with source("-", "copy", "hull cp - CONTAINER:PATH < FILE") as file:
            child.put(to_path, file, archive=asked.archive)
        return None
    if asked.target == "-":
        if sys.stdout.isatty():
            raise UserError("cannot write a tar to a terminal", f"hull cp {asked.source} - > FILE")
        return (Piece(1, chunk) for chunk in child.stream("read", from_path, "", "1" if asked.follow_link else ""))
    if to_name:
        size = cp_.into(child, from_path, to_path, options)
    else:
        engine: Any = there  # its events are all that is used
        size = cp_.out(engine, child, from_path, to_path, options)
    if not asked.quiet and sys.stderr.isatty():
        there.events(log.Event("note", "", f"Successfully copied {size} bytes to {asked.target}"))
    return None


class Child:
    """What cp's halves ask of the other side, answered by the API: a tar from a path, a tar to a path."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self._path = container(name, "archive")

    def stream(self, _action: str, path: str, _name: str, follow: str) -> Generator[bytes]:
        """Yield the tar of a path; a link in its place is followed where that was asked."""
        found = self._stat(path)
        if found is None:
            raise Missing(f"cannot copy {self._name}:{path}: no such file or directory", "check the path")
        mode, target = int(str(found["mode"])), str(found.get("linkTarget") or "")
        if follow and mode & LINK and target:
            path = target
        if path.endswith(("/", "/.")) and not mode & DIRECTORY and not mode & LINK:
            raise UserError(f"cannot copy {self._name}:{path}: it is not a directory", "check the path")
        path = path.removesuffix("/.") or "/"
        yield from self._client.call("GET", self._path, {"path": path}).chunks()

    def run(
        self, _action: str, path: str, kind: str, name: str, keep: str, *, feed: Callable[[IO[bytes]], None]
    ) -> None:
        """Place the tar that `feed` writes, by Docker's rules; its first component is renamed on its way there."""
        place, called = self._destination(path, kind, name)
        pipe = Pipe()
        thread = pipe.start(feed)
        try:
            self.put(place, pipe if called == name != "." else renamed(pipe, called), archive=bool(keep))
        finally:
            pipe.close()
            thread.join()

    def put(self, path: str, body: Any, *, archive: bool) -> None:
        """Unpack a tar in a directory of the container."""
        query = {"path": path, "noOverwriteDirNonDir": True, "copyUIDGID": archive}
        self._client.call("PUT", self._path, query, body, TAR).read()

    def _destination(self, path: str, kind: str, name: str) -> tuple[str, str]:
        """Return the directory to unpack in and what the copied thing is called there: Docker's rules."""
        found = self._stat(path)
        if found is not None and int(str(found["mode"])) & LINK and found.get("linkTarget"):
            path = str(found["linkTarget"]) + ("/" if path.endswith("/") else "")
            found = self._stat(path)
        above, _, last = path.rstrip("/").rpartition("/")
        if found is None:
            if kind == "file" and path.endswith("/"):
                raise UserError(f"cannot copy to {self._name}:{path}: no such directory", "leave the slash out")
            return above or "/", last
        if not int(str(found["mode"])) & DIRECTORY:
            if kind != "file" or path.endswith("/"):
                raise UserError(f"cannot copy to {self._name}:{path}: it is not a directory", "name another place")
            return above or "/", last
        return path, "." if kind == "contents" else name

    def _stat(self, path: str) -> dict[str, Any] | None:
        try:
            answer = self._client.call("HEAD", self._path, {"path": path})
        except Missing:
            self._client.call("GET", container(self._name, "json")).close()  # which of the two is missing
            return None
        text = answer.header("X-Docker-Container-Path-Stat")
        answer.close()
        if not text:
            raise HostError(f"cannot copy to {self._name}: the engine does not tell what {path} is", "update it")
        return document(text)
