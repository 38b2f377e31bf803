"""The streams of one HTTP/2 connection over a taken one; h2 knows the protocol, here is what waits for what."""

import asyncio
from collections.abc import Awaitable, Callable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error, ProtocolError
from h2.settings import SettingCodes, Settings

from hull.api.rpc.streams import Headers, Lost, Stream
from hull.api.taken import Taken

WINDOW = 4 << 20  # bytes that a stream may have under way
LIST = 1 << 20  # bytes of headers: a context's patterns travel in them
STREAMS = 256


class Mux:
    """The connection. `serve`, where there is one, is given each stream that the other side opens, in a task."""

    def __init__(self, taken: Taken, *, client: bool, serve: Callable[[Stream], Awaitable[None]] | None = None) -> None:
        self._taken, self._serve = taken, serve
        self._h2 = H2Connection(H2Configuration(client_side=client, header_encoding=None))
        self._h2.local_settings = Settings(client=client, initial_values={
            SettingCodes.INITIAL_WINDOW_SIZE: WINDOW, SettingCodes.MAX_HEADER_LIST_SIZE: LIST,
            SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS,
        })  # fmt: skip
        self._h2.decoder.max_header_list_size = LIST  # settings of the beginning do not reach it
        self._h2.initiate_connection()  # said with the first thing that is sent, before it
        self._h2.increment_flow_control_window(WINDOW)
        self._streams: dict[int, Stream] = {}
        self._room = asyncio.Event()
        self._writing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.gone = asyncio.Event()

    async def begin(self) -> None:
        """Say who speaks, before anybody opens a stream."""
        await self._flush()

    async def run(self) -> None:
        """Serve the connection until it ends."""
        try:
            await self.begin()
            while data := await self._taken.read():
                if not await self._events(self._h2.receive_data(data)):
                    break
        except (ConnectionError, ProtocolError):
            pass  # a client that speaks no HTTP/2, or has gone
        finally:
            self.gone.set()
            self._room.set()
            for stream in tuple(self._streams.values()):
                stream.came(None)
            for task in tuple(self._tasks):
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)
            self._taken.close()

    async def open(self, headers: Headers) -> Stream:
        """Open a stream with a request's headers."""
        if self.gone.is_set():
            raise Lost("the connection has gone")
        stream = Stream(self, self._h2.get_next_available_stream_id())
        self._streams[stream.number] = stream
        await stream.send_headers(headers)
        return stream

    def close(self) -> None:
        """Let the connection go."""
        self._taken.close()

    async def send(self, act: Callable[[H2Connection], object], stream: Stream | None) -> None:
        """Do something and send what it says."""
        if self.gone.is_set() or (stream is not None and stream.reset):
            raise Lost("the stream has ended")
        try:
            act(self._h2)
        except H2Error as error:
            raise Lost(str(error)) from None
        await self._flush()

    async def send_data(self, stream: Stream, data: bytes) -> None:
        """Send data that there is room for."""
        await self.send(lambda h2: h2.send_data(stream.number, data), stream)

    async def room(self, stream: Stream) -> int:
        """Return how much may be sent, at least one byte; waits until something may."""
        while True:
            if self.gone.is_set() or stream.reset:
                raise Lost("the stream has ended")
            found = min(self._h2.local_flow_control_window(stream.number), self._h2.max_outbound_frame_size)
            if found > 0:
                return found
            self._room.clear()
            await self._room.wait()

    async def acknowledge(self, size: int, number: int) -> None:
        """Let the other side send as much again."""
        if size and not self.gone.is_set():
            self._h2.acknowledge_received_data(size, number)
            await self._flush()

    def forget(self, stream: Stream) -> None:
        """Drop a stream that is over."""
        self._streams.pop(stream.number, None)

    async def _flush(self) -> None:
        async with self._writing:  # a write may wait before it begins, and frames have an order
            data = self._h2.data_to_send()
            if data:
                await self._taken.write(data)

    async def _events(self, events: list[Event]) -> bool:
        """Hand events on; whether more may come."""
        for event in events:
            if isinstance(event, ConnectionTerminated):
                return False
            if isinstance(event, WindowUpdated | RemoteSettingsChanged):
                self._room.set()
                continue
            number = getattr(event, "stream_id", 0)
            if isinstance(event, RequestReceived):
                self._begin(number)
            stream = self._streams.get(number)
            if stream is not None:
                stream.came(event)
                if isinstance(event, StreamReset):
                    self.forget(stream)
                    self._room.set()
            elif isinstance(event, DataReceived):  # of a stream that nobody reads any more
                self._h2.acknowledge_received_data(event.flow_controlled_length, number)
        await self._flush()
        return True

    def _begin(self, number: int) -> None:
        stream = self._streams[number] = Stream(self, number)
        task = asyncio.ensure_future(self._answer(stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, stream: Stream) -> None:
        try:
            if self._serve is not None:
                await stream.opened.wait()
                await self._serve(stream)
        except ConnectionError:
            pass
        finally:
            self.forget(stream)
