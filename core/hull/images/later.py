"""What a directory gets last: its time, and the set-id bits that would rub off on its children."""

import os
import struct

from hull.images.tarheader import Entry
from hull.images.tree import Tree

_HEAD = struct.Struct("<qHH")  # mtime in ns, mode, length of the path that follows
MOST = (
    16 << 20
)  # bytes kept; past them the directories so far are settled early, and later content may touch their times
_NS_MOST = 1 << 62


class Later:
    """Directories to settle, packed."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._packed = bytearray()

    def add(self, path: bytes, entry: Entry) -> None:
        """Remember one directory; the last word about a path counts."""
        self._packed += _HEAD.pack(max(min(entry.mtime, _NS_MOST), -_NS_MOST), entry.mode, len(path)) + path
        if len(self._packed) > MOST:
            self.settle()

    def settle(self) -> None:
        """Set times and set-id bits of the directories so far; what is no directory any more is passed over."""
        position = 0
        while position < len(self._packed):
            mtime, mode, length = _HEAD.unpack_from(self._packed, position)
            position += _HEAD.size + length
            fd = self._tree.existing(bytes(self._packed[position - length : position]), follow=False)
            if fd is None:
                continue
            try:
                if mode & 0o6000:
                    os.fchmod(fd, mode)
                os.utime(fd, ns=(mtime, mtime))
            finally:
                os.close(fd)
        self._packed.clear()
