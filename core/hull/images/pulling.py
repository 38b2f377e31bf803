"""Find an image at its registry, or at the mirror that config.toml names: reference and platform in, an offer out."""

from collections.abc import Iterator
from functools import partial

from hull import log
from hull.config import Settings
from hull.errors import RegistryError, UserError
from hull.images import manifest, mirrors
from hull.images.manifest import Descriptor, Index, Manifest
from hull.images.platforms import Platform
from hull.images.reference import Reference
from hull.images.registry import Registry
from hull.images.source import Offer, Part, offer
from hull.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from hull.images.credentials import Credentials
    from hull.images.store import ImageStore
    from hull.model import Image
    from hull.state.sources import Sources

DEPTH = 3  # an index may hold an index, but not for ever


class Asked(NamedTuple):
    """What is to be pulled: `platform` is this machine's where none is said; `credentials` those of files."""

    name: str
    platform: str = ""
    flavour: str = "range"
    credentials: "Credentials | None" = None


class Pulled(NamedTuple):
    """What came: the image, and the digest of what its reference names at the registry."""

    image: "Image"
    digest: str


def run(store: "ImageStore", sources: "Sources", settings: Settings, asked: Asked) -> Pulled:
    """Fetch an image, what is here already left out."""
    from hull.images import platforms, reference, telling

    parsed = reference.parse(asked.name)
    wanted = platforms.parse(asked.platform) if asked.platform else platforms.host()
    fetched: set[int] = set()
    exact = bool(asked.platform)
    found = find(parsed, wanted, settings, exact=exact, fetched=fetched, credentials=asked.credentials)
    if wanted.rank(found.config.platform) is None:
        text = f"the image is made for {found.config.platform}, this machine is {wanted}"
        store.tell(log.Event("warning", str(parsed), text))
    ready = store.adopt(found, str(parsed), asked.flavour)
    remember(sources, parsed.name, found, fetched)
    telling.moved(store, "pull", str(parsed), parsed.familiar_name)
    return Pulled(ready, found.keys[-1].rpartition("@")[2])


def find(
    reference: Reference,
    wanted: Platform,
    settings: Settings,
    *,
    exact: bool,
    fetched: set[int] | None = None,
    credentials: "Credentials | None" = None,
) -> Offer:
    """Return the offer for a platform. `exact` refuses a single-platform image made for another one.

    `fetched` gets the places, from 0, of the layers whose every byte came and was verified.
    """
    came = set() if fetched is None else fetched
    return mirrors.ask(
        reference, settings, credentials, lambda asked: _find(asked, reference, wanted, came, exact=exact)
    )


def _find(registry: Registry, reference: Reference, wanted: Platform, came: set[int], *, exact: bool) -> Offer:
    top, claimed, body = registry.manifest(reference.wanted)
    documents, digest = [(top, body)], top
    for _ in range(DEPTH):
        document = manifest.parse(body, claimed)
        if isinstance(document, Manifest):
            break
        digest, body = _follow(registry, document, wanted, reference)
        documents.append((digest, body))
        claimed = ""
    else:
        raise RegistryError(f"cannot pull {reference}: its index holds indexes without end", "tell its author")
    if document.config.media_type.endswith("+json") and "image" not in document.config.media_type:
        raise UserError(f"cannot pull {reference}: it holds {document.config.media_type}, not a container image")
    parts = [
        Part(_short(layer), max(layer.size, 0), partial(_noted, registry, layer, place, came))
        for place, layer in enumerate(document.layers)
    ]
    keys = (reference.key, f"{reference.name}@{top}")
    found = offer(registry.small(document.config), parts, digest, documents, keys)
    if exact and wanted.rank(found.config.platform) is None:
        raise UserError(f"cannot pull {reference}: it is made for {found.config.platform}, not {wanted}")
    return found


def _follow(registry: Registry, index: Index, wanted: Platform, reference: Reference) -> tuple[str, bytes]:
    chosen = manifest.choose(index, wanted, str(reference))
    digest, _, body = registry.manifest(chosen.digest)
    return digest, body


def _noted(registry: Registry, layer: Descriptor, place: int, came: set[int]) -> Iterator[bytes]:
    yield from registry.blob(layer)
    came.add(place)


def remember(sources: "Sources", name: str, found: Offer, fetched: set[int]) -> None:
    """Record which blobs of the repository `name` the layers of a pulled image are, for a later push.

    Only what was seen: a manifest may call any blob a layer that was here already, and nobody compared them.
    """
    from hull.state.sources import Source

    document = manifest.parse(dict(found.blobs)[found.manifest])
    if not isinstance(document, Manifest):
        return
    for place, (diff_id, layer) in enumerate(zip(found.config.diff_ids, document.layers, strict=True)):
        if place in fetched or layer.digest in {one.digest for one in sources.of(diff_id)}:
            sources.add(diff_id, Source(layer.digest, layer.size, layer.media_type, name))


def _short(layer: Descriptor) -> str:
    return layer.digest.partition(":")[2][:12]
