"""What builds tell: in time, however much it is, and never more than is read."""

import threading
import time

import pytest
from hull.builder import console as consoles
from hull.builder.console import Console, Tale
from hull.builder.displays import Quiet

from tests.waiting import until


class LeftError(Exception):
    pass


class Impatient(Quiet):
    def tick(self):
        raise LeftError


def test_a_program_that_never_stops_writing_does_not_keep_a_build_from_being_stopped():
    console, end = Console(Impatient()), time.monotonic() + 5

    def again():
        console.show(again)
        return b"line"

    console.show(again)
    with pytest.raises(LeftError):
        next(piece for piece in console.pieces() if time.monotonic() > end)


def test_a_program_waits_for_who_reads_and_for_nobody_who_has_left():
    console = Console(Quiet())
    tale, written, most = Tale(console, "a", 1), [], consoles.WAITING + 50
    tale.begin(None, "RUN x")

    def write():
        for number in range(most):
            tale.write(b"line")
            written.append(number)

    writing = threading.Thread(target=write)
    writing.start()
    until(lambda: len(written) == consoles.WAITING, lambda: len(written))
    for _ in range(10):
        console._queue.get()()
    until(lambda: len(written) == consoles.WAITING + 10, lambda: len(written))
    assert writing.is_alive()
    console.leave()
    writing.join(20)
    assert len(written) == most
