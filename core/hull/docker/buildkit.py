"""BuildKit's words for a build as what the builder is asked: the attributes of its Dockerfile frontend, exporters.

Source: "dockerfile frontend" of github.com/moby/buildkit (frontend/dockerui): attribute by attribute.
"""

import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, NamedTuple, Protocol

from hull.builder import outputs, sharing
from hull.builder.asked import Asked, Output, Sent
from hull.dockerfile import contexts, ignore
from hull.dockerfile.parser import LONGEST
from hull.errors import Unsupported, UserError
from hull.images import platforms
from hull.model import Ulimit

Attributes = Mapping[str, str]
UPLOAD = "http://buildkit-session/"  # an address that the client answers itself
FRONTENDS = ("dockerfile.v0", "gateway.v0")
DOCKERFILES = ("docker/dockerfile", "docker.io/docker/dockerfile")  # frontends by image that mean the same as ours
LIMITS = ("memory", "memswap", "cpushares", "cpuperiod", "cpuquota", "cpusetcpus", "cpusetmems", "cgroup-parent")
NETWORKS = {"": "default", "default": "default", "sandbox": "default", "host": "host", "none": "none"}


class Client(Protocol):
    """Whom the build is for, as far as it lends what the build needs."""

    def files(self, name: str, *, only: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> IO[bytes]:
        """Return the tar of a directory."""

    def upload(self, url: str) -> IO[bytes]:
        """Return what is at an address that the client answers itself."""

    def secret(self, ident: str) -> bytes | None:
        """Return a secret."""

    def agent(self, ident: str) -> bool:
        """Whether there is an agent."""

    def lend(self, ident: str, path: str) -> None:
        """Let a socket reach the agent."""

    def send(self, file: IO[bytes], number: int, *, tree: bool) -> None:
        """Send a result."""


class Wanted(NamedTuple):
    """One build: its frontend, the frontend's attributes, exporters (type, attributes) in order, cache exports."""

    frontend: str
    attributes: Attributes
    exporters: tuple[tuple[str, Attributes], ...] = ()
    cache: tuple[tuple[str, Attributes], ...] = ()


class Found(NamedTuple):
    """What the client has lent: a context's archive or its address, the Dockerfile, the further contexts."""

    context: str
    sent: Sent | None
    file: str


def find(wanted: Wanted, client: Client, note: Callable[[str], object]) -> Found:
    """Fetch what the build is made of, with a note of each part; `Found.sent`'s file is the caller's to close."""
    given = wanted.attributes
    file, address = given.get("filename") or "Dockerfile", given.get("context", "")
    if address.startswith(UPLOAD):
        return _uploaded(client, address, file)
    apart = not address or "dockerfilekey" in given
    text, beside = _dockerfile(client, given.get("dockerfilekey") or "dockerfile", file) if apart else (None, None)
    if text is not None:
        note(f"[internal] load build definition from {file}")
    if address:
        if contexts.parse_remote(address) is None:
            raise UserError(f"cannot build from {address}: it is no address that is known here")
        if text is not None:
            raise Unsupported("cannot build a context at an address with a Dockerfile from somewhere else")
        return Found(address, None, given.get("filename", ""))
    local = given.get("contextkey") or "context"
    if beside is None:
        with client.files(local, only=(ignore.USUAL,)) as found:
            beside = _member(found, ignore.USUAL) or b""
    patterns = beside.decode("utf-8", "surrogateescape")
    note("[internal] load .dockerignore")
    tar = client.files(local, without=ignore.parse(patterns).words)
    note("[internal] load build context")
    return Found("", Sent(tar, text, patterns), file)


def asked(wanted: Wanted, found: Found, places: list[str], names: tuple[str, ...]) -> Asked:
    """Return what the builder is asked; `places` are files of ours for what the client's outputs get.

    `names` are words of --build-context.
    """
    given = wanted.attributes
    refuse(wanted)
    return Asked(
        found.context, found.file, _tags(wanted), given.get("target", ""),
        tuple(f"{name}={value}" for name, value in _below(given, "build-arg:")),
        tuple(f"{name}={value}" for name, value in _below(given, "label:")), _platform(given.get("platform", "")),
        NETWORKS[given.get("force-network-mode", "")], given.get("no-cache", "-") != "",
        given.get("image-resolve-mode") == "pull", outputs=tuple(_outputs(wanted, places)),
        cache_from=tuple(_imports(given)), cache_to=tuple(_exports(wanted)), contexts=names,
        hosts=tuple(word.replace("=", ":", 1) for word in given.get("add-hosts", "").split(",") if word),
        shm_size=_number(given, "shm-size"),
        ulimits=tuple(_ulimit(word) for word in given.get("ulimit", "").split(",") if word), sent=found.sent,
        fresh=tuple(name for name in given.get("no-cache", "").split(",") if name),
        epoch=_number(given, "build-arg:SOURCE_DATE_EPOCH"),
    )  # fmt: skip


def named(given: Attributes, client: Client) -> Iterator[tuple[str, str | IO[bytes]]]:
    """Yield the further contexts: a name with an address or with the archive that the client has lent."""
    for name, value in _below(given, "context:"):
        plain, kind = name.partition("::")[0], value.partition(":")[0]
        if kind == "local":
            yield plain, client.files(value.partition(":")[2])
        elif kind in {"docker-image", "http", "https", "git", "ssh"} or value.startswith("git@"):
            yield plain, value
        else:
            raise Unsupported(f"cannot use the build context {plain}={value}: {kind} is no kind known here")


def refuse(wanted: Wanted) -> None:
    """Refuse what cannot be honoured, by its name."""
    given = wanted.attributes
    source = given.get("source", "").rpartition("@")[0] or given.get("source", "")
    if wanted.frontend not in FRONTENDS:
        raise Unsupported(f"cannot build with the frontend {wanted.frontend}: builds of hull read Dockerfiles")
    if source and source.partition(":")[0] not in DOCKERFILES:
        raise Unsupported(f"cannot build with the frontend {source}: builds of hull read Dockerfiles by themselves")
    if given.get("requestid"):
        raise Unsupported(f"cannot answer {given['requestid']} of a Dockerfile", "hull build --check tells what is odd")
    for name in LIMITS:
        if given.get(name, "") not in {"", "0"}:
            raise Unsupported(f"cannot build with {name}={given[name]}: builds of hull have no such limit")
    if given.get("force-network-mode", "") not in NETWORKS:
        raise Unsupported(f"cannot build with the network {given['force-network-mode']}")
    if given.get("multi-platform", "false").lower() in outputs.YES or "," in given.get("platform", ""):
        raise Unsupported("cannot build for several platforms at once", "build each, hull manifest create joins them")
    for name, _ in _below(given, "attest:"):
        raise Unsupported(f"cannot attest {name} of a build")


def _uploaded(client: Client, address: str, file: str) -> Found:
    """Return what the client gives as a stream: an archive, or the Dockerfile alone."""
    upload = client.upload(address)
    head = upload.read(512)
    upload.seek(0)
    if contexts.is_archive(head):
        return Found("", Sent(upload), file)
    with upload:
        return Found("", Sent(None, upload.read(LONGEST + 1), ""), file)


def _dockerfile(client: Client, local: str, file: str) -> tuple[bytes, bytes | None]:
    """Return the Dockerfile, and the patterns that lie beside it."""
    beside = f"{file}{ignore.USUAL}"
    with client.files(local, only=(file, beside, file.lower())) as found:
        text = _member(found, file)
        text = _member(found, file.lower()) if text is None else text
        if text is None:
            raise UserError(f"failed to read dockerfile: open {file}: no such file or directory")
        return text, _member(found, beside)


def _member(file: IO[bytes], name: str) -> bytes | None:
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        try:
            found = tar.extractfile(name.removeprefix("./"))
        except KeyError:
            return None
        return None if found is None else found.read(LONGEST + 1)


def _tags(wanted: Wanted) -> tuple[str, ...]:
    names = [given.get("name", "") for kind, given in wanted.exporters if kind in {"moby", "image", "docker", "oci"}]
    return tuple(dict.fromkeys(name for words in names for name in words.split(",") if name))


def _outputs(wanted: Wanted, places: list[str]) -> Iterator[Output]:
    """Return the outputs; what the client's own get is a file of ours first."""
    for (kind, given), place in zip(wanted.exporters, places, strict=True):
        if kind in {"moby", "image"}:
            yield Output("image", push=given.get("push", "").lower() in outputs.YES)
        elif kind in {"local", "tar"}:
            yield Output("tar", place)
        elif kind in {"docker", "oci"}:
            yield Output(kind, place)
        else:
            raise Unsupported(f"cannot export a build as {kind}")


def _imports(given: Attributes) -> Iterator[sharing.Place]:
    try:
        entries = json.loads(given.get("cache-imports") or "[]")
        registries = [entry.get("Attrs") or {} for entry in entries if entry.get("Type") == "registry"]
        found = [str(words["ref"]) for words in registries if words.get("ref")]
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise UserError(f"invalid cache-imports: {given['cache-imports'][:100]!r}") from None
    yield from (sharing.Place("registry", reference) for reference in found)
    for reference in given.get("cache-from", "").split(","):
        if reference:
            yield sharing.Place("registry", reference)


def _exports(wanted: Wanted) -> Iterator[sharing.Place]:
    for kind, given in wanted.cache:
        if kind not in {"inline", "registry"}:
            raise Unsupported(f"cannot export a build's cache as {kind}", "--cache-to type=registry or type=inline")
        yield sharing.Place(kind, given.get("ref", ""))


def _below(given: Attributes, prefix: str) -> list[tuple[str, str]]:
    return sorted((name[len(prefix) :], value) for name, value in given.items() if name.startswith(prefix))


def _platform(word: str) -> str:
    if word:
        platforms.parse(word)
    return word


def _ulimit(word: str) -> Ulimit:
    name, _, values = word.partition("=")
    soft, _, hard = values.partition(":")
    try:
        return Ulimit(name, int(soft), int(hard or soft))
    except ValueError:
        raise UserError(f"invalid ulimit: {word}") from None


def _number(given: Attributes, key: str) -> int | None:
    text = given.get(key, "")
    try:
        return int(text) if text else None
    except ValueError:
        raise UserError(f"invalid {key}: {text[:40]!r} is no whole number") from None
