"""A container's own directory, and the ops that make its root file system."""

import os
import stat

from hull.errors import HostError
from hull.light import NamedTuple
from hull.model import Identity, Image

SCANNED = ("/etc", "/var")
MOST_ENTRIES = 200_000


class Root(NamedTuple):
    """`ops` for the mount stage; `helper` ops for the file system's server, empty for the kernel's own overlay."""

    ops: tuple[tuple[str, ...], ...]
    helper: tuple[tuple[str, ...], ...] = ()


def prepare(directory: str, identity: Identity, root: str) -> None:
    """Make a container's directory with its upper and work directories.

    An overlay's root shows its upper's mode and owner, so they are copied from `root`, the topmost lower directory.
    Root's containers belong to the mapped root: their directory is traversable (0711).
    """
    owner = owner_of(identity)
    os.mkdir(directory, 0o711 if owner else 0o700)
    mode = stat.S_IMODE(os.stat(root).st_mode)
    for name in ("upper", "work"):
        path = f"{directory}/{name}"
        os.mkdir(path)
        os.chmod(path, mode if name == "upper" else 0o700)
        if owner:
            os.chown(path, *owner)


def owner_of(identity: Identity) -> tuple[int, int] | None:
    """Return the host ids of the container's root where they are not the caller's own."""
    uid = next(m.outside for m in identity.uids if m.inside == 0)
    gid = next(m.outside for m in identity.gids if m.inside == 0)
    return (uid, gid) if os.geteuid() == 0 else None


def image_root(directory: str, image: Image) -> Root:
    """Stack an image's layers under the container's upper directory, by the kernel."""
    lowers = tuple(("lower", layer) for layer in reversed(image.layers))
    return Root((("root-overlay", f"{directory}/upper", f"{directory}/work"), *lowers))


def fuse_root(directory: str, lowers: tuple[str, ...], server: str, options: str) -> Root:
    """Stack directories by fuse-overlayfs at `server`, with its `options` (squash_to_root, uidmapping=…)."""
    if not server:
        raise HostError(
            "cannot show this root file system: fuse-overlayfs is not installed",
            "install the package fuse-overlayfs (apt-get install fuse-overlayfs)",
        )
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise HostError(
            "cannot show this root file system: /dev/fuse cannot be opened", "ask root to run: chmod 666 /dev/fuse"
        )
    words = f"lowerdir={':'.join(reversed(lowers))},upperdir={directory}/upper,workdir={directory}/work{options}"
    args = (server, "-f", "-o", words, "@FUSE")
    return Root((("root-fuse",),), (("helper", "fuse-overlayfs", "none"), *(("helper-arg", word) for word in args)))


def host_root(directory: str, server: str) -> Root:
    """Show this machine itself, copy-on-write; `seed` comes first, once."""
    return fuse_root(directory, ("/",), server, ",squash_to_root")


def seed(upper: str, owner: tuple[int, int] | None) -> list[str]:
    """Put an empty file over every one that the container's root cannot read; return these.

    Copying it up would fail, and lock files must open. What disappears from the host meanwhile needs none.
    """
    seeded = []
    for path, mode in _unreadable(owner is not None):
        target = upper + path
        try:
            _copy_parents(upper, os.path.dirname(path), owner)
        except FileNotFoundError:
            continue
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        os.chmod(target, mode & 0o777)
        if owner:
            os.chown(target, *owner)
        seeded.append(path)
    return seeded


def _unreadable(by_strangers: bool) -> list[tuple[str, int]]:
    """Find regular files the container's root cannot read: a stranger's where root asks, else the caller's own view."""
    found: list[tuple[str, int]] = []
    seen, pending = 0, list(SCANNED)
    while pending and seen < MOST_ENTRIES:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        seen += len(entries)
        for entry in entries:
            try:
                mode = entry.stat(follow_symlinks=False).st_mode
            except OSError:
                continue  # gone meanwhile
            if stat.S_ISDIR(mode):
                if not by_strangers or mode & stat.S_IXOTH:
                    pending.append(entry.path)
            elif stat.S_ISREG(mode) and not (
                mode & stat.S_IROTH or (not by_strangers and os.access(entry.path, os.R_OK))
            ):
                found.append((entry.path, mode))
    return found


def _copy_parents(upper: str, path: str, owner: tuple[int, int] | None) -> None:
    made = upper
    for name in path.strip("/").split("/"):
        made = f"{made}/{name}"
        if not os.path.isdir(made):
            mode = os.stat(made[len(upper) :]).st_mode
            os.mkdir(made)
            os.chmod(made, stat.S_IMODE(mode))
            if owner:
                os.chown(made, *owner)
