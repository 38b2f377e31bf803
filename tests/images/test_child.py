"""One confined child carries out several orders, and ends as it should."""

import os
import platform
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hull.errors import Bug, HostError, RegistryError
from hull.images import orders
from hull.images.child import Child, Children

from tests.imagebuild import compress, digest, layer, member

CHUNK = 1 << 18


class Starts:
    """Starts programs as they are, and remembers them."""

    def __init__(self) -> None:
        self.made: list[subprocess.Popen[bytes]] = []

    def __call__(
        self, argv: list[str], _flavour: str, *, env: dict[str, str] | None = None, **options: object
    ) -> "subprocess.Popen[bytes]":
        env = {**(env or os.environ), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self.made.append(subprocess.Popen(argv, env=env, **options))
        return self.made[-1]


@pytest.fixture
def starts() -> Starts:
    return Starts()


def test_a_child_takes_one_order_after_another(starts, tmp_path):
    layers = [layer(member(f"f{number}", b"x" * 300_000 * number)) for number in range(3)]
    with Children(starts, "single") as children:
        for number, data in enumerate(layers):
            (tmp_path / str(number)).mkdir()
            with children.lent() as child:
                answer = child.ask(["unpack", str(tmp_path / str(number)), "single"], [data[:1000], b"", data[1000:]])
            assert answer["diff_id"] == digest(data)
            assert (tmp_path / str(number) / f"f{number}").stat().st_size == 300_000 * number
    assert [process.returncode for process in starts.made] == [0]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another libc's memory")
def test_a_child_uses_its_memory_again(starts, tmp_path):
    size = 100 << 20
    data = compress(layer(member("f", random.Random(1).randbytes(1 << 16) * (size >> 16))), "gzip")
    with Children(starts, "single") as children, children.lent() as child:
        child.ask(
            ["unpack", str(tmp_path), "single"], [data[place : place + CHUNK] for place in range(0, len(data), CHUNK)]
        )
        faults = int(Path(f"/proc/{starts.made[0].pid}/stat").read_text().rpartition(")")[2].split()[7])
    assert faults * os.sysconf("SC_PAGE_SIZE") < size


def test_a_child_keeps_nothing_open_between_orders(starts, tmp_path):
    with Children(starts, "single") as children, children.lent() as child:
        for number in range(3):
            (tmp_path / str(number)).mkdir()
            child.ask(["unpack", str(tmp_path / str(number)), "single"], [layer(member("d/f"))])
            child.ask(["link", str(tmp_path / str(number)), str(tmp_path)], [b'[["d", ""]]'])
        open_now = {os.readlink(f"/proc/{starts.made[0].pid}/fd/{fd}") for fd in _fds(starts.made[0].pid)}
    assert not {place for place in open_now if place.startswith(str(tmp_path))}


def test_as_many_children_as_are_lent_at_once(starts):
    with Children(starts, "single") as children:
        with children.lent() as one, children.lent() as other:
            assert one is not other
        with children.lent() as again:
            assert again in {one, other}
    assert [process.returncode for process in starts.made] == [0, 0]


def test_an_error_is_raised_here_and_ends_the_child(starts, tmp_path):
    with Children(starts, "single") as children:
        with pytest.raises(RegistryError, match="no tar"), children.lent() as child:
            child.ask(["unpack", str(tmp_path), "single"], [b"no tar at all" * 100_000] * 10)
        with children.lent() as child:
            assert child.ask(["digest", str(tmp_path)])["digests"]
    assert [process.returncode for process in starts.made] == [1, 0]


def test_a_source_that_fails_ends_the_child(starts, tmp_path):
    def cut() -> Iterator[bytes]:
        yield layer(member("f"))[:700]
        raise BrokenPipeError("the registry's, not the child's")

    children = Children(starts, "single")
    with pytest.raises(BrokenPipeError, match="the registry's"), children, children.lent() as child:
        child.ask(["unpack", str(tmp_path), "single"], cut())
    assert starts.made[0].returncode == -9


def test_whoever_fails_with_a_child_gives_none_back(starts):
    with Children(starts, "single") as children, pytest.raises(KeyError), children.lent():
        raise KeyError
    assert [process.returncode for process in starts.made] == [-9]


def test_a_child_that_falls_silent_is_an_error(starts, tmp_path):
    child = Child(starts, "single")
    starts.made[0].kill()
    with pytest.raises(HostError, match="ended with -9"):
        child.ask(["digest", str(tmp_path)])
    with pytest.raises(Bug, match="KeyError"):
        Child(starts, "single").ask(["no such thing"])


def test_a_child_whose_owner_is_gone_ends_without_an_answer(starts, tmp_path):
    child = starts([sys.executable, "-P", "-m", "hull.images.unpacker"], "", stdin=-1, stdout=-1, stderr=-1)
    words = b'["unpack", "%s", "single"]' % bytes(tmp_path)
    said = child.communicate(len(words).to_bytes(4, "big") + words + b"\0\0\1\0rest", timeout=30)
    assert said == (b"", b"")
    assert child.returncode == 1


def test_input_that_nobody_read_does_not_become_an_order():
    here, there = os.pipe()
    orders.send(there, ["one"], [b"abc", b"d"])
    orders.send(there, ["two"], [b"e"])
    os.close(there)
    found = [(words, read(2)) for words, read in orders.received(here)]
    os.close(here)
    assert found == [(["one"], b"ab"), (["two"], b"e")]


def _fds(pid: int) -> list[str]:
    return os.listdir(f"/proc/{pid}/fd")
