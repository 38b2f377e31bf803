"""Programs beside the container: ready before the program starts, gone with the launcher."""

import os
import select
import socket
import subprocess
import threading

import pytest

from tests.launcher.conftest import Box, Op


def helper(ready: str, script: str, *words: str) -> tuple[Op, ...]:
    return (("helper", "tester", ready), *(("helper-arg", word) for word in ("sh", "-c", script, *words)))


@pytest.fixture
def shared(box: Box) -> str:
    """Return a directory that the container's root, which helpers run as, may write."""
    os.mkdir(f"{box.base}/shared")
    box.give(f"{box.base}/shared")
    return f"{box.base}/shared"


def fifo(shared: str) -> int:
    """Return the reading end of a pipe that is at its end once no helper has `PIPE` open."""
    os.mkfifo(f"{shared}/pipe")
    os.chmod(f"{shared}/pipe", 0o666)
    return os.open(f"{shared}/pipe", os.O_RDONLY | os.O_NONBLOCK)


def assert_at_end(pipe: int) -> None:
    assert select.select([pipe], [], [], 5)[0], "something of the helper still holds the pipe"
    assert os.read(pipe, 1) == b""
    os.close(pipe)


def test_ready_by_descriptor_comes_before_the_program(box: Box, shared: str) -> None:
    script = f"sleep 0.2; echo made > {shared}/mark; echo >&3; sleep 1000"
    done = box.sh("cat /shared/mark", extra=(*helper("fd", script), ("bind", shared, "/shared", "rec")))
    assert done.out == "made\n", done.err


def test_ready_by_exit_keeps_what_it_left_behind_until_the_end(box: Box, shared: str) -> None:
    pipe = fifo(shared)
    script = f"(exec 9>{shared}/pipe; echo x >&9; sleep 1000) >/dev/null 2>&1 & exit 0"
    child = box.up("echo up; read x", extra=helper("exit", script))
    assert select.select([pipe], [], [], 5)[0]
    assert os.read(pipe, 9) == b"x\n"
    child.communicate(b"\n", timeout=10)
    assert_at_end(pipe)


@pytest.mark.parametrize(
    ("ready", "script", "reason"),
    [
        ("fd", "echo first; echo no tap device >&2; exit 1", "no tap device"),
        ("exit", "echo no tap device >&2; exit 1", "no tap device"),
        ("fd", "exit 0", "it ended without a word"),
        ("fd", "kill -KILL $$", "it ended without a word"),
    ],
)
def test_a_helper_that_fails_starts_nothing_and_is_quoted(box: Box, ready: str, script: str, reason: str) -> None:
    done = box.sh("echo started", extra=helper(ready, script))
    assert (done.code, done.out) == (125, "")
    assert f"hull: cannot start tester: {reason}" in done.err


def test_a_helper_that_is_not_there(box: Box) -> None:
    done = box.sh("true", extra=(("helper", "tester", "fd"), ("helper-arg", "/no/such/helper")))
    assert "cannot start tester: /no/such/helper: No such file or directory" in done.err


def test_placeholders_and_where_it_runs(box: Box, shared: str) -> None:
    words = ("@PID", "--netns=@NETNS", "@NETNS", "--ready=@READY", "@EXIT", "@USERNS", "a@PID", "@PIDs")
    script = f"for x; do echo $x; done > {shared}/out; exec >> {shared}/out; id -u; readlink /proc/self/ns/net; exit 1"
    box.sh("true", extra=helper("fd", script, "sh", *words))
    with open(f"{shared}/out") as file:
        pid, *lines = file.read().splitlines()
    assert pid.isdecimal()
    expected = ["--netns=/proc/{}/ns/net", "/proc/{}/ns/net", "--ready=3", "4", "/proc/{}/ns/user", "a@PID", "@PIDs"]
    assert lines == [*(line.format(pid) for line in expected), "0", os.readlink("/proc/self/ns/net")]


@pytest.mark.parametrize("how", ["end", "kill"])
def test_nothing_of_a_helper_outlives_the_launcher(box: Box, shared: str, how: str) -> None:
    pipe = fifo(shared)
    script = f"exec 9>{shared}/pipe; trap '' TERM HUP; setsid sh -c 'sleep 1000' & echo >&3; exec 3>&-; wait"
    child = box.up("echo up; read x", extra=helper("fd", script))
    if how == "kill":
        child.kill()
        child.wait(10)
    else:
        child.communicate(b"\n", timeout=10)
    assert_at_end(pipe)


@pytest.mark.parametrize(("reply", "code"), [(b'{"return": {}}', 0), (b'{"error": {"desc": "bad port"}}', 125)])
def test_requests_are_asked_once_it_is_ready(box: Box, reply: bytes, code: int) -> None:
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{box.base}/api")
        server.listen()
        server.settimeout(30)

        def serve() -> None:
            connection, _ = server.accept()
            connection.settimeout(30)
            with connection:
                while piece := connection.recv(4096):
                    asked.append(piece)
                connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        extra = (*helper("fd", "echo >&3; sleep 1000"), ("helper-request", f"{box.base}/api", '{"execute": "x"}'))
        done = box.sh("exit 0", extra=extra)
        thread.join(10)
    assert b"".join(asked) == b'{"execute": "x"}'
    assert done.code == code, done.err
    assert ("bad port" in done.err) == bool(code)


@pytest.mark.needs("program:slirp4netns", "tun")
def test_slirp4netns_gives_an_address(box: Box) -> None:
    words = (
        "slirp4netns",
        "--configure",
        "--mtu=65520",
        "--disable-host-loopback",
        "--ready-fd=@READY",
        "--exit-fd=@EXIT",
        "--netns-type=path",
        "@NETNS",
        "tap0",
    )
    extra = (("helper", "slirp4netns", "fd"), *(("helper-arg", word) for word in words))
    assert "10.0.2.100" in box.sh("ip addr show tap0", extra=extra).out


@pytest.mark.needs("program:fuse-overlayfs", "fuse")
def test_a_root_served_by_fuse(box: Box) -> None:
    """The server runs in the host's mount namespace on a descriptor that the container opened and mounted."""
    options = f"lowerdir={box.layer},upperdir={box.upper},workdir={box.work}"
    extra = (
        ("helper", "fuse-overlayfs", "none"),
        *(("helper-arg", w) for w in ("fuse-overlayfs", "-f", "-o", options, "@FUSE")),
    )
    done = box.sh(
        "grep ' / fuse' /proc/mounts; echo changed > /etc/passwd; cat /etc/passwd", root=(*extra, ("root-fuse",))
    )
    assert done.out.endswith("changed\n"), done.err
    with open(f"{box.layer}/etc/passwd") as file:
        assert file.readline().startswith("root:")
    assert os.path.exists(f"{box.upper}/etc/passwd")


@pytest.mark.needs("fuse")
def test_a_fuse_server_that_fails_ends_the_start(box: Box) -> None:
    extra = (
        ("helper", "server", "none"),
        *(("helper-arg", w) for w in ("sh", "-c", "echo broken >&2; exit 1", "@FUSE")),
    )
    child = box.start(box.plan("true", root=(*extra, ("root-fuse",))), stderr=subprocess.PIPE)
    assert box.finish(child).code == 125
