"""One at a time on a container: a flock on its own directory; and one monitor: a lock that is as old as it."""

import os


class Lock:
    """Held in a `with`; a directory that is not there needs none. BlockingIOError where it is not to be waited for."""

    def __init__(self, directory: str, *, wait: bool = True) -> None:
        self._directory = directory
        self._wait = wait
        self._fd = -1

    def __enter__(self) -> None:
        import fcntl

        try:
            self._fd = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX if self._wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def watched(directory: str) -> bool:
    """Whether the container has a monitor, or one on its way: it holds its lock before it says a word.

    Only looked at, not taken: a launcher that starts at this moment is not kept out.
    """
    import fcntl
    import struct

    layout = "hhqqi4x"  # struct flock of every 64-bit Linux
    try:
        fd = os.open(f"{directory}/monitor.lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        found = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, struct.pack(layout, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    finally:
        os.close(fd)
    return bool(struct.unpack(layout, found)[0] != fcntl.F_UNLCK)
