"""What was built here: a record of each of the last builds, whoever asked for it, with what it told.

Theory of operation. A record is two files below `build-history`, named by the digest of its reference: the log, JSON as
`--progress rawjson` has it, comes first, then the record, by rename: one that is there is whole. What programs write is
kept for BuildKit's clients alone, who expect it: it may show what nobody meant to keep.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time

from hull.builder.asked import Asked
from hull.dockerfile import scope
from hull.engine import Engine
from hull.light import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hull.builder.building import Built

PLACE, ARGUMENT = "build-history", "build-arg:"
MOST, AGE = 50, 48 * 3600.0  # records, and their seconds, that BuildKit keeps, too; pinned ones stay


class About(NamedTuple):
    """What is known of a build before it begins. `ref` names it; without one it is not recorded.

    `parent` is the client's span that it is a part of: `traceparent` of W3C's Trace Context.
    """

    ref: str
    frontend: str = "dockerfile.v0"
    attributes: tuple[tuple[str, str], ...] = ()
    exporters: tuple[tuple[str, dict[str, str]], ...] = ()
    parent: str = ""


class Record(NamedTuple):
    """A build that is over. Times are seconds since the epoch; `steps` are rawjson's vertexes, `total` of them planned.

    `answer` is what exporters say of the result; `error` is "" where it went well.
    """

    about: About
    created: float
    completed: float
    error: str
    answer: dict[str, str]
    steps: tuple[dict[str, Any], ...]
    total: int
    pinned: bool = False


def of(asked: Asked) -> About:
    """Return what is known of a build that no client of BuildKit's asked for."""
    found = [("filename", asked.file or "Dockerfile"), ("target", asked.target), ("platform", asked.platform)]
    found += [("context", asked.context), ("force-network-mode", asked.network)]
    for prefix, words in ((ARGUMENT, asked.arguments), ("label:", asked.labels)):
        found += [
            (f"{prefix}{key}", value)
            for key, _, value in (word.partition("=") for word in words)
            if prefix != ARGUMENT or key.upper() not in scope.PROXIES  # whose password is no part of the image either
        ]
    names = {"name": ",".join(asked.tags)} if asked.tags else {}
    attributes = tuple((key, value) for key, value in found if value)
    return About(os.urandom(16).hex()[:25], attributes=attributes, exporters=(("image", names),))


def answered(built: "Built") -> dict[str, str]:
    """Return what the exporters answer: an image of the engine's own store is known by its config's digest."""
    if not built.ident:
        return {}
    names = {"image.name": ",".join(built.names)} if built.names else {}
    return {"containerimage.config.digest": built.ident, "containerimage.digest": built.digest or built.ident, **names}


def add(engine: Engine, record: Record, log: IO[bytes]) -> None:
    """Keep a record and its log; what is too old goes."""
    place = f"{engine.paths.data}/{PLACE}"
    os.makedirs(place, 0o700, exist_ok=True)
    path = _path(engine, record.about.ref)
    with open(f"{path}.log", "wb") as file:
        shutil.copyfileobj(log, file)
    _write(path, record)
    found = [one for one in all_(engine) if not one.pinned]
    for place_, one in enumerate(reversed(found)):
        if place_ >= MOST or one.completed < time.time() - AGE:
            forget(engine, one.about.ref)


def all_(engine: Engine) -> list[Record]:
    """Return every record, the oldest first."""
    place = f"{engine.paths.data}/{PLACE}"
    names = os.listdir(place) if os.path.isdir(place) else []
    found = [_read(f"{place}/{name}") for name in names if name.endswith(".json")]
    return sorted((one for one in found if one is not None), key=lambda one: one.created)


def find(engine: Engine, ref: str) -> Record | None:
    """Return a record, None where there is none."""
    return _read(f"{_path(engine, ref)}.json")


def log(engine: Engine, ref: str) -> "Iterator[dict[str, Any]]":
    """Yield what a build told, object by object."""
    with contextlib.suppress(FileNotFoundError), open(f"{_path(engine, ref)}.log", "rb") as file:
        yield from map(json.loads, file)


def amend(engine: Engine, record: Record) -> None:
    """Keep what a record says now; its log stays."""
    _write(_path(engine, record.about.ref), record)


def forget(engine: Engine, ref: str) -> None:
    """Remove a record and its log."""
    for suffix in ("json", "log"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{_path(engine, ref)}.{suffix}")


def _path(engine: Engine, ref: str) -> str:
    return f"{engine.paths.data}/{PLACE}/{hashlib.sha256(ref.encode(errors='surrogateescape')).hexdigest()[:32]}"


def _write(path: str, record: Record) -> None:
    text = json.dumps([list(record.about), *record[1:]])
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(f"{path}.part", f"{path}.json")


def _read(path: str) -> Record | None:
    try:
        with open(path, encoding="utf-8") as file:
            (ref, frontend, attributes, exporters, parent), *rest = json.load(file)
    except (FileNotFoundError, ValueError):  # of a machine that stopped before it was on the disk
        return None
    about = About(ref, frontend, tuple(map(tuple, attributes)), tuple(map(tuple, exporters)), parent)
    return Record(about, *rest)
