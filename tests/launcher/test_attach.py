"""Attached to a running container: its streams, its terminal, signals; and nobody ever waits for a client."""

import os
import pty
import signal
import socket
import subprocess
import time
from typing import Any

import pytest

from tests.launcher.conftest import Box, Op
from tests.launcher.monitored import PATIENCE, Monitored, packets
from tests.waiting import gone, readable, until

INPUT: tuple[Op, ...] = (("input",),)
PTY: tuple[Op, ...] = (("terminal", "pty"),)


def client(box: Box, options: str = "", **how: Any) -> "subprocess.Popen[bytes]":
    """Start the launcher as a client."""
    streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return box.start([("attach", f"{box.base}/monitor", options)], **{**streams, **how})


def read_until(child: "subprocess.Popen[bytes]", wanted: bytes) -> bytes:
    """Read standard output until it holds something."""
    assert child.stdout
    found = b""
    while wanted not in found:
        assert readable(child.stdout), found
        piece = os.read(child.stdout.fileno(), 4096)
        assert piece, found
        found += piece
    return found


def started(detached: Monitored, script: str, options: str = "", **how: Any) -> "subprocess.Popen[bytes]":
    """Start a container and stay attached to it."""
    monitor = (("attach", f"{detached.box.base}/monitor", options), *how.pop("monitor", ()))
    streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    streams |= {name: how.pop(name) for name in tuple(how) if name in streams}
    return detached.box.start(detached.plan("sh", "-c", script, monitor=monitor, **how), **streams)


def test_the_starter_may_stay_from_the_first_byte_to_the_code(detached: Monitored) -> None:
    out, err = (child := started(detached, "echo out; echo err >&2; exit 3")).communicate(timeout=PATIENCE)
    assert (child.returncode, out, err) == (3, b"out\n", b"err\n")


def test_a_start_that_fails_says_so_to_who_is_attached(detached: Monitored) -> None:
    monitor = (("attach", f"{detached.box.base}/monitor", ""),)
    assert detached.start("nothing-here", code=127, monitor=monitor).startswith("hull: cannot run nothing-here")


def test_every_byte_arrives_once(detached: Monitored) -> None:
    blob = os.urandom(1 << 20) * 30
    child = started(detached, "cat", "stdin", monitor=INPUT)
    out, _ = child.communicate(blob, timeout=120)
    assert child.returncode == 0
    assert out == blob
    detached.end()
    assert b"".join(entry.data for entry in detached.entries()) == blob


def test_a_second_client_reads_along_and_gets_the_code(detached: Monitored) -> None:
    detached.sh("read x; echo got $x; exit 4", monitor=INPUT)
    second = client(detached.box)
    first = client(detached.box, "stdin")
    detached.await_clients(2)
    out, _ = first.communicate(b"hello\n", timeout=PATIENCE)
    assert (first.returncode, out) == (4, b"got hello\n")
    assert second.communicate(timeout=PATIENCE)[0] == b"got hello\n"
    assert second.returncode == 4


def test_without_input_nothing_is_sent(detached: Monitored) -> None:
    detached.sh("read x; echo got $x; exit 4", monitor=INPUT)
    deaf = client(detached.box)
    assert deaf.stdin
    deaf.stdin.write(b"lost\n")
    deaf.stdin.flush()
    typist = client(detached.box, "stdin")
    assert typist.communicate(b"found\n", timeout=PATIENCE)[0] == b"got found\n"
    deaf.communicate(timeout=PATIENCE)


def test_a_client_that_leaves_takes_nothing_along(detached: Monitored) -> None:
    detached.sh("read x; echo got $x; read x; echo got $x; exit 5", monitor=INPUT)
    with detached.control.attach("stdin") as first:
        first.send(b"ione\n")
        assert next(packets(first)) == b"ogot one\n"
    out, _ = (second := client(detached.box, "stdin")).communicate(b"two\n", timeout=PATIENCE)
    assert (second.returncode, out) == (5, b"got two\n")


