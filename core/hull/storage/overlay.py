"""A container's own directory, and the ops that make its root file system."""

import os
import stat

from hull.errors import HostError
from hull.light import NamedTuple
from hull.model import Identity

OVERLAY = "user.overlay."


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
    os.mkdir(directory)
    os.chmod(directory, 0o711 if owner else 0o700)
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


def is_opaque(directory: int | str) -> bool:
    """Whether overlayfs's mark on a directory, a descriptor or a path, hides what is below it."""
    try:
        return os.getxattr(directory, f"{OVERLAY}opaque") == b"y"
    except OSError:
        return False


def image_root(directory: str, layers: tuple[str, ...]) -> Root:
    """Stack an image's layers, and what was frozen above them, under the container's upper directory by the kernel."""
    lowers = tuple(("lower", layer) for layer in reversed(layers))
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
