"""A tree, a try of it made by the kernel's own overlay, and what tells one tree from another."""

import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
from typing import Any

from hull.engine import Engine
from hull.model import Image, Spec, Trial
from hull.paths import Paths, prepare
from hull.state.containers import Container
from hull.trials import decided, keeping, walking
from hull.trials.keeping_choosing import Wanted

HERE = os.path.dirname(os.path.abspath(__file__))
OLD = 1_000_000_000_123_456_789  # ns: long before any test
MOUNT = 'mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3,userxattr" "$1" && shift 3 && exec "$@"'


def engine(root: str) -> Engine:
    """Return an engine on a store of its own."""
    paths = Paths(root, f"{root}/run", f"{root}/config")
    prepare(paths)
    return Engine(paths)


OTHER = "/dev/shm"


def takes_uppers(place: str) -> bool:
    """Whether a file system other than that of temporary files can hold an overlay's upper directory."""
    if not os.path.isdir(place) or os.stat(place).st_dev == os.stat(tempfile.gettempdir()).st_dev:
        return False
    with tempfile.NamedTemporaryFile(dir=place) as file:
        try:
            os.setxattr(file.name, "user.overlay.test", b"y")
        except OSError:
            return False
    return True


class Trying:
    """A try of the tree `host`: its row, and an upper directory that the kernel writes while `run` runs."""

    def __init__(self, made: Engine, host: str) -> None:
        self.engine, self.host = made, host
        spec = Spec(image="host", name=f"t{secrets.token_hex(6)}", userns="single", trial=Trial(profile=""))
        self.row: Container = made.containers.add(secrets.token_hex(32), spec, Image("", "host", ()))
        self.directory = made.paths.container(self.row.id)
        self.upper = f"{self.directory}/upper"
        os.makedirs(self.upper + os.path.dirname(host))
        self._mirror(os.path.dirname(host))
        os.mkdir(f"{self.directory}/work")
        decided.note(self.directory, decided.Decided("kernel", "", (host,)), json.dumps)  # its attributes are shown

    def _mirror(self, path: str) -> None:
        """Let what only leads to the tree be as it is, so that it is no change."""
        places = ["/"]
        for name in path.strip("/").split("/"):
            places.append(os.path.join(places[-1], name))
        for place in reversed(places):
            found = os.stat(place)
            os.chmod(self.upper + place, stat.S_IMODE(found.st_mode))
            os.utime(self.upper + place, ns=(found.st_atime_ns, found.st_mtime_ns))
        mine = self.upper + self.host
        os.mkdir(mine)
        found = os.stat(self.host)
        os.chmod(mine, stat.S_IMODE(found.st_mode))
        os.utime(mine, ns=(found.st_atime_ns, found.st_mtime_ns))
        for place in reversed(places):
            found = os.stat(place)
            os.utime(self.upper + place, ns=(found.st_atime_ns, found.st_mtime_ns))

    def run(self, *argv: str) -> None:
        """Run a program in the overlay of the tree, as root of a namespace with one id."""
        words = [
            "unshare",
            "-Urm",
            "sh",
            "-c",
            MOUNT,
            "sh",
            self.host,
            self.upper + self.host,
            f"{self.directory}/work",
        ]
        subprocess.run([*words, *argv], check=True, timeout=60, cwd="/")

    def operate(self, operations: list[Any]) -> None:
        """Do operations inside."""
        self.run(sys.executable, f"{HERE}/operations.py", self.host, json.dumps(operations))

    def examine(self, **wanted: Any) -> keeping.Examined:
        """Look at what would be kept of the tree."""
        changes = walking.of_try(self.engine, self.row, (self.host,))
        return keeping.examine(self.engine, self.row, Wanted(**wanted), changes)

    def keep(self, **wanted: Any) -> str:
        """Keep it; return the id, "" where there is nothing to keep."""
        found = self.examine(**wanted)
        assert not found.conflicts
        assert not found.root
        return keeping.keep(self.engine, self.row, found, Wanted(**wanted)).id if found.mine else ""


def snapshot(top: str, since: int | None = None) -> dict[str, Any]:
    """Return all that is told of a tree, and `inodes` of names of one file; times from `since` on are `now`."""
    found: dict[str, Any] = {}
    groups: dict[tuple[int, int], list[str]] = {}
    _look(top, "", found, groups, since)
    found["links"] = sorted(sorted(names) for names in groups.values() if len(names) > 1)
    return found


def _look(top: str, name: str, found: dict[str, Any], groups: dict[Any, list[str]], since: int | None) -> None:
    path = f"{top}/{name}" if name else top
    one = os.lstat(path)
    kind = stat.S_IFMT(one.st_mode)
    modified: Any = "now" if since is not None and one.st_mtime_ns >= since else one.st_mtime_ns
    closed = (kind == stat.S_IFDIR and not one.st_mode & 0o400) or (kind == stat.S_IFREG and not one.st_mode & 0o400)
    if closed and os.geteuid():
        os.chmod(path, stat.S_IMODE(one.st_mode) | 0o700)
    content: Any = None
    if kind == stat.S_IFREG:
        fd = os.open(path, os.O_RDONLY | os.O_NOATIME)
        with open(fd, "rb") as file:
            content = file.read()
        groups.setdefault((one.st_dev, one.st_ino), []).append(name)
    elif kind == stat.S_IFLNK:
        content = os.readlink(path)
    elif kind == stat.S_IFDIR:
        if not one.st_mode & 0o100 and os.geteuid():
            os.chmod(path, stat.S_IMODE(one.st_mode) | 0o700)
        content = sorted(os.listdir(path))
        for inner in content:
            _look(top, f"{name}/{inner}" if name else inner, found, groups, since)
    names = sorted(os.listxattr(path, follow_symlinks=False))
    attributes = {key: os.getxattr(path, key, follow_symlinks=False) for key in names if key != "security.selinux"}
    if (stat.S_ISDIR(one.st_mode) or closed) and stat.S_IMODE(os.lstat(path).st_mode) != stat.S_IMODE(one.st_mode):
        os.chmod(path, stat.S_IMODE(one.st_mode))
    found[name] = (kind, stat.S_IMODE(one.st_mode), one.st_uid, one.st_gid, modified, content, attributes)


def different(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """Return what differs of two snapshots."""
    return [(name, one.get(name), other.get(name)) for name in {**one, **other} if one.get(name) != other.get(name)]


def closed(found: dict[str, Any], top: str) -> tuple[str, ...]:
    """Return the paths that a snapshot had to open, by which it changed their st_ctime."""
    return tuple(
        f"{top}/{name}"
        for name, one in found.items()
        if name not in ("", "links") and one[0] in (stat.S_IFREG, stat.S_IFDIR) and one[1] & 0o500 != 0o500
        if one[0] == stat.S_IFDIR or not one[1] & 0o400
    )


def copy(source: str, target: str) -> None:
    """Copy a tree with everything, by somebody else's program."""
    subprocess.run(["cp", "-a", "--", source, target], check=True)


def remove(path: str) -> None:
    """Remove a tree, whatever its modes."""
    for directory, below, _ in os.walk(path):
        for name in below:
            inner = f"{directory}/{name}"
            if not os.path.islink(inner):
                os.chmod(inner, 0o700)
    shutil.rmtree(path, ignore_errors=True)
