"""Overlays and binds for a child's own use: in a mount namespace of its own, gone with it.

The caller is root of its user namespace and has made itself a mount namespace (`syscalls.unshare`).
"""

import os
from contextlib import suppress

from hull.kernel import syscalls

_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def overlay(lowers: list[str], upper: str = "", work: str = "") -> int:
    """Return a descriptor of the root of a new overlay of `lowers`, the lowest first; without `upper`, read-only.

    Kernels before 6.5 want a place: there it covers the topmost of `lowers`, for this namespace alone.
    """
    if len(lowers) == 1 and not upper:
        return os.open(lowers[0], _DIRECTORY)
    opened = [os.open(path, _DIRECTORY) for path in (*lowers, *((upper, work) if upper else ()))]
    names = [b"/proc/self/fd/%d" % fd for fd in opened]
    layers, own = names[: len(lowers)][::-1], names[len(lowers) :]
    try:
        try:
            return _by_words(layers, own)
        except OSError:
            return _by_string(layers, own, lowers[-1])
    finally:
        for fd in opened:
            os.close(fd)


def _by_words(layers: list[bytes], own: list[bytes]) -> int:
    context = syscalls.fsopen(b"overlay")
    try:
        syscalls.fsconfig(context, syscalls.FSCONFIG_SET_STRING, b"source", b"overlay")
        for layer in layers:
            syscalls.fsconfig(context, syscalls.FSCONFIG_SET_STRING, b"lowerdir+", layer)
        for key, value in zip((b"upperdir", b"workdir"), own, strict=False):
            syscalls.fsconfig(context, syscalls.FSCONFIG_SET_STRING, key, value)
        syscalls.fsconfig(context, syscalls.FSCONFIG_SET_FLAG, b"userxattr")
        syscalls.fsconfig(context, syscalls.FSCONFIG_CMD_CREATE)
        return syscalls.fsmount(context, 0 if own else syscalls.MOUNT_ATTR_RDONLY)
    finally:
        os.close(context)


def _by_string(layers: list[bytes], own: list[bytes], place: str) -> int:
    words = [b"userxattr", b"lowerdir=" + b":".join(layers)]
    words += [key + value for key, value in zip((b"upperdir=", b"workdir="), own, strict=False)]
    syscalls.mount(b"overlay", os.fsencode(place), b"overlay", 0 if own else syscalls.MS_RDONLY, b",".join(words))
    return os.open(place, _DIRECTORY)


def attach(root: int, place: str, binds: list[tuple[str, str, bool]], *, make: bool = False) -> None:
    """Mount the detached `root` over the directory `place`, and directories into it: (source, target, read-only).

    A target is resolved below `root` whatever it says; one that is not there is left out, or made where `make` says.
    """
    with suppress(OSError):  # it covers its place already, where the kernel wanted one
        syscalls.move_mount(root, os.open(place, _DIRECTORY), b".")
    for source, target, readonly in binds:
        with suppress(FileNotFoundError, NotADirectoryError):
            over = _made(root, target) if make else _below(root, target)
            flags = syscalls.OPEN_TREE_CLONE | syscalls.AT_RECURSIVE
            tree = syscalls.open_tree(-100, os.fsencode(source), flags)
            if readonly:
                syscalls.mount_setattr(tree, b"", syscalls.AT_EMPTY_PATH, syscalls.MOUNT_ATTR_RDONLY)
            syscalls.move_mount(tree, over, b".")


def _below(root: int, target: str) -> int:
    how = syscalls.RESOLVE_IN_ROOT | syscalls.RESOLVE_NO_MAGICLINKS
    return syscalls.openat2(root, os.fsencode(target), os.O_PATH | os.O_DIRECTORY, 0, how)


def _made(root: int, target: str) -> int:
    """Open a directory below `root`; it and those on the way to it are made where they are missing."""
    here = _below(root, "/")
    names = [name for name in target.split("/") if name]
    for depth, name in enumerate(names, 1):
        try:
            found = _below(root, "/".join(names[:depth]))
        except FileNotFoundError:
            os.mkdir(name, 0o755, dir_fd=here)
            found = _below(root, "/".join(names[:depth]))
        os.close(here)
        here = found
    return here
