"""What BuildKit's clients lend a build: the context, the Dockerfile, further contexts, as the attributes name them."""

import tarfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, NamedTuple, Protocol

from hull.builder.asked import Sent
from hull.dockerfile import contexts, ignore
from hull.dockerfile.parser import LONGEST
from hull.errors import Unsupported, UserError

Attributes = Mapping[str, str]
UPLOAD = "http://buildkit-session/"  # an address that the client answers itself


class Client(Protocol):
    """Whom the build is for, as far as it lends what the build needs."""

    def files(self, name: str, *, only: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> IO[bytes]:
        """Return the tar of a directory."""

    def upload(self, url: str) -> IO[bytes]:
        """Return what is at an address that the client answers itself."""

    def secret(self, ident: str) -> bytes | None:
        """Return a secret."""

    def credentials(self, host: str) -> tuple[str, str]:
        """Return user and secret at a registry."""

    def token(self, host: str, realm: str, service: str, scopes: list[str]) -> str:
        """Return a bearer token for a registry."""

    def agent(self, ident: str) -> bool:
        """Whether there is an agent."""

    def lend(self, ident: str, path: str) -> None:
        """Let a socket reach the agent."""

    def send(self, file: IO[bytes], number: int, *, tree: bool) -> None:
        """Send a result."""


class Found(NamedTuple):
    """What the client has lent: a context's archive or its address, the Dockerfile, the further contexts."""

    context: str
    sent: Sent | None
    file: str


def find(given: Attributes, client: Client, note: Callable[[str], object]) -> Found:
    """Fetch what the build is made of, with a note of each part; `Found.sent`'s file is the caller's to close."""
    file, address = given.get("filename") or "Dockerfile", given.get("context", "")
    if address.startswith(UPLOAD):
        return _uploaded(client, address, file)
    apart = not address or "dockerfilekey" in given
    text, beside = _dockerfile(client, given.get("dockerfilekey") or "dockerfile", file) if apart else (None, None)
    if text is not None:
        note(f"[internal] load build definition from {file}")
    if address:
        if contexts.parse_remote(address) is None:
            raise UserError(f"cannot build from {address}: it is no address that is known here")
        if text is not None:
            raise Unsupported("cannot build a context at an address with a Dockerfile from somewhere else")
        return Found(address, None, given.get("filename", ""))
    local = given.get("contextkey") or "context"
    if beside is None:
        with client.files(local, only=(ignore.USUAL,)) as found:
            beside = _member(found, ignore.USUAL) or b""
    patterns = beside.decode("utf-8", "surrogateescape")
    note("[internal] load .dockerignore")
    tar = client.files(local, without=ignore.parse(patterns).words)
    note("[internal] load build context")
    return Found("", Sent(tar, text, patterns), file)


def named(given: Attributes, client: Client) -> Iterator[tuple[str, str | IO[bytes]]]:
    """Yield the further contexts: a name with an address or with the archive that the client has lent."""
    for name, value in below(given, "context:"):
        plain, kind = name.partition("::")[0], value.partition(":")[0]
        if kind == "local":
            yield plain, client.files(value.partition(":")[2])
        elif kind in {"docker-image", "http", "https", "git", "ssh"} or value.startswith("git@"):
            yield plain, value
        else:
            raise Unsupported(f"cannot use the build context {plain}={value}: {kind} is no kind known here")


def below(given: Attributes, prefix: str) -> list[tuple[str, str]]:
    """Return the attributes whose names begin so, without that, in order."""
    return sorted((name[len(prefix) :], value) for name, value in given.items() if name.startswith(prefix))


def _uploaded(client: Client, address: str, file: str) -> Found:
    """Return what the client gives as a stream: an archive, or the Dockerfile alone."""
    upload = client.upload(address)
    head = upload.read(512)
    upload.seek(0)
    if contexts.is_archive(head):
        return Found("", Sent(upload), file)
    with upload:
        return Found("", Sent(None, upload.read(LONGEST + 1), ""), file)


def _dockerfile(client: Client, local: str, file: str) -> tuple[bytes, bytes | None]:
    """Return the Dockerfile, and the patterns that lie beside it."""
    beside = f"{file}{ignore.USUAL}"
    with client.files(local, only=(file, beside, file.lower())) as found:
        text = _member(found, file)
        text = _member(found, file.lower()) if text is None else text
        if text is None:
            raise UserError(f"failed to read dockerfile: open {file}: no such file or directory")
        return text, _member(found, beside)


def _member(file: IO[bytes], name: str) -> bytes | None:
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        try:
            found = tar.extractfile(name.removeprefix("./"))
        except KeyError:
            return None
        return None if found is None else found.read(LONGEST + 1)
