"""A launcher that is this process's child, its streams and its end in the event loop: no thread belongs to it."""

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import pty
import signal
import struct
import termios
import tty as modes
from collections.abc import Iterator
from subprocess import DEVNULL
from typing import Any

from hull.awaiting import readable
from hull.docker.pipes import Pipe
from hull.errors import HostError
from hull.light import NamedTuple
from hull.runtime import launch, ops
from hull.runtime.launch import Launch


class Wanted(NamedTuple):
    """Which streams a client is at; `size` are rows and columns of the terminal, where there is to be one."""

    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool
    size: tuple[int, int]


class Child:
    """Made in a thread, because a start blocks for a while; everything else belongs to the event loop.

    With `tty` the program has a terminal of the container's own, which the launcher keeps at the size of one of ours.
    Whoever made it waits for `end`, which closes all.
    """

    def __init__(self, steps: list[ops.Op], words: tuple[str, ...], ident: str, wanted: Wanted) -> None:
        self.pid = 0
        self.outputs: dict[int, Pipe] = {}
        self._input = self._terminal = -1
        self._status: Pipe | None = None
        with self._streams(wanted) as (streams, writer):
            plan = ops.encode([("status", f"{ops.INHERITED}{writer}"), *steps])
            self._process = launch.spawn(Launch(plan, words, ident), pass_fds=(writer,), start_new_session=True,
                                         cwd="/", **streams)  # fmt: skip
            self._ended = self._watched()

    def _watched(self) -> int:
        """Return a descriptor that tells of the end; a process that nobody could watch is not left behind."""
        try:
            return os.pidfd_open(self._process.pid)
        except OSError:
            self._process.kill()
            self._process.wait()
            raise

    @contextlib.contextmanager
    def _streams(self, wanted: Wanted) -> Iterator[tuple[dict[str, Any], int]]:
        """Give the launcher's ends, which are closed here afterwards."""
        theirs: list[int] = []
        streams: dict[str, Any] = {"stdin": DEVNULL, "stdout": DEVNULL, "stderr": DEVNULL}
        try:
            if wanted.tty and (wanted.stdin or wanted.stdout):
                self._terminal, slave = pty.openpty()
                theirs.append(slave)
                modes.setraw(slave)
                self._sized(*wanted.size)
                streams["stdin"], self._input = slave, os.dup(self._terminal) if wanted.stdin else -1
            elif wanted.stdin:
                streams["stdin"], self._input = os.pipe()
                theirs.append(streams["stdin"])
            if self._input >= 0:
                os.set_blocking(self._input, False)
            for number, name in ((1, "stdout"), (2, "stderr")):
                if wanted[number]:
                    self.outputs[number], streams[name] = self._outwards(theirs)
            self._status, writer = self._outwards(theirs)
            yield streams, writer
        except BaseException:
            self._close()
            raise
        finally:
            for fd in theirs:
                os.close(fd)

    def _outwards(self, theirs: list[int]) -> tuple[Pipe, int]:
        reader, writer = os.pipe()
        theirs.append(writer)
        return Pipe(reader), writer

    async def begun(self) -> None:
        """Return once the program is executed. HostError with the launcher's text and exit code where it is not."""
        text = b""
        while self._status is not None and (data := await self._status.read()):
            *lines, text = (text + data).split(b"\n")
            for event in map(json.loads, lines):
                if event["event"] == "created":
                    self.pid = event["launcher"]
                if event["event"] == "ready":
                    self.pid = event["pid"]
                if event["event"] == "exec":
                    return
                if event["event"] == "failed":
                    raise _failure(event["text"], event["code"])
        raise _failure("cannot exec: the launcher was killed", 137)

    async def send(self, data: bytes) -> bool:
        """Write input; False where nobody reads it any more."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._input, left) :]
            except BlockingIOError:
                await _writable(self._input)
            except OSError as error:
                if error.errno in (errno.EPIPE, errno.EIO, errno.EBADF):
                    return False
                raise
        return True

    def end_input(self) -> None:
        """Say that no more input comes; a terminal has no end."""
        if self._terminal < 0 and self._input >= 0:
            os.close(self._input)
            self._input = -1

    def resize(self, rows: int, columns: int) -> None:
        """Give its terminal another size."""
        if self._terminal >= 0:
            self._sized(rows, columns)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._ended, signal.SIGWINCH)

    def _sized(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("4H", rows or 24, columns or 80, 0, 0))

    async def end(self) -> int:
        """Return the exit code once the program has ended; what it wrote can still be read."""
        await readable(self._ended)
        code = self._process.wait()
        for pipe in self.outputs.values():
            pipe.finish()
        return code if code >= 0 else 128 - code

    def close(self) -> None:
        """Let go of everything, after the end."""
        os.close(self._ended)
        self._close()

    def _close(self) -> None:
        pipes = [*self.outputs.values(), *([] if self._status is None else [self._status])]
        for fd in (self._input, self._terminal, *(pipe.fd for pipe in pipes)):
            if fd >= 0:
                os.close(fd)
        self._input, self._terminal, self._status, self.outputs = -1, -1, None, {}


def _failure(text: str, code: int) -> HostError:
    error = HostError(text)
    error.exit_code = code if code > 0 else 128 - code
    return error


async def _writable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(fd, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(fd)
