"""Speak Docker's API to an engine. http.client, because a command line that lives for 50 ms pays for its imports.

Measured: aiohttp 0.25 s and docker-py more, http.client 0.03 s; a command has no use for pools and models.
"""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from urllib.parse import quote, urlencode

from hull.contexts.answer import CHUNK, Answer
from hull.contexts.context import HULL, Context
from hull.contexts.dialling import Dialled, dial, unreachable
from hull.contexts.ssh import failure
from hull.errors import Conflict, HostError, HullError, Missing, Unsupported, UserError
from hull.light import IO, Any

NEWEST, OLDEST = (1, 50), (1, 24)
FIX = " (the fix: "  # how hull's own server ends a message
NOTHING = (204, 304)
Body = bytes | Iterator[bytes] | IO[bytes] | None


class _Connection(http.client.HTTPConnection):
    def __init__(self, dialled: Dialled) -> None:
        super().__init__("docker")
        self.sock = dialled.sock
        self.auto_open = 0


class Client:
    """An engine that is spoken to; every request has a connection of its own."""

    def __init__(self, context: Context, runtime: str, timeout: float | None = None) -> None:
        self.context = context
        self._runtime = runtime
        self._timeout = timeout
        self._version = ""
        self._podman = False

    def version(self) -> str:
        """Return the version of the API that both know."""
        if not self._version:
            answer = self.send("GET", "/_ping")
            answer.close()
            self._podman = bool(answer.header("Libpod-Api-Version"))
            self._version = agreed(self.context.name, answer.header("Api-Version"))
        return self._version

    @property
    def podman(self) -> bool:
        """Whether it is podman: that loses the exit code of a container which removes itself."""
        self.version()
        return self._podman

    def send(self, method: str, path: str, body: Body = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request whose path is whole; return its answer, whatever its status.

        What reading the body raises is raised as it is: it is no fault of the engine's.
        """
        fed = None if body is None or isinstance(body, bytes) else _Fed(body)
        dialled = dial(self.context, self._runtime, self._timeout)
        try:
            return _asked(dialled, method, path, body if fed is None else fed, headers or {})
        except BaseException as error:  # noqa: BLE001 (raised again)
            broken = isinstance(error, OSError | http.client.HTTPException) and (fed is None or error is not fed.fault)
            told = self._broken(error, dialled) if broken else error
            dialled.close()
            raise told from None

    def call(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None,
             headers: Mapping[str, str] | None = None) -> Answer:  # fmt: skip
        """Send a request of the API; a failure of the engine's is raised in hull's words."""
        said = dict(headers or {})
        if isinstance(body, dict):
            body, said["Content-Type"] = json.dumps(body).encode("utf-8", "surrogateescape"), "application/json"
        words = {key: _word(value) for key, value in (query or {}).items() if value not in (None, "", False, ())}
        asked = f"?{urlencode(words, doseq=True, errors='surrogateescape')}" if words else ""
        answer = self.send(method, f"/v{self.version()}{path}{asked}", body, said)
        if answer.status < 400:  # noqa: PLR2004
            return answer
        raise failed(answer.status, answer.read())

    def json(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Return the answer's document, None where it has none."""
        answer = self.call(method, path, query, body)
        text = b"" if answer.status in NOTHING else answer.read()
        answer.close()
        try:
            return json.loads(text) if text.strip() else None
        except ValueError:
            raise HostError(f"cannot read what {self.context.name} answers to {path}: no JSON", "update it") from None

    def _broken(self, error: BaseException, dialled: Dialled) -> HullError:
        why = dialled.why()
        if dialled.is_missing:
            program = "hull" if self.context.kind == HULL else "docker"
            return HostError(
                f"cannot use the context {self.context.name}: {program} is not there, or not in its PATH",
                f"hull context update {self.context.name} --host ssh://HOST/PATH/TO/hull" if program == "hull"
                else "install docker there, or name hull's own: --host ssh://HOST",
            )  # fmt: skip
        if why:
            return failure(self.context.name, self.context.address, why)
        return unreachable(self.context, error)


class _Fed:
    """A body as it is sent; what reading it raised is kept apart from what sending it raises."""

    def __init__(self, body: Iterator[bytes] | IO[bytes]) -> None:
        self._chunks = iter(partial(body.read, CHUNK), b"") if hasattr(body, "read") else iter(body)
        self.fault: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._chunks
        except Exception as fault:
            self.fault = fault
            raise


def _asked(dialled: Dialled, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
    chunked = isinstance(body, _Fed)
    said = {"Host": "docker", "User-Agent": "hull", **headers, **({"Transfer-Encoding": "chunked"} if chunked else {})}
    connection = _Connection(dialled)
    with suppress(BrokenPipeError, ConnectionResetError):  # an engine may answer before it has read all
        connection.request(method, path, body, said, encode_chunked=chunked)
    return Answer(connection.getresponse(), dialled)


def agreed(name: str, theirs: str) -> str:
    """Return the newest version that both know."""
    major, _, minor = theirs.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise HostError(
            f"cannot use the context {name}: what answers is no engine of Docker's API", "check the address"
        )
    found = min(NEWEST, (int(major), int(minor)))
    if found < OLDEST:
        raise Unsupported(f"cannot use the context {name}: its API is {theirs}, older than 1.24", "update that engine")
    return f"{found[0]}.{found[1]}"


def failed(status: int, body: bytes) -> HullError:
    """Return an engine's failure."""
    try:
        message = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        message = body.decode(errors="replace").strip() or f"the engine answered {status}"
    message, _, fix = message.removesuffix(")").partition(FIX) if FIX in message else (message, "", "")
    kinds: dict[int, type[HullError]] = {404: Missing, 409: Conflict, 501: Unsupported, 400: UserError}
    return kinds.get(status, HostError)(message, fix)


def _word(value: Any) -> Any:
    if value is True:
        return "1"
    return json.dumps(value) if isinstance(value, dict) else value


def word(text: str) -> str:
    """Return a name as a part of a path."""
    return quote(text, safe="/:@", errors="surrogateescape")
