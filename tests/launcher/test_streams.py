"""What `streams-closed` makes of the program's three streams: they lead no further than they say."""

import os
import pathlib
import subprocess

import pytest

from tests.launcher.conftest import Box, Op
from tests.launcher.test_join import joining

CLOSED: tuple[Op, ...] = (("streams-closed",),)
ATTACK = "read a; echo $a; echo evil > /proc/self/fd/0; chmod 777 /proc/self/fd/0; cat"


@pytest.fixture
def given(tmp_path: pathlib.Path) -> pathlib.Path:
    """Give a file of the caller's that others may write, so that only its mount can refuse."""
    path = tmp_path / "given"
    path.write_text("one\ntwo\n")
    path.chmod(0o666)
    tmp_path.chmod(0o777)
    return path


@pytest.mark.parametrize("extra", [(), CLOSED], ids=["open", "closed"])
def test_a_file_to_read_cannot_be_written_through_its_descriptor(
    box: Box, given: pathlib.Path, extra: tuple[Op, ...]
) -> None:
    with open(given) as file:
        done = box.sh("read a; echo $a; echo evil > /proc/self/fd/0", extra=extra, stdin=file)
    assert done.out == "one\n", done
    assert given.read_text() == ("one\ntwo\n" if extra else "evil\n")


def test_it_is_read_to_its_end_and_keeps_its_mode(box: Box, given: pathlib.Path) -> None:
    with open(given) as file:
        done = box.sh(ATTACK, extra=CLOSED, stdin=file)
    assert done.out == "one\ntwo\n", done
    assert (given.read_text(), given.stat().st_mode & 0o777) == ("one\ntwo\n", 0o666)


def test_it_goes_on_where_the_caller_was(box: Box, given: pathlib.Path) -> None:
    with open(given, "rb", buffering=0) as file:
        file.read(4)
        assert box.sh("cat", extra=CLOSED, stdin=file).out == "two\n"


def test_another_file_of_that_name_is_not_taken_for_it(box: Box, given: pathlib.Path) -> None:
    with open(given) as file:
        os.link(given, f"{given}.kept")
        os.unlink(given)
        given.write_text("another\n")
        done = box.sh(ATTACK, extra=CLOSED, stdin=file)
    assert done.out == "one\ntwo\n", done
    assert pathlib.Path(f"{given}.kept").read_text() == "one\ntwo\n"


def test_a_program_that_joins_gets_a_sealed_copy(box: Box, given: pathlib.Path) -> None:
    child = box.up("echo up; read x")
    plan = joining(box, "sh", "-c", ATTACK, extra=CLOSED)
    with open(given) as file:
        done = box.finish(box.start(plan, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert done.out == "one\ntwo\n", done
    assert given.read_text() == "one\ntwo\n"
    child.communicate(b"\n", timeout=10)


def test_a_file_of_the_kernels_is_copied_though_it_has_no_size(box: Box) -> None:
    child = box.up("echo up; read x")
    with open("/proc/version") as file:
        plan = joining(box, "cat", extra=CLOSED)
        done = box.finish(box.start(plan, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert done.out == pathlib.Path("/proc/version").read_text(), done
    child.communicate(b"\n", timeout=10)


def test_too_much_to_copy_is_refused(box: Box, given: pathlib.Path) -> None:
    child = box.up("echo up; read x")
    os.truncate(given, (64 << 20) + 1)
    with open(given) as file:
        done = box.finish(box.start(joining(box, "true", extra=CLOSED), stdin=file, stderr=subprocess.PIPE))
    assert done.code == 125
    assert "cat FILE" in done.err
    child.communicate(b"\n", timeout=10)


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_directory_is_refused(box: Box, tmp_path: pathlib.Path, stream: int) -> None:
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        streams = [subprocess.DEVNULL, subprocess.DEVNULL, subprocess.PIPE]
        streams[stream] = fd
        child = box.start(box.plan("true", extra=CLOSED), stdin=streams[0], stdout=streams[1], stderr=streams[2])
        done = box.finish(child)
    finally:
        os.close(fd)
    assert done.code == 125, done
    assert "directory" in done.event("failed")["object"], done


def test_pipes_and_files_to_write_are_left_alone(box: Box, given: pathlib.Path) -> None:
    assert box.sh("cat", extra=CLOSED, given=b"through\n").out == "through\n"
    with open(given, "w") as file:
        assert box.sh("echo out", extra=CLOSED, stdout=file).code == 0
    assert given.read_text() == "out\n"
