"""A walk over a tree as its reader sees it; a program of the standard library alone: `walker.py DIRECTORY` prints JSON.

It runs as root of a user namespace, the same one for every reader, so that owners, modes and attributes compare.
"""

import hashlib
import json
import os
import stat
import sys

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "character", stat.S_IFBLK: "block", stat.S_IFSOCK: "socket",
}  # fmt: skip
# Bookkeeping of the readers, no part of an image.
OWN = ("user.overlay.", "trusted.overlay.", "user.containers.", "user.rootlesscontainers", "security.selinux")


def walk(root: bytes) -> dict[str, dict[str, object]]:
    """Return what lies below: kind, mode, owner, time, content, attributes, and the names that share an inode."""
    found: dict[str, dict[str, object]] = {}
    names: dict[tuple[int, int], list[str]] = {}
    for directory, directories, files in os.walk(root, onerror=_fail):
        for base in [b".", *directories, *files] if directory == root else [*directories, *files]:
            path = os.path.join(directory, base)
            info = os.lstat(path)
            name = os.fsdecode(os.path.relpath(path, root))
            found[name] = _described(path, info)
            if stat.S_ISREG(info.st_mode):
                names.setdefault((info.st_dev, info.st_ino), []).append(name)
    for shared in names.values():
        for name in shared:
            found[name]["names"] = sorted(shared)
    return found


def _described(path: bytes, info: os.stat_result) -> dict[str, object]:
    content = ""
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    elif stat.S_ISLNK(info.st_mode):
        content = os.fsdecode(os.readlink(path))
    attributes = {
        name: os.getxattr(path, name, follow_symlinks=False).hex()
        for name in os.listxattr(path, follow_symlinks=False)
        if not name.startswith(OWN)
    }
    return {
        "kind": KINDS[stat.S_IFMT(info.st_mode)],
        "mode": oct(stat.S_IMODE(info.st_mode)),
        "owner": f"{info.st_uid}:{info.st_gid}",
        "time": info.st_mtime_ns,
        "content": content,
        "attributes": attributes,
    }


def _fail(error: OSError) -> None:
    raise error


if __name__ == "__main__":
    json.dump(walk(os.fsencode(sys.argv[1])), sys.stdout)
