"""Volumes in Docker's words: bodies of create, documents, what uses one."""

from typing import Any

from hull.commands import _asked, _usage, _volume_rows, _volumes
from hull.commands._asked import PRUNING
from hull.commands._details import time_text
from hull.docker import filters
from hull.docker.fields import Fields
from hull.docker.filters import Filters
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import Conflict, Missing, Unsupported, UserError
from hull.storage.volumes import NoSuchVolume, Volume, usable

ANONYMOUS = "com.docker.volume.anonymous"  # the label of a volume that nobody named
ANONYMOUS_ALONE = Version(1, 42)  # since then a prune leaves volumes with a name
LISTING = ("dangling", "driver", "label", "name")
CLUSTER = "volume update only valid for cluster volumes, but swarm is unavailable"


def document(one: Volume) -> dict[str, Any]:
    """Return a volume's document."""
    labels = {**one.labels, **({ANONYMOUS: ""} if one.anonymous else {})}
    return {
        "CreatedAt": time_text(one.created),
        "Driver": "local",
        "Labels": labels or None,
        "Mountpoint": one.path,
        "Name": one.name,
        "Options": one.options or None,
        "Scope": "local",
    }


def listed(engine: Engine, asked: Filters) -> dict[str, Any]:
    """Return the volumes that the filters let through."""
    filters.switch(asked, "dangling", usual=False)
    shown = {row.name for row in _volume_rows.listed(engine, filters.words(asked, LISTING))}
    return {"Volumes": [document(one) for one in engine.volumes.all() if one.name in shown], "Warnings": None}


def inspect(engine: Engine, name: str) -> dict[str, Any]:
    """Return one volume's document."""
    return document(_find(engine, name))


def _find(engine: Engine, name: str) -> Volume:
    try:
        return engine.volumes.find(name)
    except NoSuchVolume:
        raise Missing(f"get {name}: no such volume") from None


def create(engine: Engine, body: dict[str, Any]) -> dict[str, Any]:
    """Make the volume of a body; return its document."""
    fields = Fields(body)
    name, driver = fields.text("Name"), fields.text("Driver") or "local"
    if driver != "local":
        raise Missing(f'create {name}: error looking up volume plugin {driver}: plugin "{driver}" not found')
    if fields.asked("ClusterVolumeSpec"):
        raise Unsupported("cannot set ClusterVolumeSpec: there is no swarm")
    if name and not usable(name):
        raise UserError(
            f'create {name}: "{name}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'
        )
    words = (tuple(f"{key}={value}" for key, value in fields.pairs(key_).items()) for key_ in ("Labels", "DriverOpts"))
    return document(_volumes.create(engine, name, *words))


def remove(engine: Engine, name: str, *, force: bool) -> None:
    """Remove a volume that no container mounts; with `force` one that is not there is none."""
    if force and not usable(name):
        return
    if not force:
        _find(engine, name)
    try:
        _volumes.remove(engine, name, missing_ok=force)
    except Conflict:
        using = ", ".join(row.id for row in _users(engine, name))
        raise Conflict(f"remove {name}: volume is in use - [{using}]") from None


def _users(engine: Engine, name: str) -> list[Any]:
    mounting = set(_volumes.users(engine).get(name, ()))
    return [row for row in engine.containers.all() if row.name in mounting]


def prune(engine: Engine, asked: Filters, version: Version) -> dict[str, Any]:
    """Remove volumes that no container mounts; return what the answer says."""
    everything = version < ANONYMOUS_ALONE or filters.switch(asked, "all", usual=False)
    words = filters.words({key: values for key, values in asked.items() if key != "all"}, PRUNING)
    gone, freed = _volumes.pruned(engine, _asked.words(words, PRUNING), named=everything)
    return {"VolumesDeleted": gone or None, "SpaceReclaimed": freed}


def usage(engine: Engine) -> list[dict[str, Any]]:
    """Return the documents of all volumes with their bytes, and how many containers mount each."""
    found, using = engine.volumes.all(), _volumes.users(engine)
    sizes = _usage.bytes_below(engine, [one.path for one in found])
    return [
        {**document(one), "UsageData": {"RefCount": len(using.get(one.name, ())), "Size": size}}
        for one, size in zip(found, sizes, strict=True)
    ]
