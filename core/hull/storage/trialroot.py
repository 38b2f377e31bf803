"""The root of a try: its directories beside the container, and the ops that stack them over this machine's tree.

D/upper mirrors `/` whatever the engine: a piece at P has D/upper/P as its upper directory and a work directory of its
own. A layer that was frozen lies between the upper directory and the base, in the same form.
"""

import os
import stat

from hull.storage.overlay import Root
from hull.storage.trialplan import Layout
from hull.storage.trialupper import Stack, lowers_of

Op = tuple[str, ...]
PIECE_FLAGS = "nosuid,nodev,optional"  # what is gone by then is left out
SKELETON = "skeleton"
# Nothing of the host's is in a try's /run, its sockets above all.
RUNTIME: tuple[Op, ...] = (
    ("mount", "tmpfs", "/run", "nosuid,nodev", "mode=755"),
    ("mkdir", "/run/lock", "1777"),
    ("mkdir", "/run/user", "755"),
)


def overlays(stack: Stack, base: tuple[Op, ...], pieces: tuple[str, ...]) -> tuple[Op, ...]:
    """Return the ops of the root over `base` and of its pieces, which `prepare` has made."""
    work = f"{stack.directory}/work"
    frozen = tuple(("lower", layer) for layer in stack.frozen)
    plan: list[Op] = [("root-overlay", stack.upper, _work(stack, f"{work}/root")), *frozen, *base]
    for number, path in enumerate(pieces):
        lowers = (("lower", one) for one in lowers_of(stack, path))
        place = _work(stack, f"{work}/{number}")
        plan += [("overlay", stack.upper + path, place, "", path, PIECE_FLAGS), *lowers]
    return tuple(plan)


def mirrored(stack: Stack, pieces: tuple[str, ...]) -> Root:
    """Return the root over a mirror of this machine's tree, and its server.

    The mirror hides nothing: what is hidden is mounted over, and a mount point that is missing would be a change.
    """
    place = f"{stack.directory}/mirror"
    if not os.path.isdir(place):
        stack.mkdir(place)
    plan = overlays(stack, (("lower-fuse", place),), pieces)
    helper = (("helper", "hull-mirror", "none"), *(("helper-arg", word) for word in ("hull-mirror", "@FUSE", "/")))
    return Root(plan, helper)


def _work(stack: Stack, path: str) -> str:
    if not os.path.isdir(path):
        stack.mkdir(path)
    return path


def skeleton(stack: Stack, layout: Layout) -> tuple[Op, ...]:
    """Make the directories that no overlay can show, with their links and small files; return the lower and the binds.

    It is made anew for each start: mounts come and go.
    """
    import shutil
    from contextlib import suppress

    top = f"{stack.directory}/{SKELETON}"
    _clear(top)
    stack.mkdir(top, 0o755)
    made = [path for path in sorted((*layout.directories, *layout.pieces)) if path != "/"]
    for path in made:
        stack.mkdir(top + path)
    for path in layout.links:
        with suppress(FileNotFoundError):
            os.symlink(os.readlink(path), top + path)
    for path in layout.copies:
        with suppress(FileNotFoundError, PermissionError):  # gone, or closed, since it was looked at
            shutil.copy2(path, top + path, follow_symlinks=False)
    for path in layout.binds:
        os.close(os.open(top + path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    for path in reversed(made):  # a directory of mode 555 takes no names
        os.chmod(top + path, _mode(path))
    return (("lower", top), *(("bind", path, path, "ro,nosuid,nodev,optional") for path in layout.binds))


def _clear(top: str) -> None:
    """Remove the skeleton of an earlier start, whatever the modes of its directories."""
    import shutil

    for here, names, _ in os.walk(top):
        for name in names:
            if not os.path.islink(f"{here}/{name}"):
                os.chmod(f"{here}/{name}", 0o700)
    shutil.rmtree(top, ignore_errors=True)


def _mode(path: str) -> int:
    """Return a host directory's mode; one of the container's own places that is not there gets the usual."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return 0o755
