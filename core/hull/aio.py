"""The names of hull as coroutines: `c = await hull.aio.run("debian", ["sleep", "9"], detach=True); await c.wait()`.

A namespace of its own, so that no name means a value here and a coroutine there, and types stay true. A verb runs in a
thread; what waits for a container's end waits on its process's descriptor in the event loop, thousands at once, and can
be cancelled.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from hull import objects
from hull.awaiting import readable
from hull.objects import Image, Network, Volume
from hull.objects.containers import Finished
from hull.objects.given import Asked, Tried, Words
from hull.objects.inhabited import Inhabited as InhabitedSync

__all__ = ["Container", "Image", "Network", "Try", "Volume", "cell", "container", "create", "events", "image", "inside",
           "prune", "ps", "pull", "run", "stats", "trial"]  # fmt: skip

P = ParamSpec("P")
R = TypeVar("R")
END = object()


def _method(
    method: Callable[Concatenate[objects.Container, P], R],
) -> "Callable[Concatenate[Container, P], Coroutine[Any, Any, R]]":
    async def made(self: "Container", /, *words: P.args, **flags: P.kwargs) -> R:
        return await asyncio.to_thread(method, self.sync, *words, **flags)

    return _alike(made, method)


def _function(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    async def made(*words: P.args, **flags: P.kwargs) -> R:
        return await asyncio.to_thread(function, *words, **flags)

    return _alike(made, function)


def _alike(made: R, like: Any) -> R:
    for name in ("__doc__", "__name__", "__qualname__", "__signature__"):
        if hasattr(like, name):
            setattr(made, name, getattr(like, name))
    return made


class Container:
    """A container whose methods are coroutines; `sync` is the same one without. In an `async with` it is removed."""

    __slots__ = ("sync",)

    def __init__(self, sync: objects.Container) -> None:
        self.sync = sync

    stop = _method(objects.Container.stop)
    restart = _method(objects.Container.restart)
    kill = _method(objects.Container.kill)
    pause = _method(objects.Container.pause)
    unpause = _method(objects.Container.unpause)
    update = _method(objects.Container.update)
    rm = _method(objects.Container.rm)
    inspect = _method(objects.Container.inspect)
    top = _method(objects.Container.top)
    diff = _method(objects.Container.diff)
    port = _method(objects.Container.port)
    rename = _method(objects.Container.rename)
    commit = _method(objects.Container.commit)
    start = _method(objects.Container.start)
    exec = _method(objects.Container.exec)
    healthcheck = _method(objects.Container.healthcheck)

    @property
    def id(self) -> str:
        """Its id."""
        return self.sync.id

    async def wait(self) -> int:
        """Wait until it ends, restarts included; return its exit code."""
        with await asyncio.to_thread(self.sync.ending) as ending:
            descriptor = ending.descriptor()
            if descriptor >= 0:
                try:
                    await readable(descriptor)
                finally:
                    os.close(descriptor)
            return ending.code()

    def logs(self, **flags: Any) -> AsyncIterator[Any]:
        """Yield what it wrote, piece by piece; the flags of logs."""
        return _each(self.sync.logs(**flags))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        await self.rm(force=True, volumes=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Container) and self.sync == other.sync

    def __hash__(self) -> int:
        return hash(self.sync)

    def __repr__(self) -> str:
        return f"<aio.{repr(self.sync)[1:]}"


async def _each(items: Iterator[R]) -> AsyncIterator[R]:
    try:
        while (item := await asyncio.to_thread(next, items, END)) is not END:
            yield item  # type: ignore[misc]
    finally:
        getattr(items, "close", int)()


async def run(image: Any, command: Words = (), **flags: Unpack[Asked]) -> Container:
    """Start a program in a new container beside this process; `wait` gives its exit code."""
    return Container(await asyncio.to_thread(lambda: objects.run(image, command, detach=True, **flags)))


async def create(image: Any, command: Words = (), **flags: Unpack[Asked]) -> Container:
    """Create a container, start nothing."""
    return Container(await asyncio.to_thread(lambda: objects.create(image, command, **flags)))


class Inhabited(Container):
    """A container that somebody is in."""

    __slots__ = ("_run",)

    def __init__(self, sync: InhabitedSync) -> None:
        super().__init__(sync)
        self._run = sync.run

    async def run(self, command: Words, **options: Any) -> Finished:
        """Run a program in it, to its end, as who entered; the options of exec."""
        return await asyncio.to_thread(self._run, command, **options)


@contextlib.asynccontextmanager
async def inside(place: Any, *, keep: bool = False, **flags: Unpack[Asked]) -> AsyncIterator[Inhabited]:
    """Be in a container for the block: `async with hull.aio.inside("debian") as c: await c.run(["ls"])`."""
    held = objects.inside(place, keep=keep, **flags).apart()
    made = await asyncio.to_thread(held.__enter__)
    try:
        yield Inhabited(made)
    finally:
        await asyncio.to_thread(held.__exit__, None, None, None)


class Try(Container):
    """A try whose methods are coroutines."""

    __slots__ = ()

    sync: objects.Try

    async def run(self, command: Words, **options: Any) -> Finished:
        """Run a program in it, to its end; the options of exec."""
        return await asyncio.to_thread(self.sync.run, command, **options)

    async def keep(self, *paths: Any, **flags: Any) -> Any:
        """Do on this machine what it changed, all of it or these paths; the flags of keep."""
        return await asyncio.to_thread(self.sync.keep, *paths, **flags)

    async def undo(self, steps: int = 1, **flags: Any) -> Any:
        """Go back in it, so many checkpoints."""
        return await asyncio.to_thread(self.sync.undo, steps, **flags)

    async def redo(self, steps: int = 1, **flags: Any) -> Any:
        """Go forward again."""
        return await asyncio.to_thread(self.sync.redo, steps, **flags)

    async def log(self, **flags: Any) -> Any:
        """Return its checkpoints."""
        return await asyncio.to_thread(self.sync.log, **flags)

    async def branch(self, name: str) -> "Try":
        """Return a new try that begins where this one stands."""
        return Try(await asyncio.to_thread(self.sync.branch, name))

    async def drop(self) -> None:
        """Be rid of it and of what it changed."""
        await asyncio.to_thread(self.sync.drop)

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        """Leave it as it is: what it changed is to be looked at."""


@contextlib.asynccontextmanager
async def trial(name: str = "", **flags: Unpack[Tried]) -> AsyncIterator[Try]:
    """Be in a try for the block: `async with hull.aio.trial() as t: await t.run(["make", "install"])`."""
    held = objects.trial(name, **flags).apart()
    made = await asyncio.to_thread(held.__enter__)
    try:
        yield Try(made)
    finally:
        await asyncio.to_thread(held.__exit__, None, None, None)


async def container(name: str) -> Container:
    """Return the container of this name, or whose id begins so."""
    return Container(await asyncio.to_thread(objects.container, name))


def events(**flags: Any) -> AsyncIterator[str]:
    """Yield events as they come; the flags of events."""
    return _each(objects.events(**flags))


cell = _function(objects.cell)
image = _function(objects.image)
pull = _function(objects.pull)
ps = _function(objects.ps)
stats = _function(objects.stats)
prune = _function(objects.prune)
