"""One layer on its way to a registry: where its bytes come from, and what the registry has in the end."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

from hull import log
from hull.config import Settings
from hull.errors import HullError, RegistryError, UserError
from hull.images import compressing, reference, writing
from hull.images.layers import STEP, Cancelled
from hull.images.manifest import Descriptor
from hull.images.reference import Reference
from hull.images.registry import CHUNK, Registry
from hull.images.uploads import Fetch, Uploads
from hull.light import IO, TYPE_CHECKING, NamedTuple
from hull.paths import Paths
from hull.state.sources import Source, Sources

if TYPE_CHECKING:
    from hull.images.child import Confine
    from hull.images.credentials import Credentials
    from hull.images.store import ImageStore
    from hull.state.images import Images


class Bench(NamedTuple):
    """What a push works with; `credentials` are the target's, in place of what files hold."""

    paths: Paths
    store: "ImageStore"
    sources: Sources
    confine: "Confine"
    events: log.Events
    settings: Settings
    credentials: "Credentials | None" = None

    @property
    def rows(self) -> "Images":
        """The rows of images."""
        return self.store.rows


class Sent(NamedTuple):
    """A layer at the registry: its blob, and the digest of its tar."""

    diff_id: str
    digest: str
    size: int
    media_type: str

    @property
    def oci_type(self) -> str:
        """The media type in an OCI manifest."""
        return compressing.media_type(compressing.kind_of(self.media_type))


def label(diff_id: str) -> str:
    """Return what progress calls a layer."""
    return diff_id.partition(":")[2][:12]


def suits(media_type: str, compression: str) -> bool:
    """Whether a blob of this type is what --compression asks for."""
    return not compression or compressing.kind_of(media_type) == compression


class Sender:
    """Bring the layers of an image to one repository."""

    def __init__(
        self, bench: Bench, uploads: Uploads, target: Reference, stop: threading.Event, diff_ids: tuple[str, ...]
    ) -> None:
        self._bench, self._uploads, self._target, self._stop = bench, uploads, target, stop
        self._diff_ids = list(diff_ids)

    def send(self, diff_id: str, kept: Descriptor | None, compression: str) -> Sent:
        """Return the layer at the registry; `kept` is the blob that the image's own manifest names.

        That is preferred, not believed: only blobs that were seen to unpack to this layer are known.
        """
        known = [one for one in self._bench.sources.of(diff_id) if suits(one.media_type, compression)]
        if kept is not None:
            known.sort(key=lambda one: one.digest != kept.digest)
        found = self._there(diff_id, known) or self._mounted(diff_id, known) or self._fetched(diff_id, known)
        return found or self._packed(diff_id, compression or "gzip")

    def _there(self, diff_id: str, known: list[Source]) -> Sent | None:
        for digest in dict.fromkeys(one.digest for one in known):
            if self._uploads.has(digest):
                self._tell(diff_id, "already there")
                return _sent(diff_id, next(one for one in known if one.digest == digest))
        return None

    def _mounted(self, diff_id: str, known: list[Source]) -> Sent | None:
        for one in known:
            registry, _, repository = one.repository.partition("/")
            if registry != self._target.registry or repository == self._target.repository:
                continue
            if self._uploads.mount(one.digest, repository):
                self._tell(diff_id, f"linked from {repository}")
                return _sent(diff_id, one)
        return None

    def _fetched(self, diff_id: str, known: list[Source]) -> Sent | None:
        """Pass a blob on from another registry: its very bytes, so its digest and the image's stay what they are."""
        for one in known:
            if one.repository == self._target.name:
                continue
            wanted = Descriptor(one.digest, one.size, one.media_type)
            source = Registry(reference.parse(f"{one.repository}@{one.digest}"), self._bench.settings)
            try:
                self._upload(diff_id, wanted, partial(source.blob, wanted), "pushing")
            except HullError as error:
                self._bench.events(log.Event("note", label(diff_id), f"not from {one.repository}: {error.message}"))
                continue
            self._tell(diff_id, f"pushed, as {one.repository} has it")
            return _sent(diff_id, one)
        return None

    def _packed(self, diff_id: str, kind: str) -> Sent:
        """Compress a layer's tar and upload it unless the registry has that, too."""
        for exact, tar, whence in self._tars(diff_id, kind):
            try:
                return self._compressed(diff_id, tar, kind, exact=exact)
            except HullError as error:
                if not exact:
                    raise
                self._bench.events(log.Event("note", label(diff_id), f"not from {whence}: {error.message}"))
        raise UserError(f"cannot push the layer {diff_id}: it is not here any more", "pull or build the image again")

    def _compressed(self, diff_id: str, tar: Iterator[bytes], kind: str, *, exact: bool) -> Sent:
        import hashlib
        import tempfile

        whole, packed, size = hashlib.sha256(), hashlib.sha256(), 0
        self._tell(diff_id, "packing")
        scratch = self._bench.paths.scratch
        with writing.blamed(scratch), tempfile.TemporaryFile(dir=scratch) as file:
            for chunk in compressing.stream(self._hashed(tar, whole.update), kind):
                packed.update(chunk)
                size += len(chunk)
                file.write(chunk)
            found = f"sha256:{whole.hexdigest()}"
            if exact and found != diff_id:
                raise RegistryError(f"cannot use a tar of {diff_id}: it is {found}", "push without it")
            sent = Sent(found, f"sha256:{packed.hexdigest()}", size, compressing.media_type(kind))
            again = "" if found == diff_id else ", packed again"
            if self._uploads.has(sent.digest):
                self._tell(diff_id, f"already there{again}")
            else:
                self._upload(diff_id, Descriptor(sent.digest, size, sent.media_type), lambda: _read(file), "pushing")
                self._tell(diff_id, f"pushed{again}")
        return sent

    def _tars(self, diff_id: str, kind: str) -> Iterator[tuple[bool, Iterator[bytes], str]]:
        """Yield ways to the layer's tar, whether they claim to be the very one, and whence: packed again comes last."""
        last = []
        for exact, tar in self._bench.store.tars(self._diff_ids[: self._diff_ids.index(diff_id) + 1]):
            if exact:
                yield exact, tar, "its files"
            else:
                last.append(tar)
        for one in self._bench.sources.of(diff_id):
            if not suits(one.media_type, kind):
                source = Registry(reference.parse(f"{one.repository}@{one.digest}"), self._bench.settings)
                blob = source.blob(Descriptor(one.digest, one.size, one.media_type))
                yield True, _decompressed(blob), one.repository
        for tar in last:
            yield False, tar, "its files"

    def _hashed(self, chunks: Iterator[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._stop.is_set():
                raise Cancelled
            update(chunk)
            yield chunk

    def _upload(self, diff_id: str, wanted: Descriptor, fetch: Fetch, text: str) -> None:
        def told() -> Iterator[bytes]:
            current = said = 0
            for chunk in fetch():
                if self._stop.is_set():
                    raise Cancelled
                current += len(chunk)
                if current - said >= STEP:
                    said = current
                    self._tell(diff_id, text, current, wanted.size)
                yield chunk

        self._tell(diff_id, text, 0, wanted.size)
        self._uploads.put(wanted, told)

    def _tell(self, diff_id: str, text: str, current: int = 0, total: int = 0) -> None:
        self._bench.events(log.Event("progress", label(diff_id), text, current, total))


def _sent(diff_id: str, source: Source) -> Sent:
    return Sent(diff_id, source.digest, source.size, source.media_type)


def _decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    from hull.images import compression

    return compression.stream(lambda _size: next(chunks, b""))


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk
