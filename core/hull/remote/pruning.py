"""What another engine's disk holds, and what of it nobody uses."""

from hull.commands._asking import confirm
from hull.commands._unused import told
from hull.commands._usage import UsageRow
from hull.errors import Unsupported, UserError
from hull.light import Any
from hull.remote.images import gone
from hull.remote.networks import check_unnamed, freed
from hull.remote.there import Asked, There, filters

Freed = tuple[list[str], int]


def prune(there: There, asked: Asked) -> list[str]:
    """Remove the containers that have ended."""
    _ask(there, asked, "all stopped containers" + (", all images without a name" if asked.what == "all" else ""))
    done = {"Containers": _containers(there, asked.filter)}
    if asked.what == "all":
        done["Images"] = _images(there, asked.filter, everything=False)
    return told(done)


def image(there: There, asked: Asked) -> list[str]:
    """Remove images that nothing names, or no container uses."""
    if asked.action != "prune" or asked.images:
        raise Unsupported(f"cannot {asked.action} images there: Docker's API has no such thing", "hull image prune")
    _ask(there, asked, "all images without at least one container" if asked.all else "all dangling images")
    return told({"Images": _images(there, asked.filter, everything=asked.all)})


def system(there: There, asked: Asked) -> Any:
    """Show what the disk holds, or remove what is not used."""
    if asked.action == "df":
        return usage(there.get("/system/df"))
    if asked.action != "prune":
        raise Unsupported(f"cannot {asked.action} {there.context.name}: it is another's engine", "hull system prune")
    if asked.volumes:
        check_unnamed(there, "leave out --volumes")
    which = "all images without a container" if asked.all else "all images without a name"
    more = ", all volumes that nobody named" if asked.volumes else ""
    _ask(there, asked, f"all stopped containers, unused networks, {which}{more}")
    done = {"Containers": _containers(there, asked.filter)}
    if asked.volumes:
        done["Volumes"] = freed(there, asked.filter, everything=False)
    done["Networks"] = _freed(there, "networks", "NetworksDeleted", asked.filter)
    done["Images"] = _images(there, asked.filter, everything=asked.all)
    return told(done)


def _ask(there: There, asked: Asked, what: str) -> None:
    if not asked.force:
        confirm("remove", f"This will remove {what}, of the context {there.context.name}.", "the same with --force")


def _containers(there: There, words: tuple[str, ...]) -> Freed:
    return _freed(there, "containers", "ContainersDeleted", words)


def _freed(there: There, what: str, key: str, words: tuple[str, ...]) -> Freed:
    found = there.post(f"/{what}/prune", filters=filters(words) or None)
    return list(found.get(key) or ()), int(found.get("SpaceReclaimed") or 0)


def _images(there: There, words: tuple[str, ...], *, everything: bool) -> Freed:
    if everything and any(word.startswith("dangling=") for word in words):
        raise UserError("cannot prune all images and dangling ones at once", "leave out --all, or the filter")
    more = {"dangling": "false"} if everything else {}
    found = there.post("/images/prune", filters=filters(words, **more) or None)
    return gone(found.get("ImagesDeleted") or ()), int(found.get("SpaceReclaimed") or 0)


def usage(found: dict[str, Any]) -> list[UsageRow]:
    """Return the rows of /system/df, counted as Docker's client counts them."""
    images, containers = found.get("Images") or (), found.get("Containers") or ()
    volumes, cache = found.get("Volumes") or (), found.get("BuildCache") or ()
    used = [one for one in images if one.get("Containers")]
    total = int(found.get("LayersSize") or 0)
    kept = sum(int(one["Size"]) - max(0, int(one.get("SharedSize") or 0)) for one in used)
    running = [one for one in containers if one.get("State") == "running"]
    mounted = [one for one in volumes if _users(one)]
    return [
        UsageRow("Images", len(images), len(used), total, max(0, total - kept)),
        UsageRow("Containers", len(containers), len(running), _sum(containers, "SizeRw"),
                 _sum(containers, "SizeRw") - _sum(running, "SizeRw")),
        UsageRow("Local Volumes", len(volumes), len(mounted), sum(map(_size, volumes)),
                 sum(map(_size, volumes)) - sum(map(_size, mounted))),
        UsageRow("Build Cache", len(cache), sum(bool(one.get("InUse")) for one in cache), _sum(cache, "Size"),
                 sum(int(one["Size"]) for one in cache if not one.get("InUse") and not one.get("Shared"))),
    ]  # fmt: skip


def _sum(things: Any, key: str) -> int:
    return sum(int(one.get(key) or 0) for one in things)


def _users(volume: dict[str, Any]) -> int:
    return int((volume.get("UsageData") or {}).get("RefCount") or 0)


def _size(volume: dict[str, Any]) -> int:
    return max(0, int((volume.get("UsageData") or {}).get("Size") or 0))
