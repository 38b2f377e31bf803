"""What builds keep for later ones, as Docker's clients list and prune it: steps, and directories of cache mounts."""

import json
import os
import time
from typing import Any, NamedTuple

from hull.builder import pruning
from hull.engine import Engine
from hull.images import imageconfig, platforms
from hull.state.steps import Steps
from hull.units import read_span

AGES = ("until", "unused-for")
STEP, MOUNT = "regular", "exec.cachemount"


class Record(NamedTuple):
    """One thing that is kept. `shared` is whether an image has the layer, too."""

    ident: str
    kind: str
    text: str
    size: int
    created: float
    used: float
    shared: bool = False


class Pruned(NamedTuple):
    """What went, and the bytes that were freed."""

    records: tuple[Record, ...]
    freed: int


def records(engine: Engine) -> list[Record]:
    """Return everything that is kept, what was used last first."""
    sizes = {layer.diff_id: layer.size for layer in engine.images.rows.layers()}
    configs = [json.loads(image.config) for image in engine.images.rows.all()]
    held = {diff_id for config in configs for diff_id in imageconfig.layers(config)}
    found = [
        Record(step.key[:25], STEP, step.text, sizes.get(step.diff_id, 0), step.created, used, step.diff_id in held)
        for step, used in Steps(engine.db).all()
    ]
    for place in pruning.caches(engine):
        try:
            stamp = os.stat(f"{place}{pruning.LOCK}").st_mtime
        except FileNotFoundError:
            continue  # somebody prunes
        found.append(Record(os.path.basename(place), MOUNT, "cache mount", pruning.bytes_of(place), stamp, stamp))
    return sorted(found, key=lambda one: -one.used)


def prune(engine: Engine, age: float = 0.0) -> Pruned:
    """Forget what was not used for so many seconds."""
    before = time.time() - age
    known = [one for one in records(engine) if one.used < before]
    _, freed = pruning.prune(engine, before)
    left = {one.ident for one in records(engine)}
    return Pruned(tuple(one for one in known if one.ident not in left), freed)


def pruned(engine: Engine, filters: dict[str, list[str]]) -> dict[str, Any]:
    """Return the body of `/build/prune`."""
    ages = [read_span(value) for name in AGES for value in filters.get(name, ())]
    if filters.keys() - set(AGES):
        return {"CachesDeleted": [], "SpaceReclaimed": 0}  # nothing that is kept has a label, or whatever was asked
    gone = prune(engine, max(ages, default=0.0))
    return {"CachesDeleted": [one.ident for one in gone.records], "SpaceReclaimed": gone.freed}


def document(one: Record) -> dict[str, Any]:
    """Return what `/system/df` says of a record."""
    return {
        "ID": one.ident, "Type": one.kind, "Description": one.text, "InUse": False, "Shared": one.shared,
        "Size": one.size, "CreatedAt": stamp(one.created), "LastUsedAt": stamp(one.used), "UsageCount": 1,
    }  # fmt: skip


def stamp(seconds: float) -> str:
    """Return a time as Docker writes it."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def platform() -> tuple[str, str, str]:
    """Return what this machine builds for."""
    return platforms.host()
