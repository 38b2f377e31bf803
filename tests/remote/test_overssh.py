"""Verbs at a host that has hull, by the real ssh and sshd: exact words, exact bytes, the program's own end."""

import fcntl
import os
import pathlib
import pty
import signal
import struct
import subprocess
import termios
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hull.commands._line import read
from hull.errors import UserError
from hull.remote import spelling, taking

from tests.api.serving import Server
from tests.commandline import CommandLine, Done, run
from tests.remote.hosts import FarHost

pytestmark = pytest.mark.needs("program:ssh", "program:sshd")
There = Callable[..., Done]
ODD = ("a b", "'", '"', "$HOME", "`x`", "x\ny", "\\", "!", "*", "", "-e", "--", "é", os.fsdecode(b"\xff\xfe"))


@pytest.fixture
def there(near: CommandLine, host: FarHost) -> There:
    """Give the client whose context is the host."""
    return lambda *words, **options: near("--context", "box", *words, env=host.env(near), **options)


@pytest.fixture
def name(cli: CommandLine) -> Iterator[str]:
    """Give the name of a container, which is gone afterwards."""
    made = f"s{uuid.uuid4().hex[:10]}"
    yield made
    cli("rm", "-f", made)


def test_words_bytes_and_codes_are_exact(there: There, near: CommandLine, host: FarHost) -> None:
    script = 'for word; do printf "%s\\0" "$word"; done'
    done = there("run", "--rm", "-e", "V=a b", "busybox", "sh", "-c", script, "sh", *ODD, check=True)
    assert done.stdout == b"".join(os.fsencode(word) + b"\0" for word in ODD)
    data = os.urandom(5_000_000)
    done = there("run", "--rm", "-i", "busybox", "sh", "-c", "cat; printf no >&2; exit 4", input=data, timeout=120)
    assert (done.returncode, done.stdout == data, done.stderr) == (4, True, b"no")
    for words, code in ((("sh", "-c", "exit 255"), 255), (("nosuch",), 127), (("/etc",), 126)):
        assert there("run", "--rm", "busybox", *words).returncode == code
    assert there("run", "--rm", "--nosuch", "busybox").returncode == 125
    env = host.env(near, SECRET="here")
    done = near("--context", "box", "run", "--rm", "-e", "SECRET", "busybox", "sh", "-c", "echo $SECRET", env=env)
    assert done.stdout == b"here\n"


def test_one_connection_is_kept_and_reused(there: There, host: FarHost) -> None:
    there("images", check=True)
    before = host.connections()
    there("images", check=True)
    assert host.connections() == before >= 1


def test_ctrl_c_ends_the_program_there(there: There, near: CommandLine, host: FarHost, name: str) -> None:
    script = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    words = ("--context", "box", "run", "--rm", "--name", name, "busybox", "sh", "-c", script)
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "start_new_session": True}
    with near.popen(*words, env=host.env(near), **options) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        os.killpg(client.pid, signal.SIGINT)  # as a terminal does
        assert client.stdout.read() == b"caught\n"
        assert client.wait(60) == 9


@pytest.mark.as_root
@pytest.mark.needs("root")  # an sshd that is not root's gives a terminal only where devpts has the group that it wants
def test_a_terminal_is_the_callers(near: CommandLine, host: FarHost) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
    words = near.argv("--context", "box", "run", "--rm", "-it", "busybox", "sh", "-c", "stty size; exit 6")
    options = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "env": host.env(near)}
    client = subprocess.Popen(words, start_new_session=True, **options)
    assert client.wait(60) == 6
    os.close(theirs)
    assert b"31 97" in os.read(ours, 1 << 16)
    os.close(ours)


