"""The launcher's file, out of a container's reach (CVE-2019-5736).

A container's root is its caller, and so the owner of what the caller owns. Where a program gets the kernel to start
/proc/self/exe in the place of an image's own, that is the launcher's file: never writable while a container runs, but
its mode, owner and attributes could be changed. So a launcher that its caller owns runs as a sealed copy in memory. It
makes one itself where it was not started as one, at the cost of a second exec (launcher/seal.c).
"""

import fcntl
import os

from hull.errors import HostError

_MFD_EXEC = 0x10
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
_APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"


def owned(path: str) -> bool:
    """Whether a container's root would own the file: the host's root is nobody inside."""
    return os.geteuid() != 0 and os.stat(path).st_uid == os.geteuid()


def by_path() -> bool:
    """Whether this host grants user namespaces by a program's path: then the launcher is started by its own."""
    try:
        with open(_APPARMOR, encoding="ascii") as file:
            return file.read().strip() != "0"
    except OSError:
        return False


def copy(path: str) -> int:
    """Return a sealed memfd, close-on-exec, that holds the program at `path`."""
    with open(path, "rb") as file:
        fd = _memfd()
        size, at = os.fstat(file.fileno()).st_size, 0
        while at < size:
            sent = os.sendfile(fd, file.fileno(), at, size - at)
            if sent == 0:
                raise HostError(
                    f"cannot copy the launcher {path}: it shrinks", "let its installation finish, try again"
                )
            at += sent
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    return fd


def _memfd() -> int:
    """Make it executable where the kernel wants to be asked, and plain where it does not know the flag."""
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    for extra in (_MFD_EXEC, 0):
        try:
            return os.memfd_create("hull-launch", flags | extra)
        except OSError as error:
            reason = error.strerror
    raise HostError(
        f"cannot copy the launcher: {reason}",
        "this host forbids programs in memory: install hull as root, so that containers cannot own its launcher",
    )
