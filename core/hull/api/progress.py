"""An answer that grows while a verb works: JSON objects, a line each. Docker's clients draw their progress from it."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from hull.api.app import told
from hull.api.call import Call
from hull.api.memory import give_back
from hull.api.telling import complain
from hull.errors import HullError

Message = dict[str, Any]
Say = Callable[[Message], None]
LOOK = 1.0  # seconds between two looks at whether the client is still there, while there is nothing to say


class Left(ConnectionResetError):  # noqa: N818 (no error: who asked has gone)
    """The client has gone: nobody waits for what is being done."""


class Lines:
    """What is said from any thread, and sent in the event loop. `say` raises `Left` when the client has gone."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Message] = deque()
        self._changed = asyncio.Event()
        self._left = threading.Event()
        self.response = web.StreamResponse(headers={"Content-Type": "application/json"})

    def say(self, message: Message) -> None:
        """Say one thing."""
        if self._left.is_set():
            raise Left
        self._waiting.append(message)
        self._loop.call_soon_threadsafe(self._changed.set)

    async def follow(self, task: "asyncio.Future[Any]") -> None:
        """Send what is said until the task is done."""
        try:
            while not task.done():
                changed = asyncio.ensure_future(self._changed.wait())
                try:
                    await asyncio.wait({task, changed}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
                self._changed.clear()
                await self.send()
        finally:
            if not task.done():
                self._left.set()

    async def send(self) -> None:
        """Send what waits; a client that is gone is noticed."""
        transport = self._call.request.transport
        if transport is None or transport.is_closing():
            self._left.set()
        if not self._waiting or self._left.is_set():
            return
        data = bytearray()
        while self._waiting:
            text = json.dumps(self._waiting.popleft(), separators=(",", ":"), ensure_ascii=False)
            data += text.encode("utf-8", "replace") + b"\r\n"
        try:
            if not self.response.prepared:
                await self.response.prepare(self._call.request)
            await self.response.write(bytes(data))
        except ConnectionError:
            self._left.set()


async def follow(call: Call, act: Callable[[Say], None], *, begun: bool = False) -> web.StreamResponse:
    """Answer with what `act`, in a thread, says. An error after the first word is a line, before it an error's answer.

    With `begun` the answer is 200 whatever comes, as Docker's is for some. Where the client goes away, the next word
    raises `Left` in the thread: work stops at a place where it may.
    """
    lines = Lines(call)
    task = asyncio.ensure_future(call.slow(_act, act, lines.say))
    task.add_done_callback(_looked_at)
    await lines.follow(task)
    await lines.send()
    error = task.exception()
    if isinstance(error, ConnectionError) or (error is not None and not begun and not lines.response.prepared):
        raise error
    if error is not None:
        lines.say(failure(_words(call, error)))
        await lines.send()
    if not lines.response.prepared:
        await lines.response.prepare(call.request)
    await lines.response.write_eof()
    return lines.response


def _act(act: Callable[[Say], None], say: Say) -> None:
    try:
        act(say)
    finally:
        give_back()


def _looked_at(task: "asyncio.Future[None]") -> None:
    """Take note of how it ended: where the client has gone, nobody asks."""
    if not task.cancelled():
        task.exception()


def _words(call: Call, error: BaseException) -> str:
    if isinstance(error, HullError):
        return told(error)
    complain(call.request, error)
    return f"hull failed: {type(error).__name__}: {error}"


def failure(message: str, code: int = 0) -> Message:
    """Return the line of an error, in Docker's shape."""
    detail: Message = {"code": code, "message": message} if code else {"message": message}
    return {"errorDetail": detail, "error": message}
