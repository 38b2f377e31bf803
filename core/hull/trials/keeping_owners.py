"""Whom a try's files belong to once they are on the host."""

import os
import stat
import struct

from hull.light import NamedTuple
from hull.model import Identity, id_inside

ACCESS_LISTS = ("system.posix_acl_access", "system.posix_acl_default")
_NAMED = (2, 8)  # ACL_USER, ACL_GROUP: entries with an id


class Owners(NamedTuple):
    """`uid` and `gid` are the numbers inside that mean the caller; None where there are none: root's own keep."""

    uid: int | None
    gid: int | None

    @classmethod
    def of(cls, identity: Identity) -> "Owners":
        """Return the rule for a try's map. To root every number inside is the host's."""
        if os.geteuid() == 0:
            return cls(None, None)
        return cls(id_inside(identity.uids, os.geteuid()), id_inside(identity.gids, os.getegid()))

    def owner(self, uid: int, gid: int, above: os.stat_result) -> tuple[int, int]:
        """Return the host's numbers of a new entry below the existing directory `above`.

        Inside 0 is the caller in directories in which they may make names, as a command of theirs would have made it;
        root elsewhere. Others are the numbers they are.
        """
        if self.uid is None:
            return uid, gid
        mine = _open(above)
        is_caller = uid == self.uid and (uid != 0 or mine)
        if gid == self.gid and (gid != 0 or mine):
            gid = above.st_gid if above.st_mode & stat.S_ISGID else os.getegid()
        return (os.geteuid() if is_caller else uid), gid

    def attributes(self, found: tuple[tuple[str, bytes], ...], above: os.stat_result) -> dict[str, bytes]:
        """Return attributes as the host is to have them: access lists name the host's ids."""
        return {k: self._access_list(v, above) if k in ACCESS_LISTS else v for k, v in found}

    def _access_list(self, value: bytes, above: os.stat_result) -> bytes:
        result = [value[:4]]
        for tag, bits, ident in struct.iter_unpack("<HHI", value[4:]):
            if tag == _NAMED[0]:
                ident = self.owner(ident, 0, above)[0]  # noqa: PLW2901 (translated)
            elif tag == _NAMED[1]:
                ident = self.owner(0, ident, above)[1]  # noqa: PLW2901 (translated)
            result.append(struct.pack("<HHI", tag, bits, ident))
        return b"".join(result)


def groups() -> set[int]:
    """Return the groups that the caller may give files to."""
    return {os.getegid(), *os.getgroups()}


def _open(directory: os.stat_result) -> bool:
    """Whether the caller may make names in it: theirs, their group's, everybody's."""
    if directory.st_uid == os.geteuid():
        return True
    return bool(directory.st_mode & (stat.S_IWGRP if directory.st_gid in groups() else stat.S_IWOTH))
