"""Names in archives, and the errors that tell of them."""

import errno

from hull.errors import HostError, HullError, RegistryError
from hull.light import Literal

HINT = "the image is damaged or hostile"
_SPACE = (errno.ENOSPC, errno.EDQUOT)
_HOST = (errno.EPERM, errno.EACCES, errno.EROFS, errno.EMFILE, errno.EIO, errno.EOPNOTSUPP)


def clean(name: bytes) -> bytes:
    """Return the name as a path below the root, `.` and `..` resolved; one that leads out of the root is an error."""
    if b"/." not in name and b"//" not in name and name[:1] not in (b".", b"/"):
        return name[:-1] if name.endswith(b"/") else name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if not parts:
                raise refused(name, "it leads out of the image")
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def refused(path: bytes, reason: str) -> RegistryError:
    """Return the error for an entry that no honest archive holds."""
    return RegistryError(f"cannot unpack {shown(path)}: {reason}", HINT)


class blaming:  # noqa: N801 (reads as a word; a generator would cost more, once an entry)
    """Let what goes wrong inside name the entry."""

    def __init__(self, path: bytes) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> Literal[False]:
        if isinstance(error, OSError | ValueError | OverflowError):
            raise failed(self._path, error) from error
        return False


def failed(path: bytes, error: Exception) -> HullError:
    """Return the error for an entry that could not be made: the host's fault or the archive's, by errno."""
    number = getattr(error, "errno", None)
    message = f"cannot unpack {shown(path)}: {getattr(error, 'strerror', None) or error}"
    if number in _SPACE:
        return HostError(message, "free some space: hull images, hull rmi")
    if number in _HOST:
        return HostError(message, "hull doctor tells what this host lacks")
    return RegistryError(message, HINT)


def shown(path: bytes) -> str:
    """Return a name for a message: printable, bounded."""
    return repr(path[:200].decode(errors="surrogateescape"))
