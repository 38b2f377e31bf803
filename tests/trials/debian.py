"""A Debian as a machine of its own: made once, laid out where a test wants it, entered as its host.

`layer(suite)` is the tree as a tar in the cache; packages to install later lie in it as a repository of files, so that
nothing needs the network. `Machine` enters a tree by pivot_root (a chroot forbids user namespaces inside), in mount,
pid, ipc and network namespaces of its own, as its root or as its ordinary user, hull's checkout bound inside.
"""

import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

from tests import imagebuild

SUITE = os.environ.get("HULL_DEBIAN", "bookworm")
Listing = dict[str, tuple[Any, ...]]
USER, UID, FIRST = "ann", 1000, 100000
HOME, CHECKOUT, STORE = f"/home/{USER}", "/opt/hull", f"/home/{USER}/.local/share/hull"
PACKAGES = "python3,python3-cffi-backend,python3-pip,uidmap,make,systemd,procps"
LATER = "sl postgresql nginx"
# Run by the maker of the tree, whose root is $1.
HOOKS = (
    'mkdir -p "$1/opt/packages/partial"',
    f'chroot "$1" apt-get -qq -y --no-install-recommends -o Dir::Cache::archives=/opt/packages -d install {LATER}',
    'cd "$1/opt/packages" && for deb in *.deb; do mv "$deb" "${deb%%_*}.deb"; done',  # an epoch's colon needs quoting
    (
        'cd "$1/opt/packages" && for deb in *.deb; do cat "$deb" | sha256sum | sed "s/ .*//;s/^/SHA256: /"; '
        'printf "Filename: ./$deb\\nSize: $(stat -c %s "$deb")\\n"; dpkg-deb --field "$deb"; echo; done >Packages'
    ),
    'rm -rf "$1"/opt/packages/lock "$1"/opt/packages/partial "$1"/etc/apt/sources.list.d/* "$1"/var/lib/apt/lists/*_*',
    'echo "deb [trusted=yes] file:/opt/packages ./" >"$1/etc/apt/sources.list"',
    'chroot "$1" apt-get -qq update',
    'echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/quick"',  # the disk's waits are not the subject
    f'chroot "$1" useradd --create-home --shell /bin/bash --uid {UID} {USER}',
    f'for kind in uid gid; do echo {USER}:{FIRST}:65536 >"$1/etc/sub$kind"; done',
    f'mkdir -p "$1{CHECKOUT}" "$1{STORE}" && chroot "$1" chown -R {USER}: {HOME}',
)
MAKEFILE = """install:
\tinstall -D -m 755 hello.sh /usr/local/bin/hello
\tinstall -D -o daemon -g adm -m 2750 hello.sh /usr/local/share/hello/run
\tln -sf run /usr/local/share/hello/link
"""
WHEEL = {
    "demo.py": "ANSWER = 42\n",
    "demo-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1\n",
    "demo-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "demo-1.dist-info/RECORD": "",
}
USERS = ("demo.conf", 'u demo - "Demo" /var/lib/demo\n')
# $1 the tree, $2 the checkout, $3 the store, $4 what it is entered as, then the command.
ENTER = f"""
set -e
tree=$1 checkout=$2 store=$3 ids=$4
shift 4
mount --bind "$tree" "$tree"
cd "$tree"
mount -t proc proc proc
mount -t tmpfs -o mode=755,nosuid tmpfs dev
mkdir dev/pts dev/shm
for name in null zero full random urandom tty fuse; do : >"dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount --rbind /sys sys
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p "run/user/{UID}"
chown {UID}:{UID} "run/user/{UID}"
chmod 700 "run/user/{UID}"
mount --bind "$checkout" .{CHECKOUT}
mount -o remount,bind,ro .{CHECKOUT}
mount --bind "$store" .{STORE}
pivot_root . mnt
umount -l /mnt
cd /
[ "$ids" = 0 ] && exec "$@"
cd {HOME}
exec setpriv --reuid "$ids" --regid "$ids" --clear-groups -- "$@"
"""


def layer(suite: str = SUITE) -> str:
    """Return the tar of the machine's tree, made by mmdebstrap where the cache has none of this recipe."""
    recipe = hashlib.sha256("\n".join((PACKAGES, *HOOKS)).encode()).hexdigest()[:8]
    words = [f"--include={PACKAGES}", "--skip=cleanup/apt/lists", '--aptopt=Acquire::Retries "3"']
    words += ['--aptopt=Acquire::http::Timeout "20"', *(f"--customize-hook={hook}" for hook in HOOKS)]
    return imagebuild.debian_tar(suite, f"machine-{recipe}", tuple(words))


