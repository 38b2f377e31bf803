"""An engine that is not hull's: podman's own service, spoken to by hull's verbs."""

import os
import pathlib
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.busybox import rootfs
from tests.commandline import CommandLine, Done
from tests.interop import peers
from tests.remote import copies

SERVICE = 'podman system service --time=0 "unix://$1" & mkfifo "$1.end"; read _ <"$1.end"; kill $!; wait'
pytestmark = [pytest.mark.needs("program:podman", "range"), pytest.mark.timeout(300)]
There = Callable[..., Done]


@pytest.fixture(scope="module")
def there(near: CommandLine) -> Iterator[There]:
    """Give the client whose context is podman's service; `busybox` is in its store."""
    with peers.opened("127.0.0.1:1") as found:
        path = f"{found.base}/d.sock"
        service = threading.Thread(target=found, args=(SERVICE, path))
        service.start()
        try:
            near("context", "create", "pod", f"unix://{path}", check=True)
            done = near("--context", "pod", "version")
            for _ in range(600):
                if not done.returncode or not service.is_alive():
                    break
                service.join(0.1)
                done = near("--context", "pod", "version")
            assert b"Podman" in done.stdout, done.stderr
            near("--context", "pod", "import", "-", "busybox", input=rootfs(), check=True)
            yield lambda *words, **options: near("--context", "pod", *words, **options)
        finally:
            with open(f"{path}.end", "w") as end:
                end.write("\n")
            service.join(60)


def test_podman_runs_what_hull_asks(there: There, tmp_path: pathlib.Path) -> None:
    net = ("--network", "none")
    for words, code in ((("sh", "-c", "exit 3"), 3), (("nosuch",), 127)):
        assert there("run", *net, "--rm", "busybox", *words).returncode == code
    data = os.urandom(500_000)
    done = there("run", *net, "--rm", "-i", "busybox", "sh", "-c", "cat; printf no >&2; exit 4", input=data)
    assert (done.returncode, done.stdout == data, done.stderr) == (4, True, b"no")
    there("run", *net, "-d", "--name", "one", "busybox", "sh", "-c", "echo out; echo err >&2; sleep 1000", check=True)
    assert there("ps", "--format", "{{.Names}} {{.State}}", check=True).stdout == b"one running\n"
    assert there("exec", "-i", "one", "sh", "-c", "cat; exit 5", input=b"in").stdout == b"in"
    logs = there("logs", "one", check=True)
    assert (logs.stdout, logs.stderr) == (b"out\n", b"err\n")
    copies.each_way(there, "one", tmp_path)
    there("stop", "-t", "0", "one", check=True)
    assert there("wait", "one").stdout == b"137\n"
    assert there("rm", "one").stdout == b"one\n"
    assert there("rm", "one").returncode == 125


def test_podman_builds_and_carries_images(there: There, tmp_path: pathlib.Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY f /f\n")
    (tmp_path / "f").write_text("built")
    assert there("build", "-q", "-t", "made", str(tmp_path), check=True).stdout.startswith(b"sha256:")
    there("save", "-o", f"{tmp_path}/i.tar", "made", check=True)
    there("rmi", "made", check=True)
    there("load", "-i", f"{tmp_path}/i.tar", check=True)
    assert there("run", "--network", "none", "--rm", "made", "cat", "/f").stdout == b"built"
