"""Images as an independent reader sees them: buildah's store, and a walk over a mounted image.

As a program (`python corpus_trees.py DIRECTORY…`, inside buildah's user namespace) it prints the trees as JSON.
"""

import contextlib
import hashlib
import json
import os
import stat
import subprocess
import sys
from typing import Any

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFIFO: "pipe",
    stat.S_IFCHR: "character", stat.S_IFBLK: "block", stat.S_IFSOCK: "socket",
}  # fmt: skip
OVERLAY = ("user.overlay.", "trusted.overlay.", "user.containers.", "security.selinux")
Tree = dict[str, list[Any]]


def walk(root: str) -> Tree:
    """Return kind, mode, owner, content and extended attributes of every path, hard links by their first."""
    found: Tree = {}
    first: dict[tuple[int, int], str] = {}
    for directory, directories, files in os.walk(os.fsencode(root)):
        for name in sorted([*directories, *files]):
            path = os.path.join(directory, name)
            shown = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
            info = os.lstat(path)
            same = first.setdefault((info.st_dev, info.st_ino), shown) if info.st_nlink > 1 else ""
            same = "" if stat.S_ISDIR(info.st_mode) or same == shown else same
            found[shown] = [
                KINDS[stat.S_IFMT(info.st_mode)], f"{stat.S_IMODE(info.st_mode):o}", info.st_uid, info.st_gid,
                _content(path, info), _attributes(path), same,
            ]  # fmt: skip
    return found


def _content(path: bytes, info: os.stat_result) -> str:
    if stat.S_ISLNK(info.st_mode):
        return os.fsdecode(os.readlink(path))
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return str(info.st_rdev) if stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode) else ""


def _attributes(path: bytes) -> dict[str, str]:
    made = {}
    with contextlib.suppress(OSError):
        for name in os.listxattr(path, follow_symlinks=False):
            if not name.startswith(OVERLAY):
                made[name] = os.getxattr(path, name, follow_symlinks=False).hex()
    return made


class Buildah:
    """Buildah with a store of its own in `directory`."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._argv = ["buildah", "--root", f"{directory}/store", "--runroot", f"{directory}/run"]
        self._argv += ["--storage-driver", "overlay"]
        os.makedirs(f"{directory}/tmp", exist_ok=True)
        self._env = {**os.environ, "TMPDIR": f"{directory}/tmp"}  # its cache mounts live there, too

    def __call__(self, *words: str, cwd: str | None = None, timeout: float = 300) -> str:
        done = subprocess.run(
            [*self._argv, *words], cwd=cwd, env=self._env, capture_output=True, text=True, check=False, timeout=timeout
        )
        if done.returncode:
            raise AssertionError(f"buildah {' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout.strip()

    def build(self, name: str, file: str, context: str, options: list[str]) -> None:
        """Build an image of the files in `context`, without pulling."""
        fixed = ["--isolation", "chroot", "--pull-never", "--format", "docker", "--layers=false"]
        self("build", *fixed, "-f", file, "-t", name, *options, ".", cwd=context)

    def config(self, name: str) -> dict[str, Any]:
        """Return the image's own config document, as it is stored."""
        found = json.loads(self("inspect", "--type", "image", "--format", "{{.Config}}", name))
        return found if isinstance(found, dict) else {}

    def trees(self, *names: str) -> list[Tree]:
        """Return what is in images, each mounted read-only."""
        lines = []
        for name in names:
            lines += [
                f"c=$({' '.join(self._argv)} from --pull-never {name})",
                f'set -- "$@" "$({" ".join(self._argv)} mount $c)"',
            ]
        code = "\n".join(["set -e", *lines, f'exec "{sys.executable}" "{os.path.abspath(__file__)}" "$@"'])
        words = ["sh", "-c", code]
        argv = [*self._argv, "unshare", *words] if os.geteuid() else words
        done = subprocess.run(argv, env=self._env, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            raise AssertionError(f"cannot walk {names}: {done.stdout}\n{done.stderr}")
        self("rm", "--all")
        return list(json.loads(done.stdout))

    def remove(self) -> None:
        """Remove the store."""
        self("rm", "--all")
        self("rmi", "--all", "--force")
        argv = ["rm", "-rf", self.directory]
        subprocess.run([*self._argv, "unshare", *argv] if os.geteuid() else argv, check=False, capture_output=True)


if __name__ == "__main__":
    json.dump([walk(root) for root in sys.argv[1:]], sys.stdout)
