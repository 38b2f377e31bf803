"""The place of a server's socket: nobody else's, published whole, taken over only from a server that is dead."""

import os
import socket
import stat
import struct

from hull.errors import Conflict, HostError, UserError
from hull.light import NamedTuple
from hull.state.locks import Lock

SUN_PATH = 107
BACKLOG = 4096
OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Place(NamedTuple):
    """A socket that listens at `path`; `inode` tells it from another server's that took the name later."""

    path: str
    socket: socket.socket
    inode: int

    def withdraw(self) -> bool:
        """Take the name away, so that nobody comes any more; False, and nothing done, where somebody waits already."""
        import select

        directory, aside = _beside(self.path)
        with Lock(directory):
            if not _is(self.path, self.inode):
                return True
            os.rename(self.path, aside)
            waiting = select.poll()
            waiting.register(self.socket, select.POLLIN)
            if waiting.poll(0):
                os.rename(aside, self.path)
                return False
            os.unlink(aside)
        return True

    def remove(self) -> None:
        """Take the name away, whoever waits."""
        directory, _ = _beside(self.path)
        with Lock(directory):
            if _is(self.path, self.inode):
                os.unlink(self.path)
        self.socket.close()


def bind(path: str) -> Place:
    """Return a socket that listens at `path`, for its owner alone (0600).

    It is bound under a name of its own and renamed: whoever finds `path` finds a server behind it.
    """
    check(path)
    directory, fresh = _beside(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(made.fileno(), 0o600)  # the kernel gives the name this mode
        with Lock(directory):
            _free(path)
            made.bind(fresh)
            made.listen(BACKLOG)
            os.rename(fresh, path)
            return Place(path, made, os.lstat(path).st_ino)
    except BaseException as error:
        made.close()
        if isinstance(error, OSError):
            raise HostError(f"cannot listen at {path}: {error.strerror}", "-H unix://PATH is another place") from None
        raise


def _free(path: str) -> None:
    if alive(path):
        raise Conflict(
            f"cannot listen at {path}: a server answers there already",
            f"{exported(path)} uses it; -H unix://PATH listens elsewhere",
        )


def exported(path: str) -> str:
    """Return the line by which a shell uses the server at `path`, whatever characters that has."""
    from shlex import quote

    return f"export DOCKER_HOST={quote(f'unix://{path}')}"


def _beside(path: str) -> tuple[str, str]:
    """Return the directory of a place, and a name in it that is this process's own."""
    directory = os.path.dirname(path)
    return directory, f"{directory}/.{os.getpid()}"


def _is(path: str, inode: int) -> bool:
    try:
        return os.lstat(path).st_ino == inode
    except FileNotFoundError:
        return False


def check(path: str) -> None:
    """Refuse a socket's place that others could change, or where something else is."""
    if not os.path.isabs(path):
        raise UserError(f"cannot listen at {path!r}: no absolute path", "hull serve -H unix:///ABSOLUTE/PATH")
    if max(map(len, map(os.fsencode, (path, *_beside(path))))) > SUN_PATH:
        raise UserError(f"cannot listen at {path}: the name is too long for a socket", "use a shorter directory")
    _private(os.path.dirname(path))
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise Conflict(f"cannot listen at {path}: something else has that name", f"ls -l {path}; mv it, or use -H")


def _private(directory: str) -> None:
    """Refuse a directory, or a way to it, that another user could change."""
    place = os.path.realpath(directory)
    own = True
    while True:
        try:
            found = os.stat(place)
        except OSError as error:
            raise HostError(f"cannot listen in {directory}: {error.strerror}", f"mkdir -m 700 {directory}") from None
        shared = found.st_mode & OTHERS and (own or not found.st_mode & stat.S_ISVTX)
        if found.st_uid not in (0, os.geteuid()) or shared:
            raise UserError(
                f"cannot listen in {directory}: other users can change {place}",
                f"chmod go-w {place}, or use a directory of your own: mkdir -m 700 DIRECTORY",
            )
        if place == "/":
            return
        place, own = os.path.dirname(place), False


def is_own(found: socket.socket) -> bool:
    """Whether the other side of a unix socket is a process of this user's or root's, as the kernel knows it."""
    _, uid, _ = struct.unpack("iII", found.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return uid in (0, os.geteuid())


def alive(path: str) -> bool:
    """Whether somebody listens at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
        knocking.setblocking(False)
        try:
            knocking.connect(path)
        except BlockingIOError:
            return True  # so many wait that there is no room for one more
        except OSError:
            return False
        return True
