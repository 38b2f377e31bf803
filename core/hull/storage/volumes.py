"""Named volumes: a directory each, made when first mounted."""

import os

from hull.errors import UserError
from hull.paths import Paths

ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def ensure(paths: Paths, name: str, owner: tuple[int, int] | None) -> str:
    """Return the directory of the volume `name`, made if missing, owned by the container's root."""
    if not name or name[0] in "_.-" or not ALLOWED.issuperset(name):
        raise UserError(
            f"cannot use the volume {name!r}: names are letters, digits, '_', '.', '-'",
            "a host path begins with / or ./",
        )
    return make(f"{paths.volumes}/{name}/_data", owner)


def make(path: str, owner: tuple[int, int] | None) -> str:
    """Make a volume's directory, if missing, for the container's root; the one above it is the volume's alone."""
    if not os.path.isdir(path):
        os.makedirs(path, 0o755)
        if owner:
            os.chmod(os.path.dirname(path), 0o711)  # noqa: S103 (root's store is traversable)
            os.chown(path, *owner)
    return path
