"""Room for removing: on a full disk no row of the database changes, so that nothing could be removed to make room.

A store keeps a few blocks and inodes that it does not need. Verbs that remove let go of them where the disk is short,
and take them again at their end.
"""

import os

NAME, SIZE, FILES = "ballast", 256 << 10, 4
LEAST_FILES = 16


def lend(data: str) -> None:
    """Let go of the ballast if the store's disk has less room than it; before anything else touches the store."""
    found = os.statvfs(data)
    short = found.f_bavail * found.f_frsize < SIZE or (found.f_files and found.f_favail < LEAST_FILES)
    for number in range(FILES) if short else ():
        _remove(f"{data}/{NAME}.{number}")


def fill(data: str) -> None:
    """Take the room again, as far as there is any."""
    for number in range(FILES):
        path = f"{data}/{NAME}.{number}"
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        except OSError:
            return
        try:
            os.posix_fallocate(file, 0, SIZE // FILES)
        except OSError:
            _remove(path)
            return
        finally:
            os.close(file)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
