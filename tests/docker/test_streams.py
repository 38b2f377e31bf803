"""What of a client's streams can be told without a server: keys, options, modes, failures."""

import asyncio
import os
import socket
import stat

import pytest
from hull.api.copying import frame
from hull.docker import tail as tail_
from hull.docker.archives import go_mode
from hull.docker.attaching import Stream, Streams
from hull.docker.changes import Changes
from hull.docker.execs import read, size_of
from hull.docker.keys import Keys
from hull.docker.pipes import Pipe
from hull.docker.starting import part, told
from hull.docker.tail import Tail
from hull.errors import HostError, Missing, UserError
from hull.model import Mount
from hull.paths import Paths
from hull.state.events import Events


@pytest.mark.parametrize(
    ("typed", "passed", "leaves"),
    [
        ([b"abc"], b"abc", False),
        ([b"a\x10\x11b"], b"a", True),
        ([b"a\x10", b"\x11b"], b"a", True),
        ([b"\x10a"], b"\x10a", False),
        ([b"\x10", b"\x10", b"\x11"], b"\x10", True),
        ([b"\x10", b"x\x11"], b"\x10x\x11", False),
    ],
)
def test_keys_detach_and_are_not_passed_on(typed, passed, leaves) -> None:
    keys, found, left = Keys("", tty=True), b"", False
    for piece in typed:
        some, left = keys.pass_on(piece)
        found += some
        if left:
            break
    assert (found, left) == (passed, leaves)


def test_without_a_terminal_everything_is_passed_on() -> None:
    assert Keys("", tty=False).pass_on(b"\x10\x11") == (b"\x10\x11", False)
    assert Keys("ctrl-a,b", tty=False).pass_on(b"x\x01b") == (b"x\x01b", False)
    assert Keys("ctrl-a,b", tty=True).pass_on(b"\x10\x11x\x01b") == (b"\x10\x11x", True)
    with pytest.raises(UserError):
        Keys("ctrl-", tty=False)


def test_streams_are_options_of_the_monitor() -> None:
    assert Streams(stdin=True, stdout=True, stderr=False).options == "once,slow,stdin,no-stderr"
    assert Streams(stdin=False, stdout=False, stderr=False).options == "once,slow,no-stdout,no-stderr"


def test_last_words_are_heard_though_the_input_was_not_read() -> None:
    """The kernel tells of unread input before it gives what was sent."""

    async def heard() -> list[bytes]:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stream = Stream(near)
        await stream.send(b"z")
        far.send(b"x3")
        far.close()
        found = [await stream.receive(), await stream.receive()]
        stream.close()
        return found

    assert asyncio.run(heard()) == [b"x3", b""]


def test_a_frame_names_its_stream_and_size() -> None:
    assert frame(2, b"err") == b"\x02\0\0\0\0\0\0\x03err"


@pytest.mark.parametrize(
    ("mode", "go"),
    [
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | 0o1777, 1 << 31 | 1 << 20 | 0o777),
        (stat.S_IFLNK | 0o777, 134218239),
        (stat.S_IFREG | 0o4755, 1 << 23 | 0o755),
        (stat.S_IFCHR | 0o666, 1 << 26 | 1 << 21 | 0o666),
    ],
)
def test_modes_are_gos(mode, go) -> None:
    assert go_mode(mode) == go


@pytest.mark.parametrize(
    ("program", "code", "message", "words"),
    [
        ("foo", 127, "", 'exec: "foo": executable file not found in $PATH'),
        ("/foo", 127, "", 'exec: "/foo": stat /foo: no such file or directory'),
        ("/etc", 126, "cannot run /etc: Permission denied", 'exec: "/etc": permission denied'),
    ],
)
def test_why_a_program_was_not_executed(program, code, message, words) -> None:
    error = HostError(message)
    error.exit_code = code
    assert told(program, error) == words


