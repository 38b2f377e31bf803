"""What images, containers, volumes and builds take on the disk. Sizes are bytes of files, a layer counted once."""

import os

from hull.engine import Engine
from hull.images import imageconfig, listing
from hull.light import Any, NamedTuple
from hull.state.containers import Container
from hull.units import size

HEADINGS = {"Type": "TYPE", "TotalCount": "TOTAL", "Active": "ACTIVE", "Size": "SIZE", "Reclaimable": "RECLAIMABLE"}


class UsageRow(NamedTuple):
    """One kind of thing: how many there are, how many are in use, their bytes, and how many of these can go."""

    type: str
    total: int
    active: int
    size: int
    reclaimable: int

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees."""
        share = f" ({100 * self.reclaimable // self.size}%)" if self.size else ""
        return {
            "Type": self.type,
            "TotalCount": str(self.total),
            "Active": str(self.active),
            "Size": size(self.size),
            "Reclaimable": f"{size(self.reclaimable)}{share}",
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return HEADINGS

    @staticmethod
    def layout(_rows: Any) -> tuple[str, ...]:
        """Return the columns of the table."""
        return tuple(HEADINGS)


class DetailRow(NamedTuple):
    """One thing. `unique` are an image's bytes that no other image has; `users` the containers that use it."""

    type: str
    name: str
    id: str
    created: float | None
    size: int
    unique_size: int
    users: int


def usage(engine: Engine) -> list[UsageRow]:
    """Return a row for each kind."""
    rows = details(engine)
    found = []
    for kind, title in (("image", "Images"), ("container", "Containers"), ("volume", "Local Volumes")):
        mine = [row for row in rows if row.type == kind]
        active = [row for row in mine if row.users]
        total = sum(row.size for row in mine)
        kept = sum(row.size for row in active)
        if kind == "image":
            total, kept = layer_bytes(engine, None), layer_bytes(engine, {row.id for row in active})
        found.append(UsageRow(title, len(mine), len(active), total, total - kept))
    return [*found, _build_cache(engine), *_keeps(engine)]


def _keeps(engine: Engine) -> list[UsageRow]:
    """Return the row of the old versions that keeps saved, where there are any."""
    from hull.trials import journal_pruning

    count, total, staying, kept = journal_pruning.usage(engine)
    return [UsageRow("Keeps", count, staying, total, total - kept)] if count else []


def details(engine: Engine) -> list[DetailRow]:
    """Return a row for each image, container and volume. A container counts as in use while it runs."""
    containers = [row for row in engine.containers.all() if os.path.isdir(engine.paths.container(row.id))]
    return [*_images(engine, containers), *_containers(engine, containers), *_volumes(engine, containers)]


def bytes_below(engine: Engine, directories: list[str]) -> list[int]:
    """Return the bytes of files below each, as root of the user namespace sees them."""
    if not directories:
        return []
    from hull.commands._files import Child
    from hull.images.files import View

    flavour = engine.identity().layer_flavour
    sizes: list[int] = Child(engine, View("store:"), flavour, None).run("size", *directories)["sizes"]
    return sizes


def _images(engine: Engine, containers: list[Container]) -> list[DetailRow]:
    rows = engine.images.rows
    holders = _holders(engine)
    sizes: dict[str, int] = {layer.diff_id: layer.size for layer in rows.layers()}
    found, names = [], {line.id: f"{line.repository}:{line.tag}" for line in listing.rows(rows, "", unnamed=True)[::-1]}
    for image in rows.all():
        mine = {diff_id for diff_id, owners in holders.items() if image.id in owners}
        alone = sum(sizes.get(diff_id, 0) for diff_id in mine if len(holders[diff_id]) == 1)
        users = sum(row.image == image.id for row in containers)
        total = sum(sizes.get(diff_id, 0) for diff_id in mine)
        found.append(DetailRow("image", names.get(image.id, ""), image.id, image.created, total, alone, users))
    return found


def _holders(engine: Engine) -> dict[str, set[str]]:
    """Return the images that are made of each layer."""
    import json

    holders: dict[str, set[str]] = {}
    for image in engine.images.rows.all():
        for diff_id in imageconfig.layers(json.loads(image.config)):
            holders.setdefault(diff_id, set()).add(image.id)
    return holders


def layer_bytes(engine: Engine, images: set[str] | None) -> int:
    """Return the bytes of the layers of these images, of all for None."""
    holders = _holders(engine)
    here = [(layer.size, holders.get(layer.diff_id, set())) for layer in engine.images.rows.layers()]
    return sum(size for size, owners in here if owners and (images is None or owners & images))


def _build_cache(engine: Engine) -> UsageRow:
    """Return the row of what builds keep for later ones: layers of steps that no image has, and cache mounts."""
    from hull.builder import pruning
    from hull.state.steps import Steps

    steps, caches = Steps(engine.db).layers(), pruning.caches(engine)
    alone = set(steps) - set(_holders(engine))
    kept = sum(layer.size for layer in engine.images.rows.layers() if layer.diff_id in alone)
    total = kept + sum(bytes_below(engine, caches))
    return UsageRow("Build Cache", len(steps) + len(caches), 0, total, total)


def _containers(engine: Engine, rows: list[Container]) -> list[DetailRow]:
    from hull.trials import history

    sizes = history.bytes_of(engine, rows, lambda paths: bytes_below(engine, paths))
    return [
        DetailRow("container", row.name, row.id, row.created, count, count, int(engine.containers.status(row).active))
        for row, count in zip(rows, sizes, strict=True)
    ]


def _volumes(engine: Engine, containers: list[Container]) -> list[DetailRow]:
    found = engine.volumes.all()
    sizes = bytes_below(engine, [one.path for one in found])
    mounts = [mount.source for row in containers for mount in row.spec.mounts if mount.kind == "volume"]
    return [
        DetailRow("volume", one.name, "", one.created, count, count, mounts.count(one.name))
        for one, count in zip(found, sizes, strict=True)
    ]
