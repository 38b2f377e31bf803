"""Docker's json-file: every byte is there, in order, whatever it is, across rotation, restart and a full disk."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.launcher.monitored import Entry, Monitored, entries
from tests.waiting import gone, until

MIB = 1 << 20
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


def logged(detached: Monitored, files: int = 1) -> dict[str, bytes]:
    """Return what each stream has in all the log's files, oldest first."""
    pieces: dict[str, list[bytes]] = {}
    for number in reversed(range(files)):
        if number == 0 or os.path.exists(f"{detached.log}.{number}"):
            for entry in detached.entries(number):
                pieces.setdefault(entry.stream, []).append(entry.data)
    return {stream: b"".join(found) for stream, found in pieces.items()}


def data(detached: Monitored, stream: str, files: int = 1) -> bytes:
    """Return what a stream has in all the log's files, oldest first."""
    return logged(detached, files).get(stream, b"")


def shown(detached: Monitored, blob: bytes, script: str = "cat /blob", **how: Any) -> list[Entry]:
    """Run a script beside a file of that content and return the log."""
    with open(f"{detached.box.layer}/blob", "wb") as file:
        file.write(blob)
    detached.box.give(f"{detached.box.layer}/blob")
    detached.sh(script, **how)
    detached.end()
    return detached.entries()


def test_a_line_is_as_docker_writes_it(detached: Monitored) -> None:
    (entry,) = shown(detached, b'hi "there" \\ \t\x01 \xc3\xa9\n')
    assert entry.line["log"] == 'hi "there" \\ \t\x01 é\n'
    assert list(entry.line) == ["log", "stream", "time"]
    assert STAMP.fullmatch(entry.line["time"])
    assert os.stat(detached.log).st_mode & 0o777 == 0o600


def test_bytes_that_are_no_text_are_kept_raw(detached: Monitored) -> None:
    every = bytes(range(256)) + b"\n"
    found = shown(detached, every * 3)
    assert b"".join(entry.data for entry in found) == every * 3
    marked = [entry.line["log"] for entry in found if "raw" in entry.line]
    assert marked
    assert all("\ufffd" in text for text in marked)


@pytest.mark.parametrize(
    "blob",
    [
        b"\xc3",
        b"\xc3\n",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xff\xfe",
        b"\x80",
        b"a\xe2b\n",
        b"\xe2\x82\xac\xf0\x9f\x98\x80\xc3\xa9",
    ],
    ids=bytes.hex,
)
def test_what_is_utf8_is_decided_as_python_does(detached: Monitored, blob: bytes) -> None:
    found = shown(detached, blob)
    assert b"".join(entry.data for entry in found) == blob
    try:
        blob.decode()
    except UnicodeDecodeError:
        assert any("raw" in entry.line for entry in found)
    else:
        assert not any("raw" in entry.line for entry in found)


def test_the_last_line_needs_no_newline(detached: Monitored) -> None:
    assert [entry.data for entry in shown(detached, b"one\ntwo")] == [b"one\n", b"two"]


def test_a_long_line_comes_in_pieces_and_no_character_is_cut(detached: Monitored) -> None:
    blob = "€".encode() * 20000 + b"\n"
    found = shown(detached, blob)
    assert b"".join(entry.data for entry in found) == blob
    assert max(len(entry.data) for entry in found) <= 16384
    assert not any("raw" in entry.line for entry in found)
    assert [entry.data.endswith(b"\n") for entry in found] == [False] * (len(found) - 1) + [True]


def test_an_unfinished_line_waits_for_its_end(detached: Monitored) -> None:
    detached.sh("printf one; sleep 0.3; echo two; exec sleep 1000")
    until(detached.entries)
    assert [entry.data for entry in detached.entries()] == [b"onetwo\n"]


