"""The root of a try: its directories beside the container, and the ops that stack them over this machine's tree.

D/upper mirrors `/` whatever the engine: a piece at P has D/upper/P as its upper directory and a work directory of its
own. A layer that was frozen lies between the upper directory and the base, in the same form.
"""

import os
import stat

from hull.light import NamedTuple
from hull.model import Identity
from hull.storage.overlay import Root
from hull.storage.trialplan import Layout

Op = tuple[str, ...]
PIECE_FLAGS = "nosuid,nodev"
SKELETON = "skeleton"
# Nothing of the host's is in a try's /run, its sockets above all.
RUNTIME: tuple[Op, ...] = (
    ("mount", "tmpfs", "/run", "nosuid,nodev", "mode=755"),
    ("mkdir", "/run/lock", "1777"),
    ("mkdir", "/run/user", "755"),
)


class Stack(NamedTuple):
    """Where a try's changes go. `frozen` are older layers, the highest first; `owner` is None for the caller's own."""

    directory: str
    frozen: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    @property
    def upper(self) -> str:
        """The tree that mirrors `/`."""
        return f"{self.directory}/upper"

    def mkdir(self, path: str, mode: int = 0o700) -> None:
        """Make a directory that the container's root owns."""
        os.mkdir(path)
        os.chmod(path, mode)
        if self.owner:
            os.chown(path, *self.owner)


def overlays(stack: Stack, base: tuple[Op, ...], pieces: tuple[str, ...]) -> tuple[tuple[Op, ...], tuple[str, ...]]:
    """Return the ops of the root over `base` and of its pieces, and the pieces that there are.

    A piece whose place was removed or replaced in a layer is none: what the layers hold is all of it.
    """
    work = f"{stack.directory}/work"
    frozen = tuple(("lower", layer) for layer in stack.frozen)
    plan: list[Op] = [("root-overlay", stack.upper, _work(stack, f"{work}/root")), *frozen, *base]
    found = []
    for number, path in enumerate(pieces):
        lowers = lowers_of(stack, path) if os.path.isdir(path) else ()
        if not lowers:
            continue
        found.append(path)
        place = _work(stack, f"{work}/{number}")
        plan += [("overlay", stack.upper + path, place, "", path, PIECE_FLAGS), *(("lower", one) for one in lowers)]
    return tuple(plan), tuple(found)


def mirrored(stack: Stack, identity: Identity, pieces: tuple[str, ...]) -> tuple[Root, tuple[str, ...]]:
    """Return the root over a mirror of this machine's tree, its server, and the pieces that there are.

    The mirror hides nothing: what is hidden is mounted over, and a mount point that is missing would be a change.
    """
    place = f"{stack.directory}/mirror"
    if not os.path.isdir(place):
        stack.mkdir(place)
    plan, found = overlays(stack, (("lower-fuse", place),), pieces)
    mode = "keep" if identity.flavour == "keep-id" else identity.flavour
    words = ("hull-mirror", "@FUSE", "/", mode, str(os.geteuid()), str(os.getegid()))
    helper = (("helper", "hull-mirror", "none"), *(("helper-arg", word) for word in words))
    return Root(plan, helper), found


def lowers_of(stack: Stack, path: str) -> tuple[str, ...]:
    """Return what lies below a piece's upper directory, the highest first; () where the layers have replaced it."""
    if replaced(stack.upper, path):
        return ()
    lowers = []
    for layer in stack.frozen:
        if replaced(layer, path):
            return ()
        if os.path.isdir(layer + path):
            lowers.append(layer + path)
    return (*lowers, path)


def replaced(layer: str, path: str) -> bool:
    """Whether a layer hides what is below it at `path`: a whiteout, another kind of file or an opaque directory."""
    place = layer
    for name in path.strip("/").split("/"):
        place = f"{place}/{name}"
        try:
            if not stat.S_ISDIR(os.lstat(place).st_mode):
                return True
            if os.getxattr(place, "user.overlay.opaque", follow_symlinks=False) == b"y":
                return True
        except FileNotFoundError:
            return False
        except OSError:
            continue  # no such attribute
    return False


def _work(stack: Stack, path: str) -> str:
    if not os.path.isdir(path):
        stack.mkdir(path)
    return path


def mirror_parents(stack: Stack, paths: tuple[str, ...]) -> dict[tuple[int, int], list[str]]:
    """Make the upper directories of pieces and those above them, as the host's are: untouched, they are no change.

    Return those of other owners than root and the caller, by these (uid, gid): they are to be given away inside.
    """
    dated: dict[str, tuple[int, int]] = {}
    others: dict[tuple[int, int], list[str]] = {}
    for path in paths:
        place = ""
        for name in path.strip("/").split("/"):
            above, place = place, f"{place}/{name}"
            if os.path.isdir(stack.upper + place):
                continue
            known = os.stat(f"{stack.upper}{above}")
            dated.setdefault(above, (known.st_atime_ns, known.st_mtime_ns))
            _mirror(stack, place)
            known = os.stat(place)
            dated[place] = (known.st_atime_ns, known.st_mtime_ns)
            uid, gid = _as_inside(known)
            if uid or gid:
                others.setdefault((uid, gid), []).append(stack.upper + place)
    for place in sorted(dated, reverse=True):
        os.utime(f"{stack.upper}{place}", ns=dated[place])
    return others


def _as_inside(known: os.stat_result) -> tuple[int, int]:
    """Return whose a host's directory is inside: the caller's is root's there."""
    uid = 0 if known.st_uid == os.geteuid() else known.st_uid
    return uid, 0 if known.st_gid == os.getegid() else known.st_gid


def has_directory(stack: Stack, path: str) -> bool:
    """Whether a directory of that path is there inside, in a layer or on the host."""
    for layer in (stack.upper, *stack.frozen):
        if os.path.isdir(layer + path):
            return True
        if replaced(layer, path):
            return False
    return os.path.isdir(path)


def _mirror(stack: Stack, path: str) -> None:
    """Make one upper directory with the host's mode and what attributes may be set."""
    target = stack.upper + path
    stack.mkdir(target, stat.S_IMODE(os.stat(path).st_mode))
    try:
        names = [name for name in os.listxattr(path) if name.startswith("user.")]
        for name in names:
            os.setxattr(target, name, os.getxattr(path, name))
    except OSError:
        return  # not readable, or not settable: told as a change


def skeleton(stack: Stack, layout: Layout) -> tuple[Op, ...]:
    """Make the directories that no overlay can show, with their links and small files; return the lower and the binds.

    It is made anew for each start: mounts come and go.
    """
    import shutil

    top = f"{stack.directory}/{SKELETON}"
    shutil.rmtree(top, ignore_errors=True)
    stack.mkdir(top, 0o755)
    for path in sorted((*layout.directories, *layout.pieces)):
        if path != "/":
            stack.mkdir(top + path, _mode(path))
    for path in layout.links:
        os.symlink(os.readlink(path), top + path)
    for path in layout.copies:
        shutil.copy2(path, top + path, follow_symlinks=False)
    for path in layout.binds:
        os.close(os.open(top + path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    return (("lower", top), *(("bind", path, path, "ro,nosuid,nodev") for path in layout.binds))


def _mode(path: str) -> int:
    """Return a host directory's mode; one of the container's own places that is not there gets the usual."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return 0o755
