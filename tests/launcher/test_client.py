"""Clients that were connected before the monitor was there: the whole of one run, or of all."""

import os
import socket
from collections.abc import Iterator

import pytest

from tests.launcher.monitored import Monitored, packets
from tests.waiting import gone, readable


class Pair:
    """A connection whose far end a plan names."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def op(self, options: str = "") -> tuple[str, ...]:
        return ("client", f"/proc/self/fd/{self.far.fileno()}", options)

    def heard(self) -> list[bytes]:
        """Return the packets to the end, pieces of a stream put together."""
        self.far.close()
        whole: list[bytes] = []
        for packet in packets(self.near):
            if whole and packet[:1] in b"oe" and packet[:1] == whole[-1][:1]:
                whole[-1] += packet[1:]
            else:
                whole.append(packet)
            if packet[:1] == b"x":
                break
        return whole


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    made = [Pair() for _ in range(3)]
    yield made
    for pair in made:
        pair.near.close()
        pair.far.close()


def test_the_first_byte_arrives(detached: Monitored, pairs: list[Pair]) -> None:
    first, second, third = pairs
    ops = (first.op(), second.op("no-stderr"), third.op("no-stdout,no-stderr"))
    fds = tuple(pair.far.fileno() for pair in pairs)
    detached.box.start(
        detached.plan("sh", "-c", "echo out; sleep 0.1; echo err >&2; exit 3", monitor=ops), pass_fds=fds
    )
    assert first.heard() == [b"oout\n", b"eerr\n", b"x3"]
    assert second.heard() == [b"oout\n", b"x3"]
    assert third.heard() == [b"x3"]


def test_what_was_sent_before_is_read(detached: Monitored, pairs: list[Pair]) -> None:
    writer = pairs[0]
    for packet in (b"ihello\n", b"z"):
        writer.near.send(packet)
    plan = detached.plan("cat", monitor=(("input",), writer.op("stdin")))
    detached.box.start(plan, pass_fds=(writer.far.fileno(),))
    assert writer.heard() == [b"ohello\n", b"x0"]


def test_a_size_is_there_when_the_program_begins(detached: Monitored, pairs: list[Pair]) -> None:
    sized = pairs[0]
    sized.near.send(b"w33 77")
    plan = detached.plan("stty", "size", monitor=(sized.op(),), extra=(("terminal", "pty"),))
    detached.box.start(plan, pass_fds=(sized.far.fileno(),))
    assert sized.heard() == [b"o33 77\r\n", b"x0"]


def test_one_that_stays_for_a_run_has_its_code_and_nothing_of_the_next(detached: Monitored, pairs: list[Pair]) -> None:
    one, all_ = pairs[:2]
    plan = detached.plan(
        "sh", "-c", "echo again; exit 5", monitor=(one.op("once"), all_.op(), ("restart", "on-failure", "1"))
    )
    detached.box.start(plan, pass_fds=(one.far.fileno(), all_.far.fileno()))
    assert one.heard() == [b"oagain\n", b"x5"]
    assert all_.heard() == [b"oagain\nagain\n", b"x5"]


def test_a_failed_start_ends_them(detached: Monitored, pairs: list[Pair]) -> None:
    child = detached.box.start(
        detached.plan("nothing-here", monitor=(pairs[0].op(),)), pass_fds=(pairs[0].far.fileno(),)
    )
    assert pairs[0].heard() == [b"x127"]
    assert child.wait(60) == 127


@pytest.mark.parametrize(
    ("place", "why"), [("/dev/null", "it is no inherited descriptor"), ("/proc/self/fd/x", "it is no descriptor")]
)
def test_what_is_no_connection_is_refused(detached: Monitored, place: str, why: str) -> None:
    assert why in detached.start("true", code=125, monitor=(("client", place, ""),))


def test_the_program_does_not_have_the_connection(detached: Monitored, pairs: list[Pair]) -> None:
    held = pairs[0]
    script = "for f in /proc/self/fd/*; do readlink $f; done"
    plan = detached.plan("sh", "-c", script, monitor=(held.op(),))
    inode = os.fstat(held.far.fileno()).st_ino
    detached.box.start(plan, pass_fds=(held.far.fileno(),))
    assert str(inode).encode() not in b"".join(held.heard())


def test_a_size_may_be_asked_for(detached: Monitored) -> None:
    detached.sh("trap 'stty size; exit 0' WINCH; echo up; while :; do sleep 0.02; done", extra=(("terminal", "pty"),))
    detached.await_text("up")
    detached.control.resize(40, 100)
    detached.end()
    assert "40 100" in detached.text()


def test_the_program_waits_for_one_that_reads_slowly(detached: Monitored, pairs: list[Pair]) -> None:
    """More than is put aside for a client, all of it before the first byte is read."""
    slow = pairs[0]
    script = "head -c 100000000 /dev/zero"
    ops = (slow.op("slow"), ("log", "none", "", "0", "1"))
    detached.box.start(detached.plan("sh", "-c", script, monitor=ops), pass_fds=(slow.far.fileno(),))
    detached.await_event("exec")
    assert readable(slow.near)
    slow.far.close()
    size, last = 0, b""
    for packet in packets(slow.near):
        size, last = size + (len(packet) - 1 if packet[:1] == b"o" else 0), packet
    assert (size, last) == (100_000_000, b"x0")


def test_one_that_leaves_lets_the_program_go_on(detached: Monitored, pairs: list[Pair]) -> None:
    gone = pairs[0]
    ops = (gone.op("slow"), ("log", "none", "", "0", "1"))
    detached.box.start(
        detached.plan("head", "-c", "100000000", "/dev/zero", monitor=ops), pass_fds=(gone.far.fileno(),)
    )
    gone.far.close()
    assert readable(gone.near)
    gone.near.close()
    assert detached.end()["code"] == 0


def test_the_rest_waits_for_one_that_reads_late_and_the_monitor_does_not(
    detached: Monitored, pairs: list[Pair]
) -> None:
    late, other = pairs[:2]
    ops = (late.op("once,slow"), other.op(), ("log", "none", "", "0", "1"))
    fds = (late.far.fileno(), other.far.fileno())
    detached.box.start(detached.plan("cat", "/dev/zero", monitor=ops), pass_fds=fds)
    detached.await_event("exec")
    assert readable(late.near)
    monitor = detached.pids()["monitor"]
    assert detached.control.stop(9, None) == 137
    other.near.close()
    assert gone(monitor, 5)  # below the ten seconds that others have
    detached.start("true")
    assert late.heard()[-1] == b"x137"
