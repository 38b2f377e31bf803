"""Put blobs and manifests into a registry. Source: the OCI distribution spec 1.1, "Push".

A blob travels in chunks; where a connection breaks, the registry is asked how much it has and the rest follows. One
that has forgotten the upload gets a new one, from the start.
"""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus

from hull.errors import RegistryError
from hull.images import digests, ranges
from hull.images.http import UnreachableError
from hull.images.manifest import Descriptor
from hull.images.registry import Registry
from hull.images.urls import joined
from hull.light import NamedTuple

CHUNK = 8 << 20
RESUMES, RESTARTS = 4, 2
_OCTETS = {"Content-Type": "application/octet-stream"}
_LOST = (HTTPStatus.NOT_FOUND, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, HTTPStatus.BAD_REQUEST)

Fetch = Callable[[], Iterable[bytes]]  # a blob's bytes from the start, each time it is called
Tell = Callable[[int], None]


class _LostError(Exception):
    """The registry does not know the upload any more, or has another part of it than we sent."""


class Session(NamedTuple):
    """An upload that the registry has opened: where the next part goes, and the least size of a part."""

    url: str
    least: int = 0


class Uploads:
    """What is written to one repository. Safe to use from several threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def has(self, digest: str) -> bool:
        """Whether the repository has a blob."""
        return bool(self._registry.has("blobs", digest))

    def names(self, wanted: str) -> bool:
        """Whether the repository has a manifest, by tag or digest."""
        return bool(self._registry.has("manifests", wanted))

    def mount(self, digest: str, repository: str) -> bool:
        """Let the registry link a blob from another of its repositories; False where it does not."""
        self._registry.reach(repository)
        path = f"blobs/uploads/?mount={digest}&from={repository}"
        good = (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)
        try:
            with self._registry.request("POST", path, {}, good=good) as answer:
                if answer.response.status == HTTPStatus.CREATED:
                    return True
                session = self._session(answer.response.headers, answer.url)
            with self._registry.request("DELETE", session.url, {}, good=(*range(200, 600),)):
                return False  # it opened an upload instead, which nobody will finish
        except RegistryError:
            return False

    def put(self, wanted: Descriptor, fetch: Fetch, tell: Tell = lambda _: None) -> None:
        """Upload a blob; `tell` hears how many bytes the registry has. The registry checks the digest."""
        for _ in range(RESTARTS + 1):
            try:
                self._whole(wanted, fetch(), tell)
            except _LostError:
                continue
            else:
                return
        raise RegistryError(
            f"cannot push {wanted.digest}: the registry lost the upload {RESTARTS + 1} times", "push again later"
        )

    def manifest(self, body: bytes, media_type: str, tag: str) -> str:
        """Upload a manifest or an index under a tag or its digest; return the digest."""
        digest = digests.of(body)
        headers = {"Content-Type": media_type}
        with self._registry.request("PUT", f"manifests/{tag}", headers, body, (HTTPStatus.CREATED,)) as (response, *_):
            said = response.headers.get("Docker-Content-Digest", digest)
        if said != digest:
            raise RegistryError(
                f"cannot push {self._registry.reference}: the registry stored {said[:80]}, not {digest}",
                "tell the registry's owner: it changes what it is given",
            )
        return digest

    def _whole(self, wanted: Descriptor, chunks: Iterable[bytes], tell: Tell) -> None:
        session, sent = self._open(), 0
        parts = _parts(chunks, max(CHUNK, session.least))
        part = next(parts, b"")
        following = next(parts, None)
        while following is not None:
            session = self._part(session, part, sent)
            sent += len(part)
            tell(sent)
            part, following = following, next(parts, None)
        if sent:
            session, sent, part = self._part(session, part, sent), sent + len(part), b""
        self._finish(session, wanted.digest, part)
        tell(sent + len(part))

    def _open(self) -> Session:
        with self._registry.request("POST", "blobs/uploads/", {}, good=(HTTPStatus.ACCEPTED,)) as answer:
            return self._session(answer.response.headers, answer.url)

    def _part(self, session: Session, part: bytes, start: int) -> Session:
        """Send one part, the rest of it again where the connection broke; return where the next one goes."""
        done = 0
        for _ in range(RESUMES + 1):
            rest = part[done:]
            span = {"Content-Range": f"{start + done}-{start + len(part) - 1}"}
            good = (HTTPStatus.ACCEPTED, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT, *_LOST)
            try:
                with self._registry.request("PATCH", session.url, {**_OCTETS, **span}, rest, good) as answer:
                    if answer.response.status not in _LOST:
                        return self._session(answer.response.headers, answer.url, session)
            except UnreachableError:
                pass
            session, have = self._status(session)
            done = have - start
            if not 0 <= done <= len(part):
                raise _LostError
            if done == len(part):
                return session
        raise RegistryError(f"cannot push: the connection broke {RESUMES + 1} times at one part", "push again later")

    def _status(self, session: Session) -> tuple[Session, int]:
        """Return where an upload goes on, and how many bytes of it the registry has."""
        good = (HTTPStatus.NO_CONTENT, HTTPStatus.ACCEPTED, HTTPStatus.OK)
        try:
            with self._registry.request("GET", session.url, {}, good=good) as answer:
                headers = answer.response.headers
                return self._session(headers, answer.url, session), ranges.received(headers.get("Range", ""))
        except UnreachableError:
            raise
        except RegistryError:
            raise _LostError from None

    def _finish(self, session: Session, digest: str, last: bytes) -> None:
        url = f"{session.url}{'&' if '?' in session.url else '?'}digest={digest}"
        good = (HTTPStatus.CREATED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
        try:
            with self._registry.request("PUT", url, _OCTETS, last, good) as answer:
                if answer.response.status == HTTPStatus.NOT_FOUND:
                    raise _LostError
        except UnreachableError:
            if not self.has(digest):
                raise _LostError from None

    def _session(self, headers: "dict[str, str] | object", url: str, before: Session | None = None) -> Session:
        get = getattr(headers, "get")  # noqa: B009 (urllib3's mapping has no type of its own here)
        place, least = get("Location"), get("OCI-Chunk-Min-Length") or ""
        if not place and before is None:
            raise RegistryError("cannot push: the registry opens no upload", "tell the registry's owner")
        known = before.least if before else 0
        return Session(joined(url, place) if place else url, int(least) if least.isdigit() else known)


def _parts(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Join chunks to parts of `size` bytes, the last one shorter."""
    pending = bytearray()
    for chunk in chunks:
        pending += chunk
        while len(pending) >= size:
            yield bytes(pending[:size])
            del pending[:size]
    if pending:
        yield bytes(pending)
