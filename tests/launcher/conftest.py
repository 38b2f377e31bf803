"""A container of plain files and plans: no image, no store; the launcher alone, as the current user."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hull.runtime import idmaps, ops
from hull.runtime.launch import identity_ops, memfd, program

from tests.capabilities import missing
from tests.commandline import remove_tree
from tests.waiting import PATIENCE, readable, until

if TYPE_CHECKING:
    from tests.launcher.monitored import Monitored

Op = tuple[str, ...]
KINDS = ("mount", "pid", "ipc", "uts", "net", "cgroup")
DEVICES = tuple(("device", f"/dev/{name}", f"/dev/{name}") for name in ("null", "zero", "full", "urandom", "tty"))
SYSTEM = (
    ("mount", "proc", "/proc", "nosuid,nodev,noexec", ""),
    ("mount", "tmpfs", "/dev", "nosuid", "mode=755"),
    *DEVICES,
    ("mount", "devpts", "/dev/pts", "nosuid,noexec", "newinstance,ptmxmode=0666,mode=620"),
    ("mount", "sysfs", "/sys", "ro,nosuid,nodev,noexec", ""),
)
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:5:6::/home/user:/bin/sh\n7:x:8:8::/wrong:/bin/sh\n",
    "etc/group": "root:x:0:\nwheel:x:10:root,user\nusers:x:6:\nextra:x:20:other,user\n",
}


class Done(NamedTuple):
    """What a run left: exit status as a shell sees it (negative: a signal), both streams, the status file's lines."""

    code: int
    out: str
    err: str
    events: list[dict[str, Any]]

    def event(self, name: str) -> dict[str, Any]:
        """Return the only event of that name."""
        (found,) = [event for event in self.events if event["event"] == name]
        return found


