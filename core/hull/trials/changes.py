"""What a try, or a container between two checkpoints, changed: plain values that diff, keep, undo and pickers share."""

from hull.light import NamedTuple

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
CONTENT, MODE, OWNER, XATTR, TIME, TYPE = "content", "mode", "owner", "xattr", "time", "type"


class Entry(NamedTuple):
    """One file as the try's root sees it.

    `kind` is file, directory, link, fifo, socket, char or block; `mode` the permission bits; `uid` and `gid` are
    numbers inside; `size` bytes, 0 for what is no file or link; `mtime` ns since the epoch; `target` where a link
    leads; `device` st_rdev; `xattrs` sorted (name, value) pairs, overlay's own left out; `file` is (st_dev, st_ino)
    and `links` st_nlink: names of one file.
    """

    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    target: str = ""
    device: int = 0
    xattrs: tuple[tuple[str, bytes], ...] = ()
    file: tuple[int, int] = (0, 0)
    links: int = 1


class Change(NamedTuple):
    """One path that differs. Paths are absolute, surrogates stand for bytes that are no UTF-8.

    `kind` is added, changed or removed; `what` tells of a changed one which of content, mode, owner, xattr, time and
    type differ. `old` is None for what was added, `new` for what was removed. `layer` is the directory whose file at
    `layer + path` is the new one, "" for a removed one. `copied` is when the new entry came to be in its layer, ns
    since the epoch: a host's file that changed later is a conflict. `renamed` is the old path of what was moved,
    `same` are other changed paths that are names of the same file. `blind`: the host's file may not be read by the
    caller, the try saw it empty and so does `old`.
    """

    kind: str
    path: str
    what: tuple[str, ...] = ()
    old: Entry | None = None
    new: Entry | None = None
    layer: str = ""
    copied: int = 0
    renamed: str = ""
    same: tuple[str, ...] = ()
    blind: bool = False
