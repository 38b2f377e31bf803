"""Checked system calls: each returns what it made or raises OSError with the errno and the object.

Importing costs nothing; the compiled module is loaded by the first call that needs it. What the standard library has
(memfd_create, pidfd_open, pidfd_send_signal) does not need it. Descriptors come back close-on-exec.
"""

import os
from collections.abc import Callable

from hull.light import Any

RESOLVE_NO_XDEV = 0x01
RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_NO_SYMLINKS = 0x04
RESOLVE_BENEATH = 0x08
RESOLVE_IN_ROOT = 0x10

CLONE_NEWTIME = 0x80
CLONE_NEWNS = 0x20000
CLONE_NEWCGROUP = 0x2000000
CLONE_NEWUTS = 0x4000000
CLONE_NEWIPC = 0x8000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

RENAME_NOREPLACE = 0x1
RENAME_EXCHANGE = 0x2

AT_EMPTY_PATH = 0x1000
AT_RECURSIVE = 0x8000
OPEN_TREE_CLONE = 0x1
MOVE_MOUNT_F_EMPTY_PATH = 0x4
MOUNT_ATTR_RDONLY = 0x1
FSCONFIG_SET_FLAG = 0
FSCONFIG_SET_STRING = 1
FSCONFIG_CMD_CREATE = 6

IN_MODIFY = 0x2
IN_MOVED_TO = 0x80
IN_CREATE = 0x100
IN_DELETE_SELF = 0x400
IN_MOVE_SELF = 0x800
IN_ONESHOT = 0x80000000

_CLOEXEC = 0x80000  # O_CLOEXEC and OPEN_TREE_CLOEXEC; fsopen and fsmount have their own, 1


def sealed_memfd(name: str, data: bytes) -> int:
    """Return a descriptor of an anonymous file that holds `data`, at offset 0, never to change."""
    import fcntl

    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
        os.lseek(fd, 0, os.SEEK_SET)
    except OSError:
        os.close(fd)
        raise
    return fd


def pidfd_open(pid: int) -> int:
    """Return a descriptor of a process; it polls readable when the process ends."""
    return os.pidfd_open(pid)


def pidfd_send_signal(fd: int, signal: int) -> None:
    """Send a signal to the process a descriptor stands for, never to one that got its pid later."""
    from signal import pidfd_send_signal as send

    send(fd, signal)


def openat2(directory: int, path: bytes, flags: int, mode: int = 0, resolve: int = 0) -> int:
    """Open `path` below `directory` by the RESOLVE_ rules."""
    return _checked(lambda lib: lib.hull_openat2(directory, path, flags | _CLOEXEC, mode, resolve), path)


def open_tree(directory: int, path: bytes, flags: int) -> int:
    """Return a descriptor of a mount; with OPEN_TREE_CLONE, of a detached copy."""
    return _checked(lambda lib: lib.hull_open_tree(directory, path, flags | _CLOEXEC), path)


def move_mount(source: int, directory: int, target: bytes) -> None:
    """Attach the mount that the descriptor `source` stands for."""
    _checked(lambda lib: lib.hull_move_mount(source, b"", directory, target, MOVE_MOUNT_F_EMPTY_PATH), target)


def mount_setattr(directory: int, path: bytes, flags: int, attributes: int) -> None:
    """Add MOUNT_ATTR_ bits to a mount, to all below it with AT_RECURSIVE."""
    _checked(lambda lib: lib.hull_mount_setattr(directory, path, flags, attributes, 0, 0, -1), path)


def fsopen(kind: bytes) -> int:
    """Return a context in which a file system is described (`fsconfig`), then made (`fsmount`)."""
    return _checked(lambda lib: lib.hull_fsopen(kind, 1), kind)


def fsconfig(context: int, command: int, key: bytes | None = None, value: bytes | None = None) -> None:
    """Add one parameter to a context, or give one of the FSCONFIG_CMD_ commands."""

    def call(lib: Any) -> int:
        null = _module().ffi.NULL
        words = [null if word is None else word for word in (key, value)]
        return int(lib.hull_fsconfig(context, command, *words, 0))

    _checked(call, key)


def fsmount(context: int, attributes: int = 0) -> int:
    """Return a descriptor of a detached mount of what the context describes."""
    return _checked(lambda lib: lib.hull_fsmount(context, 1, attributes), None)


def mount(source: bytes, target: bytes, kind: bytes, flags: int, options: bytes = b"") -> None:
    """Mount, by the old call."""
    _checked(lambda lib: lib.hull_mount(source, target, kind, flags, options), target)


def setns(fd: int, kinds: int) -> None:
    """Enter the namespaces of `kinds` of a namespace's or a process's descriptor."""
    _checked(lambda lib: lib.hull_setns(fd, kinds), None)


def unshare(kinds: int) -> None:
    """Give this process namespaces of its own: for a child made to that end, never for a shell."""
    _checked(lambda lib: lib.hull_unshare(kinds), None)


def syncfs(fd: int) -> None:
    """Write everything of the file system that `fd` is on; errors of earlier writes are told here."""
    _checked(lambda lib: lib.hull_syncfs(fd), None)


def rename(source: int, name: bytes, target: int, new: bytes, flags: int = 0) -> None:
    """Rename `name` below one directory to `new` below another, by the RENAME_ rules."""
    _checked(lambda lib: lib.hull_renameat2(source, name, target, new, flags), name)


def inotify() -> int:
    """Return a descriptor that polls readable when something happens to what it watches; reading never blocks."""
    return _checked(lambda lib: lib.hull_inotify(), None)


def inotify_add(fd: int, path: bytes, mask: int) -> int:
    """Watch a file, or a directory and what is directly in it, for IN_ events; return the watch's number."""
    return _checked(lambda lib: lib.hull_inotify_add(fd, path, mask), path)


def file_system(path: bytes) -> int:
    """Return the magic number of the file system that holds `path`, statfs(2)'s f_type."""
    return _checked(lambda lib: lib.hull_statfs_type(path), path)


def birth(directory: int, name: bytes) -> int:
    """Return when `name` below `directory` came to be, ns since the epoch; 0 where its file system does not tell."""
    return _checked(lambda lib: lib.hull_birth(directory, name), name)


def _checked(call: Callable[[Any], int], name: bytes | None) -> int:
    module = _module()
    result = call(module.lib)
    if result < 0:
        errno = module.ffi.errno
        raise OSError(errno, os.strerror(errno), *(() if name is None else (os.fsdecode(name),)))
    return result


def _module() -> Any:
    from importlib import import_module

    return import_module("hull.kernel._syscalls")
