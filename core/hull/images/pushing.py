"""Push an image that is here: its blobs first, two layers at a time, then its config, its manifest last.

A layer is, in this order: there already; linked from another repository of the same registry; fetched from where its
very bytes are known to be; packed again. Its files and its tar-split give the very tar, and so the same image; where
they do not, another tar of the same files makes another image of it, and hull says so.
"""

import threading
from functools import partial

from hull import log
from hull.errors import Missing, UserError
from hull.images import blobs, digests, imageconfig, manifest, pushing_layers, reference, telling, workers
from hull.images.manifest import Descriptor
from hull.images.platforms import Platform
from hull.images.pushing_layers import Bench, Sent
from hull.images.reference import Reference
from hull.images.registry import Registry
from hull.images.uploads import Uploads
from hull.light import NamedTuple
from hull.state.images import ImageRecord
from hull.state.sources import Source

WORKERS = 2
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"


class Pushed(NamedTuple):
    """What the registry has now. `size` is the manifest's, bytes."""

    reference: Reference
    digest: str
    size: int


def push(bench: Bench, ident: str, target: Reference, compression: str = "", platform: str = "") -> Pushed:
    """Bring an image to a registry under a tag; `compression` "" takes what is known, gzip for what is packed."""
    store, ident = bench.store.holder(ident)
    record = store.rows.get(ident)
    if record is None or target.digest:
        raise UserError(f"cannot push to {target}: a tag is wanted, not a digest", "hull push NAME HOST/NAME:TAG")
    config = imageconfig.parse(record.config.encode())
    _check_platform(config.platform, platform, target)
    kept = _kept(bench, record, compression)
    uploads = Uploads(Registry(target, bench.settings, writes=True, credentials=bench.credentials))
    layers = _layers(bench, uploads, target, config.diff_ids, kept, compression)
    body, media_type, text = _documents(bench, record, layers, kept)
    described = Descriptor(digests.of(text), len(text), OCI_CONFIG)
    if not uploads.has(described.digest):
        uploads.put(described, lambda: [text])
    digest = uploads.manifest(body, media_type, target.tag)
    for was, layer in zip(config.diff_ids, layers, strict=True):
        if layer.diff_id == was:
            bench.sources.add(was, Source(layer.digest, layer.size, layer.media_type, target.name))
    if described.digest == record.id and store is bench.store:
        _remember(bench, record, list(config.diff_ids), digest, body, target)
    telling.moved(bench.store, "push", str(target), target.familiar_name)
    return Pushed(target, digest, len(body))


def _check_platform(made: Platform, platform: str, target: Reference) -> None:
    if not platform:
        return
    from hull.images import platforms

    wanted = platforms.parse(platform)
    if wanted.rank(made) is None:
        raise UserError(
            f"cannot push {target} for {wanted}: the image here is made for {made}", f"hull pull --platform {wanted} …"
        )


def _kept(bench: Bench, record: ImageRecord, compression: str) -> tuple[Descriptor, ...]:
    """Return the layers of the manifest that the image came with, if they are compressed as asked."""
    body = blobs.get(bench.paths, record.manifest) if record.manifest else None
    if body is None:
        return ()
    found = manifest.parse(body)
    if not isinstance(found, manifest.Manifest):
        return ()
    known = all(pushing_layers.suits(layer.media_type, compression) for layer in found.layers)
    return found.layers if known else ()


def _layers(  # noqa: PLR0917 (what is sent, and where)
    bench: Bench,
    uploads: Uploads,
    target: Reference,
    diff_ids: tuple[str, ...],
    kept: tuple[Descriptor, ...],
    compression: str,
) -> list[Sent]:
    """Send every layer once; return what the registry has of each, in order."""
    first = dict(zip(diff_ids, kept, strict=False))
    sent: dict[str, Sent] = {}
    stop = threading.Event()

    def one(diff_id: str) -> None:
        sender = pushing_layers.Sender(bench, uploads, target, stop, diff_ids)
        sent[diff_id] = sender.send(diff_id, first.get(diff_id), compression)

    unique = list(dict.fromkeys(diff_ids))
    for diff_id in unique:
        bench.events(log.Event("progress", pushing_layers.label(diff_id), "waiting"))
    workers.run([partial(one, diff_id) for diff_id in unique], WORKERS, stop)
    return [sent[diff_id] for diff_id in diff_ids]


def _documents(
    bench: Bench, record: ImageRecord, layers: list[Sent], kept: tuple[Descriptor, ...]
) -> tuple[bytes, str, bytes]:
    """Return the manifest, its type and the config: as they came, where every blob is what they say."""
    import json

    text = record.config.encode()
    config = json.loads(text)
    if [one.diff_id for one in layers] != imageconfig.layers(config):
        config["rootfs"]["diff_ids"] = [one.diff_id for one in layers]
        text = json.dumps(config, separators=(",", ":"), ensure_ascii=False).encode()
        bench.events(
            log.Event("note", "", "layers were packed again: the registry's image has another id than this one")
        )
    elif kept and [one.digest for one in layers] == [one.digest for one in kept]:
        body = blobs.get(bench.paths, record.manifest)
        if body is not None:
            return body, manifest.type_of(body), text
    document = {
        "schemaVersion": 2,
        "mediaType": manifest.OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": digests.of(text), "size": len(text)},
        "layers": [{"mediaType": one.oci_type, "digest": one.digest, "size": one.size} for one in layers],
    }
    return json.dumps(document, separators=(",", ":")).encode(), manifest.OCI_MANIFEST, text


def _remember(  # noqa: PLR0917 (what is recorded)
    bench: Bench, record: ImageRecord, diff_ids: list[str], digest: str, body: bytes, target: Reference
) -> None:
    """File the image under its digest at the registry, as a pull would have."""
    manifest_digest = record.manifest or digest
    with bench.store.bringing():
        blobs.put(bench.paths, digest, body)
        kept = ImageRecord(record.id, manifest_digest, record.config, 0, 0)
        bench.rows.add(kept, diff_ids, [f"{target.name}@{digest}"], "range")


def targets(bench: Bench, name: str) -> list[Reference]:
    """Return the references that the images here have in the repository `name`, for --all-tags."""
    asked = reference.parse(name)
    if ":" in name.rpartition("/")[2] or asked.digest:
        raise UserError(f"cannot push all tags of {name}: it names one", f"hull push --all-tags {asked.familiar_name}")
    keys = [key for key, _ in bench.rows.tags() if "@" not in key]
    found = [parsed for key in keys if (parsed := reference.parse(key)).name == asked.name]
    if not found:
        raise Missing(f"no such image: {asked.familiar_name} with any tag", "hull images lists them")
    return found
