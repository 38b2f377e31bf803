"""Images as an archive or a directory that other tools load: docker-archive, OCI layout.

A layer is packed from its files and its tar-split, which give the very tar: the image keeps its id. Where there is no
tar-split, or not all of its content, another tar of the same files makes another image, and hull says so.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from hull import log
from hull.errors import HullError, UserError
from hull.images import compressing, digests, imageconfig, manifest, telling, writing
from hull.light import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hull.images.store import ImageStore
    from hull.state.images import ImageRecord

OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
CONTAINERD_NAME = "io.containerd.image.name"
REF_NAME = "org.opencontainers.image.ref.name"


class Member(NamedTuple):
    """One file of an archive; `mtime` is in seconds, whole ones count."""

    name: str
    content: "bytes | IO[bytes]"
    mtime: float = 0


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


class _Saved(NamedTuple):
    """An image in the archive: its config's digest, its names, its layers."""

    config: str
    names: tuple[str, ...]
    layers: list[_Layer]


def docker_archive(shop: Shop, chosen: list[Chosen]) -> Iterator[Member]:
    """Yield the members of what `docker save` writes since 25: a docker-archive that is an OCI layout, too.

    Sources: moby's image spec v1.2, manifest.json; the OCI image spec 1.1, image-layout.
    """
    items, repositories = list[dict[str, Any]](), dict[str, dict[str, str]]()

    def told(one: _Saved) -> None:
        paths = [_blob(layer.digest) for layer in one.layers]
        items.append({"Config": _blob(one.config), "RepoTags": list(one.names), "Layers": paths})
        for name in one.names if paths else ():
            repository, _, tag = name.rpartition(":")
            repositories.setdefault(repository, {})[tag] = _hex(one.layers[-1].digest)

    yield from _layout(shop, chosen, told)
    yield Member("manifest.json", json.dumps(items).encode())
    if repositories:
        yield Member("repositories", json.dumps(repositories).encode())


def oci_layout(shop: Shop, chosen: list[Chosen]) -> Iterator[Member]:
    """Yield the files of an OCI image layout. Source: the OCI image spec 1.1, image-layout."""
    yield from _layout(shop, chosen, lambda _: None)


def _layout(shop: Shop, chosen: list[Chosen], tell: "Callable[[_Saved], None]") -> Iterator[Member]:
    """Yield the files of a layout; a layer is packed when it is its turn, and its scratch goes with it."""
    yield Member("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    entries, written, packed = list[dict[str, Any]](), set[str](), dict[str, _Layer]()
    for image in chosen:
        record, moment = _record(shop, image)
        config = json.loads(record.config)
        diff_ids = imageconfig.layers(config)
        for place, diff_id in enumerate(diff_ids):
            if diff_id not in packed:
                with ExitStack() as files:
                    packed[diff_id] = layer = _pack(shop, diff_ids[: place + 1], files)
                    yield from _fresh([Member(_blob(layer.digest), layer.file, moment)], written)
        layers = [packed[diff_id] for diff_id in diff_ids]
        text = _config(shop, image, record.config, layers)
        body = _manifest(text, layers, compressing.media_type(shop.compression))
        blobs = [Member(_blob(digests.of(text)), text, moment), Member(_blob(digests.of(body)), body)]
        yield from _fresh(blobs, written)
        tell(_Saved(digests.of(text), image.names, layers))
        telling.tell(shop.store, "save", image.id)
        entry = {"mediaType": manifest.OCI_MANIFEST, "digest": digests.of(body), "size": len(body)}
        named = [{**entry, "annotations": _annotations(shop, name)} for name in image.names]
        entries += named or [entry]
    index = {"schemaVersion": 2, "mediaType": manifest.OCI_INDEX, "manifests": entries}
    yield Member("index.json", json.dumps(index, separators=(",", ":")).encode())


def _annotations(shop: Shop, name: str) -> dict[str, str]:
    """Return what says a name: whole for who copies layouts, as Docker says it in its own archives."""
    if shop.compression:
        return {REF_NAME: name}
    return {CONTAINERD_NAME: name, REF_NAME: name.rpartition(":")[2]}


def _fresh(members: list[Member], written: set[str]) -> Iterator[Member]:
    for member in members:
        if member.name not in written:
            written.add(member.name)
            yield member


def _manifest(config: bytes, layers: list[_Layer], media_type: str) -> bytes:
    document = {
        "schemaVersion": 2,
        "mediaType": manifest.OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digests.of(config), "size": len(config)},
        "layers": [{"mediaType": media_type, "digest": one.digest, "size": one.size} for one in layers],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _record(shop: Shop, image: Chosen) -> "tuple[ImageRecord, float]":
    """Return an image's row, and when it was made."""
    from hull.images import history

    store, ident = shop.store.holder(image.id)
    record = store.rows.get(ident)
    if record is None:
        raise UserError(f"cannot save {image.id}: it is not here any more", "hull images")
    return record, history.seconds(json.loads(record.config).get("created"))


def _config(shop: Shop, image: Chosen, text: str, layers: list[_Layer]) -> bytes:
    """Return the image's config; where a layer is another tar of the same files, one that says so."""
    config, found = json.loads(text), [one.diff_id for one in layers]
    if found == imageconfig.layers(config):
        return text.encode()
    config["rootfs"]["diff_ids"] = found
    made = json.dumps(config, separators=(",", ":"), ensure_ascii=False).encode()
    note = f"layers were packed again: the saved image is {digests.of(made)[7:19]}, not {image.id[7:19]}"
    shop.events(log.Event("note", "", note))
    return made


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
