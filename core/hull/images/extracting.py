"""Unpack a tar into a directory of a container by the rules of Docker's engine, in the confined child.

Not `docker cp`'s, which come before: the directory is there, and what the archive says of another one that is there it
becomes. Errors have Docker's words.
"""

import os
import stat

from hull.errors import UserError
from hull.images import tarheader, tree
from hull.images.accounts import Ids
from hull.images.placing import Owners, Placer
from hull.images.tarheader import Entry
from hull.images.tarstream import TarStream


class Extractor(Placer):
    """Place below `fd`, the directory `path`; everything becomes `owner`'s, if anybody's, else the archive's numbers'.

    With `rigid` no directory takes the place of something else, nor something else a directory's.
    """

    def __init__(self, fd: int, path: str, owner: Ids | None, *, rigid: bool) -> None:
        super().__init__(fd, Owners(keep=True, host=False))
        self._renewing = True
        self._path, self._owner, self._rigid = path.rstrip("/"), owner, rigid

    def _owned(self, entry: Entry) -> Entry:
        return entry if self._owner is None else entry._replace(uid=self._owner[0], gid=self._owner[1])

    def _apply(self, path: bytes, entry: Entry, stream: TarStream) -> None:
        if path and (entry.kind == tarheader.FILE or entry.kind in self._makers):
            self._make_way(path, directory=entry.kind == tarheader.DIRECTORY)
        super()._apply(path, entry, stream)

    def _make_way(self, path: bytes, *, directory: bool) -> None:
        parent, name = self._tree.place(path)
        try:
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return
        if stat.S_ISDIR(found.st_mode) == directory:
            return
        if self._rigid:
            there, comes = ("non-directory", "directory") if directory else ("directory", "non-directory")
            place = f"{self._path}/{os.fsdecode(path[:200])}"
            raise UserError(f'cannot overwrite {there} "{place}" with {comes} "{self._path or "/"}"')
        self._tree.forget_but(parent)
        tree.remove(parent, name)
