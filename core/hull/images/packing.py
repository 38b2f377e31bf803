"""Write an unpacked layer back as a tar: whiteouts, opaque marks, owners, xattrs, hard links."""

import os
import stat
import tarfile

from hull.images.metadata import OWNER
from hull.light import IO

OPAQUE = "user.overlay.opaque"
WHITEOUT, OPAQUE_MARK = ".wh.", ".wh..wh..opq"
_KINDS = ((stat.S_ISDIR, tarfile.DIRTYPE), (stat.S_ISLNK, tarfile.SYMTYPE), (stat.S_ISFIFO, tarfile.FIFOTYPE))


class Packer:
    """One layer on its way out. Entries come in the order of their names, so that the same layer makes the same tar."""

    def __init__(self, directory: str, stream: IO[bytes]) -> None:
        self._root = directory
        self._tar = tarfile.open(  # noqa: SIM115 (closed by run)
            fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, errors="surrogateescape", bufsize=1 << 18
        )
        self._seen: dict[tuple[int, int], str] = {}

    def run(self) -> None:
        """Write everything."""
        self._entry("", ".")
        self._below("")
        self._tar.close()

    def _below(self, path: str) -> None:
        for name in sorted(os.listdir(os.path.join(self._root, path))):
            inner = f"{path}/{name}" if path else name
            self._entry(inner, inner)
            found = os.lstat(os.path.join(self._root, inner))
            if stat.S_ISDIR(found.st_mode):
                self._below(inner)

    def _entry(self, path: str, name: str) -> None:
        full = os.path.join(self._root, path)
        found = os.lstat(full)
        if stat.S_ISCHR(found.st_mode):
            parent, _, base = name.rpartition("/")
            self._tar.addfile(tarfile.TarInfo(f"{parent}/{WHITEOUT}{base}" if parent else WHITEOUT + base))
            return
        entry = self._describe(full, name, found)
        if entry.isreg() and entry.size:
            with open(full, "rb") as file:
                self._tar.addfile(entry, file)
        else:
            self._tar.addfile(entry)
        if entry.isdir() and OPAQUE in _xattrs(full):
            self._tar.addfile(tarfile.TarInfo(OPAQUE_MARK if name == "." else f"{name}/{OPAQUE_MARK}"))

    def _describe(self, full: str, name: str, found: os.stat_result) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(name)
        entry.type = next((kind for test, kind in _KINDS if test(found.st_mode)), tarfile.REGTYPE)
        entry.mode, entry.uid, entry.gid = stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid
        entry.mtime = found.st_mtime_ns // 1_000_000_000
        first = self._seen.setdefault((found.st_dev, found.st_ino), name)
        attributes = {key: os.getxattr(full, key, follow_symlinks=False) for key in _xattrs(full)}
        owner = attributes.pop(OWNER, b"")
        if owner:
            entry.uid, entry.gid = (int(part) for part in owner.split(b":"))
        if entry.issym():
            entry.linkname = os.readlink(full)
        elif entry.isreg() and first != name:
            entry.type, entry.linkname = tarfile.LNKTYPE, first
        elif entry.isreg():
            entry.size = found.st_size
        entry.pax_headers = {
            f"SCHILY.xattr.{key}": value.decode("utf-8", "surrogateescape")
            for key, value in attributes.items()
            if not key.startswith("user.overlay.")
        }
        if found.st_mtime_ns % 1_000_000_000:
            entry.pax_headers["mtime"] = f"{entry.mtime}.{found.st_mtime_ns % 1_000_000_000:09}"
        return entry


def _xattrs(path: str) -> list[str]:
    try:
        return sorted(os.listxattr(path, follow_symlinks=False))
    except OSError:
        return []
