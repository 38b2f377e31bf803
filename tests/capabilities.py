"""What a test may need of the machine: each name is probed by its effect, once, and a missing one is a reason to skip.

`@pytest.mark.needs("range", "fuse")` in a test; `missing("range")` in a fixture. `program:NAME` asks for a program.
"""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable

SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))


@functools.cache
def missing(name: str) -> str:
    """Return why the capability is not to be had, "" where it is."""
    if name.startswith("program:"):
        program = name.removeprefix("program:")
        return "" if shutil.which(program, path=SEARCH) else f"{program} is not installed"
    return PROBES[name]()


def _succeeds(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, timeout=20, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        return f"{argv[0]}: {error.strerror}"
    return "" if done.returncode == 0 else (done.stderr.decode(errors="replace").strip() or f"{argv[0]} failed")


def _userns() -> str:
    reason = _succeeds("unshare", "--user", "--map-root-user", "--mount", "true")
    return f"no user namespaces: {reason}" if reason else ""


def _range() -> str:
    if os.geteuid() == 0:
        return ""  # root takes a range of its own when hull first runs
    reason = _succeeds("unshare", "--user", "--map-root-user", "--map-auto", "true")
    return f"no subordinate ids: {reason}" if reason else ""


def _opens(path: str) -> str:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"cannot open {path}: {error.strerror}"
    return ""


def _root() -> str:
    return "" if os.geteuid() == 0 else "needs root: the as_root part runs it"


def _ordinary() -> str:
    return "" if os.geteuid() else "needs an ordinary user: the other parts run it"


def _cgroup() -> str:
    with open("/proc/self/cgroup") as lines:
        own = [line.rstrip("\n").split("::", 1)[1] for line in lines if line.startswith("0::")]
    for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        place = f"{mount}{own[0]}" if own else ""
        if place and os.access(f"{place}/cgroup.procs", os.W_OK):
            with open(f"{place}/cgroup.controllers") as words:
                if {"memory", "pids"} <= set(words.read().split()):
                    return ""
    return "no delegated cgroup v2 subtree with memory and pids"


def _autofs() -> str:
    with open("/proc/filesystems") as file:
        return "" if "\tautofs\n" in file.read() else "this kernel has no autofs"


def _launcher() -> str:
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    path = os.environ.get("HULL_LAUNCHER") or f"{here}/core/hull/bin/hull-launch"
    return "" if os.access(path, os.X_OK) else f"the launcher is not built: {path} (make setup)"


PROBES: dict[str, Callable[[], str]] = {
    "userns": _userns,
    "range": _range,
    "fuse": lambda: _opens("/dev/fuse"),
    "tun": lambda: _opens("/dev/net/tun"),
    "root": _root,
    "ordinary": _ordinary,
    "cgroup": _cgroup,
    "autofs": _autofs,
    "launcher": _launcher,
}
