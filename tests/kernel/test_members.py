"""Plain files are made in C; whatever is out of the ordinary is left alone, with all that follows it."""

import os
import subprocess
import sys

import pytest
from hull.kernel.members import Maker

from tests.imagebuild import member

MOST = 1 << 16


@pytest.fixture
def made(tmp_path):
    """Return what offers archive bytes to a maker: what it took, the directory's files, the headers."""
    fd = os.open(tmp_path, os.O_RDONLY)
    old = os.umask(0)

    def call(data, above=b"", most=MOST):
        used, content, heads = Maker(most).make(fd, above, memoryview(data))
        return used, content, heads, sorted(os.listdir(tmp_path))

    yield call
    os.umask(old)
    os.close(fd)


def changed(block, place, value):
    """Return a member with some bytes of its header changed, its checksum made to hold."""
    head = bytearray(block[:512])
    head[place : place + len(value)] = value
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + block[512:]


def test_files_with_content_mode_and_time(made, tmp_path):
    parts = [member("d/a", b"x" * 700, mode=0o641, mtime=5), member("./d/b", mode=0o1600), member("d/c", b"y" * 512)]
    used, content, heads, names = made(b"".join(parts), b"d")
    assert (used, content, names) == (sum(map(len, parts)), 1212, ["a", "b", "c"])
    assert heads == b"".join(part[:512] for part in parts)
    assert [(tmp_path / name).read_bytes() for name in names] == [b"x" * 700, b"", b"y" * 512]
    assert [(tmp_path / name).stat().st_mode & 0o7777 for name in names] == [0o641, 0o1600, 0o644]
    assert (tmp_path / "a").stat().st_mtime_ns == 5 * 10**9


PLAIN = member("f", b"data")
ODD = {
    "another directory": member("d/f", b"data"),
    "a name that leads out": member("../f", b"data"),
    "an absolute name": member("/f", b"data"),
    "no name": changed(PLAIN, 0, bytes(100)),
    "a whiteout": member(".wh.f"),
    "a directory's name": member("f/", b"data"),
    "a directory": member("f", kind=b"5"),
    "a link": member("f", kind=b"2"),
    "a header for the next member": member("f", b"data", kind=b"x"),
    "sparse": changed(PLAIN, 156, b"S"),
    "a set-id bit": member("f", b"data", mode=0o4755),
    "another owner": changed(PLAIN, 108, b"0000001\0"),
    "another group": changed(PLAIN, 116, b"0000001\0"),
    "no owner": changed(PLAIN, 108, bytes(8)),
    "a number in base 256": changed(PLAIN, 124, b"\x80" + bytes(10) + b"\4"),
    "a number with a tail": changed(PLAIN, 124, b"0000004 4\0\0\0"),
    "a number that is none": changed(PLAIN, 136, b"000000z\0"),
    "a prefix": changed(PLAIN, 345, b"d"),
    "a wrong checksum": b"g" + PLAIN[1:],
    "as large as the limit": member("f", bytes(MOST)),
    "the end": bytes(1024),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_not_plain_is_left_alone(made, tmp_path, kind):
    (tmp_path / "d").mkdir()
    assert made(member("a") + ODD[kind] + member("z")) == (512, 0, member("a")[:512], ["a", "d"])


@pytest.mark.parametrize("size", [1, 511, 512, 515, 1023])
def test_a_member_that_is_not_whole_is_left_alone(made, size):
    assert made(member("a") + PLAIN[:size]) == (512, 0, member("a")[:512], ["a"])


def test_a_file_just_below_the_limit_is_taken(made):
    assert made(member("f", bytes(MOST - 1)))[1] == MOST - 1


def test_a_name_of_the_whole_field(made):
    assert made(member("n" * 100, b"data"))[3] == ["n" * 100]


@pytest.mark.parametrize(("above", "name"), [(b"d", "dd/f"), (b"d", "dxf"), (b"dd/e", "dd/f"), (b"dd/", "dd/f")])
def test_a_directory_is_its_whole_name(made, above, name):
    assert made(member(name, b"data"), above)[0] == 0


def test_what_is_there_is_not_written_through(made, tmp_path):
    (tmp_path / "target").write_text("untouched")
    (tmp_path / "f").symlink_to("target")
    assert made(member("a") + PLAIN)[0] == 512
    assert (tmp_path / "target").read_text() == "untouched"


def test_headers_that_fill_the_room_end_a_run(made):
    data = b"".join(member(f"f{number}") for number in range(300))
    used, _, heads, names = made(data)
    assert used == 256 * 512 == len(heads)
    assert len(names) == 256


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    code = (
        "import os, resource, signal, sys; from hull.kernel.members import Maker; from tests.imagebuild import member\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))\n"
        "data = memoryview(member('a', b'x' * 600) + member('f', b'x' * 601))\n"
        "print(Maker(1 << 16).make(os.open(sys.argv[1], os.O_RDONLY), b'', data)[0], os.listdir(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "1536 ['a']\n"


def test_no_descriptor_stays_open(made):
    before = len(os.listdir("/proc/self/fd"))
    made(member("a") + member("b", b"data") + member("a"))
    assert len(os.listdir("/proc/self/fd")) == before
