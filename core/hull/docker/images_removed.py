"""Images removed: one by name or id, or all that nothing uses; refusals in Docker's words."""

import json
from typing import Any

from hull.commands import image as image_
from hull.commands import rmi as rmi_
from hull.docker import filters
from hull.docker.images import holder
from hull.engine import Engine
from hull.errors import Conflict
from hull.images import imageconfig, removing, store
from hull.state import chains

NAMED_ID = 12  # digits of an id in a message
PRUNE_FILTERS = ("until", "label", "label!")


def remove(engine: Engine, name: str, *, force: bool) -> list[dict[str, str]]:
    """Remove a reference, and with its last one the image; return what went."""
    held, ident = holder(engine, name)
    by_id = removing.by_id(held.rows, name)
    if by_id and force:
        for user in removing.users(engine.paths, engine.images.rows, ident):
            if engine.containers.status(engine.containers.find(user)).active:
                raise _used_by_id(engine, ident, user)
    record = held.rows.get(ident)
    diff_ids = imageconfig.layers(json.loads(record.config)) if record else []
    try:
        gone = rmi_.rmi(engine, (name,), force=force)
    except removing.NamedSeveralTimes:
        raise Conflict(
            f"conflict: unable to delete {_short(ident)} (must be forced) - image is referenced in multiple "
            "repositories"
        ) from None
    except removing.InUse as error:
        if by_id:
            raise _used_by_id(engine, ident, error.container) from None
        row = engine.containers.find(error.container)
        raise Conflict(
            f'conflict: unable to remove repository reference "{name}" (must force) - container '
            f"{row.id[:NAMED_ID]} is using its referenced image {_short(ident)}"
        ) from None
    lines = [{"Deleted": one} if one == ident else {"Untagged": one} for one in gone]
    return lines if ident not in gone else [*lines, *({"Deleted": chain} for chain in _lost(held, diff_ids))]


def _lost(held: store.ImageStore, diff_ids: list[str]) -> list[str]:
    """Return the chain ids of an image's layers that went with it, the highest first."""
    kept = {layer.diff_id for layer in held.rows.layers()}
    return [chain for diff_id, chain in chains.of(diff_ids).items() if diff_id not in kept][::-1]


def _used_by_id(engine: Engine, ident: str, user: str) -> Conflict:
    row = engine.containers.find(user)
    runs = engine.containers.status(row).active
    may, how = ("cannot be forced", "running") if runs else ("must be forced", "stopped")
    return Conflict(
        f"conflict: unable to delete {_short(ident)} ({may}) - image is being used by {how} container "
        f"{row.id[:NAMED_ID]}"
    )


def _short(ident: str) -> str:
    return ident.removeprefix("sha256:")[:NAMED_ID]


def prune(engine: Engine, asked: filters.Filters) -> dict[str, Any]:
    """Remove the images that nothing uses: those without a name, with dangling=false all."""
    words = filters.words({key: values for key, values in asked.items() if key != "dangling"}, PRUNE_FILTERS)
    dangling = filters.switch(asked, "dangling", usual=True)
    lines, freed = image_.pruned(engine, words, everything=not dangling)
    gone = [(kind.capitalize(), what) for kind, _, what in (line.partition(": ") for line in lines)]
    return {"ImagesDeleted": [{kind: what} for kind, what in gone] or None, "SpaceReclaimed": freed}
