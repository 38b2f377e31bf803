"""The machine of estate.py as a fixture: `from tests.network.estates import estate`."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from tests.busybox import rootfs
from tests.capabilities import missing
from tests.commandline import remove_tree
from tests.network.estate import PORT

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
NEEDS = ("launcher", "userns", "tun", "program:ip", "program:unshare", "program:busybox")


class Estate:
    """A machine of its own that runs hull."""

    def __init__(self, process: "subprocess.Popen[str]", store: str) -> None:
        self.process = process
        self.store = store

    def hull(self, *words: str) -> list[str]:
        """Run a command; return its lines of output, or fail with what it said."""
        code, out, err = self.ask(*words)
        assert code == 0, err
        return out.split()

    def ask(self, *words: str) -> tuple[int, str, str]:
        """Run a hull command; return its exit code and both streams."""
        return self.do("hull", *words)

    def do(self, *words: str) -> tuple[int, str, str]:
        """Run a command of the machine; return its exit code and both streams."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(words), file=self.process.stdin, flush=True)
        code, out, err = json.loads(self.process.stdout.readline())
        return code, out, err

    def greeted(self, *words: str, of: tuple[str, ...], seconds: int = 4) -> set[str]:
        """Return which services greet, in so many seconds, a container that calls addresses, all at once."""
        talk = "{ echo; sleep 1; } | nc $0 $1 2>/dev/null"  # a pasta of 2023 drops the answer to who has hung up
        call = f"timeout {seconds} sh -c 'until {talk} | grep .; do sleep 0.1; done'"
        calls = " & ".join(f"{call} {address} {PORT}" for address in of)
        return {*self.hull("run", "--rm", *words, "busybox", "sh", "-c", f"{calls} & wait")}

    def greets(self, *words: str, of: tuple[str, ...]) -> set[str]:
        """Return which services greet a container for which they are in reach: patient, as it ends with the last."""
        return self.greeted(*words, of=of, seconds=20)


@pytest.fixture
def estate() -> Iterator[Estate]:
    base = tempfile.mkdtemp(prefix="hull-", dir="/var/tmp")
    os.chmod(base, 0o755)
    try:
        yield from running(base)
    finally:
        remove_tree(base)


def running(base: str) -> Iterator[Estate]:
    with open(f"{base}/busybox.tar", "wb") as file:
        file.write(rootfs())
    words = ["unshare", "-U", "-r", "-n", "-m", "--", sys.executable, "-m", "tests.network.estate"]
    process = subprocess.Popen(
        [*words, f"{base}/store", f"{base}/busybox.tar"],
        cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((f"{TREE}/core", TREE))},
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == '"ready"\n'
        yield Estate(process, f"{base}/store")
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(params=["slirp4netns", "pasta"])
def backend(request: pytest.FixtureRequest) -> str:
    reason = missing(f"program:{request.param}")
    if reason:
        pytest.skip(f"needs program:{request.param}: {reason}")
    return str(request.param)
