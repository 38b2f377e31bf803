"""Where the measurements happen: a store with busybox in it, a plain tree of the same files, and the peers."""

import os
import shutil
import subprocess
import tempfile
from typing import NamedTuple

from tests.busybox import rootfs
from tests.commandline import CommandLine

SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))
IMAGE = "busybox"
TRUE = ("--network", "none", IMAGE, "true")


class Place(NamedTuple):
    """One bench run's places. `tree` holds busybox as a plain directory; `base` everything that is made."""

    base: str
    hull: CommandLine
    archive: str
    tree: str

    def podman(self, *words: str, root: str = "podman") -> list[str]:
        """Return a podman command line over a store of its own."""
        run = os.path.join(self.base, f"{root}-run")
        store = ("--root", os.path.join(self.base, root), "--runroot", run, "--storage-driver", "overlay")
        return [program("podman"), *store, "--cgroup-manager", "cgroupfs", *words]


def program(name: str) -> str:
    """Return a program's path, "" where it is missing."""
    return shutil.which(name, path=SEARCH) or ""


def version(name: str) -> str:
    """Return what the program says of itself, as one short line."""
    done = subprocess.run([program(name), "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def make(base: str) -> Place:
    """Build the busybox image, load it into a store, and lay its files out as a tree."""
    archive = os.path.join(base, "busybox.tar")
    with open(archive, "wb") as file:
        file.write(rootfs())
    hull = CommandLine(os.path.join(base, "store"))
    hull("import", archive, IMAGE, check=True)
    tree = os.path.join(base, "tree")
    for name in ("bin", "proc", "dev", "tmp", "etc"):
        os.makedirs(os.path.join(tree, name))
    shutil.copy2(program("busybox"), os.path.join(tree, "bin", "busybox"))
    for applet in ("true", "cat"):
        os.symlink("busybox", os.path.join(tree, "bin", applet))
    return Place(base, hull, archive, tree)


def directory() -> str:
    """Make the base directory on a disk, not on a temporary file system."""
    return tempfile.mkdtemp(prefix="hull-bench-", dir="/var/tmp")


def bwrap(place: Place, *words: str) -> list[str]:
    """Return a bubblewrap command line on the plain tree."""
    root = ("--ro-bind", place.tree, "/", "--proc", "/proc", "--dev", "/dev", "/bin/true")
    return [program("bwrap"), *(words or ("--unshare-all",)), *root]
