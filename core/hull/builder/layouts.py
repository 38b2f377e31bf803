"""OCI layouts in a directory: images that a build begins with, and steps that are left there."""

import json
import os
from functools import partial

from hull.errors import RegistryError, UserError
from hull.images import copying_places, digests, manifest, saving_places
from hull.images.copying import Document
from hull.images.manifest import Descriptor, Index
from hull.images.platforms import Platform
from hull.images.source import Offer, Part, offer
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hull.images.saving import Member

CHUNK = 1 << 18
DEPTH = 4  # an index may hold an index, but not for ever


def split(word: str) -> tuple[str, str]:
    """Return the directory and the tag or digest of `DIR[:TAG]` or `DIR@DIGEST`; a directory that is there wins."""
    if os.path.isdir(word):
        return word, ""
    directory, at, digest = word.partition("@")
    if at:
        return directory.rpartition(":")[0] if not os.path.isdir(directory) else directory, digest
    directory, _, tag = word.rpartition(":")
    return (directory, tag) if directory else (word, "")


def find(word: str, wanted: Platform) -> Offer:
    """Return the offer for a platform of the layout that `split` takes apart."""
    directory, name = split(word)
    if not os.path.isdir(directory):
        raise UserError(f"cannot use oci-layout://{word}: there is no such directory", "write oci-layout://DIR[:TAG]")
    by_digest = ":" in name
    source = copying_places.LayoutSource(directory, "" if by_digest else name)
    if by_digest:
        found = source.manifest(Descriptor(digests.checked(name, "an image of a layout"), 0, ""))
    else:
        found = source.top()
    kept = [(found.digest, found.body)]
    for _ in range(DEPTH):
        document = manifest.parse(found.body, found.media_type)
        if not isinstance(document, Index):
            break
        found = source.manifest(manifest.choose(document, wanted, word))
        kept.append((found.digest, found.body))
    else:
        raise RegistryError(f"cannot use {word}: its index holds indexes without end", "write the layout again")
    config = b"".join(source.blob(document.config))
    parts = [
        Part(one.digest.partition(":")[2][:12], max(one.size, 0), partial(source.blob, one)) for one in document.layers
    ]
    return offer(config, parts, found.digest, kept)


def write(members: "Iterable[Member]", directory: str, tag: str) -> None:
    """Put the one image of a layout's members into a layout in a directory; what else that holds stays."""
    if os.path.isdir(directory) and os.listdir(directory) and not os.path.exists(f"{directory}/oci-layout"):
        raise UserError(f"cannot write to {directory}: it is neither empty nor an OCI layout", "name another directory")
    target = copying_places.LayoutTarget(directory, tag)
    entry, bodies = {}, {}
    for name, content, _ in members:
        if name == "index.json" and isinstance(content, bytes):
            entry = json.loads(content)["manifests"][0]
        if not name.startswith("blobs/"):
            continue
        digest = ":".join(name.split("/")[1:])
        if isinstance(content, bytes):
            bodies[digest] = content
        target.put(Descriptor(digest, 0, ""), partial(saving_places.chunks, content))
    target.document(Document(entry["digest"], entry["mediaType"], bodies[entry["digest"]]), last=True)
