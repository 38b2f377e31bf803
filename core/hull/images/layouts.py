"""Images in an archive: docker-archive (manifest.json) and OCI layout (index.json)."""

from collections.abc import Iterator
from functools import partial

from hull.errors import RegistryError, UserError
from hull.images import digests, documents, imageconfig, manifest, reference
from hull.images.archive import Archive
from hull.images.manifest import Descriptor, Index
from hull.images.platforms import Platform
from hull.images.source import Offer, Part, offer
from hull.light import Any

DEPTH = 4  # an index may hold an index, but not for ever
_HINT = "make it with docker save, podman save, or skopeo copy … oci-archive:FILE"


def offers(archive: Archive, wanted: Platform) -> list[Offer]:
    """Return every image of the archive, of an index the one for a platform."""
    if "manifest.json" in archive:
        return [_docker(archive, item) for item in _json_list(archive, "manifest.json")]
    if "index.json" in archive:
        return _oci(archive, wanted)
    hint = f"{_HINT}; hull import takes a root file system"
    raise UserError("cannot load: the archive holds neither manifest.json nor index.json", hint)


def _json_list(archive: Archive, name: str) -> list[Any]:
    data = documents.read(archive.document(name), name)
    if not isinstance(data, list):
        raise RegistryError(f"cannot load: {name} is no list", _HINT)
    return data


def _docker(archive: Archive, item: Any) -> Offer:
    """Return one image of a docker-archive. Source: moby's image spec v1.2, manifest.json."""
    layers = (item.get("Layers") or []) if isinstance(item, dict) else None
    if not isinstance(layers, list) or not isinstance(item.get("Config"), str):
        raise RegistryError("cannot load: an entry of manifest.json lacks Config or Layers", _HINT)
    names = [str(name) for name in layers]
    config = archive.document(item["Config"])
    diff_ids = imageconfig.parse(config).diff_ids
    parts = [
        Part(diff_id.partition(":")[2][:12], archive.member(name).size, partial(archive.chunks, name))
        for name, diff_id in zip(names, diff_ids, strict=False)
    ]
    if len(names) != len(parts):
        raise RegistryError("cannot load: manifest.json and the config name different layers", _HINT)
    tags = [reference.parse(str(tag)).key for tag in item.get("RepoTags") or ()]
    return offer(config, parts, "", [], tuple(tags))


def _oci(archive: Archive, wanted: Platform) -> list[Offer]:
    """Return the images of an OCI layout: one a name, one for all that have no name."""
    top = manifest.parse(archive.document("index.json"))
    if not isinstance(top, Index):
        raise RegistryError("cannot load: index.json is no index", _HINT)
    if not top.manifests:
        raise UserError("cannot load: the archive holds no image", _HINT)
    groups: dict[str, list[Descriptor]] = {}
    for found in top.manifests:
        groups.setdefault(found.name, []).append(found)
    return [_oci_image(archive, name, Index(tuple(group)), wanted) for name, group in groups.items()]


def _oci_image(archive: Archive, name: str, index: Index, wanted: Platform) -> Offer:
    kept: list[tuple[str, bytes]] = []
    document: Any = index
    for _ in range(DEPTH):
        if not isinstance(document, Index):
            break
        chosen = manifest.choose(document, wanted, name or "the image")
        body = archive.document(_path(chosen.digest))
        digests.verify(body, chosen.digest, "a manifest")
        kept.append((chosen.digest, body))
        document = manifest.parse(body)
    else:
        raise RegistryError("cannot load: its index holds indexes without end", _HINT)
    config = archive.document(_path(document.config.digest))
    digests.verify(config, document.config.digest, "the config")
    parts = [Part(d.digest.partition(":")[2][:12], max(d.size, 0), partial(_blob, archive, d)) for d in document.layers]
    return offer(config, parts, kept[-1][0], kept, _keys(name, kept[0][0]))


def _blob(archive: Archive, wanted: Descriptor) -> Iterator[bytes]:
    digest = digests.hasher(wanted.digest)
    for chunk in archive.chunks(_path(wanted.digest)):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != wanted.digest.partition(":")[2]:
        raise RegistryError(f"cannot use {wanted.digest}: its content does not match the digest", "save it again")


def _keys(name: str, digest: str) -> tuple[str, ...]:
    """Return what to file an image of a layout under; a bare tag names no repository."""
    if "/" not in name and ":" not in name:
        return ()
    found = reference.parse(name)
    return (found.key, f"{found.name}@{digest}")


def _path(digest: str) -> str:
    algorithm, _, digits = digest.partition(":")
    return f"blobs/{algorithm}/{digits}"
