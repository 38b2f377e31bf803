"""Who is at a container's streams: one that runs, or one that has yet to start and then has no byte lost."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from hull.commands import _said
from hull.commands import start as start_
from hull.docker.tail import Tail
from hull.engine import Engine
from hull.errors import Conflict, HullError
from hull.light import NamedTuple
from hull.runtime import control
from hull.runtime.detached import Client, attributes
from hull.state import status
from hull.state.containers import Container

Run = Callable[[Callable[[], Any]], Awaitable[Any]]  # how what may block is run
Row = Container
FAILED = "failed"  # what listeners of a container hear of a start that failed; no event of the store's


class Streams(NamedTuple):
    """Which streams of a container a client asks for."""

    stdin: bool
    stdout: bool
    stderr: bool

    @property
    def options(self) -> str:
        """As the monitor takes them: one run only, as Docker's attached streams end with it."""
        without = [f"no-{name}" for name, said in (("stdout", self.stdout), ("stderr", self.stderr)) if not said]
        return ",".join(["once", "slow", *(["stdin"] if self.stdin else []), *without])


class Stream:
    """A connection that carries them, in the event loop."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._loop = asyncio.get_running_loop()

    async def receive(self) -> bytes:
        """Return a packet: o… and e… of the program, x… its end; b"" where nothing more will come."""
        try:
            return await self._loop.sock_recv(self._socket, control.PACKET)
        except ConnectionResetError:  # it ended with input unread; the kernel says so first, and keeps its last words
            return await self._loop.sock_recv(self._socket, control.PACKET)

    async def send(self, packet: bytes) -> bool:
        """Send i… (input), z (its end), or w"ROWS COLUMNS"; waits for room. False where nobody takes it any more."""
        try:
            await self._loop.sock_sendall(self._socket, packet)
        except ConnectionError:
            return False
        return True

    def close(self) -> None:
        """Let go."""
        self._socket.close()


class Pending(NamedTuple):
    """The far end of one that waits for a start."""

    far: socket.socket
    options: str


class Attachments:
    """Made once a server: who has attached before the start, and the starts that take them along."""

    def __init__(self, engine: Engine, tail: Tail) -> None:
        self._engine = engine
        self._tail = tail
        self._pending: dict[str, list[Pending]] = {}
        self._starting: dict[str, asyncio.Event] = {}

    @contextlib.asynccontextmanager
    async def join(self, run: Run, row: Container, streams: Streams) -> Any:
        """Give a Stream to a container's streams; of one that does not run it speaks from its start on."""
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        mine = Pending(far, streams.options)
        self._pending.setdefault(row.id, []).append(mine)
        watching = None
        try:
            if row.id in self._starting:
                await self._starting[row.id].wait()
            connection = await run(lambda: self._running(row, streams)) if self._waits(row, mine) else None
            if connection is None:
                watching = asyncio.create_task(self._watch(row, mine))
                yield Stream(near)
            else:
                with contextlib.closing(Stream(connection)) as stream:
                    yield stream
        finally:
            if watching is not None:
                watching.cancel()
            self._withdraw(row, mine)
            near.close()

    async def start(self, run: Run, row: Container) -> bool:
        """Start a container with whoever has attached; False where it runs already.

        Who asked may go meanwhile: the start goes on, and the descriptors that it hands out stay what they are.
        """
        while row.id in self._starting:
            await self._starting[row.id].wait()
        over = self._starting[row.id] = asyncio.Event()
        starting = asyncio.ensure_future(self._start(run, row, over))
        starting.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(starting)

    async def _start(self, run: Run, row: Container, over: asyncio.Event) -> bool:
        waiting = self._pending.pop(row.id, [])
        try:
            begun: bool = await run(lambda: self._begin(row, waiting))
        except HullError as error:
            self._tail.tell({"Action": FAILED, "Actor": {"ID": row.id}, "error": error}, everybody=False)
            raise
        finally:
            for pending in waiting:
                pending.far.close()
            del self._starting[row.id]
            over.set()
        return begun

    def _begin(self, row: Container, waiting: list[Pending]) -> bool:
        clients = [Client(pending.far.fileno(), pending.options) for pending in waiting]
        rows, columns = (*(_said.part(row.spec, "HostConfig").get("ConsoleSize") or ()), 0, 0)[:2]
        if not (row.spec.tty and rows and columns):
            return start_.begin(self._engine, row, tuple(clients))
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with near, far:
            near.send(f"w{rows} {columns}".encode())
            return start_.begin(self._engine, row, (Client(far.fileno(), "no-stdout,no-stderr"), *clients))

    def _waits(self, row: Container, mine: Pending) -> bool:
        return mine in self._pending.get(row.id, ())

    def _withdraw(self, row: Container, mine: Pending) -> None:
        if self._waits(row, mine):
            self._pending[row.id].remove(mine)
            if not self._pending[row.id]:
                del self._pending[row.id]
            mine.far.close()

    def _running(self, row: Container, streams: Streams) -> socket.socket | None:
        """Return a connection to the monitor of a container that runs, None where it does not."""
        found = self._engine.containers.status(row)
        refuse(row, found)
        if not found.up:
            return None
        self._engine.history.add("container", "attach", row.id, attributes(row.spec, row.name))
        try:
            return control.Control(self._engine.paths.container(row.id)).attach(streams.options)
        except control.Gone:
            return None

    async def _watch(self, row: Container, mine: Pending) -> None:
        """End the wait of one whose container goes, or that another process has started."""
        with self._tail.listen(row.id) as heard:
            while self._waits(row, mine):
                if (await heard.next())["Action"] in ("destroy", "start"):
                    self._withdraw(row, mine)


def reachable(engine: Engine, word: str) -> Container:
    """Return the container to attach to; one that cannot be attached to now is an error."""
    row = engine.containers.find(word)
    refuse(row, engine.containers.status(row))
    return row


def detached(engine: Engine, row: Container) -> None:
    """Tell that a client has left a container that runs on."""
    engine.history.add("container", "detach", row.id, attributes(row.spec, row.name))


def resize(engine: Engine, word: str, rows: int, columns: int) -> None:
    """Give the terminal of a container that runs another size."""
    row = engine.containers.find(word)
    if not engine.containers.status(row).up:
        raise Conflict(f"Container {row.id} is not running")
    if row.spec.tty and rows and columns:
        control.Control(engine.paths.container(row.id)).resize(rows, columns)


def refuse(row: Container, found: status.Status) -> None:
    """Refuse to be at the streams of one that is held or between two runs, as Docker does, or at a caller's own."""
    if found.state == "paused":
        raise Conflict(f"container {row.id} is paused, unpause the container before attach")
    if found.state == "restarting":
        raise Conflict(f"container {row.id} is restarting, wait until the container is running")
    if found.up and not found.monitor.pid:
        raise Conflict(
            f"cannot attach to {row.name}: it runs in the foreground, where it was started",
            f"docker exec {row.name} starts one more program in it",
        )


def ends_input(row: Container) -> bool:
    """Whether the end of a client's input is the program's, as Docker has it; else it ends the attachment."""
    return not row.spec.tty and bool(_said.part(row.spec, "Config").get("StdinOnce"))
