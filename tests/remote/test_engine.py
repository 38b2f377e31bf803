"""Verbs at an engine of Docker's API: another hull's server. What is printed is what would be printed there."""

import fcntl
import json
import os
import pathlib
import pty
import signal
import struct
import subprocess
import termios
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.api.certificates import Certificates
from tests.api.serving import Server
from tests.commandline import CommandLine, Done
from tests.remote import copies

There = Callable[..., Done]
IMAGE = "{{.ID}} {{.Repository}} {{.Tag}} {{.Digest}} {{.Size}}"
ROW = "{{.ID}} {{.Names}} {{.Image}} {{.Labels}} {{.State}}"


@pytest.fixture
def there(near: CommandLine, far: Server) -> There:
    """Give the client whose context is the server."""
    return lambda *words, **options: near("--context", "far", *words, **options)


@pytest.fixture
def name(cli: CommandLine) -> Iterator[str]:
    """Give the name of a container, which is gone afterwards."""
    made = f"c{uuid.uuid4().hex[:10]}"
    yield made
    cli("rm", "-f", made)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("true",), 0),
        (("sh", "-c", "exit 3"), 3),
        (("sh", "-c", "sh -c 'kill -9 $$'; exit $?"), 137),
        (("nosuch",), 127),
        (("/etc",), 126),
    ],
)
def test_a_program_ends_with_its_own_code(there: There, words: tuple[str, ...], code: int) -> None:
    assert there("run", "--rm", "busybox", *words).returncode == code


def test_streams_are_apart_and_exact(there: There) -> None:
    data = os.urandom(5_000_000)
    done = there("run", "--rm", "-i", "busybox", "sh", "-c", "cat; printf no >&2; exit 4", input=data, timeout=120)
    assert (done.returncode, done.stdout == data, done.stderr) == (4, True, b"no")
    assert there("run", "--rm", "-t", "busybox", "tty").stdout == b"/dev/pts/0\r\n"


def test_a_container_lives_there(there: There, cli: CommandLine, name: str, tmp_path: pathlib.Path) -> None:
    script = "echo out; echo err >&2; trap 'exit 7' TERM; while :; do sleep 0.1; done"
    cidfile = tmp_path / "cid"
    flags = ("-d", "--name", name, "-l", "k=v", "--cidfile", str(cidfile))
    ident = there("run", *flags, "busybox", "sh", "-c", script, check=True).stdout.decode().strip()
    assert cidfile.read_text() == ident
    assert ident[:12] in cli.containers("-q")
    for words in (("ps", "-a", "--no-trunc", "--format", ROW), ("images", "--format", IMAGE)):
        assert sorted(there(*words, check=True).stdout.splitlines()) == sorted(
            cli(*words, check=True).stdout.splitlines()
        )
    head, *processes = there("top", name, "-o", "pid,args", check=True).stdout.decode().splitlines()
    assert (head.split(), any("trap" in one for one in processes)) == (["PID", "COMMAND"], True)
    assert there("exec", "-i", name, "sh", "-c", "cat; exit 5", input=b"in").stdout == b"in"
    assert there("exec", name, "sh", "-c", "exit 5").returncode == 5
    assert (
        there("exec", "-e", f"X={name}", "-w", "/tmp", name, "sh", "-c", "echo $X $PWD").stdout
        == f"{name} /tmp\n".encode()
    )
    assert there("inspect", "--format", "{{.Id}}", name, check=True).stdout.decode().strip() == ident
    logs = there("logs", name, check=True)
    assert (logs.stdout, logs.stderr) == (b"out\n", b"err\n")
    copies.each_way(there, name, tmp_path)
    there("pause", name, check=True)
    assert there("ps", "--filter", f"name={name}", "--format", "{{.State}}").stdout == b"paused\n"
    there("unpause", name, check=True)
    there("stop", name, check=True)
    assert there("wait", name, check=True).stdout == b"7\n"
    assert there("rm", name, check=True).stdout == f"{name}\n".encode()
    gone = there("rm", name)
    assert (gone.returncode, name.encode() in gone.stderr) == (125, True)
    assert there("rm", "-f", name).returncode == 0


