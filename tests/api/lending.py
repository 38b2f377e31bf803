"""A client of BuildKit's as buildx is one: it leads a build over /grpc and lets itself be asked over /session.

Written from the protocol's description, over the streams of hull.api.rpc: what is tested is what is said on them.
"""

import asyncio
import os
import pathlib
import stat
from collections.abc import Mapping
from typing import Any, Self

from hull.api.rpc import calls
from hull.api.rpc.calls import Asked, Caller, Failed
from hull.api.rpc.http2 import Mux
from hull.api.rpc.taking import DATA, DIRECTORY, FINISH, REQUEST, STAT, SYMLINK
from hull.docker.buildmessages import Types

CONTROL, BRIDGE = "/moby.buildkit.v1.Control/", "/moby.buildkit.v1.frontend.LLBBridge/"
PIECE = 32 << 10


class Plain:
    """A connection that was taken, from the other side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self) -> bytes:
        return await self._reader.read(1 << 16)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()


class Lender:
    """What a client lends: directories, secrets, names at registries; `taken` are the files that a result was."""

    def __init__(
        self,
        directories: Mapping[str, str],
        secrets: Mapping[str, bytes] | None = None,
        who: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.types = Types()
        self._directories, self._secrets, self._who = directories, secrets or {}, who or {}
        self.asked: list[tuple[str, list[str], list[str]]] = []
        self.taken: dict[str, bytes] = {}
        self.archive = b""

    def methods(self) -> dict[str, calls.Method]:
        return {
            "/moby.filesync.v1.FileSync/DiffCopy": self.files,
            "/moby.filesync.v1.FileSend/DiffCopy": self.results,
            "/moby.buildkit.secrets.v1.Secrets/GetSecret": self.secret,
            "/moby.filesync.v1.Auth/Credentials": self.credentials,
        }

    async def files(self, asked: Asked) -> None:
        """Send a directory as fsutil does: all stats, then each file that is asked for."""
        said = [value for name, value in asked.stream.headers if name == "followpaths"]
        left_out = [value for name, value in asked.stream.headers if name == "exclude-patterns"]
        root = self._directories[asked.metadata["dir-name"]]
        self.asked.append((asked.metadata["dir-name"], said, left_out))
        names = [name for name in _walk(root) if (not said or name in said) and name not in left_out]
        for name in names:
            await self._say(asked, type=STAT, stat=_stat(self.types, root, name))
        await self._say(asked, type=STAT)
        async for message in asked.messages:
            packet = self.types.Packet.FromString(message)
            if packet.type == FINISH:
                await self._say(asked, type=FINISH)
                return
            assert packet.type == REQUEST
            data = await asyncio.to_thread(pathlib.Path(root, names[packet.ID]).read_bytes)
            for place in range(0, len(data), PIECE):
                await self._say(asked, type=DATA, ID=packet.ID, data=data[place : place + PIECE])
            await self._say(asked, type=DATA, ID=packet.ID)

    async def results(self, asked: Asked) -> None:
        """Take a result: a tree's files, or an archive's bytes."""
        if asked.metadata["buildkit-attachable-exporter-id"] == "1":
            async for message in asked.messages:
                self.archive += self.types.Bytes.FromString(message).data
            return
        wanted: dict[int, str] = {}
        number, left = 0, -1
        while left:
            packet = self.types.Packet.FromString(await asked.messages.read() or b"")
            if packet.type == STAT and packet.HasField("stat"):
                if not packet.stat.mode & (DIRECTORY | SYMLINK):
                    wanted[number] = packet.stat.path
                number += 1
            elif packet.type == STAT:
                left = len(wanted)
                for ident in wanted:
                    await self._say(asked, type=REQUEST, ID=ident)
            elif packet.data:
                self.taken[wanted[packet.ID]] = self.taken.get(wanted[packet.ID], b"") + packet.data
            else:
                left -= 1
        await self._say(asked, type=FINISH)
        assert self.types.Packet.FromString(await asked.messages.read() or b"").type == FINISH

    async def secret(self, asked: Asked) -> None:
        ident = self.types.GetSecret.FromString(await asked.one()).ID
        if ident not in self._secrets:
            raise Failed(calls.NOT_FOUND, f"secret {ident} not found")
        await asked.say(self.types.Secret(data=self._secrets[ident]).SerializeToString())

    async def credentials(self, asked: Asked) -> None:
        host = self.types.CredentialsRequest.FromString(await asked.one()).Host
        user, secret = self._who.get(host, ("", ""))
        await asked.say(self.types.Credentials(Username=user, Secret=secret).SerializeToString())

    async def _say(self, asked: Asked, **fields: Any) -> None:
        await asked.say(self.types.Packet(**fields).SerializeToString())


class Client:
    """One build after the other at a server's socket."""

    def __init__(self, path: str, lender: Lender) -> None:
        self._path, self._lender, self.types = path, lender, lender.types
        self._muxes: list[Mux] = []
        self._running: list[asyncio.Task[None]] = []
        self.said: list[Any] = []
        self.logged = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.session = os.urandom(8).hex()
        head = {"X-Docker-Expose-Session-Uuid": self.session}
        methods = self._lender.methods()
        await self._open(
            "/session", head, lambda taken: Mux(taken, client=False, serve=lambda s: calls.serve(s, methods))
        )
        self.caller = Caller(await self._open("/grpc", {}, lambda taken: Mux(taken, client=True)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for mux in self._muxes:
            mux.close()
        await asyncio.wait(self._running)

    async def ask(self, method: str, answer: str, **fields: Any) -> Any:
        """Return the answer to one message; the method's last word names the message, unless `message` does."""
        name = fields.pop("message", method.rpartition("/")[2])
        said = await self.caller.ask(method, getattr(self.types, name)(**fields).SerializeToString())
        return getattr(self.types, answer).FromString(said)

    async def build(self, attributes: dict[str, str], *exporters: tuple[str, dict[str, str]]) -> dict[str, str]:
        """Build with the frontend that the engine has; `said` are the statuses then."""
        ref = os.urandom(8).hex()
        asked = [self.types.Exporter(Type=kind, Attrs=given) for kind, given in exporters]
        status = asyncio.ensure_future(self._status(ref))
        try:
            done = await self.ask(f"{CONTROL}Solve", "Solved", Ref=ref, Session=self.session, Frontend="dockerfile.v0",
                                  FrontendAttrs=attributes, Exporters=asked)  # fmt: skip
        finally:
            await status
        return dict(done.ExporterResponse)

    async def lead(self, attributes: dict[str, str], *exporters: tuple[str, dict[str, str]]) -> dict[str, str]:
        """Build as buildx does: be the frontend, and let the engine's build the Dockerfile."""
        ref = os.urandom(8).hex()
        asked = [self.types.Exporter(Type=kind, Attrs=given) for kind, given in exporters]
        solving = asyncio.ensure_future(
            self.ask(f"{CONTROL}Solve", "Solved", Ref=ref, Session=self.session, Exporters=asked)
        )
        await self._bridge("Ping", "Empty", ref)
        try:
            found = await self._bridge("Solve", "BridgeSolve", ref, Frontend="dockerfile.v0", FrontendOpt=attributes)
        except Failed as error:
            await self._bridge(
                "Return", "Return", ref, error=self.types.Failure(code=error.code, message=error.message)
            )
        else:
            result = self.types.BridgeSolved.FromString(found).result
            await self._bridge("Return", "Return", ref, result=result)
        return dict((await solving).ExporterResponse)

    async def _bridge(self, method: str, message: str, ref: str, **fields: Any) -> bytes:
        call = await self.caller.open(f"{BRIDGE}{method}", [("buildkit-controlapi-buildid", ref)])
        await call.write(getattr(self.types, message)(**fields).SerializeToString())
        await call.stream.end()
        answer = await call.read() or b""
        while await call.read() is not None:
            pass
        self.caller.check(call)
        return answer

    async def _status(self, ref: str) -> None:
        call = await self.caller.open(f"{CONTROL}Status")
        await call.write(self.types.StatusRequest(Ref=ref).SerializeToString())
        await call.stream.end()
        async for message in call:
            self.said.append(self.types.Status.FromString(message))
            if self.said[-1].logs:
                self.logged.set()

    async def _open(self, path: str, head: dict[str, str], make: Any) -> Mux:
        reader, writer = await asyncio.open_unix_connection(self._path)
        lines = [f"POST {path} HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: h2c"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answer.splitlines()[0], answer
        mux: Mux = make(Plain(reader, writer))
        self._muxes.append(mux)
        self._running.append(asyncio.ensure_future(mux.run()))
        return mux


def _walk(root: str) -> list[str]:
    found = []
    for place, directories, files in os.walk(root):
        found += [os.path.relpath(f"{place}/{name}", root) for name in (*directories, *files)]
    return sorted(found, key=lambda name: name.split("/"))


def _stat(types: Types, root: str, name: str) -> Any:
    found = os.lstat(f"{root}/{name}")
    kind = DIRECTORY if stat.S_ISDIR(found.st_mode) else SYMLINK if stat.S_ISLNK(found.st_mode) else 0
    link = os.readlink(f"{root}/{name}") if kind == SYMLINK else ""
    size = 0 if kind else found.st_size
    return types.Stat(path=name, mode=kind | found.st_mode & 0o777, size=size, modTime=found.st_mtime_ns, linkname=link)