class Box:
    """One container's places: `layer` below, `upper` and `work` above, `status` beside; made for the mapped root."""

    def __init__(self, base: str, identity: list[Op], owner: tuple[int, int] | None) -> None:
        self.base, self.identity, self.owner = base, identity, owner
        self.layer, self.upper, self.work = (f"{base}/{name}" for name in ("layer", "upper", "work"))
        self.status = f"{base}/status"
        self.children: list[subprocess.Popen[bytes]] = []
        for place in ("layer/bin", "layer/etc", "layer/root", "layer/tmp", "upper", "work"):
            os.makedirs(f"{base}/{place}")
        shutil.copy(shutil.which("busybox") or "/bin/busybox", f"{self.layer}/bin/busybox")
        for applet in subprocess.check_output(["busybox", "--list"], text=True).split():
            if applet != "busybox":
                os.symlink("busybox", f"{self.layer}/bin/{applet}")
        for name, text in FILES.items():
            self.write(name, text)
        for place in ("layer", "upper", "work"):
            self.give(f"{base}/{place}")
            for directory, directories, files in os.walk(f"{base}/{place}"):
                for name in directories + files:
                    self.give(f"{directory}/{name}")

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        """Put a file into the layer."""
        path = f"{self.layer}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        self.give(path)

    def give(self, path: str) -> None:
        """Let the container's root own a path."""
        if self.owner:
            os.chown(path, *self.owner, follow_symlinks=False)

    def plan(self, *words: str, extra: tuple[Op, ...] = (), drop: tuple[str, ...] = (), **how: Any) -> list[Op]:
        """Return the usual plan: `extra` ops come before the arguments, ops named in `drop` are left out."""
        root = how.get("root", (("root-overlay", self.upper, self.work), ("lower", self.layer)))
        plan = [
            ("status", self.status),
            *how.get("identity", self.identity),
            *(("namespace", kind) for kind in how.get("kinds", KINDS)),
            *root,
            *how.get("system", SYSTEM),
            ("loopback",),
            ("init",),
            ("env", "PATH=/bin"),
            *extra,
            *(("arg", word) for word in words),
        ]
        return [op for op in plan if op[0] not in drop]

    def start(
        self, plan: list[Op] | bytes, env: dict[str, str] | None = None, **options: Any
    ) -> "subprocess.Popen[bytes]":
        """Start the launcher on a plan; it is killed when the test is over."""
        fd = memfd(plan if isinstance(plan, bytes) else ops.encode(plan))
        options["pass_fds"] = (fd, *options.get("pass_fds", ()))
        try:
            child = subprocess.Popen(
                options.pop("argv", ["hull", "run"]),
                executable=program(),
                env={**os.environ, **(env or {}), "HULL_PLAN_FD": str(fd)},
                **options,
            )
        finally:
            os.close(fd)
        self.children.append(child)
        return child

    def finish(self, child: "subprocess.Popen[bytes]", given: bytes | None = None) -> Done:
        """Wait for the end, and no longer than PATIENCE."""
        out, err = child.communicate(given, timeout=PATIENCE)
        return Done(child.returncode, (out or b"").decode(), (err or b"").decode(), self.events())

    def run(self, *words: str, given: bytes | None = None, **how: Any) -> Done:
        """Run the usual plan to its end."""
        options = {
            key: how.pop(key) for key in ("env", "stdin", "stdout", "preexec_fn", "argv", "pass_fds") if key in how
        }
        options.setdefault("stdin", subprocess.DEVNULL if given is None else subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        return self.finish(self.start(self.plan(*words, **how), stderr=subprocess.PIPE, **options), given)

    def sh(self, script: str, **how: Any) -> Done:
        """Run a shell script in the usual plan."""
        return self.run("sh", "-c", script, **how)

    def up(self, script: str, **how: Any) -> "subprocess.Popen[bytes]":
        """Start a script and return once it has printed `up`."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        pipes |= {key: how.pop(key) for key in ("preexec_fn", "process_group", "stdin") if key in how}
        child = self.start(self.plan("sh", "-c", script, **how), **pipes)
        line = first_line(child)
        assert line == b"up\n", (line, child.stderr and child.poll() is not None and child.stderr.read())
        return child

    def await_event(self, wanted: str | Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first line of the status file that is wanted, as soon as it is there."""

        def fits(event: dict[str, Any]) -> bool:
            return event["event"] == wanted if isinstance(wanted, str) else wanted(event)

        found: dict[str, Any] = until(lambda: next(filter(fits, self.events()), None), self.events)
        return found

    def events(self) -> list[dict[str, Any]]:
        """Return the status file's lines."""
        if not os.path.exists(self.status):
            return []
        with open(self.status) as file:
            return [json.loads(line) for line in file]

    def close(self) -> None:
        """End what still runs, remove what is left."""
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
            child.communicate(timeout=PATIENCE)
        remove_tree(self.base)


def first_line(child: "subprocess.Popen[bytes]", seconds: float = PATIENCE) -> bytes:
    """Return the next line of standard output, nothing where none comes in time."""
    assert child.stdout
    return child.stdout.readline() if readable(child.stdout, seconds) else b""


def _identity(userns: str) -> tuple[list[Op], tuple[int, int] | None]:
    identity = idmaps.find(userns)
    owner = (identity.uids[0].outside, identity.gids[0].outside) if os.geteuid() == 0 else None
    return identity_ops(identity, None), owner


@pytest.fixture
def new_box() -> Iterator[Callable[[str], Box]]:
    """Make boxes by the word of --userns."""
    for name in ("userns", "program:busybox"):
        if missing(name):
            pytest.skip(f"needs {name}: {missing(name)}")
    boxes: list[Box] = []

    def make(userns: str) -> Box:
        base = tempfile.mkdtemp(prefix="hull-box-")
        os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
        boxes.append(Box(base, *_identity(userns)))
        return boxes[-1]

    yield make
    for box in boxes:
        box.close()


@pytest.fixture
def box(new_box: Callable[[str], Box]) -> Box:
    """Give a box with the best map there is: a range, else one id."""
    return new_box("auto")


@pytest.fixture
def single(new_box: Callable[[str], Box]) -> Box:
    """Give a box with one id mapped."""
    return new_box("single")


@pytest.fixture
def ranged(new_box: Callable[[str], Box]) -> Box:
    """Give a box with a range of ids, or skip."""
    if missing("range"):
        pytest.skip(f"needs range: {missing('range')}")
    return new_box("auto")


@pytest.fixture
def detached(box: Box) -> "Iterator[Monitored]":
    """Give a box for a detached container; its monitor is ended with the test."""
    from tests.launcher.monitored import Monitored

    monitored = Monitored(box)
    yield monitored
    for event in box.events():
        if event["event"] == "monitor":
            with contextlib.suppress(ProcessLookupError):
                os.kill(event["pid"], signal.SIGKILL)
