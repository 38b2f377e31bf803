"""Durability without waiting.

A layer is published by rename as soon as it is unpacked, and its row is marked with the boot. Within that boot the page
cache is what everybody reads, so the layer is whole whatever the disk holds. A process of the lowest priority, which
nobody waits for, syncs the file system once for all marks that it found, takes them away, and then takes the digest of
each layer's files. A mark of another boot says that the machine stopped in between: such a layer is no layer until
`proved` has read it whole; what does not prove is removed, and comes again from where it came.
"""

import os
import sys

from hull import log
from hull.images import child
from hull.light import TYPE_CHECKING, Any
from hull.state.images import trusted

if TYPE_CHECKING:
    from hull.paths import Paths
    from hull.state.images import Images, LayerRecord

LOCK = "settling"
_START = '"$@" </dev/null >/dev/null 2>&1 &'  # whoever asked is no parent of it: a shell has nobody to reap


def mark() -> str:
    """Return the mark for a layer that is published now."""
    from hull.state.processes import boot_id

    return f"{boot_id()}:{os.urandom(6).hex()}"


def start(paths: "Paths") -> None:
    """Let a process settle what is marked, and return at once."""
    import subprocess

    argv = [sys.executable, "-P", "-m", "hull.commands._settling", *paths]
    subprocess.run(
        ["/bin/sh", "-c", _START, "sh", *argv], check=False, stdin=subprocess.DEVNULL, start_new_session=True
    )


def settle(paths: "Paths", rows: "Images", confine: child.Confine) -> None:
    """Sync, take the marks away, take digests, until nothing is left to do."""
    from hull.kernel import syscalls
    from hull.state import lockfiles

    with lockfiles.held(paths.locks, LOCK):
        while marks := [layer.mark for layer in rows.layers() if layer.mark and trusted(layer.mark)]:
            fd = os.open(paths.data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                syscalls.syncfs(fd)
            finally:
                os.close(fd)
            rows.synced(marks)
        for layer in rows.layers():
            if not layer.tree and not layer.mark and (tree := digest(paths, confine, layer)):
                rows.proven(layer, tree)


def digest(paths: "Paths", confine: child.Confine, layer: "LayerRecord") -> str:
    """Return the digest of a layer's files, "" if they are not there."""
    answer: dict[str, Any] = child.run(confine, layer.flavour, ["digest", _place(paths, layer)])
    return str(answer["digests"][0])


def proved(paths: "Paths", rows: "Images", confine: child.Confine, layer: "LayerRecord") -> bool:
    """Whether a layer's files are what was unpacked, and no mark is on it any more.

    By the digest of the files, else by that of the tar which they give.
    """
    from hull.images import tars

    tree = digest(paths, confine, layer)
    given = layer.tree or not tree or tars.gives(paths, confine, layer.flavour, _place(paths, layer), layer.diff_id)
    whole = bool(tree) and (tree == layer.tree if layer.tree else bool(given))
    if whole:
        rows.proven(layer, tree)
    return whole


def warn(events: log.Events, layer: "LayerRecord") -> None:
    """Say that a layer goes because the machine stopped too soon after it came."""
    name = layer.directory[:12]
    events(log.Event("warning", name, f"layer {name} was not on the disk when the machine stopped: it comes again"))


def _place(paths: "Paths", layer: "LayerRecord") -> str:
    return f"{paths.layers(layer.flavour)}/{layer.directory}"
