"""What is at a path of a container, and that as a tar, in the confined child.

A running container is seen with everything that is mounted in it but what the kernel makes up (/proc, /sys…): of that
there are the directories alone. Its files have no size to go by, and some have no end.
"""

import os
import stat

from hull.errors import Missing
from hull.images.packing import Packer, Policy
from hull.images.resolving import LINKS_MOST, Found, Root, missing
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.files import View

MADE_UP = frozenset((
    "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "efivarfs", "fusectl", "mqueue", "nsfs",
    "proc", "pstore", "securityfs", "selinuxfs", "sysfs", "tracefs",
))  # fmt: skip
RUNNING = "/proc/"


def read(view: "View", path: str, name: str, follow: str) -> dict[str, object]:
    """Write one file or directory, or what a directory holds (`name` `.`), to standard output."""
    import sys

    root = Root(view.open(), view.label)
    hollow = made_up(view)
    found = _found(view, root.find(path, follow=bool(follow)), path, hollow)
    packer = Packer(sys.stdout.buffer, Policy(marks=False, hollow=hollow))
    packer.write(found.directory, found.name, "./" if name == "." else name)  # ./ before each name, as Docker has it
    packer.close()
    sys.stdout.flush()
    return {"size": packer.size}


def status(view: "View", path: str) -> dict[str, object]:
    """Look at what is there, at a link itself; `link` is the path inside where one leads in the end."""
    root = Root(view.open(), view.label)
    found = _found(view, root.find(path, follow=False), path, made_up(view))
    shown, link, seen, followed = found.status, "", path, 0
    assert shown is not None  # noqa: S101 (found)
    while found.status is not None and stat.S_ISLNK(found.status.st_mode) and followed < LINKS_MOST:
        text = os.readlink(found.name, dir_fd=found.directory)
        link = os.path.normpath(os.path.join("/", os.path.dirname(seen), text))
        os.close(found.directory)
        found, seen, followed = root.find(link, follow=False), link, followed + 1
    return {"size": shown.st_size, "mode": shown.st_mode, "time": shown.st_mtime_ns, "link": link}


def _found(view: "View", found: Found, path: str, hollow: frozenset[int]) -> Found:
    """Return what is there; what is not, or is the kernel's, is an error."""
    if found.status is None or (path.endswith(("/", "/.")) and not found.is_directory):
        raise missing(view.label, path, found)
    if os.fstat(found.directory).st_dev in hollow and not _is_top(found):
        name = view.label.removesuffix(":")
        raise Missing(
            f"cannot copy {view.label}{path}: no file, the kernel makes it up", f"hull exec {name} cat {path}"
        )
    return found


def _is_top(found: Found) -> bool:
    """Whether it is the directory that something is mounted on."""
    above = os.stat("..", dir_fd=found.directory)
    return found.is_directory and above.st_dev != os.fstat(found.directory).st_dev


def made_up(view: "View") -> frozenset[int]:
    """Return the devices of those file systems of a running container that the kernel makes up."""
    if not view.root.startswith(RUNNING):
        return frozenset()
    found = set()
    with open(f"{os.path.dirname(view.root)}/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields = line.split(" ")
            if fields[fields.index("-", 6) + 1] in MADE_UP:
                found.add(os.makedev(*map(int, fields[2].split(":"))))
    return frozenset(found)
