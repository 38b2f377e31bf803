"""Images as an archive or a directory that other tools load: docker-archive, OCI layout.

A layer is packed from its files and its tar-split, which give the very tar: the image keeps its id. Where there is no
tar-split, or not all of its content, another tar of the same files makes another image, and hull says so.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from hull import log
from hull.errors import HullError, UserError
from hull.images import compressing, digests, manifest, telling, writing
from hull.light import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hull.images.store import ImageStore

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
REF_NAME = "org.opencontainers.image.ref.name"
Member = tuple[str, "bytes | IO[bytes]"]


class Shop(NamedTuple):
    """What a save works with. `compression` is "" (plain), gzip or zstd."""

    store: "ImageStore"
    events: log.Events
    compression: str


class Chosen(NamedTuple):
    """An image, and the names to save it under, everything spelt out: podman takes a short one for localhost's."""

    id: str
    names: tuple[str, ...]


class _Layer(NamedTuple):
    """A layer packed into an unnamed file: the digest of its tar, and of what is in the file."""

    diff_id: str
    digest: str
    size: int
    file: IO[bytes]


def docker_archive(shop: Shop, chosen: list[Chosen]) -> Iterator[Member]:
    """Yield the members of a docker-archive. Source: moby's image spec v1.2, manifest.json."""
    items, written = [], set[str]()
    with ExitStack() as files:
        packed: dict[str, _Layer] = {}
        for image in chosen:
            config, layers = _image(shop, image, packed, files)
            telling.tell(shop.store, "save", image.id)
            place = f"{_hex(digests.of(config))}.json"
            members: list[Member] = [(place, config), *((f"{_hex(one.digest)}.tar", one.file) for one in layers)]
            yield from _fresh(members, written)
            names = [f"{_hex(one.digest)}.tar" for one in layers]
            items.append({"Config": place, "RepoTags": list(image.names), "Layers": names})
        yield "manifest.json", json.dumps(items).encode()


def oci_layout(shop: Shop, chosen: list[Chosen]) -> Iterator[Member]:
    """Yield the files of an OCI image layout. Source: the OCI image spec 1.1, image-layout."""
    yield "oci-layout", b'{"imageLayoutVersion":"1.0.0"}'
    entries, written = list[dict[str, Any]](), set[str]()
    with ExitStack() as files:
        packed: dict[str, _Layer] = {}
        for image in chosen:
            config, layers = _image(shop, image, packed, files)
            telling.tell(shop.store, "save", image.id)
            body = _manifest(config, layers, compressing.media_type(shop.compression))
            blobs: list[Member] = [(_blob(one.digest), one.file) for one in layers]
            blobs += [(_blob(digests.of(data)), data) for data in (config, body)]
            yield from _fresh(blobs, written)
            entry = {"mediaType": manifest.OCI_MANIFEST, "digest": digests.of(body), "size": len(body)}
            named = [{**entry, "annotations": {REF_NAME: name}} for name in image.names]
            entries += named or [entry]
        index = {"schemaVersion": 2, "mediaType": manifest.OCI_INDEX, "manifests": entries}
        yield "index.json", json.dumps(index, separators=(",", ":")).encode()


def _fresh(members: list[Member], written: set[str]) -> Iterator[Member]:
    for name, content in members:
        if name not in written:
            written.add(name)
            yield name, content


def _manifest(config: bytes, layers: list[_Layer], media_type: str) -> bytes:
    document = {
        "schemaVersion": 2,
        "mediaType": manifest.OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digests.of(config), "size": len(config)},
        "layers": [{"mediaType": media_type, "digest": one.digest, "size": one.size} for one in layers],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _image(shop: Shop, image: Chosen, packed: dict[str, _Layer], files: ExitStack) -> tuple[bytes, list[_Layer]]:
    """Return the image's config and its layers, those in `packed` not packed again."""
    store, ident = shop.store.holder(image.id)
    record = store.rows.get(ident)
    if record is None:
        raise UserError(f"cannot save {image.id}: it is not here any more", "hull images")
    text = record.config.encode()
    config = json.loads(text)
    diff_ids = config["rootfs"]["diff_ids"]
    for place, diff_id in enumerate(diff_ids):
        if diff_id not in packed:
            packed[diff_id] = _pack(shop, diff_ids[: place + 1], files)
    layers = [packed[diff_id] for diff_id in diff_ids]
    found = [one.diff_id for one in layers]
    if found != diff_ids:
        config["rootfs"]["diff_ids"] = found
        text = json.dumps(config, separators=(",", ":"), ensure_ascii=False).encode()
        note = f"layers were packed again: the saved image is {digests.of(text)[7:19]}, not {image.id[7:19]}"
        shop.events(log.Event("note", "", note))
    return text, layers


def _pack(shop: Shop, diff_ids: list[str], files: ExitStack) -> _Layer:
    """Pack the last of these layers: the very tar that it came as where that can be made, else its files."""
    import tempfile

    diff_id = diff_ids[-1]
    label = _hex(diff_id)[:12]
    shop.events(log.Event("progress", label, "packing"))
    failure: HullError = UserError(
        f"cannot save the layer {diff_id}: it is not here any more", "hull fsck, or pull the image again"
    )
    for exact, tar in shop.store.tars(diff_ids):
        file = files.enter_context(tempfile.TemporaryFile(dir=shop.store.paths.scratch))  # noqa: SIM115 (closed with `files`)
        try:
            found = _fill(file, tar, shop.compression)
        except HullError as error:
            failure = error
            continue
        if not exact or found.diff_id == diff_id:
            shop.events(log.Event("progress", label, "done", found.size, found.size))
            return found
    raise failure


def _fill(file: IO[bytes], tar: Iterator[bytes], compression: str) -> _Layer:
    import hashlib

    whole, stored, size = hashlib.sha256(), hashlib.sha256(), 0
    chunks = _watched(tar, whole.update)
    with writing.blamed("what is saved"):
        for chunk in compressing.stream(chunks, compression) if compression else chunks:
            stored.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
    return _Layer(f"sha256:{whole.hexdigest()}", f"sha256:{stored.hexdigest()}", size, file)


def _watched(chunks: Iterator[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in chunks:
        update(chunk)
        yield chunk


def _hex(digest: str) -> str:
    return digest.partition(":")[2]


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
