"""No way out of a try that a program can go by itself: each is gone outside first, then inside.

`ways.py` goes them, all in one try of each kind: one that leads nowhere outside shows nothing inside.
"""

import contextlib
import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import pytest

from tests.commandline import CommandLine
from tests.security import ways

SCRIPT = os.path.join(os.path.dirname(__file__), "ways.py")
MARKER = "HULL_TEST_VICTIM"
KINDS = {
    "default": (),
    "kernel": ("--engine", "kernel"),
    "agent": ("--profile", "agent"),
    "net": ("--net",),
}
NEEDS = {"default": ("fuse",), "kernel": ("ordinary",), "agent": ("fuse", "range", "ordinary"), "net": ("fuse", "tun")}
OPENED = {"net": {"a_route_out"}}
FEWEST = 24  # ways that lead somewhere outside, whoever goes them
IPC_CREAT, IPC_RMID = 0o1000, 0


class Host:
    """What there is to reach: processes, sockets, files, memory; all gone with `close`."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.place = tempfile.mkdtemp(prefix="hull-ways-")
        os.chmod(self.place, 0o755)
        stack.callback(shutil.rmtree, self.place)
        self.home = self._directory("home")
        self.canary = self._file("canary/file")
        self.given = self._file("given")
        self.secret = self._file("home/.ssh/id")
        environ = {**os.environ, MARKER: "1"}
        argv = [sys.executable, "-c", "input()"]
        self.victim = stack.enter_context(subprocess.Popen(argv, stdin=subprocess.PIPE, env=environ))
        stack.callback(self.victim.kill)
        self.targets = {
            "pid": str(self.victim.pid),
            "marker": MARKER,
            "secret": self.secret,
            "canary": self.canary,
            "given": "{0.st_dev}:{0.st_ino}".format(os.stat(self.given)),
            "writable": self._directory("writable"),
            "namespace": os.readlink("/proc/self/ns/mnt"),
            "abstract": f"hull-ways-{os.getpid()}",
            "fifo": self._fifo(stack),
            "shm": str(self._shared_memory(stack)),
            "dev_shm": self._dev_shm(stack),
            "queue": self._queue(stack),
            "port": str(self._listeners(stack)),
        }

    def _directory(self, name: str) -> str:
        os.makedirs(f"{self.place}/{name}")
        return f"{self.place}/{name}"

    def _file(self, name: str) -> str:
        path = f"{self.place}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("KEY\n")
        return path

    def _fifo(self, stack: contextlib.ExitStack) -> str:
        path = f"{self.place}/fifo"
        os.mkfifo(path)
        stack.callback(os.close, os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        return path

    def _shared_memory(self, stack: contextlib.ExitStack) -> int:
        libc, key = ctypes.CDLL(None), os.getpid()
        ident = libc.shmget(key, 4096, IPC_CREAT | 0o600)
        stack.callback(libc.shmctl, ident, IPC_RMID, None)
        return key

    def _dev_shm(self, stack: contextlib.ExitStack) -> str:
        descriptor, path = tempfile.mkstemp(dir="/dev/shm", prefix="hull-ways-")
        stack.callback(os.unlink, path)
        with open(descriptor, "w") as file:
            file.write("KEY\n")
        return path

    def _queue(self, stack: contextlib.ExitStack) -> str:
        rt, name = ctypes.CDLL("librt.so.1"), f"/hull-ways-{os.getpid()}"
        rt.mq_open(name.encode(), os.O_CREAT | os.O_RDWR, 0o600, None)
        stack.callback(rt.mq_unlink, name.encode())
        return name

    def _listeners(self, stack: contextlib.ExitStack) -> int:
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0hull-ways-{os.getpid()}")
        abstract.listen()
        service = stack.enter_context(socket.socket())
        service.bind(("127.0.0.1", 0))
        service.listen()
        return int(service.getsockname()[1])

    def assert_untouched(self) -> None:
        """Fail if anything is not as it was made."""
        assert self.victim.poll() is None
        assert os.listdir(self.targets["writable"]) == []
        for path in (self.canary, self.given, self.secret):
            with open(path) as file:
                assert file.read() == "KEY\n", path

    def go(self, cli: CommandLine, *verb: str) -> dict[str, str]:
        """Go every way, outside or by the words of that verb; return what was reached."""
        words = [sys.executable, SCRIPT, json.dumps(self.targets)]
        argv = [*cli.argv(*verb), *words] if verb else words
        directory = os.open(os.path.dirname(self.canary), os.O_RDONLY)
        environ = cli.env(HOME=self.home, PYTHONDONTWRITEBYTECODE="1")
        with open(self.given) as given:
            done = subprocess.run(
                argv,
                cwd=self.place, stdin=given, capture_output=True, env=environ, pass_fds=(directory,), check=False,
            )  # fmt: skip
        os.close(directory)
        assert done.returncode == 0, done
        found: dict[str, str] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with contextlib.ExitStack() as stack:
        yield Host(stack)


@pytest.fixture(scope="module")
def outside(host: Host, cli: CommandLine) -> dict[str, str]:
    """Return what each way reaches outside; one that reaches nothing (another user's, another kernel's) is left out."""
    found = host.go(cli)
    assert found.keys() == ways.WAYS.keys()
    return {name: reached for name, reached in found.items() if reached}


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=pytest.mark.needs(*NEEDS[kind])) for kind in KINDS])
def test_no_way_leads_out(
    host: Host, outside: dict[str, str], cli: CommandLine, kind: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("ways that lead somewhere outside", sorted(outside))
    assert len(outside) >= FEWEST, sorted(set(ways.WAYS) - set(outside))
    inside = host.go(cli, "try", "--rm", *KINDS[kind], "--")
    opened = OPENED.get(kind, set())
    assert {name: inside[name] for name in outside if inside[name] and name not in opened} == {}
    assert opened & outside.keys() <= {name for name in inside if inside[name]}
    host.assert_untouched()


@pytest.mark.needs("fuse")
@pytest.mark.parametrize("verb", [("exec",), ("try", "--in")], ids=" ".join)
def test_no_way_leads_out_of_a_program_that_joins(
    host: Host, outside: dict[str, str], cli: CommandLine, verb: tuple[str, ...]
) -> None:
    name = f"joined-{verb[0]}"
    environ = cli.env(HOME=host.home)
    cli("try", "-d", "--name", name, "--", "sleep", "1000", env=environ, cwd=host.place, check=True)
    try:
        inside = host.go(cli, *verb, name)
    finally:
        cli("rm", "-f", name, check=True)
    assert {name: inside[name] for name in outside if inside[name]} == {}
    host.assert_untouched()
