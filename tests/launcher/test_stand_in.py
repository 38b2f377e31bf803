"""What the launcher does as the program's user: patterns, streams, and errands in a program's place."""

import os
import signal
import subprocess

from tests.launcher.conftest import Box, Op, first_line
from tests.launcher.test_join import joining

FILES = "mkdir -p /d/sub/deep; cd /d; touch b.txt a.txt .hid.txt sub/c.txt sub/deep/e.txt; ln -s /d/sub/deep link; "


def inside(box: Box, *words: Op, user: str = "0", place: str = "/d") -> "tuple[int, str, str]":
    """Run words, ops, in the container that is up: its code and both streams."""
    plan = joining(box, extra=(("user", user), ("workdir", place), *words))
    done = box.finish(box.start(plan, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    return done.code, done.out, done.err


def echo(*patterns: str, options: str = "") -> tuple[Op, ...]:
    return (("arg", "echo"), *(("glob", options, pattern) for pattern in patterns))


def test_patterns_are_the_files_inside(box: Box) -> None:
    child = box.up(f"{FILES} echo up; read x")
    cases = {
        ("*.txt",): "a.txt b.txt",
        ("[b]*", "a*"): "b.txt a.txt",
        ("nothing*",): "nothing*",
        ("/d/*/c.*",): "/d/sub/c.txt",
        ("**/*.txt",): "a.txt b.txt sub/c.txt sub/deep/e.txt",
        ("**",): "a.txt b.txt link sub sub/c.txt sub/deep sub/deep/e.txt",
        ("*/",): "link/ sub/",
        ("link/*",): "link/e.txt",
        ("../d//sub/*",): "../d//sub/c.txt ../d//sub/deep",
    }
    for patterns, expected in cases.items():
        assert inside(box, *echo(*patterns)) == (0, f"{expected}\n", ""), patterns
    assert inside(box, *echo("*.txt", options="hidden"))[1] == ".hid.txt a.txt b.txt\n"
    child.communicate(b"\n", timeout=10)


def test_patterns_are_looked_for_by_the_programs_user(ranged: Box) -> None:
    child = ranged.up("mkdir -m 700 /root/own; touch /root/own/x; chmod 700 /root; echo up; read x")
    assert inside(ranged, *echo("/root/own/*"), place="/")[1] == "/root/own/x\n"
    assert inside(ranged, *echo("/root/own/*"), user="user", place="/")[1] == "/root/own/*\n"
    child.communicate(b"\n", timeout=10)


def test_streams_are_files_inside(box: Box) -> None:
    child = box.up("mkdir /d; echo up; read x")
    script = (("arg", "sh"), ("arg", "-c"), ("arg", "cat; echo out; echo err >&2"))
    assert inside(box, ("stream", "1", "write", "f"), ("arg", "echo"), ("arg", "hi")) == (0, "", "")
    streams: tuple[Op, ...] = (("stream", "0", "read", "/d/f"), ("stream", "1", "append", "g"))
    assert inside(box, *streams, ("stream", "2", "same", "1"), *script) == (0, "", "")
    assert inside(box, ("stream", "1", "append", "g"), ("arg", "echo"), ("arg", "more")) == (0, "", "")
    assert inside(box, ("arg", "cat"), ("arg", "/d/g"))[1].split() == ["hi", "out", "err", "more"]
    assert not os.path.exists("/d/f")
    child.communicate(b"\n", timeout=10)


def test_a_stream_that_cannot_be_opened_ends_it_before_the_program(box: Box) -> None:
    child = box.up("mkdir /d; echo up; read x")
    code, out, err = inside(box, ("stream", "0", "read", "none"), ("arg", "echo"), ("arg", "never"))
    assert (code, out) == (1, "")
    assert "cannot open none: No such file or directory" in err
    child.communicate(b"\n", timeout=10)


def test_no_stream_and_no_pattern_leads_through_our_own_descriptors(box: Box) -> None:
    child = box.up("mkdir /d; ln -s /proc/self/fd/9 /d/out; ln -s /proc/self/fd /d/fds; echo up; read x")
    for path in ("out", "/proc/self/fd/3", "/proc/self/root/d/made"):
        code, _, err = inside(box, ("stream", "1", "write", path), ("arg", "true"))
        assert code == 1, path
        assert f"cannot open {path}: " in err
    assert inside(box, *echo("/proc/self/root/d/*"))[1] == "/proc/self/root/d/*\n"
    joined: Op = ("stream", "2", "write", "/dev/stdout")
    assert inside(box, joined, ("arg", "sh"), ("arg", "-c"), ("arg", "echo e >&2")) == (0, "e\n", "")
    code, _, err = inside(box, ("arg", "/proc/self/cwd"), ("stand-in", "where"))
    assert code == 1
    assert "cannot change to /proc/self/cwd: " in err
    child.communicate(b"\n", timeout=10)


def test_where_is_the_directory_and_home(ranged: Box) -> None:
    child = ranged.up("mkdir -p /d/sub; ln -s sub /d/link; mkdir -m 700 /closed; echo up; read x")
    home: Op = ("home",)
    assert inside(ranged, home, ("stand-in", "where")) == (0, "/d\0/root\0", "")
    assert inside(ranged, home, ("arg", "link"), ("stand-in", "where")) == (0, "/d/sub\0/root\0", "")
    assert inside(ranged, home, ("glob", "", "s*"), ("stand-in", "where"), user="user")[1] == "/d/sub\0/home/user\0"
    for path, reason in (("none", "No such file"), ("/bin/sh", "Not a directory"), ("/closed", "Permission denied")):
        code, out, err = inside(ranged, ("arg", path), ("stand-in", "where"), user="user")
        assert (code, out) == (1, "")
        assert f"cannot change to {path}: {reason}" in err
    code, _, err = inside(ranged, ("glob", "", "*"), ("arg", "x"), ("stand-in", "where"))
    assert code == 1
    assert "one of several" in err
    child.communicate(b"\n", timeout=10)


def test_a_container_that_waits_says_so_and_ends_when_told(box: Box) -> None:
    child = box.start(box.plan(extra=(("stand-in", "wait"),)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert first_line(child) == b"\n"
    assert [event["event"] for event in box.events()][-1] == "exec"  # by then, not some time later
    child.send_signal(signal.SIGTERM)
    assert child.wait(10) == 143
    assert box.events()[-1]["event"] == "exit"


def test_an_unknown_errand_is_refused(box: Box) -> None:
    done = box.run(extra=(("stand-in", "dance"),))
    assert done.code == 125
    assert "it is no errand" in done.err