def test_ctrl_c_reaches_the_program(near: CommandLine, far: Server, name: str) -> None:
    script = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    words = ("--context", "far", "run", "--rm", "--name", name, "busybox", "sh", "-c", script)
    with near.popen(*words, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        client.send_signal(signal.SIGINT)
        assert client.stdout.read() == b"caught\n"
        assert client.wait(60) == 9


def test_images_and_archives_go_between_the_sides(there: There, cli: CommandLine, tmp_path: pathlib.Path) -> None:
    context = tmp_path / "c"
    context.mkdir()
    tag = f"t{uuid.uuid4().hex[:10]}"
    (context / "Dockerfile").write_text("FROM busybox\nARG A\nCOPY . /x\nRUN test ! -e /x/left && echo $A >/a\n")
    (context / ".dockerignore").write_text("left\n")
    (context / "left").write_text("x")
    (context / "kept name").write_text("kept")
    there("build", "-t", tag, "--build-arg", "A=b c", str(context), check=True)
    assert cli("run", "--rm", tag, "cat", "/x/kept name", "/a", check=True).stdout == b"keptb c\n"
    there("save", "-o", f"{tmp_path}/i.tar", tag, check=True)
    assert there("rmi", tag, check=True).stdout.splitlines()[0] == f"{tag}:latest".encode()
    assert there("load", "-i", f"{tmp_path}/i.tar", check=True).stdout == f"{tag}:latest\n".encode()
    there("tag", tag, f"{tag}:two", check=True)
    there("untag", tag, f"{tag}:two", check=True)
    assert b"removed" in there("untag", tag).stderr
    assert there("history", "-q", tag).stdout == cli("history", "-q", tag).stdout
    there("rmi", tag, check=True)
    (context / "Dockerfile").write_text("FROM busybox\nRUN exit 3\n")
    failed = there("build", str(context))
    assert (failed.returncode, failed.stderr.startswith(b"Step 1")) == (1, True), failed.stderr


def test_networks_and_volumes(there: There, cli: CommandLine) -> None:
    made = f"n{uuid.uuid4().hex[:10]}"
    there("network", "create", "--label", "a=b", made, check=True)
    there("volume", "create", "--label", "a=b", made, check=True)
    shown = ("--format", "{{.Name}} {{.Driver}} {{.Labels}}", "--filter", f"name={made}")
    for what in ("network", "volume"):
        assert there(what, "ls", *shown).stdout == cli(what, "ls", *shown).stdout != b""
        assert json.loads(there(what, "inspect", made).stdout)[0]["Name"] == made
        assert there(what, "rm", made, check=True).stdout == f"{made}\n".encode()
        assert there(what, "rm", made).returncode == 125


def test_what_the_api_has_no_word_for_is_refused_by_name(there: There) -> None:
    for words, told in (
        (("run", "--egress", "none", "busybox"), b"--egress"),
        (("run", "--plan", "busybox"), b"--plan"),
        (("try", "true"), b"hull run"),
        (("enter", "x"), b"hull exec"),
        (("run", "--device", "nothing", "busybox"), b"device"),
    ):
        done = there(*words)
        assert (done.returncode, told in done.stderr) == (125, True), done.stderr


def test_every_context_is_listed_and_one_that_is_down_is_told(near: CommandLine, there: There) -> None:
    near("context", "create", "down", "unix:///nonexistent/d.sock", check=True)
    done = near("images", "--all-contexts")
    near("context", "rm", "down", check=True)
    head, *rows = done.stdout.decode().splitlines()
    assert head.split()[:2] == ["CONTEXT", "REPOSITORY"]
    assert {row.split()[0] for row in rows} == {"far"}
    assert (done.returncode, b"the context down" in done.stderr) == (1, True)
    assert near("ps", "--all-contexts", "-a").returncode == 0


@pytest.mark.needs("program:openssl")
def test_a_filter_ends_over_tls_and_strangers_are_told(
    near: CommandLine, cli: CommandLine, tmp_path: pathlib.Path
) -> None:
    made = Certificates.make(str(tmp_path))
    flags = [f"--tls{flag}={made.file(name)}" for flag, name in (("cacert", "ca"), ("cert", "cert"), ("key", "key"))]
    server = Server(cli, "--tcp=127.0.0.1:0", *flags)
    try:
        assert server.process.stdout is not None
        url = server.process.stdout.readline().decode().split()[2].rstrip(",")
        for name, prefix, authority in (
            ("tls", "", "ca"),
            ("stranger", "stranger-", "ca"),
            ("other", "", "stranger-ca"),
        ):
            spelt = f"ca={made.file(authority)},cert={made.file(f'{prefix}cert')},key={made.file(f'{prefix}key')}"
            near("context", "create", name, "--docker", f"host={url},{spelt}", check=True)
        data = os.urandom(3_000_000)
        done = near(
            "--context", "tls", "run", "--rm", "-i", "busybox", "sh", "-c", "cat; exit 3", input=data, timeout=120
        )
        assert (done.returncode, done.stdout == data) == (3, True), done.stderr
        for name in ("stranger", "other"):
            refused = near("--context", name, "ps")
            assert (refused.returncode, f"the context {name}".encode() in refused.stderr) == (125, True), refused.stderr
    finally:
        server.close()


def test_a_terminal_there_is_the_callers(near: CommandLine, far: Server) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 31, 97, 0, 0))
    before = termios.tcgetattr(theirs)
    sized = "until [ \"$(stty size)\" = '{}' ]; do sleep 0.05; done; echo sized; "
    script = f"{sized.format('31 97')} read word; echo got $word; {sized.format('40 120')} exit 6"
    words = near.argv("--context", "far", "run", "--rm", "-it", "busybox", "sh", "-c", script)
    client = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=near.env(), start_new_session=True)
    _until(ours, b"", b"sized")
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    client.send_signal(signal.SIGWINCH)
    os.write(ours, b"words\r")
    seen = _until(ours, b"", b"sized")
    assert (client.wait(60), b"got words" in seen) == (6, True)
    assert termios.tcgetattr(theirs) == before
    os.close(theirs)
    os.close(ours)


def _until(terminal: int, seen: bytes, wanted: bytes) -> bytes:
    while wanted not in seen:
        seen += os.read(terminal, 1 << 16)
    return seen
