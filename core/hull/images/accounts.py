"""Names of users and groups, by the passwd and group files of the tree that they are meant in."""

import os
import stat

from hull.errors import UserError
from hull.kernel import syscalls

Ids = tuple[int, int]


def owner(word: str, layers: list[str], *, login: bool = False) -> Ids | None:
    """Return the ids that `USER[:GROUP]` means by the image's own passwd and group; None for no word.

    A user without a group brings its own; a number alone is its group's number, too. With `login` it is as a program of
    that user runs: a number's group is its user's, else 0.
    """
    if not word:
        return None
    user, colon, group = word.partition(":")
    uid, gid = 0, 0
    if user:
        row = _row(layers, "etc/passwd", user, 4)
        if row is None and not user.isdecimal():
            raise UserError(
                f"cannot find the user {user} in the image", "make it first: RUN useradd …, or use a number"
            )
        uid = int(user) if row is None else int(row[2])
        alone = 0 if login else uid
        gid = alone if row is None or (user.isdecimal() and not login) else int(row[3])
    if colon and group:
        row = _row(layers, "etc/group", group, 3)
        if row is None and not group.isdecimal():
            raise UserError(f"cannot find the group {group} in the image", "make it first, or use a number")
        gid = int(group) if group.isdecimal() or row is None else int(row[2])
    return uid, gid


def _row(layers: list[str], path: str, name: str, fields: int) -> list[str] | None:
    """Return the line of a name in the topmost layer that has the file; links end inside that layer."""
    for layer in reversed(layers):
        fd = os.open(layer, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            how = syscalls.RESOLVE_IN_ROOT | syscalls.RESOLVE_NO_MAGICLINKS
            inner = syscalls.openat2(fd, os.fsencode(path), os.O_RDONLY | os.O_NONBLOCK, 0, how)
        except OSError:
            continue
        finally:
            os.close(fd)
        with open(inner, encoding="utf-8", errors="surrogateescape") as file:
            if not stat.S_ISREG(os.fstat(inner).st_mode):
                return None
            rows = [line.rstrip("\n").split(":") for line in file]
        sound = [row for row in rows if len(row) >= fields and row[2].isdecimal()]
        number = 2 if name.isdecimal() else 0
        return next((row for row in sound if row[0] == name), None) or next(
            (row for row in sound if row[number] == name), None
        )
    return None