def test_files_are_the_callers(there: There, cli: CommandLine, tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY f /f\n")
    (tmp_path / "f").write_text("mine")
    there("build", "-t", name, str(tmp_path), check=True)
    there("save", "-o", f"{tmp_path}/i.tar", name, check=True)
    there("rmi", name, check=True)
    there("load", "-i", f"{tmp_path}/i.tar", check=True)
    cid = tmp_path / "cid"
    there("run", "-d", "--name", name, "--cidfile", str(cid), name, "sleep", "1000", check=True)
    assert cid.read_text()[:12] in cli.containers("-q")
    there("cp", str(tmp_path / "f"), f"{name}:/tmp/g", check=True)
    there("cp", f"{name}:/tmp/g", str(tmp_path / "back"), check=True)
    assert (tmp_path / "back").read_text() == "mine"
    there("export", "-o", f"{tmp_path}/e.tar", name, check=True)
    assert (tmp_path / "e.tar").stat().st_size > 100_000
    there("rm", "-f", name, check=True)
    there("rmi", name, check=True)


@pytest.mark.needs("program:docker")
def test_an_engine_is_spoken_to_through_dockers_own_client_there(near: CommandLine, host: FarHost) -> None:
    near("context", "create", "dial", "--docker", "host=ssh://far", check=True)
    words = ("--context", "dial", "run", "--rm", "-i", "busybox", "sh", "-c", "cat; exit 5")
    done = near(*words, env=host.env(near), input=b"in" * 100_000)
    assert (done.returncode, done.stdout) == (5, b"in" * 100_000), done.stderr


@pytest.mark.needs("program:docker")
def test_dockers_client_asks_a_host_that_has_hull_alone(near: CommandLine, host: FarHost, far: Server) -> None:
    left = {name: value for name, value in host.env(near).items() if not name.startswith("DOCKER_")}
    words = ("docker", "-H", f"ssh://alone{far.path}", "run", "--rm", "-i", "busybox", "sh", "-c", "cat; exit 5")
    done = run([*words], {**left, "DOCKER_CONFIG": host.home}, input=b"in" * 100_000)
    assert (done.returncode, done.stdout) == (5, b"in" * 100_000), done.stderr


@pytest.mark.parametrize(
    ("place", "told", "fix"),
    [("wrong", b"Permission denied", b"ssh-copy-id"), ("unknown", b"Host key verification failed", b"compare"),
     ("far/nonexistent/hull", b"hull is not there", b"context update"),
     ("nosuch.invalid", b"Could not resolve", b"must work by itself")],
)  # fmt: skip
def test_what_ssh_says_is_told_with_the_next_step(
    near: CommandLine, host: FarHost, place: str, told: bytes, fix: bytes
) -> None:
    near("context", "rm", "-f", "odd")
    near("context", "create", "odd", f"ssh://{place}" + ("" if "/" in place else host.hull), check=True)
    for words in (("ps",), ("cp", "x:/y", "/tmp/z")):
        done = near("--context", "odd", *words, env=host.env(near))
        assert (done.returncode, told in done.stderr, fix in done.stderr) == (125, True, True), done.stderr


def carried(*words: str) -> tuple[str, ...]:
    return spelling.spelt(taking.taken(read(list(words))).call)


def test_a_call_is_spelt_so_that_it_reads_back(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "x y")
    (tmp_path / "env").write_text("F=1\n")
    line = ("run", "--rm", "-it", "-eA=B", "-e", "HERE", "--env-file", f"{tmp_path}/env", "--no-init", "-p8080:80")
    assert carried(*line, "i", "c") == (
        "run", "--interactive=true", "--tty=true", "--rm=true", "--env=F=1", "--env=A=B", "--env=HERE=x y",
        "--publish=8080:80", "--init=false", "--", "i", "c",
    )  # fmt: skip
    spelt = (("ps", "-a", "--json"), ("ps", "--format", "{{.ID}}"), ("volume", "ls"), ("images",), ("rm", "--", "-x"))
    for words in spelt:
        assert read(list(carried(*words))) == read(list(words))


@pytest.mark.parametrize(
    "words",
    [("run", "-v", "./x:/y", "i"), ("create", "-v", "~/x:/y", "i"), ("run", "--mount", "type=bind,src=x,dst=/y", "i"),
     ("run", "--security-opt", "seccomp=f.json", "i"), ("run", "--cidfile", "/nonexistent/c", "i"),
     ("build", "--secret", "id=a,src=f", "-"), ("build", "--output", "d", "-"),
     ("save", "--format", "oci-dir", "-o", "d", "i")],
)  # fmt: skip
def test_what_would_silently_be_the_other_machines_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="by ssh"):
        taking.taken(read(list(words)))
