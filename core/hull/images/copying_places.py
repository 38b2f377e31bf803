"""Places that `hull copy` reads from and writes to: registries and OCI layouts in a directory."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from hull.config import Settings
from hull.errors import RegistryError, UserError
from hull.images import copying, digests, documents, manifest, writing
from hull.images.copying import Document, Source
from hull.images.manifest import Descriptor, Index
from hull.images.reference import Reference
from hull.images.registry import CHUNK, Registry
from hull.images.uploads import Uploads
from hull.light import Any

REF_NAME = "org.opencontainers.image.ref.name"


class RegistrySource:
    """A repository of a registry, at a tag or a digest."""

    def __init__(self, reference: Reference, settings: Settings) -> None:
        self.reference = reference
        self._registry = Registry(reference, settings)

    def top(self) -> Document:
        """Return what the tag or digest means."""
        digest, claimed, body = self._registry.manifest(self.reference.wanted)
        return Document(digest, manifest.type_of(body, claimed), body)

    def manifest(self, wanted: Descriptor) -> Document:
        """Return one that an index names."""
        digest, claimed, body = self._registry.manifest(wanted.digest)
        return Document(digest, manifest.type_of(body, wanted.media_type or claimed), body)

    def blob(self, wanted: Descriptor) -> Iterator[bytes]:
        """Yield a blob."""
        return self._registry.blob(wanted)


class RegistryTarget:
    """A repository of a registry and a tag in it."""

    one = False

    def __init__(self, reference: Reference, settings: Settings) -> None:
        self._reference = reference
        self._uploads = Uploads(Registry(reference, settings, writes=True))

    def has(self, wanted: Descriptor, source: Source) -> bool:
        """Whether the repository has the blob, or links it now from the one it comes from."""
        if self._uploads.has(wanted.digest):
            return True
        if not isinstance(source, RegistrySource) or source.reference.registry != self._reference.registry:
            return False
        return self._uploads.mount(wanted.digest, source.reference.repository)

    def names(self, digest: str) -> bool:
        """Whether the repository has a manifest."""
        return self._uploads.names(digest)

    def put(self, wanted: Descriptor, chunks: Callable[[], Iterable[bytes]]) -> None:
        """Upload a blob."""
        self._uploads.put(wanted, chunks)

    def document(self, found: Document, *, last: bool) -> None:
        """Upload a manifest under its digest, the last one under the tag."""
        if last and self._reference.digest and self._reference.digest != found.digest:
            raise UserError(
                f"cannot copy to {self._reference}: what is copied is {found.digest}", "name the target by a tag"
            )
        self._uploads.manifest(found.body, found.media_type, self._reference.wanted if last else found.digest)


class LayoutSource:
    """An OCI layout: `tag` is a name in its index, or "" where it holds one image."""

    def __init__(self, directory: str, tag: str) -> None:
        self._directory, self._tag = directory, tag

    def top(self) -> Document:
        """Return what the tag means."""
        index = manifest.parse(b"".join(_read(f"{self._directory}/index.json")))
        if not isinstance(index, Index):
            raise RegistryError(f"cannot copy from {self._directory}: index.json is no index", "it is no OCI layout")
        found = [one for one in index.manifests if not self._tag or one.name == self._tag]
        if len({one.digest for one in found}) != 1:
            names = ", ".join(sorted({one.name for one in index.manifests if one.name})) or "none"
            which = f"{len(found)} images" if found else "no such image"
            raise UserError(f"cannot copy from {self._directory}: {which}", f"name one: oci:DIR:TAG; there are {names}")
        return self.manifest(found[0])

    def manifest(self, wanted: Descriptor) -> Document:
        """Return one that an index names."""
        body = b"".join(_read(_path(self._directory, wanted.digest)))
        digests.verify(body, wanted.digest, "a manifest")
        return Document(wanted.digest, manifest.type_of(body, wanted.media_type), body)

    def blob(self, wanted: Descriptor) -> Iterator[bytes]:
        """Yield a blob."""
        return copying.verified(_read(_path(self._directory, wanted.digest)), wanted)


class LayoutTarget:
    """An OCI layout in a directory, made where it is missing; what else it holds stays."""

    one = False

    def __init__(self, directory: str, tag: str) -> None:
        self._directory, self._tag = directory, tag
        with writing.blamed(directory):
            os.makedirs(f"{directory}/blobs/sha256", exist_ok=True)
            if not os.path.exists(f"{directory}/oci-layout"):
                writing.whole(f"{directory}/oci-layout", [b'{"imageLayoutVersion":"1.0.0"}'], synced=True)

    def has(self, wanted: Descriptor, _source: Source) -> bool:
        """Whether the blob is there, whole."""
        path = _path(self._directory, wanted.digest)
        if not os.path.exists(path):
            return False
        try:
            for _ in copying.verified(_read(path), wanted):
                pass
        except RegistryError:
            return False
        return True

    def put(self, wanted: Descriptor, chunks: Callable[[], Iterable[bytes]]) -> None:
        """Write a blob."""
        path = _path(self._directory, wanted.digest)
        with writing.blamed(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            writing.whole(path, copying.verified(chunks(), wanted), synced=True)

    def document(self, found: Document, *, last: bool) -> None:
        """Write a manifest, and for the last one the index."""
        self.put(Descriptor(found.digest, len(found.body), found.media_type), lambda: [found.body])
        if last:
            with writing.blamed(self._directory), _locked(self._directory):
                self._name(found)

    def _name(self, found: Document) -> None:
        import json

        path = f"{self._directory}/index.json"
        data: dict[str, Any] = {"schemaVersion": 2, "mediaType": manifest.OCI_INDEX, "manifests": []}
        if os.path.exists(path):
            data = documents.read(b"".join(_read(path)), path)
        entry: dict[str, Any] = {"mediaType": found.media_type, "digest": found.digest, "size": len(found.body)}
        if self._tag:
            entry["annotations"] = {REF_NAME: self._tag}
        data["manifests"] = [one for one in data.get("manifests") or [] if not self._same(one, found)] + [entry]
        writing.whole(path, [json.dumps(data, separators=(",", ":")).encode()], synced=True)

    def _same(self, one: Any, found: Document) -> bool:
        name = ((one if isinstance(one, dict) else {}).get("annotations") or {}).get(REF_NAME, "")
        return name == self._tag and bool(self._tag or one.get("digest") == found.digest)


def _path(directory: str, digest: str) -> str:
    return f"{directory}/blobs/{digests.checked(digest, 'a blob').replace(':', '/')}"


def _read(path: str) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise UserError(
            f"cannot read {path}: {error.strerror}", "an OCI layout is a directory with index.json"
        ) from None


@contextmanager
def _locked(directory: str) -> Iterator[None]:
    import fcntl

    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
