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


def test_ready_by_descriptor_comes_before_the_program(box: Box) -> None:
    mark = f"{box.base}/mark"
    done = box.sh(
        "cat /mark",
        extra=(
            *helper("fd", f"sleep 0.2; echo made > {mark}; echo >&3; sleep 1000"),
            ("bind", box.base, "/m", "rec"),
            ("symlink", "/m/mark", "/mark"),
        ),
    )
    assert done.out == "made\n", done.err


def test_ready_by_exit_keeps_what_it_left_behind_until_the_end(box: Box) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    script = f"(exec 9>{box.base}/fifo; sleep 1000) >/dev/null 2>&1 & exit 0"
    os.mkfifo(f"{box.base}/fifo")
    os.chmod(f"{box.base}/fifo", 0o666)
    end = os.open(f"{box.base}/fifo", os.O_RDONLY | os.O_NONBLOCK)
    os.close(reader)
    os.close(writer)
    assert box.sh("exit 0", extra=helper("exit", script)).code == 0
    assert select.select([end], [], [], 5)[0], "the daemon that the helper left still lives"
    assert os.read(end, 1) == b""
    os.close(end)


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
    done = box.sh("true", extra=(("helper", "tester", "fd"), ("helper-arg", "no-such-helper")))
    assert "cannot start tester: no-such-helper: No such file or directory" in done.err


def test_placeholders_and_where_it_runs(box: Box) -> None:
    script = "for x; do echo $x; done; id -u; readlink /proc/self/ns/net; readlink $3; ls /proc/self/fd; exit 1"
    words = ("x", "@PID", "--netns=@NETNS", "@NETNS", "--ready=@READY", "@EXIT", "@USERNS", "a@PID", "@PIDs")
    done = box.sh("true", extra=helper("fd", script, *words))
    told = done.err.splitlines()[0].split(": ", 2)
    assert told[1] == "cannot start tester"
    done = (
        box.sh(
            "true",
            extra=helper("fd", f"exec 2>&1; ({script}) > {box.base}/out; chmod 666 {box.base}/out; exit 1", *words),
        )
        if os.geteuid()
        else done
    )
    if os.geteuid() == 0:
        return
    with open(f"{box.base}/out") as file:
        lines = file.read().split("\n")
    pid = lines[0]
    assert pid.isdecimal()
    assert lines[1:8] == [
        f"--netns=/proc/{pid}/ns/net",
        f"/proc/{pid}/ns/net",
        "--ready=3",
        "4",
        f"/proc/{pid}/ns/user",
        "a@PID",
        "@PIDs",
    ]
    assert lines[8] == "0"
    assert lines[9] == os.readlink("/proc/self/ns/net")
    assert lines[10].startswith("net:")
    assert lines[10] != lines[9]


@pytest.mark.parametrize("how", ["end", "kill"])
def test_nothing_of_a_helper_outlives_the_launcher(box: Box, how: str) -> None:
    os.mkfifo(f"{box.base}/fifo")
    os.chmod(f"{box.base}/fifo", 0o666)
    end = os.open(f"{box.base}/fifo", os.O_RDONLY | os.O_NONBLOCK)
    script = f"exec 9>{box.base}/fifo; trap '' TERM HUP; setsid sh -c 'sleep 1000' & echo >&3; exec 3>&-; wait"
    child = box.up("echo up; read x", extra=helper("fd", script))
    if how == "kill":
        child.kill()
        child.wait(10)
    else:
        child.communicate(b"\n", timeout=10)
    assert select.select([end], [], [], 5)[0], "something of the helper still holds the pipe"
    assert os.read(end, 1) == b""
    os.close(end)


@pytest.mark.parametrize(("reply", "code"), [(b'{"return": {}}', 0), (b'{"error": {"desc": "bad port"}}', 125)])
def test_requests_are_asked_once_it_is_ready(box: Box, reply: bytes, code: int) -> None:
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{box.base}/api")
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                while piece := connection.recv(4096):
                    asked.append(piece)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
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
