"""An iterator runs ahead in a thread of its own: in order, bounded, its errors kept, and it ends with who reads it."""

import threading

import pytest
from hull.images import ahead
from hull.images.ahead import DEPTH

WAIT = 10


def test_all_items_come_in_order_from_another_thread():
    makers = set()

    def items():
        for number in range(100):
            makers.add(threading.get_ident())
            yield b"%d" % number

    with ahead.running(items()) as read:
        assert list(read) == [b"%d" % number for number in range(100)]
    assert len(makers) == 1
    assert threading.get_ident() not in makers


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield b"one"
        raise EOFError("the end")

    with ahead.running(items()) as read:
        assert next(read) == b"one"
        with pytest.raises(EOFError, match="the end"):
            next(read)


def test_it_runs_ahead_no_further_than_told():
    taken = threading.Semaphore(0)

    def items():
        while True:
            taken.release()
            yield b"more"

    with ahead.running(items()) as read:
        for _ in range(DEPTH + 1):
            assert taken.acquire(timeout=WAIT)
        assert not taken.acquire(timeout=0.1)
        next(read)
        assert taken.acquire(timeout=WAIT)


def test_the_thread_ends_when_nobody_reads_on():
    threads = []

    def items():
        threads.append(threading.current_thread())
        while True:
            yield b"more"

    with ahead.running(items()) as read:
        next(read)
    threads[0].join(WAIT)
    assert not threads[0].is_alive()


def test_an_item_that_never_comes_holds_nobody_up():
    gate, came = threading.Event(), threading.Event()

    def items():
        yield b"one"
        gate.wait(WAIT)
        came.set()

    with ahead.running(items()) as read:
        next(read)
    assert not came.is_set()
    gate.set()
