"""Cut this machine's tree into pieces that the kernel's overlay takes: pure, from mounts and what a Look answers.

An overlay of a directory shows nothing of what is mounted below it, and an ordinary user's is refused altogether
(locked mounts). So a directory with a mount below it becomes one of hull's own, and each of its names is met again.
"""

import os
import stat

from hull.errors import HostError
from hull.light import NamedTuple, Protocol
from hull.storage.trialmounts import Mounted, is_at_or_below, is_below

OWN = ("/dev", "/proc", "/run", "/sys")  # the container's own: nothing of this machine's is in them
# The kernel's own file systems are shown empty wherever they are mounted, as the FUSE mirror shows them.
KERNELS = (
    *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs"),
    *("fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "sysfs"),
    "tracefs",
)
MOST = 2000  # names of one directory that is split: most of them become a mount each
SMALL = 64 << 10  # bytes: what is copied to where a mount point cannot be a part of an overlay
FILE, DIRECTORY, LINK, OTHER = "file", "directory", "link", "other"


class Look(Protocol):
    """What the planner asks about the host. A path that is not there, or may not be looked at, raises OSError."""

    def kind(self, path: str) -> str:
        """Return file, directory, link or other, links not followed."""

    def names(self, path: str) -> list[str]:
        """List a directory."""

    def closed(self, path: str) -> bool:
        """Whether the caller may neither list a directory nor pass it."""

    def small(self, path: str) -> bool:
        """Whether a file can be read and is at most SMALL bytes."""


class Layout(NamedTuple):
    """How the root is made up. `pieces` are covered by an overlay each, parents before children.

    `directories` are hull's own; in them `links` are made anew, `copies` are copied and `binds` are bound read-only.
    `left` are sockets, devices and the like, which are no part of a try, and directories that are closed to the caller.
    """

    pieces: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Host:
    """The machine itself."""

    def kind(self, path: str) -> str:
        """Return file, directory, link or other."""
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            return DIRECTORY
        return FILE if stat.S_ISREG(mode) else LINK if stat.S_ISLNK(mode) else OTHER

    def names(self, path: str) -> list[str]:
        """List a directory."""
        return os.listdir(path)

    def closed(self, path: str) -> bool:
        """Whether the caller may neither list a directory nor pass it."""
        return not any(os.access(path, way, effective_ids=True) for way in (os.R_OK, os.X_OK))

    def small(self, path: str) -> bool:
        """Whether a file can be read and is small."""
        return os.lstat(path).st_size <= SMALL and os.access(path, os.R_OK, effective_ids=True)


def whole(mounts: tuple[Mounted, ...], look: Look, hidden: tuple[str, ...] = ()) -> Layout:
    """Return the layout of `/` without a FUSE server: every directory is a piece or is split.

    What is mounted at or below a `hidden` path is left out, and what lies in a directory that the caller can see
    nothing of. HostError where a directory must be split and cannot be listed, its content would be missing, or has
    more than MOST names.
    """
    points = tuple(m.path for m in mounts if not any(is_at_or_below(m.path, path) for path in OWN))
    kernels = {m.path for m in mounts if m.kind in KERNELS}
    found: dict[str, list[str]] = {field: [] for field in Layout._fields}
    found["directories"] += OWN
    pending = ["/"]
    while pending:
        path = pending.pop()
        if path in hidden or path in OWN:
            found["directories" if path in hidden and _is_directory(path, look) else "left"].append(path)
        elif path in kernels:
            found["directories"].append(path)
            found["left"].append(path)
        elif path == "/" or any(is_below(point, path) for point in points):
            found["directories"].append(path)
            if look.closed(path):
                found["left"].append(path)
                continue
            pending += [f"{path.rstrip('/')}/{name}" for name in _names(path, look, points)]
        else:
            _whole_name(path, look, found)
    return Layout(*(tuple(sorted(found[field])) for field in Layout._fields))


def _whole_name(path: str, look: Look, found: dict[str, list[str]]) -> None:
    try:
        kind = look.kind(path)
        small = kind == FILE and look.small(path)
        closed = kind == DIRECTORY and look.closed(path)
    except OSError:
        return  # gone meanwhile
    if kind == FILE:
        found["copies" if small else "binds"].append(path)
    elif closed:
        found["directories"].append(path)
        found["left"].append(path)
    else:
        found[{DIRECTORY: "pieces", LINK: "links"}.get(kind, "left")].append(path)


def _is_directory(path: str, look: Look) -> bool:
    try:
        return look.kind(path) == DIRECTORY
    except OSError:
        return False


def _names(path: str, look: Look, points: tuple[str, ...]) -> list[str]:
    try:
        found = look.names(path)
    except FileNotFoundError:
        return []  # gone meanwhile, with what was mounted below it
    except OSError as error:
        raise _cannot_split(path, points, f"cannot be listed: {error.strerror}") from None
    if len(found) > MOST:
        raise _cannot_split(path, points, f"has {len(found)} names, each of which would be a mount")
    return found


def _cannot_split(path: str, points: tuple[str, ...], why: str) -> HostError:
    mount = next((point for point in points if is_below(point, path)), path)
    return HostError(
        f"cannot show {mount} in a try: {path}, above it, {why}",
        f"--hide {path} leaves all of it out; --engine fuse shows it",
    )


def owned(chain: list[tuple[str, int]], uid: int, mounts: tuple[Mounted, ...]) -> str:
    """Return the topmost directory of a chain of (path, owner), from `/` down, that an overlay of its own can cover.

    It belongs to `uid`, nothing is mounted below it, and it is no place of the container's own; "" if there is none.
    Those above it must be root's or the caller's, who are the same inside: their upper directories are made as such.
    """
    for path, owner in chain:
        if owner not in (0, uid):
            return ""
        mounted_below = any(is_below(mount.path, path) for mount in mounts)
        if owner == uid and path != "/" and not mounted_below:
            return "" if any(is_at_or_below(path, own) for own in OWN) else path
    return ""


def chain(path: str) -> list[tuple[str, int]]:
    """Return each directory on the way to `path` with its owner, as far as it can be looked at.

    The owner is -1 where the group is neither root's nor the caller's.
    """
    groups = (0, os.getegid())
    found, place = [], ""
    for name in path.strip("/").split("/"):
        place = f"{place}/{name}"
        try:
            known = os.lstat(place)
        except OSError:
            break
        if not stat.S_ISDIR(known.st_mode):
            break
        found.append((place, known.st_uid if known.st_gid in groups else -1))
    return found


def outermost(paths: list[str]) -> tuple[str, ...]:
    """Return the paths that lie below no other, each once."""
    known = sorted({path for path in paths if path})
    return tuple(path for path in known if not any(is_below(path, other) for other in known))