def test_what_a_client_said_before_it_left_waits_for_the_program(detached: Monitored) -> None:
    """More than the pipe holds is on its way when the client's end closes, and the program reads nothing yet."""
    detached.sh("trap 'exec cat' USR1; echo up; while :; do sleep 0.02; done", monitor=INPUT)
    detached.await_text("up\n")
    blob = os.urandom(16 << 10)
    with detached.control.attach("stdin,no-stdout") as gone:
        for _ in range(8):
            gone.send(b"i" + blob)
        gone.send(b"z")
    detached.control.signal(signal.SIGUSR1)
    assert detached.end()["code"] == 0
    assert b"".join(entry.data for entry in detached.entries()) == b"up\n" + blob * 8


def test_signals_are_passed_on_only_if_asked(detached: Monitored) -> None:
    detached.sh("trap 'echo int' INT; trap 'exit 6' TERM; echo up; while :; do sleep 0.02; done")
    plain, proxy = client(detached.box), client(detached.box, "signals")
    detached.await_text("up\n")
    blocked(proxy.pid, signal.SIGTERM)
    plain.send_signal(signal.SIGINT)
    assert plain.wait(PATIENCE) == -signal.SIGINT
    assert detached.text() == "up\n"
    proxy.send_signal(signal.SIGINT)
    read_until(proxy, b"int\n")
    proxy.send_signal(signal.SIGTERM)
    assert proxy.wait(PATIENCE) == 6


def blocked(pid: int, number: int) -> None:
    """Wait until a process has taken a signal into its own hands."""

    def mask() -> int:
        with open(f"/proc/{pid}/status") as file:
            return next(int(line.split()[1], 16) for line in file if line.startswith("SigBlk"))

    until(lambda: mask() >> (number - 1) & 1, f"{number} to be blocked")


def test_a_signal_overtakes_input_that_nobody_reads(detached: Monitored) -> None:
    script = "trap 'exit 6' TERM; echo up; while :; do sleep 0.02; done"
    with open("/dev/zero", "rb") as zeros:
        child = started(detached, script, "stdin,signals", monitor=INPUT, stdin=zeros)
    read_until(child, b"up\n")
    child.terminate()
    assert child.wait(PATIENCE) == 6


def test_a_client_that_does_not_read_keeps_nobody_waiting(detached: Monitored) -> None:
    script = "read x; seq 200000; echo done >&2; exit 3"
    child = started(detached, script, "stdin", monitor=INPUT)
    assert child.stdin
    child.stdin.write(b"go\n")
    child.stdin.flush()
    before = time.monotonic()
    exit_line = detached.await_event("exit")
    assert time.monotonic() - before < 8  # below the ten seconds for which a client may take nothing
    assert exit_line["code"] == 3
    out, err = child.communicate(timeout=PATIENCE)
    assert out == b"".join(b"%d\n" % n for n in range(1, 200001))
    assert (child.returncode, err) == (3, b"done\n")


