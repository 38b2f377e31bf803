"""The reader fails closed: what is not exactly a plan starts nothing and ends with 125."""

import subprocess

import pytest
from hull.runtime import ops
from hull.runtime.launch import program

from tests.launcher.conftest import Box

GOOD = b"hull-plan\x001\0arg\0true\0end\0"
BAD = {
    "empty": (b"", "not a file of"),
    "other magic": (b"hull-plam\x001\0end\0", "does not begin"),
    "other version": (b"hull-plan\x002\0end\0", "version"),
    "unknown word": (b"hull-plan\x001\0args\0true\0end\0", "unknown word"),
    "short argument": (b"hull-plan\x001\0bind\0a\0b", "argument is missing"),
    "no end": (b"hull-plan\x001\0arg\0true\0", "end is missing"),
    "cut in the end": (GOOD[:-1], "end is missing"),
    "trailing": (GOOD + b"x", "follows its end"),
    "trailing NUL": (GOOD + b"\0", "follows its end"),
    "too long": (GOOD + bytes(ops.MAX_BYTES), "not a file of"),
}


@pytest.mark.parametrize(("plan", "reason"), BAD.values(), ids=BAD)
def test_a_plan_that_is_none_starts_nothing(box: Box, plan: bytes, reason: str) -> None:
    done = box.finish(box.start(plan, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    assert done.code == 125
    assert reason in done.err
    assert done.out == ""


def test_without_a_plan_it_says_what_to_do() -> None:
    done = subprocess.run([program()], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert "--plan FILE" in done.stderr


def test_a_plan_may_be_a_file(box: Box) -> None:
    with open(f"{box.base}/the-plan", "wb") as file:
        file.write(ops.encode(box.plan("echo", "from a file")))
    done = subprocess.run([program(), "--plan", f"{box.base}/the-plan"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "from a file\n"), done.stderr


def test_a_pipe_is_no_plan(box: Box) -> None:
    done = subprocess.run(
        [program(), "--plan", "/dev/stdin"], input="hull-plan", capture_output=True, text=True, check=False
    )
    assert done.returncode == 125


def test_every_byte_arrives(box: Box) -> None:
    words = ["\n", "", "=", "'\"", "é", "--plan", "\udcff", "x" * 100_000]
    done = box.start(box.plan("busybox", "printf", r"%s\001", *words), stdout=subprocess.PIPE)
    out, _ = done.communicate(timeout=30)
    assert out.split(b"\x01")[:-1] == [word.encode("utf-8", "surrogateescape") for word in words]
