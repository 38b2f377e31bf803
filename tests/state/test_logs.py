"""The reader of json-file logs: exact bytes, the last lines, rotation under its feet."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hull.output import Piece
from hull.state import logfile
from hull.state.logs import Log
from hull.state.records import BLOCK, Wanted
from hypothesis import given
from hypothesis import strategies as st

TIME = "2026-11-25T14:12:45.5Z"
SECONDS = 1_795_615_965


def record(data: bytes, stream: str = "stdout", time: str = TIME, **more: str) -> bytes:
    """Return a record as the monitor writes it."""
    fields = {"log": data.decode(errors="replace"), "stream": stream, "time": time, **more}
    if data.decode(errors="replace").encode() != data:
        fields["raw"] = base64.b64encode(data).decode()
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def warned(text: str) -> None:
    raise AssertionError(text)


def read(directory: Path, **wanted: object) -> list[tuple[int, bytes]]:
    return joined(Log(str(directory), Wanted(**wanted), warned).read())  # type: ignore[arg-type]


def joined(pieces: Iterator[Piece]) -> list[tuple[int, bytes]]:
    runs: list[tuple[int, bytes]] = []
    for stream, data in pieces:
        if runs and runs[-1][0] == stream:
            runs[-1] = (stream, runs[-1][1] + data)
        else:
            runs.append((stream, data))
    return runs


def test_streams_keep_their_order_and_their_bytes(tmp_path: Path) -> None:
    odd = bytes(range(256))
    text = 'quote " backslash \\ tab\t é € 😀 \x00\x1b\x7f /\n'.encode()
    lines = [record(text), record(odd, "stderr"), record(b"a\n"), record(b"b"), record(b"\n")]
    (tmp_path / "log.json").write_bytes(b"".join(lines))
    assert read(tmp_path) == [(1, text), (2, odd), (1, b"a\nb\n")]


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.booleans())
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], ascii_only: bool) -> None:
    directory = tmp_path_factory.mktemp("log")
    records = [record(chunk) for chunk in chunks]
    if ascii_only:
        records = [json.dumps(json.loads(line)).encode() + b"\n" for line in records]
    (directory / "log.json").write_bytes(b"".join(records))
    assert b"".join(data for _, data in read(directory)) == b"".join(chunks)


def test_other_writers_keys_are_passed_over(tmp_path: Path) -> None:
    docker = b'{"attrs":{"a":"}\\"","b":[1,{"c":"\\\\"}]},"n":-1.5e3,"log":"\\u00e9\\ud83d\\ude00\\ud800\\/\\n"}\r\n'
    (tmp_path / "log.json").write_bytes(docker)
    assert read(tmp_path) == [(1, "é😀\ufffd/\n".encode())]


def test_torn_records_take_no_whole_one_with_them(tmp_path: Path) -> None:
    torn = record(b"torn\n")
    for cut in range(len(torn) - 1):
        whole = record(b'"{\\"log\\":\\"\n')
        (tmp_path / "log.json").write_bytes(record(b"a\n") + torn[:cut] + whole + torn[:cut])
        assert read(tmp_path) == [(1, b'a\n"{\\"log\\":\\"\n')], cut


def test_a_record_longer_than_a_block(tmp_path: Path) -> None:
    long = b"x" * (3 * BLOCK) + b"\n"
    (tmp_path / "log.json").write_bytes(record(b"a\n") + record(long) + record(b"b\n"))
    assert read(tmp_path) == [(1, b"a\n" + long + b"b\n")]
    assert read(tmp_path, tail=2) == [(1, long + b"b\n")]


def test_each_line_has_its_time_once(tmp_path: Path) -> None:
    later = "2026-11-25T14:12:46.012345678Z"
    lines = [
        record(b"one "),
        record(b"line\n", time=later),
        record(b"e\n", "stderr", later),
        record(b""),
        record(b"2\n", time="2026-11-25T14:12:47+01:00"),
    ]
    (tmp_path / "log.json").write_bytes(b"".join(lines))
    first = b"2026-11-25T14:12:45.500000000Z k=v one line\n"
    assert read(tmp_path, timestamps=True, details=b"k=v ") == [
        (1, first),
        (2, b"2026-11-25T14:12:46.012345678Z k=v e\n"),
        (1, b"2026-11-25T14:12:47.000000000+01:00 k=v 2\n"),
    ]


def test_since_and_until(tmp_path: Path) -> None:
    half, second = 500_000_000, 1_000_000_000
    times = ("2024-02-29T23:59:59.999999999Z", TIME, "2026-11-25T14:12:46Z", "2026-11-25T14:12:46.000000001Z")
    (tmp_path / "log.json").write_bytes(b"".join(record(f"{n}\n".encode(), time=t) for n, t in enumerate(times)))
    now = SECONDS * second
    leap = 1_709_251_199 * second + 999_999_999
    assert read(tmp_path, since=leap) == [(1, b"0\n1\n2\n3\n")]
    assert read(tmp_path, since=leap + 1) == [(1, b"1\n2\n3\n")]
    assert read(tmp_path, since=now + half, until=now + second) == [(1, b"1\n2\n")]
    assert read(tmp_path, since=now + second) == [(1, b"2\n3\n")]
    assert read(tmp_path, until=leap - 1) == []


@pytest.mark.parametrize("ending", [b"", b"rest"])
def test_the_last_lines(tmp_path: Path, ending: bytes) -> None:
    """Over three files, in pieces and with a backslash before an n that ends no line."""
    lines = [f"line {n}\\n".encode() + (b"\n" if n % 3 else b"\\\n") for n in range(3000)] + [ending] * bool(ending)
    records = [record(part) for line in lines for part in (line[:3], line[3:]) if part]
    third = len(records) // 3
    for number, name in enumerate(("log.json.2", "log.json.1", "log.json")):
        part = records[number * third : (number + 1) * third if number < 2 else None]
        (tmp_path / name).write_bytes(b"".join(part))
    for count in (1, 2, 10, 999, 1000, 1001, 2999, len(lines), len(lines) + 1, 99999):
        assert read(tmp_path, tail=count) == [(1, b"".join(lines[-count:]))], count
    assert read(tmp_path, tail=0) == []
    assert read(tmp_path) == [(1, b"".join(lines))]


def test_the_last_lines_are_found_from_the_end(tmp_path: Path) -> None:
    with open(tmp_path / "log.json", "wb") as file:
        file.seek(1 << 40)  # a hole: reading it would take minutes
        file.write(b"\n" + record(b"a\n") + record(b"b\n"))
    assert read(tmp_path, tail=1) == [(1, b"b\n")]


def test_a_log_without_files_is_empty(tmp_path: Path) -> None:
    assert not Log.kept(str(tmp_path))
    assert read(tmp_path) == []
    assert list(Log(str(tmp_path / "gone"), Wanted(), warned).read()) == []


class Follower:
    """Follow a log in a thread until `end`."""

    def __init__(self, directory: Path, warn: Callable[[str], None] = warned, **wanted: object) -> None:
        self.going = True
        self.data = b""
        self.seen = threading.Condition()
        self._log = Log(str(directory), Wanted(**wanted), warn)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        for piece in self._log.follow(lambda: self.going):
            with self.seen:
                self.data += piece.data
                self.seen.notify_all()

    def until(self, ending: bytes) -> None:
        with self.seen:
            assert self.seen.wait_for(lambda: self.data.endswith(ending), 10), self.data[-100:]

    def end(self) -> bytes:
        self.going = False
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.data


def test_follow_sees_each_line_and_ends(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    path = tmp_path / "log.json"
    path.write_bytes(record(b"one\n"))
    follower.until(b"one\n")
    for n in range(20):
        with path.open("ab") as file:
            file.write(record(f"{n}\n".encode())[:30])
            file.flush()
            file.write(record(f"{n}\n".encode())[30:])
        follower.until(f"{n}\n".encode())
    with path.open("ab") as file:
        file.write(record(b"last"))
    assert follower.end() == b"one\n" + b"".join(f"{n}\n".encode() for n in range(20)) + b"last"


def test_follow_begins_at_the_last_lines(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(b"".join(record(f"{n}\n".encode()) for n in range(100)))
    follower = Follower(tmp_path, tail=1)
    follower.until(b"99\n")
    assert follower.end() == b"99\n"


WRITER = """
import os, sys
directory, most, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sys.path.insert(0, sys.argv[4])
from tests.state.test_logs import record
path = directory + "/log.json"
file, size = open(path, "ab", 0), 0
for n in range(int(sys.argv[5])):
    line = record(f"{n:07} {'x' * (n % 90)}\\n".encode())
    if size and size + len(line) > most:
        for number in range(files - 1, 0, -1):
            source = path if number == 1 else f"{path}.{number - 1}"
            if os.path.exists(source):
                os.rename(source, f"{path}.{number}")
        file.close()
        file, size = open(path, "ab", 0), 0
    file.write(line)
    size += len(line)
