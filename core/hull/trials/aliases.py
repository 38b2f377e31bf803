"""Every path by which this host shows one file: bind mounts and second mounts of its file system."""

import os

from hull.storage.trialmounts import Mounted, is_at_or_below


def paths(mounts: tuple[Mounted, ...], real: str) -> list[str]:
    """Return this path (absolute, without links) and every other that shows the same, or a part of it."""
    found = {real: None}
    for device, inner, origin in _inner(mounts, real):
        for mount in mounts:
            if mount.device == device:
                found.update(dict.fromkeys(_shown(mount, inner, origin)))
    return list(found)


def _inner(mounts: tuple[Mounted, ...], real: str) -> list[tuple[str, str, str]]:
    """Return device, place in its file system and path: of what lies there, and of every mount below it."""
    over = [mount for mount in mounts if is_at_or_below(real, mount.path)]
    top = max(over, key=lambda mount: len(mount.path))
    found = [(top.device, _join(top.root, real[len(top.path.rstrip("/")) :]), real)]
    below = (mount for mount in mounts if is_at_or_below(mount.path, real) and mount is not top)
    return found + [(mount.device, mount.root, mount.path) for mount in below]


def _shown(mount: Mounted, inner: str, origin: str) -> list[str]:
    """Return the path at which a mount shows `inner` of its file system: its own point where it shows a part of it."""
    if is_at_or_below(mount.root, inner):
        return [mount.path]
    if not is_at_or_below(inner, mount.root):
        return []
    path = _join(mount.path, inner[len(mount.root.rstrip("/")) :])
    return [path] if _same(path, origin) else []


def _same(path: str, real: str) -> bool:
    """Whether the path, which another mount may cover, still shows the same."""
    try:
        mine, other = os.stat(path, follow_symlinks=False), os.stat(real, follow_symlinks=False)
    except OSError:
        return False
    return (mine.st_dev, mine.st_ino) == (other.st_dev, other.st_ino)


def _join(base: str, rest: str) -> str:
    return f"{base.rstrip('/')}/{rest.lstrip('/')}".rstrip("/") or "/"
