"""Two images' file systems, whole, one against the other: what is added, changed and deleted."""

import os
import stat
from collections.abc import Iterator

from hull.images.comparing import DELETED, Comparison


class Whole(Comparison):
    """A comparison of merged trees: what the first has and the second lacks is deleted."""

    def changes(self, upper: int, lower: int | None, path: str = "") -> Iterator[tuple[str, str]]:
        """Yield (kind, path) in the order of paths."""
        there = set(os.listdir(upper))
        before = set() if lower is None else set(os.listdir(lower))
        for name in sorted(there | before):
            if name not in there:
                yield DELETED, f"{path}/{name}"
            elif lower is None or name not in before or not _one_file(upper, lower, name):
                yield from self._entry(upper, lower, name, f"{path}/{name}")


def _one_file(one: int, other: int, name: str) -> bool:
    """Whether both stacks show the very same file of one layer: overlayfs keeps inode numbers of one file system."""
    left, right = (os.stat(name, dir_fd=fd, follow_symlinks=False) for fd in (one, other))
    return not stat.S_ISDIR(left.st_mode) and _identity(left) == _identity(right)


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return (*found[:2], *found[4:7], found.st_mtime_ns, found.st_ctime_ns)


def compare(first: list[str], second: list[str]) -> list[str]:
    """Return `KIND PATH` lines; layers lowest first. Runs as root of a user namespace, in mounts of its own."""
    roots = _roots([first, second])
    return [f"{kind} {place}" for kind, place in Whole().changes(roots[1], roots[0])]


def _roots(stacks: list[list[str]]) -> list[int]:
    """Return a descriptor of each stack's root; what one covers, as older kernels must, the next does not see."""
    from hull.kernel import stacking, syscalls

    syscalls.unshare(syscalls.CLONE_NEWNS)
    mine = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    roots = []
    for layers in stacks:
        syscalls.unshare(syscalls.CLONE_NEWNS)
        top = stacking.overlay(layers)
        roots.append(os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=top))
        syscalls.setns(mine, syscalls.CLONE_NEWNS)
    return roots