"""


def write(directory: Path, most: int, files: int, count: int) -> "subprocess.Popen[bytes]":
    here = str(Path(__file__).parents[2])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [str(directory), str(most), str(files), here, str(count)]
    return subprocess.Popen([sys.executable, "-c", WRITER, *words], env=environ)


def expected(count: int) -> bytes:
    return b"".join(f"{n:07} {'x' * (n % 90)}\n".encode() for n in range(count))


@pytest.mark.parametrize(("most", "count"), [(4 << 10, 5_000), (256 << 10, 30_000)])
def test_rotation_under_a_follower_loses_and_repeats_nothing(
    tmp_path: Path, children: list["subprocess.Popen[bytes]"], most: int, count: int
) -> None:
    follower = Follower(tmp_path)
    children.append(write(tmp_path, most, 1000, count))
    assert children[0].wait(60) == 0
    assert follower.end() == expected(count)
    assert read(tmp_path) == [(1, expected(count))]


def test_rotation_under_a_reader_leaves_no_gap(tmp_path: Path, children: list["subprocess.Popen[bytes]"]) -> None:
    children.append(write(tmp_path, 8 << 10, 1000, 8_000))
    looks = 0
    while children[0].poll() is None or not looks:
        numbers = [int(line[:7]) for _, data in read(tmp_path) for line in data.splitlines()]
        assert numbers == list(range(len(numbers)))
        looks += 1


def test_two_rotations_between_two_looks_of_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader meets a file that is newer than the one it began with."""
    path, opened = str(tmp_path / "log.json"), logfile._open
    for number, file in enumerate(("log.json.2", "log.json.1", "log.json")):
        (tmp_path / file).write_bytes(record(f"{number}\n".encode()))

    def slow(name: str) -> logfile.LogFile | None:
        found = opened(name)
        if name == path:
            for later in (3, 4):
                for source in (4, 3, 2, 1, 0):
                    old = f"{path}.{source}" if source else path
                    if os.path.exists(old):
                        os.rename(old, f"{path}.{source + 1}")
                (tmp_path / "log.json").write_bytes(record(f"{later}\n".encode()))
        return found

    monkeypatch.setattr(logfile, "_open", slow)
    assert read(tmp_path) == [(1, b"0\n1\n2\n3\n")]


def test_a_follower_that_was_too_slow_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "log.json").write_bytes(record(b"first\n"))
    pieces = Log(str(tmp_path), Wanted(), told.append).follow(lambda: True)
    assert next(pieces).data == b"first\n"
    (tmp_path / "log.json").unlink()
    for number, name in enumerate(("log.json.1", "log.json")):
        (tmp_path / name).write_bytes(record(f"later {number}\n".encode()))
    assert (next(pieces).data, next(pieces).data) == (b"later 0\n", b"later 1\n")
    pieces.close()  # type: ignore[attr-defined]
    assert len(told) == 1


def test_until_ends_a_follower(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(record(b"a\n") + record(b"late\n", time="2030-01-01T00:00:00Z"))
    wanted = Wanted(until=(SECONDS + 1) * 1_000_000_000)
    assert joined(Log(str(tmp_path), wanted, warned).follow(lambda: True)) == [(1, b"a\n")]


def test_a_follower_ends_when_nobody_reads_its_pipe(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    (tmp_path / "log.json").write_bytes(record(b"a\n"))
    pieces = Log(str(tmp_path), Wanted(), warned).follow(lambda: True, writer)
    assert next(pieces).data == b"a\n"
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        next(pieces)
    os.close(writer)
