"""BuildKit's words for a build as what the builder is asked: the attributes of its Dockerfile frontend, exporters.

Source: "dockerfile frontend" of github.com/moby/buildkit (frontend/dockerui): attribute by attribute.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from hull.builder import history, outputs, sharing
from hull.builder.asked import Asked, Output
from hull.docker.buildlent import Attributes, Found, below
from hull.errors import Unsupported, UserError
from hull.images import platforms
from hull.model import Ulimit

FRONTENDS = ("dockerfile.v0", "gateway.v0")
DOCKERFILES = ("docker/dockerfile", "docker.io/docker/dockerfile")  # frontends by image that mean the same as ours
LIMITS = ("memory", "memswap", "cpushares", "cpuperiod", "cpuquota", "cpusetcpus", "cpusetmems", "cgroup-parent")
NETWORKS = {"": "default", "default": "default", "sandbox": "default", "host": "host", "none": "none"}


class Wanted(NamedTuple):
    """One build: its frontend, the frontend's attributes, exporters (type, attributes) in order, cache exports.

    `about` is what its record says of it; None where there is to be none.
    """

    frontend: str
    attributes: Attributes
    exporters: tuple[tuple[str, Attributes], ...] = ()
    cache: tuple[tuple[str, Attributes], ...] = ()
    about: history.About | None = None


def asked(wanted: Wanted, found: Found, places: list[str], names: tuple[str, ...]) -> Asked:
    """Return what the builder is asked; `places` are files of ours for what the client's outputs get.

    `names` are words of --build-context.
    """
    given = wanted.attributes
    refuse(wanted)
    return Asked(
        found.context, found.file, _tags(wanted), given.get("target", ""),
        tuple(f"{name}={value}" for name, value in below(given, "build-arg:")),
        tuple(f"{name}={value}" for name, value in below(given, "label:")), _platform(given.get("platform", "")),
        NETWORKS[given.get("force-network-mode", "")], given.get("no-cache", "-") != "",
        given.get("image-resolve-mode") == "pull", outputs=tuple(_outputs(wanted, places)),
        cache_from=tuple(_imports(given)), cache_to=tuple(_exports(wanted)), contexts=names,
        hosts=tuple(word.replace("=", ":", 1) for word in given.get("add-hosts", "").split(",") if word),
        shm_size=_number(given, "shm-size"),
        ulimits=tuple(_ulimit(word) for word in given.get("ulimit", "").split(",") if word), sent=found.sent,
        fresh=tuple(name for name in given.get("no-cache", "").split(",") if name),
        epoch=_number(given, "build-arg:SOURCE_DATE_EPOCH"),
    )  # fmt: skip


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
    for name, _ in below(given, "attest:"):
        raise Unsupported(f"cannot attest {name} of a build")


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
