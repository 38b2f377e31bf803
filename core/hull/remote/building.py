"""A build by another engine: the context is packed here and goes over, what .dockerignore names stays here."""

import json
import os
import re
from collections.abc import Callable, Iterator

from hull.commands import _words
from hull.commands._flags import free
from hull.dockerfile import contexts, ignore
from hull.errors import HostError, UserError
from hull.light import Any
from hull.output import Piece
from hull.remote.archives import TAR, source
from hull.remote.pipe import Pipe
from hull.remote.there import Asked, There

FAILED = 1  # the exit code of a build that fails, as here
BUILT = re.compile(r"^Successfully built ([0-9a-f]+)")
OUTSIDE = ".hull-dockerfile"  # what a Dockerfile beside the context is called in it


def build(there: There, asked: Asked) -> Iterator[Piece | str]:
    """Build an image of a Dockerfile there; print its id."""
    if asked.iidfile:
        free(asked.iidfile)
    found = contexts.parse(asked.context)
    query = _query(asked)
    if found.kind in ("git", "url"):
        query["remote"] = asked.context
        query["dockerfile"] = asked.file or "Dockerfile"
        return _told(there, asked, query, b"")
    if found.kind in ("stdin", "archive"):
        query["dockerfile"] = asked.file or "Dockerfile"
        return _told(there, asked, query, None)
    inside, extra = dockerfile(found.location, asked.file)
    query["dockerfile"] = inside
    return _packed(there, asked, query, lambda out: pack(found.location, inside, extra, out))


def _packed(there: There, asked: Asked, query: dict[str, Any], feed: Callable[[Any], None]) -> Iterator[Piece | str]:
    pipe = Pipe()
    pipe.start(feed)
    try:
        yield from _lines(there, asked, query, pipe)
    finally:
        pipe.close()


def _query(asked: Asked) -> dict[str, Any]:
    environ = dict(os.environ)
    arguments = dict(word.partition("=")[::2] for word in _words.environment(asked.build_arg, (), environ))
    return {
        "t": list(asked.tag),
        "target": asked.target,
        "buildargs": arguments or None,
        "labels": dict(word.partition("=")[::2] for word in asked.label) or None,
        "platform": asked.platform,
        "networkmode": "" if asked.network == "default" else asked.network,
        "nocache": asked.no_cache,
        "pull": asked.pull,
        "squash": asked.squash,
        "extrahosts": ",".join(asked.add_host),
        "shmsize": None if asked.shm_size is None else _words.size(asked.shm_size),
        "ulimits": _ulimits(asked.ulimit),
        "cachefrom": json.dumps(list(asked.cache_from)) if asked.cache_from else None,
        "rm": True,
    }


def _ulimits(words: tuple[str, ...]) -> str | None:
    found = [_words.ulimit(word) for word in words]
    return json.dumps([{"Name": u.name, "Soft": u.soft, "Hard": u.hard} for u in found]) if found else None


def dockerfile(context: str, asked: str) -> tuple[str, bytes | None]:
    """Return the Dockerfile's name in the context, and its text where it lies beside it."""
    if not asked:
        usual = next((name for name in ("Dockerfile", "Containerfile") if os.path.exists(f"{context}/{name}")), "")
        if not usual:
            raise UserError(f"cannot build {context}: no Dockerfile is in it", "hull build -f FILE CONTEXT")
        return usual, None
    if asked == "-":
        with source("-", "read a Dockerfile", "hull build -f FILE CONTEXT") as file:
            return OUTSIDE, file.read()
    path = os.path.realpath(asked)
    inside = os.path.relpath(path, os.path.realpath(context))
    if not inside.startswith("../"):
        return inside, None
    with source(path, "read", "check -f") as file:
        return OUTSIDE, file.read()


def pack(context: str, named: str, extra: bytes | None, out: Any) -> None:
    """Write the context as a tar; the Dockerfile goes whatever is ignored, and everything is root's."""
    import io
    import tarfile

    ignored = _ignored(context, named)
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT, errors="surrogateescape") as tar:
        for path, name in _walk(context, "", ignored, named):
            try:
                _add(tar, path, name)
            except (PermissionError, FileNotFoundError) as error:
                raise _unread(path, error) from None
        if extra is not None:
            entry = tarfile.TarInfo(OUTSIDE)
            entry.size = len(extra)
            tar.addfile(entry, io.BytesIO(extra))


def _add(tar: Any, path: str, name: str) -> None:
    entry = tar.gettarinfo(path, name)
    if entry is None:  # a socket
        return
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    if not entry.isreg():
        tar.addfile(entry)
        return
    with open(path, "rb") as file:
        tar.addfile(entry, file)


def _unread(path: str, error: OSError) -> UserError:
    return UserError(
        f"cannot read {path}: {error.strerror}", "see that it is there and yours to read, or name it in .dockerignore"
    )


def _ignored(context: str, dockerfile: str) -> ignore.Ignore:
    for name in ignore.candidates(dockerfile):
        try:
            with open(f"{context}/{name}", "rb") as file:
                return ignore.parse(file.read(), name)
        except FileNotFoundError:
            continue
    return ignore.Ignore()


def _walk(context: str, below: str, ignored: ignore.Ignore, dockerfile: str) -> Iterator[tuple[str, str]]:
    try:
        with os.scandir(f"{context}/{below}") as entries:
            found = sorted(entries, key=lambda one: one.name)
    except (PermissionError, FileNotFoundError) as error:
        raise _unread(f"{context}/{below}", error) from None
    for one in found:
        name = f"{below}{one.name}"
        directory = one.is_dir(follow_symlinks=False)
        if name == dockerfile or not ignored.ignores(name):
            yield one.path, name
        if directory and (not ignored.prunes(name) or dockerfile.startswith(f"{name}/")):
            yield from _walk(context, f"{name}/", ignored, dockerfile)


def _told(there: There, asked: Asked, query: dict[str, Any], body: Any) -> Iterator[Piece | str]:
    if body is None:
        with source(asked.context, "build", "hull build - < ARCHIVE") as file:
            yield from _lines(there, asked, query, file)
        return
    yield from _lines(there, asked, query, body)


def _lines(there: There, asked: Asked, query: dict[str, Any], body: Any) -> Iterator[Piece | str]:
    """Tell what the engine says on standard error as it comes, and at the end the image's id."""
    ident = ""
    answer = there.client.call("POST", "/build", query, body, TAR)
    for one in answer.documents():
        if one.get("error"):
            failed = HostError(f"cannot build {asked.context}: {str(one['error']).strip()}", "")
            failed.exit_code = FAILED
            raise failed
        text = str(one.get("stream") or one.get("status") or "")
        ident = str((one.get("aux") or {}).get("ID") or "") or ident
        if (said := BUILT.match(text)) and not ident:
            ident = said[1]
        if text.strip() and not asked.quiet:
            yield Piece(2, text.rstrip("\n").encode() + b"\n")
    if asked.iidfile:
        with open(asked.iidfile, "x", encoding="ascii") as file:
            file.write(ident)
    if ident:
        yield ident
