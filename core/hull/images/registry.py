"""Ask a registry for manifests and blobs. Source: the OCI distribution spec 1.1."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from hull.config import Settings
from hull.errors import HullError, RegistryError
from hull.images import auth, digests, manifest, tokens
from hull.images.http import Answer, Http, is_loopback
from hull.images.reference import Reference
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from hull.images.manifest import Descriptor

CHUNK = 1 << 18
RESUMES = 4
_AGAIN = "try again, or another registry"


class _CutError(Exception):
    """A body that stopped before its end."""


class Registry:
    """One repository at one registry, or at a mirror of it. Safe to use from several threads."""

    def __init__(self, reference: Reference, settings: Settings, mirror: str = "") -> None:
        self._reference = reference
        self._settings = settings
        self._http = Http(settings)
        self._base = mirror.rstrip("/")
        self._mirrored = bool(mirror)
        self._authorization = ""

    def manifest(self, wanted: str) -> tuple[str, str, bytes]:
        """Return the digest, the claimed type and the bytes of a manifest by tag or digest; a digest is verified."""
        with self._ask(f"manifests/{wanted}", {"Accept": ", ".join(manifest.ACCEPTED)}) as (response, _):
            body = response.read(manifest.SIZE_MOST + 1)
            claimed = response.headers.get("Content-Type", "")
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
                for chunk in self._part(wanted.digest, received):
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

    def _part(self, digest: str, start: int) -> Iterator[bytes]:
        import urllib3

        with self._ask(f"blobs/{digest}", {"Range": f"bytes={start}-"} if start else {}) as (response, _):
            skip = start if response.status == HTTPStatus.OK else 0
            try:
                while chunk := response.read(CHUNK, decode_content=False):
                    if skip < len(chunk):
                        yield chunk[skip:] if skip else chunk
                    skip = max(0, skip - len(chunk))
            except urllib3.exceptions.HTTPError as error:
                raise _CutError(str(error)[:200]) from None

    @contextmanager
    def _ask(self, path: str, headers: dict[str, str]) -> Iterator[Answer]:
        """Yield a successful answer for a path of this repository, authorised when asked to be."""
        url = f"{self._find_base()}/v2/{self._reference.repository}/{path}"
        for attempt in range(2):
            sent = {**headers, "Authorization": self._authorization} if self._authorization else headers
            with self._http.get(url, sent) as answer:
                if answer.response.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                    yield answer
                    return
                if answer.response.status != HTTPStatus.UNAUTHORIZED or attempt or not answer.own:
                    raise self._refused(answer, path)
                challenges = answer.response.headers.getlist("WWW-Authenticate")
                answer.response.read(1 << 16)
            self._authorization = tokens.authorization(
                self._http, challenges, self._credentials(), self._reference.repository
            )

    def _credentials(self) -> auth.Credentials:
        name = urlsplit(self._base).netloc if self._mirrored else self._reference.registry
        return auth.find(name, self._reference.repository)

    def _refused(self, answer: Answer, path: str) -> RegistryError:
        status, said = answer.response.status, _message(answer.response.read(1 << 16))
        subject = str(self._reference) if path.startswith("manifests/") else path
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            hint = f"check the name; if it is private, log in: podman login {self._reference.registry}"
            return RegistryError(f"cannot pull {subject}: the registry denies access ({status}{said})", hint)
        if status == HTTPStatus.NOT_FOUND:
            return RegistryError(f"cannot pull {subject}: the registry has no such image{said}", "check name and tag")
        return RegistryError(f"cannot pull {subject}: the registry answers {status}{said}", "try again later")

    def _find_base(self) -> str:
        """Return scheme and host: plain HTTP is tried first on this machine, last where settings call it insecure."""
        if self._base:
            return self._base
        host, asked = self._reference.host, self._settings.registry(self._reference.registry)
        schemes = ["https"]
        if asked.insecure:
            schemes = ["https", "http"]
        elif is_loopback(urlsplit(f"//{host}").hostname or "") and not asked.ca:
            schemes = ["http", "https"]
        self._base = f"{schemes[0]}://{host}" if len(schemes) == 1 else self._probe([f"{s}://{host}" for s in schemes])
        return self._base

    def _probe(self, bases: list[str]) -> str:
        failure: HullError | None = None
        for base in bases:
            try:
                with self._http.get(f"{base}/v2/", {}) as (response, _):
                    response.read(1 << 16)
                    if response.status != HTTPStatus.BAD_REQUEST:  # what a TLS server says to plain HTTP
                        return base
            except RegistryError as error:
                failure = failure or error
        raise failure or RegistryError(
            f"cannot reach {bases[0]}: it speaks neither HTTP nor HTTPS", "check the address"
        )


def _message(body: bytes) -> str:
    """Return what the registry's error document says, made printable, with a separator; "" for none."""
    import json

    try:
        text = str(json.loads(body)["errors"][0]["message"])
    except (ValueError, LookupError, TypeError):
        return ""
    return ": " + "".join(char for char in text[:200] if char.isprintable())
