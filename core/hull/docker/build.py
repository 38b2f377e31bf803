"""`POST /build`: the words of its query as what the builder is asked, and what it answers."""

import json
import threading
from collections.abc import Iterator, Mapping

from hull.builder import containers, session
from hull.builder.asked import Asked, Sent
from hull.builder.granted import Granted
from hull.commands import _building
from hull.docker import buildsteps, images_auth, platform
from hull.dockerfile import contexts
from hull.dockerfile.place import DockerfileError
from hull.engine import Engine
from hull.errors import HullError, Unsupported, UserError
from hull.images import reference
from hull.images.credentials import Credentials
from hull.light import IO, Any, NamedTuple
from hull.model import Ulimit

# What asks for a limit that hull's builds have not; none of them says so where it is 0 or absent.
LIMITS = ("memory", "memswap", "cpushares", "cpuperiod", "cpuquota", "cpusetcpus", "cpusetmems", "cgroupparent")
Words = Mapping[str, str]


class Known(Granted):
    """What the request says: whose credentials the build takes at each registry."""

    def __init__(self, auths: str) -> None:
        super().__init__()
        self._auths = images_auth.several(auths)

    def credentials(self, registry: str) -> Credentials | None:
        """Return who the client is at a registry; None where the request names nobody."""
        return self._auths.get(registry) or None


class Query(NamedTuple):
    """What the request says: its single words, those that may come several times, whether it knows `aux`.

    `lenient`: limits that cannot be honoured are left out, and that is told. `auths` is X-Registry-Config.
    """

    words: Words
    tags: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    aux: bool = True
    lenient: bool = False
    auths: str = ""

    @property
    def limits(self) -> list[str]:
        """The limits that are asked."""
        return [name for name in LIMITS if self.words.get(name, "") not in {"", "0"}]

    def flag(self, name: str) -> bool:
        """Return a flag."""
        return self.words.get(name, "").strip().lower() not in {"", "0", "no", "false", "none"}


def asked(engine: Engine, query: Query, file: IO[bytes] | None) -> Asked:
    """Return what the builder is asked; `file` is the context's tar, where it was sent."""
    words = query.words
    _refuse(query)
    remote = words.get("remote", "")
    if remote and contexts.parse_remote(remote) is None:
        raise UserError(f"remoteURL ({remote}) could not be recognized as URL")
    given = _json(words, "buildargs", dict)
    labels = _json(words, "labels", dict)
    sources = _json(words, "cachefrom", list)
    shm = _number(words, "shmsize")
    return Asked(
        remote, _named(words.get("dockerfile", "")), tuple(one for one in query.tags if one), words.get("target", ""),
        tuple(f"{name}={value}" for name, value in given.items() if value is not None),
        tuple(f"{name}={'' if value is None else value}" for name, value in labels.items()),
        platform.asked(words.get("platform", "")), _network(words.get("networkmode", "")),
        not query.flag("nocache"), query.flag("pull"), query.flag("squash"),
        hosts=query.hosts, shm_size=shm or None, ulimits=tuple(map(_ulimit, _json(words, "ulimits", list))),
        sent=None if remote else Sent(file), only=_only(engine, sources),
        whole=True, keep=kept(query), joining=_building.Joining(engine),
    )  # fmt: skip


def kept(query: Query) -> str:
    """Return which containers of steps stay: `rm` (usual) takes those of steps that went well, `forcerm` all."""
    if query.flag("forcerm"):
        return containers.NEVER
    return containers.FAILED if query.words.get("rm", "") == "" or query.flag("rm") else containers.ALWAYS


def told(engine: Engine, asked: Asked, query: Query, stop: threading.Event) -> Iterator[bytes]:
    """Build until it is done or `stop` is set; yield what is told.

    What fails before anything was told is raised, a later failure is told.
    """
    quiet, begun = query.flag("q"), False
    display = buildsteps.Silent(stop) if quiet else buildsteps.Steps(stop, aux=query.aux, keep=kept(query))
    build = session.run(engine, asked, display, Known(query.auths))
    left_out = [] if quiet else [buildsteps.said(f"[Warning] {name} is left out\n") for name in query.limits]
    try:
        while True:
            piece = next(build)
            begun = True
            yield b"".join(left_out) + piece.data
            left_out.clear()
    except StopIteration as end:
        ident, names = end.value.ident, asked.tags
    except HullError as error:
        message, code = buildsteps.words_of(error)
        if not begun:
            raise UserError(message) if isinstance(error, DockerfileError) and not code else error from None
        yield buildsteps.failed(message, code)
        return
    finally:
        build.close()
    if quiet:
        yield buildsteps.said(f"{ident}\n")
        return
    yield buildsteps.said(f"Successfully built {buildsteps.short(ident)}\n")
    for name in dict.fromkeys(str(reference.parse(name)) for name in names):
        yield buildsteps.said(f"Successfully tagged {name}\n")


def _refuse(query: Query) -> None:
    """Refuse what cannot be honoured, by its name."""
    words = query.words
    images_auth.several(query.auths)
    if query.security:
        raise UserError("security options are not supported on linux")
    if words.get("isolation", "") not in {"", "default"}:
        raise UserError(f"unsupported isolation: {json.dumps(words['isolation'])}")
    if not query.lenient:
        for name in query.limits:
            raise Unsupported(f"cannot build with {name}={words[name]}: builds of hull have no such limit")
    if words.get("version", "") not in {"", "1", "2"}:
        raise UserError(f"invalid version {json.dumps(words['version'])}")
    for name in query.tags:
        if name:
            reference.parse(name)


def _json(words: Words, name: str, kind: type) -> Any:
    text = words.get(name, "")
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError) as error:
        raise UserError(f"error reading {name}: {error}") from None
    if found is not None and not isinstance(found, kind):
        raise UserError(f"error reading {name}: no JSON {'object' if kind is dict else 'array'}")
    return found or kind()


def _number(words: Words, name: str) -> int:
    try:
        return int(words.get(name, "") or 0)
    except ValueError:
        raise UserError(f"invalid value for {name}: {words[name]!r} is no whole number") from None


def _ulimit(value: Any) -> Ulimit:
    try:
        return Ulimit(str(value["Name"]), int(value["Soft"]), int(value["Hard"]))
    except (KeyError, TypeError, ValueError):
        raise UserError(f"error reading ulimit settings: {json.dumps(value)}") from None


def _named(file: str) -> str:
    return "./-" if file == "-" else file  # a name in the context: nothing is read from this process's input


def _network(mode: str) -> str:
    return "default" if mode in {"", "bridge"} else mode


def _only(engine: Engine, names: list[Any]) -> tuple[str, ...] | None:
    """Return the images that --cache-from names and that are here; None where it names none."""
    if not names:
        return None
    found = []
    for name in map(str, names):
        try:
            found.append(engine.images.holder(name)[1])
        except HullError:
            continue
    return tuple(found)
