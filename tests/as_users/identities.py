"""The users the suite runs as, made where they are missing, each with a tree and a runtime directory of its own."""

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from typing import NamedTuple

RANGE = 65536
LOCK = "/run/hull-tests.lock"
LEFT_OUT = (".git", ".venv-*", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")


class Identity(NamedTuple):
    """Someone who runs tests. `part` is the pytest mark that chooses them, "" for all; `tree` is where."""

    name: str
    uid: int
    gid: int
    home: str
    tree: str
    part: str = ""

    @property
    def python(self) -> str:
        """The interpreter of this identity's own virtual environment."""
        return f"{self.tree}/.venv/bin/python"

    def env(self) -> dict[str, str]:
        """Return a login's environment: nothing of the caller's but where certificates and packages are."""
        runtime = f"{self.home}/.cache/hull-tests/runtime"
        path = f"{self.tree}/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        env = {"HOME": self.home, "USER": self.name, "LOGNAME": self.name, "SHELL": "/bin/bash", "LANG": "C.UTF-8"}
        env |= {"PATH": path, "TERM": "xterm", "XDG_RUNTIME_DIR": runtime, "PYTHONDONTWRITEBYTECODE": "1"}
        kept = ("SSL_CERT_FILE", "HULL_REPEAT", "HULL_TEST_CACHE", "HULL_TRY_SUITE", "HULL_DEBIAN")
        # An empty CI: Hypothesis repeats itself as in CI, but pytest cuts its explanations. Of a megabyte that is not
        # what it should be it would work out every line of difference and not be ready within hours.
        env |= {"CI": ""} if "CI" in os.environ else {}
        return env | {name: os.environ[name] for name in kept if name in os.environ}


def prepare(tree: str) -> list[Identity]:
    """Return who runs the suite: three where this is root, else the caller alone."""
    me = pwd.getpwuid(os.geteuid())
    caller = Identity(me.pw_name, me.pw_uid, me.pw_gid, os.environ.get("HOME", me.pw_dir), tree)
    os.makedirs(caller.env()["XDG_RUNTIME_DIR"], 0o700, exist_ok=True)
    if os.geteuid():
        return [caller]
    first = tester(tree)
    single = _settle(_user("hull-single", ranged=False), tree, "single_id")
    return [first, single, caller._replace(part="as_root")]


def tester(tree: str) -> Identity:
    """Return the ordinary user with subordinate ids; root only, and until this process ends nobody else's."""
    _reserve()
    for device in ("/dev/fuse", "/dev/net/tun"):
        _open_to_everyone(device)
    return _settle(_user("hull-tester", ranged=True), tree, "")


def _reserve() -> None:
    """Wait for other runs on this machine: they use the same users and trees. Held by a descriptor, across exec."""
    fd = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("setup: another run uses hull-tester, waiting for its end", flush=True)
        fcntl.flock(fd, fcntl.LOCK_EX)
    os.set_inheritable(fd, True)


def _open_to_everyone(device: str) -> None:
    """Give a device the mode that udev gives it on an ordinary installation."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_IMODE(os.stat(device).st_mode) == 0o600:
            print(f"setup: chmod 0666 {device}", flush=True)
            os.chmod(device, 0o666)


def _user(name: str, *, ranged: bool) -> pwd.struct_passwd:
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        print(f"setup: useradd {name} ({'with' if ranged else 'without'} subordinate ids)", flush=True)
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", name], check=True)
        found = pwd.getpwnam(name)
    for kind in ("uid", "gid"):
        entries = list(_entries(f"/etc/sub{kind}"))
        own = [(first, count) for who, first, count in entries if who in (name, str(found.pw_uid))]
        if ranged and not own:
            first = max([100000, *(first + count for _, first, count in entries)])
            subprocess.run(["usermod", f"--add-sub{kind}s", f"{first}-{first + RANGE - 1}", name], check=True)
        for first, count in () if ranged else own:
            subprocess.run(["usermod", f"--del-sub{kind}s", f"{first}-{first + count - 1}", name], check=True)
    return found


def _entries(path: str) -> Iterator[tuple[str, int, int]]:
    if os.path.exists(path):
        with open(path) as lines:
            for line in lines:
                who, first, count = line.strip().split(":")
                yield who, int(first), int(count)


def _settle(user: pwd.struct_passwd, tree: str, part: str) -> Identity:
    """Copy the tree, its virtual environment included, to the user's home; what an earlier run left there goes."""
    print(f"setup: copy the tree for {user.pw_name}", flush=True)
    identity = Identity(user.pw_name, user.pw_uid, user.pw_gid, user.pw_dir, f"{user.pw_dir}/hull", part)
    for old in (identity.tree, f"/tmp/pytest-of-{user.pw_name}"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(tree, identity.tree, symlinks=True, ignore=_left_out(tree))
    _move(f"{identity.tree}/.venv", tree, identity.tree)
    os.makedirs(identity.env()["XDG_RUNTIME_DIR"], 0o700, exist_ok=True)
    for top in (identity.tree, f"{user.pw_dir}/.cache"):
        for directory, subdirectories, files in os.walk(top):
            for name in (".", *subdirectories, *files):
                os.chown(f"{directory}/{name}", user.pw_uid, user.pw_gid, follow_symlinks=False)
    return identity


def _left_out(tree: str) -> Callable[[str, list[str]], set[str]]:
    """Return what copytree leaves out: caches everywhere, what was built at the top alone (pip has a `build` too)."""
    caches = shutil.ignore_patterns(*LEFT_OUT)
    return lambda directory, names: caches(directory, names) | ({"build"} if directory == tree else set())


def _move(venv: str, old: str, new: str) -> None:
    """Make a copied virtual environment stand at its new place: scripts and the editable install name the old one."""
    libraries = [f"{venv}/lib/{version}/site-packages" for version in os.listdir(f"{venv}/lib")]
    for directory in (f"{venv}/bin", *libraries):
        for name in os.listdir(directory):
            path = f"{directory}/{name}"
            if os.path.islink(path) or not os.path.isfile(path) or name.endswith(".so"):
                continue
            with open(path, "rb") as stream:
                content = stream.read()
            if old.encode() in content:
                with open(path, "wb") as stream:
                    stream.write(content.replace(old.encode(), new.encode()))
