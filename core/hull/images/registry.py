"""Ask a registry for manifests and blobs. Source: the OCI distribution spec 1.1."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from hull.config import Settings
from hull.errors import RegistryError
from hull.images import auth, digests, manifest, ranges, refusals, schemes, tokens
from hull.images.credentials import Credentials
from hull.images.http import Answer, Http
from hull.images.reference import Reference
from hull.images.urls import origin, shown
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.manifest import Descriptor

CHUNK = 1 << 18
RESUMES = 4
GOOD = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
_AGAIN = "try again, or another registry"


class _CutError(Exception):
    """A body that stopped before its end."""


class Registry:
    """One repository at one registry, or at a mirror of it. Safe to use from several threads.

    `writes` asks for the right to push with the first token; `credentials` are taken in place of what files hold; not
    `scoped` asks for no right at all: to show who one is, or to list what there is.
    """

    def __init__(
        self,
        reference: Reference,
        settings: Settings,
        mirror: str = "",
        *,
        writes: bool = False,
        credentials: Credentials | None = None,
        scoped: bool = True,
    ) -> None:
        self._reference = reference
        self._settings = settings
        self._http = Http(settings)
        self._base = mirror.rstrip("/")
        self._mirrored = bool(mirror)
        self._authorization = ""
        self._writes = writes
        self._given = credentials
        right = f"repository:{reference.repository}:{'pull,push' if writes else 'pull'}"
        self._scopes: tuple[str, ...] = (right,) if scoped else ()

    @property
    def reference(self) -> Reference:
        """What it was made for."""
        return self._reference

    def reach(self, repository: str) -> None:
        """Ask for the right to read another repository with the next token: a mount needs it."""
        scope = f"repository:{repository}:pull"
        if scope not in self._scopes:
            self._scopes = (*self._scopes, scope)
            if self._authorization.startswith("Bearer "):
                self._authorization = ""

    def manifest(self, wanted: str) -> tuple[str, str, bytes]:
        """Return the digest, the claimed type and the bytes of a manifest by tag or digest; a digest is verified."""
        headers = {"Accept": ", ".join(manifest.ACCEPTED)}
        with self.request("GET", f"manifests/{wanted}", headers) as answer:
            body = answer.read(manifest.SIZE_MOST + 1)
            claimed = answer.response.headers.get("Content-Type", "")
        if len(body) > manifest.SIZE_MOST:
            raise RegistryError(f"cannot use {self._reference}: its manifest is larger than {manifest.SIZE_MOST} bytes")
        if digests.valid(wanted):
            digests.verify(body, wanted, "the manifest")
            return wanted, claimed, body
        return digests.of(body), claimed, body

    def small(self, wanted: "Descriptor") -> bytes:
        """Return a small blob (a config), verified."""
        data = bytearray()
        for chunk in self.blob(wanted):
            data += chunk
            if len(data) > manifest.SIZE_MOST:
                raise RegistryError(f"cannot use {wanted.digest}: it is larger than {manifest.SIZE_MOST} bytes", _AGAIN)
        return bytes(data)

    def blob(self, wanted: "Descriptor") -> Iterator[bytes]:
        """Yield a blob's bytes, going on where a cut stream stopped; raises before it ends if size or digest differ."""
        digest, received = digests.hasher(wanted.digest), 0
        for _ in range(RESUMES + 1):
            reason = f"it ends after {received} bytes"
            try:
                for chunk in self._part(wanted, received):
                    received += len(chunk)
                    if 0 <= wanted.size < received:
                        raise RegistryError(
                            f"cannot use {wanted.digest}: it is longer than {wanted.size} bytes", _AGAIN
                        )
                    digest.update(chunk)
                    yield chunk
            except _CutError as cut:
                reason = str(cut)
                continue
            if received >= wanted.size:
                break
        else:
            raise RegistryError(f"cannot fetch {wanted.digest}: {reason}", _AGAIN)
        if digest.hexdigest() != wanted.digest.partition(":")[2]:
            raise RegistryError(f"cannot use {wanted.digest}: its content does not match the digest", _AGAIN)

    def _part(self, wanted: "Descriptor", start: int) -> Iterator[bytes]:
        """Yield the bytes from `start` on; a registry that answers with another range is asked for the whole."""
        import urllib3

        path = f"blobs/{wanted.digest}"
        for headers in ({"Range": f"bytes={start}-"}, {}) if start else ({},):
            with self.request("GET", path, headers) as (response, *_):
                partial = response.status == HTTPStatus.PARTIAL_CONTENT
                if partial and not ranges.fits(response.headers.get("Content-Range", ""), start, wanted.size):
                    continue
                skip = 0 if partial else start
                try:
                    while chunk := response.read(CHUNK, decode_content=False):
                        if skip < len(chunk):
                            yield chunk[skip:] if skip else chunk
                        skip = max(0, skip - len(chunk))
                except urllib3.exceptions.HTTPError as error:
                    raise _CutError(str(error)[:200]) from None
                return
        raise RegistryError(f"cannot fetch {wanted.digest}: the registry answers with a part of it only", _AGAIN)

    def has(self, kind: str, wanted: str) -> str:
        """Return the digest under which a blob or a manifest (`kind` blobs, manifests) is there, "" where it is not."""
        headers = {"Accept": ", ".join(manifest.ACCEPTED)} if kind == "manifests" else {}
        with self.request("HEAD", f"{kind}/{wanted}", headers, good=(*GOOD, HTTPStatus.NOT_FOUND)) as (response, *_):
            if response.status == HTTPStatus.NOT_FOUND:
                return ""
            return response.headers.get("Docker-Content-Digest", "") or wanted

    @contextmanager
    def request(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes | None = None,
        good: tuple[int, ...] = GOOD,
    ) -> Iterator[Answer]:
        """Yield an answer whose status is in `good`, authorised when asked to be; another is an error.

        `target` is a path of this repository, an absolute path of the registry, or a URL that the registry gave: one
        of another origin gets no credentials.
        """
        url = self.url(target)
        home = origin(url) == origin(self.base)
        for attempt in range(2):
            given = self._authorization if home else ""
            sent = {**headers, "Authorization": given} if given else headers
            with self._http.ask(method, url, sent, body) as answer:
                if answer.response.status in good:
                    yield answer
                    return
                asked = answer.response.status == HTTPStatus.UNAUTHORIZED and answer.own and home
                if not asked or attempt:
                    raise self._refused(answer, target)
                challenges = answer.response.headers.getlist("WWW-Authenticate")
                answer.read(1 << 16)
            self._authorization = tokens.authorization(
                self._http, challenges, self._credentials(), self._reference.registry, self._scopes
            )

    def url(self, target: str) -> str:
        """Return the URL of what `request` takes."""
        if "://" in target:
            return target
        if target.startswith("/"):
            return f"{self.base}{target}"
        return f"{self.base}/v2/{self._reference.repository}/{target}"

    def _credentials(self) -> Credentials:
        if self._given is not None:
            return self._given
        name = urlsplit(self._base).netloc if self._mirrored else self._reference.registry
        return auth.find(name, self._reference.repository)

    def _refused(self, answer: Answer, target: str) -> RegistryError:
        image = target.startswith("manifests/")
        path = shown(urlsplit(target).path)
        subject = str(self._reference) if image else f"{self._reference.familiar_name} ({path})"
        verb = "push" if self._writes else "pull"
        return refusals.of(f"{verb} {subject}", self._reference.registry, answer, image=image)

    @property
    def base(self) -> str:
        """Scheme and host, found out when first asked."""
        if not self._base:
            self._base = schemes.find(self._reference, self._settings, self._http)
        return self._base
