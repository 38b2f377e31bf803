"""A server with many clients has descriptors above 1023, which select(2) takes none of."""

import fcntl
import os
import resource
from types import SimpleNamespace

import pytest
from hull.builder import carrying
from hull.runtime import warm

HIGH = 1100


@pytest.fixture
def pipe():
    """Give both ends of a pipe, the one to read numbered higher than select takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard <= HIGH:
        pytest.skip(f"no more than {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    low, write = os.pipe()
    ends = [fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, HIGH), write]
    os.close(low)
    yield ends
    for fd in ends:
        os.close(fd)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_lines_of_a_build_are_read(pipe):
    said = []
    os.write(pipe[1], b"one\ntwo")
    os.close(pipe.pop())
    carrying._listen(pipe, SimpleNamespace(write=lambda line, stream: said.append((line, stream))))
    assert said == [(b"one", 1), (b"two", 1)]


def test_what_was_made_ahead_is_asked_whether_it_is_ready(pipe):
    child = SimpleNamespace(stdout=SimpleNamespace(fileno=lambda: pipe[0]))
    assert not warm._has_spoken(child)
    os.write(pipe[1], b"1")
    assert warm._has_spoken(child)
