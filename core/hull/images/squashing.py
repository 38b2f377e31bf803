"""Make one layer of several: what `--squash` leaves of a build's own, what a container's own layers are together."""

import os
import stat

from hull.images import links, tree

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def squash(target: str, layers: list[str], *, link: bool = False) -> None:
    """Merge layers, the lowest first, into the empty directory `target`; whiteouts and opaque marks stay.

    With `link`, files are not copied but get another name: of layers that nobody writes, on one file system.
    """
    top = os.open(target, _DIRECTORY)
    for layer in layers:
        merge = _Merge(tree.Tree(top), link=link)
        merge.directory(os.open(layer, _DIRECTORY), os.dup(top))
        merge.whole.forget()
    os.close(top)


class _Merge:
    """One layer over what is there; its hard links are kept. A file with several names is found again by its path."""

    def __init__(self, whole: tree.Tree, *, link: bool) -> None:
        self.whole, self._link = whole, link
        self._first: dict[int, bytes] = {}

    def directory(self, source: int, target: int, path: bytes = b"") -> None:
        """Merge a directory, `path` with a slash at its end; both descriptors are closed."""
        if tree.is_opaque(source):
            for name in os.listdir(target):
                tree.remove(target, os.fsencode(name))
            os.setxattr(target, tree.OPAQUE, b"y")
        for entry in sorted(os.listdir(source)):
            self._one(source, target, os.fsencode(entry), path)
        _dress(source, target)
        os.close(source)
        os.close(target)

    def _one(self, source: int, target: int, name: bytes, path: bytes) -> None:
        found = os.stat(name, dir_fd=source, follow_symlinks=False)
        here = _there(target, name)
        if stat.S_ISDIR(found.st_mode):
            if here is None or not stat.S_ISDIR(here.st_mode):
                if here is not None:
                    tree.remove(target, name)
                os.mkdir(name, 0o700, dir_fd=target)
                if here is not None:
                    tree.mark_opaque(target, name)
            below, there = (os.open(name, _DIRECTORY, dir_fd=fd) for fd in (source, target))
            self.directory(below, there, path + name + b"/")
            return
        if here is not None:
            tree.remove(target, name)
        if tree.is_whiteout(found):
            tree.mark(target, b".", tree.ORIGIN, b"")
            os.mknod(name, stat.S_IFCHR, os.makedev(0, 0), dir_fd=target)
        elif self._link:
            os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        elif found.st_nlink > 1 and found.st_ino in self._first:
            first, first_name = self.whole.place(self._first[found.st_ino])
            os.link(first_name, name, src_dir_fd=first, dst_dir_fd=target, follow_symlinks=False)
        else:
            links.copy_up(source, name, target, name)
            if found.st_nlink > 1:
                self._first[found.st_ino] = path + name


def _there(fd: int, name: bytes) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _dress(source: int, target: int) -> None:
    """Give a directory what the one above it has."""
    found = os.fstat(source)
    os.fchown(target, found.st_uid, found.st_gid)
    os.fchmod(target, stat.S_IMODE(found.st_mode))
    wanted = {key: os.getxattr(source, key) for key in os.listxattr(source) if not key.startswith("user.overlay.")}
    for key in os.listxattr(target):
        if key not in wanted and not key.startswith("user.overlay."):
            os.removexattr(target, key)
    for key, value in wanted.items():
        os.setxattr(target, key, value)
    os.utime(target, ns=(found.st_mtime_ns, found.st_mtime_ns))
