"""Volumes and the containers that mount them: who uses one, what nobody uses, and its removal."""

from hull.engine import Engine
from hull.errors import Conflict, UserError
from hull.storage.volumes import NoSuchVolume, Volume

Users = dict[str, list[str]]
Many = tuple[str, ...]


def users(engine: Engine) -> Users:
    """Return the names of the containers that mount each volume."""
    found: Users = {}
    for row in engine.containers.all():
        if engine.containers.forget_if_gone(row):
            continue
        for name in {mount.source for mount in row.spec.mounts if mount.kind == "volume"}:
            found.setdefault(name, []).append(row.name)
    return found


def create(engine: Engine, name: str, labels: Many, options: Many) -> Volume:
    """Make a volume of KEY=VALUE words; "" makes up a name. One that is there stays as it is."""
    from hull.storage import drivers, overlay

    said = dict(word.partition("=")[::2] for word in labels)
    owner = overlay.owner_of(engine.identity())
    made, new = engine.volumes.create(name, owner, said, drivers.read(options))
    if new:
        engine.history.add("volume", "create", made.name, {"driver": "local"})
    return made


def remove(engine: Engine, name: str, *, missing_ok: bool = False, besides: str = "") -> None:
    """Remove a volume that no container mounts, `besides` apart; nobody can begin to use it meanwhile."""
    from hull.commands import _unused

    with engine.volumes.lock():
        try:
            engine.volumes.find(name)
        except NoSuchVolume:
            if missing_ok:
                return
            raise
        using = [user for user in users(engine).get(name, ()) if user != besides]
        if using:
            raise Conflict(f"cannot remove the volume {name}: {', '.join(using)} uses it", f"hull rm {using[0]}")
        aside = engine.volumes.aside(name)
    _unused.remove_tree(engine, aside)
    engine.history.add("volume", "destroy", name, {"driver": "local"})


def unused(engine: Engine, *, named: bool) -> list[Volume]:
    """Return the volumes that no container mounts: those that nobody named, or all of them."""
    using = users(engine)
    return [one for one in engine.volumes.all() if one.name not in using and (named or one.anonymous)]


def pruned(engine: Engine, asked: dict[str, list[str]], *, named: bool) -> tuple[list[str], int]:
    """Remove the unused volumes that the filters let through; return their names and their bytes."""
    from hull.commands import _asked, _unused

    takes = _asked.prunable(asked)
    gone, freed = _prune(engine, [one for one in unused(engine, named=named) if takes(one.created, one.labels)])
    _unused.tell(engine, "volume", freed)
    return gone, freed


def _prune(engine: Engine, chosen: list[Volume]) -> tuple[list[str], int]:
    """Remove volumes; return the names of those that went and their bytes. One that is taken meanwhile stays."""
    from hull.commands import _usage

    removed, freed = [], 0
    for one, size in zip(chosen, _usage.bytes_below(engine, [one.path for one in chosen]), strict=True):
        try:
            remove(engine, one.name)
        except UserError:
            continue
        removed.append(one.name)
        freed += size
    return removed, freed