def test_a_code_is_heard_though_the_end_of_the_input_was_not(box: Box) -> None:
    """The kernel tells of unread input before it gives what was sent."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(f"{box.base}/monitor")
        listener.listen()
        child = client(box, "stdin")
        monitor, _ = listener.accept()
        with monitor:
            assert monitor.recv(100).startswith(b"attach")
            assert child.stdin
            child.stdin.close()
            assert readable(monitor)
            child.send_signal(signal.SIGSTOP)
            monitor.send(b"olast\n")
            monitor.send(b"x3")
        child.send_signal(signal.SIGCONT)
        child.stdin = None
        assert child.communicate(timeout=PATIENCE) == (b"last\n", b"")
        assert child.returncode == 3


def test_input_arrives_of_a_client_that_went_without_reading(detached: Monitored) -> None:
    detached.sh("read x; echo out; read x; echo got $x", monitor=INPUT)
    with detached.control.attach("stdin") as connection:
        connection.send(b"i\n")
        assert readable(connection)
        monitor = detached.pids()["monitor"]
        os.kill(monitor, signal.SIGSTOP)
        connection.send(b"ihello\n")
    os.kill(monitor, signal.SIGCONT)
    detached.await_text("got hello\n")


def test_a_client_that_never_reads_is_let_go(detached: Monitored) -> None:
    detached.sh("read x; seq 200000; exit 3", monitor=INPUT)
    with detached.control.attach("stdin") as connection:
        connection.send(b"igo\n")
        before = time.monotonic()
        detached.await_event("ended")
        assert gone(detached.await_event("monitor")["pid"], 20)
        assert time.monotonic() - before > 8
    assert detached.text().endswith("200000\n")


def test_another_users_connection_is_refused(detached: Monitored) -> None:
    if os.geteuid():
        pytest.skip("needs root: the as_root part runs it")
    detached.sh("exec sleep 1000")
    os.chmod(f"{detached.box.base}/monitor", 0o777)
    code = (
        "import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_SEQPACKET)\ns.connect(sys.argv[1])\n"
        "try:\n s.send(b'state'); sys.exit(1 if s.recv(100) else 0)\nexcept OSError: sys.exit(0)"
    )
    done = subprocess.run(["python3", "-c", code, f"{detached.box.base}/monitor"], user=65534, check=False)
    assert done.returncode == 0
    assert detached.control.state()["init"]


def test_the_first_size_is_the_clients(detached: Monitored) -> None:
    master, slave = pty.openpty()
    import termios

    termios.tcsetwinsize(slave, (33, 77))
    child = started(detached, "stty size; test -t 0 && test -t 1 && test -t 2; echo $?; exit 3", "stdin",
                    extra=PTY, stdin=slave, stdout=slave)  # fmt: skip
    assert child.wait(PATIENCE) == 3
    assert os.read(master, 100) == b"33 77\r\n0\r\n"
    detached.end()
    assert detached.text() == "33 77\r\n0\r\n"
    os.close(master)
    os.close(slave)


def test_the_terminal_is_raw_while_attached_and_keys_detach(detached: Monitored) -> None:
    import termios

    detached.sh("stty -echo; echo up; read x; echo got $x; sleep 1000", extra=PTY, monitor=INPUT)
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    child = client(detached.box, "stdin,detach-keys=1011", stdin=slave, stdout=slave)
    until(lambda: not termios.tcgetattr(slave)[3] & termios.ICANON, "a raw terminal")
    detached.await_text("up")
    os.write(master, b"hi\r")
    found = b""
    while b"got hi\r\n" not in found:
        assert readable(master), found
        found += os.read(master, 100)
    os.write(master, b"\x10\x11")
    assert child.wait(PATIENCE) == 0
    assert termios.tcgetattr(slave) == before
    assert detached.control.state()["init"]
    os.close(master)
    os.close(slave)


def test_a_new_size_reaches_the_program(detached: Monitored) -> None:
    detached.sh("trap 'stty size; exit' WINCH; echo up; while :; do sleep 0.02; done", extra=PTY)
    detached.await_text("up\r\n")
    with detached.control.attach() as connection:
        connection.send(b"w12 34")
        assert b"o12 34\r\n" in list(packets(connection))


def test_the_end_of_input_is_a_character_on_a_terminal(detached: Monitored) -> None:
    child = started(detached, "stty -echo; echo up; cat; echo end", "stdin", extra=PTY, monitor=INPUT)
    read_until(child, b"up\r\n")
    assert child.communicate(b"hello", timeout=PATIENCE)[0] == b"helloend\r\n"


def test_no_monitor_no_attachment(detached: Monitored) -> None:
    child = client(detached.box)
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 125
    assert err.startswith(b"hull: cannot reach the container's monitor")


def test_a_monitor_that_is_killed_is_told(detached: Monitored) -> None:
    detached.sh("exec sleep 1000")
    child = client(detached.box)
    detached.await_clients(1)
    os.kill(detached.pids()["monitor"], signal.SIGKILL)
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 125
    assert b"monitor is gone" in err
