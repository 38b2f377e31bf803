"""Manifests and indexes: what a registry or an archive says an image is made of.

OCI image-spec 1.1 and Docker's v2 schema 2. A document is what its fields say; a media type that contradicts them, or a
document that could be read as both kinds, is an error (CVE-2021-41190). `urls` of foreign layers are never followed
(CVE-2020-15157).
"""

from hull.errors import RegistryError, UserError
from hull.images import digests, documents, platforms
from hull.images.platforms import Platform
from hull.light import Any, NamedTuple

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)
INDEXES = (OCI_INDEX, DOCKER_LIST)
SIZE_MOST = 4 << 20
LAYERS_MOST = 500
_HINT = "the image is damaged or hostile: pull it from its source"


class Descriptor(NamedTuple):
    """A reference to content: its digest, its size in bytes (-1 where nobody said), what it claims to be."""

    digest: str
    size: int
    media_type: str
    platform: Platform = Platform("unknown", "unknown")
    attestation: bool = False
    name: str = ""


class Manifest(NamedTuple):
    """One image: its config and its layers, lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]


class Index(NamedTuple):
    """Several images to choose from."""

    manifests: tuple[Descriptor, ...]


def parse(body: bytes, claimed: str = "") -> Manifest | Index:
    """Return what the document holds. `claimed` is the Content-Type, believed only where it can be (B20)."""
    data = documents.read(body, "the manifest")
    if not isinstance(data, dict):
        raise RegistryError("cannot read the manifest: it is no JSON object", _HINT)
    if data.get("schemaVersion") == 1:
        raise RegistryError(
            "cannot use the image: its manifest is Docker schema 1, which was withdrawn in 2019",
            "ask its author to push it again, or convert it with an old docker",
        )
    kind = _kind(data, claimed)
    if kind is Index:
        return Index(tuple(_descriptor(item, "a manifest") for item in _items(data, "manifests")))
    layers = _items(data, "layers")
    if len(layers) > LAYERS_MOST:
        raise RegistryError(f"cannot use the image: {len(layers)} layers", f"the most is {LAYERS_MOST}")
    return Manifest(
        _descriptor(data.get("config"), "the config"), tuple(_descriptor(item, "a layer") for item in layers)
    )


def _kind(data: dict[str, Any], claimed: str) -> type[Manifest] | type[Index]:
    index, image = "manifests" in data, "layers" in data or "config" in data
    if index and image:
        raise RegistryError("cannot use the manifest: it could be read as an image and as an index", _HINT)
    if not index and not image:
        raise RegistryError("cannot use the manifest: it lists neither layers nor manifests", _HINT)
    stated = data.get("mediaType")
    for kind in (stated, claimed.partition(";")[0].strip().lower()):
        if kind in ACCEPTED and (kind in INDEXES) != index:
            raise RegistryError(f"cannot use the manifest: its type {kind} contradicts its content", _HINT)
    return Index if index else Manifest


def type_of(body: bytes, claimed: str = "") -> str:
    """Return the media type of a document whose content was or will be checked: what it says, else what was claimed."""
    data = documents.read(body, "the manifest")
    stated = data.get("mediaType") if isinstance(data, dict) else ""
    for kind in (stated, claimed.partition(";")[0].strip().lower()):
        if kind in ACCEPTED:
            return str(kind)
    if isinstance(data, dict) and "manifests" in data:
        return OCI_INDEX
    config = data.get("config") if isinstance(data, dict) else None
    docker = isinstance(config, dict) and "docker" in str(config.get("mediaType", ""))
    return DOCKER_MANIFEST if docker else OCI_MANIFEST


def _items(data: dict[str, Any], key: str) -> list[Any]:
    items = data.get(key)
    if not isinstance(items, list):
        raise RegistryError(f"cannot use the manifest: {key} is no list", _HINT)
    return items


def _descriptor(data: Any, what: str) -> Descriptor:
    if not isinstance(data, dict):
        raise RegistryError(f"cannot use the manifest: {what} is no object", _HINT)
    size = data.get("size", -1)
    if not isinstance(size, int) or isinstance(size, bool) or size < -1:
        raise RegistryError(f"cannot use the manifest: the size of {what} is {size!r}", _HINT)
    said = data.get("annotations")
    notes: dict[str, Any] = said if isinstance(said, dict) else {}
    name = notes.get("io.containerd.image.name") or notes.get("org.opencontainers.image.ref.name") or ""
    return Descriptor(
        digests.checked(data.get("digest"), what),
        size,
        str(data.get("mediaType", "")),
        platforms.of(data.get("platform")),
        "vnd.docker.reference.type" in notes,
        str(name),
    )


def choose(index: Index, wanted: Platform, reference: str) -> Descriptor:
    """Return the manifest for a platform: the best variant, the first of equals; attestations never (B18).

    A single manifest that names no platform is taken as it is; its config is checked later.
    """
    offers = [m for m in index.manifests if not m.attestation]
    ranked = [(rank, place) for place, m in enumerate(offers) if (rank := wanted.rank(m.platform)) is not None]
    if ranked:
        return offers[min(ranked)[1]]
    unnamed = [m for m in offers if m.platform == Platform("unknown", "unknown") and m.media_type in ACCEPTED]
    if len(offers) == 1 and unnamed and len(index.manifests) == 1:
        return unnamed[0]
    there = sorted({str(m.platform) for m in offers if m.platform.os != "unknown"})
    hint = f"it has {', '.join(there)}: choose one with --platform" if there else "it has no image for any platform"
    raise UserError(f"cannot pull {reference}: it has no image for {wanted}", hint)
