"""What a build asks of its client over the client's session: uploads, secrets, agents, files taken and sent.

The methods of `Attached` are the builder's, called in its thread; each waits for the event loop.
"""

import asyncio
import tempfile
from collections.abc import Coroutine
from typing import IO, Any, TypeVar
from urllib.parse import quote, urlsplit

from hull.api.call import Call
from hull.api.rpc import agents, sending, taking
from hull.api.rpc.calls import Failed
from hull.api.rpc.desk import Session
from hull.errors import UserError

R = TypeVar("R")
AUTH = "/moby.filesync.v1.Auth/"


class Attached:
    """A build's client, by the session that it has named."""

    def __init__(self, call: Call, session: Session) -> None:
        self._call, self._session = call, session
        self._loop = asyncio.get_running_loop()
        self._types = call.work.desk.types
        self._agents: dict[str, agents.Agent] = {}

    def files(self, name: str, *, only: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> IO[bytes]:
        """Return the tar of a directory that the client lends: the paths that are named, less what patterns match."""
        file = self._scratch()
        metadata = [("dir-name", name), *self._listed("followpaths", only), *self._listed("exclude-patterns", without)]
        self._wait(taking.take(self._session.caller, self._types, metadata, file, asyncio.to_thread))
        file.seek(0)
        return file

    def upload(self, url: str) -> IO[bytes]:
        """Return what the client gives under an address of its own: an archive, or a Dockerfile."""
        parts = urlsplit(url)
        file = self._scratch()

        async def pull() -> None:
            call = await self._session.caller.open(
                "/moby.upload.v1.Upload/Pull", [("urlpath", parts.path), ("urlhost", parts.netloc)]
            )
            await call.stream.end()
            async for message in call:
                await asyncio.to_thread(file.write, self._types.Bytes.FromString(message).data)
            self._session.caller.check(call)

        self._wait(pull())
        file.seek(0)
        return file

    def secret(self, ident: str) -> bytes | None:
        """Return a secret, None where the client has none of that name."""
        asked = self._types.GetSecret(ID=ident).SerializeToString()
        try:
            said = self._ask("/moby.buildkit.secrets.v1.Secrets/GetSecret", asked)
        except UserError:
            return None
        found: bytes = self._types.Secret.FromString(said).data
        return found

    def credentials(self, host: str) -> tuple[str, str]:
        """Return the user and the secret that the client has for a registry; a secret alone is an identity token."""
        try:
            said = self._ask(f"{AUTH}Credentials", self._types.CredentialsRequest(Host=host).SerializeToString())
        except UserError:
            return "", ""
        found = self._types.Credentials.FromString(said)
        return found.Username, found.Secret

    def token(self, host: str, realm: str, service: str, scopes: list[str]) -> str:
        """Return the bearer token that the client fetches for a registry, "" where it fetches none."""
        wanted = self._types.FetchToken(ClientID="hull", Host=host, Realm=realm, Service=service, Scopes=scopes)
        try:
            said = self._ask(f"{AUTH}FetchToken", wanted.SerializeToString())
        except UserError:
            return ""
        found: str = self._types.Token.FromString(said).Token
        return found

    def agent(self, ident: str) -> bool:
        """Whether the client lends an ssh agent of that name."""
        try:
            self._ask("/moby.sshforward.v1.SSH/CheckAgent", self._types.CheckAgent(ID=ident).SerializeToString())
        except UserError:
            return False
        return True

    def lend(self, ident: str, path: str) -> None:
        """Let a socket at `path` reach the client's agent until the build is over."""

        async def listen() -> None:
            self._agents[path] = await agents.listen(self._session.caller, self._types, ident, path)

        self._wait(listen())

    def send(self, file: IO[bytes], number: int, *, tree: bool) -> None:
        """Send a result to the client's output `number`: a tar as it is, or as the files of a tree."""
        act = sending.tree if tree else sending.archive
        self._wait(act(self._session.caller, self._types, file, number, asyncio.to_thread))

    def close(self) -> None:
        """Let go of what was lent."""

        async def end() -> None:
            for agent in self._agents.values():
                await agent.close()

        if self._agents:
            asyncio.run_coroutine_threadsafe(end(), self._loop).result()

    def _scratch(self) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=self._call.engine.paths.scratch)

    def _listed(self, name: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return a list's headers; where one needs it, all are encoded and it is said."""
        if all(value.isascii() and value.isprintable() for value in values):
            return [(name, value) for value in values]
        return [*((name, quote(value)) for value in values), (f"{name}-encoded", "1")]

    def _ask(self, method: str, message: bytes) -> bytes:
        return self._wait(self._session.caller.ask(method, message))

    def _wait(self, work: Coroutine[Any, Any, R]) -> R:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except Failed as error:
            raise UserError(f"the client refuses: {error.message}") from None
        except ConnectionError:
            raise UserError("the client has gone") from None
