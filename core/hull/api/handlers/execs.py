"""One more program in a container: asked for, started, and copied both ways to its end."""

import asyncio
import contextlib

from aiohttp import web

from hull.api.call import Call, answer, nothing
from hull.api.copying import STDOUT, TURNS, finish, frame
from hull.api.handlers.streams import MULTIPLEXED, RAW, SAID, size
from hull.api.taken import Taken
from hull.docker import execs
from hull.docker.execs import Exec, size_of
from hull.docker.keys import Keys
from hull.docker.pipes import Pipe
from hull.docker.running import Child
from hull.docker.starting import told
from hull.errors import HullError, UserError


async def create(call: Call) -> web.StreamResponse:
    """Make one that can be started."""
    body = await call.document()
    made = await call.verb(execs.make, call.engine, call.word("id"), body)
    if waiting := call.work.execs.waiting():
        await call.verb(execs.leave, call.engine, waiting)
    call.work.execs.keep(made)
    return answer({"Id": made.id}, 201)


async def inspect(call: Call) -> web.StreamResponse:
    """Answer with what is known of one."""
    return answer(call.work.execs.find(call.word("id")).document())


async def resize(call: Call) -> web.StreamResponse:
    """Give one's terminal another size."""
    call.work.execs.find(call.word("id")).resize(*size(call))
    return nothing(200)


async def start(call: Call) -> web.StreamResponse:
    """Start one; with its client at its streams, unless it is to be left alone."""
    body = await call.document()
    one = call.work.execs.find(call.word("id"))
    asked, detach, framed = size_of(body), bool(body.get("Detach")), not body.get("Tty")
    one.begin()
    one.resize(*asked)
    starting = call.work.keep(_begin(call, one, detached=detach))
    try:
        child = await asyncio.shield(starting)
        taken = None if detach else call.take(MULTIPLEXED if framed and call.upgrades and call.version >= SAID else RAW)
    except (asyncio.CancelledError, ConnectionError):  # nobody is there for it any more: it has its end all the same
        call.work.keep(_alone(call, one, starting))
        raise
    if taken is None:
        return await _leave(call, one, child)
    return await _join(call, one, child, taken, framed=framed)


async def _begin(call: Call, one: Exec, *, detached: bool) -> Child:
    try:
        steps = await call.verb(one.plan, call.engine)
        return await call.verb(one.start, call.engine, steps, detached=detached)
    except BaseException:
        one.begun = False
        raise


async def _alone(call: Call, one: Exec, starting: "asyncio.Task[Child]") -> None:
    """See one to its end whose client went while it started."""
    with contextlib.suppress(HullError):
        await _serve(call, one, await starting, _Outputs(None, framed=False), asyncio.Event())


async def _join(call: Call, one: Exec, child: Child, taken: Taken, *, framed: bool) -> web.StreamResponse:
    """Copy both ways until it has ended, or its client has left or detached."""
    outputs = _Outputs(taken, framed=framed)
    detached = asyncio.Event()
    serving = call.work.keep(_serve(call, one, child, outputs, detached))
    others = [asyncio.create_task(detached.wait()), asyncio.create_task(taken.left())]
    await asyncio.wait({serving, *others}, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    outputs.gone = True
    await finish(taken)
    taken.close()
    return call.over()


class _Outputs:
    """Where a program's output goes; once the client is gone, nowhere."""

    def __init__(self, taken: Taken | None, *, framed: bool) -> None:
        self.taken = taken
        self._framed = framed
        self.gone = taken is None

    async def send(self, stream: int, data: bytes) -> None:
        """Send a piece of a stream."""
        if self.gone or self.taken is None:
            return
        try:
            await self.taken.write(frame(stream, data) if self._framed else data)
        except ConnectionError:
            self.gone = True


async def _leave(call: Call, one: Exec, child: Child) -> web.StreamResponse:
    """Return once the program runs; it is watched to its end, whether or not the client stays."""
    runs: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    call.work.keep(_watch(call, one, child, runs))
    await runs
    return nothing(200)


async def _watch(call: Call, one: Exec, child: Child, runs: "asyncio.Future[None]") -> None:
    refused = None
    try:
        await child.begun()
    except HullError as error:
        refused = UserError(_refused(one, error))
    if refused is None and not runs.done():
        runs.set_result(None)
    await _end(call, one, child)
    if refused is not None and not runs.done():
        runs.set_exception(refused)


async def _serve(call: Call, one: Exec, child: Child, outputs: _Outputs, detached: asyncio.Event) -> None:
    """Copy both ways until the program has ended, whether or not the client stays."""
    try:
        await child.begun()
    except HullError as error:
        await outputs.send(STDOUT, f"{_refused(one, error)}\r\n".encode())
        await _end(call, one, child)
        return
    copies = [asyncio.create_task(_copy(pipe, number, outputs)) for number, pipe in child.outputs.items()]
    feeding = asyncio.create_task(_feed(one, child, outputs.taken, detached))
    try:
        code = await child.end()
        await asyncio.gather(*copies)
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
    await call.verb(one.end, call.engine, code)
    child.close()


async def _end(call: Call, one: Exec, child: Child) -> None:
    code = await child.end()
    await call.verb(one.end, call.engine, code)
    child.close()


async def _copy(pipe: Pipe, number: int, outputs: _Outputs) -> None:
    turn = 0
    while data := await pipe.read():
        await outputs.send(number, data)
        turn += 1
        if turn % TURNS == 0:
            await asyncio.sleep(0)


async def _feed(one: Exec, child: Child, taken: Taken | None, detached: asyncio.Event) -> None:
    """Give the program what the client types; without a standard input only the connection's end is of interest."""
    keys = Keys(one.asked.keys, tty=one.asked.tty)
    while taken is not None and (data := await taken.read()):
        if not one.asked.stdin:
            continue
        data, leaves = keys.pass_on(data)
        if not await child.send(data):
            return
        if leaves:
            detached.set()
            return
    child.end_input()


def _refused(one: Exec, error: HullError) -> str:
    why = told(one.asked.ran.words[0], error)
    return f"OCI runtime exec failed: exec failed: unable to start container process: {why}: unknown"
