"""Copy images by content, no byte unpacked: manifests and blobs go as they are from one place to another.

A place is a registry, an OCI layout or a docker-archive (hull.images.copying_places); digests stay what they were, so a
signature or a reference by digest still holds. Blobs first, then what names them, the tag last.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from hull import log
from hull.errors import RegistryError, UserError
from hull.images import digests, manifest, platforms, workers
from hull.images.layers import STEP, Cancelled
from hull.images.manifest import Descriptor, Index, Manifest
from hull.images.platforms import Platform
from hull.light import Any, NamedTuple, Protocol

DEPTH = 3
WORKERS = 2


class Document(NamedTuple):
    """A manifest or an index: its digest, its type, its bytes."""

    digest: str
    media_type: str
    body: bytes


class Source(Protocol):
    """Where an image comes from. `top` is what its name means there."""

    def top(self) -> Document:
        """Return the manifest or index that the name means."""

    def manifest(self, wanted: Descriptor) -> Document:
        """Return one that an index names, verified."""

    def blob(self, wanted: Descriptor) -> Iterator[bytes]:
        """Yield a blob, verified by its end."""


class Target(Protocol):
    """Where an image goes. A target of `one` image takes no index."""

    one: bool

    def has(self, wanted: Descriptor, source: Source) -> bool:
        """Whether a blob is there, or could be linked from where it comes."""

    def put(self, wanted: Descriptor, chunks: Any) -> None:
        """Take a blob; `chunks()` gives its bytes from the start."""

    def document(self, found: Document, *, last: bool) -> None:
        """Take a manifest or an index; the last one gets the name."""


def run(source: Source, target: Target, events: log.Events, platform: str = "", *, all_platforms: bool = False) -> str:
    """Copy an image, with `all_platforms` an index with every image it names; return the digest of what was named."""
    top = source.top()
    if not all_platforms or target.one:
        if all_platforms and isinstance(manifest.parse(top.body, top.media_type), Index):
            raise UserError("cannot copy every platform: the target holds one image", "copy to oci:DIR, or leave --all")
        top = _chosen(source, top, platforms.parse(platform) if platform else platforms.host(), DEPTH)
    elif platform:
        raise UserError("cannot copy every platform and one", "use --all or --platform")
    _copy(source, target, events, top, DEPTH, last=True)
    return top.digest


def _chosen(source: Source, top: Document, wanted: Platform, depth: int) -> Document:
    found = manifest.parse(top.body, top.media_type)
    if isinstance(found, Manifest):
        return top
    if not depth:
        raise RegistryError("cannot copy: an index holds indexes without end", "tell the image's author")
    return _chosen(source, source.manifest(manifest.choose(found, wanted, "the image")), wanted, depth - 1)


def _copy(source: Source, target: Target, events: log.Events, top: Document, depth: int, *, last: bool) -> None:
    found = manifest.parse(top.body, top.media_type)
    if isinstance(found, Index):
        if not depth:
            raise RegistryError("cannot copy: an index holds indexes without end", "tell the image's author")
        for one in found.manifests:
            _copy(source, target, events, source.manifest(one), depth - 1, last=False)
    else:
        blobs = list({one.digest: one for one in (*found.layers, found.config)}.values())
        stop = threading.Event()
        tasks: list[Callable[[], None]] = [partial(_blob, source, target, events, one, stop) for one in blobs]
        workers.run(tasks, WORKERS, stop)
    target.document(top, last=last)


def _blob(source: Source, target: Target, events: log.Events, wanted: Descriptor, stop: threading.Event) -> None:
    label = wanted.digest.partition(":")[2][:12]
    if target.has(wanted, source):
        events(log.Event("progress", label, "already there"))
        return

    def chunks() -> Iterable[bytes]:
        current = told = 0
        for chunk in source.blob(wanted):
            if stop.is_set():
                raise Cancelled
            current += len(chunk)
            if current - told >= STEP:
                told = current
                events(log.Event("progress", label, "copying", current, max(wanted.size, 0)))
            yield chunk

    events(log.Event("progress", label, "copying", 0, max(wanted.size, 0)))
    target.put(wanted, chunks)
    events(log.Event("progress", label, "done"))


def verified(chunks: Iterable[bytes], wanted: Descriptor) -> Iterator[bytes]:
    """Yield chunks; one that ends with another digest than wanted is an error."""
    digest = digests.hasher(wanted.digest)
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != wanted.digest.partition(":")[2]:
        raise RegistryError(f"cannot use {wanted.digest}: its content does not match the digest", "copy it again")