def test_fifty_mebibytes_of_two_streams_with_rotation(detached: Monitored) -> None:
    blob = (os.urandom(700) + b"\n") * 1000 + b"".join(b"%0100d\n" % n for n in range(10000))
    blob = (blob * (25 * MIB // len(blob) + 1))[: 25 * MIB] + b"no newline"
    how = {"monitor": (("log", "json-file", detached.log, str(MIB), "500"),)}
    shown(detached, blob, "cat /blob & cat /blob >&2; wait", **how)
    numbers = [n for n in range(501) if os.path.exists(f"{detached.log}.{n}")]
    assert len(numbers) > 50
    found = logged(detached, 501)
    assert {stream: found[stream] == blob for stream in found} == {"stdout": True, "stderr": True}
    assert all(os.stat(f"{detached.log}.{n}").st_size <= MIB for n in numbers)


def test_rotation_keeps_as_many_files_as_asked(detached: Monitored) -> None:
    blob = b"".join(b"line %d\n" % n for n in range(20000))
    shown(detached, blob, monitor=(("log", "json-file", detached.log, "65536", "3"),))
    names = sorted(name for name in os.listdir(detached.box.base) if name.startswith("log.json"))
    assert names == ["log.json", "log.json.1", "log.json.2"]
    kept = data(detached, "stdout", 3)
    assert blob.endswith(kept)
    assert len(kept) > 14000


def test_one_file_begins_anew(detached: Monitored) -> None:
    blob = b"".join(b"line %d\n" % n for n in range(5000))
    shown(detached, blob, monitor=(("log", "json-file", detached.log, "65536", "1"),))
    assert blob.endswith(data(detached, "stdout"))
    assert os.stat(detached.log).st_size <= 65536
    assert not os.path.exists(f"{detached.log}.1")


def test_no_log_where_none_is_asked(detached: Monitored) -> None:
    detached.sh("echo hi", monitor=(("log", "none", "", "0", "1"),))
    detached.end()
    assert not os.path.exists(detached.log)


def test_half_a_line_of_a_killed_monitor_is_not_continued(detached: Monitored) -> None:
    with open(detached.log, "w") as file:
        file.write('{"log":"torn')
    detached.sh("echo whole")
    detached.end()
    with open(detached.log, "rb") as file:
        torn, whole = file.read().splitlines()
    assert torn == b'{"log":"torn'
    assert json.loads(whole)["log"] == "whole\n"


def test_what_was_written_before_the_end_is_logged_before_the_exit(detached: Monitored) -> None:
    detached.sh("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last")
    detached.end()
    assert len(data(detached, "stdout")) == 3000006
    assert data(detached, "stdout").endswith(b"x\nlast\n")


@pytest.fixture
def small_disk(detached: Monitored) -> Iterator[str]:
    """Give a file system of 1 MiB."""
    if os.geteuid():
        pytest.skip("needs root: the as_root part runs it")
    place = f"{detached.box.base}/small"
    os.mkdir(place)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "small", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_ends_nothing_and_tears_no_line(detached: Monitored, small_disk: str) -> None:
    log = f"{small_disk}/log.json"
    monitor = (("log", "json-file", log, "0", "1"),)
    script = "trap 'seq 5; exit 6' USR1; seq 200000; mkdir /full; while :; do sleep 0.02; done"
    detached.sh(script, monitor=monitor)
    until(lambda: os.path.exists(f"{detached.box.upper}/full"))
    with open(log, "rb") as file:
        kept = list(entries(line for line in file if line.endswith(b"\n")))  # the monitor tries again and again
    assert len(kept) > 1000
    assert detached.control.state()["lost"] > 0
    os.truncate(log, 0)
    detached.control.signal(signal.SIGUSR1)
    assert detached.end()["code"] == 6
    with open(log, "rb") as file:
        assert b"".join(entry.data for entry in entries(iter(file))).endswith(b"1\n2\n3\n4\n5\n")


def test_a_killed_monitor_leaves_whole_lines(detached: Monitored) -> None:
    detached.sh("while :; do echo line; done")
    pids = detached.pids()
    until(lambda: os.stat(detached.log).st_size > 100000)
    os.kill(pids["monitor"], signal.SIGKILL)
    assert all(gone(pid) for pid in pids.values())
    with open(detached.log, "rb") as file:
        whole = [line for line in file if line.endswith(b"\n")]
    assert {entry.data for entry in entries(iter(whole))} == {b"line\n"}


def test_what_is_in_the_pipe_when_the_last_process_is_gone_is_logged(detached: Monitored) -> None:
    with open(f"{detached.box.layer}/blob", "wb") as file:
        file.write(b"x" * 60000)
    detached.sh("trap 'cat /blob; exit 3' USR1; printf %010000d 0; mkdir /up; while :; do sleep 0.02; done")
    pids = detached.pids()
    until(lambda: os.path.exists(f"{detached.box.upper}/up"))
    detached.control.state()  # a round of the monitor: it has taken the unfinished line
    os.kill(pids["monitor"], signal.SIGSTOP)
    os.kill(pids["init"], signal.SIGUSR1)
    try:
        assert gone(pids["launcher"])
    finally:
        os.kill(pids["monitor"], signal.SIGCONT)
    assert detached.end()["code"] == 3
    assert data(detached, "stdout") == b"0" * 10000 + b"x" * 60000
