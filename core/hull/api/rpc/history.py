"""BuildKit's history of builds: what Control tells of those that go on and of those that are over, and their traces."""

import asyncio
from typing import Any

from hull.api.call import Call
from hull.api.rpc.calls import NOT_FOUND, Asked, Failed, Method
from hull.docker import buildhistory

CONTROL, CONTENT = "/moby.buildkit.v1.Control/", "/containerd.services.content.v1.Content/"
PIECE = 1 << 20


class History:
    """The methods, for the connection of one call."""

    def __init__(self, call: Call) -> None:
        self._call, self._desk = call, call.work.desk
        self._types = self._desk.types

    def methods(self) -> dict[str, Method]:
        """Return every method by its path."""
        return {
            f"{CONTROL}ListenBuildHistory": self.listen,
            f"{CONTROL}UpdateBuildHistory": self.update,
            f"{CONTENT}Info": self.info,
            f"{CONTENT}Read": self.read,
        }

    async def listen(self, asked: Asked) -> None:
        """Tell of the builds on their way and of those that are over, then, unless it is enough, of each that comes."""
        wanted = self._types.HistoryRequest.FromString(await asked.one())
        coming = asyncio.Queue[Any]()
        self._desk.listeners.add(coming)
        try:
            for event in (*self._active(), *(() if wanted.ActiveOnly else await self._over(wanted.Ref))):
                await self._say(asked, event, wanted.Ref)
            while not wanted.EarlyExit:
                await self._say(asked, await coming.get(), wanted.Ref)
        finally:
            self._desk.listeners.discard(coming)

    async def update(self, asked: Asked) -> None:
        """Pin a record, or remove it."""
        wanted = self._types.UpdateHistory.FromString(await asked.one())
        change = buildhistory.change
        if not await self._call.verb(change, self._call.engine, wanted.Ref, pinned=wanted.Pinned, delete=wanted.Delete):
            raise Failed(NOT_FOUND, f"no record of the build {wanted.Ref}")
        if wanted.Delete:
            self.tell(buildhistory.DELETED, self._types.HistoryRecord(Ref=wanted.Ref))
        await asked.say(self._types.Empty().SerializeToString())

    async def info(self, asked: Asked) -> None:
        """Say how large a trace is."""
        digest = self._types.ContentRequest.FromString(await asked.one()).digest
        size = len(await self._content(digest))
        info = self._types.ContentInfo(digest=digest, size=size)
        await asked.say(self._types.ContentKnown(info=info).SerializeToString())

    async def read(self, asked: Asked) -> None:
        """Give a trace, or a part of it."""
        wanted = self._types.ContentRequest.FromString(await asked.one())
        data = await self._content(wanted.digest)
        end = wanted.offset + wanted.size if wanted.size else len(data)
        for place in range(wanted.offset, min(end, len(data)), PIECE):
            piece = data[place : min(place + PIECE, end)]
            await asked.say(self._types.Content(offset=place, data=piece).SerializeToString())

    def began(self, one: buildhistory.Begun) -> None:
        """Tell of a build that begins."""
        self._desk.active[one.about.ref] = one
        self.tell(buildhistory.STARTED, buildhistory.begun(self._types, *one))

    async def ended(self, one: buildhistory.Begun, error: str) -> None:
        """Tell of a build that is over; there is a record of it, too, where the builder was not asked for anything."""
        self._desk.active.pop(one.about.ref, None)
        await self._call.verb(buildhistory.settle, self._call.engine, one, error)
        for event in await self._over(one.about.ref):
            self.tell(event.type, event.record)

    async def told(self, ref: str) -> list[bytes] | None:
        """Return what a build that is over told; None where there is no record of it."""
        return await self._call.verb(buildhistory.replay, self._call.engine, self._types, ref)

    def tell(self, kind: int, record: Any) -> None:
        """Tell everybody who listens."""
        for listener in self._desk.listeners:
            listener.put_nowait(self._types.HistoryEvent(type=kind, record=record))

    def _active(self) -> list[Any]:
        started = [buildhistory.begun(self._types, *one) for one in self._desk.active.values()]
        return [self._types.HistoryEvent(type=buildhistory.STARTED, record=one) for one in started]

    async def _over(self, ref: str) -> list[Any]:
        found = await self._call.verb(buildhistory.records, self._call.engine, self._types, ref)
        return [self._types.HistoryEvent(type=buildhistory.COMPLETE, record=one) for one in found]

    async def _content(self, digest: str) -> bytes:
        found = await self._call.verb(buildhistory.content, self._call.engine, digest)
        if found is None:
            raise Failed(NOT_FOUND, f"content {digest}: not found")
        return found

    @staticmethod
    async def _say(asked: Asked, event: Any, ref: str) -> None:
        if ref in {"", event.record.Ref}:
            await asked.say(event.SerializeToString())
