"""`await hull.arun("debian", ["uname", "-m"])`: a container to its end, beside whatever else the event loop does.

A verb plans in a thread; the launcher, its pipes and its end are descriptors of the loop: four a container.
"""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import IO, Any, Unpack

from hull.commands import _trees
from hull.commands.rm import rm
from hull.commands.run import run as run_
from hull.objects import values
from hull.objects.given import Asked, Words
from hull.output import Kept, Lines
from hull.runtime.launch import Launch

Take = Callable[[bytes], object]
CHUNK = 65536
LOOK = 0.2  # seconds


class Finished(subprocess.CompletedProcess[Any]):
    """What a container did: args, returncode, stdout, stderr; `check_returncode()` raises where the code is not 0."""


async def arun(
    image: Any,
    command: Words = (),
    *,
    input: bytes | str | None = None,
    stream: bool = False,
    prefix: str = "",
    text: bool = True,
    check: bool = False,
    timeout: float | None = None,  # noqa: ASYNC109 (as subprocess.run has it)
    **flags: Unpack[Asked],
) -> Finished:
    """Run a program in a new container to its end; it is removed unless `rm=False`.

    The result holds its output, as text unless `text=False`. With `stream` the output goes to sys.stdout and sys.stderr
    as it comes, whole lines, each after `prefix`, which tells several apart. Cancelled, or after `timeout` seconds, the
    container ends within two seconds. The other parameters are those of `hull run`, and as subprocess.run has them.
    """
    planning = _Planning(image, command, {"rm": True, **flags})
    taken: tuple[Any, Any] = (Lines("stdout", prefix), Lines("stderr", prefix)) if stream else (Kept(), Kept())

    async def carry_out() -> Finished:
        launch = await planning.launch()
        code = await _to_its_end(planning.spawn(launch, _file(input)), taken, timeout)
        return Finished(launch.words, code, *(one.end(text=text) for one in taken))

    done = await _awake(carry_out())
    if check:
        done.check_returncode()
    return done


async def _awake(work: Coroutine[Any, Any, Finished]) -> Finished:
    """Await it, looking up a few times a second: ipykernel cancels a cell without waking the loop that sleeps."""
    task = asyncio.create_task(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    return task.result()


class _Planning:
    """A plan that is made in a thread; one that nobody waits for any more leaves nothing."""

    def __init__(self, image: Any, command: Words, flags: dict[str, Any]) -> None:
        self._asked = (values.word(image), values.words(command), values.flags(run_, flags))
        self._engine = values.engine()
        self._lock = threading.Lock()
        self._abandoned = False

    async def launch(self) -> Launch:
        """Return the plan."""
        try:
            return await asyncio.to_thread(self._plan)
        except asyncio.CancelledError:
            with self._lock:
                self._abandoned = True
            raise

    def spawn(self, launch: Launch, source: IO[bytes]) -> "subprocess.Popen[bytes]":
        """Start it; what the plan held for it is the launcher's from here on."""
        try:
            with source:
                return self._engine.spawn(launch, **_trees.tied(stdin=source))
        finally:
            self._engine.close()

    def _plan(self) -> Launch:
        image, command, flags = self._asked
        made = None
        try:
            made = run_(self._engine, image, command, **flags)
            assert isinstance(made, Launch)  # noqa: S101 (nothing asked to detach)
        finally:
            with self._lock:
                if self._abandoned and isinstance(made, Launch):
                    rm(self._engine, (made.container,), force=True)
                if self._abandoned or made is None:
                    self._engine.close()
        return made


async def _to_its_end(process: Any, taken: tuple[Any, Any], seconds: float | None) -> int:
    """Take a process's output until it has ended; return its exit code. Whatever keeps us from it ends the process."""
    ended = os.pidfd_open(process.pid)
    pipes = (process.stdout, process.stderr)
    copies = [asyncio.create_task(_copy(pipe.fileno(), take)) for pipe, take in zip(pipes, taken, strict=True)]
    try:
        async with asyncio.timeout(seconds):
            await asyncio.gather(*copies, readable(ended))
        return int(process.wait())
    except TimeoutError:
        raise subprocess.TimeoutExpired(process.args, seconds or 0, taken[0].end(text=False)) from None
    finally:
        for copy in copies:
            copy.cancel()
        if process.returncode is None:
            await _end(process, ended)
        await asyncio.gather(*copies, return_exceptions=True)
        os.close(ended)
        for pipe in pipes:
            pipe.close()


async def _end(process: Any, ended: int) -> None:
    """End what is left, gently at first; cancelled again, at once."""
    try:
        for number, patience in _trees.ESCALATION:
            os.killpg(process.pid, number)
            with suppress(TimeoutError):
                await asyncio.wait_for(readable(ended), patience)
                break
    except ProcessLookupError:
        pass
    finally:
        process.kill()  # the launcher: all that it started ends with it
        process.wait()


async def readable(descriptor: int) -> None:
    """Wait until a descriptor has something to read: a pidfd, that its process has ended."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def _copy(descriptor: int, take: Take) -> None:
    """Take what comes until its end."""
    data = b"more"
    while data:
        await readable(descriptor)
        data = os.read(descriptor, CHUNK)
        take(data)


def _file(text: bytes | str | None) -> IO[bytes]:
    """Return a file that holds the input, an empty one if there is none."""
    if text is None:
        return open(os.devnull, "rb")
    file = os.fdopen(os.memfd_create("hull-input"), "w+b")
    file.write(text.encode() if isinstance(text, str) else text)
    file.seek(0)
    return file
