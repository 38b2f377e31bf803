"""Make a layer of an upper directory where it stands: what overlayfs wrote is what a layer here is."""

import hashlib
import os
import stat

from hull.images.packing import Packer
from hull.light import Any

NANO = 1_000_000_000


def seal(upper: str, stubs: list[str], epoch: int | None) -> dict[str, Any]:
    """Return `diff_id` and `size` of the layer; a `diff_id` of "" where the step changed nothing.

    `stubs` are paths that a start may have made to mount over: what of them is still empty goes.
    """
    fd = os.open(upper, os.O_RDONLY | os.O_DIRECTORY)
    for path in sorted(stubs, key=len, reverse=True):
        _drop(fd, path.strip("/"))
    if not os.listdir(fd):
        return {"diff_id": "", "size": 0}
    if epoch is not None:
        _cut(fd, epoch * NANO)
    sink = _Digest()
    packer = Packer(sink)  # type: ignore[arg-type]
    packer.layer(fd)
    packer.close()
    return {"diff_id": f"sha256:{sink.hash.hexdigest()}", "size": packer.size}


class _Digest:
    """A file that is only hashed."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return len(data)


def _drop(fd: int, path: str) -> None:
    """Remove an empty file or directory of the upper, no link followed; anything else stays."""
    parent, (*above, name) = os.dup(fd), path.split("/")
    try:
        for part in above:
            outer = parent
            parent = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=outer)
            os.close(outer)
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        times = os.fstat(parent)
        if stat.S_ISDIR(found.st_mode):
            os.rmdir(name, dir_fd=parent)
        elif stat.S_ISREG(found.st_mode) and not found.st_size:
            os.unlink(name, dir_fd=parent)
        os.utime(parent, ns=(times.st_atime_ns, times.st_mtime_ns))
    except OSError:
        return
    finally:
        os.close(parent)


def _cut(top: int, latest: int) -> None:
    """Let nothing be younger than `latest` (ns)."""
    for _, directories, files, fd in os.fwalk(".", dir_fd=top, follow_symlinks=False, topdown=False):
        for name in (*files, *directories):
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            if found.st_mtime_ns > latest and not stat.S_ISCHR(found.st_mode):
                os.utime(name, ns=(latest, latest), dir_fd=fd, follow_symlinks=False)
    if os.fstat(top).st_mtime_ns > latest:
        os.utime(top, ns=(latest, latest))