@pytest.mark.parametrize(
    ("reason", "kind", "words"),
    [
        ("a link leads out of it", UserError, "path concatenation escapes the base directory, base: v, subpath: a/b"),
        ("No such file or directory", Missing, "cannot access path v/a/b: no such file or directory"),
    ],
)
def test_why_a_part_of_a_volume_was_not_found(reason, kind, words) -> None:
    mount = Mount("volume", "v", "/t", options=("subpath=a/b",))
    found = part(mount, HostError(f"cannot find below the source a/b: {reason}"))
    assert (type(found), found.message) == (kind, words)
    assert part(mount, HostError(f"cannot find below the source a: {reason}")) is None


def test_what_an_exec_asks() -> None:
    asked = read(
        {"Cmd": ["a", "b"], "Env": ["X=1"], "Tty": True, "AttachStdin": True, "ConsoleSize": [10, 20], "User": "u"}
    )
    assert (asked.ran.words, asked.ran.env, asked.ran.user, asked.size) == (("a", "b"), ("X=1",), "u", (10, 20))
    assert (asked.stdin, asked.stdout, asked.tty) == (True, False, True)
    for body in ({}, {"Cmd": []}, {"Cmd": ["a"], "Tty": "yes"}, {"Cmd": ["a"], "DetachKeys": "ctrl-"}):
        with pytest.raises(UserError):
            read(body)
    for size in ([1], [1, 70000], "12", [1, "2"], [-1, 2]):
        with pytest.raises(UserError):
            size_of({"ConsoleSize": size})


def test_a_pipe_is_read_to_what_is_left_where_others_hold_it() -> None:
    async def read_on() -> list[bytes]:
        reader, writer = os.pipe()
        pipe = Pipe(reader)
        os.write(writer, b"first")
        found = [await pipe.read()]
        waiting = asyncio.create_task(pipe.read())
        await asyncio.sleep(0)
        os.write(writer, b"last")
        pipe.finish()
        found += [await waiting, await pipe.read()]
        os.close(reader)
        os.close(writer)
        return found

    assert asyncio.run(asyncio.wait_for(read_on(), 60)) == [b"first", b"last", b""]


def test_listeners_hear_what_is_theirs_over_a_rotation(tmp_path) -> None:
    async def listen() -> tuple[list[str], list[str]]:
        places = Paths(*(str(tmp_path) for _ in Paths._fields))
        history, changes = Events(places), Changes()
        history.add("container", "before", "a")
        tail = Tail(changes, history)
        with tail.listen() as everything, tail.listen("b") as mine:
            assert tail.count == 1
            for number in range(3):
                history.add("container", f"did {number}", "ab"[number % 2])
                await asyncio.sleep(0)
                if number == 1:
                    os.rename(history.path, f"{history.path}.1")
            found = [(await everything.next())["Action"] for _ in range(3)], [(await mine.next())["Action"]]
        changes.close()
        return found

    assert asyncio.run(asyncio.wait_for(listen(), 60)) == (["did 0", "did 1", "did 2"], ["did 1"])


def test_listeners_go_on_where_a_file_could_not_be_opened_for_once(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tail_, "LOOK", 0.01)

    async def listen() -> list[str]:
        places = Paths(*(str(tmp_path) for _ in Paths._fields))
        history, changes = Events(places), Changes()
        history.add("container", "before", "a")
        follower = history.follower()
        renew, failures = follower.renew, [OSError(24, "Too many open files")]

        def renewed() -> str:
            if failures:
                raise failures.pop()
            return renew()

        follower.renew = renewed
        monkeypatch.setattr(history, "follower", lambda: follower)
        with Tail(changes, history).listen() as heard:
            await asyncio.sleep(0)
            history.add("container", "after", "a")
            found = [(await heard.next())["Action"]]
        changes.close()
        return found + failures

    assert asyncio.run(asyncio.wait_for(listen(), 60)) == ["after"]


def test_a_change_of_a_file_is_told_once_to_all_who_wait(tmp_path) -> None:
    path = tmp_path / "file"
    path.touch()

    async def watch() -> bool:
        changes = Changes()
        first, second = changes.next(str(path)), changes.next(str(path))
        os.truncate(path, 1)
        await asyncio.wait_for(asyncio.gather(first, second), 60)
        third, missing = changes.next(str(path)), changes.next(f"{path}.none")
        await asyncio.wait_for(missing, 60)
        still = not third.done()
        changes.close()
        return still

    assert asyncio.run(watch())
