"""`/system/df`: what images, containers, volumes and builds take."""

from typing import Any

from hull.commands import _usage
from hull.docker import buildcache, containers, images_listed, volumes
from hull.docker.versions import Version
from hull.engine import Engine
from hull.errors import UserError

TYPES = ("container", "image", "volume", "build-cache")
CHOSEN = Version(1, 42)  # since then a query may name the kinds


def usage(engine: Engine, kinds: tuple[str, ...], version: Version) -> dict[str, Any]:
    """Return the answer's body; kinds that were not asked for are null."""
    odd = next((kind for kind in kinds if kind not in TYPES), None)
    if odd is not None and version >= CHOSEN:
        raise UserError(f"unknown object type: {odd}")
    asked = kinds if kinds and version >= CHOSEN else TYPES
    found: dict[str, Any] = {"LayersSize": 0, "Images": None, "Containers": None, "Volumes": None, "BuildCache": None}
    if "image" in asked:
        wanted = images_listed.Asked({}, shared=True, counted=True)
        found |= {"LayersSize": _usage.layer_bytes(engine, None), "Images": images_listed.rows(engine, wanted, version)}
    if "container" in asked:
        found["Containers"] = containers.listed(engine, {}, everything=True, most=0, sized=True)
    if "volume" in asked:
        found["Volumes"] = volumes.usage(engine)
    if "build-cache" in asked:
        found["BuildCache"] = [buildcache.document(one) for one in buildcache.records(engine)]
    old = sum(one["Size"] for one in found["BuildCache"] or ()) if version < CHOSEN else 0
    return {**found, "BuilderSize": old}