class Machine:
    """One tree under `base`, laid out from the tar; `as_user` and `as_root` run something in it as on a host."""

    def __init__(self, base: str, archive: str, checkout: str) -> None:
        self.tree, self.store, self.checkout = f"{base}/tree", f"{base}/store", checkout
        for path in (self.tree, self.store):
            os.mkdir(path, 0o755)
        os.chown(self.store, UID, UID)
        os.chmod(self.store, 0o700)
        numeric = ("--numeric-owner", "--xattrs", "--xattrs-include=*", "--exclude=./dev/*")
        subprocess.run(["tar", *numeric, "-xf", archive, "-C", self.tree], check=True)
        os.chmod(self.tree, 0o755)

    def as_user(self, *argv: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a program as the ordinary user; its streams as text. Nothing is raised for its exit status."""
        return self._enter(UID, argv, options)

    def as_root(self, *argv: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run a program as the machine's root."""
        return self._enter(0, argv, options)

    def hull(self, *words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run hull as the ordinary user, by the tree's own Python."""
        return self.as_user("python3", "-m", "hull", *words, **options)

    def _enter(self, uid: int, argv: tuple[str, ...], options: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
        person = {"HOME": HOME, "USER": USER, "XDG_RUNTIME_DIR": f"/run/user/{UID}"} if uid else {"HOME": "/root"}
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **person}
        env |= {"PYTHONPATH": f"{CHECKOUT}/core", "PYTHONDONTWRITEBYTECODE": "1", "DEBIAN_FRONTEND": "noninteractive"}
        apart = ("--mount", "--pid", "--ipc", "--net", "--uts", "--fork", "--kill-child", "--propagation", "private")
        words = ["sh", "-c", ENTER, "sh", self.tree, self.checkout, self.store, str(uid)]
        options = {"timeout": 300, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run(
            ["unshare", *apart, *words, *argv], env=env, capture_output=True, text=True, check=False, **options
        )

    def listing(self) -> Listing:
        """Return every file of the tree with its metadata and its content's hash; reading leaves no trace."""
        return dict(_walk(self.tree))


def write_project(machine: Machine) -> None:
    """Put a wheel, a project with a Makefile and a list of system users into the user's home."""
    home = f"{machine.tree}{HOME}"
    if os.path.isdir(f"{home}/project"):
        return
    with zipfile.ZipFile(f"{home}/demo-1-py3-none-any.whl", "w") as wheel:
        for name, text in WHEEL.items():
            wheel.writestr(zipfile.ZipInfo(name), text)  # whose time is always the same
    os.mkdir(f"{home}/project")
    for name, text in (("project/Makefile", MAKEFILE), ("project/hello.sh", "#!/bin/sh\necho hello\n"), USERS):
        with open(f"{home}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    for name in ("demo-1-py3-none-any.whl", "demo.conf", "project", "project/Makefile", "project/hello.sh"):
        os.chown(f"{home}/{name}", UID, UID)


def _walk(top: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    root = os.open(top, os.O_PATH | os.O_DIRECTORY)
    try:
        for place, directories, files, fd in os.fwalk(".", dir_fd=root, follow_symlinks=False):
            for name in (".", *directories, *files):
                if name == "." and place != ".":
                    continue
                yield os.path.normpath(f"{place}/{name}"), _entry(name, fd)
    finally:
        os.close(root)


def _entry(name: str, fd: int) -> tuple[Any, ...]:
    """Return kind and mode, owner, group, mtime, size of what is no directory, links, xattrs, content's hash."""
    found = os.stat(name, dir_fd=fd, follow_symlinks=False)
    path = f"/proc/self/fd/{fd}/{name}"
    attributes = {each: os.getxattr(path, each, follow_symlinks=False) for each in _names(path)}
    content = b""
    if stat.S_ISLNK(found.st_mode):
        content = os.fsencode(os.readlink(name, dir_fd=fd))
    elif stat.S_ISREG(found.st_mode):
        with open(os.open(name, os.O_RDONLY | os.O_NOATIME | os.O_NOFOLLOW, dir_fd=fd), "rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
    size = 0 if stat.S_ISDIR(found.st_mode) else found.st_size
    links = 0 if stat.S_ISDIR(found.st_mode) else found.st_nlink
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, size, links, found.st_rdev, attributes, content


def _names(path: str) -> list[str]:
    try:
        return sorted(os.listxattr(path, follow_symlinks=False))
    except OSError:
        return []


if __name__ == "__main__":
    print(layer(*sys.argv[1:]))
