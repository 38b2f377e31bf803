"""What is read of a program's streams by a client that has many files open."""

import fcntl
import os
import resource
import socket
from collections.abc import Iterator

import pytest
from hull.remote.streams import Feed, heard

HIGH = 1030  # beyond what select can ask for


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Give a pipe whose end to read from has a high number."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(HIGH + 200, limits[1]), limits[1]))
    low, end = os.pipe()
    high = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, HIGH)
    os.close(low)
    yield high, end
    for fd in (high, end):
        os.close(fd)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_descriptor_of_any_number_is_heard(pipe: tuple[int, int]) -> None:
    assert heard(pipe[0], seconds=0) == set()
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    feed = Feed(theirs, pipe[0])
    os.write(pipe[1], b"typed")
    assert ours.recv(10) == b"typed"
    feed.stop()
    os.write(pipe[1], b"later")
    assert heard(pipe[0], seconds=20) == {pipe[0]}
    assert os.read(pipe[0], 10) == b"later"
    ours.close()
    theirs.close()
